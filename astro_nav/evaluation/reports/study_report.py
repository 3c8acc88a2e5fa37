"""What a study found: every variant of every suite against the baseline, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from astro_nav.evaluation.metrics.summary import drop_timing
from astro_nav.evaluation.reports.comparison import BETTER, CANNOT_TELL, MIXED, RANKS, WORSE, Comparison, MetricComparison, compare_runs, make_comparison_json
from astro_nav.evaluation.reports.explanations import entitle_metric, format_metric
from astro_nav.evaluation.reports.run_reading import Run, read_run
from astro_nav.evaluation.store import ROWS_FILE
from astro_nav.evaluation.study import Study, StudyRuns, Variant

SHOWN = (
    "success_rate", "contacts_by_robot", "spl", "time_to_goal_s", "min_clearance_m", "min_people_distance_m", "personal_space_045",
    "personal_space_100", "mean_linear_jerk_mps3", "mean_angular_jerk_radps3", "stops", "reversals",
)  # fmt: skip
SHORT = {
    "success_rate": "success", "contacts_by_robot": "contacts", "spl": "SPL", "time_to_goal_s": "time [s]", "min_clearance_m": "room [m]",
    "min_people_distance_m": "people [m]", "personal_space_045": "0.45 m", "personal_space_100": "1.0 m",
    "mean_linear_jerk_mps3": "jerk", "mean_angular_jerk_radps3": "ang. jerk", "stops": "stops", "reversals": "reversals",
}  # fmt: skip
SIGNS = {BETTER: "+", WORSE: "-", CANNOT_TELL: ""}
SAME = "same"
NAMED = 3  # metrics in the sentence of a verdict


@dataclass(frozen=True)
class Finding:
    """A variant in a suite.

    Attributes:
        variant: which.
        comparison: of the variant's run (B) with the baseline's (A).
        differing: episodes that went otherwise in any way; 0 tells that the setting does nothing there.
    """

    variant: Variant
    comparison: Comparison
    differing: int

    @property
    def deciding(self) -> list[MetricComparison]:
        """What the verdict stands on: success and contacts where they can tell, else everything that can."""
        told = [metric for metric in self.comparison.metrics if metric.verdict in (BETTER, WORSE)]
        return [metric for metric in told if metric.name in RANKS[0]] or told

    @property
    def verdict(self) -> str:
        """Of the variant: better, worse, mixed, cannot tell, or the same in every episode."""
        verdicts = {metric.verdict for metric in self.deciding}
        return SAME if self.differing == 0 else CANNOT_TELL if not verdicts else MIXED if len(verdicts) > 1 else verdicts.pop()

    def find(self, metric: str) -> MetricComparison | None:
        """The comparison of one metric, None where it does not apply."""
        return next((found for found in self.comparison.metrics if found.name == metric), None)


@dataclass(frozen=True)
class SuiteFindings:
    """What was found in one suite: the baseline's run, and every variant that has episodes."""

    suite: str
    baseline: Run
    findings: Sequence[Finding]


def compare_study(runs: StudyRuns) -> list[SuiteFindings]:
    """Compare what there is; suites whose baseline has no episode yet, and variants without one, are left out."""
    told = []
    for settings in runs.settings:
        baseline = _read(runs, settings.suite, runs.study.baseline)
        if baseline is None:
            continue
        findings = []
        for variant in runs.study.variants:
            run = _read(runs, settings.suite, variant)
            if run is not None:
                findings.append(Finding(variant, compare_runs(baseline, run, names=SHOWN), _count_differing(baseline, run)))
        told.append(SuiteFindings(settings.suite, baseline, findings))
    return told


def list_shown(findings: SuiteFindings) -> list[str]:
    """The metrics of the table that apply to a suite."""
    return [name for name in SHOWN if findings.baseline.metrics.get(name) is not None]


def describe_study(study: Study, told: Sequence[SuiteFindings]) -> str:
    """The tables for a terminal."""
    width = max(len(variant.name) for variant in (study.baseline, *study.variants)) + 2
    lines = [study.title]
    for findings in told:
        shown = list_shown(findings)
        lines += ["", f"{findings.suite}, {len(findings.baseline.rows)} episodes, seed {findings.baseline.settings.seed}"]
        lines += [" " * width + "".join(f"{SHORT[name]:>11}" for name in shown) + "   verdict"]
        values = "".join(f"{format_metric(name, findings.baseline.metrics[name], False):>10} " for name in shown)
        lines += [f"{study.baseline.name:<{width}}{values}".rstrip()]
        for finding in findings.findings:
            cells = "".join(_describe_cell(finding, name) for name in shown)
            lines += [f"{finding.variant.name:<{width}}{cells}  {describe_finding(finding)}"]
    return "\n".join([*lines, "", EXPLANATION])


EXPLANATION = (
    "+ better, - worse than the first line, by the 95 % interval of the paired difference; no sign: cannot be told. The verdict is by success\n"
    "and contacts, and by all other columns where these cannot tell. Between equal runs with other noise, about one sign in twenty would be chance:\n"
    "what counts is what comes again in other suites and with other seeds."
)


def describe_finding(finding: Finding) -> str:
    """The verdict with what it stands on."""
    if finding.verdict == SAME:
        return "the same: no episode differs"
    deciding = finding.deciding
    if not deciding:
        return CANNOT_TELL
    by = ", ".join(f"{SHORT.get(metric.name, entitle_metric(metric.name).lower())} {describe_difference(metric)}" for metric in deciding[:NAMED])
    word = "better and worse" if finding.verdict == MIXED else finding.verdict
    return f"{word} ({by})"


def describe_difference(metric: MetricComparison) -> str:
    """The difference and its interval, e.g. +0.3 [0.1, 0.5]."""
    result = metric.result
    return f"{result.difference:+.3g} [{result.low:.2g}, {result.high:.2g}]"


def make_study_json(study: Study, told: Sequence[SuiteFindings]) -> dict[str, Any]:
    """What `--json` holds."""
    suites = {}
    for findings in told:
        variants = {}
        for finding in findings.findings:
            compared = make_comparison_json(finding.comparison)
            variants[finding.variant.name] = {
                "set": dict(finding.variant.changes), "pairs": compared["pairs"], "episodes_that_differ": finding.differing,
                "verdict": finding.verdict, "metrics": compared["metrics"],
            }  # fmt: skip
        run = findings.baseline
        suites[findings.suite] = {
            "seed": run.settings.seed, "episodes": len(run.rows), "baseline": drop_timing(dict(run.metrics)), "variants": variants,
        }  # fmt: skip
    return {"title": study.title, "baseline": {"name": study.baseline.name, "set": dict(study.baseline.changes)}, "suites": suites}


def _describe_cell(finding: Finding, name: str) -> str:
    metric = finding.find(name)
    run = finding.comparison.b
    sign = SIGNS.get(metric.verdict, "") if metric is not None else ""
    return f"{format_metric(name, run.metrics.get(name), False):>10}{sign or ' '}"


def _count_differing(a: Run, b: Run) -> int:
    rows = {row["seed"]: row for row in a.rows}
    return sum(drop_timing(row) != drop_timing(rows[row["seed"]]) for row in b.rows if row["seed"] in rows)


def _read(runs: StudyRuns, suite: str, variant: Variant) -> Run | None:
    path = runs.locate(suite, variant)
    rows = path / ROWS_FILE
    has_episode = rows.is_file() and b"\n" in rows.read_bytes()
    return read_run(path) if has_episode else None
