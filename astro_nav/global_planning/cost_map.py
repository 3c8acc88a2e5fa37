"""The map as the search sees it: how far every cell is from obstacles, and what a metre of way costs there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from astro_nav.errors import MapError
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.geometry.se2 import invert, transform_points
from astro_nav.global_planning.zones import Zone, contain_points
from astro_nav.kernels import distance_field
from astro_nav.kernels.outline_contact import is_outline_clear
from astro_nav.kernels.way_cost import (
    LARGEST_CLEARANCE_M,
    UNKNOWN_BLOCKED,
    UNKNOWN_DISCOURAGED,
    UNKNOWN_FREE,
    fill_weights,
    mark_obstacles,
)
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import Float32Array, FloatArray, OccupancyMap

MAX_WINDOWS = 256  # of changes that are kept apart
POLICY_NUMBERS = {"blocked": UNKNOWN_BLOCKED, "discouraged": UNKNOWN_DISCOURAGED, "free": UNKNOWN_FREE}


class MapChange(Enum):
    """What a new map changed."""

    NOTHING = "nothing"
    CELLS = "cells"  # some cells of the same grid
    EVERYTHING = "everything"


class CostMap:
    """Clearances and weights of an occupancy map, kept up to date where the map changes.

    Attributes:
        map: the map that was set last.
        weights: (H + 2, W + 2) float32: 0 = the robot's middle cannot be here, else the cost of a metre of way; with the
            border that `GridSearcher` needs.
        clearance_mm: (H + 2, W + 2) int16 distance from the cell's middle to the nearest obstacle's surface.
    """

    def __init__(self, occupancy_map: OccupancyMap, params: GlobalPlannerParams, zones: Sequence[Zone] = ()) -> None:
        find_map_problem(occupancy_map, params.search.max_map_cells)
        self._zones = tuple(zones)
        self._params = params
        self._footprint_m = params.robot.footprint
        self.inscribed_radius_m = float(compute_edge_distances(np.zeros((1, 2)), self._footprint_m)[0])
        self.body_radius_m = self.inscribed_radius_m + params.cost.margin_m
        self._reach_m = min(self.body_radius_m + params.cost.comfort_distance_m, LARGEST_CLEARANCE_M)
        self._reach = int(np.ceil(self._reach_m / occupancy_map.resolution_m)) + 2  # [cells]
        self.map = occupancy_map
        self._occupancy = np.ascontiguousarray(occupancy_map.occupancy, dtype=np.int8)
        rows, columns = occupancy_map.shape
        self.weights: Float32Array = np.zeros((rows + 2, columns + 2), np.float32)
        self.clearance_mm: NDArray[np.int16] = np.zeros((rows + 2, columns + 2), np.int16)
        self._changed_windows: list[tuple[int, int, int, int]] = []
        self._fill_window(0, rows, 0, columns)

    def take_changed_windows(self) -> NDArray[np.int64]:
        """Where weights have changed since this was asked last: (N, 4) first row, end row, first column, end column of `weights`."""
        windows, self._changed_windows = self._changed_windows, []
        return np.array(windows, np.int64).reshape(-1, 4)

    def _note_change(self, top: int, bottom: int, left: int, right: int) -> None:
        """Take note that weights have changed in a window of the map's cells."""
        if len(self._changed_windows) >= MAX_WINDOWS:
            old = np.array(self._changed_windows)
            self._changed_windows = [(int(old[:, 0].min()), int(old[:, 1].max()), int(old[:, 2].min()), int(old[:, 3].max()))]
        self._changed_windows.append((top + 1, bottom + 1, left + 1, right + 1))

    @property
    def weight_range(self) -> tuple[float, float]:
        """Bounds of the weights that are not 0, as long as no patch is laid over them."""
        cost = self._params.cost
        largest = 1.0 + cost.closeness_weight
        for zone in self._zones:
            largest *= self._find_slowness(zone)
        return 1.0, largest * (cost.unknown_weight if cost.unknown == "discouraged" else 1.0)

    @property
    def memory_bytes(self) -> int:
        """Memory of clearances and weights."""
        return self.weights.nbytes + self.clearance_mm.nbytes

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Take other zones; what they and those before cover is computed again."""
        touched, self._zones = [*self._zones, *zones], tuple(zones)
        rows, columns = self.map.shape
        for zone in touched:
            corners = self.find_points(zone.polygon_map)
            low = np.clip(np.floor(corners.min(axis=0)).astype(np.int64), 0, [columns, rows])
            high = np.clip(np.ceil(corners.max(axis=0)).astype(np.int64) + 1, 0, [columns, rows])
            if (high > low).all():
                self._fill_window(int(low[1]), int(high[1]), int(low[0]), int(high[0]))

    def _find_slowness(self, zone: Zone) -> float:
        """How many times as long a metre takes there."""
        return 1.0 if zone.is_keep_out else max(self._params.robot.limits.max_speed_mps / zone.max_speed_mps, 1.0)

    def _find_zone_cells(self, zone: Zone, top: int, bottom: int, left: int, right: int) -> tuple[tuple[slice, slice], NDArray] | None:
        """Part of a window of cells that a zone may cover, and which of it; None when it covers nothing."""
        corners = self.find_points(zone.polygon_map)
        low, high = np.floor(corners.min(axis=0)).astype(np.int64), np.ceil(corners.max(axis=0)).astype(np.int64) + 1
        first_row, end_row = max(int(low[1]), top), min(int(high[1]), bottom)
        first_column, end_column = max(int(low[0]), left), min(int(high[0]), right)
        if end_row <= first_row or end_column <= first_column:
            return None
        x, y = np.meshgrid(np.arange(first_column, end_column) + 0.5, np.arange(first_row, end_row) + 0.5)
        inside = contain_points(corners, np.column_stack([x.reshape(-1), y.reshape(-1)])).reshape(x.shape)
        return (slice(first_row - top, end_row - top), slice(first_column - left, end_column - left)), inside

    def update(self, occupancy_map: OccupancyMap) -> MapChange:
        """Take a map on the same grid in place of the present one.

        Returns:
            EVERYTHING when the grid is another one: then nothing was changed, and a new CostMap is needed.
        """
        old = self.map
        same_grid = (
            old.shape == occupancy_map.shape
            and old.resolution_m == occupancy_map.resolution_m
            and old.frame_id == occupancy_map.frame_id
            and np.array_equal(old.pose_map_origin, occupancy_map.pose_map_origin)
        )
        if not same_grid:
            return MapChange.EVERYTHING
        before, self._occupancy = self._occupancy, np.ascontiguousarray(occupancy_map.occupancy, dtype=np.int8)
        self.map = occupancy_map
        changed = before != self._occupancy
        rows = np.flatnonzero(changed.any(axis=1))
        if len(rows) == 0:
            return MapChange.NOTHING
        for first_row, end_row in _find_runs(rows, self._reach):
            columns = np.flatnonzero(changed[first_row:end_row].any(axis=0))
            for first_column, end_column in _find_runs(columns, self._reach):
                self._fill_window(first_row, end_row, first_column, end_column)
        return MapChange.CELLS

    def _fill_window(self, first_row: int, end_row: int, first_column: int, end_column: int) -> None:
        """Compute everything that the occupancy of these cells has a bearing on."""
        occupancy_map, cost = self.map, self._params.cost
        reach = self._reach
        rows, columns = occupancy_map.shape
        # Cells within reach of a change have to be computed, and obstacles within reach of those have to be seen.
        top, bottom = max(first_row - reach, 0), min(end_row + reach, rows)
        left, right = max(first_column - reach, 0), min(end_column + reach, columns)
        outer_top, outer_left = max(top - reach, 0), max(left - reach, 0)
        obstacles = self._mark_obstacles(outer_top, min(bottom + reach, rows), outer_left, min(right + reach, columns))
        distance_m = np.empty(obstacles.shape, np.float32)
        distance_field.compute_signed_distances(obstacles, occupancy_map.resolution_m, self._reach_m, distance_m)
        inner = (slice(top - outer_top, bottom - outer_top), slice(left - outer_left, right - outer_left))
        fill_weights(
            np.ascontiguousarray(distance_m[inner]),
            np.ascontiguousarray(self._occupancy[top:bottom, left:right]),
            top + 1,
            left + 1,
            self.clearance_mm,
            self.weights,
            self.body_radius_m,
            cost.comfort_distance_m,
            cost.closeness_weight,
            POLICY_NUMBERS[cost.unknown],
            cost.unknown_weight,
        )
        for zone in self._zones:
            part = self._find_zone_cells(zone, top, bottom, left, right)
            if part is not None and not zone.is_keep_out:
                window = self.weights[top + 1 : bottom + 1, left + 1 : right + 1][part[0]]
                window[part[1]] *= np.float32(self._find_slowness(zone))
        self._note_change(top, bottom, left, right)

    def _mark_obstacles(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.bool_]:
        cost = self._params.cost
        obstacles = np.empty((bottom - top, right - left), np.bool_)
        mark_obstacles(self._occupancy, top, left, cost.occupied_threshold, cost.unknown == "blocked", obstacles)
        for zone in self._zones:
            part = self._find_zone_cells(zone, top, bottom, left, right) if zone.is_keep_out else None
            if part is not None:
                obstacles[part[0]] |= part[1]
        return obstacles

    def find_points(self, points_map: FloatArray) -> FloatArray:
        """Express points (N, 2) [m] of the map frame in cells: (N, 2) as (x, y) from the grid's corner."""
        return transform_points(invert(self.map.pose_map_origin), points_map) / self.map.resolution_m

    def find_points_map(self, points: FloatArray) -> FloatArray:
        """The inverse of `find_points`."""
        return transform_points(self.map.pose_map_origin, np.asarray(points) * self.map.resolution_m)

    def contains(self, point: FloatArray) -> bool:
        """Whether a point (2,) [cells] lies in the grid."""
        rows, columns = self.map.shape
        return bool(0.0 <= point[0] < columns and 0.0 <= point[1] < rows)

    def fits(self, pose_map: FloatArray) -> bool:
        """Whether the outline, at a pose (3,) in the map, touches no obstacle of the map."""
        footprint, resolution_m = self._footprint_m, self.map.resolution_m
        radius = float(np.linalg.norm(footprint, axis=1).max()) / resolution_m + 2.0
        centre = self.find_points(pose_map[np.newaxis, :2])[0]
        rows, columns = self.map.shape
        top, bottom = (int(np.clip(value, 0, rows)) for value in (centre[1] - radius, centre[1] + radius + 1.0))
        left, right = (int(np.clip(value, 0, columns)) for value in (centre[0] - radius, centre[0] + radius + 1.0))
        obstacles = self._mark_obstacles(top, max(bottom, top), left, max(right, left))
        # The same idea of an obstacle's surface as in the clearances: half a cell before its middle.
        return bool(
            is_outline_clear(
                obstacles,
                float(centre[0]) - left,
                float(centre[1]) - top,
                float(pose_map[2] - self.map.pose_map_origin[2]),
                footprint / resolution_m,
                0.5 - 1e-6 / resolution_m,
            )
        )

    @contextmanager
    def patch(self, top: int, bottom: int, left: int, right: int) -> Iterator[tuple[NDArray, NDArray]]:
        """Lend weights and clearances [mm] of a window of cells for changes that are undone afterwards.

        The window is cut to the grid; what is lent is (h, w) views.
        """
        rows, columns = self.map.shape
        top, bottom = min(max(top, 0), rows), max(min(bottom, rows), 0)
        left, right = min(max(left, 0), columns), max(min(right, columns), 0)
        window = slice(top + 1, bottom + 1), slice(left + 1, right + 1)
        weights, clearance_mm = self.weights[window].copy(), self.clearance_mm[window].copy()
        self._note_change(top, bottom, left, right)
        try:
            yield self.weights[window], self.clearance_mm[window]
        finally:
            self.weights[window], self.clearance_mm[window] = weights, clearance_mm
            self._note_change(top, bottom, left, right)


def _find_runs(places: NDArray, gap: int) -> list[tuple[int, int]]:
    """First and end of every run of ascending numbers (N,), N > 0, in which neighbours are not more than `gap` apart."""
    cuts = np.flatnonzero(np.diff(places) > gap)
    firsts, lasts = places[np.concatenate([[0], cuts + 1])], places[np.concatenate([cuts, [len(places) - 1]])]
    return [(int(first), int(last) + 1) for first, last in zip(firsts, lasts)]


def find_map_problem(occupancy_map: OccupancyMap, max_cells: int) -> None:
    """Raise MapError for a map on which nothing can be planned."""
    rows, columns = occupancy_map.shape
    resolution_m = occupancy_map.resolution_m
    if not (np.isfinite(resolution_m) and 1e-4 <= resolution_m <= 100.0):
        raise MapError(f"the map's resolution is {resolution_m} m per cell, needed is 0.0001 to 100 m: check who publishes it")
    if rows == 0 or columns == 0:
        raise MapError(f"the map has {columns} x {rows} cells: there is nothing to plan on, check who publishes it")
    if not np.isfinite(occupancy_map.pose_map_origin).all():
        raise MapError(f"the map's origin {occupancy_map.pose_map_origin.tolist()} is not finite: check who publishes it")
    if rows * columns > max_cells:
        raise MapError(
            f"the map has {columns} x {rows} = {rows * columns} cells, which would need about {16e-6 * rows * columns:.0f} MB; "
            f"limit search.max_map_cells = {max_cells}: raise it, or use a coarser map"
        )
