"""Clearance of the footprint along the candidates."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.approximations import interpolate_bilinear
from astro_nav.kernels.jit import kernel


@kernel(fast=True)
def measure_clearance(
    first, last, x, y, cos, sin, circles_x, circles_y, radius, distance, origin_x, origin_y, resolution, clearance
):
    """Distance between the footprint and the nearest surface, by the circles that cover the footprint.

    Args:
        first, last: the block.
        x, y, cos, sin: (T, K) float32 poses [m, -].
        circles_x, circles_y: (C,) float32 middles of the circles in base_link [m].
        radius: of the circles [m].
        distance: (H, W) float32 distance field [m].
        origin_x, origin_y, resolution: of the field, in the frame of the poses [m].
        clearance: (T, K) float32, filled; <= 0 is contact [m].
    """
    per_cell = np.float32(1.0) / resolution
    half = np.float32(0.5)
    for t in range(x.shape[0]):
        for k in range(first, last):
            clearance[t, k] = np.float32(1e6)
        for i in range(circles_x.shape[0]):
            for k in range(first, last):
                px = x[t, k] + cos[t, k] * circles_x[i] - sin[t, k] * circles_y[i]
                py = y[t, k] + sin[t, k] * circles_x[i] + cos[t, k] * circles_y[i]
                value = interpolate_bilinear(distance, (py - origin_y) * per_cell - half, (px - origin_x) * per_cell - half)
                clearance[t, k] = min(clearance[t, k], value - radius)
