"""Model predictive path integral control: noisy copies of one control sequence, judged, and blended by their costs.

    u <- sum_k w_k (u + e_k),   w_k ~ exp(-(S_k - min S) / temperature),   S_k = cost of the rollout + gamma u^T Sigma^-1 e_k

Sources: G. Williams et al., "Information theoretic MPC for model-based reinforcement learning", ICRA 2017 (the update, with the
price of control as in its algorithm 1); the terms of the cost and their shapes from the documentation of Nav2's MPPI
controller. Deviations: the base follows the sampled velocities within acceleration and jerk, and nearness to obstacles is
that of the footprint, at every state.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.approximations import atan2_fast, decay_fast
from astro_nav.kernels.costs.clearance import measure_clearance
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK
from astro_nav.kernels.peers.velocity_rollout import roll_out_velocities
from astro_nav.kernels.rollout import MotionLimits


class PathIntegralWeights(NamedTuple):
    """All float32; a term that does not apply now has weight 0."""

    constraint: np.float32  # of wheel speeds beyond their limit [s/m]
    obstacle: np.float32  # of the mean nearness to obstacles [-]
    critical: np.float32  # nearness of a state closer than critical_below [-]
    critical_below: np.float32  # [m]
    inflation: np.float32  # how fast nearness falls with distance [1/m]
    goal: np.float32  # of the mean distance from the goal [1/m]
    goal_angle: np.float32  # of the mean error of heading [1/rad]
    prefer_forward: np.float32  # of the way driven backwards [1/m]
    path_align: np.float32  # of the mean distance from the path's point of equal length [1/m]
    path_follow: np.float32  # of the distance of the end from a point farther along the path [1/m]
    path_angle: np.float32  # of the angle between the end's heading and that point [1/rad]
    gamma_v: np.float32  # price of control: gamma / deviation^2 of the speed [s^2/m^2]
    gamma_omega: np.float32  # likewise of the turn rate [s^2]


class PathIntegralScene(NamedTuple):
    """What candidates are judged in; positions relative to the corner of the local map, all float32."""

    start: np.ndarray  # (8,)
    step: np.float32
    resolution: np.float32
    distance: np.ndarray  # (H, W)
    circles_x: np.ndarray  # (C,)
    circles_y: np.ndarray
    circle_radius: np.float32
    contact_below: np.float32
    path_x: np.ndarray  # (P,) evenly spaced
    path_y: np.ndarray
    path_spacing: np.float32
    path_free: np.ndarray  # (P,) uint8, whether the robot fits there
    goal_x: np.float32
    goal_y: np.float32
    goal_cos: np.float32
    goal_sin: np.float32


class PathIntegralBatch(NamedTuple):
    """Everything of a batch: (T, K) float32, then (K,) float32 costs, bool collides and int32 reached."""

    wanted_v: np.ndarray
    wanted_omega: np.ndarray
    x: np.ndarray
    y: np.ndarray
    cos: np.ndarray
    sin: np.ndarray
    v: np.ndarray
    omega: np.ndarray
    a: np.ndarray
    alpha: np.ndarray
    clearance: np.ndarray
    costs: np.ndarray
    collides: np.ndarray
    reached: np.ndarray


@kernel
def evaluate_path_integral(control_v, control_omega, noise_v, noise_omega, scene, weights, limits, offsets, batch):
    """Roll out and judge a whole batch.

    Args:
        control_v, control_omega: (T,) float32 the sequence around which is sampled.
        noise_v, noise_omega: (T, K) float32 [m/s, rad/s].
        scene, weights, limits: see there.
        offsets: (align_from, follow, angle, stride) int64: path points that the farthest candidate must have reached before
            alignment counts; points beyond that one at which the follow and angle terms look; states between two that
            alignment looks at.
        batch: PathIntegralBatch, filled.
    """
    zero = np.float32(0.0)
    b = batch
    count = noise_v.shape[1]
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        _add_noise(control_v, noise_v, -limits.max_reverse_speed, limits.max_speed, first, last, b.wanted_v)
        _add_noise(control_omega, noise_omega, -limits.max_turn_rate, limits.max_turn_rate, first, last, b.wanted_omega)
        roll_out_velocities(
            scene.start, b.wanted_v, b.wanted_omega, first, last, limits, scene.step, b.x, b.y, b.cos, b.sin, b.v, b.omega,
            b.a, b.alpha,
        )  # fmt: skip
        measure_clearance(
            first, last, b.x, b.y, b.cos, b.sin, scene.circles_x, scene.circles_y, scene.circle_radius, scene.distance,
            zero, zero, scene.resolution, b.clearance,
        )  # fmt: skip
        _score_control(control_v, control_omega, weights, limits, first, last, b)
        _score_obstacles(scene.contact_below, weights, first, last, b)
        _score_goal(scene, weights, first, last, b)
        _find_reached(scene.path_x, scene.path_y, first, last, b)
    furthest = 0
    for k in range(count):
        if not b.collides[k]:
            furthest = max(furthest, b.reached[k])
    for first in range(0, count, BLOCK):
        _score_path(scene, weights, furthest, offsets, first, min(first + BLOCK, count), b)
    return furthest


@kernel(fast=True)
def _add_noise(control, noise, low, high, first, last, wanted):
    for t in range(noise.shape[0]):
        for k in range(first, last):
            wanted[t, k] = min(max(control[t] + noise[t, k], low), high)


@kernel(fast=True)
def _score_control(control_v, control_omega, weights, limits, first, last, b):
    """Begin the costs: price of control, driving backwards, wheels beyond their limit."""
    steps = b.x.shape[0]
    per_step = np.float32(1.0) / np.float32(steps)
    zero = np.float32(0.0)
    for k in range(first, last):
        b.costs[k] = zero
    for t in range(steps):
        price_v, price_omega = weights.gamma_v * control_v[t], weights.gamma_omega * control_omega[t]
        for k in range(first, last):
            wanted_v, wanted_omega = b.wanted_v[t, k], b.wanted_omega[t, k]
            wheel = abs(wanted_v) + limits.half_separation * abs(wanted_omega)
            b.costs[k] += (
                price_v * (wanted_v - control_v[t])
                + price_omega * (wanted_omega - control_omega[t])
                + per_step * weights.constraint * max(wheel - limits.max_wheel_speed, zero)
                + per_step * weights.prefer_forward * max(-b.v[t, k], zero)
            )


@kernel(fast=True)
def _score_obstacles(contact_below, weights, first, last, b):
    steps = b.x.shape[0]
    share = weights.obstacle / np.float32(steps)
    zero = np.float32(0.0)
    for k in range(first, last):
        b.collides[k] = False
    for t in range(steps):
        for k in range(first, last):
            room = b.clearance[t, k]
            nearness = decay_fast(weights.inflation * max(room, zero))
            nearness += weights.critical if room < weights.critical_below else zero
            b.costs[k] += share * nearness
            b.collides[k] |= room < contact_below


@kernel(fast=True)
def _score_goal(scene, weights, first, last, b):
    if weights.goal == np.float32(0.0) and weights.goal_angle == np.float32(0.0):
        return
    steps = b.x.shape[0]
    per_step = np.float32(1.0) / np.float32(steps)
    for t in range(steps):
        for k in range(first, last):
            dx, dy = scene.goal_x - b.x[t, k], scene.goal_y - b.y[t, k]
            cos, sin = b.cos[t, k], b.sin[t, k]
            error = atan2_fast(
                abs(cos * scene.goal_sin - sin * scene.goal_cos), cos * scene.goal_cos + sin * scene.goal_sin
            )
            b.costs[k] += per_step * (weights.goal * math.sqrt(dx * dx + dy * dy) + weights.goal_angle * error)


@kernel(fast=True)
def _find_reached(path_x, path_y, first, last, b):
    """Index of the path's point nearest to where each candidate ends."""
    end = b.x.shape[0] - 1
    for k in range(first, last):
        best, nearest = np.float32(1e12), 0
        for i in range(path_x.shape[0]):
            dx, dy = path_x[i] - b.x[end, k], path_y[i] - b.y[end, k]
            square = dx * dx + dy * dy
            if square < best:
                best, nearest = square, i
        b.reached[k] = nearest


@kernel(fast=True)
def _score_path(scene, weights, furthest, offsets, first, last, b):
    align_from, follow, angle, stride = offsets
    count, end = scene.path_x.shape[0], b.x.shape[0] - 1
    towards = min(furthest + follow, count - 1)
    while towards < count - 1 and not scene.path_free[towards]:
        towards += 1
    to_x, to_y = scene.path_x[towards], scene.path_y[towards]
    facing = min(furthest + angle, count - 1)
    face_x, face_y = scene.path_x[facing], scene.path_y[facing]
    for k in range(first, last):
        ex, ey = b.x[end, k], b.y[end, k]
        b.costs[k] += weights.path_follow * math.sqrt((to_x - ex) * (to_x - ex) + (to_y - ey) * (to_y - ey))
        if weights.path_angle > np.float32(0.0):
            dx, dy = face_x - ex, face_y - ey
            b.costs[k] += weights.path_angle * atan2_fast(
                abs(b.cos[end, k] * dy - b.sin[end, k] * dx), b.cos[end, k] * dx + b.sin[end, k] * dy
            )
    if weights.path_align == np.float32(0.0) or furthest < align_from:
        return
    for k in range(first, last):
        length, total, samples = np.float32(0.0), np.float32(0.0), 0
        before_x, before_y = scene.start[0], scene.start[1]
        for t in range(stride - 1, end + 1, stride):
            px, py = b.x[t, k], b.y[t, k]
            length += math.sqrt((px - before_x) * (px - before_x) + (py - before_y) * (py - before_y))
            before_x, before_y = px, py
            index = min(int(length / scene.path_spacing + np.float32(0.5)), count - 1)
            if scene.path_free[index]:
                dx, dy = scene.path_x[index] - px, scene.path_y[index] - py
                total += math.sqrt(dx * dx + dy * dy)
                samples += 1
        if samples > 0:
            b.costs[k] += weights.path_align * total / np.float32(samples)


@kernel
def blend_controls(batch, temperature, control_v, control_omega):
    """Replace the control sequence by the mean of the batch, weighted by exp(-cost / temperature).

    Candidates that collide count for nothing.

    Args:
        batch: judged.
        temperature: > 0; the lower, the more the best ones count.
        control_v, control_omega: (T,) float32, changed unless every candidate collides.

    Returns:
        the index of the cheapest candidate, -1 when every one collides.
    """
    best, lowest = -1, np.float32(np.inf)
    for k in range(batch.costs.shape[0]):
        if not batch.collides[k] and batch.costs[k] < lowest:
            best, lowest = k, batch.costs[k]
    if best < 0:
        return best
    weights = np.empty(batch.costs.shape[0], dtype=np.float32)
    total = np.float32(0.0)
    for k in range(weights.shape[0]):
        share = np.float32(0.0)
        if not batch.collides[k]:
            share = np.float32(math.exp(-(batch.costs[k] - lowest) / temperature))
        weights[k] = share
        total += share
    for t in range(control_v.shape[0]):
        control_v[t] = _mean_row(weights, batch.wanted_v[t]) / total
        control_omega[t] = _mean_row(weights, batch.wanted_omega[t]) / total
    return best


@kernel(fast=True)
def _mean_row(weights, row):
    total = np.float32(0.0)
    for k in range(weights.shape[0]):
        total += weights[k] * row[k]
    return total
