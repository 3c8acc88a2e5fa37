"""The page of a run: how good it was, how it spreads, what went worst and how that looked."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

import numpy as np

from astro_nav.evaluation.metrics import METRICS
from astro_nav.evaluation.metrics.predictions import PROMISES, Counts, add_kept_promises
from astro_nav.evaluation.metrics.summary import OF_SUCCESSES
from astro_nav.evaluation.reports.charts import draw_histogram, draw_outcome_bar, draw_reliability
from astro_nav.evaluation.reports.explanations import EXPLANATIONS, HEADLINES, entitle_metric, entitle_with_unit, format_metric, format_unit
from astro_nav.evaluation.reports.page import make_facts, make_page, make_table, write_page
from astro_nav.evaluation.reports.replays import Replay, make_player, make_pictures, replay_episodes
from astro_nav.evaluation.reports.run_reading import Run, describe_row, read_run, sort_worst_first
from astro_nav.evaluation.reports.statistics import compute_wilson_interval
from astro_nav.types import FloatArray

REPORT_FILE = "report.html"
REPLAYED = 3
MAX_TABLE_ROWS = 2000
TABLE_COLUMNS = (
    "time_to_goal_s", "path_length_m", "spl", "min_clearance_m", "min_people_distance_m", "mean_linear_jerk_mps3", "stops",
)  # fmt: skip
Say = Callable[[str], None]


def write_report(folder: Path, replayed: int = REPLAYED, say: Say = lambda sentence: None) -> Path:
    """Write a run's report.html into its folder.

    Args:
        folder: of the run, finished or not.
        replayed: how many of the worst episodes, besides a typical one, are run again to be shown; 0 for none.
        say: told what takes time.

    Raises:
        EvaluationError: when the folder is no run, or cannot be written to.
    """
    run = read_run(folder)
    replays = replay_episodes(run, choose_episodes(run, replayed), say)
    return write_page(run.path / REPORT_FILE, make_report(run, replays))


def choose_episodes(run: Run, worst: int) -> list[tuple[int, str]]:
    """Seeds of the episodes that are shown and why: the worst, and the most ordinary of those that went well."""
    if worst < 1:
        return []
    ordered = sort_worst_first(run.rows)
    chosen = [(row["seed"], describe_row(row)) for row in ordered[:worst]]
    times = {row["seed"]: row["time_to_goal_s"] for row in ordered[worst:] if row.get("time_to_goal_s") is not None and row["success"]}
    if times:
        middle = float(np.median(list(times.values())))
        seed = min(times, key=lambda seed: (abs(times[seed] - middle), seed))
        chosen.append((seed, "an ordinary episode: it took the median time"))
    return chosen


def make_report(run: Run, replays: Sequence[Replay]) -> str:
    """The page as HTML."""
    sections = [("figures", "The main figures", _make_cards(run))]
    if replays:
        sections.append(("worst", "Episodes to look at", make_pictures(run, replays)))
        if any(replay.film is not None for replay in replays):
            sections.append(("replay", "Replay", make_player(replays)))
    sections += [
        ("distributions", "How the figures spread", _make_distributions(run)),
        ("metrics", "All figures", _make_metrics_table(run)),
        ("episodes", "All episodes", _make_episodes_table(run)),
    ]
    if kept := add_kept_promises(run.rows):
        sections.append(("prediction", "Are predictions honest?", _make_reliability(kept)))
    sections.append(("settings", "Settings and machine", _make_settings(run)))
    return make_page(f"{run.title}: report", _make_header(run), sections, ("page.js", "player.js"))


def _make_header(run: Run) -> str:
    successes, count = sum(bool(row["success"]) for row in run.rows), len(run.rows)
    low, high = compute_wilson_interval(successes, count)
    unfinished = run.settings.episodes - count
    counts = count_outcomes(run)
    key = "".join(
        f'<li><svg aria-hidden="true" viewBox="0 0 12 12"><rect class="outcome {name}" width="12" height="12" rx="3"/></svg>{amount} {name}</li>'
        for name, amount in counts.items()
    )
    parts = [
        f"<h1>{escape(run.settings.suite)}: {successes} of {count} episodes succeeded</h1>",
        f'<p class="lead">The planner <strong>{escape(run.settings.planner)}</strong> reached every goal in time and touched nothing in '
        f"{100 * successes / count:.1f} % of {count} episodes of the suite <strong>{escape(run.settings.suite)}</strong>. With as many episodes "
        f"the true share lies between {100 * low:.1f} and {100 * high:.1f} % (95 % interval).</p>",
        draw_outcome_bar(counts),
        f'<ul class="key">{key}</ul>',
    ]
    if unfinished > 0:
        parts.append(f'<p class="warning">{unfinished} of {run.settings.episodes} episodes are not finished yet; this page shows the others.</p>')
    if changed := run.find_changed_since():
        parts.append(
            f'<p class="warning">Since this run the {" and the ".join(changed)} changed: what is replayed below may differ from what was '
            "measured.</p>"
        )
    return "".join(parts)


def count_outcomes(run: Run) -> dict[str, int]:
    """How many episodes ended how, the good first."""
    counts = Counter(str(row.get("outcome")) for row in run.rows)
    order = ("success", "timeout", "failed", "contact", "crashed")
    return {name: counts[name] for name in (*order, *sorted(counts.keys() - set(order))) if counts[name]}


def collect_values(run: Run, name: str, success: bool | None = None) -> FloatArray:
    """Values (N,) of a metric in the episodes to which it applies, or in those that went well, or not."""
    key = METRICS[name].key
    return np.array(
        [
            row[key]
            for row in run.rows
            if row.get(key) is not None
            and (name not in OF_SUCCESSES or row["success"])
            and (success is None or bool(row["success"]) is success)
        ],
        dtype=np.float64,
    )


def _make_cards(run: Run) -> str:
    cards = []
    for name in HEADLINES:
        value = run.metrics[name]
        if value is None:
            continue
        tint = ""
        if name in ("success_rate", "contacts_by_robot"):
            tint = " good" if value == (1.0 if name == "success_rate" else 0) else " bad" if name == "contacts_by_robot" else ""
        spread = _describe_spread(run, name)
        cards.append(
            f'<li class="card"><div class="label">{escape(entitle_metric(name))}</div><div class="value{tint}">{escape(format_metric(name, value))}'
            f"</div><p>{escape(EXPLANATIONS[name])}{spread}</p></li>"
        )
    return f'<ul class="cards">{"".join(cards)}</ul>'


def _describe_spread(run: Run, name: str) -> str:
    values = collect_values(run, name)
    if len(values) < 5 or name.endswith("_rate") or name.startswith("contacts") or np.ptp(values) == 0.0:
        return ""
    low, high = np.percentile(values, [5, 95])
    return escape(f" Nine of ten episodes lie between {format_metric(name, float(low), False)} and {format_metric(name, float(high))}.")


def _make_distributions(run: Run) -> str:
    charts, constant = [], []
    for name in METRICS:
        values = collect_values(run, name)
        if len(values) < 2 or name.endswith("_rate"):
            continue
        if np.ptp(values) == 0.0:
            constant.append(f"{entitle_metric(name)} {format_metric(name, run.metrics[name])}")
            continue
        good, bad = collect_values(run, name, True), collect_values(run, name, False)
        groups = {"all": values, "failed": bad} if len(bad) and len(good) else {"all": values}
        chart = draw_histogram(entitle_metric(name), format_unit(name), groups, {"mean": float(values.mean())})
        charts.append(f"<figure><h3>{escape(entitle_with_unit(name))}</h3>{chart}<figcaption>{escape(EXPLANATIONS[name])}</figcaption></figure>")
    if not charts:
        return "<p>One episode has no distribution.</p>"
    legend = "How many episodes had which value. The dashed line is the mean; episodes that did not succeed are red."
    same = f'<p class="note">The same in every episode: {escape("; ".join(constant))}.</p>' if constant else ""
    return f'<p class="muted">{legend}</p><div class="charts">{"".join(charts)}</div>{same}'


def _make_metrics_table(run: Run) -> str:
    rows = []
    for name, metric in METRICS.items():
        values = collect_values(run, name)
        marks = [None] * 4 if len(values) == 0 else [float(value) for value in np.percentile(values, [0, 50, 95, 100])]
        cells = [(escape(entitle_metric(name)), name), (escape(format_metric(name, run.metrics[name])), run.metrics[name])]
        cells += [(escape(format_metric(name, mark, False)), mark) for mark in marks]
        wish = {"higher": "higher", "lower": "lower"}.get(metric.better, "neither")
        rows.append([*cells, (str(len(values)), len(values)), (wish, wish), (escape(EXPLANATIONS[name]), "")])
    heads = ("metric", "of the run", "least", "median", "95 %", "most", "episodes", "better is", "what it means")
    return make_table("Every metric over the episodes to which it applies; a dash where it applies to none", heads, rows, (8,))


def _make_episodes_table(run: Run) -> str:
    ordered = sort_worst_first(run.rows)
    names = [name for name in TABLE_COLUMNS if any(row.get(METRICS[name].key) is not None for row in run.rows)]
    rows = []
    for row in ordered[:MAX_TABLE_ROWS]:
        outcome = escape(str(row.get("outcome")))
        cells = [(str(row["seed"]), row["seed"]), (f'<span class="chip {outcome}">{outcome}</span>', outcome)]
        for name in names:
            value = row.get(METRICS[name].key)
            cells.append((escape(format_metric(name, value, False)), value))
        cells.append((escape(str(row.get("message") or "")), row.get("message") or ""))
        rows.append(cells)
    heads = ["seed", "outcome", *(entitle_with_unit(name) for name in names), "what the robot said"]
    left_out = f", the worst {MAX_TABLE_ROWS} of {len(ordered)}" if len(ordered) > MAX_TABLE_ROWS else ""
    table = make_table(f"Episodes, the worst first{left_out}; a click on a head sorts", heads, rows, (1, len(heads) - 1))
    command = f"astro-nav render {shlex.quote(str(run.path))} --seed SEED"
    return f"<p>Any of them can be looked at with <code>{escape(command)}</code>.</p>{table}"


def _make_reliability(kept: Mapping[str, Counts]) -> str:
    words = (
        "How often somebody who walked really was inside the ellipse in which the robot had promised them to be with this probability. On "
        "the dashed line promises are kept; below it the robot is too sure of itself, above it, too timid."
    )
    figures = []
    for horizon, counts in kept.items():
        points = [{"expected": promise, "observed": held / counts["count"]} for promise, held in zip(PROMISES, counts["kept"])]
        share = counts["kept"][PROMISES.index(0.95)] / counts["count"]
        caption = f"{horizon} s ahead: the 95 % ellipse held them in {100.0 * share:.1f} % of {counts['count']} predictions"
        figures.append(f'<figure style="max-width: 320px">{draw_reliability(points)}<figcaption>{caption}</figcaption></figure>')
    return f'<p>{words}</p><div class="charts">{"".join(figures)}</div>'


def _make_settings(run: Run) -> str:
    settings = run.settings
    facts = {
        "suite": settings.suite,
        "planner": settings.planner,
        "seed of the run": settings.seed,
        "episodes": f"{len(run.rows)} of {settings.episodes}",
        "changed parameters": settings.changes or "none",
        "maps": settings.maps or "the suite's own worlds",
        "notes": run.about.get("notes", ""),
        "machine": run.about.get("machine", ""),
        "versions": run.about.get("versions", ""),
        "fingerprint of code": run.about.get("code", "not known"),
        "fingerprint of parameters": run.about.get("parameters", "not known"),
    }
    return make_facts(facts)
