"""Rows of a fixed number of lanes in one flat buffer.

LLVM vectorizes a loop only when it can show that what it writes overlaps nothing that it reads. Between a dozen arrays it
gives up; inside one buffer, whose rows lie a constant distance apart, it need not ask. Candidates are worked on in such a
buffer step by step: what one term of the cost leaves there the next one finds in the nearest cache.
"""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.jit import kernel

BLOCK = 64  # lanes: candidates that are worked on side by side

# State after the step.
X, Y, COS, SIN, V, OMEGA, A, ALPHA = (row * BLOCK for row in range(8))
# What a candidate follows.
TARGET_X, TARGET_Y, TARGET_COS, TARGET_SIN, SPEED = (row * BLOCK for row in range(8, 13))
# What is found of the step: clearance [m], hazard [1/s], cost-to-go [m].
CLEARANCE, HAZARD, VALUE = (row * BLOCK for row in range(13, 16))
# What the step before leaves to this one.
BEFORE_A, BEFORE_ALPHA, BEFORE_VALUE, SURVIVAL = (row * BLOCK for row in range(16, 20))
# What comes together over all steps so far.
LEAST, CONTACT, REMAINING, HARM, CROWDING, COMFORT, DEPARTURE = (row * BLOCK for row in range(20, 27))
# Scratch of one function: places in a grid, their corners (four rows), values found there.
ROW, COLUMN, CORNERS, FOUND, SHARE, TURN, ADDED = (row * BLOCK for row in (27, 28, 29, 33, 34, 35, 36))
LANE_ROWS = 37


@kernel
def make_lanes():
    """A buffer of all rows, and the (2 * BLOCK,) int32 cells that its look-ups need."""
    return np.zeros(LANE_ROWS * BLOCK, dtype=np.float32), np.zeros(2 * BLOCK, dtype=np.int32)


@kernel(fast=True)
def fill_lanes(lanes, offset, value):
    """Set a row of the buffer to one value."""
    for lane in range(BLOCK):
        lanes[offset + lane] = value


@kernel(fast=True)
def copy_to_lanes(row, first, width, lanes, offset):
    """Copy `width` values of a row from index `first` on into the buffer."""
    if width == BLOCK:  # a length that is known is a few instructions
        for lane in range(BLOCK):
            lanes[offset + lane] = row[first + lane]
    else:
        for lane in range(width):
            lanes[offset + lane] = row[first + lane]


@kernel(fast=True)
def copy_from_lanes(lanes, offset, row, first, width):
    """Copy `width` values of the buffer into a row from index `first` on."""
    if width == BLOCK:
        for lane in range(BLOCK):
            row[first + lane] = lanes[offset + lane]
    else:
        for lane in range(width):
            row[first + lane] = lanes[offset + lane]
