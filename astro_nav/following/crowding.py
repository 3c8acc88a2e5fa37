"""Whether somebody who has come close and stands there wants to pass."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from astro_nav.following.goal_maker import extend_way
from astro_nav.following.trail import SPACING_M, PersonTrail
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray

CAME_FROM_M = 3.0  # so much of their trail people are expected to go back along


class Crowding:
    """Watches how close they stand and for how long, and says for how long the robot makes way."""

    def __init__(self) -> None:
        self._crowded_s = math.inf  # since when somebody who stands has been close
        self._until_s: float | None = None  # the robot makes way
        self._made_way_for: FloatArray | None = None  # (2,) where they stood
        self._direction = np.zeros(2)

    @property
    def is_making_way(self) -> bool:
        """Whether the robot makes way for them now."""
        return self._until_s is not None

    def watch(self, gap_m: float, limit_m: float, distance_m: float, is_walking: bool, now_s: float) -> None:
        """They are so far away now: nearer than the limit is close, farther than the distance is where they should be."""
        if is_walking or gap_m > limit_m:
            self._crowded_s = now_s
            if is_walking or gap_m > distance_m:
                self._made_way_for = None

    def decide(self, here: FloatArray, is_walking: bool, now_s: float, params: FollowParams, shuts_in: Callable[[], bool]) -> bool:
        """Whether to make way for somebody who stands at (2,). Once, for who stays there likes it so, unless the robot shuts them in."""
        if self._until_s is not None:
            if is_walking or now_s > self._until_s:
                self._until_s = None
            return self._until_s is not None
        if is_walking or now_s - self._crowded_s < params.crowd_s:
            return False
        has_moved = self._made_way_for is None or math.dist(self._made_way_for, here) > params.release_m
        if not has_moved and not shuts_in():
            return False
        self._until_s, self._made_way_for = now_s + params.aside_s, here
        return True

    def guess_way(self, here: FloatArray, robot_map: FloatArray, is_under_way: bool, reach_m: float, trail: PersonTrail) -> FloatArray:
        """Where they want to go (K, 2): straight on over where the robot stood before it went aside, or back to where they came from.

        Args:
            here: (2,) they.
            robot_map: (3,) pose of the robot.
            is_under_way: whether it is on its way aside.
            reach_m: beyond the robot.
            trail: where they went.
        """
        toward = robot_map[:2] - here
        if not is_under_way:
            self._direction = toward
        back = trail.points_map[-int(CAME_FROM_M / SPACING_M) :]
        return np.concatenate([extend_way(here[np.newaxis], self._direction, reach_m + float(np.hypot(*toward))), back])
