"""Aligning a scan with an earlier one: iterated point-to-line matching, robust against what moves."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def index_by_bearing(points, usable, center_x, center_y, slots):
    """Sort points into slots by their bearing from a centre, the nearest one in each slot.

    Args:
        points: (N, 2) float64 [m].
        usable: (N,) bool.
        center_x, center_y: [m].
        slots: (B,) int64, written: index of the point, -1 for none; slot b covers bearings -pi + [b, b + 1) 2 pi / B.
    """
    count = slots.shape[0]
    nearest = np.full(count, np.inf)
    for b in range(count):
        slots[b] = -1
    for i in range(points.shape[0]):
        if not usable[i]:
            continue
        x, y = points[i, 0] - center_x, points[i, 1] - center_y
        b = int(math.floor((math.atan2(y, x) + math.pi) * count / (2.0 * math.pi))) % count
        square = x * x + y * y
        if square < nearest[b]:
            nearest[b] = square
            slots[b] = i


@kernel
def fit_lines(points, slots, max_gap, normals):
    """Normal of the surface at every indexed point, from the neighbours in both directions.

    Args:
        points: (N, 2) float64 [m].
        slots: (B,) int64 from `index_by_bearing`.
        max_gap: neighbours farther away are not on the same surface [m].
        normals: (B, 2) float64, written: unit normal, NaN where there is no surface on both sides.
    """
    count = slots.shape[0]
    for b in range(count):
        normals[b, 0] = normals[b, 1] = math.nan
        i = slots[b]
        if i < 0:
            continue
        ends = np.empty((2, 2))
        found = 0
        for side in range(2):
            for away in range(1, 4):
                j = slots[(b + away) % count] if side == 0 else slots[(b - away) % count]
                if j >= 0:
                    x, y = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1]
                    if x * x + y * y <= max_gap * max_gap:
                        ends[side, 0], ends[side, 1] = points[j, 0], points[j, 1]
                        found += 1
                    break
        if found < 2:
            continue
        x, y = ends[0, 0] - ends[1, 0], ends[0, 1] - ends[1, 1]
        length = math.hypot(x, y)
        # A corner has no normal: the point must lie near the line through its neighbours.
        off = abs((points[i, 0] - ends[1, 0]) * y - (points[i, 1] - ends[1, 1]) * x)
        if length > 1e-6 and off <= 0.25 * length * length:
            normals[b, 0], normals[b, 1] = -y / length, x / length


@kernel
def _find_partner(px, py, reference, slots, normals, center_x, center_y, search, max_distance):
    """Slot of the reference point nearest to (px, py) among those seen in about its direction, -1 for none."""
    count = slots.shape[0]
    bearing = math.atan2(py - center_y, px - center_x)
    middle = int(math.floor((bearing + math.pi) * count / (2.0 * math.pi)))
    best, best_square = -1, max_distance * max_distance
    for b in range(middle - search, middle + search + 1):
        slot = b % count
        i = slots[slot]
        if i >= 0 and math.isfinite(normals[slot, 0]):
            x, y = reference[i, 0] - px, reference[i, 1] - py
            square = x * x + y * y
            if square < best_square:
                best, best_square = slot, square
    return best


@kernel
def align_points(
    points, usable, reference, slots, normals, center_x, center_y, pivot_x, pivot_y, prior, search, max_distance, scale,
    iterations, correction,
):  # fmt: skip
    """Find the small motion that lays points onto the surfaces of a reference.

    Minimizes sum w (n . (p' - q))^2 / scale^2 + d' prior d over d = (dx, dy, dtheta) with p' = pivot + R(dtheta) (p -
    pivot) + (dx, dy), q the partner of p, n the normal there, and Cauchy's weights w = 1 / (1 + (residual / scale)^2).

    Args:
        points: (N, 2) float64 [m].
        usable: (N,) bool.
        reference: (M, 2) float64 [m].
        slots, normals: (B,), (B, 2) of the reference about its centre.
        center_x, center_y: from where the reference was seen [m].
        pivot_x, pivot_y: about which the motion turns, where the lidar is [m].
        prior: (3,) float64, 1 / variance of dx, dy [1/m^2] and dtheta [1/rad^2].
        search: slots to either side in which a partner is looked for.
        max_distance: to the partner, in the first iteration; halved later, when the motion is nearly known [m].
        scale: of the residuals [m].
        iterations: at most.
        correction: (3,) float64, changed: the motion; its value on entry is the first guess.

    Returns:
        Number of points that have a partner in the end.

    Source: point-to-line matching, A. Censi, "An ICP variant using a point-to-line metric", ICRA 2008; weights after
    P. Bergstrom, O. Edlund, "Robust registration of point sets using iteratively reweighted least squares", 2014.
    """
    a = np.empty((3, 3))
    g = np.empty(3)
    partners = 0
    for iteration in range(iterations):
        cos, sin = math.cos(correction[2]), math.sin(correction[2])
        reach = max_distance if iteration == 0 else 0.5 * max_distance
        a[:, :] = 0.0
        for k in range(3):
            a[k, k] = prior[k]
            g[k] = prior[k] * correction[k]
        partners = 0
        for i in range(points.shape[0]):
            if not usable[i]:
                continue
            x, y = points[i, 0] - pivot_x, points[i, 1] - pivot_y
            rx, ry = cos * x - sin * y, sin * x + cos * y
            px, py = pivot_x + rx + correction[0], pivot_y + ry + correction[1]
            slot = _find_partner(px, py, reference, slots, normals, center_x, center_y, search, reach)
            if slot < 0:
                continue
            q = slots[slot]
            nx, ny = normals[slot, 0], normals[slot, 1]
            residual = nx * (px - reference[q, 0]) + ny * (py - reference[q, 1])
            weight = 1.0 / (1.0 + (residual / scale) ** 2) / (scale * scale)
            turn = -nx * ry + ny * rx
            partners += 1
            a[0, 0] += weight * nx * nx
            a[0, 1] += weight * nx * ny
            a[1, 1] += weight * ny * ny
            a[0, 2] += weight * nx * turn
            a[1, 2] += weight * ny * turn
            a[2, 2] += weight * turn * turn
            g[0] += weight * nx * residual
            g[1] += weight * ny * residual
            g[2] += weight * turn * residual
        step = _solve_symmetric(a, g)
        largest = 0.0
        for k in range(3):
            correction[k] -= step[k]
            largest = max(largest, abs(step[k]))
        if largest < 1e-5:
            break
    return partners


@kernel
def _solve_symmetric(a, g):
    """Solve a x = g for a symmetric positive definite 3x3 matrix of which the upper triangle is given."""
    l00 = math.sqrt(a[0, 0])
    l10, l20 = a[0, 1] / l00, a[0, 2] / l00
    l11 = math.sqrt(a[1, 1] - l10 * l10)
    l21 = (a[1, 2] - l20 * l10) / l11
    l22 = math.sqrt(a[2, 2] - l20 * l20 - l21 * l21)
    y0 = g[0] / l00
    y1 = (g[1] - l10 * y0) / l11
    y2 = (g[2] - l20 * y0 - l21 * y1) / l22
    x = np.empty(3)
    x[2] = y2 / l22
    x[1] = (y1 - l21 * x[2]) / l11
    x[0] = (y0 - l10 * x[1] - l20 * x[2]) / l00
    return x
