"""Slow memory of where space was seen free and where something has stood, on a grid that wraps around."""

from __future__ import annotations

import math

from astro_nav.kernels.jit import kernel


@kernel
def add_rays_to_memory(memory, marks, mark, points, origins, kinds, corner_row, corner_column, resolution, gain, loss):
    """Add one scan.

    Every cell changes at most once a scan: by `+gain` when a ray ends in it, else by `-loss` when one passes through.

    Args:
        memory: (S, S) float32, changed; -1 seen free .. +1 something has stood here. The cell of a position is
            (floor(y / resolution) mod S, floor(x / resolution) mod S).
        marks: (S, S) int64, scratch; no element may equal `mark` on entry.
        mark: number of this scan.
        points, origins: (N, 2) float64 ray ends and origins [m].
        kinds: (N,) uint8: 0 = ignore, 1 = free up to the end, 2 = free up to the end, which is occupied.
        corner_row, corner_column: cell of the window's lower left corner; cells outside the window are left alone.
        resolution: cell edge [m].
        gain, loss: >= 0.

    Source: occupancy grids after Moravec and Elfes 1985; traversal after Amanatides and Woo 1987.
    """
    size = memory.shape[0]
    for i in range(points.shape[0]):
        if kinds[i] == 2:
            row, column = int(math.floor(points[i, 1] / resolution)), int(math.floor(points[i, 0] / resolution))
            if 0 <= row - corner_row < size and 0 <= column - corner_column < size:
                r, c = row % size, column % size
                if marks[r, c] != mark:
                    marks[r, c] = mark
                    memory[r, c] = min(memory[r, c] + gain, 1.0)
    for i in range(points.shape[0]):
        if kinds[i] == 0:
            continue
        x, y = origins[i, 0] / resolution, origins[i, 1] / resolution
        dx, dy = points[i, 0] / resolution - x, points[i, 1] / resolution - y
        row, column = int(math.floor(y)), int(math.floor(x))
        last_row, last_column = int(math.floor(y + dy)), int(math.floor(x + dx))
        step_row, step_column = (1 if dy > 0.0 else -1), (1 if dx > 0.0 else -1)
        per_column = abs(1.0 / dx) if dx != 0.0 else math.inf
        per_row = abs(1.0 / dy) if dy != 0.0 else math.inf
        next_column = ((column + 1 - x) if dx > 0.0 else (x - column)) * per_column if dx != 0.0 else math.inf
        next_row = ((row + 1 - y) if dy > 0.0 else (y - row)) * per_row if dy != 0.0 else math.inf
        for _ in range(abs(last_row - row) + abs(last_column - column)):
            if not (0 <= row - corner_row < size and 0 <= column - corner_column < size):
                break  # the lidar is in the window: once out, always out
            r, c = row % size, column % size
            if marks[r, c] != mark:
                marks[r, c] = mark
                memory[r, c] = max(memory[r, c] - loss, -1.0)
            if next_column < next_row:
                next_column += per_column
                column += step_column
            else:
                next_row += per_row
                row += step_row


@kernel
def _holds_something(memory, row, column, reach, corner_row, corner_column, occupied_limit):
    """Whether a cell within `reach` cells of one cell, in rows and columns, is occupied."""
    size = memory.shape[0]
    for neighbour_row in range(max(row - reach, corner_row), min(row + reach + 1, corner_row + size)):
        for neighbour_column in range(max(column - reach, corner_column), min(column + reach + 1, corner_column + size)):
            if memory[neighbour_row % size, neighbour_column % size] >= occupied_limit:
                return True
    return False


@kernel
def classify_points(
    memory, points, usable, reaches, corner_row, corner_column, resolution, free_limit, occupied_limit, classes
):  # fmt: skip
    """Decide where points lie.

    Args:
        memory: (S, S) float32, see `add_rays_to_memory`.
        points: (N, 2) float64 [m].
        usable: (N,) bool; the others become 0.
        reaches: (N,) int64 how uncertain each point is, in cells.
        corner_row, corner_column, resolution: as above.
        free_limit: memory at or below which a cell was seen free, < 0.
        occupied_limit: memory at or above which something stands there, > 0.
        classes: (N,) int8, written: 1 in a cell where something stands; -1 in a cell that was seen free and within
            whose reach nothing stands; else 0. Outside the window 0.
    """
    size = memory.shape[0]
    for i in range(points.shape[0]):
        classes[i] = 0
        if not usable[i]:
            continue
        row, column = int(math.floor(points[i, 1] / resolution)), int(math.floor(points[i, 0] / resolution))
        if not (0 <= row - corner_row < size and 0 <= column - corner_column < size):
            continue
        value = memory[row % size, column % size]
        if value >= occupied_limit:
            classes[i] = 1
        elif value <= free_limit and not _holds_something(
            memory, row, column, reaches[i], corner_row, corner_column, occupied_limit
        ):
            classes[i] = -1
