"""Hazard and discomfort around tracked obstacles, as predicted.

Hazard is the rate of contact. Like that of what stands still it counts per metre, here of the motion relative to the
person: a robot that creeps past somebody who stands risks little, one that meets somebody head-on risks much, and a robot
that rests in somebody's way is at risk, too.

    rate = (per_metre |v_robot - v_person| + idle) E exp(-d^2 / sigma^2)

Distance is from the footprint's bounding rectangle to the obstacle's disc. Ahead of a moving person it counts as shorter
by the way the person covers in `ahead_time`, so passing behind is cheaper than in front. Uncertainty of the prediction
widens the hazard and thins it out, as the expectation over a normal distribution in the plane does:

    E exp(-d^2 / sigma^2) = sigma^2 / (sigma^2 + s^2) exp(-d^2 / (sigma^2 + s^2)),  s^2 the predicted variance

Without the factor, whoever might be anywhere in three seconds would forbid the robot to be anywhere, and it would freeze.
Discomfort is a cost of its own with a longer reach: it bends the way while there is room, and forbids nothing.

Source: p_i of Park, Johnson, Kuipers, IROS 2012, with the elongated shape of their later work; distances of personal
space after E. T. Hall 1966 as used by social navigation metrics (0.45 m intimate, 1.2 m personal).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import decay_fast
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, COS, CROWDING, HAZARD, SIN, V, X, Y


class PeopleWeights(NamedTuple):
    """All float32."""

    per_metre: np.float32  # hazard per metre of relative motion at touching distance [1/m]
    idle: np.float32  # hazard at touching distance without any motion, for people move on a sudden [1/s]
    sigma: np.float32  # distance at which both fall to a third, for a certain prediction [m]
    ahead_time: np.float32  # how far ahead of a moving person space belongs to them [s]
    space: np.float32  # cost per second of being at touching distance [m/s]
    space_sigma: np.float32  # distance at which it falls to a third [m]
    approach: np.float32  # growth of that cost with the robot's own speed towards the person [s/m]


@kernel(fast=True)
def score_people(
    lanes, t, people_x, people_y, people_vx, people_vy, people_variance, people_weight, people_radius, people_space,
    middle_x, half_x, half_y, weights, step,
):  # fmt: skip
    """Add the hazard of people to HAZARD, and the cost of crowding them to CROWDING.

    Args:
        lanes: see kernels/lanes.py.
        t: the step.
        people_x, people_y: (M, T) float32 predicted means [m].
        people_vx, people_vy: (M, T) float32 predicted velocities [m/s].
        people_variance: (M, T) float32 larger eigenvalue of the predicted covariance [m^2].
        people_weight: (M, T) float32 chance that the obstacle is there at all, for one with several possible motions.
        people_radius: (M,) float32 [m].
        people_space: (M,) float32 share of the discomfort that counts; less for somebody who wants the robot near.
        middle_x, half_x, half_y: the footprint's bounding rectangle in base_link [m].
        weights: PeopleWeights.
        step: seconds per step.
    """
    for m in range(people_x.shape[0]):
        _add_person(
            lanes, people_x[m, t], people_y[m, t], people_vx[m, t], people_vy[m, t], people_variance[m, t],
            people_weight[m, t], people_radius[m], people_space[m], middle_x, half_x, half_y, weights, step,
        )  # fmt: skip


@kernel(fast=True)
def _add_person(lanes, px, py, vx, vy, variance, weight, radius, share_of_space, middle_x, half_x, half_y, weights, step):
    """Add one person at one time."""
    zero, one = np.float32(0.0), np.float32(1.0)
    speed = math.sqrt(vx * vx + vy * vy) + np.float32(1e-6)
    ux, uy = vx / speed, vy / speed
    ahead = weights.ahead_time * speed
    per_sigma = one / (weights.sigma * weights.sigma + variance)
    per_space = one / (weights.space_sigma * weights.space_sigma + variance)
    share = weight * weights.sigma * weights.sigma * per_sigma
    per_metre, idle = weights.per_metre * share, weights.idle * share
    space = step * weight * share_of_space * weights.space * weights.space_sigma * weights.space_sigma * per_space
    for lane in range(BLOCK):
        dx, dy = lanes[X + lane] - px, lanes[Y + lane] - py
        # Move the person towards the robot by as much of the way ahead as lies towards it.
        shift = min(max(dx * ux + dy * uy, zero), ahead)
        dx, dy = dx - shift * ux, dy - shift * uy
        cos, sin = lanes[COS + lane], lanes[SIN + lane]
        along = max(abs(dx * cos + dy * sin + middle_x) - half_x, zero)
        across = max(abs(dx * sin - dy * cos) - half_y, zero)
        gap = max(math.sqrt(along * along + across * across) - radius, zero)
        square = gap * gap
        own = lanes[V + lane]
        along_x, along_y = own * cos - vx, own * sin - vy
        relative = math.sqrt(along_x * along_x + along_y * along_y)
        closing = max(-own * (dx * cos + dy * sin), zero) / (math.sqrt(dx * dx + dy * dy) + np.float32(1e-3))
        pace = one + weights.approach * closing
        lanes[HAZARD + lane] += (per_metre * relative + idle) * decay_fast(square * per_sigma)
        lanes[CROWDING + lane] += space * pace * decay_fast(square * per_space)
