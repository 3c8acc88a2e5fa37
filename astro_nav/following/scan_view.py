"""What one scan says of a person: places where somebody may stand, and places where nobody can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.types import FloatArray

BINS = 360  # directions in which the nearest end of a ray is kept
BODY_HALF_WIDTH_M = 0.16  # rays so far beside a person's middle should meet a leg
BODY_LOOKS = 5  # rays across that
BEYOND_M = 0.25  # a ray that goes on for so far behind has met nobody
BEFORE_M = 0.35  # one that ends so far in front says nothing
STRIDE_M = 0.45  # legs farther apart are not one person's
LEG_DEVIATION_M, BODY_DEVIATION_M = 0.17, 0.10  # of a person's middle found from one leg, and from two or a body
WIDEST_M = 0.7  # what is wider is no person
BODY_WIDTH_M = 0.25  # what is narrower is a leg
MEAN_DEPTH_OF_ARC = 0.25 * np.pi
LARGEST_RANGE_M = 7.0
MAP_ERROR_M, MAP_ERROR_RAD = 0.08, 0.01  # nearer than this to something on the map, an end is on that
CLEAR_OF_MAP_M = 0.25  # what is nearer than this to it may still be


@dataclass(frozen=True)
class Candidates:
    """Places where somebody may stand.

    Attributes:
        positions_map: (J, 2) middles [m].
        deviations_m: (J,) of these.
        weights: (J,) how likely each is a person, in (0, 1].
        surfaces_map: (J, 2) what was seen of each [m].
        ends_map: (N, 2) of all rays that ended on something that is not on the map [m].
    """

    positions_map: FloatArray
    deviations_m: FloatArray
    weights: FloatArray
    surfaces_map: FloatArray
    ends_map: FloatArray

    def weaken(self, share: FloatArray) -> Candidates:
        """The same with weights multiplied by (J,)."""
        return replace(self, weights=self.weights * share)


NO_CANDIDATES = Candidates(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros((0, 2)), np.zeros((0, 2)))


class ScanView:
    """One scan, seen from where the lidar was in its middle.

    Args:
        points: the scan, its coordinates in the map.
    """

    def __init__(self, points: ScanPoints) -> None:
        self.stamp_s = points.stamp_s
        self.points = points
        usable = points.ranges_m > 0.0
        self.origin_map = points.origins_odom[len(points.origins_odom) // 2] if len(usable) else np.zeros(2)
        offsets = points.points_odom[usable] - self.origin_map
        self._reach_m = np.full(BINS, np.inf)
        np.minimum.at(self._reach_m, _find_bins(np.arctan2(offsets[:, 1], offsets[:, 0])), np.hypot(*offsets.T))
        self._is_known = np.isfinite(self._reach_m)

    def measure_passed(self, places_map: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How much of a person at places (N, 2) rays have passed through, and how much they would have met: shares (N,), (N,)."""
        offsets = places_map - self.origin_map
        away = np.maximum(np.hypot(*offsets.T), 0.05)
        across = np.linspace(-1.0, 1.0, BODY_LOOKS) * BODY_HALF_WIDTH_M
        bearings = np.arctan2(offsets[:, 1], offsets[:, 0])[:, np.newaxis] + np.arctan2(across, away[:, np.newaxis])
        bins = _find_bins(bearings)
        reach, known = self._reach_m[bins], self._is_known[bins]
        passed = known & (reach > away[:, np.newaxis] + BEYOND_M)
        in_view = known & (reach >= away[:, np.newaxis] - BEFORE_M)
        looks = np.maximum(known.sum(axis=1), 2)
        return passed.sum(axis=1) / looks, in_view.sum(axis=1) / looks

    def find_passed(self, places_map: FloatArray, beyond_m: float) -> np.ndarray:
        """Which of points (N, 2) rays have passed by at least so much."""
        offsets = places_map - self.origin_map
        bins = _find_bins(np.arctan2(offsets[:, 1], offsets[:, 0]))
        return self._is_known[bins] & (self._reach_m[bins] > np.hypot(*offsets.T) + beyond_m)

    def find_candidates(self, measure_room: Callable[[FloatArray], FloatArray]) -> Candidates:
        """Legs and bodies that are not on the map.

        Args:
            measure_room: distance of points (N, 2) to what the map shows [m].
        """
        points = self.points
        near = points.hit & (points.ranges_m > 0.0) & (points.ranges_m <= LARGEST_RANGE_M)
        loose = np.flatnonzero(near)
        loose = loose[measure_room(points.points_odom[loose]) > MAP_ERROR_M + MAP_ERROR_RAD * points.ranges_m[loose]]
        if len(loose) == 0:
            return NO_CANDIDATES
        surfaces, middles, widths = self._cut(loose)
        kept = widths <= WIDEST_M
        surfaces, middles, widths = surfaces[kept], middles[kept], widths[kept]
        near_map = np.clip(measure_room(surfaces) / CLEAR_OF_MAP_M, 0.2, 1.0)
        is_leg = widths < BODY_WIDTH_M
        legs = middles[is_leg]
        a, b = np.triu_indices(len(legs), k=1)
        paired = np.hypot(*(legs[a] - legs[b]).T) <= STRIDE_M
        pairs = 0.5 * (legs[a[paired]] + legs[b[paired]])
        positions = np.concatenate([middles, pairs])
        deviations = np.concatenate([np.where(is_leg, LEG_DEVIATION_M, BODY_DEVIATION_M), np.full(len(pairs), BODY_DEVIATION_M)])
        of_legs = near_map[is_leg]
        weights = np.concatenate([np.where(is_leg, 0.5, 1.0) * near_map, np.minimum(of_legs[a[paired]], of_legs[b[paired]])])
        seen = np.concatenate([surfaces, surfaces[is_leg][a[paired]]])
        return Candidates(positions, deviations, weights, seen, points.points_odom[loose])

    def _cut(self, loose: np.ndarray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Runs of neighbouring rays that end near each other: surfaces (S, 2), middles (S, 2) and widths (S,) [m]."""
        points = self.points
        ends, ranges = points.points_odom[loose], points.ranges_m[loose]
        spacing = ranges * (2.0 * np.pi / max(len(points.ranges_m), 1))
        step_m = np.hypot(*np.diff(ends, axis=0).T)
        apart = (np.diff(loose) > 2) | (step_m > 0.1 + 2.0 * spacing[:-1])
        labels = np.concatenate([[0], np.cumsum(apart)])
        count = int(labels[-1]) + 1
        wraps = count > 1 and loose[0] + len(points.ranges_m) - loose[-1] <= 2 and np.hypot(*(ends[0] - ends[-1])) <= 0.1 + 2.0 * spacing[-1]
        if wraps:
            labels[labels == count - 1], count = 0, count - 1
        sizes = np.bincount(labels, minlength=count)
        surfaces = np.stack([np.bincount(labels, ends[:, axis], count) / sizes for axis in range(2)], axis=1)
        directions = surfaces - self.origin_map
        directions /= np.maximum(np.hypot(*directions.T), 1e-9)[:, np.newaxis]
        across = np.stack([-directions[:, 1], directions[:, 0]], axis=1)[labels]
        offsets = ((ends - surfaces[labels]) * across).sum(axis=1)
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, labels, offsets)
        np.maximum.at(high, labels, offsets)
        widths = high - low + np.bincount(labels, spacing, count) / sizes
        radii = np.clip(0.5 * widths, 0.05, 0.25)
        return surfaces, surfaces + MEAN_DEPTH_OF_ARC * radii[:, np.newaxis] * directions, widths


def _find_bins(bearings: FloatArray) -> np.ndarray:
    return np.floor((wrap_angle(bearings) + np.pi) * (BINS / (2.0 * np.pi))).astype(np.int64) % BINS
