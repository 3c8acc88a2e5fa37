"""The local map's kernels against plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import local_map as oracle

from astro_nav.kernels.cost_to_go import compute_rates, descend, make_march_scratch, march
from astro_nav.kernels.ray_evidence import add_rays
from astro_nav.kernels.surface_distance import compute_surface_distances

single = np.float32


def run_march(rate, resolution, seeds):
    height, width = rate.shape
    cells = np.array([row * width + column for row, column in seeds], dtype=np.int64)
    values = np.array(list(seeds.values()), dtype=np.float32)
    cost = np.empty_like(rate)
    march(rate, single(resolution), cells, values, cost, make_march_scratch(height, width))
    return cost


def run_distances(occupied, surface_x, surface_y, resolution, most):
    nearest, distance = np.empty(occupied.shape, np.int32), np.empty(occupied.shape, np.float32)
    compute_surface_distances(occupied, surface_x, surface_y, single(resolution), single(most), nearest, distance)
    return nearest, distance


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 30))
def test_surface_distances_equal_brute_force(seed, count):
    rng = np.random.default_rng(seed)
    occupied = np.zeros((17, 23), dtype=np.uint8)
    occupied.flat[rng.choice(occupied.size, count, replace=False)] = 1
    offsets = rng.uniform(-0.025, 0.025, (2, 17, 23)).astype(np.float32)
    nearest, distance = run_distances(occupied, *offsets, 0.05, 2.0)
    want = np.array(oracle.surface_distances(occupied.tolist(), *offsets.tolist(), 0.05, 2.0))
    # Vector propagation may miss the nearest of two points that are nearly as near: never less, seldom more.
    assert (distance >= want - 1e-5).all()
    assert (distance - want).max() < 0.02
    assert ((distance - want) > 1e-4).mean() < 0.03
    assert ((nearest >= 0) == (count > 0)).all()


def test_a_point_whose_own_cell_is_nearer_to_another_is_not_lost():
    occupied = np.zeros((9, 9), dtype=np.uint8)
    occupied[4, 4] = occupied[4, 3] = 1
    offset_x = np.zeros((9, 9), dtype=np.float32)
    # The left point lies where the cells meet, the right one at its cell's far edge: the right cell's middle is nearer to the left one.
    offset_x[4, 3], offset_x[4, 4] = 0.0249, 0.0251
    _, distance = run_distances(occupied, offset_x, np.zeros((9, 9), dtype=np.float32), 0.05, 2.0)
    assert distance[4, 5:] == pytest.approx(0.05 * np.arange(1, 5) - 0.0251, abs=1e-6)


def test_nearest_points_to_the_surface_cell():
    occupied = np.zeros((10, 10), dtype=np.uint8)
    occupied[3, 7] = occupied[8, 1] = 1
    blank = np.zeros((10, 10), dtype=np.float32)
    nearest, _ = run_distances(occupied, blank, blank, 0.05, 2.0)
    assert nearest[3, 6] == 37 and nearest[9, 0] == 81


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_evidence_of_a_scan_equals_the_plain_loop(seed):
    rng = np.random.default_rng(seed)
    evidence = rng.uniform(-1.0, 1.0, (20, 20)).astype(np.float32)
    origins = np.tile(rng.uniform(0.3, 0.7, 2), (12, 1))
    points = rng.uniform(-0.3, 1.3, (12, 2))
    marks = rng.integers(0, 3, 12).astype(np.uint8)
    want = np.array(oracle.add_scan(evidence.tolist(), origins, points, marks, (0.0, 0.0), 0.05, 0.9, 0.3, 2.0))
    blank = np.zeros((20, 20), dtype=np.float32)
    seen = np.full((20, 20), -np.inf)
    add_rays(
        evidence, blank, blank.copy(), seen, origins, points, marks, 5.0, 0.0, 0.0, 0.05, single(0.9), single(0.3), single(2.0)
    )
    np.testing.assert_allclose(evidence, want, atol=2e-5)


def test_a_hit_remembers_where_in_its_cell_the_surface_is():
    evidence, x, y = (np.zeros((20, 20), dtype=np.float32) for _ in range(3))
    seen = np.full((20, 20), -np.inf)
    add_rays(
        evidence, x, y, seen, np.array([[0.1, 0.1]]), np.array([[0.512, 0.537]]), np.array([2], dtype=np.uint8),
        1.0, 0.0, 0.0, 0.05, single(1.0), single(0.3), single(2.0),
    )  # fmt: skip
    assert evidence[10, 10] == 1.0 and seen[10, 10] == 1.0
    assert x[10, 10] == pytest.approx(0.512 - 0.525, abs=1e-6)
    assert y[10, 10] == pytest.approx(0.537 - 0.525, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_fast_marching_equals_relaxation(seed):
    rng = np.random.default_rng(seed)
    rate = rng.uniform(1.0, 10.0, (14, 17)).astype(np.float32)
    seeds = {(int(rng.integers(14)), int(rng.integers(17))): float(rng.uniform(0, 0.3)) for _ in range(3)}
    cost = run_march(rate, 0.05, seeds)
    np.testing.assert_allclose(cost, oracle.solve_eikonal(rate.tolist(), 0.05, seeds), rtol=1e-4, atol=1e-5)


def test_marching_past_obstacles_from_seeds_far_apart_equals_relaxation():
    rng = np.random.default_rng(3)
    rate = np.where(rng.random((15, 18)) < 0.35, 100.0, rng.uniform(1.0, 4.0, (15, 18))).astype(np.float32)
    seeds = {(2, 3): 1.7, (13, 16): 0.0, (7, 0): 40.0}
    np.testing.assert_allclose(run_march(rate, 0.05, seeds), oracle.solve_eikonal(rate.tolist(), 0.05, seeds), rtol=1e-4)


def test_without_seeds_nothing_is_reached():
    assert np.isinf(run_march(np.ones((6, 9), dtype=np.float32), 0.05, {})).all()


def test_cost_to_go_in_the_open_is_the_distance():
    rate = np.ones((101, 101), dtype=np.float32)
    cost = run_march(rate, 0.05, {(50, 50): 0.0})
    rows, columns = np.mgrid[:101, :101]
    distance = 0.05 * np.hypot(rows - 50, columns - 50)
    far = distance > 0.5
    assert (np.abs(cost - distance)[far] / distance[far]).max() < 0.08
    assert cost[50, 90] == pytest.approx(2.0, rel=1e-5)


def test_descending_reaches_the_seed_around_a_wall():
    rate = np.ones((80, 80), dtype=np.float32)
    rate[38:43, :60] = 40.0
    cost = run_march(rate, 0.05, {(60, 10): 0.0})
    points = np.empty((400, 2))
    count = descend(cost, 0.0, 0.0, 0.05, 0.5, 0.5, 0.05, points)
    end = points[count - 1]
    assert math.hypot(end[0] - 10.5 * 0.05, end[1] - 60.5 * 0.05) < 0.1
    crossing = points[:count][np.abs(points[:count, 1] - 40.5 * 0.05) < 0.05]
    assert (crossing[:, 0] > 59 * 0.05).all()


def test_rates_rise_towards_obstacles_and_are_continuous():
    distance = np.linspace(0.0, 1.0, 400, dtype=np.float32)[np.newaxis]
    rate = np.empty_like(distance)
    free = np.zeros(distance.shape, dtype=np.int8)
    compute_rates(distance, free, *map(single, (0.125, 2.0, 0.15, 40.0, 0.5)), rate)
    assert (np.diff(rate[0]) <= 1e-6).all()
    assert np.abs(np.diff(rate[0])).max() < 4.0
    assert rate[0, 0] == 40.0 and rate[0, -1] == pytest.approx(1.0, abs=0.02)
    unknown = np.empty_like(rate)
    compute_rates(distance, free - 1, *map(single, (0.125, 2.0, 0.15, 40.0, 0.5)), unknown)
    assert unknown[0, -1] == pytest.approx(rate[0, -1] + 0.5)
