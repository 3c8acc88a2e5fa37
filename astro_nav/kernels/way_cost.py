"""What a metre of way costs, cell by cell, and ways made short and smooth under that cost.

A way's cost is the integral of a weight over its length. The weight is 1 in the open and grows with the square of how far
the way comes into the comfort distance of an obstacle: continuous, with a continuous slope where it begins.

Clearances are kept in millimetres as int16, two bytes a cell; grids have a border of one cell (see `grid_search`).
Points of ways are (x, y) in cells: cell (row, column) without the border covers [column, column + 1) x [row, row + 1).
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel

MILLIMETRES = 1000.0
LARGEST_CLEARANCE_M = 32.0
UNKNOWN_BLOCKED, UNKNOWN_DISCOURAGED, UNKNOWN_FREE = range(3)
SHORTCUT_LIMIT = 400  # points of the way that a shortcut may skip
SHORTCUT_MISSES = 24  # longer shortcuts that may fail before the search for a longer one ends
SAMPLES_PER_CELL = 3.0
SETTLED = 1e-5  # [cells] a point that moves less, between points that do, too, stays


@kernel
def compute_weight(clearance_m, body_radius_m, comfort_m, closeness_weight):
    """Weight at a clearance of the robot's middle; 0 where its narrowest part does not fit."""
    room = clearance_m - body_radius_m
    if room < -1e-6:
        return 0.0
    if room >= comfort_m:
        return 1.0
    share = 1.0 - room / comfort_m
    return 1.0 + closeness_weight * share * share


@kernel
def mark_obstacles(occupancy, first_row, first_column, occupied_threshold, unknown_blocks, out):
    """Mark what the robot must not touch in a window of a map.

    With `unknown_blocks`, unknown cells are obstacles, too, when at least half of the eight cells around them are unknown
    (beyond the map all is): the specks and streaks of one cell that maps made by a lidar are full of are none.

    Args:
        occupancy: (H, W) int8 of the whole map.
        first_row, first_column: where the window begins.
        out: (h, w) bool, changed.
    """
    rows, columns = occupancy.shape
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            here_row, here_column = first_row + row, first_column + column
            value = occupancy[here_row, here_column]
            out[row, column] = value >= occupied_threshold
            if value < 0 and unknown_blocks:
                unknown = -1
                for near_row in range(here_row - 1, here_row + 2):
                    for near_column in range(here_column - 1, here_column + 2):
                        outside = near_row < 0 or near_row >= rows or near_column < 0 or near_column >= columns
                        if outside or occupancy[near_row, near_column] < 0:
                            unknown += 1
                out[row, column] = unknown >= 4


@kernel
def fill_weights(
    distance_m, occupancy, first_row, first_column, clearance_mm, weights, body_radius_m, comfort_m, closeness_weight,
    unknown_policy, unknown_weight,
):
    """Fill a window of clearances and weights.

    Args:
        distance_m: (h, w) float32, distance from the cells' centres to the nearest obstacle's surface [m].
        occupancy: (h, w) int8 of the same window, below 0 = unknown.
        first_row, first_column: where the window begins in the grid with its border.
        clearance_mm: (R, S) int16, changed inside the window [mm].
        weights: (R, S) float32, changed inside the window.
    """
    rows, columns = distance_m.shape
    for row in range(rows):
        for column in range(columns):
            millimetres = np.int16(np.rint(distance_m[row, column] * MILLIMETRES))
            weight = compute_weight(millimetres / MILLIMETRES, body_radius_m, comfort_m, closeness_weight)
            if occupancy[row, column] < 0:
                if unknown_policy == UNKNOWN_BLOCKED:
                    weight = 0.0
                elif unknown_policy == UNKNOWN_DISCOURAGED:
                    weight *= unknown_weight
            clearance_mm[first_row + row, first_column + column] = millimetres
            weights[first_row + row, first_column + column] = weight


@kernel
def measure_segment(weights, start_x, start_y, end_x, end_y):
    """Cost of a straight line [cells], inf when it crosses a blocked cell."""
    length = np.hypot(end_x - start_x, end_y - start_y)
    samples = max(1, np.int64(np.ceil(length * SAMPLES_PER_CELL)))
    total = 0.0
    for sample in range(samples):
        share = (sample + 0.5) / samples
        x, y = start_x + share * (end_x - start_x), start_y + share * (end_y - start_y)
        weight = weights[np.int64(np.floor(y)) + 1, np.int64(np.floor(x)) + 1]
        if weight <= 0.0:
            return np.inf
        total += weight
    return total / samples * length


@kernel
def measure_way(points, weights, out):
    """Cost from every point of a way to its end.

    Args:
        points: (N, 2) float64 [cells], inside the grid.
        weights: (R, S) float32.
        out: (N,) float64 [cells], changed; inf from the start up to the last blocked place.
    """
    count = points.shape[0]
    out[count - 1] = 0.0
    for k in range(count - 2, -1, -1):
        out[k] = out[k + 1] + measure_segment(weights, points[k, 0], points[k, 1], points[k + 1, 0], points[k + 1, 1])


@kernel
def shorten_way(points, weights, kept):
    """Choose points between which straight lines cost no more than the way itself.

    Args:
        points: (N, 2) float64 [cells].
        weights: (R, S) float32.
        kept: (N,) bool, changed: whether a point stays.
    """
    count = points.shape[0]
    costs = np.empty(count)
    costs[0] = 0.0
    for k in range(1, count):
        costs[k] = costs[k - 1] + measure_segment(weights, points[k - 1, 0], points[k - 1, 1], points[k, 0], points[k, 1])
    kept[:] = False
    kept[0] = kept[count - 1] = True
    here = 0
    while here < count - 1:
        best, misses, ahead = here + 1, 0, here + 2
        while ahead < min(count, here + SHORTCUT_LIMIT) and misses < SHORTCUT_MISSES:
            cost = measure_segment(weights, points[here, 0], points[here, 1], points[ahead, 0], points[ahead, 1])
            if cost <= costs[ahead] - costs[here] + 1e-9:
                best, misses = ahead, 0
            else:
                misses += 1
            ahead += 1
        kept[best] = True
        here = best


@kernel
def _interpolate_clearance(clearance_mm, x, y):
    """Bilinear clearance [m] and its slope [m per cell] at a point."""
    column, row = np.int64(np.floor(x + 0.5)), np.int64(np.floor(y + 0.5))
    column = min(max(column, 0), clearance_mm.shape[1] - 2)
    row = min(max(row, 0), clearance_mm.shape[0] - 2)
    u, v = x + 0.5 - column, y + 0.5 - row
    a, b = clearance_mm[row, column] / MILLIMETRES, clearance_mm[row, column + 1] / MILLIMETRES
    c, d = clearance_mm[row + 1, column] / MILLIMETRES, clearance_mm[row + 1, column + 1] / MILLIMETRES
    value = (1.0 - v) * ((1.0 - u) * a + u * b) + v * ((1.0 - u) * c + u * d)
    return value, (1.0 - v) * (b - a) + v * (d - c), (1.0 - u) * (c - a) + u * (d - b)


@kernel
def relax_way(points, clearance_mm, weights, spacing, body_radius_m, comfort_m, closeness_weight, rounds):
    """Let a way find the nearest curve of least cost, as a stretched band does; its ends stay.

    Along a curve of least cost, weight times curvature equals the slope of the weight across it (the Euler-Lagrange
    equation of the integral). A point moves only to where the straight lines to its neighbours are free.

    Args:
        points: (N, 2) float64 [cells], changed.
        clearance_mm: (R, S) int16 [mm].
        weights: (R, S) float32.
        spacing: mean distance of neighbouring points [cells].
        rounds: how often every point moves.
    """
    count = points.shape[0]
    moved, moves = np.ones(count, np.bool_), np.zeros(count, np.bool_)  # in the last round and in this one
    moved[0] = moved[count - 1] = False
    for _ in range(rounds):
        some = False
        for k in range(1, count - 1):
            if not (moved[k - 1] or moved[k] or moved[k + 1] or moves[k - 1]):
                continue
            x, y = points[k, 0], points[k, 1]
            clearance, slope_x, slope_y = _interpolate_clearance(clearance_mm, x, y)
            room = max(clearance - body_radius_m, 0.0)
            weight, pull = 1.0, 0.0
            if room < comfort_m:
                share = 1.0 - room / comfort_m
                weight += closeness_weight * share * share
                pull = 2.0 * closeness_weight * share / comfort_m  # d weight / d clearance, sign turned
            along_x, along_y = points[k + 1, 0] - points[k - 1, 0], points[k + 1, 1] - points[k - 1, 1]
            length = np.hypot(along_x, along_y)
            if length < 1e-9:
                points[k, 0], points[k, 1] = points[k + 1, 0], points[k + 1, 1]
                continue
            along_x, along_y = along_x / length, along_y / length
            across = pull * (slope_y * along_x - slope_x * along_y)  # along the normal (-along_y, along_x)
            bend_x = 0.5 * (points[k - 1, 0] + points[k + 1, 0]) - x
            bend_y = 0.5 * (points[k - 1, 1] + points[k + 1, 1]) - y
            # 2 weight / spacing^2 is the stiffness of a point: dividing by it makes a step that cannot overshoot.
            push = min(max(0.5 * across * spacing * spacing / weight, -0.5), 0.5)
            new_x, new_y = x + 0.5 * bend_x - 0.5 * push * along_y, y + 0.5 * bend_y + 0.5 * push * along_x
            before = measure_segment(weights, points[k - 1, 0], points[k - 1, 1], new_x, new_y)
            after = measure_segment(weights, new_x, new_y, points[k + 1, 0], points[k + 1, 1])
            if before < np.inf and after < np.inf:
                points[k, 0], points[k, 1] = new_x, new_y
                moves[k] = abs(new_x - x) + abs(new_y - y) > SETTLED
                some |= moves[k]
        if not some:
            break
        moved, moves = moves, moved
        moves[:] = False
