"""Watershed of the clearance: two basins meet where the widest way between them is narrowest, found here by plain flooding."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.kernels.distance_field import compute_signed_distances
from astro_nav.kernels.passages import find_meeting_cells, label_basins

SMALLEST_MM, WIDEST_MM, PROMINENCE_MM, MIN_CELLS = 124, 550, 100, 40


def make_clearance(seed: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Two rooms with one or two doors of random width in a wall, in millimetres; and the doors' rows."""
    rng = np.random.default_rng(seed)
    occupied = np.zeros((90, 70), np.bool_)
    occupied[0] = occupied[-1] = occupied[:, 0] = occupied[:, -1] = occupied[:, 34:36] = True
    doors = [(first, first + int(rng.integers(8, 20))) for first in ((10, 55) if seed % 2 else (30,))]
    for first, end in doors:
        occupied[first:end, 34:36] = False
    distance_m = np.empty(occupied.shape, np.float32)
    compute_signed_distances(occupied, 0.05, 0.8, distance_m)
    return np.rint(1000.0 * distance_m).astype(np.int16), doors


def is_connected(clearance_mm: np.ndarray, start, end, level_mm: int) -> bool:
    seen, stack = {start}, [start]
    while stack:
        row, column = stack.pop()
        if (row, column) == end:
            return True
        for near_row in range(row - 1, row + 2):
            for near_column in range(column - 1, column + 2):
                if (near_row, near_column) not in seen and clearance_mm[near_row, near_column] >= level_mm:
                    seen.add((near_row, near_column))
                    stack.append((near_row, near_column))
    return False


@pytest.mark.parametrize("seed", range(8))
def test_every_door_is_a_meeting_of_basins_and_the_widest_is_the_bottleneck(seed):
    clearance_mm, doors = make_clearance(seed)
    labels = np.empty(clearance_mm.shape, np.int32)
    label_basins(clearance_mm, SMALLEST_MM, WIDEST_MM, PROMINENCE_MM, MIN_CELLS, labels)
    np.testing.assert_array_equal(labels >= 0, clearance_mm >= SMALLEST_MM)
    assert len(np.unique(labels[labels >= 0])) == 2
    assert labels[45, 15] != labels[45, 55]
    cells = [divmod(int(cell), clearance_mm.shape[1]) for cell in find_meeting_cells(clearance_mm, labels)]
    assert len(cells) == len(doors)
    for (row, column), (first, end) in zip(sorted(cells), doors):
        assert abs(row - 0.5 * (first + end - 1)) <= 1.0 and 32 <= column <= 37
    levels = [level for level in range(SMALLEST_MM, 800) if is_connected(clearance_mm, (45, 15), (45, 55), level)]
    bottleneck_mm = max(levels)
    widest_mm = max(int(clearance_mm[cell]) for cell in cells)
    assert abs(widest_mm - bottleneck_mm) <= 50, "within a cell"


def test_one_room_is_one_basin_and_nothing_is_none():
    clearance_mm = np.full((20, 20), 700, np.int16)
    clearance_mm[0] = clearance_mm[-1] = clearance_mm[:, 0] = clearance_mm[:, -1] = -1
    labels = np.empty((20, 20), np.int32)
    label_basins(clearance_mm, SMALLEST_MM, WIDEST_MM, PROMINENCE_MM, MIN_CELLS, labels)
    assert len(np.unique(labels[labels >= 0])) == 1 and len(find_meeting_cells(clearance_mm, labels)) == 0
    clearance_mm[:] = -1
    label_basins(clearance_mm, SMALLEST_MM, WIDEST_MM, PROMINENCE_MM, MIN_CELLS, labels)
    assert (labels == -1).all() and len(find_meeting_cells(clearance_mm, labels)) == 0
