"""The screen leads the base, keeps its limits whatever it is told, and rests."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.body.gaze import LookAt
from astro_nav.body.screen import POINT_STEP_S, STEP_S, ScreenPlanner
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.params.robot import ScreenParams
from astro_nav.types import Trajectory

SCREEN = ScreenParams(
    joint="screen_pan_joint", max_pan_rad=1.57, max_speed_radps=2.0, max_acceleration_radps2=6.0, max_jerk_radps3=60.0
)
GAZE = load_params(LocalPlannerParams, "local_planner").gaze
CYCLE_S = 0.1


def make_trajectory(start_s: float, speed_mps, turn_rate_radps) -> Trajectory:
    """A trajectory of three seconds from functions of absolute time, integrated in small steps from the origin of time."""
    fine_s = 0.005
    times = np.arange(0.0, start_s + 3.0 + 1e-9, fine_s)
    yaw = np.concatenate([[0.0], np.cumsum([turn_rate_radps(t) for t in times[:-1]]) * fine_s])
    speeds = np.array([speed_mps(t) for t in times])
    x = np.concatenate([[0.0], np.cumsum(speeds[:-1] * np.cos(yaw[:-1])) * fine_s])
    y = np.concatenate([[0.0], np.cumsum(speeds[:-1] * np.sin(yaw[:-1])) * fine_s])
    picked = np.searchsorted(times, start_s + 0.1 * np.arange(31) - 1e-9)
    poses = np.stack([x, y, yaw], axis=1)[picked]
    return Trajectory(start_s, start_s, 0.1, poses, np.zeros((31, 2)), np.zeros((31, 2)))


def drive(planner: ScreenPlanner, duration_s: float, make) -> tuple[np.ndarray, np.ndarray]:
    """Carry out plans as a joint controller does; returns times and angles in steps of the filter."""
    times, angles = [], []
    for cycle in range(int(round(duration_s / CYCLE_S))):
        now_s = cycle * CYCLE_S
        motion = planner.plan(make(now_s), now_s)
        samples = planner._smooth(np.concatenate([planner._history, planner._ahead[1]]))[2:]
        count = int(round(CYCLE_S / STEP_S))
        times += [now_s + STEP_S * (k + 1) for k in range(count)]
        angles += samples[:count].tolist()
        assert motion.angles_rad[0] == pytest.approx(samples[count - 1], abs=1e-12)
    return np.array(times), np.array(angles)


def assert_within_limits(angles: np.ndarray, screen: ScreenParams) -> None:
    speed = np.diff(angles) / STEP_S
    acceleration = np.diff(speed) / STEP_S
    jerk = np.diff(acceleration) / STEP_S
    assert np.abs(angles).max() <= screen.max_pan_rad + 1e-9
    assert np.abs(speed).max() <= screen.max_speed_radps * (1 + 1e-9)
    assert np.abs(acceleration).max() <= screen.max_acceleration_radps2 * (1 + 1e-6)
    assert np.abs(jerk).max() <= screen.max_jerk_radps3 * (1 + 1e-4)


@pytest.mark.parametrize("speed_mps", [0.0, 0.4, 0.9])
def test_leads_a_turn_by_half_a_second(speed_mps: float) -> None:
    turn_rate = lambda t: 0.9 if 4.0 <= t < 5.5 else 0.0  # noqa: E731
    times, angles = drive(ScreenPlanner(SCREEN, GAZE), 9.0, lambda now: make_trajectory(now, lambda t: speed_mps, turn_rate))
    peak = angles.max()
    assert peak > 0.3
    # The screen has visibly turned at least half a second before the base begins to.
    begins_s = times[np.argmax(angles > 0.1)]
    assert begins_s <= 4.0 - 0.5
    # And where the base ends its turn the screen is on its way back already.
    assert angles[np.searchsorted(times, 5.5)] < peak
    assert abs(angles[-1]) <= GAZE.play_rad + 1e-9
    assert angles.min() >= -GAZE.play_rad - 1e-9, "never looks the other way"
    assert_within_limits(angles, SCREEN)


def test_looks_into_the_curve_and_not_beyond_the_joints_range() -> None:
    _, angles = drive(ScreenPlanner(SCREEN, GAZE), 5.0, lambda now: make_trajectory(now, lambda t: 0.0, lambda t: -2.0))
    assert angles[-1] == pytest.approx(-SCREEN.max_pan_rad, abs=GAZE.play_rad + 1e-6)
    _, angles = drive(ScreenPlanner(SCREEN, GAZE), 5.0, lambda now: make_trajectory(now, lambda t: 0.5, lambda t: 0.4))
    # On a circle, to a point ahead of where the base will be once lead and inertia have passed.
    turned = 0.4 * (GAZE.lead_s + ScreenPlanner(SCREEN, GAZE).delay_s)
    radius = 0.5 / 0.4
    there = radius * np.array([np.sin(turned), 1.0 - np.cos(turned)]) + GAZE.distance_m * np.array([np.cos(turned), np.sin(turned)])
    assert angles[-1] == pytest.approx(np.arctan2(there[1], there[0]), abs=GAZE.play_rad + 0.02)


def test_driving_straight_forwards_backwards_or_not_at_all_it_rests() -> None:
    for speed_mps in (0.8, -0.25, 0.0):
        _, angles = drive(ScreenPlanner(SCREEN, GAZE), 3.0, lambda now: make_trajectory(now, lambda t: speed_mps, lambda t: 0.0))
        assert np.abs(angles).max() <= 1e-9
    _, angles = drive(ScreenPlanner(SCREEN, GAZE, angle_rad=1.0), 4.0, lambda now: None)
    assert abs(angles[-1]) <= GAZE.play_rad + 1e-9
    assert_within_limits(angles, SCREEN)


def test_keeps_its_limits_whatever_it_is_told() -> None:
    rng = np.random.default_rng(3)
    for screen in (SCREEN, ScreenParams("j", 0.8, 0.5, 10.0, 20.0), ScreenParams("j", 3.0, 10.0, 1.0, 200.0)):
        planner = ScreenPlanner(screen, GAZE)

        def make(now_s: float) -> Trajectory | None:
            if rng.random() < 0.1:
                return None
            poses = np.cumsum(rng.normal(scale=(0.1, 0.1, 0.4), size=(31, 3)), axis=0)
            return Trajectory(now_s, now_s + rng.uniform(-0.5, 0.5), 0.1, poses, np.zeros((31, 2)), np.zeros((31, 2)))

        _, angles = drive(planner, 30.0, make)
        assert np.ptp(angles) > 0.3, "the test must move it"
        assert_within_limits(angles, screen)


def test_does_not_twitch_when_plans_differ_a_little() -> None:
    rng = np.random.default_rng(1)

    def make(now_s: float) -> Trajectory:
        return make_trajectory(now_s, lambda t: 0.5, lambda t: noise)

    planner = ScreenPlanner(SCREEN, GAZE)
    angles = []
    for cycle in range(100):
        noise = rng.normal(scale=0.01)
        planner.plan(make(cycle * CYCLE_S), cycle * CYCLE_S)
        angles.append(planner.angle_rad)
    assert np.abs(np.diff(angles)).sum() < 0.02


def test_published_points_are_ordered_and_agree_with_their_speeds() -> None:
    planner = ScreenPlanner(SCREEN, GAZE)
    for cycle in range(10):
        motion = planner.plan(make_trajectory(0.1 * cycle, lambda t: 0.3, lambda t: 1.0), 0.1 * cycle)
    assert len(motion.times_s) == 10
    np.testing.assert_allclose(motion.times_s, POINT_STEP_S * np.arange(1, 11))
    assert motion.stamp_s == pytest.approx(0.9)
    slope = np.gradient(motion.angles_rad, POINT_STEP_S)
    np.testing.assert_allclose(motion.speeds_radps[1:-1], slope[1:-1], atol=0.15)


def test_goes_on_from_where_it_is_after_a_pause_or_a_clock_set_back() -> None:
    planner = ScreenPlanner(SCREEN, GAZE)
    for cycle in range(30):
        planner.plan(make_trajectory(10.0 + 0.1 * cycle, lambda t: 0.0, lambda t: 1.0), 10.0 + 0.1 * cycle)
    angle = planner.angle_rad
    assert angle > 0.5
    motion = planner.plan(None, 5.0)
    assert motion.stamp_s == 5.0
    assert abs(motion.angles_rad[0] - angle) < 0.1


def test_a_late_cycle_continues_what_was_planned() -> None:
    def run(stamps: list[float]) -> float:
        planner = ScreenPlanner(SCREEN, GAZE)
        for now_s in stamps:
            planner.plan(make_trajectory(now_s, lambda t: 0.0, lambda t: 0.5), now_s)
        return planner.angle_rad

    steady = run([0.1 * k for k in range(21)])
    late = run([0.1 * k for k in range(12)] + [1.74, 2.0])
    assert late == pytest.approx(steady, abs=0.02)


def test_following_it_looks_at_where_the_person_is_predicted_to_be():
    params = load_params(LocalPlannerParams, "local_planner")
    planner = ScreenPlanner(params.robot.screen, params.gaze)
    steps = np.arange(31)
    still = Trajectory(0.0, 0.0, 0.1, np.zeros((31, 3)), np.zeros((31, 2)), np.zeros((31, 2)))
    for k in range(60):  # the person walks by from the right to the left, 1.5 m ahead
        now_s = 0.1 * k
        trajectory = Trajectory(now_s, now_s, 0.1, still.poses_odom, still.twists, still.accelerations)
        y = -1.5 + 0.5 * (now_s + 0.1 * steps)
        planner.plan(trajectory, now_s, LookAt(now_s, 0.1, np.column_stack([np.full(31, 1.5), y])))
        if k > 10:
            assert abs(planner.angle_rad - np.arctan2(-1.5 + 0.5 * now_s, 1.5)) < params.gaze.play_rad + 0.02
    # Whoever passes behind is not looked at by swinging over to the other side.
    for k in range(60, 120):
        now_s = 0.1 * k
        trajectory = Trajectory(now_s, now_s, 0.1, still.poses_odom, still.twists, still.accelerations)
        planner.plan(trajectory, now_s, LookAt(now_s, 0.1, np.tile([-1.5, 0.3 * np.sin(k)], (31, 1))))
        if k > 75:
            assert planner.angle_rad > params.robot.screen.max_pan_rad - 0.05
