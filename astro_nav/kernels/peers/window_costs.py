"""What a dynamic window planner asks of its candidates.

Every term looks at where the candidate ends, but for obstacles, which count along the whole of it.

Sources: D. Fox, W. Burgard, S. Thrun, "The dynamic window approach to collision avoidance", IEEE RAM 4(1), 1997; the terms as
ROS navigation's successors of it weigh them (documentation of Nav2's DWB controller: path and goal distance, path and goal
alignment of a point ahead of the robot, obstacle, prefer forward). Deviations: distance to the path is exact instead of in
cells, and nearness to obstacles is that of the footprint instead of the cost of a cell.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.approximations import decay_fast, interpolate_bilinear
from astro_nav.kernels.jit import kernel

# Rows of the array of terms, in this order.
WINDOW_TERMS = ("obstacle", "path", "goal", "path_align", "goal_align", "backwards")


@kernel(fast=True)
def measure_path_distance(px, py, path_x, path_y):
    """Distance of a point from a polyline (P,), P > 0 [m]."""
    best = (px - path_x[0]) * (px - path_x[0]) + (py - path_y[0]) * (py - path_y[0])
    for i in range(path_x.shape[0] - 1):
        ex, ey = path_x[i + 1] - path_x[i], path_y[i + 1] - path_y[i]
        ax, ay = px - path_x[i], py - path_y[i]
        along = (ax * ex + ay * ey) / max(ex * ex + ey * ey, np.float32(1e-12))
        along = min(max(along, np.float32(0.0)), np.float32(1.0))
        dx, dy = ax - along * ex, ay - along * ey
        best = min(best, dx * dx + dy * dy)
    return math.sqrt(best)


@kernel
def score_window(
    x, y, cos, sin, v, clearance, contact_below, path_x, path_y, goal_distance, resolution, forward, inflation, terms, valid
):  # fmt: skip
    """Fill the terms of every candidate.

    Args:
        x, y, cos, sin, v: (T, K) float32 states relative to the map's corner.
        clearance: (T, K) float32 of the footprint [m].
        contact_below: clearance from which on downwards contact is certain [m].
        path_x, path_y: (P,) float32 the path ahead.
        goal_distance: (H, W) float32 way to the end of the path ahead, round obstacles [m].
        resolution: of that grid [m].
        forward: how far before the robot the point lies that the alignment terms look at [m].
        inflation: how fast the cost of being near falls with distance [1/m].
        terms: (len(WINDOW_TERMS), K) float32, filled.
        valid: (K,) bool, filled: whether nothing is touched.
    """
    half, per_cell = np.float32(0.5), np.float32(1.0) / resolution
    last = x.shape[0] - 1
    for k in range(x.shape[1]):
        nearest = np.float32(1e6)
        for t in range(last + 1):
            nearest = min(nearest, clearance[t, k])
        valid[k] = nearest >= contact_below
        terms[0, k] = decay_fast(inflation * max(nearest, np.float32(0.0)))
        px, py = x[last, k], y[last, k]
        ax, ay = px + forward * cos[last, k], py + forward * sin[last, k]
        terms[1, k] = measure_path_distance(px, py, path_x, path_y)
        terms[2, k] = interpolate_bilinear(goal_distance, py * per_cell - half, px * per_cell - half)
        terms[3, k] = measure_path_distance(ax, ay, path_x, path_y)
        terms[4, k] = interpolate_bilinear(goal_distance, ay * per_cell - half, ax * per_cell - half)
        terms[5, k] = max(-v[last, k], np.float32(0.0))
