"""Distance fields by looking at every pair of cells."""

from __future__ import annotations

import math

import numpy as np


def find_squared_distances(occupied: np.ndarray) -> np.ndarray:
    """(H, W) float64 [cells^2]: squared distance to the nearest occupied centre, inf when there is none."""
    rows, columns = occupied.shape
    obstacles = [(r, c) for r in range(rows) for c in range(columns) if occupied[r, c]]
    out = np.full((rows, columns), math.inf)
    for row in range(rows):
        for column in range(columns):
            for r, c in obstacles:
                out[row, column] = min(out[row, column], (row - r) ** 2 + (column - c) ** 2)
    return out


def find_signed_distances(occupied: np.ndarray, resolution_m: float, max_distance_m: float) -> np.ndarray:
    """(H, W) float64 [m]: distance to the surface of the nearest obstacle, negative inside."""
    outside, inside = find_squared_distances(occupied), find_squared_distances(~occupied)
    out = np.empty(occupied.shape)
    for row in range(occupied.shape[0]):
        for column in range(occupied.shape[1]):
            squared = inside[row, column] if occupied[row, column] else outside[row, column]
            distance_m = min(math.sqrt(squared) * resolution_m - 0.5 * resolution_m, max_distance_m)
            out[row, column] = -distance_m if occupied[row, column] else distance_m
    return out
