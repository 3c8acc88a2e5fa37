"""What a door that may be closed is worth avoiding: the chance against the ways, which are known."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.geometry.crossings import cross_segments
from astro_nav.global_planning.door_prices import price_doors
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.questions import RouteQuestion, Why, answer_question
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

RESOLUTION_M = 0.05
NEAR_DOOR = np.array([8.0, 1.0, 8.0, 1.9])  # at the far end of the corridor, not seen from its beginning
FAR_DOOR = np.array([1.0, 6.0, 1.9, 6.0])
GOAL = np.array([9.5, 1.45, 0.0])


def make_planner(with_far_door: bool = True) -> GlobalPlanner:
    """10 x 10 m: a corridor along the bottom to the near door; a room above it that leads round to the goal's room."""
    occupancy = np.zeros((200, 200), np.int8)
    occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = 100
    occupancy[0:130, 159:161] = 100
    occupancy[20:38, 159:161] = 0  # the near door, at x = 8
    occupancy[50, :160] = 100  # the corridor's upper wall
    occupancy[50, 10:30] = 0
    occupancy[120, :160] = 100
    if with_far_door:
        occupancy[120, 20:38] = 0
    planner = GlobalPlanner(load_params(GlobalPlannerParams, "global_planner"))
    planner.set_map(OccupancyMap(occupancy, RESOLUTION_M, np.zeros(3)))
    return planner


def find_way(planner: GlobalPlanner, start: np.ndarray, chance: float, present=None, discs=np.empty((0, 3)), why=Why.NEW_GOAL):
    question = RouteQuestion(1, why, start, GOAL[None], discs, present, np.array([[*NEAR_DOOR, chance]]))
    answer = answer_question(planner, question, 0.0, lambda: False)
    return answer, len(cross_segments(answer.legs[-1].path.poses_map[:, :2], NEAR_DOOR[:2], NEAR_DOOR[2:])) > 0


def test_crossings_are_found_once_each_and_ends_do_not_count():
    line = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    assert cross_segments(line, np.array([1.0, -1.0]), np.array([1.0, 3.0])).tolist() == [0, 2]
    assert cross_segments(line, np.array([1.0, 0.5]), np.array([1.0, 1.5])).tolist() == []
    assert cross_segments(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), np.array([1.0, -1.0]), np.array([1.0, 1.0])).tolist() == [1]
    assert cross_segments(line[:1], line[0], line[1]).tolist() == []


def test_the_same_chance_matters_more_where_turning_back_costs_more():
    planner = make_planner()
    # From the far end of the corridor the door is out of sight, and half of the way back leads past here.
    far, near = np.array([1.0, 4.0, 0.0]), np.array([7.2, 1.45, 0.0])
    assert find_way(planner, far, 0.02)[1]
    assert not find_way(planner, far, 0.95)[1]
    prices = [
        price_doors(planner, start, GOAL, np.array([[*NEAR_DOOR, 0.3]]), None, np.empty((0, 3)), lambda: False)[0, 4]
        for start in (far, near)
    ]
    assert prices[0] > 1.0 and prices[1] > 1.0
    # Once it is there, looking costs nothing: it waits to see unless it is all but certain.
    assert find_way(planner, near, 0.4)[1]


def test_a_door_on_the_only_way_is_gone_to_however_surely_it_is_closed():
    planner = make_planner(with_far_door=False)
    answer, goes_through = find_way(planner, np.array([1.0, 1.45, 0.0]), 1.0)
    assert answer.is_found and goes_through


def test_the_present_way_is_priced_as_others_are_and_a_place_that_is_blocked_does_not_hide_its_door():
    planner = make_planner()
    start = np.array([7.2, 1.45, 0.0])
    present = planner.plan(start, GOAL, 0.0).path.poses_map
    disc = np.array([[8.0, 1.45, 0.25]])
    answer, goes_through = find_way(planner, start, 1.0, present, disc, Why.BLOCKED)
    assert not goes_through and np.isinf(answer.present_cost_m)
    # A door that is certainly closed costs at least the way round it: there is nothing to wait for.
    assert answer.free_cost_m > answer.cost_m
    doubtless = answer_question(planner, RouteQuestion(2, Why.BLOCKED, start, GOAL[None], disc, present), 0.0, lambda: False)
    assert doubtless.free_cost_m < 0.5 * doubtless.cost_m


def test_no_more_is_searched_for_than_the_ways_ask_for():
    planner, calls = make_planner(), []
    plan = planner.plan
    planner.plan = lambda *args, **named: calls.append(args) or plan(*args, **named)
    elsewhere = np.array([[6.0, 4.5, 6.0, 4.9, 0.5]] * 20)
    prices = price_doors(planner, np.array([7.2, 1.45, 0.0]), GOAL, elsewhere, None, np.empty((0, 3)), lambda: False)
    assert len(prices) == 0 and len(calls) == 1


@pytest.mark.parametrize("chance", [0.5, 1.0])
def test_cancelling_ends_the_searches(chance):
    planner = make_planner()
    doubts = np.array([[*NEAR_DOOR, chance]])
    assert len(price_doors(planner, np.array([1.0, 4.0, 0.0]), GOAL, doubts, None, np.empty((0, 3)), lambda: True)) == 0
