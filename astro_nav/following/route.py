"""The way to a person over the map: cheapest, with room beside it where there is some, and along their trail through what the map has closed."""

from __future__ import annotations

import numpy as np

from astro_nav.following.free_space import FreeSpace
from astro_nav.kernels.cost_to_go import MarchScratch, compute_rates, descend, make_march_scratch, march
from astro_nav.types import FloatArray, OccupancyMap

NEAR_GAIN, NEAR_RANGE_M = 2.0, 0.12  # cost of passing close by, above that of the way
BLOCKED_RATE = 20.0  # cost per metre where the robot does not fit
TRAIL_RATE = 1.5  # cost per metre where the person has just walked, whatever the map says
STRIDE_M = 0.08
MOST_POINTS = 250
SEED_REACH = 2  # cells around the person whose cost is known exactly


class RouteFinder:
    """Finds ways in the window that the room on the map is known in.

    Args:
        space: room on the map.
        radius_m: of the robot at its narrowest.
    """

    def __init__(self, space: FreeSpace, radius_m: float) -> None:
        self._space, self._radius_m = space, radius_m
        self._points = np.empty((MOST_POINTS, 2))
        self._scratch: MarchScratch | None = None
        self._scratch_shape: tuple[int, ...] = (0, 0)

    def find(self, robot_map: FloatArray, target_map: FloatArray, trail_map: FloatArray) -> FloatArray:
        """Points (N, 2) from the robot to the target (2,); just these two where no map is known.

        Args:
            robot_map: (2,) or (3,).
            target_map: (2,).
            trail_map: (K, 2) where the person went.
        """
        straight = np.stack([robot_map[:2], target_map])
        window = self._space.window
        if window is None:
            return straight
        to_cells = (window.to_local(np.concatenate([straight, trail_map.reshape(-1, 2)])) - window.origin) / window.resolution_m
        height, width = window.distance_m.shape
        cells = np.floor(to_cells).astype(np.int64)
        inside = ((cells >= 0) & (cells < [width, height])).all(axis=1)
        if not inside[:2].all() or min(height, width) < 5:
            return straight
        rates = self._make_rates(window.distance_m, cells[2:][inside[2:]])
        cost = np.empty_like(rates)
        seeds, values = _seed_around(to_cells[1], rates.shape, window.resolution_m)
        if self._scratch is None or self._scratch_shape != rates.shape:
            self._scratch, self._scratch_shape = make_march_scratch(*rates.shape), rates.shape
        march(rates, np.float32(window.resolution_m), seeds, values, cost, self._scratch)
        x, y = window.to_local(robot_map[np.newaxis, :2])[0]
        count = descend(cost, float(window.origin[0]), float(window.origin[1]), window.resolution_m, float(x), float(y), STRIDE_M, self._points)
        way = window.to_map(self._points[:count])
        return np.concatenate([straight[:1], way, straight[1:]])

    def _make_rates(self, distance_m: FloatArray, trail_cells: np.ndarray) -> np.ndarray:
        rates = np.empty(distance_m.shape, dtype=np.float32)
        compute_rates(
            distance_m, np.zeros(distance_m.shape, np.int8), np.float32(self._radius_m), np.float32(NEAR_GAIN), np.float32(NEAR_RANGE_M),
            np.float32(BLOCKED_RATE), np.float32(0.0), rates,
        )  # fmt: skip
        columns, rows = trail_cells[:, 0], trail_cells[:, 1]
        rates[rows, columns] = np.minimum(rates[rows, columns], np.float32(TRAIL_RATE))
        return rates


def _seed_around(place: FloatArray, shape: tuple[int, ...], resolution_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Exact distances in the cells around a place, so that the front starts round."""
    height, width = shape
    column, row = np.floor(place).astype(np.int64)
    columns, rows = np.meshgrid(
        np.arange(max(column - SEED_REACH, 0), min(column + SEED_REACH + 1, width)),
        np.arange(max(row - SEED_REACH, 0), min(row + SEED_REACH + 1, height)),
    )
    away = np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1]) * resolution_m
    return (rows * width + columns).ravel(), away.ravel().astype(np.float32)


def warm_up_routes() -> None:
    """Compile what finds ways before the first one is needed."""
    space = FreeSpace(1, False)
    space.set_map(OccupancyMap(np.zeros((40, 40), np.int8), 0.05, np.zeros(3)))
    space.move_to(np.ones(2))
    RouteFinder(space, 0.1).find(np.ones(2), np.array([1.5, 1.2]), np.zeros((0, 2)))
