"""Tours through one home: what is remembered from one to the next, and doors that keep to their schedules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_nav.errors import EvaluationError
from astro_nav.evaluation import tours
from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.suites.doors import TOURS, close_doors, make_doors, make_scheduled_home
from astro_nav.evaluation.suites.judge import Judge

HOME = 1


@pytest.mark.parametrize(("memory", "expected"), [("none", [None] * 3), ("tour", [0, 1, 2]), ("kept", [0, 0, 0])])
def test_what_a_robot_remembers_from_tour_to_tour(memory, expected, monkeypatch):
    keepers = []

    class ShortLoop(ClosedLoop):
        def __init__(self, scenario, changes, planner, doors):
            keepers.append(doors)
            super().__init__(replace(scenario, time_limit_s=0.8), changes, planner, doors=doors)

    monkeypatch.setattr(tours, "ClosedLoop", ShortLoop)
    driven = list(tours.drive_tours(HOME, range(3), memory))
    assert [tour.number for tour in driven] == [0, 1, 2] and not any(tour.success for tour in driven)
    # A tour that fails counts with all the time that it had.
    assert [tour.duration_s for tour in driven] == [make_doors(TOURS * HOME + number).time_limit_s for number in range(3)]
    different = list({id(keeper): keeper for keeper in keepers}.values())
    assert [None if keeper is None else different.index(keeper) for keeper in keepers] == expected


def test_memories_and_tours_that_do_not_exist_are_named():
    with pytest.raises(EvaluationError, match="kept"):
        next(tours.drive_tours(HOME, range(1), "keep"))
    with pytest.raises(EvaluationError, match="0 to 49"):
        next(tours.drive_tours(HOME, range(TOURS, TOURS + 1), "none"))


def test_tours_follow_each_other_in_time_and_doors_keep_to_their_hours():
    place = make_scheduled_home(HOME)
    assert place.bypassed
    times, states = [], set()
    for number in range(0, TOURS, 3):
        scenario = make_doors(TOURS * HOME + number)
        time_of_day_s = scenario.facts["time_of_day_s"]
        times.append(scenario.facts["day_s"] + time_of_day_s)
        for door in scenario.world.doors:
            if door.name in place.bypassed:
                schedule = place.schedules[door.name]
                states.add(door.starts_open)
                assert door.starts_open == schedule.is_open(time_of_day_s)
                is_open, after_s = door.starts_open, time_of_day_s
                for event in door.schedule:
                    assert event.opens != is_open and event.time_s < scenario.time_limit_s
                    is_open, after_s = event.opens, time_of_day_s + event.time_s
                assert schedule.is_open(after_s + 1e-3) == is_open
    assert np.all(np.diff(times) > 0.0)
    assert states == {True, False}


def test_goals_are_reached_whatever_the_scheduled_doors_do_and_mostly_depend_on_them():
    place = make_scheduled_home(HOME)
    opened, closed = (Judge(close_doors(place.home.world, names)) for names in ((), place.bypassed))
    decided = legs = 0
    for number in range(0, 12, 3):
        here = place.home.world.start_pose_map
        for order in make_doors(TOURS * HOME + number).orders:
            goal = order.goals_map[0]
            short_m, long_m = opened.reaches(here, goal), closed.reaches(here, goal)
            assert short_m is not None and long_m is not None
            decided, legs, here = decided + (long_m > short_m + 1.9), legs + 1, goal
    assert decided >= 0.5 * legs
