"""What is laid over the costs of a map for the length of one search, and taken off again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from astro_nav.global_planning.cost_map import CostMap
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray

Cell = tuple[int, int]
PRICED_HALF_M = 0.2  # the price of a passage is spread over so much before and behind its line


@contextmanager
def block_disc(cost_map: CostMap, disc_map: FloatArray, params: GlobalPlannerParams) -> Iterator[None]:
    """Lay an obstacle over the map for the length of one search."""
    resolution_m = cost_map.map.resolution_m
    centre, radius_m = cost_map.find_points(disc_map[np.newaxis, :2])[0], float(disc_map[2])
    if not np.isfinite(disc_map).all():
        yield
        return
    reach = (radius_m + cost_map.body_radius_m + params.cost.comfort_distance_m) / resolution_m
    top, left = (int(np.floor(centre[axis] - reach)) for axis in (1, 0))
    bottom, right = (int(np.ceil(centre[axis] + reach)) + 1 for axis in (1, 0))
    with cost_map.patch(top, bottom, left, right) as (weights, clearance_mm):
        rows = np.arange(max(top, 0), max(top, 0) + weights.shape[0]) + 0.5 - centre[1]
        columns = np.arange(max(left, 0), max(left, 0) + weights.shape[1]) + 0.5 - centre[0]
        distance_m = np.hypot(rows[:, None], columns[None, :]) * resolution_m - radius_m
        room_m = distance_m - cost_map.body_radius_m
        share = np.clip(1.0 - room_m / max(params.cost.comfort_distance_m, 1e-9), 0.0, None)
        raised = np.where(weights > 0.0, np.maximum(weights, 1.0 + params.cost.closeness_weight * share**2), 0.0)
        weights[...] = np.where(room_m < 0.0, 0.0, raised)
        clearance_mm[...] = np.minimum(clearance_mm, np.rint(np.clip(distance_m, -30.0, 30.0) * 1000.0))
        yield


@contextmanager
def price_passage(cost_map: CostMap, row: FloatArray) -> Iterator[float]:
    """Make passing between two jambs dearer for the length of one search, by the same whatever the line taken.

    Args:
        cost_map: whose weights are raised.
        row: (5,) jambs x, y, x, y [m] and price [m].

    Yields:
        The largest weight there, 0 without a cell.
    """
    resolution_m = cost_map.map.resolution_m
    ends = cost_map.find_points(row[:4].reshape(2, 2))
    along = ends[1] - ends[0]
    width = float(np.hypot(*along))
    along = along / max(width, 1e-9)
    half = max(PRICED_HALF_M / resolution_m, 1.0)
    low, high = ends.min(axis=0) - half - 1.0, ends.max(axis=0) + half + 2.0
    top, left, bottom, right = (int(np.floor(value)) for value in (low[1], low[0], high[1], high[0]))
    with cost_map.patch(top, bottom, left, right) as (weights, _):
        if weights.size == 0:
            yield 0.0
            return
        rows = np.arange(max(top, 0), max(top, 0) + weights.shape[0])[:, None] + 0.5 - ends[0, 1]
        columns = np.arange(max(left, 0), max(left, 0) + weights.shape[1])[None, :] + 0.5 - ends[0, 0]
        beside, across = columns * along[0] + rows * along[1], rows * along[0] - columns * along[1]
        inside = (np.abs(across) <= half) & (beside >= -1.0) & (beside <= width + 1.0) & (weights > 0.0)
        weights[inside] += float(row[4]) / (2.0 * half * resolution_m)
        yield float(weights.max())


@contextmanager
def close_place(cost_map: CostMap, place_map: FloatArray, kept_cells: tuple[Cell, Cell]) -> Iterator[None]:
    """Close the few cells around a place that the robot cannot pass; its own cell and the goal's stay open."""
    centre = cost_map.find_points(place_map[np.newaxis, :2])[0]
    top, left = int(np.floor(centre[1])) - 1, int(np.floor(centre[0])) - 1
    with cost_map.patch(top, top + 3, left, left + 3) as (weights, _):
        for row in range(weights.shape[0]):
            for column in range(weights.shape[1]):
                if (max(top, 0) + row, max(left, 0) + column) not in kept_cells:
                    weights[row, column] = 0.0
        yield


@contextmanager
def open_way_out(cost_map: CostMap, start: FloatArray, start_cell: Cell, params: GlobalPlannerParams) -> Iterator[None]:
    """Let a robot leave the place in which it does not fit, dearly, so that it leaves by the shortest free way.

    Cells that are merely too close to an obstacle, or unknown, are opened around the robot. Occupied cells are opened
    only when the robot's middle is in one: then the map or the pose is wrong there anyway.
    """
    resolution_m = cost_map.map.resolution_m
    reach = params.search.escape_distance_m / resolution_m
    top, left = (int(np.floor(start[axis] - reach)) for axis in (1, 0))
    bottom, right = (int(np.ceil(start[axis] + reach)) + 1 for axis in (1, 0))
    with cost_map.patch(top, bottom, left, right) as (weights, clearance_mm):
        first_row, first_column = max(top, 0), max(left, 0)
        rows = np.arange(first_row, first_row + weights.shape[0]) + 0.5 - start[1]
        columns = np.arange(first_column, first_column + weights.shape[1]) + 0.5 - start[0]
        near = np.hypot(rows[:, None], columns[None, :]) <= reach
        stands_in_obstacle = clearance_mm[start_cell[0] - first_row, start_cell[1] - first_column] <= 0
        opened = near & (weights <= 0.0) & ((clearance_mm > 0) | stands_in_obstacle)
        weight = params.search.escape_weight * cost_map.weight_range[1]
        weights[opened] = weight
        weights[opened & (clearance_mm <= 0)] = 10.0 * weight
        weights[start_cell[0] - first_row, start_cell[1] - first_column] = weight
        yield
