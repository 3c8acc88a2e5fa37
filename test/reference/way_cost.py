"""What ways cost, in plain loops."""

from __future__ import annotations

import math

import numpy as np


def find_obstacles(occupancy: np.ndarray, occupied_threshold: int, unknown_blocks: bool) -> np.ndarray:
    """(H, W) bool: occupied cells, and unknown ones with at least four unknown neighbours (outside counts as unknown)."""
    rows, columns = occupancy.shape
    out = np.zeros(occupancy.shape, bool)
    for row in range(rows):
        for column in range(columns):
            if occupancy[row, column] >= occupied_threshold:
                out[row, column] = True
            elif occupancy[row, column] < 0 and unknown_blocks:
                unknown = 0
                for row_step in (-1, 0, 1):
                    for column_step in (-1, 0, 1):
                        if (row_step, column_step) == (0, 0):
                            continue
                        r, c = row + row_step, column + column_step
                        if not (0 <= r < rows and 0 <= c < columns) or occupancy[r, c] < 0:
                            unknown += 1
                out[row, column] = unknown >= 4
    return out


def find_weight(clearance_m: float, body_radius_m: float, comfort_m: float, closeness_weight: float) -> float:
    """0 where the body does not fit, 1 in the open, 1 + closeness_weight where it just fits, quadratic between."""
    if clearance_m < body_radius_m - 1e-6:
        return 0.0
    if clearance_m >= body_radius_m + comfort_m:
        return 1.0
    return 1.0 + closeness_weight * ((body_radius_m + comfort_m - clearance_m) / comfort_m) ** 2


def measure_line(weights: np.ndarray, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Integral of the weight along a straight line (x, y) [cells], cut exactly where it crosses from cell to cell.

    `weights` (H, W) has no border; inf when a part of the line lies in a blocked cell.
    """
    (x0, y0), (x1, y1) = start, end
    cuts = {0.0, 1.0}
    for a, b in ((x0, x1), (y0, y1)):
        for line in range(math.floor(min(a, b)), math.ceil(max(a, b)) + 1):
            if a != b and 0.0 < (line - a) / (b - a) < 1.0:
                cuts.add((line - a) / (b - a))
    total, ordered = 0.0, sorted(cuts)
    for low, high in zip(ordered, ordered[1:]):
        middle = 0.5 * (low + high)
        weight = weights[math.floor(y0 + middle * (y1 - y0)), math.floor(x0 + middle * (x1 - x0))]
        if weight == 0.0:
            return math.inf
        total += (high - low) * math.hypot(x1 - x0, y1 - y0) * float(weight)
    return total
