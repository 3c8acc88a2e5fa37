"""Places that were met blocked though the map says they are free, and for how long to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_nav.params.global_planner import ProgressParams
from astro_nav.types import FloatArray

MAX_DOUBLINGS = 5  # a place is believed to be blocked for at most 2^5 times as long as at first
FORGETTING = 4.0  # after so many times the time that it was believed, a place's history is forgotten
GROWTH = 1.6  # of the disc when the way round it was met blocked, too
LEEWAY_M = 0.06  # left between the robot and a disc that is laid before it: a cell of an ordinary map


@dataclass
class _Place:
    point_map: FloatArray  # as it was reported
    centre_map: FloatArray  # of the disc that stands for it
    radius_m: float
    memory_s: float
    until_s: float
    believed: bool = True


class BlockedPlaces:
    """Remembers blocked places; belief in each expires, later every time that the place is met blocked again."""

    def __init__(self, params: ProgressParams) -> None:
        self._params = params
        self._places: list[_Place] = []

    def update_params(self, params: ProgressParams) -> None:
        """Take changed parameters."""
        self._params = params

    def add(
        self, point_map: FloatArray, now_s: float, robot_map: FloatArray | None = None, body_radius_m: float = 0.0, grows: bool = False
    ) -> None:
        """Take note that a place is blocked now.

        Args:
            point_map: (2,) [m] the surface that was met.
            now_s: time.
            robot_map: (2,) [m] where the robot is. The disc is moved away from it, for the robot stands in no obstacle; what
                was met has its body behind its surface.
            body_radius_m: of the robot's narrowest part.
            grows: the way round this place was tried and met blocked, too: what stands there is larger than was thought.
        """
        params = self._params
        point_map = np.array(point_map, dtype=np.float64)
        known = [place for place in self._places if np.hypot(*(place.point_map - point_map)) < max(place.radius_m, params.blocked_radius_m)]
        if not known:
            memory_s, radius_m = params.blocked_memory_s, params.blocked_radius_m
            self._places.append(_Place(point_map, point_map, radius_m, memory_s, now_s + memory_s))
            known = self._places[-1:]
        for place in known:
            if not place.believed:
                place.memory_s = min(2.0 * place.memory_s, 2.0**MAX_DOUBLINGS * params.blocked_memory_s)
            elif grows:
                place.radius_m = min(GROWTH * place.radius_m, max(params.blocked_max_radius_m, params.blocked_radius_m))
            place.believed, place.until_s = True, now_s + place.memory_s
            place.centre_map = place.point_map
            if robot_map is not None:
                place.centre_map = _move_away(place.point_map, robot_map, place.radius_m + body_radius_m + LEEWAY_M)

    def expire(self, now_s: float) -> bool:
        """Stop believing in what is old; returns whether there was such a place."""
        expired = [place for place in self._places if place.believed and now_s >= place.until_s]
        for place in expired:
            place.believed = False
        self._places = [place for place in self._places if now_s < place.until_s + FORGETTING * place.memory_s]
        return bool(expired)

    def list_discs(self) -> FloatArray:
        """(M, 3) x, y, radius [m] of the places that are believed to be blocked."""
        return np.array([[*place.centre_map, place.radius_m] for place in self._places if place.believed]).reshape(-1, 3)

    def clear(self) -> None:
        """Forget everything, e.g. for another map."""
        self._places.clear()


def _move_away(point_map: FloatArray, robot_map: FloatArray, distance_m: float) -> FloatArray:
    """A point (2,) moved straight away from the robot until it is at least so far from it."""
    offset = point_map - robot_map[:2]
    length_m = float(np.hypot(*offset))
    if length_m >= distance_m or length_m < 1e-6:
        return point_map
    return robot_map[:2] + offset * (distance_m / length_m)
