"""Print the robot's URDF, with the numbers of the configuration and of the parameter file laid over it.

  astro-nav urdf > astro.urdf
  astro-nav urdf --params-file my_robot.yaml | check_urdf /dev/stdin
  astro-nav urdf --gazebo | gz sdf -p /dev/stdin

Another robot's xacro or URDF may be named; it is then expanded as it is.

Exit code: 0, or 2 for a description or parameters that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

NAME = "urdf"
HELP = "print the robot's description (URDF), true to the parameters that it runs with"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="xacro or URDF (default: urdf/astro.urdf.xacro)")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="ROS 2 parameter file laid over the shipped configuration")
    parser.add_argument("--gazebo", action="store_true", help="with the plugins that Gazebo needs")
    parser.add_argument("--true-odometry", choices=("true", "false"), default="true",
                        help="in Gazebo: odom is where the robot is (true), or what its wheels say (default: %(default)s)")  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Expand and print."""
    from astro_nav.demo.stack_params import load_part_params
    from astro_nav.params.simulator import SimulatorParams
    from astro_nav.simulation.robot_urdf import expand_foreign_urdf, expand_gazebo_urdf, expand_urdf, is_own_description

    if args.file is not None and not is_own_description(args.file):
        urdf = expand_foreign_urdf(args.file)
    else:
        params = load_part_params(SimulatorParams, "simulator", [args.params_file] if args.params_file else [])
        urdf = expand_gazebo_urdf(params, args.true_odometry == "true") if args.gazebo else expand_urdf(params.robot)
    sys.stdout.write(f"{urdf}\n")
    return 0
