"""Clearance of the footprint along the candidates."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.approximations import interpolate_lanes
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import (
    BLOCK,
    CLEARANCE,
    COLUMN,
    COS,
    FOUND,
    ROW,
    SIN,
    X,
    Y,
    copy_from_lanes,
    copy_to_lanes,
    fill_lanes,
    make_lanes,
)


@kernel(fast=True)
def measure_clearance(
    first, last, x, y, cos, sin, circles_x, circles_y, radius, distance, origin_x, origin_y, resolution, clearance
):
    """Distance between the footprint and the nearest surface, by the circles that cover the footprint.

    Args:
        first, last: a block of at most `BLOCK` candidates.
        x, y, cos, sin: (T, K) float32 poses [m, -].
        circles_x, circles_y: (C,) float32 middles of the circles in base_link [m].
        radius: of the circles [m].
        distance: (H, W) float32 distance field [m].
        origin_x, origin_y, resolution: of the field, in the frame of the poses [m].
        clearance: (T, K) float32, filled; <= 0 is contact [m].
    """
    lanes, cells = make_lanes()
    width = last - first
    for t in range(x.shape[0]):
        copy_to_lanes(x[t], first, width, lanes, X)
        copy_to_lanes(y[t], first, width, lanes, Y)
        copy_to_lanes(cos[t], first, width, lanes, COS)
        copy_to_lanes(sin[t], first, width, lanes, SIN)
        find_clearance(lanes, cells, circles_x, circles_y, radius, distance, origin_x, origin_y, resolution)
        copy_from_lanes(lanes, CLEARANCE, clearance[t], first, width)


@kernel(fast=True)
def find_clearance(lanes, cells, circles_x, circles_y, radius, distance, origin_x, origin_y, resolution):
    """Fill CLEARANCE of one step; arguments as for `measure_clearance`."""
    per_cell, half = np.float32(1.0) / resolution, np.float32(0.5)
    fill_lanes(lanes, CLEARANCE, np.float32(1e6))
    for i in range(circles_x.shape[0]):
        ahead, left = circles_x[i], circles_y[i]
        for lane in range(BLOCK):
            cos, sin = lanes[COS + lane], lanes[SIN + lane]
            lanes[COLUMN + lane] = (lanes[X + lane] + cos * ahead - sin * left - origin_x) * per_cell - half
            lanes[ROW + lane] = (lanes[Y + lane] + sin * ahead + cos * left - origin_y) * per_cell - half
        interpolate_lanes(distance, lanes, cells, FOUND)
        for lane in range(BLOCK):
            lanes[CLEARANCE + lane] = min(lanes[CLEARANCE + lane], lanes[FOUND + lane] - radius)
