"""Say whether run B is better than run A.

  astro-nav compare runs/before runs/after
  astro-nav compare homes_astro.json homes_dwa.json --json comparison.json

A and B are folders of astro-nav evaluate, or files of its --json, of the same suite and seed. Episodes with the same seed are compared
in pairs: the same world, the same noise. A metric is called better or worse only when the interval of its paired difference says so.
About the whole, success and contacts decide; if they cannot, time, way and distance to people; if they cannot, the rest. Computing
times are shown, but not judged, since they tell of the machine.

Exit code: 0 when both were compared, whatever the answer; 2 for input that cannot be used.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astro_nav.evaluation.reports.comparison import Comparison, MetricComparison

NAME = "compare"
HELP = "say whether a run is better than another, with intervals"
TINTS = {"better": "32", "worse": "31"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("a", type=Path, metavar="A", help="folder of a run, or file of evaluate --json")
    parser.add_argument("b", type=Path, metavar="B", help="the run that is to be judged against A")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the comparison there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="the page with distributions (default: comparison.html in B's folder)")
    parser.add_argument("--confidence", type=_parse_confidence, default=0.95, metavar="P", help="of the intervals (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Compare, print, write."""
    # Imported here: astro-nav --help must not pay for it.
    from astro_nav.evaluation.reports.comparison import compare_runs, make_comparison_json
    from astro_nav.evaluation.reports.comparison_page import write_comparison
    from astro_nav.evaluation.reports.run_reading import read_run
    from astro_nav.evaluation.store import write_json

    a, b = read_run(args.a), read_run(args.b)
    comparison = compare_runs(a, b, args.confidence)
    print(describe_comparison(comparison, sys.stdout.isatty()))
    page = write_comparison(comparison, args.html or (b.path if b.path.is_dir() else b.path.absolute().parent) / "comparison.html")
    if args.json is not None:
        write_json(args.json, make_comparison_json(comparison))
    print(f"\npage: {page}" + (f", figures: {args.json}" if args.json else ""))
    return 0


def describe_comparison(comparison: Comparison, with_colors: bool = False) -> str:
    """The comparison as a table for a terminal."""
    from astro_nav.evaluation.reports.comparison import NOT_JUDGED, describe_verdict, list_differences, warn_of_chance

    a, b = comparison.a, comparison.b
    lines = [f"A  {a.path}: {a.title}", f"B  {b.path}: {b.title}"]
    lines += [f"   {told}" for told in list_differences(a, b)]
    if comparison.left_out:
        lines.append(f"   {comparison.left_out} episodes that only one of both has are left out")
    share = f"{100 * comparison.confidence:g} % interval"
    lines += ["", f"{'':36}{'A':>9} {'B':>9} {'B - A':>10}   {share:<22}{'pairs':>6}  verdict"]
    judged = [metric for metric in comparison.metrics if metric.verdict != NOT_JUDGED]
    others = [metric for metric in comparison.metrics if metric.verdict == NOT_JUDGED]
    lines += [_describe_line(metric, with_colors) for metric in judged]
    if others:
        lines += ["", "not judged:", *(_describe_line(metric, with_colors) for metric in others)]
    return "\n".join([*lines, "", describe_verdict(comparison), warn_of_chance(comparison)])


def _describe_line(metric: MetricComparison, with_colors: bool) -> str:
    from astro_nav.evaluation.metrics import METRICS
    from astro_nav.evaluation.reports.comparison import CANNOT_TELL, NOT_JUDGED
    from astro_nav.evaluation.reports.explanations import entitle_metric

    result = metric.result
    unit = METRICS[metric.name].unit
    title = f"{entitle_metric(metric.name)}{f' [{unit}]' if unit else ''}"
    interval = f"{result.low:+.4g} .. {result.high:+.4g}"
    word = metric.verdict + ("*" if metric.is_sure else "")
    if metric.verdict == NOT_JUDGED:
        word = ""
    elif metric.verdict == CANNOT_TELL:
        word += f" ({result.why_not})"
    elif with_colors:
        word = f"\033[{TINTS[metric.verdict]}m{word}\033[0m"
    return f"{title:<36.36}{result.mean_a:>9.4g} {result.mean_b:>9.4g} {result.difference:>+10.3g}   {interval:<22}{result.pairs:>6}  {word}".rstrip()


def _parse_confidence(text: str) -> float:
    try:
        confidence = float(text)
    except ValueError:
        confidence = 0.0
    if not 0.5 <= confidence <= 0.999:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.5 to 0.999, e.g. 0.95")
    return confidence
