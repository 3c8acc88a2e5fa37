"""Merging the occupied cells of a map: exactly those cells, each once, however they lie."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from astro_nav.simulation.map_world import merge_cells

grids = npst.arrays(np.bool_, npst.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24))


@settings(deadline=None, max_examples=200)
@given(grids)
def test_rectangles_cover_exactly_the_occupied_cells_once(solid):
    before = solid.copy()
    covered = np.zeros(solid.shape, dtype=int)
    for row, column, height, width in merge_cells(solid):
        assert height >= 1 and width >= 1
        covered[row : row + height, column : column + width] += 1
    np.testing.assert_array_equal(covered, before.astype(int))
    np.testing.assert_array_equal(solid, before)


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 5), st.integers(0, 5))
def test_one_block_becomes_one_rectangle(height, width, below, left):
    solid = np.zeros((below + height + 1, left + width + 2), dtype=bool)
    solid[below : below + height, left : left + width] = True
    assert merge_cells(solid) == [(below, left, height, width)]
