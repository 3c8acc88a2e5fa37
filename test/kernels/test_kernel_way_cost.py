"""Cost and form of ways against plain loops, and against what the calculus of variations says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference.distance_field import find_signed_distances
from reference.way_cost import find_obstacles, find_weight, measure_line

from astro_nav.kernels.way_cost import (
    UNKNOWN_BLOCKED,
    UNKNOWN_DISCOURAGED,
    UNKNOWN_FREE,
    fill_weights,
    mark_obstacles,
    measure_segment,
    measure_way,
    relax_way,
    shorten_way,
)

RADIUS_M, COMFORT_M, CLOSENESS = 0.125, 0.6, 8.0


def pad(weights: np.ndarray) -> np.ndarray:
    return np.pad(weights.astype(np.float32), 1)


@settings(max_examples=150, deadline=None)
@given(arrays(np.int8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from([-1, 0, 40, 65, 100])), st.booleans())
def test_obstacles_equal_the_plain_loop_in_the_whole_map_and_in_windows(occupancy, unknown_blocks):
    expected = find_obstacles(occupancy, 65, unknown_blocks)
    out = np.empty(occupancy.shape, bool)
    mark_obstacles(occupancy, 0, 0, 65, unknown_blocks, out)
    assert np.array_equal(out, expected)
    rows, columns = occupancy.shape
    window = np.empty((rows - rows // 2, columns - columns // 3), bool)
    mark_obstacles(occupancy, rows // 2, columns // 3, 65, unknown_blocks, window)
    assert np.array_equal(window, expected[rows // 2 :, columns // 3 :])


@pytest.mark.parametrize("policy", [UNKNOWN_BLOCKED, UNKNOWN_DISCOURAGED, UNKNOWN_FREE])
def test_weights_equal_the_plain_loop(policy):
    generator = np.random.default_rng(policy)
    occupancy = generator.choice(np.array([-1, 0, 100], np.int8), (13, 17), p=[0.1, 0.85, 0.05])
    distance_m = find_signed_distances(occupancy == 100, 0.05, 2.0).astype(np.float32)
    clearance_mm, weights = np.zeros((15, 19), np.int16), np.zeros((15, 19), np.float32)
    fill_weights(distance_m, occupancy, 1, 1, clearance_mm, weights, RADIUS_M, COMFORT_M, CLOSENESS, policy, 4.0)
    for row in range(13):
        for column in range(17):
            millimetres = round(float(distance_m[row, column]) * 1000.0)
            assert abs(clearance_mm[row + 1, column + 1] - millimetres) <= 1
            expected = find_weight(clearance_mm[row + 1, column + 1] / 1000.0, RADIUS_M, COMFORT_M, CLOSENESS)
            if occupancy[row, column] < 0:
                expected *= {UNKNOWN_BLOCKED: 0.0, UNKNOWN_DISCOURAGED: 4.0, UNKNOWN_FREE: 1.0}[policy]
            assert weights[row + 1, column + 1] == pytest.approx(expected, rel=1e-5)
    assert (weights[0] == 0).all() and (weights[:, -1] == 0).all(), "the border stays blocked"


def test_the_weight_is_continuous_and_falls_with_clearance():
    clearances = np.linspace(RADIUS_M, 1.0, 400)
    distance_m = clearances[np.newaxis].astype(np.float32)
    weights, clearance_mm = np.zeros((3, 402), np.float32), np.zeros((3, 402), np.int16)
    fill_weights(distance_m, np.zeros((1, 400), np.int8), 1, 1, clearance_mm, weights, RADIUS_M, COMFORT_M, CLOSENESS, 0, 1.0)
    row = weights[1, 1:-1]
    assert row[0] == pytest.approx(1.0 + CLOSENESS) and row[-1] == 1.0
    assert (np.diff(row) <= 1e-6).all() and np.abs(np.diff(row)).max() < 0.1


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.tuples(*[st.floats(0.01, 11.99)] * 4))
def test_the_cost_of_a_line_comes_near_the_exact_integral(seed, ends):
    """Sampled three times a cell: within one sample at either side of every change of weight."""
    weights = np.random.default_rng(seed).choice([1.0, 1.5, 2.0], (12, 12))
    x0, y0, x1, y1 = ends
    expected = measure_line(weights, (x0, y0), (x1, y1))
    length = np.hypot(x1 - x0, y1 - y0)
    changes = 2 + abs(int(x1) - int(x0)) + abs(int(y1) - int(y0))
    cost = measure_segment(pad(weights), x0, y0, x1, y1)
    assert cost == pytest.approx(expected, abs=changes * 1.0 * min(length, 1 / 3.0) / 2 + 1e-6)


def test_a_line_through_a_blocked_cell_costs_infinity():
    weights = np.ones((5, 5))
    weights[2, 2] = 0.0
    assert measure_segment(pad(weights), 0.5, 2.5, 4.5, 2.5) == np.inf
    assert measure_segment(pad(weights), 0.5, 1.5, 4.5, 1.5) == pytest.approx(4.0)
    costs = np.empty(4)
    measure_way(np.array([[0.5, 0.5], [2.5, 2.5], [4.5, 2.5], [4.5, 4.5]]), pad(weights), costs)
    assert costs[3] == 0.0 and costs[2] == pytest.approx(2.0) and np.isinf(costs[:2]).all()


def test_shortcuts_never_cost_more_and_never_cross_obstacles():
    generator = np.random.default_rng(2)
    for _ in range(20):
        weights = np.where(generator.random((40, 40)) < 0.1, 0.0, 1.0 + generator.random((40, 40)))
        rows = np.clip(np.cumsum(generator.integers(-1, 2, 39)) + 20, 0, 39)
        points = np.column_stack([np.arange(39) + 0.5, rows + 0.5]).astype(float)
        for k, (x, y) in enumerate(points):
            weights[int(y), max(int(x) - 1, 0) : int(x) + 2] = np.maximum(weights[int(y), max(int(x) - 1, 0) : int(x) + 2], 1.0)
            if k and points[k - 1, 1] != y:
                weights[int(points[k - 1, 1]), int(x)] = max(weights[int(points[k - 1, 1]), int(x)], 1.0)
        kept, before, after = np.empty(39, bool), np.empty(39), None
        measure_way(points, pad(weights), before)
        shorten_way(points, pad(weights), kept)
        after = np.empty(int(kept.sum()))
        measure_way(np.ascontiguousarray(points[kept]), pad(weights), after)
        assert np.isfinite(after[0]) and after[0] <= before[0] + 1e-6


def test_a_way_in_the_open_becomes_straight():
    points = np.column_stack([np.linspace(5, 45, 41), 25 + 3 * np.sin(np.linspace(0, 3, 41))])
    points[-1, 1] = 25.0
    relax_way(points, np.full((52, 52), 9000, np.int16), pad(np.ones((50, 50))), 1.0, RADIUS_M, COMFORT_M, CLOSENESS, 3000)
    np.testing.assert_allclose(points[:, 1], 25.0, atol=0.05)


def test_a_way_in_a_corridor_comes_to_its_middle():
    rows = np.arange(-1, 21)[:, np.newaxis]
    clearance_m = np.broadcast_to(0.05 * (np.minimum(rows, 19 - rows) + 0.5), (22, 82))  # walls at y = 0 and y = 20 cells
    clearance_mm = np.ascontiguousarray(np.rint(1000.0 * clearance_m).astype(np.int16))
    weights = np.array([[find_weight(c / 1000.0, RADIUS_M, COMFORT_M, CLOSENESS) for c in row] for row in clearance_mm], np.float32)
    points = np.column_stack([np.linspace(5, 75, 71), np.full(71, 6.0)])
    points[0, 1] = points[-1, 1] = 10.0
    relax_way(points, clearance_mm, weights, 1.0, RADIUS_M, COMFORT_M, CLOSENESS, 600)
    np.testing.assert_allclose(points[10:-10, 1], 10.0, atol=0.5)


def test_relaxing_lowers_the_cost_and_keeps_the_ends():
    occupancy = np.zeros((60, 60), np.int8)
    occupancy[25:35, 25:35] = 100
    distance_m = find_signed_distances(occupancy[::2, ::2] == 100, 0.1, 2.0).astype(np.float32)
    clearance_mm, weights = np.zeros((32, 32), np.int16), np.zeros((32, 32), np.float32)
    fill_weights(distance_m, np.ascontiguousarray(occupancy[::2, ::2]), 1, 1, clearance_mm, weights, RADIUS_M, COMFORT_M, CLOSENESS, 0, 1.0)
    points = np.concatenate([np.linspace([3, 15], [10, 25], 12), np.linspace([11, 25], [27, 15], 18)])
    before, after = np.empty(30), np.empty(30)
    measure_way(points, weights, before)
    relaxed = points.copy()
    relax_way(relaxed, clearance_mm, weights, 1.0, RADIUS_M, COMFORT_M, CLOSENESS, 60)
    measure_way(relaxed, weights, after)
    assert after[0] < before[0]
    assert np.array_equal(relaxed[[0, -1]], points[[0, -1]])
