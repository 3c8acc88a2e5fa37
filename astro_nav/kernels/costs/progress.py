"""Expected cost-to-go: progress weighted by the chance of still being there to make it.

    S_j = S_{j-1} exp(-hazard_j dt), 0 from certain contact on
    remaining = u(q_0) - sum_j g_j S_j (u(q_{j-1}) - u(q_j))        expected remaining cost-to-go
    harm      = sum_j S_{j-1} (1 - exp(-hazard_j dt)) (touch + impact v_j^2)   expected collision

u is the cost-to-go over the local map; near the goal it becomes the distance to the goal pose. g_j falls from 1 to
1 - urgency over the horizon: without it, arriving now and arriving in three seconds would cost the same.

Source: J of Park, Johnson, Kuipers, IROS 2012, with accumulated survivability.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import decay_fast, interpolate_bilinear
from astro_nav.kernels.jit import kernel


class ProgressWeights(NamedTuple):
    """All float32."""

    touch: np.float32  # cost of a collision at any speed [m]
    impact: np.float32  # what it costs more per speed squared [m / (m/s)^2]
    goal_radius: np.float32  # distance from the goal in which the pose distance takes over [m]
    goal_turn: np.float32  # cost of a heading error at the goal [m/rad]
    goal_turn_radius: np.float32  # distance from the goal in which its heading counts [m]
    urgency: np.float32  # progress at the end of the horizon is worth this much less than at its beginning [-]


class Goal(NamedTuple):
    """The goal in the frame of the poses, all float32; `near` is 0 when it lies outside the local map, else 1."""

    x: np.float32
    y: np.float32
    cos: np.float32
    sin: np.float32
    near: np.float32


@kernel(fast=True)
def measure_cost_to_go(cost_to_go, origin_x, origin_y, per_cell, goal, weights, x, y, cos, sin):
    """Cost-to-go of one pose [m]; near the goal the distance to it and the heading error there."""
    half, one = np.float32(0.5), np.float32(1.0)
    far = interpolate_bilinear(cost_to_go, (y - origin_y) * per_cell - half, (x - origin_x) * per_cell - half)
    dx, dy = goal.x - x, goal.y - y
    square = dx * dx + dy * dy
    reach = weights.goal_radius * weights.goal_radius
    share = max(one - square / reach, np.float32(0.0)) * goal.near
    share = share * share
    # 2 |sin(error / 2)|: the heading error without a seam at half a turn.
    error = math.sqrt(max(np.float32(2.0) - np.float32(2.0) * (cos * goal.cos + sin * goal.sin), np.float32(0.0)))
    turn_square = weights.goal_turn_radius * weights.goal_turn_radius
    turn_share = goal.near * decay_fast(square / turn_square)
    return far + share * (math.sqrt(square) - far) + turn_share * weights.goal_turn * error


@kernel(fast=True)
def score_progress(
    first, last, x, y, cos, sin, v, start, cost_to_go, origin_x, origin_y, resolution, goal, hazard, contact_step,
    weights, step, survival, previous, remaining, harm,
):  # fmt: skip
    """Fill expected remaining cost-to-go and expected harm.

    Args:
        first, last: the block.
        x, y, cos, sin, v: (T, K) float32.
        start: (8,) float32 the state at the start.
        cost_to_go: (H, W) float32 [m].
        origin_x, origin_y, resolution: of the grid [m].
        goal: Goal.
        hazard: (T, K) float32 [1/s].
        contact_step: (K,) int32.
        weights: ProgressWeights.
        step: seconds per step.
        survival, previous: (K,) float32 scratch.
        remaining, harm: (K,) float32, filled [m].
    """
    zero, one = np.float32(0.0), np.float32(1.0)
    per_cell = one / resolution
    at_start = measure_cost_to_go(
        cost_to_go, origin_x, origin_y, per_cell, goal, weights, start[0], start[1], start[2], start[3]
    )
    for k in range(first, last):
        survival[k] = one
        previous[k] = at_start
        remaining[k] = at_start
        harm[k] = zero
    steps = x.shape[0]
    for t in range(steps):
        worth = one - weights.urgency * np.float32(t) / np.float32(steps)
        for k in range(first, last):
            value = measure_cost_to_go(
                cost_to_go, origin_x, origin_y, per_cell, goal, weights, x[t, k], y[t, k], cos[t, k], sin[t, k]
            )
            kept = decay_fast(hazard[t, k] * step) if t < contact_step[k] else zero
            harm[k] += survival[k] * (one - kept) * (weights.touch + weights.impact * v[t, k] * v[t, k])
            survival[k] *= kept
            remaining[k] -= worth * survival[k] * (previous[k] - value)
            previous[k] = value
