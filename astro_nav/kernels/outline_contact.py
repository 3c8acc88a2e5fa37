"""Whether the robot's outline touches an obstacle of a grid."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def measure_to_outline(x, y, outline):
    """Distance of a point to a polygon (V, 2), negative inside."""
    least, inside = np.inf, False
    before = outline.shape[0] - 1
    for corner in range(outline.shape[0]):
        start_x, start_y, end_x, end_y = outline[before, 0], outline[before, 1], outline[corner, 0], outline[corner, 1]
        edge_x, edge_y = end_x - start_x, end_y - start_y
        along = ((x - start_x) * edge_x + (y - start_y) * edge_y) / max(edge_x * edge_x + edge_y * edge_y, 1e-18)
        along = min(max(along, 0.0), 1.0)
        least = min(least, np.hypot(x - start_x - along * edge_x, y - start_y - along * edge_y))
        if (start_y > y) != (end_y > y) and x < start_x + (y - start_y) / edge_y * edge_x:
            inside = not inside
        before = corner
    return -least if inside else least


@kernel
def is_outline_clear(obstacles, x, y, yaw, outline, limit):
    """Whether the middles of all obstacles are at least so far from the outline.

    Args:
        obstacles: (h, w) bool, a window that holds everything near the outline; cell (row, column) has its middle at
            (column + 0.5, row + 0.5).
        x, y, yaw: pose of the outline in the window's frame [cells, cells, rad].
        outline: (V, 2) float64 vertices in the robot's frame [cells].
        limit: [cells].
    """
    cos, sin = np.cos(yaw), np.sin(yaw)
    for row in range(obstacles.shape[0]):
        for column in range(obstacles.shape[1]):
            if obstacles[row, column]:
                away_x, away_y = column + 0.5 - x, row + 0.5 - y
                if measure_to_outline(cos * away_x + sin * away_y, cos * away_y - sin * away_x, outline) < limit:
                    return False
    return True
