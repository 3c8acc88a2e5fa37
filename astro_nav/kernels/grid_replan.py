"""Searching again for a way to the same goal, from where the robot is, with what is known of the costs to go.

As long as nothing has changed such a search expands hardly more than the way itself; where ways have become dearer, what
lies between the old cost and the new one. The heuristic (see `cost_field`) is consistent, hence admissible: every search is
exact. Costs from the robot are kept in pages of 32 x 32 cells, made where the search comes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.cost_field import read_field
from astro_nav.kernels.grid_search import (
    COLUMN_STEPS,
    DIAGONAL,
    IMPROVEMENT,
    ROW_STEPS,
    SEGMENT_BITS,
    SQRT_2,
    drop_first_entry,
    push_entry,
)
from astro_nav.kernels.jit import kernel

PAGE_BITS = 5
PAGE_CELLS = 1 << (2 * PAGE_BITS)
SPARE_PAGES = 4  # one expansion may need three more
_IN_PAGE = (1 << PAGE_BITS) - 1

DEPTH = 1e-9  # of its cost, by which an entry is put forward; below the rounding of totals of different ways

FOUND_AGAIN, CLOSED_OFF, TOO_FAR, NO_ROOM = range(4)


class Labels(NamedTuple):
    """Costs from the robot.

    Attributes:
        table: (R / 32 + 1, stride / 32 + 1) int32: page of every block of cells, -1 = none.
        pages: (P, PAGE_CELLS) float64 [cells], as `SearchState.costs`.
        blocks: (P, 2) int32: block (row, column) of every page.
    """

    table: np.ndarray
    pages: np.ndarray
    blocks: np.ndarray


@kernel
def _find_label(labels, row, column):
    """Place of a cell's label in all pages laid end to end, -1 when there is none."""
    page = np.int64(labels.table[np.uintp(row >> PAGE_BITS), np.uintp(column >> PAGE_BITS)])
    if page < 0:
        return np.int64(-1)
    return (page << (2 * PAGE_BITS)) | ((row & _IN_PAGE) << PAGE_BITS) | (column & _IN_PAGE)


@kernel
def _open_page(labels, used, row, column):
    """Make the page of a cell; returns how many there are then."""
    block_row, block_column = row >> PAGE_BITS, column >> PAGE_BITS
    labels.table[block_row, block_column] = used
    labels.blocks[used, 0], labels.blocks[used, 1] = block_row, block_column
    labels.pages[used] = np.inf
    return used + 1


@kernel
def search_again(weights, stride, start, field, labels, queue, max_expansions):
    """Search from the robot to the goal of a field.

    The heuristic is so good that nearly all totals are alike: the queue is a binary heap, of equal totals the farthest first.

    Args:
        weights, stride: as they are now; the field is consistent with them.
        start: flat index of the robot's cell.
        field: of the goal.
        labels: filled; its table must be -1 everywhere.
        queue: (E,) float64 totals and (E,) int32 cells of a binary heap, changed.
        max_expansions: the search is given up then.

    Returns:
        FOUND_AGAIN, CLOSED_OFF, TOO_FAR or NO_ROOM (pages or entries are too few); cost; pages used; expansions.
    """
    totals, cells = queue
    flat = labels.pages.reshape(-1)
    used = _open_page(labels, 0, start // stride, start % stride)
    flat[_find_label(labels, start // stride, start % stride)] = -0.0
    totals[0], cells[0] = 0.0, start
    heaped, expansions, best = 1, 0, np.inf
    while heaped > 0 and totals[0] < best:
        if expansions >= max_expansions:
            return TOO_FAR, np.inf, used, expansions
        if heaped > totals.shape[0] - 8 or used > labels.pages.shape[0] - SPARE_PAGES:
            return NO_ROOM, np.inf, used, expansions
        cell = np.int64(cells[0])
        drop_first_entry(totals, cells, heaped)
        heaped -= 1
        row = cell // stride
        column = cell - row * stride
        place = _find_label(labels, row, column)
        cost = -flat[np.uintp(place)]
        if cost < 0.0:
            continue
        flat[np.uintp(place)] = cost
        expansions += 1
        half = 0.5 * np.float64(weights[np.uintp(cell)])
        for direction in range(8):
            row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
            neighbour = cell + row_step * stride + column_step
            neighbour_half = 0.5 * np.float64(weights[np.uintp(neighbour)])
            length = 1.0
            if direction >= DIAGONAL:
                if weights[np.uintp(cell + column_step)] <= 0.0 or weights[np.uintp(cell + row_step * stride)] <= 0.0:
                    continue
                length = SQRT_2
            if neighbour_half <= 0.0:
                continue
            new_cost = cost + length * (half + neighbour_half)
            place = _find_label(labels, row + row_step, column + column_step)
            if place < 0:
                used = _open_page(labels, used, row + row_step, column + column_step)
                place = _find_label(labels, row + row_step, column + column_step)
            if new_cost >= abs(flat[np.uintp(place)]) - IMPROVEMENT:
                continue
            total = new_cost + read_field(field, stride, neighbour, row + row_step, column + column_step)
            if total >= best - IMPROVEMENT:
                continue
            flat[np.uintp(place)] = -new_cost
            if neighbour == field.goal:
                best = new_cost
                continue
            push_entry(totals, cells, heaped, total - DEPTH * new_cost, np.int32(neighbour))
            heaped += 1
    return FOUND_AGAIN if best < np.inf else CLOSED_OFF, best, used, expansions


@kernel
def raise_field(stride, field, labels, used, cost):
    """Raise a field to what a search of that cost has shown."""
    for page in range(used):
        for place in range(PAGE_CELLS):
            label = labels.pages[page, place]
            if not 0.0 <= label < np.inf:
                continue
            row = (np.int64(labels.blocks[page, 0]) << PAGE_BITS) + (place >> PAGE_BITS)
            column = (np.int64(labels.blocks[page, 1]) << PAGE_BITS) + (place & _IN_PAGE)
            cell = row * stride + column
            if cost - label > read_field(field, stride, cell, row, column) + IMPROVEMENT:
                field.values[cell] = cost - label
                field.touched[cell >> SEGMENT_BITS] = 1


@kernel
def clear_labels(labels, used):
    """Take the pages out of the table."""
    for page in range(used):
        labels.table[labels.blocks[page, 0], labels.blocks[page, 1]] = -1


@kernel
def trace_again(weights, stride, goal, labels):
    """Follow falling labels from the goal back to the robot: (N,) int32 flat indices and (N,) their labels."""
    flat = labels.pages.reshape(-1)
    way, costs = np.empty(256, np.int32), np.empty(256)
    cell, count = np.int64(goal), 0
    while True:
        row = cell // stride
        column = cell - row * stride
        if count == way.shape[0]:
            longer_way, longer_costs = np.empty(2 * count, np.int32), np.empty(2 * count)
            longer_way[:count], longer_costs[:count] = way, costs
            way, costs = longer_way, longer_costs
        way[count], costs[count] = cell, abs(flat[_find_label(labels, row, column)])
        count += 1
        if costs[count - 1] == 0.0:
            return way[:count], costs[:count]
        best = np.inf
        half = 0.5 * np.float64(weights[cell])
        for direction in range(8):
            row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
            neighbour = row * stride + column + row_step * stride + column_step
            length = 1.0
            if direction >= DIAGONAL:
                if weights[row * stride + column + column_step] <= 0.0 or weights[(row + row_step) * stride + column] <= 0.0:
                    continue
                length = SQRT_2
            place = _find_label(labels, row + row_step, column + column_step)
            if weights[neighbour] <= 0.0 or place < 0:
                continue
            cost = abs(flat[place]) + length * (half + 0.5 * np.float64(weights[neighbour]))
            if cost < best:
                best, cell = cost, neighbour
