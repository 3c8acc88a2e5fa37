"""Looking along the way at the end of the horizon, so that the next three seconds start well.

    cost = weight |2 sin(error / 2)| between the last heading and the direction in which the cost-to-go falls,
           faded out near the goal, where the goal's own heading counts.

Source: the term c1 of Park, Johnson, Kuipers, IROS 2012.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.approximations import interpolate_lanes
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, COLUMN, COS, FOUND, ROW, SHARE, SIN, TURN, X, Y


@kernel(fast=True)
def score_heading(lanes, cells, cost_to_go, origin_x, origin_y, resolution, goal, weight, fade, cost):
    """Fill a row with the cost of the heading after the last step.

    Args:
        lanes, cells: see kernels/lanes.py.
        cost_to_go: (H, W) float32 [m].
        origin_x, origin_y, resolution: of the grid [m].
        goal: progress.Goal.
        weight: cost per radian of error [m/rad].
        fade: distance from the goal at which the cost has half its weight [m].
        cost: offset of the row.
    """
    zero, half, one, two = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)
    per_cell = one / resolution
    _find_fall(lanes, cells, cost_to_go, origin_x, origin_y, per_cell, one, zero, SHARE)
    _find_fall(lanes, cells, cost_to_go, origin_x, origin_y, per_cell, zero, one, TURN)
    fade_square = fade * fade
    for lane in range(BLOCK):
        fall_x, fall_y = lanes[SHARE + lane], lanes[TURN + lane]
        norm = math.sqrt(fall_x * fall_x + fall_y * fall_y) + np.float32(1e-6)
        along = (lanes[COS + lane] * fall_x + lanes[SIN + lane] * fall_y) / norm
        error = math.sqrt(max(two - two * along, zero))
        dx, dy = goal.x - lanes[X + lane], goal.y - lanes[Y + lane]
        square = dx * dx + dy * dy
        away = square / (square + fade_square) if goal.near > half else one
        lanes[cost + lane] = weight * away * error


@kernel(fast=True)
def _find_fall(lanes, cells, cost_to_go, origin_x, origin_y, per_cell, columns, rows, out):
    """Fill a row with how much the cost-to-go falls from one cell before to one cell after, along x or y."""
    half = np.float32(0.5)
    for lane in range(BLOCK):
        lanes[ROW + lane] = (lanes[Y + lane] - origin_y) * per_cell - half - rows
        lanes[COLUMN + lane] = (lanes[X + lane] - origin_x) * per_cell - half - columns
    interpolate_lanes(cost_to_go, lanes, cells, out)
    for lane in range(BLOCK):
        lanes[ROW + lane] = (lanes[Y + lane] - origin_y) * per_cell - half + rows
        lanes[COLUMN + lane] = (lanes[X + lane] - origin_x) * per_cell - half + columns
    interpolate_lanes(cost_to_go, lanes, cells, FOUND)
    for lane in range(BLOCK):
        lanes[out + lane] -= lanes[FOUND + lane]
