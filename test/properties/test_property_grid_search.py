"""A* equals Dijkstra's algorithm on whatever grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference.grid_search import find_costs, measure_way

from astro_nav.global_planning.grid_searcher import GridSearcher, pad_weights

WEIGHTS = st.sampled_from([0.0, 0.0, 0.0, 1.0, 1.0, 1.0000001, 1.25, 3.0, 40.0])


@st.composite
def make_problem(draw):
    shape = (draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    weights = draw(arrays(np.float32, shape, elements=WEIGHTS))
    source, target = (
        (draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))) for _ in range(2)
    )
    weights[source], weights[target] = max(weights[source], 1.0), max(weights[target], 1.0)
    return weights, source, target


@settings(max_examples=400, deadline=None)
@given(make_problem())
def test_a_star_equals_dijkstra(problem):
    weights, source, target = problem
    passable = weights[weights > 0]
    searcher = GridSearcher(pad_weights(weights))
    result = searcher.search(source, target, (float(passable.min()), float(passable.max())))
    expected = find_costs(weights, source)[target]
    assert result.cost == pytest.approx(expected, rel=1e-9, abs=1e-9)
    if math.isfinite(expected):
        way = [tuple(cell) for cell in result.way.tolist()]
        assert (way[0], way[-1]) == (target, source)
        assert measure_way(weights, way) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(make_problem())
def test_both_directions_cost_the_same(problem):
    weights, source, target = problem
    passable = weights[weights > 0]
    searcher = GridSearcher(pad_weights(weights))
    weight_range = (float(passable.min()), float(passable.max()))
    there = searcher.search(source, target, weight_range).cost
    assert searcher.search(target, source, weight_range).cost == pytest.approx(there, rel=1e-9, abs=1e-9)
