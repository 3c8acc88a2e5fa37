"""Action and comfort: turning, accelerating, jerking.

    cost = sum_j dt (turn omega^2 + acceleration a^2 + turn_acceleration alpha^2 + jerk j^2 + turn_jerk jw^2 + reverse [v < 0] |v|)

Source: the action term (c3, c4) of Park, Johnson, Kuipers, IROS 2012, extended by the derivatives that people feel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel


class ComfortWeights(NamedTuple):
    """All float32."""

    turn: np.float32  # [m s / rad^2]
    acceleration: np.float32  # [s^3 / m]
    turn_acceleration: np.float32  # [m s^3 / rad^2]
    jerk: np.float32  # [s^5 / m]
    turn_jerk: np.float32  # [m s^5 / rad^2]
    reverse: np.float32  # cost per metre driven backwards [-]


@kernel(fast=True)
def score_comfort(first, last, v, omega, a, alpha, start, weights, step, cost):
    """Fill the cost of moving uncomfortably.

    Args:
        first, last: the block.
        v, omega, a, alpha: (T, K) float32.
        start: (8,) float32 the state at the start.
        weights: ComfortWeights.
        step: seconds per step.
        cost: (K,) float32, filled [m].
    """
    zero = np.float32(0.0)
    per_step = np.float32(1.0) / step
    for k in range(first, last):
        cost[k] = zero
    for t in range(v.shape[0]):
        for k in range(first, last):
            before_a = a[t - 1, k] if t > 0 else start[6]
            before_alpha = alpha[t - 1, k] if t > 0 else start[7]
            jerk, turn_jerk = (a[t, k] - before_a) * per_step, (alpha[t, k] - before_alpha) * per_step
            cost[k] += step * (
                weights.turn * omega[t, k] * omega[t, k]
                + weights.acceleration * a[t, k] * a[t, k]
                + weights.turn_acceleration * alpha[t, k] * alpha[t, k]
                + weights.jerk * jerk * jerk
                + weights.turn_jerk * turn_jerk * turn_jerk
                + weights.reverse * max(-v[t, k], zero)
            )
