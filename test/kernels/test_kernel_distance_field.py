"""Distance field kernels against plain loops and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, array_shapes
from reference.distance_field import find_signed_distances, find_squared_distances
from scipy.ndimage import distance_transform_edt

from astro_nav.kernels.distance_field import compute_signed_distances, compute_squared_distances


def run_squared(occupied: np.ndarray) -> np.ndarray:
    out = np.full(occupied.shape, np.nan, np.float32)
    compute_squared_distances(occupied, out)
    return out


def run_signed(occupied: np.ndarray, resolution_m: float, max_distance_m: float) -> np.ndarray:
    out = np.full(occupied.shape, np.nan, np.float32)
    compute_signed_distances(occupied, resolution_m, max_distance_m, out)
    return out


@settings(max_examples=200, deadline=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14)))
def test_squared_distances_equal_the_plain_loop(occupied):
    assert np.array_equal(run_squared(occupied), find_squared_distances(occupied).astype(np.float32))


@settings(max_examples=200, deadline=None)
@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)),
    st.floats(0.01, 1.0),
    st.floats(0.05, 3.0),
)
def test_signed_distances_equal_the_plain_loop(occupied, resolution_m, max_distance_m):
    expected = find_signed_distances(occupied, resolution_m, max_distance_m)
    np.testing.assert_allclose(run_signed(occupied, resolution_m, max_distance_m), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("density", [0.0002, 0.02, 0.5, 0.98])
def test_squared_distances_equal_scipy_on_a_large_grid(density):
    occupied = np.random.default_rng(1).random((301, 407)) < density
    expected = np.rint(distance_transform_edt(~occupied) ** 2).astype(np.float32)
    assert np.array_equal(run_squared(occupied), expected)


def test_long_grids_stay_exact():
    occupied = np.zeros((2, 4001), bool)
    occupied[0, 0] = True
    squared = run_squared(occupied)
    assert squared[0, 4000] == 4000**2
    assert squared[1, 4000] == np.float32(4000**2 + 1)


def test_without_an_obstacle_everything_is_infinitely_far_or_at_the_limit():
    assert np.isinf(run_squared(np.zeros((4, 5), bool))).all()
    assert (run_signed(np.zeros((4, 5), bool), 0.05, 2.0) == np.float32(2.0)).all()


def test_the_surface_lies_on_the_edge_of_the_cell():
    occupied = np.zeros((1, 5), bool)
    occupied[0, 3:] = True
    np.testing.assert_allclose(run_signed(occupied, 0.1, 1.0), [[0.25, 0.15, 0.05, -0.05, -0.15]], atol=1e-6)


def test_a_grid_without_cells_is_left_alone():
    assert run_squared(np.zeros((0, 7), bool)).shape == (0, 7)
    assert run_signed(np.zeros((3, 0), bool), 0.05, 1.0).shape == (3, 0)
