"""Cheap single-precision functions that LLVM can vectorize. Accuracy is stated and tested."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, COLUMN, CORNERS, ROW

HALF_PI = np.float32(np.pi / 2.0)
PI = np.float32(np.pi)


@kernel(fast=True, inlined=True)
def atan2_fast(y, x):
    """Angle of (x, y), absolute error below 2e-5 rad; (0, 0) gives 0.

    Source: Abramowitz and Stegun 1964, 4.4.49, extended to all quadrants.
    """
    abs_x, abs_y = abs(x), abs(y)
    larger = max(abs_x, abs_y)
    smaller = min(abs_x, abs_y)
    ratio = smaller / max(larger, np.float32(1e-20))
    square = ratio * ratio
    angle = ratio * (
        np.float32(0.9998660)
        + square
        * (
            np.float32(-0.3302995)
            + square * (np.float32(0.1801410) + square * (np.float32(-0.0851330) + square * np.float32(0.0208351)))
        )
    )
    angle = HALF_PI - angle if abs_y > abs_x else angle
    angle = PI - angle if x < np.float32(0.0) else angle
    return -angle if y < np.float32(0.0) else angle


@kernel(fast=True, inlined=True)
def decay_fast(z):
    """exp(-z) for z >= 0 as the reciprocal of a Taylor polynomial: monotone, in (0, 1], absolute error below 0.012."""
    return np.float32(1.0) / (
        np.float32(1.0)
        + z
        * (
            np.float32(1.0)
            + z * (np.float32(0.5) + z * (np.float32(1.0 / 6.0) + z * np.float32(1.0 / 24.0)))
        )
    )


@kernel(fast=True, inlined=True)
def clamp(value, most):
    """Value in [0, most]; what is not a number is 0, for as an index it would lead out of every array."""
    value = value if value > np.float32(0.0) else np.float32(0.0)
    return value if value < most else most


@kernel(fast=True, inlined=True)
def interpolate_bilinear(field, row, column):
    """Bilinear value of a (H, W) field at fractional indices of cell middles, clamped to the field's edge."""
    height, width = field.shape
    row, column = clamp(row, np.float32(height - 1.001)), clamp(column, np.float32(width - 1.001))
    whole_row, whole_column = np.int32(row), np.int32(column)
    up, right = row - np.float32(whole_row), column - np.float32(whole_column)
    # An index without a sign spares the look whether it counts from the end.
    i, j = np.uintp(whole_row), np.uintp(whole_column)
    one = np.uintp(1)
    low = field[i, j] + right * (field[i, j + one] - field[i, j])
    high = field[i + one, j] + right * (field[i + one, j + one] - field[i + one, j])
    return low + up * (high - low)


@kernel(fast=True, inlined=True)
def interpolate_lanes(field, lanes, cells, out):
    """Bilinear values of a field for a block of lanes, as `interpolate_bilinear` gives them.

    Args:
        field: (H, W) float32, C-contiguous.
        lanes: see kernels/lanes.py; ROW and COLUMN hold fractional indices of cell middles and are changed, CORNERS is scratch.
        cells: (2 * BLOCK,) int32 scratch.
        out: offset of the row that is filled.
    """
    height, width = field.shape
    stride = np.int32(width)
    top, right_end = np.float32(height - 1.001), np.float32(width - 1.001)
    for lane in range(BLOCK):
        row, column = clamp(lanes[ROW + lane], top), clamp(lanes[COLUMN + lane], right_end)
        i, j = np.int32(row), np.int32(column)
        cells[lane] = i * stride + j
        lanes[ROW + lane] = row - np.float32(i)
        lanes[COLUMN + lane] = column - np.float32(j)
    look_up_corners(field.reshape(-1), np.uintp(width), cells, 0, lanes)
    blend_corners(lanes, out)


@kernel(fast=True, inlined=True)
def look_up_corners(flat, width, cells, first, lanes):
    """Fill CORNERS with what stands at cells[first + lane] and right of it, and a row of `width` farther, in pairs.

    Looking up cells does not vectorize and everything around it does, so it is a loop of its own. Neighbours are loaded and
    stored together, as one word of twice the size.
    """
    one = np.uintp(1)
    for lane in range(BLOCK):
        # An index without a sign spares the look whether it counts from the end.
        cell = np.uintp(cells[first + lane])
        low_left, low_right = flat[cell], flat[cell + one]
        high_left, high_right = flat[cell + width], flat[cell + width + one]
        place = CORNERS + 2 * lane
        lanes[place] = low_left
        lanes[place + 1] = low_right
        lanes[place + 2 * BLOCK] = high_left
        lanes[place + 2 * BLOCK + 1] = high_right


@kernel(fast=True, inlined=True)
def blend_corners(lanes, out):
    """Bilinear value of CORNERS at ROW up and COLUMN to the right."""
    for lane in range(BLOCK):
        up, right = lanes[ROW + lane], lanes[COLUMN + lane]
        place = CORNERS + 2 * lane
        low_left, low_right = lanes[place], lanes[place + 1]
        high_left, high_right = lanes[place + 2 * BLOCK], lanes[place + 2 * BLOCK + 1]
        low = low_left + right * (low_right - low_left)
        high = high_left + right * (high_right - high_left)
        lanes[out + lane] = low + up * (high - low)
