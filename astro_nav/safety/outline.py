"""Clearance of points to the robot's exact outline."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.types import FloatArray


class Outline:
    """The robot's footprint, prepared for measuring many points at once.

    Args:
        vertices: (V, 2) counter-clockwise in base_link [m]; any simple polygon.
    """

    def __init__(self, vertices: FloatArray) -> None:
        self.vertices = np.asarray(vertices, dtype=np.float64)
        self.radius_m = float(np.linalg.norm(self.vertices, axis=1).max())
        self._corners = [(float(x), float(y)) for x, y in self.vertices]
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        self._middle_x, self._middle_y = (float(value) for value in 0.5 * (low + high))
        self._half_x, self._half_y = (float(value) for value in 0.5 * (high - low))
        on_box = np.isclose(self.vertices, low) | np.isclose(self.vertices, high)
        self._is_box = len(self.vertices) == 4 and bool(on_box.all())

    @property
    def ends_m(self) -> tuple[float, float]:
        """x of its rearmost and its foremost point in base_link."""
        return self._middle_x - self._half_x, self._middle_x + self._half_x

    def measure_clearances(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        """Signed distances of points in base_link to the outline.

        Args:
            x_m, y_m: coordinates of the points in base_link, of one shape [m].

        Returns:
            Array of that shape [m]; negative inside.
        """
        return self._measure_box(x_m, y_m) if self._is_box else self._measure_polygon(x_m, y_m)

    def compute_speed(self, speed_mps: float, turn_rate_radps: float) -> float:
        """Speed of the fastest point of the outline under a body twist [m/s]; it is always a vertex."""
        return max(math.hypot(speed_mps - turn_rate_radps * y, turn_rate_radps * x) for x, y in self._corners)

    def _measure_box(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        beyond_x = np.abs(x_m - self._middle_x)
        beyond_x -= self._half_x
        beyond_y = np.abs(y_m - self._middle_y)
        beyond_y -= self._half_y
        inside = np.minimum(np.maximum(beyond_x, beyond_y), 0.0)
        np.maximum(beyond_x, 0.0, out=beyond_x)
        np.maximum(beyond_y, 0.0, out=beyond_y)
        beyond_x *= beyond_x
        beyond_y *= beyond_y
        beyond_x += beyond_y
        return np.sqrt(beyond_x, out=beyond_x) + inside

    def _measure_polygon(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        nearest = np.full(np.shape(x_m), np.inf)
        inside = np.zeros(np.shape(x_m), dtype=bool)
        for (start_x, start_y), (end_x, end_y) in zip(self._corners, self._corners[1:] + self._corners[:1]):
            length = math.hypot(end_x - start_x, end_y - start_y)
            unit_x, unit_y = (end_x - start_x) / length, (end_y - start_y) / length
            from_x, from_y = x_m - start_x, y_m - start_y
            along = from_x * unit_x + from_y * unit_y
            across = from_x * unit_y - from_y * unit_x
            past = along - np.clip(along, 0.0, length)
            np.minimum(nearest, across * across + past * past, out=nearest)
            if start_y != end_y:
                straddles = (start_y > y_m) != (end_y > y_m)
                left_of_edge = from_x < from_y * (unit_x / unit_y)
                inside ^= straddles & left_of_edge
        return np.where(inside, -1.0, 1.0) * np.sqrt(nearest)
