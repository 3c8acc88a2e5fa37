"""The whole stack in one process: it drives, it can be repeated bit for bit, and what is recorded is the truth."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.errors import ParameterError
from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.scenario import Disturbance, GoalOrder, Scenario
from astro_nav.evaluation.settings import load_settings, parse_settings
from astro_nav.simulation.events import ScanEvent
from astro_nav.simulation.world_file import find_world_file, load_world


def make_scenario(goal, time_limit_s=25.0, **more) -> Scenario:
    world = load_world(find_world_file("home.yaml"))
    return Scenario("test", 3, world, (GoalOrder(np.array([goal])),), time_limit_s, **more)


@pytest.fixture(scope="module")
def record():
    return ClosedLoop(make_scenario((2.6, 4.2, 0.0))).run()


def test_a_goal_down_the_hall_is_reached_without_contact(record):
    assert record.success and not record.timed_out and record.contacts == ()
    (goal,) = record.goals
    # 0.05 m and 0.1 rad by the robot's own estimate; its localisation is a few centimetres off the truth.
    assert goal.reached and goal.position_error_m < 0.15 and goal.heading_error_rad < 0.2
    assert np.hypot(*(record.poses_map[-1, :2] - (2.6, 4.2))) == pytest.approx(goal.position_error_m)
    assert record.clearances_m.min() > 0.0
    assert (np.diff(record.times_s) > 0.0).all()


def test_the_same_seed_gives_the_same_run_bit_for_bit(record):
    again = ClosedLoop(make_scenario((2.6, 4.2, 0.0))).run()
    for name in ("times_s", "poses_map", "twists", "commands", "clearances_m", "screen_rad", "limited_by", "candidates"):
        np.testing.assert_array_equal(getattr(record, name), getattr(again, name), err_msg=name)


def test_commands_keep_the_limits(record):
    limits = load_settings({})[0].local_planner.robot.limits
    assert record.commands[:, 0].max() <= limits.max_speed_mps + 1e-9
    assert np.abs(record.commands[:, 1]).max() <= limits.max_turn_rate_radps + 1e-9


def test_a_goal_in_a_wall_ends_with_the_planners_sentence():
    record = ClosedLoop(make_scenario((0.0, 8.0, 0.0), time_limit_s=8.0)).run()
    assert not record.success
    assert record.goals and not record.goals[0].reached and record.goals[0].message


class Blindness(Disturbance):
    """No scan arrives from a time on."""

    def filter_events(self, events, now_s):
        return [event for event in events if not (isinstance(event, ScanEvent) and now_s > 2.5)]


def test_without_scans_the_robot_stands_within_a_second():
    record = ClosedLoop(make_scenario((5.0, 4.3, 0.0), time_limit_s=5.0, disturbances=(Blindness(),))).run()
    assert np.abs(record.twists[(record.times_s > 2.0) & (record.times_s < 2.5), 0]).max() > 0.3
    assert np.abs(record.twists[record.times_s > 4.0, 0]).max() < 0.02
    assert record.contacts == () and record.timed_out


def test_settings_reach_the_nodes_that_know_them():
    changes = parse_settings(["robot.limits.max_speed_mps=0.4", "local_planner.optimizer.warm_start=false"])
    stack, simulator = load_settings(changes)
    assert stack.local_planner.robot.limits.max_speed_mps == 0.4
    assert stack.safety_controller.robot.limits.max_speed_mps == 0.4
    assert simulator.robot.limits.max_speed_mps == 0.4
    assert stack.local_planner.optimizer.warm_start is False


def test_added_latency_is_found_out_and_made_up_for():
    """With 0.1 s more on either side of the local planner its plans still begin where and as fast as the robot then is."""
    plans, places = [], {}

    def watch(now_s, truth, report):
        places[round(now_s, 3)] = (report.verdict.twist[0], truth.twist[0])
        if report.is_new_plan and report.plan.trajectory is not None:
            plans.append(report.plan)

    changes = {"passage.sensing_s": 0.1, "passage.delivery_s": 0.1}
    record = ClosedLoop(make_scenario((5.0, 4.3, 0.0), time_limit_s=5.0), changes).run(watch)
    assert record.contacts == () and record.twists[-1, 0] > 0.3
    settled = [plan for plan in plans if 2.0 < plan.trajectory.stamp_s < 4.5]
    robot = load_settings({})[0].local_planner.robot
    for plan in settled:
        lead_s = plan.trajectory.start_s - plan.trajectory.stamp_s
        # 0.03 s of planning and 0.1 s of delivery reach the controller at its next period of 0.02 s.
        assert lead_s == pytest.approx(0.14 + robot.latency.actuation_s, abs=1e-6)
        assert plan.latencies_s["sensor"] > 0.2 and plan.latencies_s["transport"] == pytest.approx(0.11, abs=1e-6)
        start = round(0.02 * round(plan.trajectory.start_s / 0.02), 3)
        assert abs(plan.trajectory.twists[0, 0] - places[start][1]) < 0.06


def test_every_wrong_setting_is_named_at_once():
    with pytest.raises(ParameterError) as caught:
        load_settings({"robot.limits.max_sped_mps": 1.0, "horizon.duration": 3.0})
    assert len(caught.value.problems) == 2
    assert "did you mean" in str(caught.value)
    with pytest.raises(ParameterError, match="name=value"):
        parse_settings(["robot.limits.max_speed_mps"])
