"""The part of the global path that a peer looks at, evenly spaced, in the frame of the local map's corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray, LocalGrid

LOOKAHEAD_M = 3.0  # how much of a path is searched for the place where the robot is


@dataclass(frozen=True)
class PathAhead:
    """The path from the robot on.

    Attributes:
        points: (P, 2) relative to the map's corner, evenly spaced [m].
        spacing_m: between two of them.
        end: (3,) its last pose, relative to the map's corner.
        ends_in_goal: whether that is the goal.
        distance_to_goal_m: along the whole path.
    """

    points: FloatArray
    spacing_m: float
    end: FloatArray
    ends_in_goal: bool
    distance_to_goal_m: float

    def measure_heading_error(self, robot: FloatArray, ahead_m: float) -> float:
        """Angle between the heading of the robot (3,) and the direction to the path's point `ahead_m` ahead [rad]."""
        index = min(int(round(ahead_m / self.spacing_m)), len(self.points) - 1)
        away = self.points[index] - robot[:2]
        if np.hypot(*away) < 0.5 * ahead_m and index < len(self.points) - 1:
            away = self.points[index + 1] - self.points[index]  # the path doubles back here
        return float(wrap_angle(np.arctan2(away[1], away[0]) - robot[2]))


class PathFollower:
    """Remembers how far along the path the robot has come.

    Args:
        spacing_m: between the points that are handed on.
    """

    def __init__(self, spacing_m: float) -> None:
        self._spacing_m = spacing_m
        self.set_path(np.zeros((0, 3)))

    @property
    def has_goal(self) -> bool:
        """Whether there is a path to follow."""
        return len(self.path_map) > 0

    def set_path(self, path_map: FloatArray) -> None:
        """Follow a new path (N, 3) in the map frame; N = 0 for none."""
        self.path_map = path_map
        steps = np.hypot(*np.diff(path_map[:, :2], axis=0).T) if len(path_map) > 1 else np.zeros(0)
        self._length_m = np.concatenate([[0.0], np.cumsum(steps)])
        self._index, self._is_new = 0, True

    def look_ahead(self, path_odom: FloatArray, robot_odom: FloatArray, grid: LocalGrid, reach_m: float) -> PathAhead:
        """Cut out what lies before the robot, at most `reach_m` and to the edge of the map.

        Args:
            path_odom: (N, 3) the path as it lies in the odom frame now, N > 0.
            robot_odom: (3,).
            grid: the local map.
            reach_m: how much of it.
        """
        length = self._length_m
        first = 0 if self._is_new else self._index
        window_m = np.inf if self._is_new else LOOKAHEAD_M
        last = max(int(np.searchsorted(length, length[first] + window_m, side="right")), first + 1)
        self._index = first + int(np.argmin(np.sum((path_odom[first:last, :2] - robot_odom[:2]) ** 2, axis=1)))
        self._is_new = False
        local = path_odom[self._index :, :2] - grid.origin_odom
        inside = ((local > 0.1) & (local < grid.resolution_m * len(grid.occupancy) - 0.1)).all(axis=1)
        ends = len(local) if inside.all() else max(int(np.argmin(inside)), 1)
        along = length[self._index :] - length[self._index]
        ends = max(min(ends, int(np.searchsorted(along, reach_m, side="right"))), 1)
        count = max(int(round(along[ends - 1] / self._spacing_m)), 1)
        places = np.linspace(0.0, along[ends - 1], count + 1)
        points = np.stack([np.interp(places, along[:ends], local[:ends, axis]) for axis in range(2)], axis=1)
        end = path_odom[self._index + ends - 1]
        return PathAhead(
            points=points,
            spacing_m=max(along[ends - 1] / count, 1e-3),
            end=np.array([*(end[:2] - grid.origin_odom), end[2]]),
            ends_in_goal=self._index + ends == len(path_odom),
            distance_to_goal_m=float(along[-1] + np.hypot(*(path_odom[self._index, :2] - robot_odom[:2]))),
        )
