"""Cheap single-precision functions that LLVM can vectorize. Accuracy is stated and tested."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel

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
    i, j = np.int32(row), np.int32(column)
    up, right = row - np.float32(i), column - np.float32(j)
    low = field[i, j] + right * (field[i, j + 1] - field[i, j])
    high = field[i + 1, j] + right * (field[i + 1, j + 1] - field[i + 1, j])
    return low + up * (high - low)
