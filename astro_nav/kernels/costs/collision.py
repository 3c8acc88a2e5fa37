"""Hazard of touching what stands still.

The hazard is a rate per second: rate = per_metre * (|v| + reach |omega|) * exp(-(d / sigma)^2) with sigma = sigma_0 +
sigma_time * |v|. It counts per metre moved, so a robot at rest beside a wall risks nothing and the result does not depend
on the step; sigma grows with speed, so the same gap is passed more slowly the narrower it is.

Source: p_i of Park, Johnson, Kuipers, IROS 2012, made a rate; sigma of speed as in their later work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import decay_fast
from astro_nav.kernels.jit import kernel


class CollisionWeights(NamedTuple):
    """All float32."""

    per_metre: np.float32  # hazard per metre at touching distance [1/m]
    sigma: np.float32  # distance at which hazard falls to a third, at rest [m]
    sigma_time: np.float32  # growth of that distance with speed [s]
    reach: np.float32  # how far the outline moves per radian of turning [m]


@kernel(fast=True)
def score_collision(first, last, clearance, v, omega, contact_below, leeway, weights, step, hazard, contact_step, least):
    """Fill the hazard of static obstacles.

    Args:
        first, last: the block.
        clearance: (T, K) float32 [m].
        v, omega: (T, K) float32 [m/s, rad/s].
        contact_below: clearance from which on downwards contact is certain; 0, or less when the robot starts in contact
            and has to get out [m].
        leeway: added to the clearance in the hazard, above 0 for a robot that starts very near to something: to leave is no
            risk, and it must not cost more than to stay [m].
        weights: CollisionWeights.
        step: seconds per step.
        hazard: (T, K) float32, filled [1/s].
        contact_step: (K,) int32, filled: first step of certain contact, T when there is none.
        least: (K,) float32, filled: smallest clearance over all steps [m].
    """
    steps = clearance.shape[0]
    for k in range(first, last):
        contact_step[k] = steps
        least[k] = np.float32(1e6)
    for t in range(steps):
        for k in range(first, last):
            gap = max(clearance[t, k] + leeway, np.float32(0.0))
            speed = abs(v[t, k])
            ratio = gap / (weights.sigma + weights.sigma_time * speed)
            hazard[t, k] = weights.per_metre * (speed + weights.reach * abs(omega[t, k])) * decay_fast(ratio * ratio)
            least[k] = min(least[k], clearance[t, k])
            contact_step[k] = min(contact_step[k], np.int32(t) if clearance[t, k] <= contact_below else np.int32(steps))
