"""Clearance of the footprint at one pose, exactly as the kernels see it along the candidates."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.costs.clearance import measure_clearance
from astro_nav.types import Float32Array, LocalGrid

single = np.float32


def measure_pose_clearance(
    x: float, y: float, cos: float, sin: float, circles: tuple[Float32Array, Float32Array, np.float32], grid: LocalGrid
) -> float:
    """Distance between the footprint and the nearest surface [m].

    Args:
        x, y: of the pose, relative to the corner of the grid [m].
        cos, sin: of its heading.
        circles: middles x and y (C,) and radius of the circles that cover the footprint [m].
        grid: the local map.
    """
    columns = (np.full((1, 1), value, dtype=np.float32) for value in (x, y, cos, sin))
    clearance, zero = np.empty((1, 1), dtype=np.float32), single(0.0)
    measure_clearance(0, 1, *columns, *circles, grid.distance_m, zero, zero, single(grid.resolution_m), clearance)
    return float(clearance[0, 0])
