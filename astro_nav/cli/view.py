"""Look at the robot in a browser, and send it somewhere; or look at a recorded run.

  astro-nav view --open                      the running system; drag on the map to set a goal
  astro-nav view runs/latest                 a run of the demo; also a rosbag2 folder or an MCAP file
  astro-nav view --namespace robot1 --port 0

The page is served to this machine alone. From elsewhere it is best reached through ssh: ssh -L 8460:localhost:8460 ROBOT. With --host
0.0.0.0 the network reaches it, and the address that is printed holds a token: whoever has the address can move the robot.

Nothing is asked of the robot while no browser looks.

Exit code: 0 after Ctrl-C or SIGTERM; 2 for input that cannot be used.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from astro_nav.errors import AstroNavError

if TYPE_CHECKING:
    from astro_nav.viewer.scene import ViewedRobot
    from astro_nav.viewer.server import ViewServer

NAME = "view"
HELP = "look at the robot or a recorded run in a browser, and set goals"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from astro_nav.viewer.server import DEFAULT_HOST, DEFAULT_PORT

    parser.add_argument("recording", nargs="?", type=Path, metavar="RUN", help="a run's folder, rosbag2 folder or MCAP file; absent: the running system")
    parser.add_argument("--host", default=DEFAULT_HOST, metavar="ADDRESS", help="address to serve on (default: %(default)s, this machine alone)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, metavar="N", help="port (default: %(default)s); 0: any free one")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument("--namespace", default="", metavar="NAME", help="ROS namespace of the robot")
    parser.add_argument("--params-file", type=Path, metavar="FILE", help="ROS 2 parameter file that the robot runs with: its shape and frames")


def run(args: argparse.Namespace) -> int:
    """Serve until a signal."""
    from astro_nav.viewer.server import ViewServer

    namespace = f"/{args.namespace.strip('/')}" if args.namespace.strip("/") else ""
    if args.recording is None and importlib.util.find_spec("rclpy") is None:
        raise AstroNavError("a running system is looked at with ROS 2: source a distribution, or name a recording")
    server = ViewServer(args.host, args.port)
    try:
        if args.recording is not None:
            return _show_recording(server, args, namespace)
        try:
            from astro_nav.ros.viewer_node import show_live
        except ImportError as error:
            raise AstroNavError(f"a running system cannot be looked at: {error}; build the workspace (`make setup`), or source it") from error
        robot = _load_robot(args.params_file)
        return show_live(server, robot, namespace, lambda: _announce(server, args.open))
    finally:
        server.close()


def _show_recording(server: ViewServer, args: argparse.Namespace, namespace: str) -> int:
    from astro_nav.viewer.recording import RecordingReader, find_recording
    from astro_nav.viewer.scene import describe_robot_shape
    from astro_nav.viewer.server import Viewing

    path = find_recording(args.recording)
    own_params = args.recording / "params.yaml"
    robot = _load_robot(args.params_file or (own_params if own_params.is_file() else None))
    with _collect_stop_signals() as signals:
        reader = RecordingReader(path, robot, namespace)
        try:
            reader.start()
            server.start(Viewing({"mode": "replay", "title": str(args.recording), "robot": describe_robot_shape(robot)}, film=reader.film))
            _announce(server, args.open)
            os.read(signals, 1)
        finally:
            server.close()  # first: it may still be asked for frames
            reader.close()
    return 0


@contextlib.contextmanager
def _collect_stop_signals() -> Iterator[int]:
    """A pipe that can be read once SIGINT or SIGTERM has come.

    Whatever a handler in Python could set, a signal just before the waiting for it begins would be missed: handlers run between
    bytecodes only. The pipe is written to at once.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    previous_fd = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    previous = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield read
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(previous_fd)
        os.close(read)
        os.close(write)


def _announce(server: ViewServer, is_opened: bool) -> None:
    from astro_nav.viewer.server import open_in_browser

    print(f"look at {server.url} (Ctrl-C ends)", flush=True)
    if server.access.token:
        print("whoever has this address can see and move the robot: keep it to yourself", flush=True)
    if is_opened and not open_in_browser(server.url):
        print("there is no browser that could be opened here: copy the address into one", flush=True)


def _load_robot(params_file: Path | None) -> ViewedRobot:
    from astro_nav.demo.stack_params import load_part_params
    from astro_nav.params.local_planner import LocalPlannerParams
    from astro_nav.viewer.scene import ViewedRobot

    params = load_part_params(LocalPlannerParams, "local_planner", [params_file] if params_file else [])
    frames = params.frames
    return ViewedRobot(params.robot.footprint, frames.map, frames.odom, frames.base, params.robot.screen.joint)
