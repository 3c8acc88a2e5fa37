"""Distance from every cell to the nearest measured surface point, at sub-cell accuracy."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel

FAR = np.float32(1e6)
# Every point is offered to the cells so many away itself. One cell brings the largest error of sweeps alone, 66 mm, down to 9 mm.
REACH = 1


@kernel
def compute_surface_distances(occupied, surface_x, surface_y, resolution, max_distance, nearest, distance):
    """Distance from every cell's middle to the nearest measured surface point.

    Every surface point is offered to the cells around its own, and from there the nearest points are propagated through the
    grid in two sweeps over eight neighbours; the distance is to the measured point and not to its cell. On rare occasions a
    neighbour's second-nearest point would be nearer by a fraction of a cell; the error is bounded by a test.

    Args:
        occupied: (H, W) uint8, non-zero where the cell holds a surface.
        surface_x, surface_y: (H, W) float32 surface point from the cell's middle [m].
        resolution: cell edge, float32 [m].
        max_distance: distances are cut off here, float32 [m].
        nearest: (H, W) int32, filled: flat index of the cell with the nearest surface point, -1 when there is none.
        distance: (H, W) float32, filled [m].

    Source: P.-E. Danielsson, "Euclidean distance mapping", 1980 (vector propagation).
    """
    height, width = occupied.shape
    # One blank column on either side spares the inner loops their bounds.
    point_x = np.full((height, width + 2), FAR)
    point_y = np.full((height, width + 2), FAR)
    source = np.full((height, width + 2), np.int32(-1))
    squared = np.empty((height, width + 2), dtype=np.float32)
    middle_x = np.empty(width + 2, dtype=np.float32)
    for j in range(width + 2):
        middle_x[j] = np.float32(j - 1) * resolution
    squared[:] = FAR * FAR
    for row in range(height):
        for column in range(width):
            if occupied[row, column]:
                _offer_nearby(row, column, surface_x[row, column], surface_y[row, column], middle_x, resolution, point_x, point_y, source, squared)
    for sweep in range(2):
        back = -1 if sweep == 0 else 1
        for i in range(height):
            row = i if sweep == 0 else height - 1 - i
            middle_y = np.float32(row) * resolution
            here = (point_x[row], point_y[row], source[row], squared[row])
            if 0 <= row + back < height:
                other = row + back
                _relax_from_row(here, (point_x[other], point_y[other], source[other]), middle_x, middle_y)
            _relax_along_row(here, middle_x, middle_y, 1, width + 1, 1)
            _relax_along_row(here, middle_x, middle_y, width, 0, -1)
    for row in range(height):
        for column in range(width):
            nearest[row, column] = source[row, column + 1]
            distance[row, column] = min(np.float32(math.sqrt(squared[row, column + 1])), max_distance)


@kernel
def _offer_nearby(row, column, offset_x, offset_y, middle_x, resolution, point_x, point_y, source, squared):
    """Offer a surface point to the cells around it. Its own cell's middle may be nearer to another point, and sweeps alone would lose it there."""
    height, width = squared.shape[0], squared.shape[1] - 2
    x = middle_x[column + 1] + offset_x
    y = np.float32(row) * resolution + offset_y
    index = np.int32(row * width + column)
    for other in range(max(row - REACH, 0), min(row + REACH + 1, height)):
        away_y = y - np.float32(other) * resolution
        for j in range(max(column - REACH, 0) + 1, min(column + REACH + 1, width) + 1):
            away_x = x - middle_x[j]
            candidate = away_x * away_x + away_y * away_y
            if candidate < squared[other, j]:
                squared[other, j], point_x[other, j], point_y[other, j], source[other, j] = candidate, x, y, index


@kernel(fast=True)
def _relax_from_row(here, other, middle_x, middle_y):
    """Take the surface point of one of three neighbours in another row when it is nearer."""
    point_x, point_y, source, squared = here
    other_x, other_y, other_source = other
    for j in range(1, len(middle_x) - 1):
        best, best_x, best_y, best_source = squared[j], point_x[j], point_y[j], source[j]
        for side in range(-1, 2):
            x, y = other_x[j + side], other_y[j + side]
            away_x, away_y = x - middle_x[j], y - middle_y
            candidate = away_x * away_x + away_y * away_y
            nearer = candidate < best
            best = candidate if nearer else best
            best_x = x if nearer else best_x
            best_y = y if nearer else best_y
            best_source = other_source[j + side] if nearer else best_source
        squared[j], point_x[j], point_y[j], source[j] = best, best_x, best_y, best_source


@kernel(fast=True)
def _relax_along_row(here, middle_x, middle_y, first, last, step):
    """Carry surface points along a row."""
    point_x, point_y, source, squared = here
    x, y, carried = FAR, FAR, np.int32(-1)
    for j in range(first, last, step):
        away_x, away_y = x - middle_x[j], y - middle_y
        candidate = away_x * away_x + away_y * away_y
        if candidate < squared[j]:
            squared[j], point_x[j], point_y[j], source[j] = candidate, x, y, carried
        else:
            x, y, carried = point_x[j], point_y[j], source[j]
