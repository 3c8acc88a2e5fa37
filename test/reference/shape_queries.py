"""Plain-loop oracle of astro_nav.kernels.shape_queries: edges one by one, no grid, no slabs."""

from __future__ import annotations

import math


def list_corners(rectangle):
    """Corners of a kernel's rectangle, in order around it."""
    cx, cy, cos, sin, half_x, half_y = rectangle
    corners = []
    for along, across in ((half_x, half_y), (-half_x, half_y), (-half_x, -half_y), (half_x, -half_y)):
        corners.append((cx + cos * along - sin * across, cy + sin * along + cos * across))
    return corners


def list_edges(corners):
    return [(corners[i - 1], corners[i]) for i in range(len(corners))]


def is_inside(point, corners):
    """Whether a point is on the left of every edge of a counter-clockwise convex polygon."""
    x, y = point
    return all((bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0.0 for (ax, ay), (bx, by) in list_edges(corners))


def measure_ray_to_edge(origin, direction, edge):
    """Distance along a ray to a line segment: solves origin + t direction = a + s (b - a) by Cramer's rule."""
    (ox, oy), (ux, uy), ((ax, ay), (bx, by)) = origin, direction, edge
    ex, ey = bx - ax, by - ay
    determinant = ex * uy - ey * ux
    if abs(determinant) < 1e-15:
        return math.inf
    t = (ex * (ay - oy) - ey * (ax - ox)) / determinant
    s = (ux * (ay - oy) - uy * (ax - ox)) / determinant
    return t if t >= 0.0 and 0.0 <= s <= 1.0 else math.inf


def measure_ray_to_disc(origin, direction, disc):
    """Distance along a ray to a disc: the smaller root of |origin + t direction - centre|^2 = radius^2."""
    px, py = origin[0] - disc[0], origin[1] - disc[1]
    b, c = px * direction[0] + py * direction[1], px * px + py * py - disc[2] ** 2
    if c <= 0.0:
        return 0.0
    discriminant = b * b - c
    if discriminant < 0.0 or b > 0.0:
        return math.inf
    return -b - math.sqrt(discriminant)


def cast_ray(origin, direction, max_range_m, rectangles, discs):
    """Distance to the first thing that a ray meets, inf when there is none in reach."""
    best = math.inf
    for rectangle in rectangles:
        corners = list_corners(rectangle)
        if is_inside(origin, corners):
            return 0.0
        for edge in list_edges(corners):
            best = min(best, measure_ray_to_edge(origin, direction, edge))
    for disc in discs:
        best = min(best, measure_ray_to_disc(origin, direction, disc))
    return best if best < max_range_m else math.inf


def measure_point_to_edge(point, edge):
    (ax, ay), (bx, by) = edge
    ex, ey = bx - ax, by - ay
    share = ((point[0] - ax) * ex + (point[1] - ay) * ey) / (ex * ex + ey * ey)
    share = min(1.0, max(0.0, share))
    return math.hypot(point[0] - ax - share * ex, point[1] - ay - share * ey)


def measure_point_to_polygon(point, corners):
    """Distance to a counter-clockwise convex polygon, 0 inside."""
    if is_inside(point, corners):
        return 0.0
    return min(measure_point_to_edge(point, edge) for edge in list_edges(corners))


def measure_point(point, rectangles, discs):
    """Distance of a point to the nearest shape, 0 inside."""
    distances = [measure_point_to_polygon(point, list_corners(rectangle)) for rectangle in rectangles]
    distances += [max(math.hypot(point[0] - disc[0], point[1] - disc[1]) - disc[2], 0.0) for disc in discs]
    return min(distances, default=math.inf)


def edges_cross(first, second):
    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    (a, b), (c, d) = first, second
    return side(a, b, c) * side(a, b, d) < 0.0 and side(c, d, a) * side(c, d, b) < 0.0


def measure_polygon(corners, rectangles, discs):
    """Distance of a convex counter-clockwise polygon to the nearest shape, 0 when they overlap."""
    best = math.inf
    for rectangle in rectangles:
        other = list_corners(rectangle)
        if any(edges_cross(e, f) for e in list_edges(corners) for f in list_edges(other)):
            return 0.0
        best = min(best, *(measure_point_to_polygon(point, other) for point in corners))
        best = min(best, *(measure_point_to_polygon(point, corners) for point in other))
    for disc in discs:
        best = min(best, max(measure_point_to_polygon((disc[0], disc[1]), corners) - disc[2], 0.0))
    return best
