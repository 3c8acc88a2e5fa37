"""Acceleration and jerk of what is commanded."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.motion_limits import MotionLimiter, compute_limit_scale

LIMITS = load_params(SafetyControllerParams, "safety_controller").robot.limits
STEP_S = 0.02


def follow(targets: list[tuple[float, float]]) -> np.ndarray:
    limiter = MotionLimiter(LIMITS, 0.21)
    twists = []
    for target in targets:
        twist = limiter.propose(target, (0.0, 0.0), STEP_S)
        limiter.commit(twist, STEP_S, stopping=target == (0.0, 0.0))
        twists.append(twist)
    return np.array(twists)


def test_jerk_and_acceleration_stay_comfortable_and_targets_are_reached_exactly() -> None:
    stages = [(0.8, 0.8), (0.0, 0.0), (-0.2, -1.0), (0.5, 0.5), (0.0, 0.0)]
    twists = follow([stage for stage in stages for _ in range(120)])
    rates = np.diff(twists, axis=0) / STEP_S
    jerks = np.diff(rates, axis=0) / STEP_S
    assert rates[:, 0].max() <= max(LIMITS.max_acceleration_mps2, LIMITS.max_deceleration_mps2) + 1e-9
    assert -rates[:, 0].min() <= LIMITS.max_deceleration_mps2 + 1e-9
    assert np.abs(rates[:, 1]).max() <= LIMITS.max_turn_acceleration_radps2 + 1e-9
    assert np.abs(jerks[:, 0]).max() <= LIMITS.max_jerk_mps3 * 1.001
    assert np.abs(jerks[:, 1]).max() <= LIMITS.max_turn_jerk_radps3 * 1.001
    for stage, reached in zip(stages, twists[119::120]):
        np.testing.assert_allclose(reached, stage, atol=1e-6)
    assert (twists[-1] == 0.0).all()


def test_a_stop_stays_on_its_curve() -> None:
    limiter = MotionLimiter(LIMITS, 0.21)
    limiter.restart((0.8, 0.6))
    while any(limiter.twist):
        speed, turn_rate = limiter.twist
        if speed > 0.1:
            assert turn_rate / speed == pytest.approx(0.75, rel=0.15)
        limiter.commit(limiter.propose((0.0, 0.0), (0.0, 0.0), STEP_S), STEP_S, stopping=True)


def test_emergency_braking_keeps_the_curve_and_ends_in_standstill() -> None:
    limiter = MotionLimiter(LIMITS, 0.21)
    limiter.restart((1.0, 0.8))
    count = 0
    while any(limiter.twist):
        before = limiter.twist
        limiter.commit(limiter.brake(STEP_S), STEP_S, stopping=True)
        if limiter.twist[0] > 0.0:
            assert limiter.twist[1] / limiter.twist[0] == pytest.approx(0.8)
            assert before[0] - limiter.twist[0] <= LIMITS.emergency_deceleration_mps2 * STEP_S + 1e-9
        count += 1
    assert count <= math.ceil(1.0 / LIMITS.emergency_deceleration_mps2 / STEP_S) + 1
    # What was braked hard does not swing back.
    assert limiter.propose((0.0, 0.0), (0.0, 0.0), STEP_S) == (0.0, 0.0)


def test_a_trajectory_within_the_limits_passes_without_delay() -> None:
    limiter = MotionLimiter(LIMITS, 0.21)
    times = np.arange(0.0, 4.0, STEP_S)
    # Slow enough that speed, acceleration and jerk stay below the limits.
    wanted = 0.3 - 0.3 * np.cos(times)
    for time_s, target in zip(times, wanted):
        twist = limiter.propose((target, 0.0), (0.3 * math.sin(time_s), 0.0), STEP_S)
        limiter.commit(twist, STEP_S)
        assert twist[0] == pytest.approx(target, abs=2e-3)


@pytest.mark.parametrize("twist", [(3.0, 1.0), (-2.0, 0.5), (0.5, 9.0), (1.0, 2.0), (0.2, 0.1)])
def test_limits_scale_along_the_curve(twist: tuple[float, float]) -> None:
    scale = compute_limit_scale(twist, LIMITS, 0.21, math.inf)
    speed, turn_rate = scale * twist[0], scale * twist[1]
    assert -LIMITS.max_reverse_speed_mps - 1e-9 <= speed <= LIMITS.max_speed_mps + 1e-9
    assert abs(turn_rate) <= LIMITS.max_turn_rate_radps + 1e-9
    assert abs(speed) + 0.105 * abs(turn_rate) <= LIMITS.max_wheel_speed_mps + 1e-9
    if twist == (0.2, 0.1):
        assert scale == 1.0


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_turn_that_reverses_at_a_crawl_keeps_the_jerk(sign: float) -> None:
    """For one period nearly nothing is wanted, which counts as a stop; the motion before and after it is none."""
    limiter = MotionLimiter(LIMITS, 0.21)
    limiter.restart((sign * 0.0006, 0.4))
    limiter.acceleration = (sign * 0.003, -3.0)
    speeds = sign * (0.0006 + 0.003 * STEP_S * np.arange(1, 10))
    turn_rates = [0.34, 0.28, 0.22, 0.0, -0.03, -0.07, -0.1, -0.13, -0.16]
    twists = [limiter.twist]
    for speed, turn_rate in zip(speeds.tolist(), turn_rates):
        target = (speed, turn_rate) if turn_rate else (0.0, 0.0)
        feed = (sign * 0.003, -3.0) if turn_rate else (0.0, 0.0)
        twist = limiter.propose(target, feed, STEP_S)
        limiter.commit(twist, STEP_S, stopping=turn_rate == 0.0)
        twists.append(twist)
    jerks = np.diff(np.array(twists)[:, 0], n=2) / STEP_S**2
    assert np.abs(jerks).max() <= LIMITS.max_jerk_mps3 + 1e-6
