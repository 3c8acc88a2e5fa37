"""Measure how fast the parts are, side by side with peers from PyPI, in one run.

  astro-nav bench
  astro-nav bench --only search
  astro-nav bench --json bench.json

Sections: candidates (evaluation per state), cycle (the whole local cycle), distance (distance fields), search (global search), plan (first
plan after a new map, and replans after it has changed on 6 x 6 m), safety, tracker, memory. Peers are optional,
`pip install 'astro_nav[bench]'`; those that are missing are named and skipped.

Every round runs all contenders once, so that what else the machine does hits all alike; still, measure on a machine at rest. The first run
compiles what is measured, which takes a minute.

Exit code: 0 success, 2 for a section or file that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from astro_nav.errors import EvaluationError

NAME = "bench"
HELP = "measure how fast the parts are, beside peers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--only", metavar="NAME", help="one section alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--seconds", type=_parse_seconds, default=6.0, metavar="S", help="about how long a group of contenders is measured (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print, write."""
    from astro_nav.evaluation.bench.run import format_table, make_result, run_bench

    if args.json is not None and not args.json.resolve().parent.is_dir():
        raise EvaluationError(f"--json {args.json}: the folder {args.json.resolve().parent} does not exist")
    rows, absent = run_bench(args.only, args.seconds, lambda text: print(f"measuring: {text}", file=sys.stderr, flush=True))
    result = make_result(rows)
    print(format_table(result, absent))
    if args.json is not None:
        try:
            args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise EvaluationError(f"--json {args.json}: cannot be written: {error.strerror}") from error
    return 0


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 < seconds <= 600.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds in (0, 600]")
    return seconds
