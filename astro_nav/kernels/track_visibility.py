"""What the scan says about the places where tracks are expected."""

from __future__ import annotations

import math

from astro_nav.kernels.jit import kernel


@kernel
def count_rays(points, origins, ranges, positions, radii, counts):
    """Count the rays aimed at each of M discs by where they end.

    Args:
        points, origins: (N, 2) float64 ray ends and origins [m].
        ranges: (N,) float64 lengths [m]; 0 = the ray says nothing.
        positions: (M, 2) middles of the discs [m].
        radii: (M,) of the discs [m].
        counts: (M, 3) int64, written: rays that end before the disc, in it, beyond it.
    """
    for m in range(positions.shape[0]):
        radius = radii[m]
        for where in range(3):
            counts[m, where] = 0
        for i in range(points.shape[0]):
            if not ranges[i] > 0.0:
                continue
            direction_x = (points[i, 0] - origins[i, 0]) / ranges[i]
            direction_y = (points[i, 1] - origins[i, 1]) / ranges[i]
            x, y = positions[m, 0] - origins[i, 0], positions[m, 1] - origins[i, 1]
            across = direction_x * y - direction_y * x
            along = direction_x * x + direction_y * y
            if abs(across) > radius or along <= 0.0:
                continue
            half_chord = math.sqrt(radius * radius - across * across)
            if ranges[i] < along - half_chord:
                counts[m, 0] += 1
            elif ranges[i] <= along + half_chord:
                counts[m, 1] += 1
            else:
                counts[m, 2] += 1


@kernel
def mark_near_points(points, usable, positions, radii, marked):
    """Mark usable points within a disc: `marked` (N,) bool is set to True for points within `radii` (M,) [m] of one of
    `positions` (M, 2) [m], and otherwise left as it is."""
    for m in range(positions.shape[0]):
        for i in range(points.shape[0]):
            if usable[i]:
                x, y = points[i, 0] - positions[m, 0], points[i, 1] - positions[m, 1]
                if x * x + y * y <= radii[m] * radii[m]:
                    marked[i] = True


@kernel
def mark_occupied_places(points, places, radius, occupied):
    """For each of P places (P, 2) [m] decide whether one of the points (N, 2) lies within `radius` [m] of it.

    Args:
        points: (N, 2) float64 [m].
        places: (P, 2) float64 [m].
        radius: [m].
        occupied: (P,) bool, written.
    """
    for place in range(places.shape[0]):
        occupied[place] = False
        for i in range(points.shape[0]):
            x, y = points[i, 0] - places[place, 0], points[i, 1] - places[place, 1]
            if x * x + y * y <= radius * radius:
                occupied[place] = True
                break
