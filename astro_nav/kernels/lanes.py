"""Rows of a fixed number of lanes in one flat buffer.

LLVM vectorizes a loop only when it can show that what it writes overlaps nothing that it reads. Between a dozen arrays it
gives up; inside one buffer, whose rows lie a constant distance apart, it need not ask.
"""

from __future__ import annotations

from astro_nav.kernels.jit import kernel

BLOCK = 64  # lanes: candidates that are worked on side by side


@kernel(fast=True)
def copy_to_lanes(row, first, width, lanes, offset):
    """Copy `width` values of a row from index `first` on into the buffer."""
    for lane in range(width):
        lanes[offset + lane] = row[first + lane]


@kernel(fast=True)
def copy_from_lanes(lanes, offset, row, first, width):
    """Copy `width` values of the buffer into a row from index `first` on."""
    for lane in range(width):
        row[first + lane] = lanes[offset + lane]
