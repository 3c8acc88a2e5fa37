"""Say why the robot stopped or slowed down: the last stops with layer, sensor, obstacle, place and time.

  astro-nav why                     what this computer's safety controller wrote down last, also after a reboot
  astro-nav why runs/latest         a run of the demo: its own notes, or its recording
  astro-nav why recording.mcap      any recording with the topic safety_state
  astro-nav why --live              listen, and say it as it happens

The safety controller keeps its last stops in a small file beside its ROS log ($ROS_LOG_DIR, else $ROS_HOME/log, else ~/.ros/log).

Exit code: 0, also when there was no stop; 2 when there is nothing to read.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from astro_nav.errors import AstroNavError
from astro_nav.safety.stops import Moment, Stop, StopCollector, collect_stops, describe_stop, read_stop, write_stop

NAME = "why"
HELP = "say why the robot stopped or slowed down the last times"
DEFAULT_COUNT = 10
# Stamps below this are of a simulated clock.
FIRST_REAL_TIME_S = 1e8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help="folder of a run, recording, or file of stops")
    parser.add_argument("--last", type=_parse_count, default=DEFAULT_COUNT, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--stops-only", action="store_true", help="leave out what only slowed the robot down")
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--live", action="store_true", help="listen to safety_state until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Print the stops."""
    if args.live:
        return _listen(args)
    stops, where = read_stops(args.path)
    if args.stops_only:
        stops = [stop for stop in stops if stop.stood]
    for stop in stops[-args.last :]:
        _print(stop, args.json)
    if not stops and not args.json:
        print(f"no stop and no slowdown in {where}")
    return 0


def read_stops(path: Path | None) -> tuple[list[Stop], Path]:
    """Return the stops in a run, recording or file, or of this computer's controller, and where they were found.

    Raises:
        AstroNavError: there is nothing to read.
    """
    from astro_nav.ros.stop_log import find_log_folder, find_stop_files

    if path is None:
        folder = find_log_folder()
        files = find_stop_files(folder)
        if not files:
            raise AstroNavError(
                f"{folder} holds no notes of a safety controller: name a run or a recording, or listen with --live"
            )
        return _read_files(files), folder
    if not path.exists():
        raise AstroNavError(f"{path} does not exist: name the folder of a run, a recording, or a file of stops")
    if path.is_file() and path.suffix != ".mcap":
        return _read_files([path]), path
    if path.is_dir():
        files = find_stop_files(path) or find_stop_files(path / "log" / "ros")
        if files:
            return _read_files(files), files[-1].parent
    from astro_nav.ros.safety_states import read_recorded_moments

    recording = path / "recording" if (path / "recording").is_dir() else path
    return collect_stops(read_recorded_moments(recording)), recording


def _read_files(paths: list[Path]) -> list[Stop]:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    return [stop for stop in map(read_stop, lines) if stop is not None]


def _listen(args: argparse.Namespace) -> int:
    from astro_nav.ros.safety_states import listen_to_moments

    collector = StopCollector()
    said: list[tuple[float, str]] = []

    def take(moment: Moment) -> None:
        collector.add(moment)
        stop = collector.open_stop
        # Said when it begins: who stands before the robot does not want to wait for its end.
        if stop is not None and (stop.begin_s, stop.limited_by) not in said[-1:]:
            said.append((stop.begin_s, stop.limited_by))
            _print(stop, args.json)

    print("listening to safety_state; Ctrl-C ends", flush=True)
    listen_to_moments(take)
    return 0


def _print(stop: Stop, as_json: bool) -> None:
    print(write_stop(stop) if as_json else describe_stop(stop, _format_time), flush=True)


def _format_time(stamp_s: float) -> str:
    if stamp_s < FIRST_REAL_TIME_S:
        return f"{stamp_s:.2f} s"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(stamp_s))


def _parse_count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)
