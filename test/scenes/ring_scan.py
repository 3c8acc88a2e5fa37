"""Scans of discs and walls, ray by ray in plain Python."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.mapping.scan_points import ScanPoints

RANGE_M = 12.0


def make_scan(origin, discs, walls=(), stamp_s=0.0, rays=360):
    """A scan of discs (x, y, radius) and walls (x0, y0, x1, y1) from a point."""
    points, ranges, hit = [], [], []
    for number in range(rays):
        bearing = -math.pi + 2.0 * math.pi * (number + 0.5) / rays
        cos, sin = math.cos(bearing), math.sin(bearing)
        length = RANGE_M
        for x, y, radius in discs:
            along = (x - origin[0]) * cos + (y - origin[1]) * sin
            off = abs((y - origin[1]) * cos - (x - origin[0]) * sin)
            if along > 0.0 and off < radius:
                length = min(length, along - math.sqrt(radius * radius - off * off))
        for x0, y0, x1, y1 in walls:
            length = min(length, _meet_wall(origin, cos, sin, x0, y0, x1, y1))
        points.append((origin[0] + length * cos, origin[1] + length * sin))
        ranges.append(length)
        hit.append(length < RANGE_M)
    return ScanPoints(stamp_s, np.tile(np.asarray(origin, float), (rays, 1)), np.array(points), np.array(ranges), np.array(hit))


def make_legs(x, y, along=(1.0, 0.0)):
    """Two legs, 0.2 m apart across the direction of walking."""
    across = np.array([-along[1], along[0]]) / math.hypot(*along)
    return [(x + side * 0.1 * across[0], y + side * 0.1 * across[1], 0.06) for side in (-1.0, 1.0)]


def _meet_wall(origin, cos, sin, x0, y0, x1, y1):
    across = cos * (y1 - y0) - sin * (x1 - x0)
    if abs(across) < 1e-12:
        return math.inf
    dx, dy = x0 - origin[0], y0 - origin[1]
    length, share = (dx * (y1 - y0) - dy * (x1 - x0)) / across, (dx * sin - dy * cos) / across
    return length if length > 0.0 and 0.0 <= share <= 1.0 else math.inf
