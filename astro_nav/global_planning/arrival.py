"""Whether the goal ahead is reached: the last one at rest, the others in passing."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.global_planning.route import Route
from astro_nav.params.global_planner import ArrivalParams
from astro_nav.types import FloatArray


class ArrivalWatch:
    """Measures for how long the robot has rested at its goal."""

    def __init__(self) -> None:
        self._resting_since_s: float | None = None

    def clear(self) -> None:
        """Begin anew, e.g. with another goal."""
        self._resting_since_s = None

    def has_reached(self, route: Route, pose_map: FloatArray, twist: FloatArray | None, params: ArrivalParams, now_s: float) -> bool:
        """Look at a pose (3,) and a twist (2,), None when it is not known: then the robot may be moving."""
        target = route.target_map
        distance_m = float(np.hypot(*(target[:2] - pose_map[:2])))
        if not route.is_last_leg:
            return distance_m <= params.passing_distance_m
        turn_rad = abs(float(wrap_angle(target[2] - pose_map[2])))
        stands = twist is not None and abs(twist[0]) <= params.rest_speed_mps and abs(twist[1]) <= params.rest_turn_rate_radps
        if distance_m > params.position_tolerance_m or turn_rad > params.heading_tolerance_rad or not stands:
            self._resting_since_s = None
            return False
        if self._resting_since_s is None:
            self._resting_since_s = now_s
        return now_s - self._resting_since_s >= params.rest_s
