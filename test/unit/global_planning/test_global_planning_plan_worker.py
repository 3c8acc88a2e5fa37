"""The planning thread: the newest question wins, maps come first, searches end when they should."""

from __future__ import annotations

import queue
import time

import numpy as np
import pytest

from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.plan_worker import MapTaken, PlanWorker, RouteFound
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.questions import RouteQuestion, Why
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

PATIENCE_S = 60.0


class Desk:
    """A worker and what it reports."""

    def __init__(self, time_limit_s: float = 60.0) -> None:
        params = load_params(GlobalPlannerParams, "global_planner", changes={"search.time_limit_s": time_limit_s})
        self.reports: queue.Queue = queue.Queue()
        self.worker = PlanWorker(GlobalPlanner(params), self.reports.put, time.monotonic, lambda: 12.0)
        self.worker.start()

    def take(self):
        return self.reports.get(timeout=PATIENCE_S)

    def take_until(self, kind: type):
        while not isinstance(report := self.take(), kind):
            pass
        return report


@pytest.fixture
def make_desk():
    desks = []

    def make(**options) -> Desk:
        desks.append(Desk(**options))
        return desks[-1]

    yield make
    for desk in desks:
        assert desk.worker.stop(PATIENCE_S)


def make_map(occupancy: np.ndarray | None = None) -> OccupancyMap:
    return OccupancyMap(np.zeros((80, 100), np.int8) if occupancy is None else occupancy, 0.05, np.zeros(3))


def make_serpentine() -> OccupancyMap:
    """A way of some 20 km: a search of seconds."""
    occupancy = np.zeros((4000, 2400), np.int8)
    occupancy[8::12] = 100
    occupancy[8::24, -12:] = occupancy[20::24, :12] = 0
    return make_map(occupancy)


def ask(number: int, *goals, present=None) -> RouteQuestion:
    return RouteQuestion(number, Why.NEW_GOAL, np.array([1.0, 1.0, 0.0]), np.array(goals, float), np.empty((0, 3)), present)


def test_a_map_is_taken_and_a_question_answered(make_desk):
    desk = make_desk()
    desk.worker.set_map(make_map())
    taken = desk.take_until(MapTaken)
    assert taken.change is MapChange.EVERYTHING and taken.refusal == "" and taken.memory_bytes > 0
    present = np.array([[1.0, 1.0, 0.0], [2.0, 3.0, 0.0], [4.0, 1.0, 0.0]])
    desk.worker.ask(ask(3, [4.0, 1.0, 0.0], [4.0, 3.0, 0.0], present=present))
    found = desk.take_until(RouteFound)
    assert found.answer.number == 3 and found.answer.is_found and len(found.answer.legs) == 2
    assert found.answer.cost_m == pytest.approx(5.0, rel=0.05)
    assert found.answer.present_cost_m == pytest.approx(2 * np.hypot(1.5, 2.0), rel=0.3)
    assert found.answer.legs[0].path.stamp_s == 12.0


def test_a_list_fails_at_the_pose_that_fails(make_desk):
    desk = make_desk()
    desk.worker.set_map(make_map())
    desk.worker.ask(ask(1, [4.0, 1.0, 0.0], [400.0, 1.0, 0.0], [1.0, 1.0, 0.0]))
    answer = desk.take_until(RouteFound).answer
    assert not answer.is_found and len(answer.legs) == 2
    assert answer.failure.error_code is ErrorCode.GOAL_OUTSIDE_MAP
    assert answer.failure.message.startswith("pose 2 of 3: ")


def test_a_map_that_cannot_be_used_is_refused_and_the_thread_goes_on(make_desk):
    desk = make_desk()
    desk.worker.set_map(OccupancyMap(np.zeros((0, 0), np.int8), 0.05, np.zeros(3)))
    assert "0 x 0 cells" in desk.take_until(MapTaken).refusal
    desk.worker.set_map(make_map())
    assert desk.take_until(MapTaken).refusal == ""


def test_the_newest_question_wins(make_desk):
    desk = make_desk()
    desk.worker.set_map(make_serpentine())
    desk.take_until(MapTaken)
    desk.worker.ask(ask(1, [1.0, 199.5, 0.0]))
    for number in range(2, 50):
        desk.worker.ask(ask(number, [2.0, 1.0, 0.0]))
    answers = [desk.take_until(RouteFound).answer]
    while answers[-1].number != 49:
        answers.append(desk.take_until(RouteFound).answer)
    assert answers[-1].is_found
    assert desk.reports.empty()


def test_a_map_that_comes_during_a_search_begins_it_anew(make_desk):
    desk = make_desk()
    desk.worker.set_map(make_serpentine())
    desk.take_until(MapTaken)
    desk.worker.ask(ask(1, [1.0, 3.0, 0.0]))
    desk.worker.set_map(make_map())
    answers = []
    while desk.take_until(MapTaken).occupancy_map.shape != (80, 100):
        pass
    while not desk.reports.empty():
        answers.append(desk.take())
    if not answers:
        desk.worker.ask(ask(2, [1.0, 3.0, 0.0]))
        answers.append(desk.take_until(RouteFound))
    assert answers[-1].answer.legs[0].length_m == pytest.approx(2.0, abs=0.01)


def test_a_search_that_takes_too_long_is_given_up_with_the_limit_in_the_sentence(make_desk):
    desk = make_desk(time_limit_s=0.05)
    desk.worker.set_map(make_serpentine())
    desk.take_until(MapTaken)
    desk.worker.ask(ask(1, [1.0, 199.5, 0.0]))
    answer = desk.take_until(RouteFound).answer
    assert answer.failure.error_code is ErrorCode.TIMEOUT
    assert "search.time_limit_s = 0.05 s" in answer.failure.message
    desk.worker.ask(ask(2, [2.0, 1.0, 0.0]))


def test_stopping_ends_a_search_under_way(make_desk):
    desk = make_desk()
    desk.worker.set_map(make_serpentine())
    desk.take_until(MapTaken)
    desk.worker.ask(ask(1, [1.0, 199.5, 0.0]))
    assert desk.worker.stop(PATIENCE_S)
