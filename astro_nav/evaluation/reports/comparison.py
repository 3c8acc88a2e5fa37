"""Two runs of the same episodes, metric by metric: better, worse, or cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.metrics import METRICS, Metric
from astro_nav.evaluation.metrics.summary import OF_SUCCESSES
from astro_nav.evaluation.reports.explanations import entitle_metric
from astro_nav.evaluation.reports.run_reading import Row, Run
from astro_nav.evaluation.reports.statistics import PairedDifference, compare_numbers, compare_shares
from astro_nav.types import FloatArray

BETTER, WORSE, CANNOT_TELL, NOT_JUDGED, MIXED = "better", "worse", "cannot tell", "not judged", "mixed"
# What a run is judged by as a whole, the first rank that can tell decides: a robot that bumps into things is not better for being
# quick, and one that creeps is not better for being gentle. All other metrics are the last rank.
RANKS = (
    ("success_rate", "contact_rate", "contacts_by_robot"),
    ("spl", "stl", "time_to_goal_s", "barn_score", "min_people_distance_m", "min_time_to_collision_s", "personal_space_045", "personal_space_100"),
)


@dataclass(frozen=True)
class MetricComparison:
    """One metric in both runs.

    Attributes:
        name: of the metric.
        result: the paired difference.
        verdict: of B against A.
        is_sure: whether the verdict stands when all comparisons together may err in 5 % of cases (Bonferroni).
        values_a, values_b: (N,) of the pairs.
    """

    name: str
    result: PairedDifference
    verdict: str
    is_sure: bool
    values_a: FloatArray
    values_b: FloatArray


@dataclass(frozen=True)
class Comparison:
    """Run B against run A.

    Attributes:
        a, b: the runs.
        pairs: episodes that both have.
        left_out: episodes that only one of both has.
        confidence: of the intervals.
        metrics: in the order of METRICS; those that apply to no pair are left out.
    """

    a: Run
    b: Run
    pairs: int
    left_out: int
    confidence: float
    metrics: Sequence[MetricComparison]

    @property
    def judged(self) -> list[MetricComparison]:
        """Those with a verdict."""
        return [metric for metric in self.metrics if metric.verdict != NOT_JUDGED]

    def list_verdicts(self, verdict: str) -> list[MetricComparison]:
        """The metrics with a verdict."""
        return [metric for metric in self.metrics if metric.verdict == verdict]

    @property
    def verdict(self) -> str:
        """Of B as a whole."""
        verdicts = {metric.verdict for metric in self.deciding}
        return CANNOT_TELL if not verdicts else MIXED if len(verdicts) > 1 else verdicts.pop()

    @property
    def deciding(self) -> list[MetricComparison]:
        """The metrics that tell about B as a whole: those of the first rank in which any can.

        In the first rank, success and contacts, each counts as it is; below it only what stands after correction.
        """
        told = [metric for metric in self.metrics if metric.verdict in (BETTER, WORSE)]
        others = [metric for metric in told if metric.is_sure]
        named = {name for rank in RANKS for name in rank}
        ranks = [
            [metric for metric in told if metric.name in RANKS[0]],
            [metric for metric in others if metric.name in RANKS[1]],
            [metric for metric in others if metric.name not in named],
        ]
        return next((rank for rank in ranks if rank), [])


def compare_runs(a: Run, b: Run, confidence: float = 0.95, names: Iterable[str] = tuple(METRICS)) -> Comparison:
    """Compare two runs by the episodes that both have.

    Args:
        a, b: the runs.
        confidence: of the intervals.
        names: metrics that are compared; the fewer, the less chance has to be allowed for.

    Raises:
        EvaluationError: when they are not of the same episodes.
    """
    _check_comparable(a, b)
    rows_a, rows_b = ({row["seed"]: row for row in run.rows} for run in (a, b))
    seeds = sorted(rows_a.keys() & rows_b.keys())
    if not seeds:
        raise EvaluationError(f"{a.path} and {b.path} have no episode in common yet: let both go on, or name others")
    pairs = [(rows_a[seed], rows_b[seed]) for seed in seeds]
    columns = {name: columns for name in names if (columns := _collect_pairs(METRICS[name], pairs)) is not None}
    judged = sum(_is_judged(METRICS[name]) for name in columns)
    corrected = 1.0 - (1.0 - confidence) / max(judged, 1)
    metrics = [_compare_metric(METRICS[name], *values, confidence, corrected) for name, values in columns.items()]
    return Comparison(a, b, len(seeds), len(rows_a.keys() ^ rows_b.keys()), confidence, metrics)


def describe_verdict(comparison: Comparison) -> str:
    """The answer in a sentence or two."""
    better, worse = comparison.list_verdicts(BETTER), comparison.list_verdicts(WORSE)
    count, undecided = len(comparison.judged), len(comparison.list_verdicts(CANNOT_TELL))
    verdict = comparison.verdict
    answer = {
        BETTER: "B is better than A",
        WORSE: "B is worse than A",
        MIXED: "B is better than A in some ways and worse in others",
        CANNOT_TELL: "whether B is better or worse than A cannot be told",
    }[verdict]
    by = ", ".join(f"{entitle_metric(metric.name)} {metric.verdict}" for metric in comparison.deciding)
    return (
        f"{answer}{f' ({by})' if by else ''}: of {count} metrics in {comparison.pairs} pairs of episodes, B is better in {len(better)}, worse in {len(worse)}, "
        f"and {undecided} cannot be told apart"
    )


def warn_of_chance(comparison: Comparison) -> str:
    """How many verdicts chance alone would give."""
    count = len(comparison.judged)
    share = 1.0 - comparison.confidence
    return (
        f"{count} metrics are compared at {100 * comparison.confidence:g} %: between equal runs with other noise about "
        f"{count * share:.1f} of them would be called better or worse by chance. Verdicts marked * stand when all are taken together."
    )


def list_differences(a: Run, b: Run) -> list[str]:
    """What sets the runs apart, and what should not."""
    told = []
    if a.settings.planner != b.settings.planner:
        told.append(f"planner: {a.settings.planner} in A, {b.settings.planner} in B")
    for key in sorted(a.settings.changes.keys() | b.settings.changes.keys()):
        left, right = (run.settings.changes.get(key, "as shipped") for run in (a, b))
        if left != right:
            told.append(f"{key}: {left} in A, {right} in B")
    for key in ("code", "parameters"):
        if key in a.about and key in b.about and a.about[key] != b.about[key]:
            same = a.settings.changes == b.settings.changes
            if key == "code" or same:
                told.append(f"the {'program' if key == 'code' else 'shipped parameters'} changed between both")
    return told


def make_comparison_json(comparison: Comparison) -> dict[str, Any]:
    """What `--json` holds."""

    def describe(run: Run) -> Mapping[str, Any]:
        return {**asdict(run.settings), "episodes": len(run.rows)}

    metrics = {}
    for metric in comparison.metrics:
        facts = asdict(metric.result)
        metrics[metric.name] = {"verdict": metric.verdict, "stands_corrected": metric.is_sure, **facts}
    return {
        "a": describe(comparison.a),
        "b": describe(comparison.b),
        "pairs": comparison.pairs,
        "confidence": comparison.confidence,
        "compared": len(comparison.judged),
        "verdict": comparison.verdict,
        "metrics": metrics,
    }


def _check_comparable(a: Run, b: Run) -> None:
    for what in ("suite", "seed", "maps"):
        left, right = getattr(a.settings, what), getattr(b.settings, what)
        if left != right:
            raise EvaluationError(
                f"{a.path} and {b.path} cannot be compared: {what} is {left or 'none'} in the first and {right or 'none'} in the second. "
                f"Episodes are compared in pairs, so run both with the same {what}"
            )


def _collect_pairs(metric: Metric, pairs: Sequence[tuple[Row, Row]]) -> tuple[FloatArray, FloatArray] | None:
    """Values (N,), (N,) of the pairs to which a metric applies in both runs; None when there are none."""
    values = [
        (left[metric.key], right[metric.key])
        for left, right in pairs
        if left.get(metric.key) is not None
        and right.get(metric.key) is not None
        and (metric.name not in OF_SUCCESSES or (left["success"] and right["success"]))
    ]
    if not values:
        return None
    table = np.array(values, dtype=np.float64)
    return table[:, 0], table[:, 1]


def _is_judged(metric: Metric) -> bool:
    """Computing times tell of the machine and what else ran on it, so equal runs would differ in them."""
    return bool(metric.better) and not metric.is_timing


def _compare_metric(metric: Metric, values_a: FloatArray, values_b: FloatArray, confidence: float, corrected: float) -> MetricComparison:
    compare = compare_shares if metric.name.endswith("_rate") else compare_numbers
    result = compare(values_a, values_b, confidence)
    if not _is_judged(metric):
        return MetricComparison(metric.name, result, NOT_JUDGED, False, values_a, values_b)
    good = 1 if metric.better == "higher" else -1
    verdict = CANNOT_TELL if result.sign == 0 else BETTER if result.sign == good else WORSE
    is_sure = result.sign != 0 and compare(values_a, values_b, corrected).sign == result.sign
    return MetricComparison(metric.name, result, verdict, is_sure, values_a, values_b)
