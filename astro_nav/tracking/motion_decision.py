"""Moving or standing: a decision with hysteresis that furniture seen from a moving robot must not pass."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from astro_nav.kernels.track_visibility import mark_occupied_places
from astro_nav.params.people import MotionDecisionParams
from astro_nav.tracking.track_table import TrackTable
from astro_nav.types import FloatArray


class RecentScans:
    """The points of the last scans, to ask what stood where a while ago."""

    def __init__(self, memory_s: float) -> None:
        self.memory_s = memory_s
        self._scans: deque[tuple[float, FloatArray]] = deque()

    def clear(self) -> None:
        """Forget all scans."""
        self._scans.clear()

    def add_scan(self, stamp_s: float, points_odom: FloatArray) -> None:
        """Remember the points (N, 2) of a scan."""
        self._scans.append((stamp_s, points_odom))
        while stamp_s - self._scans[0][0] > self.memory_s:
            self._scans.popleft()

    def measure_occupied_share(self, places: FloatArray, radius_m: float, from_s: float, until_s: float) -> float:
        """How much of a time places (P, 2) were occupied.

        A place is occupied in a scan that has a point within `radius_m` of it.

        Returns:
            Mean over the places of the share of the scans between `from_s` and `until_s`; 0 without scans or places.
        """
        occupied = np.empty(len(places), dtype=np.bool_)
        shares = []
        for stamp_s, points in self._scans:
            if len(places) and from_s <= stamp_s <= until_s:
                mark_occupied_places(points, places, radius_m, occupied)
                shares.append(occupied.mean())
        return float(np.mean(shares)) if shares else 0.0


def decide_motion(
    table: TrackTable,
    seen: NDArray[np.bool_],
    scans: RecentScans,
    false_speeds_mps: FloatArray,
    stamp_s: float,
    step_s: float,
    params: MotionDecisionParams,
) -> None:
    """Update `moving` of every track.

    Something begins to move when its speed and its displacement within the window are both large, also against what
    the robot's slip can feign, and the displacement against its own uncertainty; when it goes where space was seen
    free and where nothing stood a while ago; when the places that it came from are empty now; and when it goes somewhere
    rather than back and forth. The edge of a table that slides along as the robot passes, and chair legs of which now
    these and now those are hit, have speed and displacement, but fail the rest.

    Args:
        table: M tracks, corrected with this scan; changed.
        seen: (M,) found in this scan.
        scans: with this one.
        false_speeds_mps: (M,) speed that slip of the robot's wheels can feign at each track's distance.
        stamp_s, step_s: time of the scan, and since the one before.
        params: thresholds.
    """
    rows = table.rows
    speed = np.linalg.norm(table.states[rows, 2:], axis=1)
    displacement, significance, span_s = _measure_displacement(table, stamp_s, params)
    camera = np.isfinite(table.camera_s[rows])
    starts = seen & (span_s >= params.min_window_s)
    starts &= speed >= params.start_speed_mps + false_speeds_mps
    starts &= displacement >= params.start_displacement_m + false_speeds_mps * span_s
    starts &= significance >= params.significance
    starts &= camera | table.moved[rows] | (table.seen_free_share[rows] >= params.min_seen_free_share)
    for row in np.flatnonzero(starts & ~table.moving[rows] & ~camera):
        starts[row] = _measure_straightness(table, int(row), stamp_s, params.window_s) >= params.min_straightness
        starts[row] = starts[row] and _has_left_and_come(table, int(row), scans, float(false_speeds_mps[row]), stamp_s, params)
    table.moving_scans[rows] = np.where(starts, table.moving_scans[rows] + 1, np.where(seen, 0, table.moving_scans[rows]))

    still = (speed < params.stop_speed_mps) | ((span_s >= params.min_window_s) & (displacement < params.stop_displacement_m))
    table.still_s[rows] = np.where(still & seen, table.still_s[rows] + step_s, np.where(seen, 0.0, table.still_s[rows]))
    begins = ~table.moving[rows] & (table.moving_scans[rows] >= params.start_scans)
    ends = table.moving[rows] & (table.still_s[rows] >= params.stop_s)
    table.moving[rows] = (table.moving[rows] | begins) & ~ends
    table.moved[rows] |= begins
    table.still_s[rows][begins] = 0.0
    table.moving_scans[rows][ends] = 0


def _measure_significance(vectors: FloatArray, covariances: FloatArray) -> FloatArray:
    """Squared Mahalanobis distance (M,) of vectors (M, 2) from zero."""
    a, b, c = covariances[:, 0, 0], covariances[:, 0, 1], covariances[:, 1, 1]
    x, y = vectors[:, 0], vectors[:, 1]
    return (c * x * x - 2.0 * b * x * y + a * y * y) / (a * c - b * b)


def _measure_displacement(table, stamp_s: float, params) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Way from the oldest remembered position within the window: length (M,) [m], significance (M,), time (M,) [s]."""
    rows = table.rows
    ages = stamp_s - table.history_s[rows]
    oldest = np.argmax(np.where(ages <= params.window_s, ages, -1.0), axis=1)
    each = np.arange(table.count)
    span_s = ages[each, oldest]
    known = (span_s > 0.0) & (span_s <= params.window_s)
    way = np.where(known[:, np.newaxis], table.states[rows, :2] - table.history_positions[each, oldest], 0.0)
    covariance = table.covariances[rows, :2, :2] + table.history_variances[each, oldest][:, np.newaxis, np.newaxis] * np.eye(2)
    return np.linalg.norm(way, axis=1), _measure_significance(way, covariance), np.where(known, span_s, 0.0)


def _measure_straightness(table: TrackTable, row: int, stamp_s: float, window_s: float) -> float:
    """Displacement within the window as a share of the way; 1 for a straight line, 0 for back and forth."""
    order = np.argsort(table.history_s[row], kind="stable")
    recent = order[stamp_s - table.history_s[row][order] <= window_s]
    positions = np.concatenate([table.history_positions[row][recent], table.states[row : row + 1, :2]])
    way = np.linalg.norm(np.diff(positions, axis=0), axis=1).sum()
    return float(np.hypot(*(positions[-1] - positions[0])) / max(way, 1e-9))


def _has_left_and_come(
    table: TrackTable, row: int, scans: RecentScans, false_speed_mps: float, stamp_s: float, params: MotionDecisionParams
) -> bool:
    """Whether the places where the track was a while ago are empty now, and those where it is now were empty then."""
    speed = float(np.hypot(*table.states[row, 2:]))
    rest_s = min(max(params.rest_way_m / max(speed, 1e-3), params.min_rest_s), params.max_rest_s)
    a_while_ago_s = stamp_s - rest_s
    radius_m = params.place_radius_m + false_speed_mps * rest_s
    left = _take_places(table.history_surfaces[row][table.history_s[row] <= a_while_ago_s])
    if scans.measure_occupied_share(left, radius_m, stamp_s - params.present_s, stamp_s) > params.max_left_behind:
        return False
    here = _take_places(table.surfaces[row])
    return scans.measure_occupied_share(here, radius_m, -np.inf, a_while_ago_s) <= params.max_recurrence


def _take_places(surfaces: FloatArray) -> FloatArray:
    """Places (P, 2) that are there, of surfaces (..., 2) with NaN for none."""
    places = surfaces.reshape(-1, 2)
    return np.ascontiguousarray(places[np.isfinite(places[:, 0])])
