"""Exact least-cost search on eight-connected weighted grids.

A* (P. Hart, N. Nilsson, B. Raphael, 1968) with a ring of narrow buckets of linked lists, the newest entry first (R. Dial,
"Algorithm 360", CACM 12, 1969): over free ground all cells of a shortest way are in one bucket, and the newest first dives
straight at the target. Inside a bucket the order is not kept; a cell that is improved after its expansion is expanded
again, and the search ends only when no entry can improve the result any more: the result is that of Dijkstra's algorithm.
Where weights differ by next to nothing, cells could be expanded again and again; as soon as that begins, every bucket is
put into order by a binary heap before its cells are expanded.

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
REOPENED_SHARE = 0.25  # of the expansions, and
REOPENED_LEAST = 1000  # at least so many: from there on buckets are kept in order

# Steps (row, column) of directions 0..7; from DIAGONAL on they are diagonal.
ROW_STEPS = (0, 0, -1, 1, -1, -1, 1, 1)
COLUMN_STEPS = (1, -1, 0, 0, 1, -1, 1, -1)
DIAGONAL = 4

# Fields of `SearchState.progress`, what survives between two calls of `advance_search`.
BUCKET, FREE_ENTRY, ENTRIES_MADE, ENTRIES_OPEN, HEAPED, REOPENED, ORDERED, EXPANSIONS = range(8)
PROGRESS_FIELDS = 8

SEGMENT_BITS = 5  # cells are cleared in segments of 2^5

RUNNING, FOUND, EXHAUSTED, POOL_FULL = range(4)


class SearchState(NamedTuple):
    """Arrays of one search; only `costs` is as large as the grid.

    Attributes:
        costs: (R * stride,) float64 [cells].
        heads: (B,) int32, B a power of two: first entry of every bucket of the ring, -1 = empty.
        entries: (E, 2) int32: pool of list entries (cell, next entry).
        heap_totals: (E,) float64 and `heap_cells` (E,) int32: the binary heap.
        touched: (R * stride / 32 + 1,) uint8: whether a cell of a segment of 32 was expanded since the costs were cleared.
        progress: (PROGRESS_FIELDS,) int64.
    """

    costs: np.ndarray
    heads: np.ndarray
    entries: np.ndarray
    heap_totals: np.ndarray
    heap_cells: np.ndarray
    touched: np.ndarray
    progress: np.ndarray


@kernel
def estimate_cost(row, column, target_row, target_column, min_weight):
    rows, columns = abs(row - target_row), abs(column - target_column)
    return min_weight * (max(rows, columns) + (SQRT_2 - 1.0) * min(rows, columns))


@kernel
def push_entry(totals, cells, size, total, cell):
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
def drop_first_entry(totals, cells, size):
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
def mark_written(stride, touched, cells):
    """Mark the segments that a search may have written to, of so many cells: those of expanded cells and those beside them."""
    for segment in range(touched.shape[0]):
        if touched[segment] & 1:
            first, end = segment << SEGMENT_BITS, (segment + 1) << SEGMENT_BITS
            for offset in (-stride, 0, stride):
                low, high = max(first + offset - 1, 0) >> SEGMENT_BITS, min(end + offset, cells - 1) >> SEGMENT_BITS
                for near in range(low, high + 1):
                    touched[near] |= 2


@kernel
def clear_costs(stride, state):
    """Set the costs of everything that the last search wrote to back to inf."""
    costs, touched = state.costs, state.touched
    mark_written(stride, touched, costs.shape[0])
    for segment in range(touched.shape[0]):
        if touched[segment]:
            touched[segment] = 0
            for cell in range(segment << SEGMENT_BITS, min((segment + 1) << SEGMENT_BITS, costs.shape[0])):
                costs[cell] = np.inf


@kernel
def start_search(stride, source, target, state, min_weight, bucket_width):
    """Empty the queue and put the source into it; all costs must be inf (see `clear_costs`, `advance_search`)."""
    row, column = source // stride, source % stride
    estimate = estimate_cost(row, column, target // stride, target % stride, min_weight) if target >= 0 else 0.0
    progress = state.progress
    progress[:] = 0
    progress[BUCKET] = np.int64(estimate / bucket_width)
    progress[FREE_ENTRY] = -1
    state.touched[source >> SEGMENT_BITS] = 1
    state.costs[source] = -0.0
    state.heads[:] = -1
    state.heads[progress[BUCKET] & (state.heads.shape[0] - 1)] = 0
    state.entries[0, 0], state.entries[0, 1] = source, -1
    progress[ENTRIES_MADE] = progress[ENTRIES_OPEN] = 1


@kernel
def advance_search(weights, stride, target, state, min_weight, bucket_width, max_expansions):
    """Expand up to `max_expansions` cells.

    Args:
        weights: (R * stride,) float32 >= `min_weight`, 0 = blocked; the outermost cells are blocked.
        stride: cells of a row.
        target: flat index of the target, -1 to reach everything that can be reached.
        state: changed; `heads` must span more than sqrt(2) * (largest weight + min_weight) + 2 bucket widths.
        min_weight: smallest weight that is not 0.
        bucket_width: [cells].
        max_expansions: to do in this call.

    Returns:
        RUNNING; FOUND: `costs[target]` is the least cost; EXHAUSTED: the target cannot be reached; POOL_FULL: call again
        with longer `entries`, `heap_totals` and `heap_cells`.
    """
    costs, heads, entries, progress = state.costs, state.heads, state.entries, state.progress
    totals, cells = state.heap_totals, state.heap_cells
    slots, room = heads.shape[0] - 1, totals.shape[0] - 8
    bucket, free, made, opened = progress[BUCKET], progress[FREE_ENTRY], progress[ENTRIES_MADE], progress[ENTRIES_OPEN]
    heaped, reopened, ordered = progress[HEAPED], progress[REOPENED], progress[ORDERED] > 0
    touched = state.touched
    target_row, target_column = target // stride, target % stride
    factor = min_weight if target >= 0 else 0.0
    inverse_width = 1.0 / bucket_width
    best = abs(costs[target]) if target >= 0 else np.inf
    expansions = 0
    status = RUNNING
    while expansions < max_expansions:
        if made > room or heaped > room:
            status = POOL_FULL
            break
        entry = np.int64(heads[bucket & slots])
        if entry >= 0:
            cell = np.int64(entries[np.uintp(entry), 0])
            heads[bucket & slots] = entries[np.uintp(entry), 1]
            entries[np.uintp(entry), 1] = free
            free = entry
            opened -= 1
        elif heaped > 0:
            cell = np.int64(cells[0])
            drop_first_entry(totals, cells, heaped)
            heaped -= 1
        elif opened > 0 and (bucket + 1) * bucket_width < best:
            bucket += 1
            continue
        else:
            status = FOUND if best < np.inf else EXHAUSTED
            break
        cost = -costs[np.uintp(cell)]
        row = cell // stride
        column = cell - row * stride
        if cost < 0.0:
            continue
        if ordered or best < np.inf:
            total = cost + estimate_cost(row, column, target_row, target_column, factor)
            if total >= best:
                continue
            if ordered and entry >= 0:
                push_entry(totals, cells, heaped, total, np.int32(cell))
                heaped += 1
                continue
        costs[np.uintp(cell)] = cost
        expansions += 1
        touched[np.uintp(cell >> SEGMENT_BITS)] = 1
        half = 0.5 * np.float64(weights[np.uintp(cell)])
        # Indices are cast to unsigned so that numba leaves out its test for negative ones: a tenth of the time.
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
            old_cost = costs[np.uintp(neighbour)]
            if new_cost >= abs(old_cost) - IMPROVEMENT:
                continue
            total = new_cost + estimate_cost(row + row_step, column + column_step, target_row, target_column, factor)
            if total >= best:
                continue
            if 0.0 < old_cost < np.inf:
                reopened += 1
            costs[np.uintp(neighbour)] = -new_cost
            if neighbour == target:
                best = new_cost
                continue
            slot = max(np.int64(total * inverse_width), bucket) & slots
            if free >= 0:
                entry = free
                free = np.int64(entries[np.uintp(entry), 1])
            else:
                entry = made
                made += 1
            entries[np.uintp(entry), 0] = neighbour
            entries[np.uintp(entry), 1] = heads[np.uintp(slot)]
            heads[np.uintp(slot)] = entry
            opened += 1
        ordered |= reopened > max(REOPENED_LEAST, REOPENED_SHARE * (progress[EXPANSIONS] + expansions))
    progress[BUCKET], progress[FREE_ENTRY], progress[ENTRIES_MADE], progress[ENTRIES_OPEN] = bucket, free, made, opened
    progress[HEAPED], progress[REOPENED], progress[ORDERED] = heaped, reopened, ordered
    progress[EXPANSIONS] += expansions
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
            if direction >= DIAGONAL:
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
