"""Looking along the way at the end of the horizon, so that the next three seconds start well.

    cost = weight |2 sin(error / 2)| between the last heading and the direction in which the cost-to-go falls,
           faded out near the goal, where the goal's own heading counts.

Source: the term c1 of Park, Johnson, Kuipers, IROS 2012.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.approximations import interpolate_bilinear
from astro_nav.kernels.jit import kernel


@kernel(fast=True)
def score_heading(first, last, x, y, cos, sin, cost_to_go, origin_x, origin_y, resolution, goal, weight, fade, cost):
    """Fill the cost of the last heading.

    Args:
        first, last: the block.
        x, y, cos, sin: (T, K) float32.
        cost_to_go: (H, W) float32 [m].
        origin_x, origin_y, resolution: of the grid [m].
        goal: progress.Goal.
        weight: cost per radian of error [m/rad].
        fade: distance from the goal at which the cost has half its weight [m].
        cost: (K,) float32, filled [m].
    """
    t = x.shape[0] - 1
    per_cell = np.float32(1.0) / resolution
    half, one = np.float32(0.5), np.float32(1.0)
    for k in range(first, last):
        row, column = (y[t, k] - origin_y) * per_cell - half, (x[t, k] - origin_x) * per_cell - half
        fall_x = interpolate_bilinear(cost_to_go, row, column - one) - interpolate_bilinear(cost_to_go, row, column + one)
        fall_y = interpolate_bilinear(cost_to_go, row - one, column) - interpolate_bilinear(cost_to_go, row + one, column)
        norm = math.sqrt(fall_x * fall_x + fall_y * fall_y) + np.float32(1e-6)
        along = (cos[t, k] * fall_x + sin[t, k] * fall_y) / norm
        error = math.sqrt(max(np.float32(2.0) - np.float32(2.0) * along, np.float32(0.0)))
        dx, dy = goal.x - x[t, k], goal.y - y[t, k]
        square = dx * dx + dy * dy
        away = square / (square + fade * fade) if goal.near > half else one
        cost[k] = weight * away * error
