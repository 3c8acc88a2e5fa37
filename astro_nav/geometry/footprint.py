"""The robot's outline: parsing, checking, covering with circles."""

from __future__ import annotations

import ast

import numpy as np

from astro_nav.types import FloatArray


def parse_footprint(text: str) -> FloatArray:
    """Read an outline written as Nav2 writes it.

    Args:
        text: "[[x, y], [x, y], ...]" [m], at least three vertices.

    Returns:
        (N, 2) float64 vertices, counter-clockwise.

    Raises:
        ValueError: with what is wrong with it.
    """
    try:
        vertices = np.array(ast.literal_eval(text), dtype=np.float64)
    except (ValueError, SyntaxError, TypeError) as error:
        raise ValueError("is not a list like '[[0.2, 0.1], [0.2, -0.1], [-0.2, 0.0]]'") from error
    if vertices.ndim != 2 or vertices.shape[1] != 2 or len(vertices) < 3:
        raise ValueError("must have at least three [x, y] vertices")
    if not np.isfinite(vertices).all():
        raise ValueError("has a vertex that is not finite")
    area = compute_signed_area(vertices)
    if abs(area) < 1e-6:
        raise ValueError(f"encloses {abs(area):g} m^2: the vertices lie on a line")
    if _crosses_itself(vertices):
        raise ValueError("crosses itself: list the vertices in order around the outline")
    return vertices if area > 0.0 else vertices[::-1].copy()


def find_footprint_problem(text: str) -> str | None:
    """Return what is wrong with an outline, or None."""
    try:
        vertices = parse_footprint(text)
    except ValueError as error:
        return str(error)
    if not is_inside(np.zeros((1, 2)), vertices)[0]:
        return "does not contain the origin: base_link, the middle of the drive axle, must lie inside the outline"
    return None


def compute_signed_area(vertices: FloatArray) -> float:
    """Shoelace area of a polygon (N, 2), positive when counter-clockwise [m^2]."""
    following = np.roll(vertices, -1, axis=0)
    return float(0.5 * np.sum(vertices[:, 0] * following[:, 1] - following[:, 0] * vertices[:, 1]))


def is_inside(points: FloatArray, vertices: FloatArray) -> np.ndarray:
    """Even-odd test of points (N, 2) against a polygon (V, 2) in the same frame; returns (N,) bool."""
    start, end = vertices, np.roll(vertices, -1, axis=0)
    x, y = points[:, None, 0], points[:, None, 1]
    straddles = (start[None, :, 1] > y) != (end[None, :, 1] > y)
    rise = np.where(end[:, 1] == start[:, 1], 1.0, end[:, 1] - start[:, 1])
    crossing_x = start[:, 0] + (y - start[:, 1]) / rise * (end[:, 0] - start[:, 0])
    return (np.sum(straddles & (x < crossing_x), axis=1) % 2).astype(bool)


def compute_edge_distances(points: FloatArray, vertices: FloatArray) -> FloatArray:
    """Distance of points (N, 2) to the outline of a polygon (V, 2), inside or outside; returns (N,) [m]."""
    start, edge = vertices, np.roll(vertices, -1, axis=0) - vertices
    offset = points[:, None, :] - start[None, :, :]
    along = np.clip(np.sum(offset * edge, axis=2) / np.maximum(np.sum(edge * edge, axis=1), 1e-18), 0.0, 1.0)
    return np.linalg.norm(offset - along[..., None] * edge, axis=2).min(axis=1)


def compute_signed_distances(points: FloatArray, vertices: FloatArray) -> FloatArray:
    """Distance of points (N, 2) to a polygon (V, 2): negative inside, positive outside; returns (N,) [m]."""
    distances = compute_edge_distances(points, vertices)
    return np.where(is_inside(points, vertices), -distances, distances)


def sample_outline(vertices: FloatArray, spacing_m: float) -> FloatArray:
    """Points along a polygon's outline, vertices included, at most `spacing_m` apart; returns (N, 2)."""
    pieces = []
    for start, end in zip(vertices, np.roll(vertices, -1, axis=0)):
        count = max(1, int(np.ceil(np.linalg.norm(end - start) / spacing_m)))
        pieces.append(start + np.arange(count)[:, None] / count * (end - start))
    return np.concatenate(pieces)


def cover_with_circles(vertices: FloatArray, max_excess_m: float) -> tuple[FloatArray, float]:
    """Cover a polygon with equal circles along its longer axis.

    The number of circles grows until they reach at most `max_excess_m` beyond the polygon's half width, or would
    number more than 12. The cover contains the polygon, so a clearance measured with it is never too large.

    Args:
        vertices: (V, 2) [m].
        max_excess_m: how far the circles may reach beyond the half width.

    Returns:
        centres (C, 2) [m] and their common radius [m].
    """
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    size = high - low
    axis = int(size[1] > size[0])
    half_width = 0.5 * size[1 - axis]
    middle = 0.5 * (low + high)
    for count in range(1, 13):
        half_slice = 0.5 * size[axis] / count
        radius = float(np.hypot(half_slice, half_width))
        if radius - half_width <= max_excess_m:
            break
    centres = np.tile(middle, (count, 1))
    centres[:, axis] = low[axis] + half_slice * (2 * np.arange(count) + 1)
    return centres, radius


def _crosses_itself(vertices: FloatArray) -> bool:
    count = len(vertices)
    for i in range(count):
        for j in range(i + 2, count):
            if i == 0 and j == count - 1:
                continue
            if _segments_cross(vertices[i], vertices[(i + 1) % count], vertices[j], vertices[(j + 1) % count]):
                return True
    return False


def _segments_cross(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> bool:
    def side(p: FloatArray, q: FloatArray, r: FloatArray) -> float:
        return float((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) * side(a, b, d) < 0.0 and side(c, d, a) * side(c, d, b) < 0.0
