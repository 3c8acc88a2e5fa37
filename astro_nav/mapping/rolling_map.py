"""The square map that moves along with the robot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.kernels.ray_evidence import add_rays
from astro_nav.kernels.surface_distance import compute_surface_distances
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.mapping import RollingMapParams
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, Float32Array, FloatArray, LocalGrid

IGNORE, CLEAR, CLEAR_AND_MARK = 0, 1, 2


class RollingMap:
    """Evidence of obstacles around the robot, in cells that are fixed in the odom frame.

    The window moves by whole cells, so nothing smears; what leaves it is forgotten. What is out of sight is remembered
    and fades towards unknown.

    Args:
        params: size, resolution and evidence.
    """

    def __init__(self, params: RollingMapParams) -> None:
        self.params = params
        self.size = int(round(params.size_m / params.resolution_m))
        self.stamp_s = -np.inf
        self._corner = np.zeros(2, dtype=np.int64)  # of cell (0, 0), in cells of the odom frame
        self._placed = False
        shape = (self.size, self.size)
        self._evidence = np.zeros(shape, dtype=np.float32)
        self._surface_x = np.zeros(shape, dtype=np.float32)
        self._surface_y = np.zeros(shape, dtype=np.float32)
        self._seen_s = np.full(shape, -np.inf)
        self._nearest = np.empty(shape, dtype=np.int32)

    @property
    def origin_odom(self) -> FloatArray:
        """(2,) lower left corner of cell (0, 0) [m]."""
        return self._corner * self.params.resolution_m

    def clear(self) -> None:
        """Forget everything, e.g. when odometry jumped."""
        self._evidence.fill(0.0)
        self._seen_s.fill(-np.inf)
        self.stamp_s = -np.inf

    def move_to(self, position_odom: FloatArray) -> None:
        """Move the window so that the robot at `position_odom` (2,) is in its middle cell."""
        corner = np.floor(np.asarray(position_odom) / self.params.resolution_m).astype(np.int64) - self.size // 2
        shift = corner - self._corner
        self._corner = corner
        if not self._placed or np.abs(shift).max() >= self.size:
            self.clear()
            self._placed = True
        elif shift.any():
            for array, blank in (
                (self._evidence, 0.0), (self._surface_x, 0.0), (self._surface_y, 0.0), (self._seen_s, -np.inf),
            ):  # fmt: skip
                _shift(array, int(shift[1]), int(shift[0]), blank)

    def add_scan(self, points: ScanPoints, moving: NDArray[np.bool_]) -> None:
        """Add one scan.

        Args:
            points: the scan's rays.
            moving: (N,) True for hits on moving obstacles: they clear the way to them and leave no mark.
        """
        marks = np.where(points.hit & ~moving, CLEAR_AND_MARK, CLEAR).astype(np.uint8)
        marks[points.ranges_m <= 0.0] = IGNORE
        self._fade(points.stamp_s)
        origin = self.origin_odom
        add_rays(
            self._evidence, self._surface_x, self._surface_y, self._seen_s, points.origins_odom, points.points_odom, marks,
            points.stamp_s, origin[0], origin[1], self.params.resolution_m,
            np.float32(self.params.hit_gain), np.float32(self.params.miss_gain), np.float32(self.params.evidence_limit),
        )  # fmt: skip
        self.stamp_s = max(self.stamp_s, points.stamp_s)

    def look_up_evidence(self, points_odom: FloatArray) -> Float32Array:
        """Evidence at points (N, 2): < 0 seen free, 0 unknown or outside, > 0 occupied; returns (N,)."""
        cells = np.floor(np.asarray(points_odom) / self.params.resolution_m).astype(np.int64) - self._corner
        inside = ((cells >= 0) & (cells < self.size)).all(axis=1)
        evidence = np.zeros(len(cells), dtype=np.float32)
        evidence[inside] = self._evidence[cells[inside, 1], cells[inside, 0]]
        return evidence

    def make_grid(self) -> LocalGrid:
        """Return the map as it is now, with the distance to the nearest surface."""
        occupied = self._evidence >= self.params.occupied_evidence
        occupancy = np.full(self._evidence.shape, UNKNOWN, dtype=np.int8)
        occupancy[self._evidence < 0.0] = FREE
        occupancy[occupied] = OCCUPIED
        distance = np.empty(self._evidence.shape, dtype=np.float32)
        compute_surface_distances(
            occupied.view(np.uint8), self._surface_x, self._surface_y, np.float32(self.params.resolution_m),
            np.float32(self.params.max_distance_m), self._nearest, distance,
        )  # fmt: skip
        return LocalGrid(self.stamp_s, self.origin_odom, self.params.resolution_m, occupancy, distance)

    def find_nearest_surface(self, position_odom: FloatArray) -> FloatArray:
        """Surface point (2,) nearest to a position, of the map of the last `make_grid`; NaN when there is none."""
        column, row = np.floor(np.asarray(position_odom) / self.params.resolution_m).astype(np.int64) - self._corner
        if not (0 <= row < self.size and 0 <= column < self.size) or self._nearest[row, column] < 0:
            return np.full(2, np.nan)
        row, column = divmod(int(self._nearest[row, column]), self.size)
        middle = (self._corner + np.array([column, row]) + 0.5) * self.params.resolution_m
        return middle + np.array([self._surface_x[row, column], self._surface_y[row, column]])

    def _fade(self, stamp_s: float) -> None:
        if np.isfinite(self.stamp_s) and stamp_s > self.stamp_s:
            self._evidence *= np.float32(np.exp(-(stamp_s - self.stamp_s) / self.params.memory_s))


def _shift(array: np.ndarray, rows: int, columns: int, blank: float) -> None:
    """Move an array's content so that cell (r, c) takes what was at (r + rows, c + columns), in place."""
    height, width = array.shape
    moved = np.full_like(array, blank)
    moved[max(-rows, 0) : height - max(rows, 0), max(-columns, 0) : width - max(columns, 0)] = array[
        max(rows, 0) : height - max(-rows, 0), max(columns, 0) : width - max(-columns, 0)
    ]
    array[...] = moved
