"""Looking for somebody out of sight: first along their predicted way, then wherever they can have gone that has not been seen yet."""

from __future__ import annotations

import numpy as np

from astro_nav.following.free_space import FreeSpace
from astro_nav.following.goal_maker import FollowGoal, GoalKind, make_way
from astro_nav.following.sighting import Sighting
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray

REACH_M = 5.0  # around the last sight, within which is searched
STEP_M = 0.25  # between two places where they may be
SIGHT_M = 4.0  # a person so near to the robot, with nothing between on the map, would have been tracked
PERSON_ROOM_M = 0.15  # where people pass
LINE_SAMPLES = 24
WANTED_ROOM_M = 0.05  # beside the robot's narrowest part, on the way to a place to look at


class PersonSearch:
    """One search, from the loss on.

    Args:
        lost: the last sighting.
        first: the way along the prediction.
        space: room on the map.
        params: of following.
        radius_m: of the robot at its narrowest.
    """

    def __init__(self, lost: Sighting, first: FollowGoal, space: FreeSpace, params: FollowParams, radius_m: float) -> None:
        self._lost, self._first, self._space, self._params, self._radius_m = lost, first, space, params, radius_m
        places = space.find_places(lost.position_map, REACH_M, PERSON_ROOM_M, lost.position_map, 0.0, STEP_M)
        self._points = places.points_map[places.reached]
        self._lengths_m = places.lengths_m[places.reached]
        self._unseen = np.ones(len(self._points), dtype=bool)
        self._goal = first
        self._target: FloatArray = first.pose_map[:2]

    def step(self, robot_map: FloatArray, now_s: float) -> FollowGoal:
        """Where to look now; the same object as long as that is the same.

        Args:
            robot_map: (3,) pose.
            now_s: time.
        """
        seen = self._see(robot_map, np.concatenate([self._points[self._unseen], self._target[np.newaxis]]))
        self._unseen[np.flatnonzero(self._unseen)[seen[:-1]]] = False
        if not seen[-1]:
            return self._goal
        target = self._choose(robot_map, now_s)
        if target is not None:
            self._target, self._goal = self._points[target], self._plan(robot_map, self._points[target])
        return self._goal

    def _see(self, robot_map: FloatArray, points: FloatArray) -> np.ndarray:
        """Which points (N, 2) somebody would be seen at from here."""
        near = np.hypot(*(points - robot_map[:2]).T) <= SIGHT_M
        shares = np.linspace(0.0, 1.0, LINE_SAMPLES)[:, np.newaxis, np.newaxis]
        lines = robot_map[:2] + shares * (points[near] - robot_map[:2])
        free = self._space.measure_room(lines.reshape(-1, 2)).reshape(LINE_SAMPLES, -1) > 0.0
        near[np.flatnonzero(near)] = free.all(axis=0)
        return near

    def _choose(self, robot_map: FloatArray, now_s: float) -> int | None:
        """The unseen place nearest to the robot and to where they were lost, as far as they can have come by now."""
        walked_m = max(self._lost.speed_mps, self._params.again_mps) * (now_s - self._lost.stamp_s) + self._params.again_m
        possible = self._unseen & (self._lengths_m <= walked_m)
        if not possible.any():
            return None
        costs = np.hypot(*(self._points - robot_map[:2]).T) + self._lengths_m
        return int(np.argmin(np.where(possible, costs, np.inf)))

    def _plan(self, robot_map: FloatArray, target: FloatArray) -> FollowGoal:
        """The way to a place, or as near to it as the robot gets."""
        places = self._space.find_places(robot_map, REACH_M + 1.0, self._radius_m + WANTED_ROOM_M, target, 0.0, STEP_M)
        points = places.points_map[places.reached]
        best = int(places.reached[int(np.argmin(np.hypot(*(points - target).T)))])
        way = places.list_way(best)
        return FollowGoal(GoalKind.SEARCH, make_way(robot_map, way, float(np.arctan2(*(target - way[-1])[::-1]))))
