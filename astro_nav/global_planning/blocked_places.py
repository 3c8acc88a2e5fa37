"""Places that were met blocked though the map says they are free, and for how long to believe it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_nav.params.global_planner import ProgressParams
from astro_nav.types import FloatArray

MAX_DOUBLINGS = 5  # a place is believed to be blocked for at most 2^5 times as long as at first
FORGETTING = 4.0  # after so many times the time that it was believed, a place's history is forgotten


@dataclass
class _Place:
    point_map: FloatArray
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

    def add(self, point_map: FloatArray, now_s: float) -> None:
        """Take note that a place (2,) [m] is blocked now."""
        known = [place for place in self._places if np.hypot(*(place.point_map - point_map)) < self._params.blocked_radius_m]
        if not known:
            memory_s = self._params.blocked_memory_s
            self._places.append(_Place(np.array(point_map, dtype=np.float64), memory_s, now_s + memory_s))
            return
        for place in known:
            if not place.believed:
                place.memory_s = min(2.0 * place.memory_s, 2.0**MAX_DOUBLINGS * self._params.blocked_memory_s)
            place.believed, place.until_s = True, now_s + place.memory_s

    def expire(self, now_s: float) -> bool:
        """Stop believing in what is old; returns whether there was such a place."""
        expired = [place for place in self._places if place.believed and now_s >= place.until_s]
        for place in expired:
            place.believed = False
        self._places = [place for place in self._places if now_s < place.until_s + FORGETTING * place.memory_s]
        return bool(expired)

    def list_discs(self) -> FloatArray:
        """(M, 3) x, y, radius [m] of the places that are believed to be blocked."""
        radius_m = self._params.blocked_radius_m
        return np.array([[*place.point_map, radius_m] for place in self._places if place.believed]).reshape(-1, 3)

    def clear(self) -> None:
        """Forget everything, e.g. for another map."""
        self._places.clear()
