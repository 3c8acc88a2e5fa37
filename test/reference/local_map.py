"""Plain-loop oracles of the local map's kernels."""

from __future__ import annotations

import math


def clip_to_cell(x0, y0, x1, y1, column, row):
    """Length of a segment inside the unit cell (column, row), by clipping (Liang and Barsky 1984)."""
    low, high = 0.0, 1.0
    dx, dy = x1 - x0, y1 - y0
    for start, delta, near, far in ((x0, dx, column, column + 1), (y0, dy, row, row + 1)):
        if abs(delta) < 1e-15:
            if not near <= start < far:
                return 0.0
            continue
        first, second = (near - start) / delta, (far - start) / delta
        low, high = max(low, min(first, second)), min(high, max(first, second))
    return max(high - low, 0.0) * math.hypot(dx, dy)


def add_scan(evidence, origins, points, marks, origin, resolution, hit_gain, miss_gain, limit):
    """Evidence after one scan; every cell is compared with every ray."""
    height, width = len(evidence), len(evidence[0])
    to_cells = lambda p: ((p[0] - origin[0]) / resolution, (p[1] - origin[1]) / resolution)  # noqa: E731 (a local shorthand)
    ends = [tuple(math.floor(value) for value in to_cells(point)) for point in points]
    hit = {end for end, mark in zip(ends, marks) if mark == 2}
    result = [list(row) for row in evidence]
    for row in range(height):
        for column in range(width):
            if (column, row) in hit:
                result[row][column] = min(max(evidence[row][column], 0.0) + hit_gain, limit)
                continue
            passed = 0.0
            for ray_origin, point, mark, end in zip(origins, points, marks, ends):
                if mark == 0 or (mark == 2 and end == (column, row)):
                    continue
                passed += clip_to_cell(*to_cells(ray_origin), *to_cells(point), column, row)
            if passed > 1e-9:
                result[row][column] = max(evidence[row][column] - miss_gain * min(passed, 1.0), -limit)
    return result


def surface_distances(occupied, surface_x, surface_y, resolution, most):
    """Distance from every cell's middle to every surface point, the least of them."""
    height, width = len(occupied), len(occupied[0])
    surfaces = [
        (column * resolution + surface_x[row][column], row * resolution + surface_y[row][column])
        for row in range(height)
        for column in range(width)
        if occupied[row][column]
    ]
    return [
        [
            min([math.hypot(x - column * resolution, y - row * resolution) for x, y in surfaces] + [most])
            for column in range(width)
        ]
        for row in range(height)
    ]


def solve_eikonal(rate, resolution, seeds, rounds=400):
    """Cost-to-go by relaxing every cell again and again until nothing changes (Jacobi's way)."""
    height, width = len(rate), len(rate[0])
    cost = [[math.inf] * width for _ in range(height)]
    for (row, column), value in seeds.items():
        cost[row][column] = min(cost[row][column], value)
    for _ in range(rounds):
        changed = False
        for row in range(height):
            for column in range(width):
                left = cost[row][column - 1] if column > 0 else math.inf
                right = cost[row][column + 1] if column < width - 1 else math.inf
                down = cost[row - 1][column] if row > 0 else math.inf
                up = cost[row + 1][column] if row < height - 1 else math.inf
                low, high = sorted((min(left, right), min(down, up)))
                step = rate[row][column] * resolution
                if math.isinf(low):
                    continue
                value = low + step if high - low >= step else 0.5 * (low + high + math.sqrt(2 * step * step - (high - low) ** 2))
                if value < cost[row][column] - 1e-9:
                    cost[row][column] = value
                    changed = True
        if not changed:
            break
    return cost
