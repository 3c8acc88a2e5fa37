"""From the cells that a search found to a way that one likes to drive: short, smooth, and clear of obstacles."""

from __future__ import annotations

import numpy as np

from astro_nav.global_planning.cost_map import CostMap
from astro_nav.kernels.way_cost import measure_way, relax_way, shorten_way
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray


def shape_way(cells: np.ndarray, start: FloatArray, goal: FloatArray, cost_map: CostMap, params: GlobalPlannerParams) -> FloatArray:
    """Make a smooth way of the cells that a search found.

    Args:
        cells: (N, 2) (row, column), from the start's cell to the goal's.
        start, goal: (2,) exact ends (x, y) [cells], inside the first and the last cell.
        cost_map: under which the way was found, with the same patches.
        params: spacing and smoothing.

    Returns:
        (M, 2) points (x, y) [cells], at about the spacing, ends included; one point when start and goal are the same.
    """
    points = cells[:, ::-1] + 0.5
    points = np.concatenate([start[np.newaxis], points[1:-1], goal[np.newaxis]])
    kept = np.empty(len(points), np.bool_)
    shorten_way(points, cost_map.weights, kept)
    spacing = max(params.way.spacing_m / cost_map.map.resolution_m, 0.5)
    points = subdivide(points[kept], spacing)
    relax_way(
        points,
        cost_map.clearance_mm,
        cost_map.weights,
        spacing,
        cost_map.body_radius_m,
        params.cost.comfort_distance_m,
        params.cost.closeness_weight,
        params.way.smoothing_rounds,
    )
    return points


def subdivide(points: FloatArray, spacing: float) -> FloatArray:
    """Put points on a polyline (N, 2) so that neighbours are at most `spacing` apart; its corners stay; (M, 2)."""
    pieces = []
    for start, end in zip(points[:-1], points[1:]):
        count = int(np.ceil(np.linalg.norm(end - start) / spacing))
        pieces.append(start + np.arange(count)[:, np.newaxis] / max(count, 1) * (end - start))
    return np.concatenate([*pieces, points[-1:]])


def measure_costs_to_go(points: FloatArray, cost_map: CostMap) -> FloatArray:
    """Cost from every point (N, 2) [cells] to the way's end [m], inf before a blocked place."""
    costs = np.empty(len(points))
    measure_way(points, cost_map.weights, costs)
    return costs * cost_map.map.resolution_m


def measure_distances_to_go(points_map: FloatArray) -> FloatArray:
    """Length of way from every point (N, 2) [m] to the last."""
    steps = np.linalg.norm(np.diff(points_map, axis=0), axis=1)
    return np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])


def add_headings(points_map: FloatArray, final_yaw_rad: float) -> FloatArray:
    """Poses (N, 3) of points (N, 2): each heads along the way, the last one as told."""
    headings = np.full(len(points_map), final_yaw_rad)
    if len(points_map) > 1:
        # The mean direction before and after a point; the first heads for the second.
        ahead = np.concatenate([points_map[1:2] - points_map[0:1], points_map[2:] - points_map[:-2]])
        headings[:-1] = np.arctan2(ahead[:, 1], ahead[:, 0])
    return np.column_stack([points_map, headings])
