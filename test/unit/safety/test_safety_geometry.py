"""Outline and sweep, against the slow exact formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_nav.geometry.footprint import compute_signed_distances, parse_footprint
from astro_nav.geometry.se2 import integrate_twist, invert, transform_points
from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.outline import Outline
from astro_nav.safety.sweep import Braking, MotionChecker, compute_braking, sweep_arc

PARAMS = load_params(SafetyControllerParams, "safety_controller")
OUTLINES = {
    "box": "[[0.21, 0.125], [-0.21, 0.125], [-0.21, -0.125], [0.21, -0.125]]",
    "triangle": "[[0.3, 0.0], [-0.15, 0.2], [-0.15, -0.2]]",
    "notched": "[[0.3, 0.2], [0.1, 0.0], [0.3, -0.2], [-0.2, -0.2], [-0.2, 0.2]]",
}


@pytest.mark.parametrize("name", OUTLINES)
def test_clearances_are_those_of_the_exact_formula(name: str) -> None:
    vertices = parse_footprint(OUTLINES[name])
    points = np.random.default_rng(1).uniform(-0.6, 0.6, (2000, 2))
    measured = Outline(vertices).measure_clearances(points[:, 0].reshape(40, 50), points[:, 1].reshape(40, 50))
    np.testing.assert_allclose(measured.reshape(-1), compute_signed_distances(points, vertices), atol=1e-9)


@pytest.mark.parametrize("name", OUTLINES)
def test_no_point_of_the_outline_is_faster_than_its_speed(name: str) -> None:
    vertices = parse_footprint(OUTLINES[name])
    for speed, turn_rate in ((0.7, 0.0), (0.0, 1.5), (0.4, -2.0), (-0.2, 0.8)):
        velocities = np.stack([speed - turn_rate * vertices[:, 1], turn_rate * vertices[:, 0]], axis=1)
        assert Outline(vertices).compute_speed(speed, turn_rate) == pytest.approx(np.linalg.norm(velocities, axis=1).max())


def test_arc_is_the_exponential_map() -> None:
    sweep = sweep_arc(0.5, -0.8, 0.6, 0.9, 0.02)
    times = sweep.travels_m / 0.6
    expected = integrate_twist(np.zeros((len(times), 3)), np.array([0.5, -0.8]), times)
    np.testing.assert_allclose(np.stack([sweep.x_m, sweep.y_m, sweep.yaw_rad], axis=1), expected, atol=1e-9)


@given(st.floats(0.0, 2.0), st.floats(0.0, 0.5), st.floats(0.1, 5.0))
def test_speed_and_braking_distance_are_inverse(speed: float, reaction_s: float, deceleration: float) -> None:
    braking = Braking(reaction_s, deceleration)
    assert braking.compute_speed_mps(np.array(braking.compute_distance_m(speed))) == pytest.approx(speed, abs=1e-6)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6))
def test_an_allowed_motion_ends_before_everything(seed: int) -> None:
    """Drive the allowed speed for the reaction time, brake along the curve, and look at every pose in small steps."""
    rng = np.random.default_rng(seed)
    vertices = parse_footprint(OUTLINES[str(rng.choice(list(OUTLINES)))])
    outline = Outline(vertices)
    points = rng.uniform(-1.2, 1.2, (int(rng.integers(1, 40)), 2))
    points = points[compute_signed_distances(points, vertices) > 0.02]
    if not len(points):
        return
    twist = np.array([rng.uniform(-0.5, 1.0), rng.uniform(-2.0, 2.0)])
    speed = outline.compute_speed(*twist)
    checker = MotionChecker(PARAMS.check, outline)
    around = checker.look_around(points, np.full(len(points), -1), np.full(len(points), np.nan), (0.0, 0.0, 0.0))
    braking = compute_braking(*twist, speed, 2.5, 8.0, 0.1)
    sweep = sweep_arc(*twist, speed, braking.compute_distance_m(speed) + 0.1, PARAMS.check.spacing_m)
    result = checker.check(around, sweep, speed, braking, twist[0] < 0.0, 1.0, 0.5)
    share = min(1.0, result.allowed_mps / speed)
    stopping_s = share * speed / braking.deceleration_mps2
    pose = np.zeros(3)
    for k in range(200):
        time_s = (k + 0.5) * (0.1 + stopping_s) / 200
        factor = share * (1.0 if time_s < 0.1 else 1.0 - (time_s - 0.1) / max(stopping_s, 1e-9))
        pose = integrate_twist(pose, factor * twist, (0.1 + stopping_s) / 200)
        assert compute_signed_distances(transform_points(invert(pose), points), vertices).min() > 0.0


def test_allowed_speed_is_continuous_in_the_place_of_an_obstacle() -> None:
    outline = Outline(parse_footprint(OUTLINES["box"]))
    checker = MotionChecker(PARAMS.check, outline)
    braking = compute_braking(0.8, 0.0, 0.8, 1.0, 3.0, 0.15)
    sweep = sweep_arc(0.8, 0.0, 0.8, 0.6, PARAMS.check.spacing_m)
    allowed = []
    for x in np.arange(0.9, 0.22, -0.0005):
        around = checker.look_around(np.array([[x, 0.0]]), np.full(1, -1), np.full(1, np.nan), (0.0, 0.0, 0.0))
        allowed.append(min(checker.check(around, sweep, 0.8, braking, False, 1.0, 0.5).allowed_mps, 0.8))
    assert np.abs(np.diff(allowed)).max() < 0.05
    assert allowed[0] == 0.8 and allowed[-1] <= PARAMS.check.escape_speed_mps


def test_touched_points_forbid_coming_nearer_only() -> None:
    outline = Outline(parse_footprint(OUTLINES["box"]))
    checker = MotionChecker(PARAMS.check, outline)
    around = checker.look_around(np.array([[0.211, 0.0]]), np.full(1, -1), np.full(1, np.nan), (0.0, 0.0, 0.0))

    def find_allowed(speed: float, turn_rate: float) -> float:
        outline_speed = outline.compute_speed(speed, turn_rate)
        braking = compute_braking(speed, turn_rate, outline_speed, 2.5, 8.0, 0.06)
        sweep = sweep_arc(speed, turn_rate, outline_speed, 0.2, 0.02)
        return checker.check(around, sweep, outline_speed, braking, speed < 0.0, 1.0, 0.5).allowed_mps

    assert find_allowed(0.3, 0.0) == 0.0
    assert find_allowed(-0.2, 0.0) == pytest.approx(PARAMS.check.escape_speed_mps)
    assert math.isinf(find_allowed(-0.2, 0.0)) is False


def test_room_is_kept_for_a_step_that_somebody_may_take_while_the_robot_brakes() -> None:
    outline = Outline(parse_footprint(OUTLINES["box"]))
    checker = MotionChecker(PARAMS.check, outline)
    braking = compute_braking(0.8, 0.0, 0.8, 2.5, 8.0, 0.1)
    sweep = sweep_arc(0.8, 0.0, 0.8, 1.5, PARAMS.check.spacing_m)
    point, origins = np.array([[0.8, 0.0]]), np.full(1, -1)

    def find_allowed(unseen_s: float, standing_in_s: float = 0.4) -> float:
        around = checker.look_around(point, origins, np.array([unseen_s]), (0.0, 0.0, 0.0))
        return checker.check(around, sweep, 0.8, braking, False, 1.0, standing_in_s).allowed_mps

    thing, person, long_unseen = find_allowed(np.nan), find_allowed(0.0), find_allowed(0.1)
    assert thing > person > long_unseen > 0.0
    # Whatever they do, standing where one is stays possible, and so does going away.
    away = sweep_arc(-0.2, 0.0, 0.2, 0.3, PARAMS.check.spacing_m)
    around = checker.look_around(np.array([[0.25, 0.0]]), origins, np.array([0.1]), (0.0, 0.0, 0.0))
    backing = compute_braking(-0.2, 0.0, 0.2, 2.5, 8.0, 0.1)
    assert checker.check(around, away, 0.2, backing, True, 1.0, 0.4).allowed_mps >= PARAMS.check.escape_speed_mps
