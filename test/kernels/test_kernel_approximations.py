"""The cheap functions against the exact ones, at the accuracy that their docstrings state."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_nav.kernels.approximations import atan2_fast, decay_fast

single = np.float32


def test_atan2_over_the_whole_circle():
    for angle in np.linspace(-math.pi + 1e-4, math.pi - 1e-4, 4001):
        y, x = single(2.5 * math.sin(angle)), single(2.5 * math.cos(angle))
        assert atan2_fast(y, x) == pytest.approx(math.atan2(y, x), abs=2e-5)


def test_atan2_at_the_origin_is_zero():
    assert atan2_fast(single(0.0), single(0.0)) == 0.0


def test_decay_is_monotone_and_near_the_exponential():
    z = np.linspace(0.0, 30.0, 3001, dtype=np.float32)
    got = np.array([decay_fast(value) for value in z])
    assert got[0] == 1.0
    assert (np.diff(got) < 0.0).all()
    assert np.abs(got - np.exp(-z)).max() < 0.012
