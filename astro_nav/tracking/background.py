"""What was seen free, and what has been standing there: the difference between furniture and people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.kernels.free_space_memory import add_rays_to_memory, classify_points
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import BackgroundParams
from astro_nav.types import Float32Array, FloatArray

IGNORE, FREE, FREE_THEN_OCCUPIED = 0, 1, 2


class Background:
    """A coarse window around the robot that learns slowly, in both directions.

    The local map is quick, as avoiding obstacles demands: one hit makes an obstacle. To tell who has come from what
    stands there, a place must have been seen free for a while; and something must stand for a while to be furniture.

    Args:
        params: window and time constants.
    """

    def __init__(self, params: BackgroundParams) -> None:
        self.params = params
        self._size = int(round(params.size_m / params.resolution_m))
        self._memory = np.zeros((self._size, self._size), dtype=np.float32)
        self._marks = np.zeros((self._size, self._size), dtype=np.int64)
        self._scans = 0
        self._corner: NDArray[np.int64] | None = None  # [row, column] of the lower left cell

    def clear(self) -> None:
        """Forget everything."""
        self._memory.fill(0.0)
        self._corner = None

    def move_to(self, position_odom: FloatArray) -> None:
        """Put the robot at `position_odom` (2,) into the middle; what leaves the window is forgotten."""
        cell = np.floor(position_odom[::-1] / self.params.resolution_m).astype(np.int64)
        corner = cell - self._size // 2
        if self._corner is None or np.abs(corner - self._corner).max() >= self._size:
            self._memory.fill(0.0)
        else:
            self._blank(self._memory, int(self._corner[0]), int(corner[0]))
            self._blank(self._memory.T, int(self._corner[1]), int(corner[1]))
        self._corner = corner

    def classify(self, points: ScanPoints, usable: NDArray[np.bool_], uncertainties_m: FloatArray) -> NDArray[np.int8]:
        """Class of every ray's end: SEEN_FREE, UNDECIDED or FURNITURE.

        Args:
            points: the scan.
            usable: (N,) ends to classify; the others are undecided.
            uncertainties_m: (N,) how far the ends may have slipped against the memory.
        """
        classes = np.zeros(len(usable), dtype=np.int8)
        if self._corner is None:
            return classes
        params = self.params
        reaches = 1 + np.minimum(np.rint(uncertainties_m / params.resolution_m), params.max_reach_cells).astype(np.int64)
        classify_points(
            self._memory, points.points_odom, usable, reaches, self._corner[0], self._corner[1], params.resolution_m,
            -params.free_share, params.occupied_share, classes,
        )  # fmt: skip
        return classes

    def add_scan(self, points: ScanPoints, moving: NDArray[np.bool_], step_s: float) -> None:
        """Learn from a scan: hits on moving things (N,) leave no mark, and `step_s` has passed since the last scan."""
        if self._corner is None:
            return
        kinds = np.where(points.hit & ~moving, FREE_THEN_OCCUPIED, FREE).astype(np.uint8)
        kinds[~(points.ranges_m > 0.0)] = IGNORE
        step_s = min(step_s, self.params.max_step_s)
        self._scans += 1
        add_rays_to_memory(
            self._memory, self._marks, self._scans, points.points_odom, points.origins_odom, kinds, self._corner[0],
            self._corner[1], self.params.resolution_m, np.float32(step_s / self.params.absorb_s),
            np.float32(step_s / self.params.clear_s),
        )  # fmt: skip

    def _blank(self, memory: Float32Array, old: int, new: int) -> None:
        """Blank the rows that enter when the first row of the window moves from `old` to `new`."""
        entering = range(old + self._size, new + self._size) if new > old else range(new, old)
        for row in entering:
            memory[row % self._size] = 0.0
