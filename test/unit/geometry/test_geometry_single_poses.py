"""A single pose is composed and inverted on a way of its own, with the very result that it has among many."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.geometry import se2


@pytest.mark.parametrize("seed", range(5))
def test_single_poses_are_those_of_a_batch_bit_for_bit(seed):
    first, second = np.random.default_rng(seed).normal(0.0, 4.0, (2, 100, 3))
    np.testing.assert_array_equal([se2.compose(a, b) for a, b in zip(first, second)], se2.compose(first, second))
    np.testing.assert_array_equal([se2.invert(a) for a in first], se2.invert(first))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("place", range(3))
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_not_a_number_stays_so(wrong, place):
    pose, other = np.array([1.0, 2.0, 0.5]), np.array([0.3, -0.2, 1.0])
    pose[place] = wrong
    np.testing.assert_array_equal(se2.compose(pose, other), se2.compose(pose[np.newaxis], other)[0])
    np.testing.assert_array_equal(se2.compose(other, pose), se2.compose(other, pose[np.newaxis])[0])
    np.testing.assert_array_equal(se2.invert(pose), se2.invert(pose[np.newaxis])[0])
