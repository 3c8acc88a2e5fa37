"""Hazard of driving into space that no sensor has seen: somebody may stand there, or step out of it.

    rate += weight |v| unknown(q)    q = middle of the leading edge of the footprint's bounding rectangle

with a small weight forwards, where the lidar will see it before the robot is there, and a large one backwards.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.approximations import interpolate_bilinear
from astro_nav.kernels.jit import kernel


@kernel(fast=True)
def score_unseen(
    first, last, x, y, cos, sin, v, unknown, origin_x, origin_y, resolution, middle_x, half_x, forwards, backwards, hazard
):
    """Add the hazard of the unseen.

    Args:
        first, last: the block.
        x, y, cos, sin, v: (T, K) float32.
        unknown: (H, W) float32, 1 where nothing has been seen, else 0.
        origin_x, origin_y, resolution: of the grid [m].
        middle_x, half_x: the footprint's bounding rectangle in base_link [m].
        forwards, backwards: hazard per metre [1/m].
        hazard: (T, K) float32, added to [1/s].
    """
    zero, half = np.float32(0.0), np.float32(0.5)
    per_cell = np.float32(1.0) / resolution
    for t in range(x.shape[0]):
        for k in range(first, last):
            lead = middle_x + half_x if v[t, k] >= zero else middle_x - half_x
            weight = forwards if v[t, k] >= zero else backwards
            row = (y[t, k] + lead * sin[t, k] - origin_y) * per_cell - half
            column = (x[t, k] + lead * cos[t, k] - origin_x) * per_cell - half
            hazard[t, k] += weight * abs(v[t, k]) * interpolate_bilinear(unknown, row, column)
