"""The peers drive the whole stack: they arrive without contact, can be repeated, and keep the limits."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.peers import make_dwa, make_mppi
from astro_nav.evaluation.peers.dynamic_window import Oscillation
from astro_nav.evaluation.peers.path_ahead import PathFollower
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.local_planning.local_plan import PlanState
from astro_nav.params.files import load_params
from astro_nav.params.peers import PeersParams
from astro_nav.simulation.world_file import find_world_file, load_world
from astro_nav.types import LocalGrid, Odometry, Path, Scan

PEERS = {"dwa": make_dwa, "mppi": make_mppi}
# A small batch drives as well as it must here, and fast.
SMALL = {"mppi.samples": 400}


def make_small(name):
    peers = load_params(PeersParams, "peers", changes=SMALL)
    return name, lambda params, seed: PEERS[name](params, seed, peers)


@pytest.mark.parametrize("name", PEERS)
def test_a_goal_down_the_hall_is_reached_without_contact(name):
    world = load_world(find_world_file("home.yaml"))
    scenario = Scenario("test", 3, world, (GoalOrder(np.array([[2.6, 4.2, 0.0]])),), 40.0)
    record = ClosedLoop(scenario, planner=make_small(name)).run()
    assert record.success and record.contacts == () and record.planner == name
    assert record.goals[0].position_error_m < 0.15 and record.goals[0].heading_error_rad < 0.2
    limits = load_settings({})[0].local_planner.robot.limits
    assert np.abs(record.commands[:, 0]).max() <= limits.max_speed_mps + 1e-9


def feed(planner, now_s, ranges_m):
    planner.set_pose_map_odom(np.zeros(3), now_s)
    planner.add_odometry(Odometry(now_s, np.zeros(3), np.zeros(2)))
    planner.add_odometry(Odometry(now_s + 0.05, np.zeros(3), np.zeros(2)))
    scan = Scan(now_s, "laser", -np.pi, 2.0 * np.pi / 360, 0.0001, 0.05, 12.0, np.full(360, ranges_m, dtype=np.float32))
    assert planner.add_scan(scan, np.zeros(3), now_s + 0.05) == ""
    return planner.plan(now_s + 0.05)


@pytest.mark.parametrize("name", PEERS)
def test_it_waits_stands_and_drives(name):
    planner = make_small(name)[1](load_settings({})[0], 1)
    assert planner.plan(0.0).state is PlanState.WAITING
    idle = feed(planner, 0.1, 2.5)
    assert idle.state is PlanState.IDLE and np.abs(idle.trajectory.twists).max() < 1e-6
    planner.set_path(Path(0.0, np.column_stack([np.linspace(0.0, 1.5, 20), np.zeros(20), np.zeros(20)])))
    plan = [feed(planner, 0.2 + 0.1 * cycle, 2.5) for cycle in range(3)][-1]
    assert plan.state is PlanState.FOLLOWING
    assert plan.trajectory.poses_odom[-1, 0] > 0.2 and abs(plan.trajectory.poses_odom[-1, 1]) < 0.1
    planner.set_path(Path(0.0, np.zeros((0, 3))))
    assert feed(planner, 0.6, 2.5).state is PlanState.IDLE


@pytest.mark.parametrize("name", PEERS)
def test_old_data_are_refused(name):
    planner = make_small(name)[1](load_settings({})[0], 1)
    feed(planner, 0.1, 2.5)
    assert planner.plan(3.0).state is PlanState.REFUSED


@pytest.mark.parametrize("name", PEERS)
def test_equal_inputs_give_equal_plans(name):
    plans = []
    for _ in range(2):
        planner = make_small(name)[1](load_settings({})[0], 4)
        planner.set_path(Path(0.0, np.column_stack([np.linspace(0.0, 1.5, 20), np.zeros(20), np.zeros(20)])))
        plans.append([feed(planner, 0.1 * cycle, 2.0).trajectory.poses_odom for cycle in range(3)])
    for one, other in zip(*plans):
        np.testing.assert_array_equal(one, other)


def test_a_path_that_leads_behind_the_robot_is_first_turned_to():
    planner = make_small("dwa")[1](load_settings({})[0], 1)
    planner.set_path(Path(0.0, np.column_stack([np.linspace(0.0, -1.5, 20), np.zeros(20), np.zeros(20)])))
    plan = [feed(planner, 0.1 * cycle, 2.5) for cycle in range(2)][-1]
    turned = np.unwrap(plan.trajectory.poses_odom[:, 2])
    assert abs(turned[-1] - turned[0]) == pytest.approx(np.pi, abs=0.1)
    assert np.abs(plan.trajectory.poses_odom[:, :2]).max() < 0.02
    assert np.abs(plan.trajectory.twists[-1]).max() < 0.1


def test_turning_back_is_forbidden_until_the_robot_has_got_somewhere():
    oscillation = Oscillation(0.05, 0.2)
    oscillation.note(np.array([0.2, 0.0]), np.zeros(3))
    commands = np.array([[0.1, -0.1, 0.0], [0.0, 0.0, 0.5]])
    assert oscillation.find_allowed(commands).tolist() == [True, False, True]
    oscillation.note(np.array([0.2, 0.0]), np.array([0.2, 0.0, 0.0]))
    oscillation.note(np.array([0.0, 0.0]), np.array([0.2, 0.0, 0.0]))
    oscillation.clear()
    assert oscillation.find_allowed(commands).all()


def test_the_path_ahead_ends_at_the_maps_edge_and_begins_at_the_robot():
    grid = LocalGrid(0.0, np.array([-3.0, -3.0]), 0.05, np.zeros((120, 120), np.int8), np.ones((120, 120), np.float32))
    path = np.column_stack([np.linspace(-1.0, 9.0, 126), np.zeros(126), np.zeros(126)])
    follower = PathFollower(0.05)
    follower.set_path(path)
    ahead = follower.look_ahead(path, np.array([0.52, 0.1, 0.0]), grid, 1.5)
    assert ahead.points[0] == pytest.approx([3.52, 3.0], abs=0.05)
    assert ahead.points[-1, 0] - ahead.points[0, 0] == pytest.approx(1.5, abs=0.09) and not ahead.ends_in_goal
    assert np.diff(ahead.points[:, 0]) == pytest.approx(ahead.spacing_m)
    assert ahead.distance_to_goal_m == pytest.approx(9.0 - 0.52 + 0.1, abs=0.1)
    far = follower.look_ahead(path, np.array([0.52, 0.1, 0.0]), grid, 9.0)
    assert 5.8 < far.points[-1, 0] <= 5.9
    assert ahead.measure_heading_error(np.array([3.52, 3.0, 1.0]), 0.4) == pytest.approx(-1.0, abs=0.1)
