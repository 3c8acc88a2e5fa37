"""The local planner's parts: fast-forwarding, guidance, where the optimizer looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_nav.geometry import se2
from astro_nav.local_planning.fast_forward import CommittedMotion, fast_forward_robot, sample_trajectory
from astro_nav.local_planning.guidance import PathGuide
from astro_nav.local_planning.sampling import (
    draw_low_discrepancy,
    limit_candidates,
    list_seeds,
    move_candidate,
    sample_globally,
)
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import LocalGrid, Odometry, Trajectory

PARAMS = load_params(LocalPlannerParams, "local_planner")


def make_trajectory(speed=0.5, start_s=10.0, steps=31):
    x = speed * 0.1 * np.arange(steps)
    poses = np.stack([x, np.zeros(steps), np.zeros(steps)], axis=1)
    twists = np.tile([speed, 0.0], (steps, 1))
    return Trajectory(start_s, start_s, 0.1, poses, twists, np.zeros((steps, 2)))


def commit(*trajectories):
    motion = CommittedMotion()
    for trajectory in trajectories:
        motion.add(trajectory)
    return motion


def make_grid(walls=()):
    """A free map of 6 x 6 m with its corner at (-3, -3); walls are slices of cells."""
    occupancy = np.zeros((120, 120), dtype=np.int8)
    for rows, columns in walls:
        occupancy[rows, columns] = 100
    from scipy.ndimage import distance_transform_edt

    distance = 0.05 * distance_transform_edt(occupancy == 0) if walls else np.full((120, 120), 2.0)
    return LocalGrid(0.0, np.array([-3.0, -3.0]), 0.05, occupancy, np.minimum(distance, 2.0).astype(np.float32))


def test_a_robot_on_its_trajectory_starts_from_the_trajectorys_speed():
    odometry = Odometry(10.5, np.array([0.25, 0.004, 0.0]), np.array([0.52, 0.01]))
    state = fast_forward_robot(odometry, commit(make_trajectory()), 10.6, 0.15, 0.1)
    np.testing.assert_allclose(state.twist, [0.5, 0.0], atol=1e-3)  # the noise of odometry is left out
    np.testing.assert_allclose(state.pose_odom_base, [0.30, 0.004, 0.0], atol=2e-3)


def test_a_robot_that_was_stopped_starts_from_standstill():
    odometry = Odometry(10.5, np.array([0.1, 0.0, 0.0]), np.zeros(2))
    state = fast_forward_robot(odometry, commit(make_trajectory()), 10.6, 0.15, 0.1)
    assert abs(state.twist[0]) < 0.02
    np.testing.assert_allclose(state.pose_odom_base, [0.1, 0.0, 0.0], atol=0.01)


def test_without_a_trajectory_the_measured_motion_goes_on():
    state = fast_forward_robot(Odometry(1.0, np.zeros(3), np.array([1.0, 1.0])), CommittedMotion(), 1.5, 0.15, 0.1)
    np.testing.assert_allclose(state.pose_odom_base, [np.sin(0.5), 1 - np.cos(0.5), 0.5], atol=1e-9)


def test_until_a_plan_takes_effect_the_robot_does_what_all_plans_before_it_say():
    """With a lead of 0.3 s three trajectories lie between the newest odometry and the start of the next one."""
    speeds = [0.2, 0.4, 0.6, 0.8]
    motion = commit(*(make_trajectory(speed, 10.0 + 0.1 * k) for k, speed in enumerate(speeds)))
    state = fast_forward_robot(Odometry(10.05, np.array([0.01, 0.0, 0.0]), np.array([0.2, 0.0])), motion, 10.35, 0.15, 0.1)
    # 0.05 s at 0.2, 0.1 s each at 0.4 and 0.6, 0.05 s at 0.8 m/s
    assert state.pose_odom_base[0] == pytest.approx(0.01 + 0.15, abs=1e-3)
    assert state.twist[0] == pytest.approx(0.8, abs=1e-6)
    # Who is far from where the plans thought it would be goes on as measured, for what the plans changed was no motion.
    astray = fast_forward_robot(Odometry(10.05, np.array([5.0, 1.0, 0.0]), np.array([0.2, 0.0])), motion, 10.35, 0.15, 0.1)
    np.testing.assert_allclose(astray.pose_odom_base, [5.0 + 0.2 * 0.3, 1.0, 0.0], atol=1e-3)
    assert astray.twist[0] == pytest.approx(0.2, abs=1e-3)


@pytest.mark.parametrize("lead_cycles", [1, 3, 6])
def test_a_lasting_deviation_is_put_right_once_however_many_plans_are_under_way(lead_cycles):
    """A robot that does not get faster than 0.5 m/s, told to drive at 0.8 m/s: the plans settle at what it does."""
    motion, speeds = CommittedMotion(), []
    for cycle in range(60):
        now_s = 20.0 + 0.1 * cycle
        odometry = Odometry(now_s - 0.1, np.array([0.05 * cycle, 0.0, 0.0]), np.array([0.5, 0.0]))
        state = fast_forward_robot(odometry, motion, now_s + 0.1 * lead_cycles, 0.15, 0.1)
        speed = np.minimum(state.twist[0] + 0.08 * np.arange(31), 0.8)
        x = state.pose_odom_base[0] + np.concatenate([[0.0], np.cumsum(0.05 * (speed[1:] + speed[:-1]))])
        poses, twists = (np.stack([column, *[np.zeros(31)] * rest], axis=1) for column, rest in ((x, 2), (speed, 1)))
        motion.add(Trajectory(now_s, state.stamp_s, 0.1, poses, twists, np.zeros((31, 2))))
        speeds.append(state.twist[0])
    assert 0.4 <= min(speeds) and max(speeds) <= 0.9


def test_a_plan_that_comes_first_after_all_takes_the_place_of_later_ones():
    motion = commit(make_trajectory(0.2, 10.0), make_trajectory(0.9, 10.5), make_trajectory(0.4, 10.3))
    assert motion.sample(10.6)[1][0] == pytest.approx(0.4)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_the_measurements_share_is_continuous(first, second):
    def start_speed(measured):
        odometry = Odometry(10.5, np.array([0.25, 0.0, 0.0]), np.array([measured, 0.0]))
        return fast_forward_robot(odometry, commit(make_trajectory()), 10.6, 0.15, 0.1).twist[0]

    assert abs(start_speed(first) - start_speed(second)) <= 4.0 * abs(first - second) + 1e-9


def test_samples_of_a_trajectory_are_held_at_its_ends():
    trajectory = make_trajectory()
    assert sample_trajectory(trajectory, 9.0)[0][0] == 0.0
    assert sample_trajectory(trajectory, 99.0)[0][0] == pytest.approx(1.5)
    assert sample_trajectory(trajectory, 10.25)[0][0] == pytest.approx(0.125)


def make_guide(path):
    guide = PathGuide(PARAMS.guidance, 0.125, 120)
    guide.set_path(np.array(path, dtype=float))
    return guide


def straight(x0, x1, y=0.0):
    return [(x, y, 0.0) for x in np.arange(x0, x1 + 1e-9, 0.1)]


def test_guidance_leads_along_the_path_to_the_goal():
    path = straight(0.0, 2.0)
    guidance = make_guide(path).guide(np.array(path), np.zeros(3), make_grid())
    assert guidance.goal_inside and guidance.distance_to_goal_m == pytest.approx(2.0, abs=0.01)
    assert np.hypot(*(guidance.way_odom[-1] - (2.0, 0.0))) < 0.1
    assert np.isnan(guidance.blocked_point_odom).all()


def test_guidance_goes_around_what_the_path_did_not_know():
    path = straight(0.0, 2.0)
    grid = make_grid([(slice(54, 66), slice(78, 82))])  # 0.6 m wide, across the path one metre ahead
    guidance = make_guide(path).guide(np.array(path), np.zeros(3), grid)
    assert np.isnan(guidance.blocked_point_odom).all()
    assert np.abs(guidance.way_odom[:, 1]).max() > 0.35


def test_guidance_names_the_place_that_is_walled_up():
    path = straight(0.0, 2.0)
    grid = make_grid([(slice(0, 120), slice(78, 82))])
    guidance = make_guide(path).guide(np.array(path), np.zeros(3), grid)
    assert guidance.blocked_point_odom[0] == pytest.approx(0.9, abs=0.2)


def test_a_path_that_leaves_the_map_is_followed_to_its_edge():
    path = straight(0.0, 8.0)
    guidance = make_guide(path).guide(np.array(path), np.zeros(3), make_grid())
    assert not guidance.goal_inside
    assert guidance.goal_odom[0] == pytest.approx(2.85, abs=0.1)
    assert guidance.distance_to_goal_m == pytest.approx(8.0, abs=0.01)


def test_a_path_that_doubles_back_is_followed_in_order():
    path = straight(0.0, 2.0) + [(x, 0.15, np.pi) for x in np.arange(2.0, -0.01, -0.1)]
    guide = make_guide(path)
    distances = [
        guide.guide(np.array(path), np.array([x, 0.0, 0.0]), make_grid()).distance_to_goal_m for x in np.arange(0, 1.5, 0.1)
    ]
    assert distances[0] > 3.9 and (np.diff(distances) < 0.05).all() and distances[-1] > 2.5


def detour():
    """Up, along and down again, to where a straight way leads as well."""
    up = [(0.0, y, 0.5 * np.pi) for y in np.arange(0.0, 2.0, 0.1)]
    along = [(x, 2.0, 0.0) for x in np.arange(0.0, 1.0, 0.1)]
    down = [(1.0, y, -0.5 * np.pi) for y in np.arange(2.0, 0.0, -0.1)]
    return up + along + down + straight(1.0, 2.0)


def test_a_robot_that_took_a_short_cut_goes_on_from_where_it_is_on_the_path():
    path = detour()
    guide = make_guide(path)
    assert guide.guide(np.array(path), np.zeros(3), make_grid()).distance_to_goal_m > 5.5
    guidance = guide.guide(np.array(path), np.array([1.2, 0.0, 0.0]), make_grid())
    assert guidance.distance_to_goal_m == pytest.approx(0.8, abs=0.15)


def test_a_wall_between_the_robot_and_a_later_part_of_the_path_keeps_it_in_order():
    path = detour()
    guide = make_guide(path)
    grid = make_grid([(slice(40, 100), slice(77, 79))])  # at x = 0.9 m, between the robot and the way down
    guide.guide(np.array(path), np.zeros(3), grid)
    guidance = guide.guide(np.array(path), np.array([0.8, 0.5, -0.5 * np.pi]), grid)
    assert guidance.distance_to_goal_m > 4.0


def test_a_path_of_one_pose_is_enough():
    guidance = make_guide([(1.0, 0.5, 0.3)]).guide(np.array([(1.0, 0.5, 0.3)]), np.zeros(3), make_grid())
    assert guidance.goal_inside and len(guidance.way_odom) > 10


def test_seeds_hold_stop_turns_goal_and_the_way_back():
    way = np.stack([np.linspace(0.05, 2.0, 40), np.zeros(40)], axis=1)
    seeds = list_seeds(way, np.array([1.0, 0.2, 0.5]), np.array([1.1, 0.1, 0.0, 0.7]), 1.0, 0.25)
    assert seeds[0, 3] == 0.0
    assert (seeds[:, 3] < 0.0).any()
    assert ((np.hypot(seeds[:, 0], seeds[:, 1]) == 0.0) & (np.abs(seeds[:, 2]) > 1.0)).any()
    assert (seeds == (1.1, 0.1, 0.0, 0.7)).all(axis=1).any()
    assert (np.abs(seeds[:, :3] - (1.0, 0.2, 0.5)).max(axis=1) < 1e-12).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_global_samples_stay_in_the_space(seed, count):
    z = sample_globally(count, 4.0, 1.0, 0.25, np.random.default_rng(seed))
    assert z.shape == (count, 4) and np.isfinite(z).all()
    assert np.hypot(z[:, 0], z[:, 1]).max() <= 4.0 + 1e-9
    assert z[:, 3].max() <= 1.0 and z[:, 3].min() >= -0.25


def test_low_discrepancy_points_fill_the_cube_more_evenly_than_chance():
    points = draw_low_discrepancy(256, 2, np.random.default_rng(0))
    boxes = np.histogram2d(*points.T, bins=8, range=[[0, 1], [0, 1]])[0]
    chance = np.histogram2d(*np.random.default_rng(0).random((256, 2)).T, bins=8, range=[[0, 1], [0, 1]])[0]
    assert boxes.min() >= 1 and boxes.std() < 0.7 * chance.std()


def test_limiting_keeps_what_is_inside_and_brings_back_what_is_not():
    z = np.array([[1.0, 1.0, 0.5, 0.3], [30.0, 40.0, 9.0, 5.0], [0.0, 0.0, 0.0, -3.0]])
    limited = limit_candidates(z, 4.0, 1.0, 0.25)
    np.testing.assert_allclose(limited[0], z[0])
    np.testing.assert_allclose(limited[1, :2], [2.4, 3.2])
    assert abs(limited[1, 2]) <= np.pi and limited[1, 3] == 1.0 and limited[2, 3] == -0.25


def test_a_candidate_stays_where_it_is_when_the_robot_moves():
    before, now = np.array([1.0, 2.0, 0.5]), np.array([1.4, 2.2, 0.9])
    z = np.array([1.0, 0.3, 0.2, 0.8])
    moved = move_candidate(z, before, now)
    np.testing.assert_allclose(se2.compose(now, moved[:3]), se2.compose(before, z[:3]))
    assert moved[3] == 0.8
