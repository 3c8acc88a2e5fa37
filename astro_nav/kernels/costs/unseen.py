"""Hazard of driving into space that no sensor has seen: somebody may stand there, or step out of it.

    rate += weight |v| unknown(q)    q = middle of the leading edge of the footprint's bounding rectangle

with a small weight forwards, where the lidar will see it before the robot is there, and a large one backwards.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.approximations import interpolate_lanes
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, COLUMN, COS, FOUND, HAZARD, ROW, SIN, V, X, Y


@kernel(fast=True)
def score_unseen(lanes, cells, unknown, origin_x, origin_y, resolution, middle_x, half_x, forwards, backwards):
    """Add the hazard of the unseen to HAZARD.

    Args:
        lanes, cells: see kernels/lanes.py.
        unknown: (H, W) float32, 1 where nothing has been seen, else 0.
        origin_x, origin_y, resolution: of the grid [m].
        middle_x, half_x: the footprint's bounding rectangle in base_link [m].
        forwards, backwards: hazard per metre [1/m].
    """
    zero, half, per_cell = np.float32(0.0), np.float32(0.5), np.float32(1.0) / resolution
    for lane in range(BLOCK):
        lead = middle_x + half_x if lanes[V + lane] >= zero else middle_x - half_x
        lanes[ROW + lane] = (lanes[Y + lane] + lead * lanes[SIN + lane] - origin_y) * per_cell - half
        lanes[COLUMN + lane] = (lanes[X + lane] + lead * lanes[COS + lane] - origin_x) * per_cell - half
    interpolate_lanes(unknown, lanes, cells, FOUND)
    for lane in range(BLOCK):
        speed = lanes[V + lane]
        weight = forwards if speed >= zero else backwards
        lanes[HAZARD + lane] += weight * abs(speed) * lanes[FOUND + lane]
