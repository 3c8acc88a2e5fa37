"""Plain-loop oracles of the tracking kernels, written from their descriptions."""

from __future__ import annotations

import math

import numpy as np
from reference.local_map import clip_to_cell


def cut_scan(points, origins, ranges, usable, classes, gap, slant, max_missing):
    """Segments as lists of ray indices, in the order of their first ray; one across the seam comes first."""
    rays = [i for i in range(len(points)) if usable[i]]

    def is_one_surface(a, b):
        if classes[a] * classes[b] < 0:
            return False
        u, v = points[a] - origins[a], points[b] - origins[b]
        angle = abs(math.atan2(u[0] * v[1] - u[1] * v[0], u @ v))
        spacing = math.sin(angle) * min(ranges[a], ranges[b])
        return math.dist(points[a], points[b]) <= gap + slant * spacing

    segments = []
    for previous, ray in zip([None, *rays], rays):
        if previous is None or ray - previous - 1 > max_missing or not is_one_surface(previous, ray):
            segments.append([])
        segments[-1].append(ray)
    if len(segments) > 1:
        seam = rays[0] + len(points) - rays[-1] - 1
        if seam <= max_missing and is_one_surface(rays[-1], rays[0]):
            segments[0] = segments.pop() + segments[0]
    return segments


def measure_segment(segment, points, origins, ranges, usable, classes, gap):
    """Features of one segment, by name."""
    number = len(points)
    middle = sum(points[i] for i in segment) / len(segment)
    direction = sum((points[i] - origins[i]) / ranges[i] for i in segment)
    direction = direction / np.linalg.norm(direction)
    side = np.array([-direction[1], direction[0]])
    along = [float((points[i] - middle) @ direction) for i in segment]
    across = [float((points[i] - middle) @ side) for i in segment]
    hidden = 0
    for i in segment:
        for beside in ((i - 1) % number, (i + 1) % number):
            if beside not in segment and usable[beside] and ranges[beside] < ranges[i] - gap:
                hidden += 1
    return {
        "counts": len(segment), "centroids": middle, "directions": direction,
        "ranges": sum(ranges[i] for i in segment) / len(segment),
        "widths": max(across) - min(across), "depths": max(along) - min(along),
        "seen_free_shares": sum(classes[i] < 0 for i in segment) / len(segment),
        "furniture_shares": sum(classes[i] > 0 for i in segment) / len(segment),
        "hidden_edges": hidden,
    }  # fmt: skip


def find_inner_step(segment, points, origins, ranges):
    """The largest step in range between neighbours of a segment with two rays on either side, and the width in front of it."""
    best = max(range(2, len(segment) - 1), key=lambda k: abs(ranges[segment[k]] - ranges[segment[k - 1]]), default=None)
    if best is None:
        return 0.0, 0.0
    parts = segment[:best], segment[best:]
    front = min(parts, key=lambda part: ranges[part[-1]] if part is parts[0] else ranges[part[0]])
    bearings = [math.atan2(*(points[i] - origins[i])[::-1]) for i in (front[0], front[-1])]
    angle = abs(math.remainder(bearings[1] - bearings[0], 2.0 * math.pi))
    width = angle * len(front) / (len(front) - 1) * 0.5 * (ranges[front[0]] + ranges[front[-1]])
    return abs(ranges[segment[best]] - ranges[segment[best - 1]]), width


def remember_rays(cells, points, origins, kinds, window, resolution, gain, loss):
    """Memory after one scan as {(row, column): value}, every cell of the window compared with every ray."""
    corner_row, corner_column, size = window
    ends = {
        (math.floor(p[1] / resolution), math.floor(p[0] / resolution)) for p, kind in zip(points, kinds) if kind == 2
    }
    result = dict(cells)
    for row in range(corner_row, corner_row + size):
        for column in range(corner_column, corner_column + size):
            value = cells[row, column]
            if (row, column) in ends:
                result[row, column] = min(value + gain, 1.0)
                continue
            for p, o, kind in zip(points, origins, kinds):
                end = (math.floor(p[1] / resolution), math.floor(p[0] / resolution))
                if kind and (row, column) != end:
                    way = clip_to_cell(*(o / resolution), *(p / resolution), column, row)
                    if way > 1e-9:
                        result[row, column] = max(value - loss, -1.0)
    return result


def classify_point(cells, point, reach, window, resolution, free_limit, occupied_limit):
    """Class of one point from memory {(row, column): value}."""
    corner_row, corner_column, size = window
    row, column = math.floor(point[1] / resolution), math.floor(point[0] / resolution)
    if not (corner_row <= row < corner_row + size and corner_column <= column < corner_column + size):
        return 0
    if cells[row, column] >= occupied_limit:
        return 1
    around = [value for (r, c), value in cells.items() if abs(r - row) <= reach and abs(c - column) <= reach]
    return -1 if cells[row, column] <= free_limit and max(around) < occupied_limit else 0


def predict_state(state, covariance, duration, noise):
    """Kalman prediction with constant velocity, in matrices."""
    f = np.eye(4)
    f[0, 2] = f[1, 3] = duration
    block = noise * np.array([[duration**3 / 3, duration**2 / 2], [duration**2 / 2, duration]])
    return f @ state, f @ covariance @ f.T + np.kron(block, np.eye(2))


def correct_state(state, covariance, position, noise, delay):
    """Kalman correction in information form, which shares no step with the gain form."""
    h = np.hstack([np.eye(2), -delay * np.eye(2)])
    before, weight = np.linalg.inv(covariance), np.linalg.inv(noise)
    after = np.linalg.inv(before + h.T @ weight @ h)
    innovation = position - h @ state
    distance = innovation @ np.linalg.inv(h @ covariance @ h.T + noise) @ innovation
    return after @ (before @ state + h.T @ weight @ position), after, distance


def count_rays_at_disc(points, origins, ranges, middle, radius):
    """Rays aimed at a disc by where they end: before it, in it, beyond it."""
    counts = [0, 0, 0]
    for p, o, length in zip(points, origins, ranges):
        if not length > 0.0:
            continue
        # Roots of |o + s u - middle| = radius.
        u = (p - o) / length
        b, c = (o - middle) @ u, (o - middle) @ (o - middle) - radius**2
        root = b * b - c
        if root < 0.0 or -b <= 0.0:
            continue
        near, far = -b - math.sqrt(root), -b + math.sqrt(root)
        counts[0 if length < near else 1 if length <= far else 2] += 1
    return counts


def find_near(points, middles, radii):
    """(N, M) whether a point lies within the radius of a middle."""
    return [[math.dist(p, m) <= r for m, r in zip(middles, radii)] for p in points]


def measure_misfit(correction, points, partners, normals, pivot, prior, scale):
    """The robust cost that the alignment lowers, for given partners: sum of Cauchy's rho and the prior's term."""
    cos, sin = math.cos(correction[2]), math.sin(correction[2])
    total = 0.5 * sum(k * d * d for k, d in zip(prior, correction))
    for p, q, n in zip(points, partners, normals):
        x, y = p - pivot
        moved = pivot + np.array([cos * x - sin * y, sin * x + cos * y]) + correction[:2]
        total += 0.5 * math.log1p((float(n @ (moved - q)) / scale) ** 2)
    return total
