"""The page of a study: for every suite what each variant changed, with intervals, and what is behind every verdict."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from astro_nav.evaluation.reports.charts import draw_interval
from astro_nav.evaluation.reports.comparison import BETTER, CANNOT_TELL, WORSE, MetricComparison
from astro_nav.evaluation.reports.explanations import EXPLANATIONS, entitle_with_unit, format_metric
from astro_nav.evaluation.reports.page import make_facts, make_page, make_table, write_page
from astro_nav.evaluation.reports.study_report import EXPLANATION, SAME, SHORT, Finding, SuiteFindings, describe_finding, list_shown
from astro_nav.evaluation.study import Study


def write_study(study: Study, told: Sequence[SuiteFindings], path: Path) -> Path:
    """Write the page.

    Raises:
        EvaluationError: when it cannot be written.
    """
    return write_page(path, make_study_page(study, told))


def make_study_page(study: Study, told: Sequence[SuiteFindings]) -> str:
    """The page as HTML."""
    sections = [(findings.suite, f"{findings.suite}: {len(findings.baseline.rows)} episodes", _make_suite(study, findings)) for findings in told]
    settings = {variant.name: variant.changes or "as shipped" for variant in (study.baseline, *study.variants)}
    sections.append(("settings", "What was set", make_facts(settings)))
    header = f'<h1>{escape(study.title)}</h1><p class="lead">Each line against "{escape(study.baseline.name)}", in pairs of equal episodes.</p>'
    return make_page(study.title, f'{header}<p class="note">{escape(EXPLANATION)}</p>', sections)


def _make_suite(study: Study, findings: SuiteFindings) -> str:
    shown = list_shown(findings)
    heads = ["variant", *(SHORT[name] for name in shown), "verdict"]
    metrics = findings.baseline.metrics
    first = [(escape(study.baseline.name), "")] + [(escape(format_metric(name, metrics[name], False)), metrics[name]) for name in shown]
    rows = [[*first, ("", "")]]
    for finding in findings.findings:
        cells = [(f'<span title="{escape(finding.variant.help)}">{escape(finding.variant.name)}</span>', finding.variant.name)]
        cells += [_make_cell(finding, name) for name in shown]
        rows.append([*cells, (_make_verdict(finding), finding.verdict)])
    table = make_table(f"{findings.suite}: figures of every variant; colours where the interval tells", heads, rows, (len(heads) - 1,))
    return table + "".join(_make_metric(findings, name) for name in shown)


def _make_cell(finding: Finding, name: str) -> tuple[str, float | None]:
    value, metric = finding.comparison.b.metrics.get(name), finding.find(name)
    text = escape(format_metric(name, value, False))
    if metric is not None and metric.verdict in (BETTER, WORSE):
        text = f'<span class="chip {metric.verdict}">{text}{"*" if metric.is_sure else ""}</span>'
    return text, value


def _make_verdict(finding: Finding) -> str:
    kind = finding.verdict if finding.verdict in (BETTER, WORSE) else "plain"
    return f'<span class="chip {kind}">{escape(describe_finding(finding))}</span>'


def _make_metric(findings: SuiteFindings, name: str) -> str:
    """Differences of one metric with their intervals, one under the other on the same scale."""
    told = [(finding, metric) for finding in findings.findings if (metric := finding.find(name)) is not None and finding.verdict != SAME]
    if not told:
        return ""
    reach = max(max(abs(metric.result.low), abs(metric.result.high)) for _, metric in told)
    rows = [[(escape(finding.variant.name), finding.variant.name), *_make_interval(metric, reach)] for finding, metric in told]
    heads = ("variant", "difference", "95 % interval", "around zero", "pairs", "")
    table = make_table(f"{findings.suite}: {entitle_with_unit(name)}, difference to the baseline", heads, rows)
    return f"<details><summary>{escape(entitle_with_unit(name))}</summary><p>{escape(EXPLANATIONS[name])}</p>{table}</details>"


def _make_interval(metric: MetricComparison, reach: float) -> list[tuple[str, float | str | int]]:
    result, tint = metric.result, metric.verdict if metric.verdict in (BETTER, WORSE) else ""
    word = f'<span class="chip {tint}">{metric.verdict}</span>' if tint else escape(result.why_not if metric.verdict == CANNOT_TELL else "")
    return [
        (f"{result.difference:+.3g}", result.difference),
        (f"{result.low:+.3g} … {result.high:+.3g}", result.low),
        (draw_interval(result.low, result.high, result.difference, reach, tint), result.difference),
        (str(result.pairs), result.pairs),
        (word, metric.verdict),
    ]
