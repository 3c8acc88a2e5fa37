"""The rollout against its plain-loop oracle, and what the space of candidates contains."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.rollout import roll_out_one
from scenes.planning import STEP_S, STEPS, draw_targets, load_weights, make_start, roll_out_all


@pytest.mark.parametrize("seed", range(4))
def test_every_step_equals_the_plain_loop(seed):
    rng = np.random.default_rng(seed)
    weights = load_weights()
    targets = draw_targets(64, rng)
    start = make_start(0.3, -0.2, 0.5, rng.uniform(-0.2, 0.8), rng.uniform(-1.0, 1.0))
    rollouts = roll_out_all(start, targets, weights.limits, weights.law)
    states = np.stack([row for row in rollouts[:8]])  # (8, T, K)
    states = np.concatenate([np.broadcast_to(start[:, None, None], (8, 1, 64)), states], axis=1).astype(float)
    compared = 0
    for k in range(64):
        target = (targets[0, k], targets[1, k], math.atan2(targets[3, k], targets[2, k]))
        for t in range(STEPS):
            x, y, cos, sin, *rest = states[:, t, k]
            yaw = math.atan2(sin, cos)
            if is_on_the_seam((x, y, yaw), target):
                continue
            want = roll_out_one((x, y, yaw, *rest), target, targets[4, k], weights.limits, weights.law, STEP_S, 1)[0]
            got = states[:, t + 1, k]
            assert got[[0, 1, 4, 5, 6, 7]] == pytest.approx([want[n] for n in (0, 1, 3, 4, 5, 6)], abs=2e-3)
            assert math.atan2(got[3], got[2]) == pytest.approx(want[2], abs=1e-3) or abs(abs(want[2]) - math.pi) < 1e-3
            compared += 1
    assert compared > 0.9 * 64 * STEPS


def is_on_the_seam(pose, target):
    """Whether an angle of the law is near half a turn, where a rounding decides which way round it goes."""
    sight = math.atan2(target[1] - pose[1], target[0] - pose[0])
    if math.hypot(target[0] - pose[0], target[1] - pose[1]) < 1e-3:
        return True  # no line of sight
    angles = (target[2] - sight, pose[2] - sight, target[2] - pose[2])
    return any(abs(math.sin(angle)) < 1e-2 for angle in angles)


def test_a_stop_ends_in_standstill_within_the_braking_distance():
    weights = load_weights()
    stop = np.array([[0.5], [0.0], [1.0], [0.0], [0.0]], dtype=np.float32)
    rollouts = roll_out_all(make_start(v=0.9), stop, weights.limits, weights.law)
    assert abs(rollouts.v[-1, 0]) < 1e-3
    limits = weights.limits
    longest = 0.9**2 / (2.0 * limits.deceleration) + 0.9 * limits.deceleration / limits.jerk + 0.9 * STEP_S
    assert rollouts.x[-1, 0] < longest


def test_a_target_under_the_robot_turns_it_on_the_spot():
    weights = load_weights()
    turn = np.array([[0.0], [0.0], [math.cos(1.5)], [math.sin(1.5)], [1.0]], dtype=np.float32)
    rollouts = roll_out_all(make_start(), turn, weights.limits, weights.law)
    assert math.atan2(rollouts.sin[-1, 0], rollouts.cos[-1, 0]) == pytest.approx(1.5, abs=0.05)
    assert math.hypot(rollouts.x[-1, 0], rollouts.y[-1, 0]) < 0.02


def test_a_negative_speed_backs_towards_a_target_behind():
    weights = load_weights()
    back = np.array([[-0.5], [0.0], [1.0], [0.0], [-0.25]], dtype=np.float32)
    rollouts = roll_out_all(make_start(), back, weights.limits, weights.law)
    assert rollouts.x[-1, 0] < -0.3
    assert (rollouts.v <= 1e-6).all()
    assert abs(rollouts.sin[-1, 0]) < 0.05


def test_a_candidate_reaches_its_target_pose_and_stops_there():
    weights = load_weights()
    pose = np.array([[1.0], [0.4], [math.cos(0.6)], [math.sin(0.6)], [0.8]], dtype=np.float32)
    rollouts = roll_out_all(make_start(), pose, weights.limits, weights.law, steps=80)
    assert math.hypot(rollouts.x[-1, 0] - 1.0, rollouts.y[-1, 0] - 0.4) < 0.05
    assert math.atan2(rollouts.sin[-1, 0], rollouts.cos[-1, 0]) == pytest.approx(0.6, abs=0.1)


def test_left_and_right_are_mirror_images():
    weights = load_weights()
    targets = draw_targets(64, np.random.default_rng(4))
    mirrored = targets * np.array([[1], [-1], [1], [-1], [1]], dtype=np.float32)
    left = roll_out_all(make_start(v=0.4), targets, weights.limits, weights.law)
    right = roll_out_all(make_start(v=0.4), mirrored, weights.limits, weights.law)
    np.testing.assert_allclose(left.x, right.x, atol=1e-4)
    np.testing.assert_allclose(left.y, -right.y, atol=1e-4)


@pytest.mark.parametrize("bearing", [-2.5, -1.8, 1.8, 2.5])
def test_a_target_behind_is_faced_at_once_while_driving_little(bearing):
    weights = load_weights()
    x, y, cos, sin = 1.2 * math.cos(bearing), 1.2 * math.sin(bearing), math.cos(bearing), math.sin(bearing)
    target = np.array([[x], [y], [cos], [sin], [1.0]], dtype=np.float32)
    rollouts = roll_out_all(make_start(), target, weights.limits, weights.law)
    turned_s = int(round(2.5 / STEP_S)) - 1
    at = np.array([rollouts.x[turned_s, 0], rollouts.y[turned_s, 0]])
    heading = math.atan2(rollouts.sin[turned_s, 0], rollouts.cos[turned_s, 0])
    sight = math.atan2(y - at[1], x - at[0])
    assert abs(math.remainder(sight - heading, 2.0 * math.pi)) < 0.5
    assert math.hypot(*at) < 1.0


def test_driving_and_turning_share_the_speed_of_a_candidate():
    """Once it has settled, v^2 + beta omega^2 is the square of the speed that was asked for."""
    weights = load_weights()
    targets = draw_targets(64, np.random.default_rng(0))
    targets[4] = 0.4
    rollouts = roll_out_all(make_start(), targets, weights.limits, weights.law)
    shared = np.sqrt(rollouts.v**2 + weights.law.beta * rollouts.omega**2)
    is_far = np.hypot(targets[0] - rollouts.x, targets[1] - rollouts.y) > 1.5
    is_settled = (np.abs(rollouts.a) < 0.02) & (np.abs(rollouts.alpha) < 0.2) & (np.abs(rollouts.omega) > 0.2)
    assert (is_far & is_settled).sum() > 50
    assert shared[is_far & is_settled] == pytest.approx(0.4, rel=0.03)
