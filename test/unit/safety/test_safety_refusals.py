"""Trajectories that must not be followed are refused with a sentence, and nothing moves by them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference.safety_world import World, room
from scenes.safety_drive import PARAMS, PERIOD_S, TrajectoryDrive, make_trajectory

from astro_nav.types import LimitedBy, Trajectory

HERE = np.zeros(3)


def standing_drive() -> TrajectoryDrive:
    """A robot at rest with fresh data and no trajectory."""
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(8.0)))
    drive.plans = False
    drive.run(0.2, (0.0, 0.0))
    return drive


def spoil(trajectory: Trajectory, name: str, index: tuple, value: float) -> Trajectory:
    array = getattr(trajectory, name).copy()
    array[index] = value
    return replace(trajectory, **{name: array})


def move_on(trajectory: Trajectory, sample: int, by: tuple[float, float, float]) -> Trajectory:
    """All poses from a sample on, moved."""
    poses = trajectory.poses_odom.copy()
    poses[sample:] += by
    return replace(trajectory, poses_odom=poses)


def at_speed(trajectory: Trajectory, speed: float, turn_rate: float) -> Trajectory:
    return make_trajectory(trajectory.stamp_s, HERE, (speed, turn_rate), (speed, turn_rate))


REFUSED = {
    "NaN in a pose": (lambda t: spoil(t, "poses_odom", (3, 0), math.nan), "NaN"),
    "NaN in a twist": (lambda t: spoil(t, "twists", (30, 1), math.nan), "NaN"),
    "infinite acceleration": (lambda t: spoil(t, "accelerations", (0, 0), math.inf), "infinity"),
    "NaN start": (lambda t: replace(t, start_s=math.nan), "not finite"),
    "NaN step": (lambda t: replace(t, step_s=math.nan), "step"),
    "step of zero": (lambda t: replace(t, step_s=0.0), "step"),
    "missing twists": (lambda t: replace(t, twists=t.twists[:-1]), "shapes"),
    "stamped in the past": (lambda t: replace(t, stamp_s=t.stamp_s - 5.0), "5.00 s old"),
    "ended in the past": (lambda t: replace(t, start_s=t.start_s - 5.0), "ended 2.00 s ago"),
    "stamped in the future": (lambda t: replace(t, stamp_s=t.stamp_s + 1.0), "1.00 s in the future"),
    "starts in the future": (lambda t: replace(t, start_s=t.start_s + 2.0), "starts in 2.00 s"),
    "too fast": (lambda t: at_speed(t, 1.5, 0.0), "max_speed_mps = 1 m/s"),
    "too fast backwards": (lambda t: at_speed(t, -0.5, 0.0), "max_reverse_speed_mps = 0.25 m/s"),
    "turns too fast": (lambda t: at_speed(t, 0.0, -3.0), "max_turn_rate_radps = 2 rad/s"),
    "jumps by a metre": (lambda t: move_on(t, 10, (0.0, 1.0, 0.0)), "jumps by 1."),
    "turns by a jump": (lambda t: move_on(t, 10, (0.0, 0.0, 1.0)), "turns by 1.00 rad"),
    "starts a metre away": (lambda t: move_on(t, 0, (0.0, 1.0, 0.0)), "1.00 m and 0.00 rad away"),
    "looks the other way": (lambda t: move_on(t, 0, (0.0, 0.0, math.pi)), "away from the robot"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_with_a_sentence_and_moves_nothing(name: str) -> None:
    damage, words = REFUSED[name]
    drive = standing_drive()
    sentence = drive.controller.set_trajectory(damage(make_trajectory(drive.world.now, HERE)), drive.world.now)
    assert words in sentence
    begin = len(drive.verdicts)
    drive.run(0.6, (0.0, 0.0))
    assert not drive.commands[begin:].any()
    assert drive.verdicts[-1].limited_by is LimitedBy.BAD_INPUT and drive.verdicts[-1].reason == sentence


def test_the_same_trajectory_undamaged_is_followed() -> None:
    drive = standing_drive()
    assert drive.controller.set_trajectory(make_trajectory(drive.world.now, HERE), drive.world.now) == ""
    drive.run(0.3, (0.0, 0.0))
    assert drive.commands[-1, 0] > 0.05


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_trajectory_leaves_the_one_before_in_force(name: str) -> None:
    damage, _ = REFUSED[name]
    alone, disturbed = standing_drive(), standing_drive()
    for drive in (alone, disturbed):
        assert drive.controller.set_trajectory(make_trajectory(drive.world.now, HERE), drive.world.now) == ""
    assert disturbed.controller.set_trajectory(damage(make_trajectory(disturbed.world.now, HERE)), disturbed.world.now)
    for drive in (alone, disturbed):
        drive.run(PARAMS.watchdog.trajectory_slow_after_s - 2 * PERIOD_S, (0.0, 0.0))
    assert alone.commands[-1, 0] > 0.05
    assert np.array_equal(alone.commands, disturbed.commands)


def test_an_older_trajectory_than_the_one_followed_is_refused() -> None:
    drive = standing_drive()
    now_s = drive.world.now
    assert drive.controller.set_trajectory(make_trajectory(now_s, HERE), now_s) == ""
    assert "0.05 s older than the one followed" in drive.controller.set_trajectory(make_trajectory(now_s - 0.05, HERE), now_s)


def test_an_empty_trajectory_means_stand() -> None:
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(8.0)))
    drive.run(1.5, (0.5, 0.0))
    drive.plans = False
    empty = make_trajectory(drive.world.now, HERE, count=0)
    assert drive.controller.set_trajectory(empty, drive.world.now) == ""
    drive.run(1.5, (0.0, 0.0))
    assert drive.stands and not drive.commands[-1].any()
    assert drive.verdicts[-1].limited_by is LimitedBy.NO_TRAJECTORY
