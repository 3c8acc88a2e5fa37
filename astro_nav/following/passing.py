"""Whether a robot at some place shuts a person in: where could they go if it stood there?"""

from __future__ import annotations

import numpy as np

from astro_nav.following.free_space import FreeSpace
from astro_nav.types import FloatArray

REACH_M = 4.5  # around the person, within which it counts where they can go
BODY_M = 0.22  # people pass where the map leaves so much beside their middle


class Passing:
    """Where one person can go, without the robot and with it.

    Args:
        space: room on the map.
        person_map: (2,).
        keep_m: people pass the robot's middle at no less than this.
    """

    def __init__(self, space: FreeSpace, person_map: FloatArray, keep_m: float) -> None:
        self._person_map, self._keep_m = person_map, keep_m
        window = space.window
        self._area = np.zeros((0, 0), dtype=bool)
        if window is None:
            return
        height, width = window.distance_m.shape
        column, row = np.floor((window.to_local(person_map[np.newaxis])[0] - window.origin) / window.resolution_m).astype(np.int64)
        reach = int(REACH_M / window.resolution_m)
        rows = slice(min(max(row - reach, 0), height), min(max(row + reach + 1, 0), height))
        columns = slice(min(max(column - reach, 0), width), min(max(column + reach + 1, 0), width))
        x = window.origin[0] + window.resolution_m * (np.arange(columns.start, columns.stop) + 0.5)
        y = window.origin[1] + window.resolution_m * (np.arange(rows.start, rows.stop) + 0.5)
        cells = np.stack(np.meshgrid(x, y), axis=-1)
        self._cells = window.to_map(cells.reshape(-1, 2)).reshape(cells.shape)
        self._from_person_m = np.hypot(*np.moveaxis(self._cells - person_map, -1, 0)) if cells.size else np.zeros(cells.shape[:2])
        free = (window.distance_m[rows, columns] >= BODY_M) & (self._from_person_m <= REACH_M)
        self._area = self._find_connected(free)

    def measure_shut_in(self, robot_map: FloatArray) -> float:
        """Share of where they could go that they cannot reach while the robot is at (2,), 0 to 1."""
        if not self._area.any():
            return 0.0
        gap_m = float(np.hypot(*(robot_map[:2] - self._person_map)))
        keep_m = min(self._keep_m, max(gap_m - 0.1, 0.0))  # somebody who stands closer is not in the robot
        left = self._area & (np.hypot(*np.moveaxis(self._cells - robot_map[:2], -1, 0)) > keep_m)
        whole = int(left.sum())
        return 0.0 if whole == 0 else 1.0 - int(self._find_connected(left).sum()) / whole

    def _find_connected(self, free: np.ndarray) -> np.ndarray:
        """The part of what is free in which the person is, or that is nearest to them."""
        from scipy import ndimage

        if not free.any():
            return free
        labels, _ = ndimage.label(free)
        nearest = int(np.argmin(np.where(free, self._from_person_m, np.inf)))
        return labels == labels.ravel()[nearest]
