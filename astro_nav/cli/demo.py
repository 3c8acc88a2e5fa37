"""Drive a tour through a simulated home and report it.

  astro-nav demo
  astro-nav demo --map house.yaml --goals "1.5,2.0,0; -0.5,3.0,1.57"
  astro-nav demo --world worlds/home.yaml --seed 3

Starts the simulator and the three nodes as processes of their own, in a ROS domain of their own, seen by this machine alone,
and sends one goal after another. At the end: a table, and in the folder of the run summary.json, picture.png, an MCAP recording
and the logs. Ctrl-C ends it at any time; what was done until then is kept.

Exit code: 0 when all goals were reached without contact; 1 when not, and the last line says why; 2 for input that cannot be
used; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from astro_nav.errors import AstroNavError

NAME = "demo"
HELP = "drive a tour through a simulated home, with a table, a picture and a recording at the end"
DEFAULT_OUT = Path("runs")
NEEDED_MODULES = {"rclpy": "source a ROS 2 distribution, or use make demo", "astro_nav_msgs": "build the workspace: make setup"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--map", type=Path, metavar="FILE", help="map_server YAML of another home; its occupied cells are the walls")
    place.add_argument("--world", type=Path, metavar="FILE", help="world file of another home (default: worlds/home.yaml)")
    parser.add_argument("--goals", metavar='"x,y,yaw; ..."', help="goals in the map [m, m, rad]; default: the world's tour, or chosen")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help="folder of all runs (default: %(default)s)")
    parser.add_argument("--seed", type=_parse_seed, default=1, metavar="N", help="of noise, slip and choice (default: %(default)s)")
    parser.add_argument("--timeout", type=_parse_timeout, metavar="S", help="simulated time for one goal [s]")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="ROS 2 parameter file laid over the shipped configuration")
    parser.add_argument("--no-panel", "--headless", action="store_true", help="plain lines also on a terminal")
    parser.add_argument("--no-record", action="store_true", help="make no MCAP recording")


def run(args: argparse.Namespace) -> int:
    """Check what was asked for, then drive."""
    for module, remedy in NEEDED_MODULES.items():
        if importlib.util.find_spec(module) is None:
            raise AstroNavError(f"the Python module {module} is not to be found: {remedy}")
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.demo.kernel_cache import is_cache_complete
    from astro_nav.demo.run import RunOptions, run_demo
    from astro_nav.demo.scene import prepare_scene
    from astro_nav.demo.stack_params import check_all_params, load_part_params
    from astro_nav.params.demo import DemoParams

    overlays = [args.params_file] if args.params_file else []
    check_all_params(overlays)
    params = load_part_params(DemoParams, "demo", overlays)
    if not is_cache_complete():
        print("before the first run the kernels are compiled: that takes about a minute", flush=True)
    scene = prepare_scene(args.map, args.world, args.goals, args.seed, params, overlays)
    options = RunOptions(
        out=args.out,
        seed=args.seed,
        timeout_s=args.timeout or params.patience.goal_s,
        use_panel=False if args.no_panel else None,
        record=not args.no_record,
        params_file=args.params_file,
    )
    return run_demo(scene, options, params)


def _parse_seed(text: str) -> int:
    try:
        seed = int(text)
    except ValueError:
        seed = -1
    if not 0 <= seed < 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 2147483647")
    return seed


def _parse_timeout(text: str) -> float:
    try:
        timeout_s = float(text)
    except ValueError:
        timeout_s = 0.0
    if not 0.0 < timeout_s < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return timeout_s
