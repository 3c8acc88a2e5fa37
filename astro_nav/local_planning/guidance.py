"""From the global path to the cost-to-go over the local map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_nav.kernels.cost_to_go import compute_rates, descend, make_march_scratch, march
from astro_nav.params.local_planner import GuidanceParams
from astro_nav.types import FREE, UNKNOWN, Float32Array, FloatArray, LocalGrid

LOOKAHEAD_M = 3.0  # how much of a path is searched for the place where the robot is
STRIDE_M = 0.05
ON_PATH_M = 0.25  # a robot that is so near to a place on the path, with nothing between, has got there


@dataclass(frozen=True)
class Guidance:
    """Where to go from anywhere in the local map.

    Attributes:
        cost_to_go: (H, W) float32 [m].
        way_odom: (G, 2) from the robot down the cost-to-go [m].
        goal_odom: (3,) the goal pose, or the pose where the path leaves the map.
        goal_inside: whether the goal itself is in the map.
        distance_to_goal_m: along the way.
        blocked_point_odom: (2,) where the way runs through an obstacle, NaN when it does not.
    """

    cost_to_go: Float32Array
    way_odom: FloatArray
    goal_odom: FloatArray
    goal_inside: bool
    distance_to_goal_m: float
    blocked_point_odom: FloatArray


class PathGuide:
    """Follows the robot's progress along a path and turns it into guidance.

    Args:
        params: how the cost-to-go is made.
        inscribed_radius_m: of the footprint.
        cells: edge of the local map in cells.
    """

    def __init__(self, params: GuidanceParams, inscribed_radius_m: float, cells: int) -> None:
        self.params = params
        self._inscribed_radius_m = inscribed_radius_m
        self._path_map = np.zeros((0, 3))
        self._remaining_m = np.zeros(0)
        self._index = 0
        self._rate = np.empty((cells, cells), dtype=np.float32)
        self._scratch = make_march_scratch(cells, cells)
        self._way = np.empty((int(12.0 / STRIDE_M), 2))

    @property
    def has_goal(self) -> bool:
        """Whether there is a path to follow."""
        return len(self._path_map) > 0

    def set_path(self, path_map: FloatArray) -> None:
        """Follow a new path (N, 3) in the map frame; N = 0 for none."""
        self._path_map = path_map
        steps = np.linalg.norm(np.diff(path_map[:, :2], axis=0), axis=1)
        self._remaining_m = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]]) if len(path_map) else np.zeros(0)
        self._index = 0
        self._fresh = True

    def guide(self, path_odom: FloatArray, robot_odom: FloatArray, grid: LocalGrid) -> Guidance:
        """Compute the guidance of this cycle.

        Args:
            path_odom: (N, 3) the path as it lies in the odom frame now, N > 0.
            robot_odom: (3,) the robot.
            grid: the local map.
        """
        self._advance(path_odom, robot_odom, grid)
        inside = self._find_inside(path_odom, grid)
        exit_index = self._find_exit(inside)
        goal_inside = exit_index == len(path_odom) - 1 and bool(inside[exit_index])
        compute_rates(
            grid.distance_m, self._trust_path(path_odom, inside, grid), np.float32(self._inscribed_radius_m), np.float32(self.params.near_gain),
            np.float32(self.params.near_range_m), np.float32(self.params.blocked_rate), np.float32(self.params.unknown_gain),
            self._rate,
        )  # fmt: skip
        cells, values = self._make_seeds(path_odom, exit_index, goal_inside, grid)
        cost_to_go = np.empty_like(self._rate)
        march(self._rate, np.float32(grid.resolution_m), cells, values, cost_to_go, self._scratch)
        count = descend(
            cost_to_go, grid.origin_odom[0], grid.origin_odom[1], grid.resolution_m, robot_odom[0], robot_odom[1], STRIDE_M,
            self._way,
        )  # fmt: skip
        way = self._way[:count].copy()
        off_path_m = float(np.hypot(*(robot_odom[:2] - path_odom[self._index, :2])))
        return Guidance(
            cost_to_go, way, path_odom[exit_index], goal_inside, float(self._remaining_m[self._index]) + off_path_m,
            self._find_blockage(way, robot_odom, grid),
        )  # fmt: skip

    def _advance(self, path_odom: FloatArray, robot_odom: FloatArray, grid: LocalGrid) -> None:
        """Move on to the path's pose nearest to the robot, never back, and not across a loop of the path.

        A later part of the path that the robot has come to on a way of its own, and drives along, counts as well.
        """
        first = 0 if self._fresh else self._index
        reach_m = LOOKAHEAD_M if not self._fresh else np.inf
        last = int(np.searchsorted(-self._remaining_m, -(self._remaining_m[first] - reach_m), side="right"))
        away = np.hypot(*(path_odom[first:, :2] - robot_odom[:2]).T)
        self._index = first + int(np.argmin(away[: max(last - first, 1)]))
        self._fresh = False
        along = np.cos(path_odom[first:, 2] - robot_odom[2]) > 0.5
        for index in first + np.flatnonzero((away < ON_PATH_M) & along)[::-1]:
            if index <= self._index:
                break
            if _is_free(robot_odom[:2], path_odom[index, :2], grid):
                self._index = int(index)
                break

    def _find_inside(self, path_odom: FloatArray, grid: LocalGrid) -> np.ndarray:
        size_m = grid.resolution_m * grid.occupancy.shape[0]
        margin_m = 2.0 * grid.resolution_m
        local = path_odom[:, :2] - grid.origin_odom
        return ((local > margin_m) & (local < size_m - margin_m)).all(axis=1)

    def _find_exit(self, inside: np.ndarray) -> int:
        """Index of the last pose before the path, from the robot on, first leaves the map."""
        outside = np.flatnonzero(~inside[self._index :])
        if not len(outside):
            return len(inside) - 1
        return max(self._index + int(outside[0]) - 1, self._index)

    def _trust_path(self, path_odom: FloatArray, inside: np.ndarray, grid: LocalGrid) -> np.ndarray:
        """Occupancy (H, W) in which what is unknown around the way ahead counts as free.

        The global planner knows the map there and has chosen it; elsewhere it knows as well, and has not.
        """
        ahead = np.flatnonzero(inside[self._index :]) + self._index
        cells = np.floor((path_odom[ahead, :2] - grid.origin_odom) / grid.resolution_m).astype(np.int64)
        near = np.zeros(grid.occupancy.shape, dtype=np.bool_)
        near[cells[:, 1], cells[:, 0]] = True
        reach = int(round(self.params.trust_m / grid.resolution_m))
        near = _widen(_widen(near, reach).T, reach).T
        occupancy = grid.occupancy.copy()
        occupancy[near & (occupancy == UNKNOWN)] = FREE
        return occupancy

    def _make_seeds(
        self, path_odom: FloatArray, exit_index: int, goal_inside: bool, grid: LocalGrid
    ) -> tuple[np.ndarray, Float32Array]:
        """Cells whose cost-to-go is known, and their cost relative to the seed that is nearest to the goal."""
        width = grid.occupancy.shape[1]
        place = (path_odom[self._index : exit_index + 1, :2] - grid.origin_odom) / grid.resolution_m
        columns, rows = np.clip(np.floor(place).astype(np.int64), 0, width - 1).T
        free = grid.distance_m[rows, columns] > self._inscribed_radius_m
        last = int(np.flatnonzero(free)[-1]) if free.any() else len(free) - 1
        if goal_inside and last == len(free) - 1:
            return self._seed_around(place[-1], grid)
        remaining = self._remaining_m[self._index : exit_index + 1]
        first = last
        while first > 0 and free[first - 1] and remaining[first - 1] - remaining[last] < self.params.seed_length_m:
            first -= 1
        chosen = slice(first, last + 1)
        return rows[chosen] * width + columns[chosen], (remaining[chosen] - remaining[last]).astype(np.float32)

    def _seed_around(self, place: FloatArray, grid: LocalGrid) -> tuple[np.ndarray, Float32Array]:
        """Exact distances in the cells around the goal, so that the front starts round."""
        width = grid.occupancy.shape[1]
        column, row = np.floor(place).astype(np.int64)
        columns, rows = np.meshgrid(np.arange(column - 2, column + 3), np.arange(row - 2, row + 3))
        columns, rows = columns.ravel(), rows.ravel()
        keep = (columns >= 0) & (rows >= 0) & (columns < width) & (rows < width)
        keep &= (columns == column) & (rows == row) | (
            grid.distance_m[np.clip(rows, 0, width - 1), np.clip(columns, 0, width - 1)] > self._inscribed_radius_m
        )
        columns, rows = columns[keep], rows[keep]
        away = np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1]) * grid.resolution_m
        return rows * width + columns, away.astype(np.float32)

    def _find_blockage(self, way: FloatArray, robot_odom: FloatArray, grid: LocalGrid) -> FloatArray:
        """First place on the way where the robot does not fit, beyond its own length."""
        if not len(way):
            return np.full(2, np.nan)
        cells = np.floor((way - grid.origin_odom) / grid.resolution_m).astype(np.int64)
        tight = grid.distance_m[cells[:, 1], cells[:, 0]] < self._inscribed_radius_m - 0.5 * grid.resolution_m
        tight &= np.hypot(*(way - robot_odom[:2]).T) > 2.0 * self._inscribed_radius_m
        return way[int(np.argmax(tight))] if tight.any() else np.full(2, np.nan)


def _widen(mask: np.ndarray, reach: int) -> np.ndarray:
    """Mask (H, W) that is True wherever the given one is within `reach` cells along the columns' direction."""
    height = len(mask)
    sums = np.concatenate([np.zeros((1, mask.shape[1]), dtype=np.int32), np.cumsum(mask, axis=0, dtype=np.int32)])
    rows = np.arange(height)
    return sums[np.minimum(rows + reach + 1, height)] > sums[np.maximum(rows - reach, 0)]


def _is_free(begin: FloatArray, end: FloatArray, grid: LocalGrid) -> bool:
    """Whether nothing stands on the line between two points (2,) of the map."""
    points = begin + np.linspace(0.0, 1.0, 8)[:, np.newaxis] * (end - begin)
    cells = np.floor((points - grid.origin_odom) / grid.resolution_m).astype(np.int64)
    if (cells < 0).any() or (cells >= grid.distance_m.shape[0]).any():
        return False
    return bool((grid.distance_m[cells[:, 1], cells[:, 0]] > grid.resolution_m).all())
