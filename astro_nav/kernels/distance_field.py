"""Exact Euclidean distance fields of occupancy grids.

Source: A. Meijster, J. Roerdink, W. Hesselink, "A general algorithm for computing distance transforms in linear time",
2000 (the column pass), and P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of
Computing 8, 2012 (the lower envelope of parabolas along rows). Deviation: both passes walk along rows, so that memory
is read in order; columns without an obstacle never enter the envelope; rows without one are skipped.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel(fast=True)
def _compute_column_distances(occupied, value, out):
    # fast=True is safe with infinity here: none of the allowed reorderings assumes it away, and inf + 1 = inf.
    rows, columns = occupied.shape
    for column in range(columns):
        out[0, column] = np.float32(0.0) if occupied[0, column] == value else np.float32(np.inf)
    for row in range(1, rows):
        for column in range(columns):
            above = out[row - 1, column] + np.float32(1.0)
            out[row, column] = np.float32(0.0) if occupied[row, column] == value else above
    for row in range(rows - 2, -1, -1):
        for column in range(columns):
            below = out[row + 1, column] + np.float32(1.0)
            here = out[row, column]
            out[row, column] = below if below < here else here


@kernel
def _build_envelope(line, sites, heights, starts):
    """Lower envelope of the parabolas (x - q)^2 + line[q]^2; returns how many of them are on it.

    `sites` are their apexes, `heights` the values line[q]^2, `starts` the first column at which each is the lowest.
    """
    columns = line.shape[0]
    count = 0
    for column in range(columns):
        if line[column] == np.inf:
            continue
        height = np.float64(line[column]) * line[column]
        key = height + np.float64(column) * column
        start = 0
        while count > 0:
            apex = sites[count - 1]
            apex_key = heights[count - 1] + np.float64(apex) * apex
            # Multiplying instead of dividing decides most cases, and does so exactly.
            doubled = 2.0 * (column - apex)
            if key - apex_key > starts[count - 1] * doubled:
                start = np.int32(np.floor((key - apex_key) / doubled)) + 1
                break
            count -= 1
        if start < columns:
            sites[count] = column
            heights[count] = height
            starts[count] = 0 if count == 0 else start
            count += 1
    return count


@kernel
def _compute_row_distances(line, sites, heights, starts):
    columns = line.shape[0]
    count = _build_envelope(line, sites, heights, starts)
    for piece in range(count):
        apex, height = sites[piece], heights[piece]
        end = starts[piece + 1] if piece + 1 < count else columns
        for column in range(starts[piece], end):
            offset = np.float64(column - apex)
            line[column] = np.float32(height + offset * offset)


@kernel
def compute_squared_distances(occupied, out):
    """Squared distance from every cell's centre to the nearest occupied cell's centre.

    Args:
        occupied: (H, W) bool, C-contiguous.
        out: (H, W) float32, C-contiguous [cells^2]; exact integers up to 2^24, inf when nothing is occupied.
    """
    rows, columns = occupied.shape
    if rows == 0 or columns == 0:
        return
    _compute_column_distances(occupied, True, out)
    sites, starts = np.empty(columns, np.int32), np.empty(columns, np.int32)
    heights = np.empty(columns, np.float64)
    for row in range(rows):
        _compute_row_distances(out[row], sites, heights, starts)


@kernel
def compute_signed_distances(occupied, resolution_m, max_distance_m, out):
    """Distance from every cell's centre to the nearest surface of an obstacle, negative inside obstacles.

    The surface lies on the edges of the occupied cells: half a cell before their centres. Beyond the grid nothing is
    known, so its border is neither obstacle nor free space.

    Args:
        occupied: (H, W) bool, C-contiguous.
        resolution_m: edge length of a cell.
        max_distance_m: distances are cut off to [-max_distance_m, max_distance_m].
        out: (H, W) float32, C-contiguous [m].
    """
    rows, columns = occupied.shape
    if rows == 0 or columns == 0:
        return
    compute_squared_distances(occupied, out)
    sites, starts = np.empty(columns, np.int32), np.empty(columns, np.int32)
    heights = np.empty(columns, np.float64)
    depth = np.empty((rows, columns), np.float32)
    _compute_column_distances(occupied, False, depth)
    limit, edge = np.float32(max_distance_m), np.float32(0.5 * resolution_m)
    scale = np.float32(resolution_m)
    for row in range(rows):
        holds_obstacle = False
        for column in range(columns):
            holds_obstacle |= occupied[row, column]
        if holds_obstacle:
            _compute_row_distances(depth[row], sites, heights, starts)
        for column in range(columns):
            sign = np.float32(-1.0) if occupied[row, column] else np.float32(1.0)
            squared = depth[row, column] if occupied[row, column] else out[row, column]
            out[row, column] = sign * min(np.sqrt(squared) * scale - edge, limit)
