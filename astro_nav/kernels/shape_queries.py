"""Rays and distances against flat shapes: turned rectangles and discs, found through a grid of cells.

Rectangles are rows `[centre x, centre y, cos yaw, sin yaw, half length, half width]`, discs `[centre x, centre y, radius]`.
Item i of an index is rectangle i, or disc i - R. Moving shapes come beside the index as snapshots `(S, M, 6)` and
`(S, M, 3)`; a half length or radius that is not positive means that the shape is absent.

Source of the cell walk: J. Amanatides, A. Woo, "A fast voxel traversal algorithm for ray tracing", Eurographics 1987.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def _measure_ray_to_rectangle(ox, oy, ux, uy, cx, cy, cos, sin, half_x, half_y):
    """Distance along the ray to the rectangle; 0 from inside, inf when missed (slab test)."""
    px, py = cos * (ox - cx) + sin * (oy - cy), cos * (oy - cy) - sin * (ox - cx)
    vx, vy = cos * ux + sin * uy, cos * uy - sin * ux
    near, far = 0.0, math.inf
    if vx == 0.0:
        if abs(px) > half_x:
            return math.inf
    else:
        first, second = (-half_x - px) / vx, (half_x - px) / vx
        near, far = max(near, min(first, second)), min(far, max(first, second))
    if vy == 0.0:
        if abs(py) > half_y:
            return math.inf
    else:
        first, second = (-half_y - py) / vy, (half_y - py) / vy
        near, far = max(near, min(first, second)), min(far, max(first, second))
    return near if near <= far else math.inf


@kernel
def _measure_ray_to_disc(ox, oy, ux, uy, cx, cy, radius):
    """Distance along the ray of unit direction to the disc; 0 from inside, inf when missed."""
    px, py = cx - ox, cy - oy
    centre_square = px * px + py * py
    if centre_square <= radius * radius:
        return 0.0
    along = px * ux + py * uy
    if along <= 0.0:
        return math.inf
    across = px * uy - py * ux
    root = radius * radius - across * across
    return along - math.sqrt(root) if root >= 0.0 else math.inf


@kernel
def _measure_point_to_rectangle(x, y, cx, cy, cos, sin, half_x, half_y):
    """Distance of a point to the rectangle, 0 inside."""
    dx = max(abs(cos * (x - cx) + sin * (y - cy)) - half_x, 0.0)
    dy = max(abs(cos * (y - cy) - sin * (x - cx)) - half_y, 0.0)
    return math.sqrt(dx * dx + dy * dy)


@kernel
def _find_cell_range(item, rectangles, discs, origin_x, origin_y, cell_m, width, height):
    """Cells (column from, to, row from, to; ends included) that the bounding box of an item touches."""
    if item < rectangles.shape[0]:
        cx, cy, cos, sin, half_x, half_y = rectangles[item]
        reach_x = abs(cos) * half_x + abs(sin) * half_y
        reach_y = abs(sin) * half_x + abs(cos) * half_y
    else:
        cx, cy, reach_x = discs[item - rectangles.shape[0]]
        reach_y = reach_x
    first_column = min(max(int(math.floor((cx - reach_x - origin_x) / cell_m)), 0), width - 1)
    last_column = min(max(int(math.floor((cx + reach_x - origin_x) / cell_m)), 0), width - 1)
    first_row = min(max(int(math.floor((cy - reach_y - origin_y) / cell_m)), 0), height - 1)
    last_row = min(max(int(math.floor((cy + reach_y - origin_y) / cell_m)), 0), height - 1)
    return first_column, last_column, first_row, last_row


@kernel
def count_cell_items(rectangles, discs, origin, cell_m, width, height, counts):
    """Count the items that touch each cell into counts (height * width,) int64, zero on entry."""
    for item in range(rectangles.shape[0] + discs.shape[0]):
        left, right, low, high = _find_cell_range(item, rectangles, discs, origin[0], origin[1], cell_m, width, height)
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                counts[row * width + column] += 1


@kernel
def fill_cell_items(rectangles, discs, origin, cell_m, width, height, starts, filled, items):
    """List the items of each cell: cell c holds items[starts[c]:starts[c + 1]].

    Args:
        starts: (height * width + 1,) int64 running sum of the counts.
        filled: (height * width,) int64, zero on entry; how many are written.
        items: (starts[-1],) int64, output.
    """
    for item in range(rectangles.shape[0] + discs.shape[0]):
        left, right, low, high = _find_cell_range(item, rectangles, discs, origin[0], origin[1], cell_m, width, height)
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                cell = row * width + column
                items[starts[cell] + filled[cell]] = item
                filled[cell] += 1


@kernel
def _measure_ray_to_item(ox, oy, ux, uy, item, rectangles, discs):
    if item < rectangles.shape[0]:
        cx, cy, cos, sin, half_x, half_y = rectangles[item]
        return _measure_ray_to_rectangle(ox, oy, ux, uy, cx, cy, cos, sin, half_x, half_y)
    cx, cy, radius = discs[item - rectangles.shape[0]]
    return _measure_ray_to_disc(ox, oy, ux, uy, cx, cy, radius)


@kernel
def _cast_through_grid(ox, oy, ux, uy, limit_m, rectangles, discs, active, origin, cell_m, width, height, starts, items):
    """Distance along one ray to the nearest active item of the index, at most `limit_m`."""
    extent_x, extent_y = 0.5 * cell_m * width, 0.5 * cell_m * height
    entry = _measure_ray_to_rectangle(
        ox, oy, ux, uy, origin[0] + extent_x, origin[1] + extent_y, 1.0, 0.0, extent_x, extent_y
    )
    if entry >= limit_m:
        return limit_m
    x, y = (ox + entry * ux - origin[0]) / cell_m, (oy + entry * uy - origin[1]) / cell_m
    column, row = min(max(int(math.floor(x)), 0), width - 1), min(max(int(math.floor(y)), 0), height - 1)
    step_x, step_y = (1 if ux > 0.0 else -1), (1 if uy > 0.0 else -1)
    delta_x = cell_m / abs(ux) if ux != 0.0 else math.inf
    delta_y = cell_m / abs(uy) if uy != 0.0 else math.inf
    next_x = entry + ((column + (step_x + 1) // 2) - x) * cell_m / ux if ux != 0.0 else math.inf
    next_y = entry + ((row + (step_y + 1) // 2) - y) * cell_m / uy if uy != 0.0 else math.inf
    nearest = limit_m
    while True:
        cell = row * width + column
        for index in range(starts[cell], starts[cell + 1]):
            item = items[index]
            if active[item]:
                nearest = min(nearest, _measure_ray_to_item(ox, oy, ux, uy, item, rectangles, discs))
        if nearest <= min(next_x, next_y):
            return nearest
        if next_x < next_y:
            column += step_x
            next_x += delta_x
            if column < 0 or column >= width:
                return nearest
        else:
            row += step_y
            next_y += delta_y
            if row < 0 or row >= height:
                return nearest


@kernel
def cast_rays(
    origins, directions, max_range_m, rectangles, discs, active, origin, cell_m, width, height, starts, items,
    snapshots, moving_rectangles, moving_discs, out,
):  # fmt: skip
    """Measure rays against an index of resting shapes and snapshots of moving ones.

    Args:
        origins: (N, 2) [m] where each ray starts.
        directions: (N, 2) unit vectors.
        max_range_m: rays end there.
        rectangles: (R, 6). discs: (C, 3). active: (R + C,) bool.
        origin, cell_m, width, height, starts, items: the index, see `fill_cell_items`.
        snapshots: (N,) float64 in [0, S - 1], the snapshot at which each ray looks, interpolated.
        moving_rectangles: (S, M, 6). moving_discs: (S, L, 3).
        out: (N,) float64 distances [m], inf where nothing is hit within `max_range_m`.
    """
    for ray in range(origins.shape[0]):
        ox, oy = origins[ray]
        ux, uy = directions[ray]
        nearest = _cast_through_grid(
            ox, oy, ux, uy, max_range_m, rectangles, discs, active, origin, cell_m, width, height, starts, items
        )
        before = min(int(snapshots[ray]), moving_discs.shape[0] - 1)
        after = min(before + 1, moving_discs.shape[0] - 1)
        part = snapshots[ray] - before
        # Doors turn slowly: the nearer snapshot will do.
        turned = after if part > 0.5 else before
        for index in range(moving_rectangles.shape[1]):
            cx, cy, cos, sin, half_x, half_y = moving_rectangles[turned, index]
            if half_x > 0.0:
                nearest = min(nearest, _measure_ray_to_rectangle(ox, oy, ux, uy, cx, cy, cos, sin, half_x, half_y))
        for index in range(moving_discs.shape[1]):
            ax, ay, radius = moving_discs[before, index]
            bx, by, later_radius = moving_discs[after, index]
            if radius > 0.0 and later_radius > 0.0:
                cx, cy = ax + part * (bx - ax), ay + part * (by - ay)
                nearest = min(nearest, _measure_ray_to_disc(ox, oy, ux, uy, cx, cy, radius))
        out[ray] = nearest if nearest < max_range_m else math.inf


@kernel
def measure_point_distances(points, limit_m, rectangles, discs, active, origin, cell_m, width, height, starts, items, out):
    """Distance of points to the nearest active item of an index, 0 inside it.

    Args:
        points: (N, 2) [m].
        limit_m: items farther away do not count.
        out: (N,) [m], `limit_m` where nothing is nearer.
    """
    for index in range(points.shape[0]):
        x, y = points[index]
        nearest = limit_m
        left = max(int(math.floor((x - limit_m - origin[0]) / cell_m)), 0)
        right = min(int(math.floor((x + limit_m - origin[0]) / cell_m)), width - 1)
        low = max(int(math.floor((y - limit_m - origin[1]) / cell_m)), 0)
        high = min(int(math.floor((y + limit_m - origin[1]) / cell_m)), height - 1)
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                cell = row * width + column
                for place in range(starts[cell], starts[cell + 1]):
                    item = items[place]
                    if not active[item]:
                        continue
                    if item < rectangles.shape[0]:
                        cx, cy, cos, sin, half_x, half_y = rectangles[item]
                        distance = _measure_point_to_rectangle(x, y, cx, cy, cos, sin, half_x, half_y)
                    else:
                        cx, cy, radius = discs[item - rectangles.shape[0]]
                        distance = max(math.hypot(x - cx, y - cy) - radius, 0.0)
                    nearest = min(nearest, distance)
        out[index] = nearest


@kernel
def _measure_point_to_polygon(x, y, vertices):
    """Distance of a point to a simple polygon (V, 2), 0 inside."""
    nearest_square, inside = math.inf, False
    last = vertices.shape[0] - 1
    for index in range(vertices.shape[0]):
        ax, ay = vertices[last]
        bx, by = vertices[index]
        ex, ey = bx - ax, by - ay
        along = ((x - ax) * ex + (y - ay) * ey) / max(ex * ex + ey * ey, 1e-300)
        along = min(max(along, 0.0), 1.0)
        dx, dy = x - ax - along * ex, y - ay - along * ey
        nearest_square = min(nearest_square, dx * dx + dy * dy)
        if (ay > y) != (by > y) and x < ax + (y - ay) / ey * ex:
            inside = not inside
        last = index
    return 0.0 if inside else math.sqrt(nearest_square)


@kernel
def _measure_polygon_to_rectangle(vertices, cx, cy, cos, sin, half_x, half_y):
    """Distance between a polygon and a rectangle, 0 when they overlap.

    The nearest points of two disjoint polygons include a vertex of one of them; polygons that overlap without holding a
    vertex of each other have crossing edges.
    """
    nearest = math.inf
    last = vertices.shape[0] - 1
    for index in range(vertices.shape[0]):
        x, y = vertices[index]
        nearest = min(nearest, _measure_point_to_rectangle(x, y, cx, cy, cos, sin, half_x, half_y))
        ax, ay = vertices[last]
        length = math.hypot(x - ax, y - ay)
        if length > 0.0:
            hit = _measure_ray_to_rectangle(ax, ay, (x - ax) / length, (y - ay) / length, cx, cy, cos, sin, half_x, half_y)
            if hit <= length:
                return 0.0
        last = index
    for corner in range(4):
        along = half_x if corner in (0, 1) else -half_x
        across = half_y if corner in (0, 2) else -half_y
        nearest = min(
            nearest,
            _measure_point_to_polygon(cx + cos * along - sin * across, cy + sin * along + cos * across, vertices),
        )
    return nearest


@kernel
def measure_polygon_clearance(vertices, rectangles, discs, active, moving_rectangles, moving_discs):
    """Exact distance between a polygon and the nearest shape, 0 when they overlap.

    Args:
        vertices: (V, 2) [m], a simple polygon in the frame of the shapes.
        rectangles: (R, 6). discs: (C, 3). active: (R + C,) bool.
        moving_rectangles: (M, 6). moving_discs: (L, 3).

    Returns:
        The distance [m], inf when there is nothing; which shape it is, counted through rectangles, discs, moving
        rectangles, moving discs, -1 when there is nothing.
    """
    middle_x, middle_y = np.mean(vertices[:, 0]), np.mean(vertices[:, 1])
    reach = 0.0
    for index in range(vertices.shape[0]):
        reach = max(reach, math.hypot(vertices[index, 0] - middle_x, vertices[index, 1] - middle_y))
    nearest, which = math.inf, -1
    resting = rectangles.shape[0] + discs.shape[0]
    for index in range(resting + moving_rectangles.shape[0] + moving_discs.shape[0]):
        if index < resting and not active[index]:
            continue
        if index < rectangles.shape[0] or resting <= index < resting + moving_rectangles.shape[0]:
            row = rectangles[index] if index < rectangles.shape[0] else moving_rectangles[index - resting]
            cx, cy, cos, sin, half_x, half_y = row
            if half_x <= 0.0:
                continue
            if _measure_point_to_rectangle(middle_x, middle_y, cx, cy, cos, sin, half_x, half_y) - reach >= nearest:
                continue
            distance = _measure_polygon_to_rectangle(vertices, cx, cy, cos, sin, half_x, half_y)
        else:
            if index < resting:
                cx, cy, radius = discs[index - rectangles.shape[0]]
            else:
                cx, cy, radius = moving_discs[index - resting - moving_rectangles.shape[0]]
            if radius <= 0.0 or math.hypot(middle_x - cx, middle_y - cy) - radius - reach >= nearest:
                continue
            distance = max(_measure_point_to_polygon(cx, cy, vertices) - radius, 0.0)
        if distance < nearest:
            nearest, which = distance, index
    return nearest, which
