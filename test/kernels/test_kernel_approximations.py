"""The cheap functions against the exact ones, at the accuracy that their docstrings state."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_nav.kernels.approximations import atan2_fast, decay_fast, interpolate_bilinear, interpolate_lanes
from astro_nav.kernels.lanes import BLOCK, COLUMN, FOUND, ROW, make_lanes

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


def test_a_block_of_lanes_is_interpolated_as_its_points_are_one_by_one():
    rng = np.random.default_rng(2)
    field = rng.uniform(0.0, 3.0, (7, 9)).astype(single)
    # Points inside, on the edge and beyond it.
    rows, columns = rng.uniform(-2.0, 9.0, BLOCK).astype(single), rng.uniform(-2.0, 11.0, BLOCK).astype(single)
    lanes, cells = make_lanes()
    lanes[ROW : ROW + BLOCK], lanes[COLUMN : COLUMN + BLOCK] = rows, columns
    interpolate_lanes(field, lanes, cells, FOUND)
    for lane in range(BLOCK):
        row, column = min(max(rows[lane], 0.0), 6 - 0.001), min(max(columns[lane], 0.0), 8 - 0.001)
        i, j = int(row), int(column)
        up, right = row - i, column - j
        low = (1.0 - right) * field[i, j] + right * field[i, j + 1]
        high = (1.0 - right) * field[i + 1, j] + right * field[i + 1, j + 1]
        assert lanes[FOUND + lane] == pytest.approx((1.0 - up) * low + up * high, abs=1e-5)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 1e30, -1e30])
def test_no_place_leads_out_of_the_field(wrong):
    field = np.full((7, 9), 2.0, dtype=single)
    lanes, cells = make_lanes()
    for row, column in ((wrong, 3.0), (3.0, wrong), (wrong, wrong)):
        assert interpolate_bilinear(field, single(row), single(column)) == 2.0
        lanes[ROW : ROW + BLOCK], lanes[COLUMN : COLUMN + BLOCK] = row, column
        interpolate_lanes(field, lanes, cells, FOUND)
        assert (cells[:BLOCK] >= 0).all() and (cells[:BLOCK] < 6 * 9 - 1).all()
        assert (lanes[FOUND : FOUND + BLOCK] == 2.0).all()
