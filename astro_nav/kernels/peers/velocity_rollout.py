"""Candidates that are sequences of wanted velocities, driven within the limits of the base.

The base follows wanted speeds and turn rates as fast as its acceleration and jerk allow, so whatever is wanted, the
motion can be driven. Structure of arrays, single precision, candidates in the inner loop; see kernels/lanes.py.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import A, ALPHA, BLOCK, COS, OMEGA, SIN, V, X, Y, copy_to_lanes
from astro_nav.kernels.rollout import drive_arc, find_peak, follow_limited, keep_state

# Rows of the block's buffer that hold what is wanted, after those of the state.
WANTED_V, WANTED_OMEGA = (row * BLOCK for row in range(8, 10))


@kernel(fast=True)
def roll_out_velocities(
    start, wanted_v, wanted_omega, first, last, limits, step, x, y, cos, sin, v, omega, a, alpha
):  # fmt: skip
    """Drive a block of at most `BLOCK` candidates.

    Args:
        start: (8,) float32: x, y, cos, sin of the heading, v, omega, a, alpha at the start.
        wanted_v, wanted_omega: (S, K) float32 what is wanted in every step; the last row holds for the steps after S.
        first, last: the block [first, last) of candidates.
        limits: MotionLimits.
        step: seconds per step.
        x, y, cos, sin, v, omega, a, alpha: (T, K) float32, filled: state at the end of every step.
    """
    lanes = np.zeros(10 * BLOCK, dtype=np.float32)
    for row in range(8):
        for lane in range(BLOCK):
            lanes[row * BLOCK + lane] = start[row]
    width = last - first
    for t in range(x.shape[0]):
        if t < wanted_v.shape[0]:
            copy_to_lanes(wanted_v[t], first, width, lanes, WANTED_V)
            copy_to_lanes(wanted_omega[t], first, width, lanes, WANTED_OMEGA)
        advance_velocity_lanes(lanes, limits, step)
        keep_state(lanes, t, first, width, x, y, cos, sin, v, omega, a, alpha)


@kernel(fast=True)
def advance_velocity_lanes(lanes, limits, step):
    """Move every lane on by one step.

    Args:
        lanes: (10 * BLOCK,) float32, changed: rows X to ALPHA are the state, the last two what is wanted.
        limits: MotionLimits.
        step: seconds.
    """
    zero = np.float32(0.0)
    # A discrete step overshoots by jerk step^2 / 8 at the most.
    slack = step * step / np.float32(8.0)
    max_speed = limits.max_speed - limits.jerk * slack
    max_reverse = max(limits.max_reverse_speed - limits.jerk * slack, zero)
    max_turn = limits.max_turn_rate - limits.turn_jerk * slack
    max_wheel = limits.max_wheel_speed - (limits.jerk + limits.turn_jerk * limits.half_separation) * slack
    for lane in range(BLOCK):
        px, py, pc, ps = lanes[X + lane], lanes[Y + lane], lanes[COS + lane], lanes[SIN + lane]
        pv, pw, pa, pal = lanes[V + lane], lanes[OMEGA + lane], lanes[A + lane], lanes[ALPHA + lane]
        # Wheels: what the turn needs now, and what it will still need while it fades.
        room = max(max_wheel - limits.half_separation * find_peak(pw, pal, limits.turn_jerk), zero)
        top = min(max(lanes[WANTED_V + lane], -min(max_reverse, room)), min(max_speed, room))
        spare = max(max_wheel - max(find_peak(pv, pa, limits.jerk), abs(top)), zero) / limits.half_separation
        turn_limit = min(max_turn, spare)
        turning = min(max(lanes[WANTED_OMEGA + lane], -turn_limit), turn_limit)
        na = follow_limited(pv, pa, top, limits.acceleration, limits.deceleration, limits.jerk, step)
        nal = follow_limited(
            pw, pal, turning, limits.turn_acceleration, limits.turn_acceleration, limits.turn_jerk, step
        )
        nv, nw = pv + na * step, pw + nal * step
        half = np.float32(0.5)
        nx, ny, nc, ns = drive_arc(px, py, pc, ps, half * (pv + nv), half * (pw + nw), step)
        lanes[X + lane], lanes[Y + lane], lanes[COS + lane], lanes[SIN + lane] = nx, ny, nc, ns
        lanes[V + lane], lanes[OMEGA + lane], lanes[A + lane], lanes[ALPHA + lane] = nv, nw, na, nal
