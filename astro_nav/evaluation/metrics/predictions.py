"""Whether people were where the prediction said that they would be, as often as it said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from astro_nav.evaluation.forecasts import HORIZONS_S, Forecast
from astro_nav.types import FloatArray

# Shares that predicted ellipses promise to hold.
PROMISES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
# What is farther than this from everybody is something else, taken for a person.
SAME_PERSON_M = 0.6

Counts = dict[str, Any]


def count_kept_promises(
    forecasts: Sequence[Forecast], times_s: FloatArray, people_map: FloatArray
) -> dict[str, Counts] | None:
    """Count how often people were inside the ellipses.

    A share p of a normal distribution in the plane lies within the Mahalanobis distance d with d^2 = -2 ln(1 - p).

    Args:
        forecasts: of one episode.
        times_s: (N,).
        people_map: (N, M, 2) where people were, NaN where one was away.

    Returns:
        seconds ahead, as text -> `count` of predictions and, for each of PROMISES, how often the ellipse of that share held
        the person; None when nothing was predicted of anybody.
    """
    kept = {f"{horizon_s:g}": {"count": 0, "kept": [0] * len(PROMISES)} for horizon_s in HORIZONS_S}
    limits = -2.0 * np.log1p(-np.array(PROMISES))
    for forecast in forecasts:
        person = _find_person(forecast, times_s, people_map)
        if person is None:
            continue
        for number, horizon_s in enumerate(HORIZONS_S):
            place = _interpolate(forecast.start_s + horizon_s, times_s, people_map[:, person])
            if place is None:
                continue
            error = place - forecast.means_map[number]
            square = float(error @ np.linalg.solve(forecast.covariances_map[number], error))
            counts = kept[f"{horizon_s:g}"]
            counts["count"] += 1
            counts["kept"] = [known + int(square <= limit) for known, limit in zip(counts["kept"], limits)]
    return kept if any(counts["count"] for counts in kept.values()) else None


def add_kept_promises(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counts]:
    """The counts of all rows together; empty when no row has any."""
    total: dict[str, Counts] = {}
    for row in rows:
        for horizon, counts in (row.get("predictions") or {}).items():
            known = total.setdefault(horizon, {"count": 0, "kept": [0] * len(PROMISES)})
            known["count"] += counts["count"]
            known["kept"] = [a + b for a, b in zip(known["kept"], counts["kept"])]
    return total


def _find_person(forecast: Forecast, times_s: FloatArray, people_map: FloatArray) -> int | None:
    """Who was meant: the nearest when the prediction begins."""
    row = int(np.searchsorted(times_s, forecast.start_s))
    if row >= len(times_s) or people_map.shape[1] == 0:
        return None
    distances = np.hypot(*(people_map[row] - forecast.start_map).T)
    distances[np.isnan(distances)] = np.inf
    nearest = int(distances.argmin())
    return nearest if distances[nearest] <= SAME_PERSON_M else None


def _interpolate(time_s: float, times_s: FloatArray, places: FloatArray) -> FloatArray | None:
    """Place (2,) at a time; None after the end, or where the person was away."""
    if time_s > times_s[-1]:
        return None
    place = np.array([np.interp(time_s, times_s, places[:, axis]) for axis in (0, 1)])
    return place if np.isfinite(place).all() else None
