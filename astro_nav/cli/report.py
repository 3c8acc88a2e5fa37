"""Write the report of a run anew.

  astro-nav report runs/evaluate/homes_astro
  astro-nav report runs/evaluate/homes_astro --replays 6

FOLDER is what astro-nav evaluate was told with --out; the run need not be finished. The page, report.html in that folder, is one file
that needs nothing else: figures with what they mean, how they spread, the worst episodes as pictures and as an animation. Those episodes
are run again for it, which takes some seconds each.

Exit code: 0 when the page was written, 2 for input that cannot be used, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "report"
HELP = "write the page of a run anew"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of a run of astro-nav evaluate")
    parser.add_argument("--replays", type=_parse_count, default=3, metavar="N", help="how many of the worst episodes are shown (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.evaluation.reports.run_page import write_report

    print(write_report(args.folder, args.replays, lambda sentence: print(sentence, flush=True)))
    return 0


def _parse_count(text: str) -> int:
    if not text.isdigit() or int(text) > 50:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 50")
    return int(text)
