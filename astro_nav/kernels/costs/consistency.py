"""Staying with what was decided: a small price on departing from the previous plan.

    cost = weight * mean_j min(|p_j - p'_j| / (|p_j - p'_j| + scale), 1)

p' is the previous plan at the same times. The price saturates, so it breaks ties (left or right around an obstacle) and
never holds the robot to a plan that has become bad.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, DEPARTURE, X, Y


@kernel(fast=True)
def score_consistency(lanes, t, plan_x, plan_y, weight, scale):
    """Add the price of departing from the previous plan to DEPARTURE.

    Args:
        lanes: see kernels/lanes.py.
        t: the step.
        plan_x, plan_y: (P,) float32 the previous plan at steps 0 .. P - 1 [m].
        weight: price of being elsewhere entirely [m].
        scale: distance at which half of it is due [m].
    """
    steps = plan_x.shape[0]
    if t >= steps:
        return
    share = weight / np.float32(steps)
    px, py = plan_x[t], plan_y[t]
    for lane in range(BLOCK):
        dx, dy = lanes[X + lane] - px, lanes[Y + lane] - py
        away = math.sqrt(dx * dx + dy * dy)
        lanes[DEPARTURE + lane] += share * away / (away + scale)
