"""Staying with what was decided: a small price on departing from the previous plan.

    cost = weight * mean_j min(|p_j - p'_j| / (|p_j - p'_j| + scale), 1)

p' is the previous plan at the same times. The price saturates, so it breaks ties (left or right around an obstacle) and
never holds the robot to a plan that has become bad.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel(fast=True)
def score_consistency(first, last, x, y, plan_x, plan_y, weight, scale, cost):
    """Fill the price of departing from the previous plan.

    Args:
        first, last: the block.
        x, y: (T, K) float32.
        plan_x, plan_y: (P,) float32 the previous plan at steps 0 .. P - 1, P <= T [m].
        weight: price of being elsewhere entirely [m].
        scale: distance at which half of it is due [m].
        cost: (K,) float32, filled [m].
    """
    for k in range(first, last):
        cost[k] = np.float32(0.0)
    steps = plan_x.shape[0]
    if steps == 0:
        return
    share = weight / np.float32(steps)
    for t in range(steps):
        for k in range(first, last):
            dx, dy = x[t, k] - plan_x[t], y[t, k] - plan_y[t]
            away = math.sqrt(dx * dx + dy * dy)
            cost[k] += share * away / (away + scale)
