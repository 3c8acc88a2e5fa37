"""Evidence of obstacles and of free space from rays."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def add_rays(
    evidence, surface_x, surface_y, seen_s, origins, points, marks, stamp_s, origin_x, origin_y, resolution,
    hit_gain, miss_gain, limit,
):  # fmt: skip
    """Add one scan to a grid of evidence.

    A cell that a ray ends in gains `hit_gain`; a cell that rays pass through, and none of this scan ends in, loses
    `miss_gain` per cell edge of chord length, so that a ray that grazes a thin obstacle's cell hardly clears it. Every
    cell is cleared at most by `miss_gain` per scan.

    Args:
        evidence: (H, W) float32, changed: < 0 free, 0 unknown, > 0 occupied, within [-limit, limit].
        surface_x, surface_y: (H, W) float32, changed: measured surface point in the cell, from the cell's middle [m].
        seen_s: (H, W) float64, changed: when a ray last said something about the cell.
        origins: (N, 2) float64 ray origins in the grid's frame [m].
        points: (N, 2) float64 ray ends in the grid's frame [m].
        marks: (N,) uint8: 0 = ignore, 1 = clear only, 2 = clear, then mark the end as occupied.
        stamp_s: time of the scan.
        origin_x, origin_y: lower left corner of cell (0, 0) [m].
        resolution: cell edge [m].
        hit_gain, miss_gain, limit: see above.

    Source: occupancy grids after Moravec and Elfes 1985; traversal after Amanatides and Woo 1987.
    """
    height, width = evidence.shape
    touched = np.zeros((height, width), dtype=np.uint8)  # 1 = a ray ends here
    passed = np.zeros((height, width), dtype=np.float32)  # chord length in cell edges
    for i in range(points.shape[0]):
        if marks[i] == 2:
            column = int(math.floor((points[i, 0] - origin_x) / resolution))
            row = int(math.floor((points[i, 1] - origin_y) / resolution))
            if 0 <= row < height and 0 <= column < width:
                x = points[i, 0] - origin_x - (column + 0.5) * resolution
                y = points[i, 1] - origin_y - (row + 0.5) * resolution
                if touched[row, column] == 0:
                    # Surfaces move little between scans; a fresh cell takes the point as it is.
                    share = 0.3 if evidence[row, column] > 0.0 else 1.0
                else:
                    share = 0.3
                surface_x[row, column] += share * (x - surface_x[row, column])
                surface_y[row, column] += share * (y - surface_y[row, column])
                touched[row, column] = 1
    for i in range(points.shape[0]):
        if marks[i] == 0:
            continue
        x0, y0 = (origins[i, 0] - origin_x) / resolution, (origins[i, 1] - origin_y) / resolution
        x1, y1 = (points[i, 0] - origin_x) / resolution, (points[i, 1] - origin_y) / resolution
        dx, dy = x1 - x0, y1 - y0
        length = math.sqrt(dx * dx + dy * dy)
        if not length > 1e-9:
            continue
        column, row = int(math.floor(x0)), int(math.floor(y0))
        last_column, last_row = int(math.floor(x1)), int(math.floor(y1))
        step_x, step_y = (1 if dx > 0.0 else -1), (1 if dy > 0.0 else -1)
        cross_x = abs(length / dx) if dx != 0.0 else math.inf
        cross_y = abs(length / dy) if dy != 0.0 else math.inf
        next_x = ((column + 1 - x0) if dx > 0.0 else (x0 - column)) * cross_x if dx != 0.0 else math.inf
        next_y = ((row + 1 - y0) if dy > 0.0 else (y0 - row)) * cross_y if dy != 0.0 else math.inf
        travelled = 0.0
        while travelled < length and not (column == last_column and row == last_row):
            leave = min(next_x, next_y)
            if 0 <= row < height and 0 <= column < width:
                passed[row, column] += min(leave, length) - travelled
            elif (column < 0 and step_x < 0) or (column >= width and step_x > 0) or (row < 0 and step_y < 0) or (
                row >= height and step_y > 0
            ):
                break
            if next_x < next_y:
                next_x += cross_x
                column += step_x
            else:
                next_y += cross_y
                row += step_y
            travelled = leave
        if marks[i] == 1 and 0 <= last_row < height and 0 <= last_column < width:
            passed[last_row, last_column] += max(length - travelled, 0.0)
    for row in range(height):
        for column in range(width):
            if touched[row, column]:
                evidence[row, column] = min(max(evidence[row, column], np.float32(0.0)) + hit_gain, limit)
                seen_s[row, column] = stamp_s
            elif passed[row, column] > 0.0:
                loss = miss_gain * min(passed[row, column], np.float32(1.0))
                evidence[row, column] = max(evidence[row, column] - loss, -limit)
                seen_s[row, column] = stamp_s
