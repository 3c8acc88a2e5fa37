"""The page of a comparison: the answer, every metric with its interval, and both distributions one over the other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from astro_nav.evaluation.reports.charts import draw_histogram, draw_interval
from astro_nav.evaluation.reports.comparison import (
    BETTER,
    CANNOT_TELL,
    NOT_JUDGED,
    WORSE,
    Comparison,
    MetricComparison,
    describe_verdict,
    list_differences,
    warn_of_chance,
)
from astro_nav.evaluation.reports.explanations import EXPLANATIONS, SHARES, entitle_metric, entitle_with_unit, format_metric, format_unit
from astro_nav.evaluation.reports.page import make_facts, make_page, make_table, write_page
from astro_nav.evaluation.reports.run_reading import Run

KEY = (
    '<ul class="key"><li><svg aria-hidden="true" viewBox="0 0 12 12"><rect class="swatch-a" width="12" height="12" rx="3"/></svg>A: {a}</li>'
    '<li><svg aria-hidden="true" viewBox="0 0 12 12"><rect class="swatch-b" width="12" height="12" rx="3"/></svg>B: {b}</li></ul>'
)


def write_comparison(comparison: Comparison, path: Path) -> Path:
    """Write the page of a comparison.

    Raises:
        EvaluationError: when it cannot be written.
    """
    return write_page(path, make_comparison_page(comparison))


def make_comparison_page(comparison: Comparison) -> str:
    """The page as HTML."""
    a, b = comparison.a, comparison.b
    judged = sorted(comparison.judged, key=lambda metric: (metric.verdict == CANNOT_TELL, not metric.is_sure))
    sections = [
        ("metrics", "Metric by metric", _make_table(comparison, judged, "Judged metrics, those that differ first; a click on a head sorts")),
        ("distributions", "Both distributions", _make_charts(comparison)),
    ]
    if others := comparison.list_verdicts(NOT_JUDGED):
        words = "<p>Computing times tell of the machine and of what else ran on it; the number of candidates is neither good nor bad.</p>"
        sections.append(("others", "Not judged", words + _make_table(comparison, others, "Metrics without a verdict")))
    sections.append(("settings", "Both runs", _describe_runs(a, b)))
    return make_page(f"{a.title} against {b.title}", _make_header(comparison), sections)


def _make_header(comparison: Comparison) -> str:
    verdict = comparison.verdict
    answer = {BETTER: "B is better than A", WORSE: "B is worse than A", CANNOT_TELL: "Cannot tell"}.get(verdict, "Better and worse")
    tint = {BETTER: "good", WORSE: "bad"}.get(verdict, "")
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in list_differences(comparison.a, comparison.b))
    left_out = f"<p>{comparison.left_out} episodes that only one of both has are left out.</p>" if comparison.left_out else ""
    return (
        f'<h1 class="{tint}">{answer}</h1>{_make_key(comparison)}<p class="lead">{escape(describe_verdict(comparison))}.</p>'
        f'<p class="note">{escape(warn_of_chance(comparison))}</p>{f"<ul>{told}</ul>" if told else ""}{left_out}'
    )


def _make_key(comparison: Comparison) -> str:
    a, b = (f"{run.title} <code>{escape(str(run.path))}</code>" for run in (comparison.a, comparison.b))
    return KEY.format(a=a, b=b)


def _make_table(comparison: Comparison, metrics: Sequence[MetricComparison], caption: str) -> str:
    rows = []
    for metric in metrics:
        result, name = metric.result, metric.name
        reach = max(abs(result.low), abs(result.high))
        tint = metric.verdict if metric.verdict in (BETTER, WORSE) else ""
        if metric.verdict == NOT_JUDGED:
            word = ""
        elif tint:
            word = f'<span class="chip {tint}">{metric.verdict}{"*" if metric.is_sure else ""}</span>'
        else:
            word = f'<span class="chip plain">{metric.verdict}: {escape(result.why_not)}</span>'
        low, high = (_write_signed(name, value) for value in (result.low, result.high))
        rows.append(
            [
                (escape(entitle_with_unit(name) + (" [%]" if name in SHARES else "")), name),
                (escape(format_metric(name, result.mean_a, False)), result.mean_a),
                (escape(format_metric(name, result.mean_b, False)), result.mean_b),
                (_write_signed(name, result.difference), result.difference),
                (f"{low} … {high}", result.low),
                (draw_interval(result.low, result.high, result.difference, reach, tint), result.difference),
                (str(result.pairs), result.pairs),
                (word, metric.verdict),
            ]
        )
    heads = ("metric", "A", "B", "B − A", f"{100 * comparison.confidence:g} % interval", "around zero", "pairs", "B is")
    return make_table(caption, heads, rows, (7,))


def _write_signed(name: str, value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return sign + format_metric(name, abs(float(value)), False)


def _make_charts(comparison: Comparison) -> str:
    charts = []
    for metric in comparison.judged:
        if metric.name.endswith("_rate") or (metric.values_a == metric.values_b).all():
            continue
        chart = draw_histogram(
            entitle_metric(metric.name), format_unit(metric.name), {"a": metric.values_a, "b": metric.values_b},
            {"a": metric.result.mean_a, "b": metric.result.mean_b},
        )  # fmt: skip
        charts.append(
            f"<figure><h3>{escape(entitle_with_unit(metric.name))}</h3>{chart}<figcaption>{escape(EXPLANATIONS[metric.name])}</figcaption></figure>"
        )
    if not charts:
        return "<p>Both runs have the same figures in every episode.</p>"
    return f'<p class="muted">How many episodes had which value; dashed lines are the means.</p>{_make_key(comparison)}<div class="charts">{"".join(charts)}</div>'


def _describe_runs(a: Run, b: Run) -> str:
    parts = []
    for letter, run in (("A", a), ("B", b)):
        settings = run.settings
        facts = {
            "folder": run.path,
            "suite": settings.suite,
            "planner": settings.planner,
            "seed": settings.seed,
            "episodes": len(run.rows),
            "changed parameters": settings.changes or "none",
            "machine": run.about.get("machine", "not known"),
            "versions": run.about.get("versions", "not known"),
        }
        parts.append(f"<h3>{letter}</h3>{make_facts(facts)}")
    return "".join(parts)
