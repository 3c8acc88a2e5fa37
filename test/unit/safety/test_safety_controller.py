"""The controller as a whole: whose wish counts, what stops it, and what it says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference.safety_world import World, room

from astro_nav.geometry.se2 import integrate_twist
from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.controller import SafetyController
from astro_nav.types import LimitedBy, Trajectory, Verdict

PARAMS = load_params(SafetyControllerParams, "safety_controller")
PERIOD_S = 0.02
LASER = np.zeros(3)


def make_trajectory(
    world: World, twist: tuple[float, float], start_s: float | None = None, count: int = 31, stop: bool = False
) -> Trajectory:
    """A constant motion from where the robot is, optionally slowing to rest."""
    start_s = world.now if start_s is None else start_s
    times = np.arange(count) * 0.1
    pose = np.array([world.x, world.y, world.yaw])
    twists = np.tile(twist, (count, 1))
    accelerations = np.zeros((count, 2))
    if stop:
        share = np.clip(1.0 - times / 1.5, 0.0, 1.0)
        ways = times - np.minimum(times, 1.5) ** 2 / 3.0 - np.maximum(times - 1.5, 0.0)
        poses = integrate_twist(np.tile(pose, (count, 1)), twists, ways)
        accelerations = np.where(times[:, None] < 1.5, -twists / 1.5, 0.0)
        twists = twists * share[:, None]
    else:
        poses = integrate_twist(np.tile(pose, (count, 1)), twists, times)
    return Trajectory(world.now, start_s, 0.1, poses, twists, accelerations)


class Loop:
    """Controller and an empty room, everything fresh every period."""

    def __init__(self) -> None:
        self.world = World(PARAMS.robot.footprint, room(20.0))
        self.controller = SafetyController(PARAMS)
        self.period = 0
        self.clock_offset_s = 0.0
        self.verdicts: list[Verdict] = []

    @property
    def now_s(self) -> float:
        return self.world.now + self.clock_offset_s

    def step(self, send=None, feed: bool = True) -> Verdict:
        if feed:
            odometry = self.world.odometry()
            self.controller.add_odometry(replace(odometry, stamp_s=self.now_s), self.now_s)
            if self.period % 5 == 0:
                self.controller.add_scan(replace(self.world.scan(rays=60), stamp_s=self.now_s), LASER, self.now_s)
        if send is not None:
            send(self)
        verdict = self.controller.step(self.now_s, self.world.now)
        self.world.send(*verdict.twist)
        self.world.step(PERIOD_S)
        self.period += 1
        self.verdicts.append(verdict)
        return verdict

    def run(self, duration_s: float, send=None, feed: bool = True) -> Verdict:
        for _ in range(round(duration_s / PERIOD_S)):
            verdict = self.step(send, feed)
        return verdict


@pytest.fixture
def loop() -> Loop:
    loop = Loop()
    loop.run(0.6)
    return loop


def teleop(speed: float, turn_rate: float = 0.0):
    return lambda loop: loop.controller.set_teleop(np.array([speed, turn_rate]), loop.now_s)


def replan(speed: float, turn_rate: float = 0.0):
    """A local planner: a new trajectory every 0.1 s."""

    def send(loop: Loop) -> None:
        if loop.period % 5 == 0:
            assert loop.controller.set_trajectory(make_trajectory(loop.world, (speed, turn_rate)), loop.now_s) == ""

    return send


def test_nobody_asks(loop: Loop) -> None:
    verdict = loop.step()
    assert not verdict.twist.any()
    assert verdict.limited_by is LimitedBy.NO_TRAJECTORY


def test_waits_for_data_with_a_sentence() -> None:
    controller = SafetyController(PARAMS)
    verdict = controller.step(10.0, 1.0)
    assert not verdict.twist.any()
    assert "waiting for odom" in verdict.reason


def test_follows_trajectories_without_a_kick_between_them(loop: Loop) -> None:
    loop.run(4.0, replan(0.6, 0.3))
    twists = np.array([verdict.twist for verdict in loop.verdicts])[-100:]
    np.testing.assert_allclose(twists, np.tile([0.6, 0.3], (100, 1)), atol=0.03)
    assert np.abs(np.diff(twists, axis=0)).max() < 0.01


def test_waits_for_the_start_of_a_trajectory(loop: Loop) -> None:
    trajectory = make_trajectory(loop.world, (0.4, 0.0), start_s=loop.now_s + 0.5)
    assert loop.controller.set_trajectory(trajectory, loop.now_s) == ""
    assert not loop.run(0.4).twist.any()
    assert loop.run(0.2).twist[0] > 0.0


def test_a_planner_that_plans_far_ahead_is_followed_although_the_next_plan_comes_before_the_last_has_begun(loop: Loop) -> None:
    def send(running: Loop) -> None:
        if running.period % 5 == 0:
            # From 0.35 s ahead, where the robot will be if it does what it was told.
            ahead = make_trajectory(running.world, (0.4, 0.0), start_s=running.now_s + 0.35)
            ahead = replace(ahead, poses_odom=ahead.poses_odom + [0.35 * running.world.v, 0.0, 0.0])
            assert running.controller.set_trajectory(ahead, running.now_s) == ""

    loop.run(2.0, send)
    assert loop.verdicts[-1].twist[0] == pytest.approx(0.4, abs=0.05)


def test_comes_to_rest_at_the_end_exactly_and_stays(loop: Loop) -> None:
    loop.run(2.0, replan(0.5))
    final = make_trajectory(loop.world, (0.5, 0.0), stop=True)
    end = loop.world.x + 0.5 * 1.5 / 2.0

    def renew(running: Loop) -> None:
        if running.period % 5 == 0:
            assert running.controller.set_trajectory(replace(final, stamp_s=running.now_s), running.now_s) == ""

    loop.run(2.6, renew)
    assert all(not verdict.twist.any() for verdict in loop.verdicts[-20:])
    assert loop.world.x == pytest.approx(end, abs=0.02)


def test_stops_within_the_limits_when_the_planner_falls_silent(loop: Loop) -> None:
    loop.run(2.0, replan(0.6))
    count = len(loop.verdicts)
    verdict = loop.run(2.5)
    assert not verdict.twist.any()
    assert verdict.limited_by is LimitedBy.TRAJECTORY_AGE
    assert "local planner" in verdict.reason
    braking = np.diff([verdict.twist[0] for verdict in loop.verdicts[count:]]) / PERIOD_S
    assert braking.min() >= -PARAMS.robot.limits.max_deceleration_mps2 - 1e-6


def test_an_empty_trajectory_means_standing(loop: Loop) -> None:
    loop.run(1.5, replan(0.6))
    empty = Trajectory(loop.now_s, 0.0, 0.0, np.empty((0, 3)), np.empty((0, 2)), np.empty((0, 2)))
    assert loop.controller.set_trajectory(empty, loop.now_s) == ""
    verdict = loop.run(1.5)
    assert not verdict.twist.any() and verdict.limited_by is LimitedBy.NO_TRAJECTORY


def test_the_joystick_goes_first_and_is_limited(loop: Loop) -> None:
    loop.run(1.0, replan(0.3))
    verdict = loop.run(2.0, teleop(5.0))
    assert verdict.twist[0] == pytest.approx(PARAMS.robot.limits.max_speed_mps)
    verdict = loop.run(2.5)
    assert not verdict.twist.any()


def test_a_joystick_with_nan_is_refused(loop: Loop) -> None:
    assert "finite" in loop.controller.set_teleop(np.array([math.nan, 0.0]), loop.now_s)


def damage(**changes):
    return lambda trajectory: replace(trajectory, **changes)


def jump(trajectory: Trajectory) -> Trajectory:
    poses = trajectory.poses_odom.copy()
    poses[10:, 0] += 1.0
    return replace(trajectory, poses_odom=poses)


def poison(trajectory: Trajectory) -> Trajectory:
    twists = trajectory.twists.copy()
    twists[3, 1] = math.nan
    return replace(trajectory, twists=twists)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: replace(t, start_s=t.start_s + 30.0), "starts in"),
        (lambda t: replace(t, start_s=t.start_s - 30.0), "ended"),
        (lambda t: replace(t, stamp_s=t.stamp_s + 30.0), "in the future"),
        (lambda t: replace(t, stamp_s=t.stamp_s - 30.0), "old"),
        (poison, "NaN"),
        (jump, "jumps by"),
        (lambda t: replace(t, poses_odom=t.poses_odom + np.array([1.0, 0.0, 0.0])), "away from the robot"),
        (lambda t: replace(t, twists=t.twists * 10.0), "limit max_speed_mps"),
        (lambda t: replace(t, twists=t.twists[:5]), "shapes"),
        (damage(step_s=0.0), "step"),
        (
            lambda t: replace(
                t, poses_odom=t.poses_odom * np.array([1.0, 1.0, 0.0]) + np.linspace(0.0, 30.0, 31)[:, None] * [0.0, 0.0, 1.0]
            ),
            "turns by",
        ),
    ],
)
def test_unusable_trajectories_are_refused_and_the_present_one_goes_on(loop: Loop, change, words: str) -> None:
    loop.run(1.5, replan(0.4))
    problem = loop.controller.set_trajectory(change(make_trajectory(loop.world, (0.4, 0.0))), loop.now_s)
    assert words in problem
    assert loop.run(0.2).twist[0] == pytest.approx(0.4, abs=0.02)
    loop.controller.set_trajectory(change(make_trajectory(loop.world, (0.4, 0.0))), loop.now_s)
    verdict = loop.run(0.7)
    assert verdict.limited_by in (LimitedBy.BAD_INPUT, LimitedBy.TRAJECTORY_AGE)


def test_speed_limit_works_at_once_and_smoothly_and_is_lifted(loop: Loop) -> None:
    loop.run(2.0, replan(0.8))
    loop.controller.set_speed_limit(0.3)
    count = len(loop.verdicts)
    verdict = loop.run(1.5, replan(0.8))
    assert verdict.twist[0] == pytest.approx(0.3, abs=0.01)
    assert verdict.limited_by is LimitedBy.SPEED_LIMIT
    assert np.diff([verdict.twist[0] for verdict in loop.verdicts[count:]]).min() >= -1.001 * PERIOD_S
    loop.controller.set_speed_limit(0.0)
    assert loop.run(1.5, replan(0.8)).twist[0] == pytest.approx(0.8, abs=0.02)


def test_emergency_stop_is_hard_and_lasts_until_let_go(loop: Loop) -> None:
    loop.run(2.0, teleop(0.8))
    loop.controller.set_emergency_stop(True)
    verdict = loop.run(0.8 / PARAMS.robot.limits.emergency_deceleration_mps2 + 2 * PERIOD_S, teleop(0.8))
    assert not verdict.twist.any()
    assert verdict.limited_by is LimitedBy.EMERGENCY_STOP
    loop.controller.set_emergency_stop(False)
    assert loop.run(1.0, teleop(0.8)).twist[0] > 0.3


def test_shutting_down_is_zero_at_once(loop: Loop) -> None:
    loop.run(1.0, teleop(0.8))
    loop.controller.shut_down()
    verdict = loop.step(teleop(0.8))
    assert not verdict.twist.any() and verdict.limited_by is LimitedBy.SHUTDOWN


@pytest.mark.parametrize("jump_s", [-20.0, 20.0])
def test_a_clock_that_jumps_stops_the_robot_until_there_is_fresh_data(loop: Loop, jump_s: float) -> None:
    loop.run(1.5, teleop(0.6))
    loop.clock_offset_s += jump_s
    verdict = loop.step(feed=False)
    assert verdict.limited_by is LimitedBy.CLOCK and "jumped" in verdict.reason
    assert verdict.twist[0] < 0.6
    assert not loop.run(0.6, feed=False).twist.any()
    assert loop.run(1.5, teleop(0.6)).twist[0] > 0.4


def test_a_clock_that_stands_still_stops_the_robot(loop: Loop) -> None:
    loop.run(1.5, teleop(0.6))
    stopped_s = loop.now_s
    for _ in range(100):
        loop.clock_offset_s = stopped_s - loop.world.now
        verdict = loop.step(teleop(0.6), feed=False)
    assert not verdict.twist.any()
    assert verdict.limited_by is LimitedBy.CLOCK and "stood still" in verdict.reason


def test_a_late_loop_slows_and_a_frozen_one_starts_from_rest(loop: Loop) -> None:
    loop.run(2.0, teleop(0.8))
    loop.world.step(0.12)
    loop.run(0.3, teleop(0.8))
    assert loop.verdicts[-1].limited_by is LimitedBy.LATE_LOOP
    assert 0.3 < loop.verdicts[-1].twist[0] < 0.8
    # Frozen for so long that the base has stopped by itself.
    loop.world.step(3.0)
    assert loop.step(teleop(0.8)).twist[0] < 0.1


def test_odometry_that_jumps_voids_map_and_trajectory(loop: Loop) -> None:
    loop.run(1.5, replan(0.4))
    loop.world.x += 1.0
    odometry = replace(loop.world.odometry(), stamp_s=loop.now_s)
    assert "jumped by" in loop.controller.add_odometry(odometry, loop.now_s)
    assert loop.controller.make_grid(loop.now_s).occupancy.max() < 0
    loop.run(0.3)
    assert loop.run(1.0, replan(0.4)).twist[0] > 0.2


@pytest.mark.parametrize(
    ("pose", "twist"), [([math.nan, 0.0, 0.0], [0.0, 0.0]), ([0.0, 0.0, 0.0], [math.inf, 0.0]), ([0.0, 0.0, 0.0], [50.0, 0.0])]
)
def test_bad_odometry_is_refused(loop: Loop, pose: list, twist: list) -> None:
    odometry = replace(loop.world.odometry(), pose_odom_base=np.array(pose), twist=np.array(twist))
    assert "check the base driver" in loop.controller.add_odometry(odometry, loop.now_s)


def test_bumper_and_cliff_allow_only_backing_away(loop: Loop) -> None:
    for sense in (
        lambda: loop.controller.add_bumper(True, loop.now_s, "bumper"),
        lambda: loop.controller.add_range(0.4, loop.now_s, "cliff"),
    ):
        loop.run(1.0, teleop(0.5))
        sense()

        def keep(running: Loop, speed: float) -> None:
            sense()
            running.controller.set_teleop(np.array([speed, 0.0]), running.now_s)

        verdict = loop.run(1.0, lambda running: keep(running, 0.5))
        assert not verdict.twist.any() and verdict.limited_by in (LimitedBy.BUMPER, LimitedBy.CLIFF)
        assert loop.run(1.0, lambda running: keep(running, -0.2)).twist[0] == pytest.approx(
            -PARAMS.check.escape_speed_mps, abs=0.01
        )
        loop.controller.add_bumper(False, loop.now_s, "bumper")
        loop.run(1.5, lambda running: running.controller.add_range(0.02, running.now_s, "cliff"))


def test_reasons_stay_long_enough_to_be_read(loop: Loop) -> None:
    """Odometry that comes and goes every other period must not make the reason flicker."""
    loop.run(1.0, teleop(0.5))
    changes = 0
    for period in range(100):
        loop.controller.set_speed_limit(0.2 if period % 2 else 0.0)
        before = loop.verdicts[-1].limited_by
        changes += loop.step(teleop(0.5)).limited_by is not before
    assert changes <= 4


def test_the_same_inputs_give_the_same_commands() -> None:
    runs = []
    for _ in range(2):
        loop = Loop()
        loop.run(1.0)
        loop.run(2.0, teleop(0.7, 0.4))
        runs.append(np.array([verdict.twist for verdict in loop.verdicts]))
    assert (runs[0] == runs[1]).all()
