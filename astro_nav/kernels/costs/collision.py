"""Hazard of touching what stands still.

The hazard is a rate per second: rate = per_metre * (|v| + reach |omega|) * exp(-(d / sigma)^2) with sigma = sigma_0 +
sigma_time * |v|. It counts per metre moved, so a robot at rest beside a wall risks nothing and the result does not depend
on the step; sigma grows with speed, so the same gap is passed more slowly the narrower it is.

A robot that is held up is warier, per_metre and sigma are larger, but not of the motion that undoes what it is held up in:
that leads away from where it has just been, and a robot that has driven into a wedge must find the way out cheaper than to
stay.

Source: p_i of Park, Johnson, Kuipers, IROS 2012, made a rate; sigma of speed as in their later work.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import clamp, decay_fast
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, CLEARANCE, CONTACT, HAZARD, LEAST, OMEGA, V

# A robot that moves the other way as fast as this is leaving [s/m].
PER_LEAVING_SPEED = np.float32(1.0 / 0.05)


class CollisionWeights(NamedTuple):
    """All float32."""

    per_metre: np.float32  # hazard per metre at touching distance [1/m]
    sigma: np.float32  # distance at which hazard falls to a third, at rest [m]
    sigma_time: np.float32  # growth of that distance with speed [s]
    reach: np.float32  # how far the outline moves per radian of turning [m]
    wary_per_metre: np.float32  # more hazard for a robot that is held up [1/m]
    wary_sigma: np.float32  # and from this much farther [m]
    wary_direction: np.float32  # the way in which it is held up: 1 forwards, -1 backwards, 0 turning [-]


@kernel(fast=True)
def score_collision(lanes, t, contact_below, leeway, weights):
    """Fill HAZARD with that of static obstacles; keep the smallest clearance in LEAST and the first certain contact in CONTACT.

    Args:
        lanes: see kernels/lanes.py; CONTACT holds the number of steps until there is a contact.
        t: the step, float32.
        contact_below: clearance from which on downwards contact is certain; 0, or less when the robot starts in contact
            and has to get out [m].
        leeway: added to the clearance in the hazard, above 0 for a robot that starts very near to something: to leave is no
            risk, and it must not cost more than to stay [m].
        weights: CollisionWeights.
    """
    for lane in range(BLOCK):
        clearance, speed = lanes[CLEARANCE + lane], abs(lanes[V + lane])
        gap = max(clearance + leeway, np.float32(0.0))
        wary = np.float32(1.0) - clamp(-weights.wary_direction * lanes[V + lane] * PER_LEAVING_SPEED, np.float32(1.0))
        ratio = gap / (weights.sigma + wary * weights.wary_sigma + weights.sigma_time * speed)
        moved = speed + weights.reach * abs(lanes[OMEGA + lane])
        per_metre = weights.per_metre + wary * weights.wary_per_metre
        lanes[HAZARD + lane] = per_metre * moved * decay_fast(ratio * ratio)
        lanes[LEAST + lane] = min(lanes[LEAST + lane], clearance)
        contact = lanes[CONTACT + lane]
        lanes[CONTACT + lane] = min(contact, t) if clearance <= contact_below else contact
