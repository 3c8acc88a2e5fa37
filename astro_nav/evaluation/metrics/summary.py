"""A run's rows as one set of figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from astro_nav.evaluation.metrics.definitions import METRICS, TIMING_KEYS

# Only an arrival has a time and an error of its pose.
OF_SUCCESSES = frozenset({"time_to_goal_s", "path_length_m", "final_position_error_m", "final_heading_error_rad"})
# Shares of what happened in the whole run: an episode with ten turns counts ten times as much as one with one.
SHARES_OF_ALL = {
    "screen_lead_share": ("turns_announced", "turns"),
    "glance_share": ("crossings_seen", "crossings"),
}
SUMS = frozenset({"contacts_by_robot", "contacts_by_others"})


def summarize(rows: Sequence[Mapping[str, Any]]) -> dict[str, float | int | None]:
    """The figures of a run, in the order of `METRICS`; None for what applies to no episode.

    Means over the episodes to which a figure applies, but: contacts are counted over all episodes; times, lengths and errors
    of arrival are means over successful ones; `cycle_ms_p50` is the median of the episodes' medians, `cycle_ms_p99` the
    mean of their 99th percentiles, `cycle_ms_max` the longest of all; `realtime_factor`, `follow_lost_per_100_m` and the shares of
    turns and crossings are total over total.
    """
    return {name: _summarize_one(name, rows) for name in METRICS}


def drop_timing(content: Any) -> Any:
    """The same without everything that was measured on the wall clock: identical for identical seeds."""
    if isinstance(content, Mapping):
        return {key: drop_timing(value) for key, value in content.items() if key not in TIMING_KEYS}
    if isinstance(content, (list, tuple)):
        return [drop_timing(value) for value in content]
    return content


def _summarize_one(name: str, rows: Iterable[Mapping[str, Any]]) -> float | int | None:
    key = METRICS[name].key
    chosen = [row for row in rows if row.get(key) is not None and (name not in OF_SUCCESSES or row["success"])]
    values = [row[key] for row in chosen]
    if not values:
        return None
    if name in SUMS:
        return sum(values)
    if name == "cycle_ms_p50":
        ordered = sorted(values)
        return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])
    if name == "cycle_ms_max":
        return max(values)
    if name == "follow_lost_per_100_m":
        return 100.0 * sum(row["follow_lost"] for row in chosen) / sum(row["follow_walked_m"] for row in chosen)
    if name in SHARES_OF_ALL:
        part, whole = SHARES_OF_ALL[name]
        return sum(row[part] for row in chosen) / sum(row[whole] for row in chosen)
    if name == "realtime_factor":
        return sum(row["simulated_s"] for row in chosen) / sum(row["wall_s"] for row in chosen)
    return math.fsum(values) / len(values)
