"""Where a line of points crosses a segment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.types import FloatArray


def cross_segments(points: FloatArray, first: FloatArray, second: FloatArray) -> NDArray[np.int64]:
    """Find where a polyline crosses a segment.

    Args:
        points: (N, 2) of the polyline.
        first, second: (2,) ends of the segment.

    Returns:
        (K,) indices i, ascending: the piece from point i to i + 1 crosses; touching an end does not count.
    """
    if len(points) < 2:
        return np.empty(0, dtype=np.int64)
    steps, along = np.diff(points, axis=0), np.asarray(second) - first
    sides = along[0] * (points[:, 1] - first[1]) - along[1] * (points[:, 0] - first[0])
    from_first = steps[:, 0] * (first[1] - points[:-1, 1]) - steps[:, 1] * (first[0] - points[:-1, 0])
    from_second = steps[:, 0] * (second[1] - points[:-1, 1]) - steps[:, 1] * (second[0] - points[:-1, 0])
    # A point exactly on the segment's line counts as being behind it, so that no crossing is lost or counted twice.
    changes = (sides[:-1] >= 0.0) != (sides[1:] >= 0.0)
    return np.flatnonzero(changes & (from_first * from_second < 0.0))
