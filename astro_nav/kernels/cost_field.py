"""Costs to go as a heuristic for the next searches to the same goal.

A search from the goal to the robot leaves the exact cost to go in every cell that it expanded, and a lower bound in every
other one. Both together are a consistent heuristic for searches from the robot to that goal. Where ways have become dearer
it stays one; where they have become cheaper it is lowered until it is consistent again; and after every search what was
expanded is raised to what the search has shown (X. Sun, S. Koenig, W. Yeoh, "Generalized Adaptive A*", AAMAS 2008).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.grid_search import (
    COLUMN_STEPS,
    DIAGONAL,
    IMPROVEMENT,
    ROW_STEPS,
    SEGMENT_BITS,
    SQRT_2,
    drop_first_entry,
    estimate_cost,
    mark_written,
    push_entry,
)
from astro_nav.kernels.jit import kernel


class Field(NamedTuple):
    """A consistent heuristic for one goal.

    Attributes:
        values: (R * stride,) float64 [cells]: at most the cost to go; inf = the bound that follows from the first search.
        touched: see `SearchState`.
        goal, start: flat indices, of the first search.
        cost: that it found.
        min_weight: smallest weight that is not 0.
    """

    values: np.ndarray
    touched: np.ndarray
    goal: int
    start: int
    cost: float
    min_weight: float


@kernel
def _bound_cost(field, stride, row, column):
    """What the first search says of a cell that it did not expand: no way over it is cheaper than the one found."""
    to_goal = estimate_cost(row, column, field.goal // stride, field.goal % stride, field.min_weight)
    from_start = estimate_cost(row, column, field.start // stride, field.start % stride, field.min_weight)
    return max(to_goal, field.cost - from_start)


@kernel
def read_field(field, stride, cell, row, column):
    value = field.values[np.uintp(cell)]
    return value if value < np.inf else _bound_cost(field, stride, row, column)


@kernel
def finish_field(stride, field):
    """Make a field of the costs of a search: what it labelled but did not expand becomes the bound."""
    values, touched = field.values, field.touched
    mark_written(stride, touched, values.shape[0])
    for segment in range(touched.shape[0]):
        if touched[segment] == 0:
            continue
        first = segment << SEGMENT_BITS
        row = first // stride
        column = first - row * stride
        for cell in range(first, min((segment + 1) << SEGMENT_BITS, values.shape[0])):
            value = abs(values[cell])
            if value < np.inf:
                # Nearly all cells are below one part of the bound already: the other part need not be computed for them.
                beyond = field.cost - estimate_cost(row, column, field.start // stride, field.start % stride, field.min_weight)
                values[cell] = value if value <= beyond else min(value, _bound_cost(field, stride, row, column))
            column += 1
            if column == stride:
                row, column = row + 1, 0


@kernel
def _lower_cell(weights, stride, field, cell):
    """Lower a cell to what its neighbours allow; returns its new value, inf when it stays as it is."""
    if weights[cell] <= 0.0 or cell == field.goal:
        return np.inf
    row = cell // stride
    column = cell - row * stride
    half = 0.5 * np.float64(weights[cell])
    least = np.inf
    for direction in range(8):
        row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
        neighbour = cell + row_step * stride + column_step
        length = 1.0
        if direction >= DIAGONAL:
            if weights[cell + column_step] <= 0.0 or weights[cell + row_step * stride] <= 0.0:
                continue
            length = SQRT_2
        if weights[neighbour] > 0.0:
            step = length * (half + 0.5 * np.float64(weights[neighbour]))
            least = min(least, step + read_field(field, stride, neighbour, row + row_step, column + column_step))
    if least >= read_field(field, stride, cell, row, column) - IMPROVEMENT:
        return np.inf
    field.values[cell] = least
    field.touched[cell >> SEGMENT_BITS] = 1
    return least


@kernel
def lower_field(weights, stride, field, windows, most):
    """Make a field consistent again after weights have changed.

    Args:
        weights, stride: as they are now.
        field: changed.
        windows: (N, 4) int64: first row, end row, first column, end column of what may have changed.
        most: cells to lower; where ways have become cheaper for a large part of the map, a new search takes no longer.

    Returns:
        Whether the field is consistent; if not it is of no more use.
    """
    totals, cells = np.empty(1 << 12), np.empty(1 << 12, np.int32)
    heaped, lowered = 0, 0
    for window in windows:
        # Cells beside a changed one have changed steps, too.
        for row in range(max(window[0] - 1, 1), min(window[1] + 1, weights.shape[0] // stride - 1)):
            for column in range(max(window[2] - 1, 1), min(window[3] + 1, stride - 1)):
                value = _lower_cell(weights, stride, field, row * stride + column)
                if value < np.inf:
                    totals, cells = _make_room(totals, cells, heaped + 1)
                    push_entry(totals, cells, heaped, value, np.int32(row * stride + column))
                    heaped += 1
    while heaped > 0 and lowered < most:
        value, cell = totals[0], np.int64(cells[0])
        drop_first_entry(totals, cells, heaped)
        heaped -= 1
        if value > field.values[cell]:
            continue
        lowered += 1
        totals, cells = _make_room(totals, cells, heaped + 8)
        row = cell // stride
        column = cell - row * stride
        half = 0.5 * np.float64(weights[cell])
        for direction in range(8):
            row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
            neighbour = cell + row_step * stride + column_step
            length = 1.0
            if direction >= DIAGONAL:
                if weights[cell + column_step] <= 0.0 or weights[cell + row_step * stride] <= 0.0:
                    continue
                length = SQRT_2
            if weights[neighbour] <= 0.0:
                continue
            least = value + length * (half + 0.5 * np.float64(weights[neighbour]))
            if least < read_field(field, stride, neighbour, row + row_step, column + column_step) - IMPROVEMENT:
                field.values[neighbour] = least
                field.touched[neighbour >> SEGMENT_BITS] = 1
                push_entry(totals, cells, heaped, least, np.int32(neighbour))
                heaped += 1
    return heaped == 0


@kernel
def _make_room(totals, cells, count):
    if count <= totals.shape[0]:
        return totals, cells
    longer_totals, longer_cells = np.empty(2 * count), np.empty(2 * count, np.int32)
    longer_totals[: totals.shape[0]], longer_cells[: cells.shape[0]] = totals, cells
    return longer_totals, longer_cells
