"""Run many seeded episodes of a suite and measure them.

  astro-nav evaluate smoke
  astro-nav evaluate homes --episodes 200 --seed 1 --workers 2 --json homes.json
  astro-nav evaluate homes --maps my_maps/ --set robot.limits.max_speed_mps=0.5
  astro-nav evaluate people --planner dwa --out runs/people_dwa

SUITE is one of:{suites}

An episode is the whole stack and a simulator in one process, in lockstep; no ROS is needed. The same seed gives the same episode
for every planner and all settings, bit for bit, so that two runs can be compared in pairs: astro-nav compare A B.

Every finished episode is written down at once. After Ctrl-C, a kill or a full disk, the same command with the same --out goes on
where it ended; other settings in the same folder are refused. An episode that crashes counts as failed and the run goes on.
What the figures mean: docs/metrics.md.

Past one machine: `dask scheduler` and `dask worker ADDRESS --nworkers N --nthreads 1` on machines with the same files, then
--scheduler ADDRESS (needs dask.distributed).

With --ros an episode runs through simulator and nodes as processes of their own, over DDS, in real time: the same scenario, the same
metrics. Only for scenarios that a world file can hold (homes, clutter, parking, most of narrow); others are refused with the reason.

Exit code: 0 when every episode was measured, however it went; 1 when some crashed; 2 for input that cannot be used; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astro_nav.errors import EvaluationError

if TYPE_CHECKING:
    from astro_nav.evaluation.store import RunFolder, RunSettings
    from astro_nav.evaluation.suites import Suite

NAME = "evaluate"
HELP = "run many seeded episodes of a suite and measure them"
DEFAULT_OUT = Path("runs", "evaluate")
SHOWN_FAILURES = 10
NEEDED_FOR_ROS = {"rclpy": "source a ROS 2 distribution", "astro_nav_msgs": "build the workspace: make setup"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.description = __doc__.format(suites=_name_suites())
    parser.add_argument("suite", metavar="SUITE", help="what happens in the episodes")
    parser.add_argument("--episodes", type=parse_count, metavar="N", help="how many (default: the suite's own number)")
    parser.add_argument("--seed", type=parse_seed, default=1, metavar="S", help="of the run (default: %(default)s)")
    parser.add_argument("--workers", type=parse_count, metavar="W", help="processes (default: one for each core)")
    parser.add_argument("--planner", default="astro", metavar="NAME", help="astro, dwa, mppi or blind (default: %(default)s)")
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], dest="settings", metavar="KEY=VALUE",
        help="parameters of docs/parameters.md that differ from the shipped ones",
    )  # fmt: skip
    parser.add_argument("--maps", type=Path, metavar="FOLDER", help="map_server maps to drive in, for the suite homes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the result there")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of this run (default: a new one in {DEFAULT_OUT}/)")
    parser.add_argument("--metrics", metavar="NAME,...", help="show only these in the table")
    parser.add_argument("--no-report", action="store_true", help="write no report.html, for which the worst episodes are run again")
    parser.add_argument("--ros", action="store_true", help="drive the real processes over DDS, in real time (default: 1 episode)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler, e.g. tcp://10.0.0.1:8786, instead of processes")


def run(args: argparse.Namespace) -> int:
    """Check what was asked for, run what is missing, print the table."""
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.demo.machine import describe_machine, list_versions
    from astro_nav.evaluation.metrics import METRICS, get_metric
    from astro_nav.evaluation.store import RunFolder

    shown = [get_metric(name.strip()).name for name in args.metrics.split(",")] if args.metrics else list(METRICS)
    suite, settings = _read_settings(args)
    check_writable(args.json)
    out = args.out or DEFAULT_OUT / f"{settings.suite}_{settings.planner}_{time.strftime('%Y-%m-%d_%H-%M-%S')}"
    for note in suite.notes:
        print(note)
    about = {"notes": list(suite.notes), "versions": list_versions(), "machine": describe_machine()}
    with RunFolder(out, settings, about) as folder:
        try:
            _run_episodes(folder, args)
        except KeyboardInterrupt:
            print(
                f"\ninterrupted: {len(folder.list_rows())} of {settings.episodes} episodes are kept; "
                f"the same command with --out {out} goes on",
                file=sys.stderr,
            )
            raise
        return _conclude(folder, shown, args)


def _read_settings(args: argparse.Namespace) -> tuple[Suite, RunSettings]:
    from astro_nav.evaluation.episode import SEED_STRIDE, make_plain
    from astro_nav.evaluation.planners import check_planner
    from astro_nav.evaluation.settings import load_settings, parse_settings
    from astro_nav.evaluation.store import RunSettings
    from astro_nav.evaluation.suites import get_suite

    check_planner(args.planner)
    changes = make_plain(parse_settings(args.settings))
    load_settings(changes)
    maps = args.maps.resolve() if args.maps else None
    if maps is not None and not maps.is_dir():
        raise EvaluationError(f"--maps {args.maps} is no folder: name one with map_server YAML files")
    suite = get_suite(args.suite, maps)
    episodes = args.episodes or (1 if args.ros else suite.episodes)
    if args.ros and (args.planner != "astro" or args.maps or args.scheduler):
        raise EvaluationError("--ros drives the nodes of this project on this machine: it goes without --planner, --maps, --scheduler")
    if episodes > SEED_STRIDE:
        raise EvaluationError(f"--episodes {episodes} is above {SEED_STRIDE}: beyond, runs of neighbouring seeds would share episodes")
    return suite, RunSettings(suite.name, args.planner, args.seed, episodes, changes, str(maps or ""), args.ros)


def _run_episodes(folder: RunFolder, args: argparse.Namespace) -> None:
    from astro_nav.demo.kernel_cache import is_cache_complete
    from astro_nav.evaluation.episode import warm_up_planner
    from astro_nav.evaluation.executors import WorkerProcesses, connect_cluster
    from astro_nav.evaluation.progress import RunProgress
    from astro_nav.evaluation.runner import run_missing

    settings, missing = folder.settings, folder.list_missing()
    if len(missing) < settings.episodes:
        print(f"{settings.episodes - len(missing)} of {settings.episodes} episodes were finished before")
    if not missing:
        return
    with RunProgress(settings.episodes, folder.list_rows(), sys.stderr) as progress:
        if args.ros:
            _drive_processes(folder, progress.add_row)
            return
        if args.scheduler:
            with connect_cluster(args.scheduler) as (executor, slots):
                run_missing(folder, executor, slots, progress.add_row)
            return
        processes = WorkerProcesses(min(args.workers or len(os.sched_getaffinity(0)), len(missing)))
        try:
            if not is_cache_complete():
                print("before the first run the kernels are compiled: that takes about a minute", file=sys.stderr)
                processes.submit(warm_up_planner, settings.planner).result()
            run_missing(folder, processes, processes.slots, progress.add_row)
            processes.shutdown()
        finally:
            processes.shutdown(wait=False, cancel_futures=True)


def _drive_processes(folder: RunFolder, on_row: Callable[[dict[str, Any]], None]) -> None:
    """One episode after the other: they take the time that they take, and both cores."""
    _check_modules()
    from astro_nav.demo.ros_episode import run_ros_episode
    from astro_nav.evaluation.episode import make_plain
    from astro_nav.evaluation.metrics import measure_episode

    for name in folder.list_missing():
        row = make_plain(measure_episode(run_ros_episode(name)))
        folder.add_row(row)
        on_row(row)


def _check_modules() -> None:
    for module, remedy in NEEDED_FOR_ROS.items():
        if importlib.util.find_spec(module) is None:
            raise EvaluationError(f"--ros: the Python module {module} is not to be found: {remedy}")


def _conclude(folder: RunFolder, shown: list[str], args: argparse.Namespace) -> int:
    from astro_nav.evaluation.store import write_json

    result = folder.make_result()
    written = [folder.write_result()]
    if args.json is not None:
        write_json(args.json, result)
        written.append(args.json)
    print(describe_result(result, shown))
    if not args.no_report:
        from astro_nav.evaluation.reports.run_page import write_report

        written.append(write_report(folder.path, say=lambda sentence: print(sentence, file=sys.stderr, flush=True)))
    print("\nwritten: " + ", ".join(str(path) for path in written))
    return 1 if any(row["outcome"] == "crashed" for row in result["rows"]) else 0


def describe_result(result: dict[str, Any], shown: list[str]) -> str:
    """The table of a run, and the episodes that failed."""
    from astro_nav.evaluation.metrics import METRICS

    lines = [f"{result['suite']}, planner {result['planner']}, seed {result['seed']}, {result['episodes']} episodes", ""]
    for name in shown:
        metric, value = METRICS[name], result["metrics"][name]
        text = "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
        lines.append(f"  {name:<33}{text:>10} {metric.unit:<8} {metric.text}")
    failed = [row for row in result["rows"] if not row["success"]]
    if failed:
        lines += ["", f"{len(failed)} failed:"]
        lines += [f"  seed {row['seed']:<12} {row['outcome']:<8} {row['message']}" for row in failed[:SHOWN_FAILURES]]
        if len(failed) > SHOWN_FAILURES:
            lines.append(f"  and {len(failed) - SHOWN_FAILURES} more")
        lines.append(f"  a picture: astro-nav render {result['suite']}:{failed[0]['seed']}:{result['planner']}")
    return "\n".join(lines)


def _name_suites() -> str:
    """Names and meaning of the suites, one a line; only --help pays for the import."""
    if not {"-h", "--help"} & set(sys.argv):
        return ""
    from astro_nav.evaluation.suites import SUITES

    return "\n\n" + "\n".join(f"  {suite.name:<10} {suite.help} ({suite.episodes} episodes)" for suite in SUITES.values())


def check_writable(path: Path | None) -> None:
    """Refuse a --json that cannot be written: rather now than after an hour of episodes."""
    if path is None:
        return
    if path.is_dir():
        raise EvaluationError(f"--json {path} is a folder: name a file")
    if not path.absolute().parent.is_dir():
        raise EvaluationError(f"--json {path}: the folder {path.parent} does not exist")
    if not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise EvaluationError(f"--json {path} may not be written")


def parse_count(text: str) -> int:
    """Read a number of episodes or workers."""
    return _parse_whole(text, 1, 10**7)


def parse_seed(text: str) -> int:
    """Read the seed of a run."""
    return _parse_whole(text, 0, 2**31 - 1)


def _parse_whole(text: str, least: int, most: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
    return value
