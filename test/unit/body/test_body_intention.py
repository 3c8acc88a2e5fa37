"""Beyond the trajectory the base is taken to go on along the path, and to turn to the goal's heading where it ends."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.body.intention import TURN_RADPS, extend_motion
from astro_nav.body.screen import ScreenPlanner
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import Trajectory

PARAMS = load_params(LocalPlannerParams, "local_planner")


def make_drive(speed_mps: float, length_m: float = 99.0, start_s: float = 10.0) -> Trajectory:
    """Three seconds straight ahead along x; at rest after `length_m`."""
    x = np.minimum(0.1 * speed_mps * np.arange(31), length_m)
    poses = np.column_stack([x, np.zeros((31, 2))])
    twists = np.column_stack([np.where(x < length_m, speed_mps, 0.0), np.zeros(31)])
    return Trajectory(start_s, start_s, 0.1, poses, twists, np.zeros((31, 2)))


def test_goes_on_along_the_path_at_its_speed() -> None:
    along, up = np.arange(0.0, 2.0, 0.05), np.arange(0.0, 3.01, 0.05)
    corner = np.column_stack([np.r_[along, np.full(len(up), 2.0)], np.r_[0.0 * along, up]])
    path = np.column_stack([corner, np.where(np.arange(len(corner)) < len(along), 0.0, 0.5 * np.pi)])
    times_s, poses = extend_motion(make_drive(0.5), path, 16.0)
    assert times_s[-1] == pytest.approx(16.0) and np.allclose(np.diff(times_s), 0.1)
    np.testing.assert_allclose(np.hypot(*np.diff(poses[:, :2], axis=0).T), 0.05, atol=0.025)
    np.testing.assert_allclose(poses[-1], [2.0, 1.0, 0.5 * np.pi], atol=0.03)
    assert np.abs(np.diff(poses[:, 2])).max() <= 0.1 * TURN_RADPS + 1e-9


@pytest.mark.parametrize("heading_rad", [2.5, -2.5])
def test_turns_to_the_goals_heading_where_the_trajectory_comes_to_rest(heading_rad: float) -> None:
    # At the goal after a second; the trajectory only stands there.
    path = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, heading_rad]])
    times_s, poses = extend_motion(make_drive(0.5, length_m=0.5), path, 14.0)
    begins_s = times_s[np.argmax(np.abs(poses[:, 2]) > 0.05)]
    assert 10.8 <= begins_s <= 11.3, "as soon as it is there, not after the horizon"
    assert poses[-1, 2] == pytest.approx(heading_rad)
    np.testing.assert_allclose(poses[-1, :2], [0.5, 0.0], atol=0.11)


def test_without_a_path_the_motion_is_the_trajectory() -> None:
    trajectory = make_drive(0.5)
    for path in (None, np.zeros((0, 3))):
        times_s, poses = extend_motion(trajectory, path, 20.0)
        np.testing.assert_array_equal(poses, trajectory.poses_odom)
        assert times_s[-1] == pytest.approx(trajectory.end_s)


def test_a_trajectory_that_turns_by_itself_is_believed() -> None:
    poses = np.zeros((31, 3))
    poses[:, 2] = np.minimum(0.1 * np.arange(31), 1.5)
    turning = Trajectory(0.0, 0.0, 0.1, poses, np.zeros((31, 2)), np.zeros((31, 2)))
    _, extended = extend_motion(turning, np.array([[0.0, 0.0, 1.5]]), 3.0)
    np.testing.assert_array_equal(extended, poses)


def test_the_screen_announces_the_turn_at_the_goal() -> None:
    """The base comes to rest at 2 s and turns left at 2.5 s, which no trajectory says before."""
    path = np.array([[0.0, 0.0, 0.0], [0.8, 0.0, 1.6]])

    def look(path_odom):
        planner = ScreenPlanner(PARAMS.robot.screen, PARAMS.gaze)
        angles = []
        for cycle in range(25):
            x = np.minimum(0.4 * (0.1 * cycle + 0.1 * np.arange(31)), 0.8)
            drive = Trajectory(0.1 * cycle, 0.1 * cycle, 0.1, np.column_stack([x, np.zeros((31, 2))]), np.zeros((31, 2)), np.zeros((31, 2)))
            planner.plan(drive, 0.1 * cycle, None, path_odom)
            angles.append(planner.angle_rad)
        return np.array(angles)

    assert look(path)[19] > 0.1, "half a second before"
    assert np.abs(look(None)).max() < 0.01


def test_a_path_that_ends_behind_or_here_is_no_error() -> None:
    for path in (np.array([[-1.0, 0.0, 0.0]]), np.array([[1.5, 0.0, 3.0]]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])):
        times_s, poses = extend_motion(make_drive(0.5), path, 15.0)
        assert np.isfinite(poses).all() and len(times_s) == len(poses)
