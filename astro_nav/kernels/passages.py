"""Narrow passages of a map: where two basins of room meet.

Source: L. Vincent, P. Soille, "Watersheds in digital spaces", PAMI 13, 1991, on the clearance turned upside down. Cells are
flooded from the roomiest to the narrowest; two basins stay apart when both are roomy and large and the cell at which they
meet is narrow. Unlike the tree of merges alone, basins that are kept apart show every passage between them, not only the
widest.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def _find_root(parents, label):
    while parents[label] != label:
        parents[label] = parents[parents[label]]
        label = parents[label]
    return label


@kernel
def _sort_cells(clearance_mm, smallest_mm, largest_mm):
    """Flat indices of all cells with at least `smallest_mm`, the roomiest first; above `largest_mm` all are equal."""
    flat = clearance_mm.reshape(-1)
    starts = np.zeros(largest_mm - smallest_mm + 2, np.int64)
    for cell in range(flat.shape[0]):
        if flat[cell] >= smallest_mm:
            starts[largest_mm - min(np.int64(flat[cell]), largest_mm) + 1] += 1
    for place in range(1, starts.shape[0]):
        starts[place] += starts[place - 1]
    order = np.empty(starts[-1], np.int32)
    for cell in range(flat.shape[0]):
        if flat[cell] >= smallest_mm:
            bucket = largest_mm - min(np.int64(flat[cell]), largest_mm)
            order[starts[bucket]] = cell
            starts[bucket] += 1
    return order


@kernel
def label_basins(clearance_mm, smallest_mm, widest_mm, prominence_mm, min_cells, labels):
    """Label the basins of room.

    Args:
        clearance_mm: (R, S) int16, the outermost cells below `smallest_mm`.
        smallest_mm: cells with less clearance belong to no basin.
        widest_mm: a cell with more clearance is no passage.
        prominence_mm: a basin counts when its roomiest cell has so much more clearance than the passage.
        min_cells: and so many cells that are roomier than the passage.
        labels: (R, S) int32, changed: a number per basin, -1 outside all.
    """
    stride = clearance_mm.shape[1]
    flat, flat_labels = clearance_mm.reshape(-1), labels.reshape(-1)
    flat_labels[:] = -1
    order = _sort_cells(clearance_mm, smallest_mm, widest_mm + prominence_mm + 1)
    parents, peaks, sizes = np.empty(len(order), np.int32), np.empty(len(order), np.int32), np.empty(len(order), np.int32)
    made = 0
    for cell in order:
        here = np.int32(flat[cell])
        own, uphill, uphill_mm = np.int32(-1), np.int32(-1), np.int32(-1)
        for row_step in range(-1, 2):
            for column_step in range(-1, 2):
                neighbour = cell + row_step * stride + column_step
                label = flat_labels[neighbour]
                if label < 0:
                    continue
                if flat[neighbour] > uphill_mm:
                    uphill, uphill_mm = label, np.int32(flat[neighbour])
                root = _find_root(parents, label)
                if own < 0 or own == root:
                    own = root
                    continue
                lesser, greater = (own, root) if sizes[own] < sizes[root] else (root, own)
                counts = sizes[lesser] >= min_cells and min(peaks[lesser], peaks[greater]) >= here + prominence_mm
                if not (counts and here <= widest_mm):
                    parents[lesser] = greater
                    sizes[greater] += sizes[lesser]
                    peaks[greater] = max(peaks[greater], peaks[lesser])
                own = greater
        if own < 0:
            own = np.int32(made)
            parents[own], peaks[own], sizes[own] = own, here, 0
            made += 1
        else:
            own = _find_root(parents, uphill)  # to the basin that it rises to, or borders would leak out along walls
        flat_labels[cell] = own
        sizes[own] += 1
    for cell in order:
        flat_labels[cell] = _find_root(parents, flat_labels[cell])


@kernel
def find_meeting_cells(clearance_mm, labels):
    """The roomiest cell of every border between two basins: (M,) flat indices."""
    stride = clearance_mm.shape[1]
    flat, basins = clearance_mm.reshape(-1), labels.reshape(-1)
    seen = np.zeros(flat.shape[0], np.bool_)
    stack = np.empty(flat.shape[0] // 4 + 16, np.int32)
    found = np.empty(256, np.int32)
    count = 0
    for seed in range(stride + 1, flat.shape[0] - stride - 1):
        if seen[seed] or not _is_border(basins, seed, stride):
            continue
        best, stacked = seed, 1
        stack[0] = seed
        seen[seed] = True
        while stacked > 0:
            stacked -= 1
            cell = np.int64(stack[stacked])
            if flat[cell] > flat[best]:
                best = cell
            for row_step in range(-1, 2):
                for column_step in range(-1, 2):
                    neighbour = cell + row_step * stride + column_step
                    if not seen[neighbour] and stacked < stack.shape[0] and _is_border(basins, neighbour, stride):
                        seen[neighbour] = True
                        stack[stacked] = neighbour
                        stacked += 1
        if count == found.shape[0]:
            longer = np.empty(2 * count, np.int32)
            longer[:count] = found
            found = longer
        found[count] = best
        count += 1
    return found[:count]


@kernel
def _is_border(basins, cell, stride):
    own = basins[cell]
    if own < 0 or cell < stride or cell >= basins.shape[0] - stride:
        return False
    for step in (1, -1, stride, -stride):
        other = basins[cell + step]
        if other >= 0 and other != own:
            return True
    return False
