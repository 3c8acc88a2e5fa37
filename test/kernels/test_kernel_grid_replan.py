"""Searching again on changed weights, from other places, against Dijkstra's algorithm in plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from reference.grid_search import find_costs, measure_way

from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.grid_searcher import SearchOutcome, pad_weights
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.replanner import Replanner
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap


GOAL = (0, 0)
RANGE = (1.0, 21.0)


def make_weights(generator: np.random.Generator) -> np.ndarray:
    shape = tuple(generator.integers(8, 50, 2).tolist())
    weights = 1.0 + generator.choice([0.0, 1e-6, 0.3, 4.0, 20.0]) * generator.random(shape)
    weights[generator.random(shape) < generator.choice([0.0, 0.1, 0.3])] = 0.0
    if generator.random() < 0.4:  # a wall with two doors
        weights[shape[0] // 2] = 0.0
        weights[shape[0] // 2, generator.integers(0, shape[1], 2)] = 1.0
    return pad_weights(weights.astype(np.float32))


def change(weights: np.ndarray, generator: np.random.Generator) -> tuple[int, int, int, int]:
    """Close, open, make dearer or fill anew a rectangle of the grid without its border; returns its window with the border."""
    row, column = (int(generator.integers(0, size)) for size in weights.shape)
    part = weights[row : row + int(generator.integers(1, 9)), column : column + int(generator.integers(1, 9))]
    kind = generator.integers(0, 4)
    if kind == 0:
        part[...] = 0.0
    elif kind == 1:
        part[...] = 1.0
    elif kind == 2:
        part[part > 0.0] = np.minimum(2.0 * part[part > 0.0], RANGE[1])
    else:
        part[...] = (1.0 + 4.0 * generator.random(part.shape)) * (generator.random(part.shape) > 0.3)
    return row + 1, row + 1 + part.shape[0], column + 1, column + 1 + part.shape[1]


@pytest.mark.parametrize("seed", range(14))
def test_every_search_is_exact_whatever_changed_and_wherever_the_robot_is(seed):
    generator = np.random.default_rng(seed)
    padded = make_weights(generator)
    weights = padded[1:-1, 1:-1]
    start = weights.shape[0] - 1, weights.shape[1] - 1
    replanner, windows = Replanner(padded), []
    for _ in range(15):
        for cell in (start, GOAL):
            if weights[cell] == 0.0:
                weights[cell] = 1.0
                windows.append((cell[0] + 1, cell[0] + 2, cell[1] + 1, cell[1] + 2))
        result = replanner.search(GOAL, start, RANGE, np.array(windows, np.int64).reshape(-1, 4))
        costs = find_costs(weights, GOAL)
        assert result.cost == pytest.approx(costs[start], rel=1e-9)
        assert (result.outcome is SearchOutcome.FOUND) == bool(np.isfinite(costs[start]))
        if result.outcome is SearchOutcome.FOUND:
            way = [tuple(cell) for cell in result.way.tolist()]
            assert way[0] == start and way[-1] == GOAL
            assert measure_way(weights, way) == pytest.approx(costs[start], rel=1e-9)
            np.testing.assert_allclose(result.costs_to_source, [costs[cell] for cell in way], rtol=1e-9, atol=1e-9)
        windows = [change(weights, generator) for _ in range(generator.integers(0, 3))]
        start = tuple(int(np.clip(at + generator.integers(-2, 3), 0, size - 1)) for at, size in zip(start, weights.shape))


def test_when_nothing_has_changed_hardly_more_than_the_way_is_expanded():
    generator = np.random.default_rng(3)
    padded = pad_weights((1.0 + 4.0 * generator.random((200, 200))).astype(np.float32))
    replanner = Replanner(padded)
    first = replanner.search((0, 0), (199, 199), (1.0, 5.0), np.empty((0, 4), np.int64))
    again = replanner.search((0, 0), (199, 199), (1.0, 5.0), np.empty((0, 4), np.int64))
    assert again.cost == pytest.approx(first.cost, rel=1e-9)
    assert again.expansions < 2 * len(again.way) < 0.1 * first.expansions


def test_plans_on_a_map_that_changes_cost_what_a_new_planner_says():
    params: GlobalPlannerParams = load_params(GlobalPlannerParams, "global_planner")
    generator = np.random.default_rng(5)
    occupancy = np.zeros((160, 160), np.int8)
    occupancy[80] = 100
    occupancy[80, 20:36] = occupancy[80, 120:136] = 0
    planner = GlobalPlanner(params)
    goal = np.array([7.0, 7.2, 0.5])
    discs = np.array([[1.4, 4.0, 0.3]])
    for turn in range(10):
        changed = occupancy.copy()
        row, column = generator.integers(10, 130, 2)
        changed[row : row + 12, column : column + 12] = generator.choice([0, 100])
        kept = planner.set_map(OccupancyMap(changed, 0.05, np.zeros(3)))
        assert turn == 0 or kept is not MapChange.EVERYTHING
        fresh = GlobalPlanner(params)
        fresh.set_map(OccupancyMap(changed, 0.05, np.zeros(3)))
        start = np.array([1.0 + 0.1 * turn, 0.8, 0.0])
        blocked = discs if turn % 3 == 1 else np.empty((0, 3))
        ways = [either.plan(start, goal, 0.0, blocked_discs_map=blocked) for either in (planner, fresh)]
        assert ways[0].is_found == ways[1].is_found
        # Of equally good ways of cells, smoothing makes slightly different ones.
        assert ways[0].cost_m == pytest.approx(ways[1].cost_m, rel=0.01)
        occupancy = changed
