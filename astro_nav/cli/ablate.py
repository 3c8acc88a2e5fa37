"""Find out what every part of the stack is worth: drive the same episodes with and without it.

  astro-nav ablate people --episodes 20
  astro-nav ablate people homes clutter --variants "no prediction" "no warm start" --out runs/ablation
  astro-nav ablate people --study latency
  astro-nav ablate homes --study my_study.yaml --set robot.limits.max_speed_mps=0.5

A study names settings that are compared with a baseline; two are shipped: `ablation`, which switches one part off after the
other, and `latency`, which adds latency with and without making up for it. A file of your own looks like config/studies/ablation.yaml.
The same seeds are driven with every setting, and each is compared with the baseline in pairs, as astro-nav compare does.

Each suite and variant has a folder of its own in --out, a run as of astro-nav evaluate: it can be replayed, reported and compared. After
Ctrl-C the same command with the same --out goes on where it ended, and --episodes may grow. The tables are made of what there is.

Exit code: 0 when every episode was measured, 1 when some crashed, 2 for input that cannot be used, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astro_nav.cli.evaluate import check_writable, parse_count, parse_seed
from astro_nav.errors import EvaluationError

if TYPE_CHECKING:
    from astro_nav.evaluation.study import StudyRuns

NAME = "ablate"
HELP = "find out what every part is worth by driving without it"
DEFAULT_OUT = Path("runs", "ablate")
DEFAULT_EPISODES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("suites", nargs="+", metavar="SUITE", help="what happens in the episodes; see astro-nav evaluate --help")
    parser.add_argument("--study", default="ablation", metavar="NAME", help="ablation, latency, or a file (default: %(default)s)")
    parser.add_argument("--variants", nargs="+", action="extend", default=[], metavar="NAME", help="only these of the study (default: all)")
    parser.add_argument("--episodes", type=parse_count, default=DEFAULT_EPISODES, metavar="N", help="of every suite and variant (default: %(default)s)")
    parser.add_argument("--seed", type=parse_seed, default=1, metavar="S", help="of the runs (default: %(default)s)")
    parser.add_argument("--workers", type=parse_count, metavar="W", help="processes (default: one for each core)")
    parser.add_argument(
        "--set", nargs="+", action="extend", default=[], dest="settings", metavar="KEY=VALUE",
        help="parameters of docs/parameters.md that differ in all runs, below what a variant sets",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"folder of all runs and of the page (default: a new one in {DEFAULT_OUT}/)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the findings there")


def run(args: argparse.Namespace) -> int:
    """Check what was asked for, run what is missing, print the tables."""
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.evaluation.reports.study_page import write_study
    from astro_nav.evaluation.reports.study_report import compare_study, describe_study, make_study_json
    from astro_nav.evaluation.store import write_json

    check_writable(args.json)
    runs = _name_runs(args)
    try:
        rows = _run_episodes(runs, args.workers)
    except KeyboardInterrupt:
        print(f"\ninterrupted: the same command with --out {runs.path} goes on", file=sys.stderr)
        raise
    told = compare_study(runs)
    print(describe_study(runs.study, told))
    findings = make_study_json(runs.study, told)
    written = [runs.path / "study.json", write_study(runs.study, told, runs.path / "study.html")]
    write_json(written[0], findings)
    if args.json is not None:
        write_json(args.json, findings)
        written.append(args.json)
    print("\nwritten: " + ", ".join(str(path) for path in written))
    return 1 if any(row["outcome"] == "crashed" for row in rows) else 0


def _name_runs(args: argparse.Namespace) -> StudyRuns:
    from astro_nav.evaluation.episode import SEED_STRIDE, make_plain
    from astro_nav.evaluation.settings import load_settings, parse_settings
    from astro_nav.evaluation.store import RunSettings
    from astro_nav.evaluation.study import StudyRuns, read_study
    from astro_nav.evaluation.suites import get_suite

    study = read_study(args.study).choose(args.variants)
    changes = make_plain(parse_settings(args.settings))
    load_settings(changes)
    suites = [get_suite(name).name for name in dict.fromkeys(args.suites)]
    if args.episodes > SEED_STRIDE:
        raise EvaluationError(f"--episodes {args.episodes} is above {SEED_STRIDE}: beyond, runs of neighbouring seeds would share episodes")
    out = args.out or DEFAULT_OUT / f"{Path(args.study).stem}_{time.strftime('%Y-%m-%d_%H-%M-%S')}"
    return StudyRuns(out, study.lay_under(changes), [RunSettings(suite, "astro", args.seed, args.episodes) for suite in suites])


def _run_episodes(runs: StudyRuns, workers: int | None) -> list[dict[str, Any]]:
    """Run what is missing; returns all rows."""
    from astro_nav.demo.kernel_cache import is_cache_complete
    from astro_nav.demo.machine import describe_machine, list_versions
    from astro_nav.evaluation.episode import warm_up_planner
    from astro_nav.evaluation.executors import WorkerProcesses
    from astro_nav.evaluation.progress import RunProgress

    total = sum(settings.episodes for _, settings in runs.list_runs())
    rows: list[dict[str, Any]] = []
    progress = RunProgress(total, [], sys.stderr)
    with WorkerProcesses(min(workers or len(os.sched_getaffinity(0)), total)) as processes, progress:
        try:
            if not is_cache_complete():
                print("before the first run the kernels are compiled: that takes about a minute", file=sys.stderr)
                processes.submit(warm_up_planner, "astro").result()

            def begin(finished: list[dict[str, Any]]):
                rows.extend(finished)
                progress.count_finished(finished)
                return lambda row: (rows.append(row), progress.add_row(row))

            runs.run(processes, processes.slots, {"versions": list_versions(), "machine": describe_machine()}, begin)
        except BaseException:
            processes.shutdown(wait=False, cancel_futures=True)
            raise
    return rows
