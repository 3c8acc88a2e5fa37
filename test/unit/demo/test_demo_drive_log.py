"""What is measured in a run."""

import math

import numpy as np
import pytest

from astro_nav.demo.drive_log import (
    ArrivalClock,
    DriveLog,
    GoalRecord,
    TruthSample,
    compute_gap_statistics,
    judge_arrival,
    measure_length,
)
from astro_nav.demo.goals import Goal


def make_sample(stamp_s, x, y=0.0, yaw=0.0, clearance=1.0, wall_s=None):
    return TruthSample(stamp_s, 2.0 * stamp_s if wall_s is None else wall_s, np.array([x, y, yaw]), np.zeros(2), clearance, {})


def test_gaps_count_only_while_counting():
    clock = ArrivalClock()
    for received_ns, counting in ((0, True), (20_000_000, True), (5_000_000_000, False), (5_030_000_000, True)):
        clock.add(received_ns, counting)
    assert clock.gaps_s == pytest.approx([0.02, 0.03])


def test_gap_statistics_are_those_of_numpy():
    gaps = [0.01 * index for index in range(101)]
    statistics = compute_gap_statistics(gaps)
    assert (statistics.count, statistics.max_s) == (101, 1.0)
    assert statistics.p50_s == pytest.approx(0.5)
    assert statistics.p99_s == pytest.approx(0.99)


def test_without_gaps_nothing_is_claimed():
    assert math.isnan(compute_gap_statistics([]).p99_s)


def test_truth_belongs_to_the_goal_on_the_way():
    log = DriveLog()
    log.add_truth(make_sample(0.0, 9.0))
    log.goals.append(GoalRecord(Goal(1.0, 0.0, 0.0), started_s=1.0))
    for stamp_s, x, clearance in ((1.0, 0.0, 0.5), (2.0, 0.6, 0.2), (3.0, 1.0, 0.4)):
        log.add_truth(make_sample(stamp_s, x, clearance=clearance))
    log.goals[0].answer = "reached"
    log.add_truth(make_sample(4.0, 1.0, clearance=0.1))
    assert log.goals[0].path_length_m == pytest.approx(1.0)
    assert log.goals[0].min_clearance_m == 0.2
    assert log.min_clearance_m == 0.1
    assert log.duration_s == 3.0
    assert log.realtime_factor == pytest.approx(0.5)


def test_length_is_that_of_the_way_and_not_of_the_line():
    assert measure_length([make_sample(0, 0), make_sample(1, 1), make_sample(2, 1, 1), make_sample(3, 0, 1)]) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("x", "yaw", "answer"),
    [(1.1, math.pi - 0.1, "reached"), (2.0, math.pi, "1.00 m away"), (1.0, 0.0, "heading is 3.14 rad off")],
)
def test_arrival_is_judged_by_the_truth(x, yaw, answer):
    record = GoalRecord(Goal(1.0, 0.0, -math.pi), 0.0, truth=[make_sample(1.0, x, yaw=yaw)])
    assert answer in judge_arrival(record, max_position_m=0.25, max_heading_rad=0.3)


def test_durations_are_the_newest_that_the_safety_controller_reports():
    log = DriveLog()
    log.note_durations({"step p50 / p99 / max [ms]": "none yet", "scan in to command out p50 / p99 / max [ms]": "1.00 / 9.00 / 12.00"})
    assert "safety_step" not in log.durations
    log.note_durations({"step p50 / p99 / max [ms]": "0.50 / 1.25 / 3.00", "scan in to command out p50 / p99 / max [ms]": "2.00 / 8.00 / 11.00"})
    assert log.durations["scan_to_command"].p99_s == pytest.approx(0.008)
    assert log.durations["safety_step"].max_s == pytest.approx(0.003)
