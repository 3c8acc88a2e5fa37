"""The local planner as a whole: what it says and does, in scenes of a few walls."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.local_planning.fast_forward import sample_trajectory
from astro_nav.local_planning.local_plan import PlanState
from astro_nav.local_planning.planner import LocalPlanner
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import Odometry, Path, Scan

RAYS = 360
LASER = np.zeros(3)
PARAMS = load_params(LocalPlannerParams, "local_planner")


def cast_box(pose, low, high):
    """Ranges (RAYS,) inside an axis-parallel room."""
    angles = pose[2] + np.linspace(-np.pi, np.pi, RAYS, endpoint=False)
    with np.errstate(divide="ignore"):
        to_x = np.where(np.cos(angles) > 0, high[0] - pose[0], low[0] - pose[0]) / np.cos(angles)
        to_y = np.where(np.sin(angles) > 0, high[1] - pose[1], low[1] - pose[1]) / np.sin(angles)
    return np.minimum(np.abs(to_x), np.abs(to_y)).astype(np.float32)


def make_scan(stamp_s, ranges):
    return Scan(stamp_s, "laser", -np.pi, 2.0 * np.pi / RAYS, 0.0, 0.05, 12.0, ranges)


class Driver:
    """A robot that does exactly what the newest trajectory says."""

    def __init__(self, path, pose=(0.0, 0.0, 0.0), room=((-1.5, -2.0), (5.0, 2.0)), changes=None):
        params = load_params(LocalPlannerParams, "local_planner", changes=changes)
        self.planner, self.room = LocalPlanner(params, seed=2), room
        self.pose, self.twist, self.now_s = np.array(pose, dtype=float), np.zeros(2), 0.0
        self.planner.set_path(Path(0.0, np.atleast_2d(np.array(path, dtype=float))))
        self.twists, self.plans = [], []

    def drive(self, duration_s):
        end_s = self.now_s + duration_s
        while self.now_s < end_s - 1e-9:
            self.planner.set_pose_map_odom(np.zeros(3), self.now_s)
            self.planner.add_odometry(Odometry(self.now_s, self.pose.copy(), self.twist.copy()))
            assert self.planner.add_scan(make_scan(self.now_s, cast_box(self.pose, *self.room)), LASER, self.now_s) == ""
            plan = self.planner.plan(self.now_s)
            self.plans.append(plan)
            self.now_s = round(self.now_s + 0.1, 6)
            self.pose, self.twist, _ = sample_trajectory(plan.trajectory, self.now_s)
            self.twists.append(self.twist)
        return self


def line_to(x, y=0.0):
    return [(x * t, y * t, 0.0) for t in np.linspace(0.0, 1.0, 30)]


def test_a_goal_ahead_is_reached_and_held():
    driver = Driver(line_to(3.0)).drive(9.0)
    assert np.hypot(*(driver.pose[:2] - (3.0, 0.0))) < 0.05
    assert abs(driver.pose[2]) < 0.1 and abs(driver.twist[0]) < 0.02
    assert max(twist[0] for twist in driver.twists) > 0.8


@pytest.mark.parametrize("aside_m", [0.052, 0.058, 0.07, -0.054])
def test_a_robot_that_rests_beside_its_goal_comes_within_the_tolerance_of_arrival(aside_m):
    """What the planner is content with must be what the navigator takes for reached, or the robot stands there for ever."""
    arrival = load_params(GlobalPlannerParams, "global_planner").arrival
    driver, arrived_s = Driver([(1.0, 0.0, 0.0)], pose=(1.0, aside_m, 0.0)), 0.0
    while arrived_s < arrival.rest_s and driver.now_s < 15.0:
        driver.drive(0.1)
        away_m, rests = np.hypot(*(driver.pose[:2] - (1.0, 0.0))), np.abs(driver.twist).max() < arrival.rest_speed_mps
        is_there = away_m < arrival.position_tolerance_m and abs(driver.pose[2]) < arrival.heading_tolerance_rad and rests
        arrived_s = arrived_s + 0.1 if is_there else 0.0
    assert arrived_s >= arrival.rest_s, driver.pose


def test_trajectories_hand_over_without_a_step():
    driver = Driver(line_to(3.0)).drive(4.0)
    for before, after in zip(driver.plans[5:], driver.plans[6:]):
        _, twist, _ = sample_trajectory(before.trajectory, after.trajectory.start_s)
        np.testing.assert_allclose(after.trajectory.twists[0], twist, atol=0.02)


def drive_late(changes):
    """A robot that drives at 0.8 m/s, of which the planner hears 0.2 s late; the plan made then, and where the robot was seen."""
    driver = Driver(line_to(4.5), room=((-1.5, -2.0), (7.0, 2.0)), changes=changes).drive(2.5)
    plan = driver.planner.plan(driver.now_s + 0.1)
    return plan, driver.planner._history.newest.pose_odom_base, driver


def test_a_plan_begins_where_the_robot_will_be_or_on_request_where_it_was_seen():
    plan, seen, driver = drive_late({})
    lead_s = plan.trajectory.start_s - plan.trajectory.stamp_s
    assert lead_s == pytest.approx(PARAMS.freshness.planning_latency_s + PARAMS.robot.latency.actuation_s)
    assert plan.trajectory.poses_odom[0, 0] - seen[0] == pytest.approx((0.2 + lead_s) * driver.twist[0], abs=0.03)
    plan, seen, _ = drive_late({"fast_forward.robot": False})
    np.testing.assert_allclose(plan.trajectory.poses_odom[0], seen, atol=1e-12)
    assert plan.trajectory.start_s == plan.trajectory.stamp_s


def test_odometry_that_says_what_no_robot_does_is_survived():
    planner = Driver(line_to(3.0)).drive(1.0).planner
    planner.add_odometry(Odometry(1.0, np.array([0.3, 0.0, 0.0]), np.array([43.0, 96.0])))
    plan = planner.plan(1.0)
    assert np.isfinite(plan.trajectory.poses_odom).all()
    assert abs(plan.trajectory.twists[0, 0]) <= 1.5 * PARAMS.robot.limits.max_wheel_speed_mps


def test_the_lead_is_what_the_safety_controller_says_it_takes():
    planner = Driver(line_to(3.0)).drive(0.5).planner
    for delay_s in (0.21, 0.19, 0.9, 0.2):  # one was held up by chance
        planner.note_delivery(delay_s)
    plan = planner.plan(0.5)
    assert plan.trajectory.start_s - 0.5 == pytest.approx(0.21 + PARAMS.robot.latency.actuation_s)
    assert plan.latencies_s["transport"] == pytest.approx(0.21 - PARAMS.freshness.planning_latency_s)
    assert set(plan.latencies_s) == {"sensor", "transport", "mapping", "tracking", "planning", "actuation"}


@pytest.mark.parametrize(("is_moved_back", "wall_x"), [(True, 2.0), (False, 2.15)])
def test_a_late_scan_is_drawn_from_where_it_was_taken_or_on_request_from_where_the_robot_is(is_moved_back, wall_x):
    planner = LocalPlanner(load_params(LocalPlannerParams, "local_planner", changes={"fast_forward.map": is_moved_back}))
    for stamp_s in (0.0, 0.1, 0.2):
        planner.add_odometry(Odometry(stamp_s, np.array([0.75 * stamp_s, 0.0, 0.0]), np.array([0.75, 0.0])))
    assert planner.add_scan(make_scan(0.0, cast_box(np.zeros(3), (-3.0, -3.0), (2.0, 3.0))), LASER, 0.2) == ""
    planner._map.make_grid()
    assert planner._map.find_nearest_surface(np.array([1.5, 0.0]))[0] == pytest.approx(wall_x, abs=0.06)


@pytest.mark.parametrize(("is_heeded", "state"), [(True, PlanState.BLOCKED), (False, PlanState.FOLLOWING)])
def test_being_held_up_counts_unless_that_is_switched_off(is_heeded, state):
    driver = Driver(line_to(3.0), changes={"hindrance.enabled": is_heeded}).drive(1.0)
    for _ in range(65):  # plans say go, and nothing comes of it
        driver.now_s += 0.1
        driver.planner.set_pose_map_odom(np.zeros(3), driver.now_s)
        driver.planner.add_odometry(Odometry(driver.now_s, driver.pose, np.zeros(2)))
        driver.planner.add_scan(make_scan(driver.now_s, cast_box(driver.pose, *driver.room)), LASER, driver.now_s)
        plan = driver.planner.plan(driver.now_s)
    assert plan.state is state


def test_a_new_goal_bends_the_motion_and_does_not_stop_it():
    driver = Driver(line_to(3.5)).drive(1.6)
    speed = driver.twist[0]
    assert speed > 0.8
    driver.planner.set_path(Path(driver.now_s, np.array([(*driver.pose[:2], 0.0), (3.8, 1.2, 0.8)])))
    driver.drive(1.0)
    assert min(twist[0] for twist in driver.twists[-10:]) > 0.5 * speed


def test_an_empty_path_stops_with_bounded_jerk_and_is_idle():
    driver = Driver(line_to(3.5)).drive(2.5)
    assert driver.twist[0] > 0.5
    driver.planner.set_path(Path(driver.now_s, np.zeros((0, 3))))
    driver.drive(2.5)
    assert abs(driver.twist[0]) < 0.01 and driver.plans[-1].state is PlanState.IDLE
    speeds = np.array([twist[0] for twist in driver.twists])
    jerk = np.abs(np.diff(speeds, 2)) / 0.1**2
    assert jerk.max() <= PARAMS.robot.limits.max_jerk_mps3 * 1.5


def test_the_speed_limit_works_while_driving():
    driver = Driver(line_to(4.5), room=((-1.5, -2.0), (7.0, 2.0))).drive(2.5)
    driver.planner.set_speed_limit(0.3)
    driver.drive(1.5)
    assert driver.twist[0] <= 0.3 + 1e-3


def test_a_goal_behind_is_reached():
    driver = Driver([(0.0, 0.0, 0.0), (-0.8, 0.1, np.pi)]).drive(14.0)
    assert np.hypot(*(driver.pose[:2] - (-0.8, 0.1))) < 0.07


def test_equal_inputs_give_equal_plans():
    first, second = (Driver(line_to(3.0, 0.6)).drive(1.5) for _ in range(2))
    np.testing.assert_array_equal(first.plans[-1].trajectory.poses_odom, second.plans[-1].trajectory.poses_odom)
    assert first.plans[-1].cost_terms == second.plans[-1].cost_terms


def test_at_least_six_hundred_candidates_and_a_picture_of_them():
    plan = Driver(line_to(3.0)).drive(0.3).plans[-1]
    assert plan.candidates >= 600 and plan.feasible > 0
    poses, costs = plan.sample_candidates(60)
    assert poses.shape == (60, 31, 3) and costs.shape == (60,)
    np.testing.assert_allclose(poses[0, :, :2], plan.trajectory.poses_odom[:, :2], atol=1e-4)


def test_the_way_out_of_contact_gets_no_deeper():
    driver = Driver(line_to(2.0), pose=(0.0, 0.0, 0.0), room=((-0.23, -1.0), (5.0, 1.0))).drive(3.0)
    assert driver.pose[0] > 0.3


@pytest.mark.parametrize("ranges", [np.full(RAYS, np.nan), np.full(RAYS, np.inf), np.full(RAYS, 0.001)])
def test_scans_that_say_nothing_end_in_a_plan_and_not_in_an_exception(ranges):
    planner = LocalPlanner(PARAMS)
    planner.set_pose_map_odom(np.zeros(3), 0.0)
    planner.set_path(Path(0.0, np.array([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])))
    planner.add_odometry(Odometry(0.0, np.zeros(3), np.zeros(2)))
    planner.add_scan(make_scan(0.0, ranges.astype(np.float32)), LASER, 0.0)
    plan = planner.plan(0.05)
    assert plan.trajectory is not None and np.isfinite(plan.trajectory.poses_odom).all()


def test_what_is_missing_is_said():
    planner = LocalPlanner(PARAMS)
    assert "odometry" in planner.plan(0.0).reason
    planner.add_odometry(Odometry(0.0, np.zeros(3), np.zeros(2)))
    assert "scan" in planner.plan(0.0).reason
    planner.add_scan(make_scan(0.0, np.full(RAYS, 2.0, dtype=np.float32)), LASER, 0.0)
    planner.set_path(Path(0.0, np.array([[2.0, 0.0, 0.0]])))
    assert "map to odom" in planner.plan(0.05).reason
    old = planner.plan(5.0)
    assert old.state is PlanState.REFUSED and old.trajectory is None and "limit max_odom_age_s" in old.reason


def test_unusable_input_is_refused_with_a_sentence():
    planner = LocalPlanner(PARAMS)
    assert "not finite" in planner.add_odometry(Odometry(0.0, np.array([np.nan, 0.0, 0.0]), np.zeros(2)))
    planner.add_odometry(Odometry(1.0, np.zeros(3), np.zeros(2)))
    assert "out of order" in planner.add_odometry(Odometry(0.9, np.zeros(3), np.zeros(2)))
    assert "no beams" in planner.add_scan(make_scan(1.0, np.zeros(0, dtype=np.float32)), LASER, 1.0)
    assert "no odometry" in planner.add_scan(make_scan(0.2, np.ones(RAYS, dtype=np.float32)), LASER, 1.0)
    assert "jumped by 3.00 m" in planner.add_odometry(Odometry(1.02, np.array([3.0, 0.0, 0.0]), np.zeros(2)))


def test_a_way_that_is_walled_up_is_reported_with_its_place():
    driver = Driver(line_to(4.0), room=((-1.5, -1.0), (2.0, 1.0))).drive(0.5)
    plan = driver.plans[-1]
    assert plan.state is PlanState.BLOCKED
    assert plan.blocked_point_odom[0] == pytest.approx(1.9, abs=0.25)


def test_somebody_in_the_way_is_named_when_the_robot_waits():
    room = ((-1.0, -0.35), (6.0, 0.35))
    driver = Driver(line_to(4.0), room=room)
    driver.drive(1.0)
    # A camera sees somebody standing in the corridor.
    ahead = driver.pose[:2] + (2.0, 0.0)
    for _ in range(60):
        driver.planner.add_people(driver.now_s, ahead[np.newaxis], 0.01 * np.eye(2)[np.newaxis], ["7"])
        driver.drive(0.1)
    assert abs(driver.twist[0]) < 0.05
    assert ahead[0] - driver.pose[0] - 0.21 - 0.3 > 0.3, "too near to the person's disc"
    assert any(plan.reason.startswith("waits for") for plan in driver.plans[-30:])


@pytest.mark.parametrize("offset", [(0.055, 0.0), (0.0, 0.055), (-0.055, 0.0), (-0.03, -0.045), (0.07, 0.03)])
def test_a_robot_beside_its_goal_closes_the_last_centimetres(offset):
    arrival = load_params(GlobalPlannerParams, "global_planner").arrival
    driver = Driver([(0.0, 0.0, 0.0), (*offset, 0.0)]).drive(12.0)
    assert np.hypot(*(driver.pose[:2] - offset)) < 0.95 * arrival.position_tolerance_m
    assert abs(driver.pose[2]) < arrival.heading_tolerance_rad
