"""Exact least-cost search on eight-connected weighted grids.

A* (P. Hart, N. Nilsson, B. Raphael, 1968) with a queue of three parts, the dearer the rarer: a stack for what is as good
as the best known entry (over free ground all cells of a shortest way are, and a stack dives straight at the target), a
small binary heap for what belongs to the bucket at hand, and a ring of narrow buckets of linked lists for everything
later (R. Dial, "Algorithm 360", CACM 12, 1969). Wherever an order is not kept to the last bit, a cell that is improved
after its expansion is expanded again, and the search ends only when no entry can improve the result any more: the result
is that of Dijkstra's algorithm.

The grid is flat and has a border of blocked cells around it, so that no step needs a bounds check. A step costs its
Euclidean length [cells] times the mean weight of its two cells, and a diagonal step needs both cells beside it (no
corner cutting). The heuristic is the octile distance times the smallest weight: consistent, hence admissible.

`costs` holds the cost from the source, negated while a cell waits to be expanded, inf where nothing has come yet. Ways are
read off it afterwards (`trace_way`), so that no array of predecessors is needed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel

SQRT_2 = 1.4142135623730951
IMPROVEMENT = 1e-9  # [cells] a smaller gain is rounding of sums in another order, not a better way
LEVEL = 1e-10  # [cells] totals closer than this count as equal

# Steps (row, column) of directions 0..7, counter-clockwise from +column; the odd ones are diagonal.
ROW_STEPS = (0, 1, 1, 1, 0, -1, -1, -1)
COLUMN_STEPS = (1, 1, 0, -1, -1, -1, 0, 1)

# Fields of `SearchState.progress`, what survives between two calls of `advance_search`.
BUCKET, FREE_ENTRY, ENTRIES_MADE, ENTRIES_OPEN, HEAPED, STACKED, EXPANSIONS, FIRST_ROW, LAST_ROW = range(9)
PROGRESS_FIELDS = 9

RUNNING, FOUND, EXHAUSTED, POOL_FULL = range(4)


class SearchState(NamedTuple):
    """Arrays of one search; only `costs` is as large as the grid.

    Attributes:
        costs: (R * stride,) float64 [cells].
        heads: (B,) int32, B a power of two: first entry of every bucket of the ring, -1 = empty.
        entries: (E, 2) int32: pool of list entries (cell, next entry).
        heap_totals: (E,) float64 and `heap_cells` (E,) int32: the binary heap.
        stack: (E,) int32: cells.
        spans: (R, 2) int32: first and last column expanded in every row since the costs were cleared; first > last = none.
        progress: (PROGRESS_FIELDS,) int64; FIRST_ROW and LAST_ROW bound the rows whose span is not empty.
    """

    costs: np.ndarray
    heads: np.ndarray
    entries: np.ndarray
    heap_totals: np.ndarray
    heap_cells: np.ndarray
    stack: np.ndarray
    spans: np.ndarray
    progress: np.ndarray


@kernel
def _estimate_cost(row, column, target_row, target_column, min_weight):
    rows, columns = abs(row - target_row), abs(column - target_column)
    return min_weight * (max(rows, columns) + (SQRT_2 - 1.0) * min(rows, columns))


@kernel
def _push(totals, cells, size, total, cell):
    """Add an entry to a binary heap of `size` entries."""
    place = size
    while place > 0:
        parent = (place - 1) >> 1
        if totals[parent] <= total:
            break
        totals[place], cells[place] = totals[parent], cells[parent]
        place = parent
    totals[place], cells[place] = total, cell


@kernel
def _drop_first(totals, cells, size):
    """Take the first entry out of a binary heap of `size` entries."""
    last = size - 1
    total, cell = totals[last], cells[last]
    place = 0
    while True:
        child = 2 * place + 1
        if child >= last:
            break
        if child + 1 < last and totals[child + 1] < totals[child]:
            child += 1
        if totals[child] >= total:
            break
        totals[place], cells[place] = totals[child], cells[child]
        place = child
    totals[place], cells[place] = total, cell


@kernel
def clear_costs(stride, state):
    """Set the costs of everything that the last search touched back to inf."""
    spans, first_row, last_row = state.spans, state.progress[FIRST_ROW], state.progress[LAST_ROW]
    for row in range(first_row - 1, last_row + 2):
        first, last = stride, -1
        for near in range(max(row - 1, first_row), min(row + 1, last_row) + 1):
            first, last = min(first, spans[near, 0]), max(last, spans[near, 1])
        for cell in range(row * stride + first - 1, row * stride + last + 2):
            state.costs[cell] = np.inf
    for row in range(first_row, last_row + 1):
        spans[row, 0], spans[row, 1] = stride, -1


@kernel
def start_search(stride, source, target, state, min_weight, bucket_width):
    """Empty the queue and put the source into it; all costs must be inf (see `clear_costs`, `advance_search`)."""
    state.heads[:] = -1
    row, column = source // stride, source % stride
    estimate = _estimate_cost(row, column, target // stride, target % stride, min_weight) if target >= 0 else 0.0
    progress = state.progress
    progress[:] = 0
    progress[BUCKET] = np.int64(estimate / bucket_width)
    progress[FREE_ENTRY] = -1
    progress[FIRST_ROW] = progress[LAST_ROW] = row
    state.spans[row] = column
    state.costs[source] = -0.0
    state.stack[0] = source
    progress[STACKED] = 1


@kernel
def advance_search(weights, stride, target, state, min_weight, bucket_width, ordered, max_expansions):
    """Expand up to `max_expansions` cells.

    Args:
        weights: (R * stride,) float32 >= `min_weight`, 0 = blocked; the outermost cells are blocked.
        stride: cells of a row.
        target: flat index of the target, -1 to reach everything that can be reached.
        state: changed; `heads` must span more than sqrt(2) * (largest weight + min_weight) + 2 bucket widths.
        min_weight: smallest weight that is not 0.
        bucket_width: [cells].
        ordered: keep the order inside a bucket. Without it a search over equal weights is faster, and one over different
            weights may expand cells again and again.
        max_expansions: to do in this call.

    Returns:
        RUNNING; FOUND: `costs[target]` is the least cost; EXHAUSTED: the target cannot be reached; POOL_FULL: call again
        with longer `entries`, `heap_totals`, `heap_cells` and `stack`.
    """
    costs, heads, entries, stack, progress = state.costs, state.heads, state.entries, state.stack, state.progress
    totals, cells = state.heap_totals, state.heap_cells
    slots, room = heads.shape[0] - 1, stack.shape[0] - 8
    bucket, free, made, opened = progress[BUCKET], progress[FREE_ENTRY], progress[ENTRIES_MADE], progress[ENTRIES_OPEN]
    heaped, stacked = progress[HEAPED], progress[STACKED]
    spans, first_row, last_row = state.spans, progress[FIRST_ROW], progress[LAST_ROW]
    target_row, target_column = target // stride, target % stride
    factor = min_weight if target >= 0 else 0.0
    inverse_width = 1.0 / bucket_width
    best = abs(costs[target]) if target >= 0 else np.inf
    level = 0.0
    expansions = 0
    status = RUNNING
    while expansions < max_expansions:
        if made > room or heaped > room or stacked > room:
            status = POOL_FULL
            break
        if stacked > 0:
            stacked -= 1
            cell = np.int64(stack[stacked])
        elif heaped > 0:
            if totals[0] >= best:
                status = FOUND
                break
            level = totals[0] + LEVEL
            cell = np.int64(cells[0])
            _drop_first(totals, cells, heaped)
            heaped -= 1
        else:
            # Move what is left of the next bucket that is not empty to the heap, or to the stack when order is no matter.
            if opened == 0 or bucket * bucket_width >= best:
                status = FOUND if best < np.inf else EXHAUSTED
                break
            while heads[bucket & slots] < 0:
                bucket += 1
            entry = np.int64(heads[bucket & slots])
            while entry >= 0 and heaped <= room and stacked <= room:
                cell = np.int64(entries[entry, 0])
                if costs[cell] < 0.0:
                    if ordered:
                        row = cell // stride
                        total = _estimate_cost(row, cell - row * stride, target_row, target_column, factor) - costs[cell]
                        _push(totals, cells, heaped, total, np.int32(cell))
                        heaped += 1
                    else:
                        stack[stacked] = cell
                        stacked += 1
                following = np.int64(entries[entry, 1])
                entries[entry, 1] = free
                free = entry
                opened -= 1
                entry = following
            heads[bucket & slots] = entry
            if not ordered:
                level = (bucket + 1) * bucket_width
            continue
        cost = -costs[cell]
        row = cell // stride
        column = cell - row * stride
        if cost < 0.0 or cost + _estimate_cost(row, column, target_row, target_column, factor) >= best:
            continue
        costs[cell] = cost
        expansions += 1
        first_row, last_row = min(first_row, row), max(last_row, row)
        spans[row, 0], spans[row, 1] = min(spans[row, 0], column), max(spans[row, 1], column)
        weight = np.float64(weights[cell])
        # Indices are cast to unsigned so that numba leaves out its test for negative ones: a tenth of the time.
        for direction in range(8):
            row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
            neighbour = cell + row_step * stride + column_step
            neighbour_weight = np.float64(weights[np.uintp(neighbour)])
            if neighbour_weight <= 0.0:
                continue
            new_cost = cost + 0.5 * (weight + neighbour_weight)
            if direction & 1:
                if weights[np.uintp(cell + column_step)] <= 0.0 or weights[np.uintp(cell + row_step * stride)] <= 0.0:
                    continue
                new_cost = cost + 0.5 * SQRT_2 * (weight + neighbour_weight)
            if new_cost >= abs(costs[np.uintp(neighbour)]) - IMPROVEMENT:
                continue
            total = new_cost + _estimate_cost(row + row_step, column + column_step, target_row, target_column, factor)
            if total >= best:
                continue
            costs[np.uintp(neighbour)] = -new_cost
            if neighbour == target:
                best = new_cost
                continue
            if total <= level:
                stack[stacked] = neighbour
                stacked += 1
                continue
            wanted = np.int64(total * inverse_width)
            if wanted <= bucket and ordered:
                _push(totals, cells, heaped, total, np.int32(neighbour))
                heaped += 1
                continue
            slot = max(wanted, bucket) & slots
            if free >= 0:
                entry = free
                free = np.int64(entries[entry, 1])
            else:
                entry = made
                made += 1
            entries[entry, 0] = neighbour
            entries[entry, 1] = heads[slot]
            heads[slot] = entry
            opened += 1
    progress[BUCKET], progress[FREE_ENTRY], progress[ENTRIES_MADE], progress[ENTRIES_OPEN] = bucket, free, made, opened
    progress[HEAPED], progress[STACKED] = heaped, stacked
    progress[EXPANSIONS] += expansions
    progress[FIRST_ROW], progress[LAST_ROW] = first_row, last_row
    return status


@kernel
def trace_way(weights, stride, costs, target):
    """Follow falling costs from `target` back to the source.

    Args:
        weights, stride, costs: as searched.
        target: a cell whose cost is final.

    Returns:
        (N,) int32 flat indices, from `target` to the source.
    """
    way = np.empty(256, np.int32)
    way[0] = target
    count = 1
    cell = np.int64(target)
    while costs[cell] != 0.0:
        best, best_cost = np.int64(-1), np.inf
        for direction in range(8):
            row_step, column_step = ROW_STEPS[direction], COLUMN_STEPS[direction]
            neighbour = cell + row_step * stride + column_step
            if weights[neighbour] <= 0.0:
                continue
            length = 0.5
            if direction & 1:
                if weights[cell + column_step] <= 0.0 or weights[cell + row_step * stride] <= 0.0:
                    continue
                length = 0.5 * SQRT_2
            cost = abs(costs[neighbour]) + length * (np.float64(weights[cell]) + np.float64(weights[neighbour]))
            if cost < best_cost:
                best, best_cost = neighbour, cost
        cell = best
        if count == way.shape[0]:
            longer = np.empty(2 * count, np.int32)
            longer[:count] = way
            way = longer
        way[count] = cell
        count += 1
    return way[:count]
