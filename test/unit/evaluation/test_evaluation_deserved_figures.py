"""Stacks whose figures are known beforehand: one never moves, one drives straight at the goal."""

from __future__ import annotations

import numpy as np
import pytest
from scenes.simple_planners import Bull, Sloth

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.metrics import measure_episode
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.pieces import make_room_walls
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

START, GOAL = np.array([1.0, 2.0, 0.0]), np.array([4.5, 2.0, 0.0])


def make_room(*solids) -> World:
    return World("room", (*make_room_walls((0.0, 0.0), (6.0, 4.0)), *solids), start_pose_map=START)


def make_screen(**more) -> Solid:
    """In the way, and to be gone around."""
    return Solid("screen", "object", (3.0, 2.0), 0.0, (0.1, 2.0), **more)


def measure(planner, *solids, time_limit_s=20.0, orders=(GoalOrder(GOAL[None, :]),), **more) -> dict:
    scenario = Scenario("test", 5, make_room(*solids), orders, time_limit_s, **more)
    return measure_episode(ClosedLoop(scenario, planner=(planner.__name__, planner)).run())


def test_a_stack_that_never_moves():
    row = measure(Sloth, time_limit_s=8.0)
    assert row["outcome"] == "timeout" and row["timed_out"] and not row["success"]
    assert row["spl"] == row["stl"] == 0.0 and row["time_to_goal_s"] is None
    assert row["path_length_m"] < 0.01 and row["contacts_by_robot"] == 0
    assert row["stops"] == row["reversals"] == 0 and row["time_to_first_motion_s"] is None
    assert row["mean_linear_jerk_mps3"] is None and row["path_irregularity_radpm"] is None
    assert row["final_position_error_m"] == pytest.approx(3.5, abs=0.01)
    assert row["min_clearance_m"] == pytest.approx(row["mean_clearance_m"], abs=1e-3)


def test_driving_straight_at_the_goal_is_the_best_that_can_be_done_in_an_empty_room():
    row = measure(Bull)
    assert row["outcome"] == "success"
    assert row["spl"] > 0.97 and 0.3 < row["stl"] < 1.0
    assert row["path_irregularity_radpm"] < 0.3 and row["stops"] == row["reversals"] == 0
    assert row["final_position_error_m"] < 0.12 and row["time_to_first_motion_s"] < 1.0


def test_driving_straight_at_a_goal_behind_a_wall_ends_at_the_wall():
    """The safety controller stops it, so it touches nothing, and never arrives."""
    row = measure(Bull, make_screen())
    assert not row["success"] and row["outcome"] in ("timeout", "failed") and row["spl"] == 0.0
    assert row["contacts_by_robot"] == 0 and 0.0 < row["min_clearance_m"] < 0.3
    assert row["final_position_error_m"] > 1.5 and row["stops"] >= 1


def test_driving_straight_through_what_no_sensor_sees_is_a_contact_of_the_robot():
    row = measure(Bull, make_screen(glass=True, mapped=False))
    assert row["outcome"] == "contact" and not row["success"] and row["spl"] == 0.0
    assert row["contacts_by_robot"] >= 1 and row["contacts_object_by_robot"] == row["contacts_by_robot"]
    assert row["contacts_by_others"] == 0 and row["min_clearance_m"] == pytest.approx(0.0, abs=0.01)
    assert "screen" in row["message"]


def test_a_goal_that_another_replaces_is_no_failure():
    orders = (GoalOrder(np.array([[4.5, 3.2, 0.0]])), GoalOrder(GOAL[None, :], time_s=3.0))
    row = measure(Bull, orders=orders)
    assert row["outcome"] == "success" and row["final_position_error_m"] < 0.12
    assert row["spl"] > 0.9 and row["time_to_goal_s"] < 17.0
