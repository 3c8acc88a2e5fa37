"""Cheap single-precision functions that LLVM can vectorize. Accuracy is stated and tested."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK

HALF_PI = np.float32(np.pi / 2.0)
PI = np.float32(np.pi)


@kernel(fast=True)
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


@kernel(fast=True)
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


@kernel(fast=True)
def interpolate_bilinear(field, row, column):
    """Bilinear value of a (H, W) field at fractional indices of cell middles, clamped to the field's edge."""
    height, width = field.shape
    row = min(max(row, np.float32(0.0)), np.float32(height - 1.001))
    column = min(max(column, np.float32(0.0)), np.float32(width - 1.001))
    whole_row, whole_column = np.int32(row), np.int32(column)
    up, right = row - np.float32(whole_row), column - np.float32(whole_column)
    # An index without a sign spares the look whether it counts from the end.
    i, j = np.uintp(whole_row), np.uintp(whole_column)
    one = np.uintp(1)
    low = field[i, j] + right * (field[i, j + one] - field[i, j])
    high = field[i + one, j] + right * (field[i + one, j + one] - field[i + one, j])
    return low + up * (high - low)


@kernel(fast=True)
def interpolate_lanes(field, lanes, rows, columns, cells, corners, out):
    """Bilinear values of a field for a block of lanes, as `interpolate_bilinear` gives them.

    Looking up cells does not vectorize and everything around it does, so the look-up is a loop of its own.

    Args:
        field: (H, W) float32, C-contiguous.
        lanes: flat buffer, see kernels/lanes.py.
        rows, columns: offsets of the rows with fractional indices of cell middles; changed.
        cells: (BLOCK,) int32 scratch.
        corners: offset of four rows of scratch.
        out: offset of the row that is filled.
    """
    height, width = field.shape
    flat, stride = field.reshape(-1), np.int32(width)
    top, right_end = np.float32(height - 1.001), np.float32(width - 1.001)
    for lane in range(BLOCK):
        row = min(max(lanes[rows + lane], np.float32(0.0)), top)
        column = min(max(lanes[columns + lane], np.float32(0.0)), right_end)
        i, j = np.int32(row), np.int32(column)
        cells[lane] = i * stride + j
        lanes[rows + lane] = row - np.float32(i)
        lanes[columns + lane] = column - np.float32(j)
    one, down = np.uintp(1), np.uintp(width)
    for lane in range(BLOCK):
        # An index without a sign spares the look whether it counts from the end.
        cell = np.uintp(cells[lane])
        lanes[corners + lane] = flat[cell]
        lanes[corners + BLOCK + lane] = flat[cell + one]
        lanes[corners + 2 * BLOCK + lane] = flat[cell + down]
        lanes[corners + 3 * BLOCK + lane] = flat[cell + down + one]
    for lane in range(BLOCK):
        up, right = lanes[rows + lane], lanes[columns + lane]
        low_left, low_right = lanes[corners + lane], lanes[corners + BLOCK + lane]
        high_left, high_right = lanes[corners + 2 * BLOCK + lane], lanes[corners + 3 * BLOCK + lane]
        low = low_left + right * (low_right - low_left)
        high = high_left + right * (high_right - high_left)
        lanes[out + lane] = low + up * (high - low)
