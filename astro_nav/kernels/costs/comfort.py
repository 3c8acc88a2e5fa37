"""Action and comfort: turning, accelerating, jerking.

    cost = sum_j dt (turn omega^2 + acceleration a^2 + turn_acceleration alpha^2 + jerk j^2 + turn_jerk jw^2 + reverse [v < 0] |v|)

Source: the action term (c3, c4) of Park, Johnson, Kuipers, IROS 2012, extended by the derivatives that people feel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import A, ALPHA, BEFORE_A, BEFORE_ALPHA, BLOCK, COMFORT, OMEGA, V


class ComfortWeights(NamedTuple):
    """All float32."""

    turn: np.float32  # [m s / rad^2]
    acceleration: np.float32  # [s^3 / m]
    turn_acceleration: np.float32  # [m s^3 / rad^2]
    jerk: np.float32  # [s^5 / m]
    turn_jerk: np.float32  # [m s^5 / rad^2]
    reverse: np.float32  # cost per metre driven backwards [-]


@kernel(fast=True)
def score_comfort(lanes, weights, step):
    """Add the cost of moving uncomfortably to COMFORT.

    Args:
        lanes: see kernels/lanes.py; BEFORE_A and BEFORE_ALPHA are moved on.
        weights: ComfortWeights.
        step: seconds per step.
    """
    zero, per_step = np.float32(0.0), np.float32(1.0) / step
    for lane in range(BLOCK):
        v, omega, a, alpha = lanes[V + lane], lanes[OMEGA + lane], lanes[A + lane], lanes[ALPHA + lane]
        jerk, turn_jerk = (a - lanes[BEFORE_A + lane]) * per_step, (alpha - lanes[BEFORE_ALPHA + lane]) * per_step
        lanes[COMFORT + lane] += step * (
            weights.turn * omega * omega
            + weights.acceleration * a * a
            + weights.turn_acceleration * alpha * alpha
            + weights.jerk * jerk * jerk
            + weights.turn_jerk * turn_jerk * turn_jerk
            + weights.reverse * max(-v, zero)
        )
        lanes[BEFORE_A + lane], lanes[BEFORE_ALPHA + lane] = a, alpha
