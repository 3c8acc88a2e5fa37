"""Candidates by simulating the closed loop within the limits of the base.

A candidate is a target pose and a signed speed; its trajectory is what the pose-following law makes of them from the
robot's state, so every candidate can be driven. Structure of arrays, single precision, candidates in the inner loop.

Sources: the law: J. J. Park, B. Kuipers, "A smooth control law for graceful motion of differential wheeled mobile robots
in 2D environment", ICRA 2011, equations 11 to 15. Deviations: close to the target the law hands over continuously to
turning on the spot, so the same space holds turns in place; a negative speed mirrors the robot and drives it backwards;
curvature slows the robot as v^2 + beta omega^2 = const instead of v (1 + beta |kappa|^2) = const, with which the turn
rate kappa v vanishes in tight turns, so that the robot took 4 s to face a target behind it; speed and turn rate follow
the law within acceleration and jerk limits and never overshoot it; the speed near the target falls like sqrt(2 a r) and
at last exponentially, instead of linearly over 1.2 m.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import atan2_fast
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import (
    A,
    ALPHA,
    BLOCK,
    COS,
    OMEGA,
    SIN,
    SPEED,
    TARGET_COS,
    TARGET_SIN,
    TARGET_X,
    TARGET_Y,
    V,
    X,
    Y,
    copy_from_lanes,
    copy_to_lanes,
    make_lanes,
)


class MotionLimits(NamedTuple):
    """Limits of the base, all float32, SI."""

    max_speed: np.float32
    max_reverse_speed: np.float32
    max_turn_rate: np.float32
    max_wheel_speed: np.float32
    half_separation: np.float32
    acceleration: np.float32
    deceleration: np.float32
    jerk: np.float32
    turn_acceleration: np.float32
    turn_jerk: np.float32


class PoseLaw(NamedTuple):
    """Gains of the pose-following law, all float32."""

    k1: np.float32  # how strongly the target's heading bends the way there [-]
    k2: np.float32  # how quickly the heading follows [-]
    beta: np.float32  # speed that is shared out between driving and turning: v^2 + beta omega^2 [m^2/rad^2]
    arrival_time: np.float32  # close to the target, speed is distance / arrival_time [s]
    arrival_deceleration: np.float32  # farther away it falls like braking at this rate [m/s^2]
    turn_gain: np.float32  # turning on the spot: turn rate per heading error [1/s]
    turn_radius: np.float32  # within about this distance of the target the robot turns on the spot [m]
    max_curvature: np.float32  # [1/m]


@kernel(fast=True, inlined=True)
def follow_limited(value, rate, wanted, rate_up, rate_down, jerk, step):
    """One step of a value that follows a wanted one with limited first and second derivative, without overshoot.

    The rate is never larger than one that can be brought to zero, at `jerk`, before the wanted value is passed; in
    discrete time the value passes it by jerk step^2 / 8 at the most. A value on the other side of zero is brought to
    zero first.

    Args:
        value: e.g. a speed.
        rate: its derivative.
        wanted: the value to reach.
        rate_up, rate_down: largest rate when the magnitude grows and when it falls.
        jerk: largest change of the rate per second.
        step: seconds.

    Returns:
        the new rate; the new value is value + rate * step.
    """
    # A rounding error beside zero is on no side of it; a robot at rest must be able to start.
    same_side = value * wanted >= np.float32(0.0) or abs(value) < np.float32(1e-5)
    goal = wanted if same_side else np.float32(0.0)
    difference = goal - value
    magnitude = abs(difference)
    half = np.float32(0.5) * step
    # jerk * (sqrt(half^2 + 2 magnitude / jerk) - half), without the difference that vanishes for small magnitudes.
    stoppable = np.float32(2.0) * magnitude / (math.sqrt(half * half + np.float32(2.0) * magnitude / jerk) + half)
    limit = rate_up if difference * goal > np.float32(0.0) else rate_down
    target = min(min(stoppable, magnitude / step), limit)
    target = target if difference >= np.float32(0.0) else -target
    return min(max(target, rate - jerk * step), rate + jerk * step)


@kernel(fast=True, inlined=True)
def find_peak(value, rate, jerk):
    """Largest magnitude that a value reaches while its rate is brought to zero at `jerk`."""
    return abs(value + rate * abs(rate) / (np.float32(2.0) * jerk))


@kernel(fast=True)
def roll_out(
    start, target_x, target_y, target_cos, target_sin, speed, first, last, limits, law, step,
    x, y, cos, sin, v, omega, a, alpha,
):  # fmt: skip
    """Roll out a block of at most `BLOCK` candidates.

    Args:
        start: (8,) float32: x, y, cos, sin of the heading, v, omega, a, alpha at the start.
        target_x, target_y, target_cos, target_sin: (K,) float32 target poses [m, -].
        speed: (K,) float32 signed top speed, negative drives backwards [m/s].
        first, last: the block [first, last) of candidates to roll out.
        limits: MotionLimits.
        law: PoseLaw.
        step: seconds per step.
        x, y, cos, sin, v, omega, a, alpha: (T, K) float32, filled: state at the end of every step.
    """
    lanes, _ = make_lanes()
    width = last - first
    start_lanes(start, target_x, target_y, target_cos, target_sin, speed, first, width, lanes)
    for t in range(x.shape[0]):
        advance_lanes(lanes, limits, law, step)
        keep_state(lanes, t, first, width, x, y, cos, sin, v, omega, a, alpha)


@kernel(fast=True)
def start_lanes(start, target_x, target_y, target_cos, target_sin, speed, first, width, lanes):
    """Put a block of candidates at the start; lanes beyond `width` keep the targets that they have."""
    for row in range(8):
        for lane in range(BLOCK):
            lanes[row * BLOCK + lane] = start[row]
    copy_to_lanes(target_x, first, width, lanes, TARGET_X)
    copy_to_lanes(target_y, first, width, lanes, TARGET_Y)
    copy_to_lanes(target_cos, first, width, lanes, TARGET_COS)
    copy_to_lanes(target_sin, first, width, lanes, TARGET_SIN)
    copy_to_lanes(speed, first, width, lanes, SPEED)


@kernel(fast=True)
def keep_state(lanes, t, first, width, x, y, cos, sin, v, omega, a, alpha):
    """Write the state of a block after step t into (T, K) arrays."""
    copy_from_lanes(lanes, X, x[t], first, width)
    copy_from_lanes(lanes, Y, y[t], first, width)
    copy_from_lanes(lanes, COS, cos[t], first, width)
    copy_from_lanes(lanes, SIN, sin[t], first, width)
    copy_from_lanes(lanes, V, v[t], first, width)
    copy_from_lanes(lanes, OMEGA, omega[t], first, width)
    copy_from_lanes(lanes, A, a[t], first, width)
    copy_from_lanes(lanes, ALPHA, alpha[t], first, width)


@kernel(fast=True, inlined=True)
def drive_arc(x, y, cos, sin, v, omega, step):
    """Pose after driving the arc of a constant twist: turn by half the angle, move along the chord, turn again.

    Sine and cosine are series in half the angle, which is small; the heading's length is kept at 1.

    Args:
        x, y, cos, sin: the pose.
        v, omega: mean twist of the step.
        step: seconds.
    """
    one = np.float32(1.0)
    half = omega * np.float32(0.5) * step
    square = half * half
    half_sin = half * (one - square / np.float32(6.0) * (one - square / np.float32(20.0)))
    half_cos = one - square / np.float32(2.0) * (one - square / np.float32(12.0))
    middle_cos, middle_sin = cos * half_cos - sin * half_sin, sin * half_cos + cos * half_sin
    chord = v * step * (one - square / np.float32(6.0))
    new_cos, new_sin = middle_cos * half_cos - middle_sin * half_sin, middle_sin * half_cos + middle_cos * half_sin
    scale = np.float32(1.5) - np.float32(0.5) * (new_cos * new_cos + new_sin * new_sin)
    return x + chord * middle_cos, y + chord * middle_sin, new_cos * scale, new_sin * scale


@kernel(fast=True)
def advance_lanes(lanes, limits, law, step):
    """Move every lane on by one step.

    Args:
        lanes: see kernels/lanes.py; rows X to ALPHA are the state and changed, TARGET_X to SPEED the candidate.
        limits: MotionLimits.
        law: PoseLaw.
        step: seconds.
    """
    zero, one, two = np.float32(0.0), np.float32(1.0), np.float32(2.0)
    max_speed = limits.max_speed - limits.jerk * step * step / np.float32(8.0)
    max_reverse = max(limits.max_reverse_speed - limits.jerk * step * step / np.float32(8.0), zero)
    max_turn = limits.max_turn_rate - limits.turn_jerk * step * step / np.float32(8.0)
    max_wheel = (
        limits.max_wheel_speed - (limits.jerk + limits.turn_jerk * limits.half_separation) * step * step / np.float32(8.0)
    )
    turn_square = law.turn_radius * law.turn_radius
    braking = law.arrival_deceleration * law.arrival_time
    for lane in range(BLOCK):
        px, py, pc, ps = lanes[X + lane], lanes[Y + lane], lanes[COS + lane], lanes[SIN + lane]
        pv, pw, pa, pal = lanes[V + lane], lanes[OMEGA + lane], lanes[A + lane], lanes[ALPHA + lane]
        speed = lanes[SPEED + lane]
        direction = one if speed >= zero else -one
        # The robot as it looks along its direction of travel.
        hc, hs = direction * pc, direction * ps
        gc, gs = direction * lanes[TARGET_COS + lane], direction * lanes[TARGET_SIN + lane]
        dx, dy = lanes[TARGET_X + lane] - px, lanes[TARGET_Y + lane] - py
        square = dx * dx + dy * dy
        distance = math.sqrt(square + np.float32(1e-8))
        ux, uy = dx / distance, dy / distance
        sin_delta, cos_delta = ux * hs - uy * hc, ux * hc + uy * hs
        theta = atan2_fast(ux * gs - uy * gc, ux * gc + uy * gs)
        delta = atan2_fast(sin_delta, cos_delta)
        bend = law.k1 * theta
        wanted_delta = -atan2_fast(bend, one)
        kappa = -(law.k2 * (delta - wanted_delta) + (one + law.k1 / (one + bend * bend)) * sin_delta) / max(
            distance, np.float32(0.02)
        )
        kappa = min(max(kappa, -law.max_curvature), law.max_curvature)
        near = turn_square / (turn_square + square)
        error = atan2_fast(hc * gs - hs * gc, hc * gc + hs * gs)
        # Speed that braking at a constant rate, and an exponential at the end, bring to rest at the target.
        arrival = braking * (math.sqrt(one + two * distance / (braking * law.arrival_time)) - one)
        top = min(abs(speed), arrival) * (one - near)
        # v^2 + beta omega^2 is the square of the candidate's speed: the tighter the way, the more of it goes into turning.
        top = min(top / math.sqrt(one + law.beta * kappa * kappa), max_turn / (abs(kappa) + np.float32(1e-3)))
        top = min(top, max_speed if direction > zero else max_reverse)
        # Wheels: what the turn needs now, and what it will still need while it fades.
        top = min(top, max(max_wheel - limits.half_separation * find_peak(pw, pal, limits.turn_jerk), zero))
        turning = kappa * top + near * law.turn_gain * error * min(abs(speed) * np.float32(10.0), one)
        spare = max(max_wheel - max(find_peak(pv, pa, limits.jerk), top), zero) / limits.half_separation
        turn_limit = min(max_turn, spare)
        turning = min(max(turning, -turn_limit), turn_limit)
        na = follow_limited(pv, pa, direction * top, limits.acceleration, limits.deceleration, limits.jerk, step)
        nal = follow_limited(
            pw, pal, turning, limits.turn_acceleration, limits.turn_acceleration, limits.turn_jerk, step
        )
        nv, nw = pv + na * step, pw + nal * step
        half = np.float32(0.5)
        nx, ny, nc, ns = drive_arc(px, py, pc, ps, half * (pv + nv), half * (pw + nw), step)
        lanes[X + lane], lanes[Y + lane], lanes[COS + lane], lanes[SIN + lane] = nx, ny, nc, ns
        lanes[V + lane], lanes[OMEGA + lane], lanes[A + lane], lanes[ALPHA + lane] = nv, nw, na, nal
