"""The trail of a person: where somebody has just walked, there is a way."""

from __future__ import annotations

import numpy as np

from astro_nav.types import FloatArray

SPACING_M = 0.08


class PersonTrail:
    """Where the followed person went, from the robot's place at the beginning on.

    Args:
        length_m: older parts are forgotten.
    """

    def __init__(self, length_m: float) -> None:
        self._most = max(int(length_m / SPACING_M), 2)
        self._points: list[tuple[float, float]] = []

    @property
    def points_map(self) -> FloatArray:
        """(N, 2) [m]."""
        return np.array(self._points).reshape(-1, 2)

    def clear(self) -> None:
        """Forget all of it."""
        self._points.clear()

    def add(self, point_map: FloatArray) -> None:
        """The person is here (2,) now; a gap is filled with a straight line."""
        if not self._points:
            self._points.append((float(point_map[0]), float(point_map[1])))
            return
        self._points.extend((float(x), float(y)) for x, y in divide_line(np.array(self._points[-1]), np.asarray(point_map))[1:])
        del self._points[: -self._most]

    def make_curve(self, ahead_map: FloatArray) -> FloatArray:
        """The trail and, behind its end, points (K, 2) that lie ahead: one curve (N, 2) of equal spacing."""
        points = self.points_map
        for point in ahead_map:
            if len(points) == 0 or np.hypot(*(point - points[-1])) >= SPACING_M:
                points = np.concatenate([points, divide_line(points[-1], point)[1:] if len(points) else point[np.newaxis]])
        return points


def divide_line(begin: FloatArray, end: FloatArray) -> FloatArray:
    """Points (N, 2) every `SPACING_M` from one point (2,) on; the last one is nearer than that to the other."""
    length_m = float(np.hypot(*(end[:2] - begin[:2])))
    count = int(length_m / SPACING_M + 1e-9)
    shares = (SPACING_M / max(length_m, 1e-9)) * np.arange(count + 1)
    return begin[:2] + shares[:, np.newaxis] * (end[:2] - begin[:2])


def find_nearest(points: FloatArray, point: FloatArray) -> int:
    """Index of the one of points (N, 2) nearest to a point (2,); of nearly equal ones the last."""
    away = np.hypot(*(points - point[:2]).T)
    return len(away) - 1 - int(np.argmin(np.round(away[::-1], 2)))
