"""Formulas of the metrics against plain loops and against cases that can be computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference import motion_metrics as oracle

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.metrics import METRICS, describe_crash, drop_timing, efficiency, get_metric, measure_episode
from astro_nav.evaluation.metrics import motion, people, summarize
from astro_nav.evaluation.scenario import EpisodeRecord, GoalOrder, GoalRow, Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.simulation.events import Contact
from astro_nav.simulation.world_file import find_world_file, load_world

PERIOD_S = 0.02
FIGURES_OF_THE_FILE = (
    "success_rate timeout_rate contacts_by_robot contacts_by_others spl stl time_to_goal_s min_clearance_m "
    "personal_space_045 personal_space_100 mean_linear_jerk_mps3 peak_linear_jerk_mps3 mean_angular_jerk_radps3 "
    "path_irregularity_radpm stops reversals final_position_error_m final_heading_error_rad barn_score cycle_ms_p50 "
    "cycle_ms_p99 candidates_per_cycle realtime_factor"
).split()


@pytest.fixture(scope="module")
def robot():
    return load_settings({})[0].local_planner.robot


@pytest.fixture(scope="module")
def world():
    return load_world(find_world_file("home.yaml"))


def make_record(world, robot, speeds, rates=None, suite="test", shortest_m=None, success=True, **more) -> EpisodeRecord:
    """A drive along x at these speeds that is ordered at its first sample and ends with its last."""
    speeds = np.asarray(speeds, float)
    rates = np.zeros_like(speeds) if rates is None else np.asarray(rates, float)
    times = PERIOD_S * np.arange(1, len(speeds) + 1)
    poses = np.zeros((len(speeds), 3))
    poses[1:, 0] = np.cumsum(0.5 * (speeds[1:] + speeds[:-1])) * PERIOD_S
    length_m = float(poses[-1, 0])
    goal = GoalRow(poses[-1], times[0], times[-1], success, "" if success else "gave up", 0.01, 0.02, length_m, 0.0)
    scenario = Scenario(suite, 1, world, (GoalOrder(poses[-1:]),), 60.0, shortest_path_m=shortest_m)
    count = len(speeds)
    record = EpisodeRecord(
        scenario=scenario, planner="fake", times_s=times, poses_map=poses, twists=np.column_stack([speeds, rates]),
        commands=np.zeros((count, 2)), clearances_m=np.full(count, 0.5), people_distances_m=np.full(count, np.inf),
        people_map=np.zeros((count, 0, 2)), people_radii_m=np.zeros(0), screen_rad=np.zeros(count),
        limited_by=np.zeros(count, int), contacts=(), goals=(goal,), reasons={}, cycle_s=np.array([0.004, 0.006]),
        candidates=np.array([600, 700]), robot=robot, reference_robot=robot, wall_s=2.0, success=success, timed_out=False,
    )  # fmt: skip
    return replace(record, **more)


def make_contact(time_s=0.3, kind="wall", by_robot=True) -> Contact:
    return Contact(time_s, kind, "thing", by_robot, (0.0, 0.0), 0.4, 0.4, 0.0)


def ramp(top_mps=0.5, rest_s=1.0, drive_s=4.0) -> np.ndarray:
    up = np.linspace(0.0, top_mps, 26)
    rest = np.zeros(round(rest_s / PERIOD_S))
    return np.concatenate([rest, up, np.full(round(drive_s / PERIOD_S), top_mps), up[::-1], rest])


def test_every_figure_that_is_promised_is_there(world, robot):
    row = measure_episode(make_record(world, robot, ramp()))
    assert set(FIGURES_OF_THE_FILE) <= set(summarize([row]))
    assert list(summarize([row])) == list(METRICS)


# --- success, SPL, STL ----------------------------------------------------------------------------------------------


def test_spl_and_stl_are_the_share_of_the_shortest_way_and_time(world, robot):
    record = make_record(world, robot, ramp())
    driven_m = record.poses_map[-1, 0]
    for shortest_m, share in ((0.5 * driven_m, 0.5), (driven_m, 1.0), (2.0 * driven_m, 1.0)):
        row = measure_episode(replace(record, scenario=replace(record.scenario, shortest_path_m=shortest_m)))
        assert row["spl"] == pytest.approx(share)
    limits = robot.limits
    least_s = oracle.drive_straight(
        driven_m, limits.max_speed_mps, limits.max_acceleration_mps2, limits.max_deceleration_mps2
    )
    row = measure_episode(record)
    assert row["stl"] == pytest.approx(least_s / (record.times_s[-1] - record.times_s[0]), rel=2e-3)
    assert row["time_to_goal_s"] == pytest.approx(record.times_s[-1] - record.times_s[0])
    failed = measure_episode(replace(record, success=False))
    assert failed["spl"] == failed["stl"] == 0.0 and failed["time_to_goal_s"] is None


@pytest.mark.parametrize("length_m", [0.1, 0.3, 1.0, 7.0])
def test_ideal_time_is_that_of_a_drive_in_small_steps(length_m):
    ideal_s = efficiency.compute_ideal_time(length_m, 0.8, 0.7, 1.1)
    assert ideal_s == pytest.approx(oracle.drive_straight(length_m, 0.8, 0.7, 1.1), rel=1e-2)


def test_a_replaced_goal_counts_neither_as_reached_nor_as_way(world, robot):
    record = make_record(world, robot, ramp())
    middle_s = float(record.times_s[100])
    first = replace(record.goals[0], ended_s=middle_s, reached=False, replaced=True, planned_length_m=99.0)
    second = replace(record.goals[0], ordered_s=middle_s, planned_length_m=float(np.ptp(record.poses_map[100:, 0])))
    row = measure_episode(replace(record, goals=(first, second)))
    assert row["spl"] == pytest.approx(1.0)
    assert row["path_length_m"] == pytest.approx(second.planned_length_m)


@pytest.mark.parametrize(
    ("success", "time_s", "score"),
    [
        (True, 5.0, 0.5),  # as fast as the best way at 2 m/s allows
        (True, 10.0, 0.5),  # 2 OT
        (True, 20.0, 0.25),
        (True, 40.0, 0.125),  # 8 OT
        (True, 99.0, 0.125),
        (True, 100.5, 0.0),
        (False, 10.0, 0.0),
    ],
)
def test_barn_score(success, time_s, score):
    assert efficiency.compute_barn_score(success, 10.0, time_s) == pytest.approx(score)


def test_barn_clock_starts_after_a_tenth_of_a_metre(world, robot):
    record = make_record(world, robot, ramp(), suite="barn", shortest_m=2.0)
    started_s = next(t for t, pose in zip(record.times_s, record.poses_map) if pose[0] >= 0.1)
    score = 1.0 / np.clip(record.times_s[-1] - started_s, 2.0, 8.0)
    assert measure_episode(record)["barn_score"] == pytest.approx(score)
    bumped = replace(record, contacts=(make_contact(by_robot=False),))
    assert measure_episode(bumped)["barn_score"] == 0.0
    assert measure_episode(make_record(world, robot, ramp(), shortest_m=2.0))["barn_score"] is None


# --- motion ---------------------------------------------------------------------------------------------------------


def test_jerk_and_acceleration_are_those_of_least_squares_cubics():
    generator = np.random.default_rng(4)
    speeds = np.cumsum(generator.normal(0.0, 0.02, 120)) + 0.5
    moving = np.ones(120, bool)
    moving[:10] = moving[-10:] = False  # where the oracle has no window
    figures = motion.measure_smoothness(speeds, moving, PERIOD_S)
    for order, mean, peak in ((1, figures.mean_acceleration, figures.peak_acceleration), (2, figures.mean_jerk, figures.peak_jerk)):
        known = [abs(d) for d in oracle.differentiate(list(speeds), PERIOD_S, 15, order)[10:-10]]
        assert mean == pytest.approx(sum(known) / len(known), rel=1e-6)
        assert peak >= max(known) * (1.0 - 1e-9)


def test_constant_jerk_is_found():
    times = PERIOD_S * np.arange(100)
    figures = motion.measure_smoothness(0.5 * 1.5 * times**2, np.ones(100, bool), PERIOD_S)
    assert figures.mean_jerk == pytest.approx(1.5, rel=1e-6) and figures.peak_jerk == pytest.approx(1.5, rel=1e-6)
    assert figures.peak_acceleration == pytest.approx(1.5 * times[-1], rel=1e-6)


def test_stops_and_reversals_are_those_of_the_loops():
    generator = np.random.default_rng(1)
    for _ in range(50):
        speeds, rates = np.repeat(generator.choice([-0.3, -0.08, -0.01, 0.0, 0.04, 0.3], (2, 30)), 4, axis=1)
        moving = motion.find_moving(np.column_stack([speeds, rates]))
        times = PERIOD_S * np.arange(len(speeds))
        assert motion.count_stops(times, moving, []) == oracle.count_stops(speeds, rates)
        assert motion.count_reversals(speeds) == oracle.count_reversals(speeds)


def test_standing_still_at_the_goal_is_no_stop(world, robot):
    once, twice = ramp(), np.concatenate([ramp(), ramp()])
    assert measure_episode(make_record(world, robot, once))["stops"] == 0
    assert measure_episode(make_record(world, robot, twice))["stops"] == 1
    assert measure_episode(make_record(world, robot, once, success=False))["stops"] == 1


def test_irregularity_is_turning_beyond_what_the_way_needs(world, robot):
    speeds = ramp()
    rates = np.where(speeds == 0.5, 0.3, 0.0)
    record = make_record(world, robot, speeds, rates)
    turned_rad = 0.3 * 4.0
    goal = replace(record.goals[0], planned_turning_rad=0.2)
    row = measure_episode(replace(record, goals=(goal,)))
    assert row["path_irregularity_radpm"] == pytest.approx((turned_rad - 0.2) / record.poses_map[-1, 0], rel=0.02)
    assert measure_episode(replace(record, goals=(replace(goal, planned_turning_rad=9.0),)))["path_irregularity_radpm"] == 0.0


def test_a_robot_that_never_moves_has_no_smoothness(world, robot):
    record = make_record(world, robot, np.zeros(200), success=False, timed_out=True)
    row = measure_episode(record)
    assert row["outcome"] == "timeout" and row["path_length_m"] == 0.0 and row["spl"] == row["stl"] == 0.0
    for name in ("mean_linear_jerk_mps3", "path_irregularity_radpm", "time_to_first_motion_s", "time_to_goal_s"):
        assert row[name] is None, name
    figures = summarize([row])
    assert figures["success_rate"] == 0.0 and figures["timeout_rate"] == 1.0 and figures["final_position_error_m"] is None


def test_time_to_first_motion_is_from_the_order(world, robot):
    assert measure_episode(make_record(world, robot, ramp(rest_s=1.0)))["time_to_first_motion_s"] == pytest.approx(1.1, abs=0.05)


# --- surroundings ---------------------------------------------------------------------------------------------------


def test_contacts_are_counted_by_kind_and_by_who_moved(world, robot):
    contacts = (make_contact(), make_contact(kind="person"), make_contact(kind="person", by_robot=False))
    row = measure_episode(make_record(world, robot, ramp(), success=False, contacts=contacts))
    assert (row["contacts_by_robot"], row["contacts_by_others"]) == (2, 1)
    assert (row["contacts_wall_by_robot"], row["contacts_person_by_robot"], row["contacts_person_by_others"]) == (1, 1, 1)
    assert row["contacts_object_by_robot"] == row["contacts_door_by_others"] == 0
    assert row["outcome"] == "contact" and "thing" in row["message"]


def test_personal_space_is_the_share_of_time_outside_of_it(world, robot):
    record = make_record(world, robot, ramp())
    distances = np.linspace(0.2, 1.2, len(record.times_s))
    distances[:20] = np.inf  # nobody is there yet
    row = measure_episode(replace(record, people_distances_m=distances))
    for name, space_m in (("personal_space_045", 0.45), ("personal_space_100", 1.0)):
        counted = [distance >= space_m for distance in distances if distance != math.inf]
        assert row[name] == pytest.approx(sum(counted) / len(counted))
    assert row["min_people_distance_m"] == pytest.approx(distances.min())
    assert measure_episode(record)["personal_space_045"] is None


def test_time_to_collision_is_that_of_small_steps():
    generator = np.random.default_rng(2)
    footprint = np.array([[0.3, 0.2], [-0.3, 0.2], [-0.3, -0.2], [0.3, -0.2]])
    times = PERIOD_S * np.arange(5)
    found = 0
    for _ in range(60):
        place = generator.uniform(-3.0, 3.0, 2)
        velocity = generator.uniform(-0.4, 0.4, 2) - 0.4 * place  # more or less towards the robot
        speed, yaw = generator.uniform(0.0, 1.0), generator.uniform(-3.0, 3.0)
        if np.hypot(*place) < 0.7:
            continue
        cos, sin = math.cos(yaw), math.sin(yaw)
        walk = place + times[:, None] * velocity
        poses = np.tile([0.0, 0.0, yaw], (5, 1))
        known = people.measure_time_to_collision(
            times, poses, np.full(5, speed), walk[:, None, :], np.array([0.2]), footprint
        )
        place_base = (cos * place[0] + sin * place[1], cos * place[1] - sin * place[0])
        velocity_base = (cos * velocity[0] + sin * velocity[1] - speed, cos * velocity[1] - sin * velocity[0])
        least = oracle.find_time_to_collision(place_base, velocity_base, 0.2, 0.3, 0.2)
        if least is None or least > 9.8:
            assert known is None or known > 9.5
        else:
            found += 1
            assert known == pytest.approx(least, abs=0.02)
    assert found > 5


# --- a run ----------------------------------------------------------------------------------------------------------


def test_a_run_is_summed_up_as_stated(world, robot):
    good = measure_episode(make_record(world, robot, ramp()))
    bad = measure_episode(make_record(world, robot, ramp(), success=False, contacts=(make_contact(), make_contact(kind="object"))))
    crash = describe_crash("test", 7, "fake", "Traceback\nValueError: no")
    figures = summarize([good, bad, crash])
    assert figures["success_rate"] == pytest.approx(1 / 3) and figures["contact_rate"] == 0.5
    assert figures["contacts_by_robot"] == 2
    assert figures["spl"] == pytest.approx(good["spl"] / 3)
    assert figures["time_to_goal_s"] == good["time_to_goal_s"]
    assert figures["cycle_ms_p50"] == pytest.approx(5.0) and figures["cycle_ms_max"] == pytest.approx(6.0)
    assert crash["message"] == "ValueError: no"


def test_timing_can_be_left_out(world, robot):
    rows = [measure_episode(make_record(world, robot, ramp(), wall_s=wall_s)) for wall_s in (1.0, 2.0)]
    assert rows[0] != rows[1]
    left = [drop_timing({"metrics": summarize([row]), "rows": [row]}) for row in rows]
    assert left[0] == left[1] and "spl" in left[0]["metrics"] and "cycle_ms_p50" not in left[0]["rows"][0]


def test_an_unknown_metric_is_answered_with_what_there_is():
    with pytest.raises(EvaluationError, match="did you mean spl.*There are: success_rate"):
        get_metric("sppl")
    assert get_metric("stl").better == "higher"
