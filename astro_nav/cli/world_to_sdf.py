"""Write a home for Gazebo: its SDF and what goes with it, from the world file (or map) that the embedded simulator takes.

  astro-nav world-to-sdf home.yaml out/
  astro-nav world-to-sdf --map house.yaml out/
  gz sim out/world.sdf

The folder then holds world.sdf and meshes/ (Gazebo), map.yaml and map.pgm (the home's map), bridge.yaml (ros_gz_bridge),
spawn.yaml and two frame names (for gazebo.launch.xml). Without OUT a folder below ~/.ros is used. The folder is printed.

Exit code: 0, or 2 for a world that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

NAME = "world-to-sdf"
HELP = "write a home as SDF for Gazebo, with its map and the configuration of the bridge"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("paths", nargs="*", metavar="WORLD OUT", help="world file (default: home.yaml) and folder; with --map the folder alone")
    parser.add_argument("--world", default="", metavar="FILE", help="the world file, without OUT")
    parser.add_argument("--map", default="", metavar="FILE", help="map_server YAML that becomes the world instead; empty for none")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="ROS 2 parameter file laid over the shipped configuration")


def run(args: argparse.Namespace) -> int:
    """Write the folder and print its path."""
    from astro_nav.demo.stack_params import load_part_params
    from astro_nav.errors import AstroNavError
    from astro_nav.params.simulator import SimulatorParams
    from astro_nav.simulation.gazebo.world_folder import write_world_folder
    from astro_nav.simulation.scenario import build_world

    paths, world_file = list(args.paths), args.world
    if paths and not world_file and not args.map:
        world_file = paths.pop(0)
    if len(paths) > 1:
        raise AstroNavError(f"expected WORLD and OUT, or OUT alone beside --world or --map, not {' '.join(args.paths)}")
    params = load_part_params(SimulatorParams, "simulator", [args.params_file] if args.params_file else [])
    params = replace(params, map_file=args.map or params.map_file, world_file=world_file or params.world_file)
    folder = write_world_folder(build_world(params), params, Path(paths[0]) if paths else None)
    # Launch files take the output as it is.
    sys.stdout.write(f"{folder}\n" if sys.stdout.isatty() else str(folder))
    return 0
