"""The way over one or several goals, and where on it the robot is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.global_planning.plan_result import PlanResult
from astro_nav.types import FloatArray, Path

# Two legs are handed out as one way unless the robot has to turn round between them: where a way runs back over itself,
# "the nearest point of the way" has two answers.
LARGEST_BEND_RAD = 2.0
WINDOW_M = 1.5  # along the way, within which the robot's place on it is looked for first


class Route:
    """Legs to the goals that are left, the first of which is being driven.

    Args:
        legs: one found plan per goal that is left.
        stamp_s: when it was planned.
    """

    def __init__(self, legs: Sequence[PlanResult], stamp_s: float) -> None:
        self.legs = tuple(legs)
        poses, self._ends = [], []
        count = 0
        for leg in self.legs:
            poses.append(leg.path.poses_map)
            count += len(leg.path.poses_map)
            self._ends.append(count - 1)
        self.poses_map: FloatArray = np.concatenate(poses)
        steps = np.linalg.norm(np.diff(self.poses_map[:, :2], axis=0), axis=1)
        self._along_m = np.concatenate([[0.0], np.cumsum(steps)])
        self._stamp_s = stamp_s
        self._place = 0
        self._leg = 0

    @property
    def leg(self) -> int:
        """Number of the leg that is being driven."""
        return self._leg

    @property
    def is_last_leg(self) -> bool:
        """Whether the goal ahead is the last one."""
        return self._leg == len(self.legs) - 1

    @property
    def target_map(self) -> FloatArray:
        """(3,) the goal ahead, or the place that stands in for it."""
        return self.poses_map[self._ends[self._leg]]

    @property
    def place(self) -> int:
        """Index of the pose of the way that is nearest to the robot."""
        return self._place

    def pass_goal(self) -> None:
        """The goal ahead is reached; the next leg begins."""
        self._leg += 1
        self._place = max(self._place, self._ends[self._leg - 1] + 1)

    def follow(self, pose_map_base: FloatArray) -> float:
        """Find the robot's place on the leg being driven; returns its distance from the way [m].

        The place moves on along the way; only a robot that is far from it is looked for everywhere.
        """
        first = self._ends[self._leg - 1] + 1 if self._leg else 0
        end = self._ends[self._leg] + 1
        distances = np.linalg.norm(self.poses_map[first:end, :2] - pose_map_base[:2], axis=1)
        along = np.abs(self._along_m[first:end] - self._along_m[self._place])
        near = np.flatnonzero(along <= WINDOW_M)
        best = int(near[np.argmin(distances[near])]) if len(near) else int(np.argmin(distances))
        if distances[best] > WINDOW_M:
            best = int(np.argmin(distances))
        self._place = first + best
        return float(distances[best])

    def measure_distance_to_go(self, pose_map_base: FloatArray) -> float:
        """Length of way that is left, over all goals [m]."""
        gap_m = float(np.linalg.norm(self.poses_map[self._place, :2] - pose_map_base[:2]))
        return gap_m + float(self._along_m[-1] - self._along_m[self._place])

    def measure_distance_to_target(self, pose_map_base: FloatArray) -> float:
        """Length of way that is left to the goal ahead [m]."""
        gap_m = float(np.linalg.norm(self.poses_map[self._place, :2] - pose_map_base[:2]))
        return gap_m + float(self._along_m[self._ends[self._leg]] - self._along_m[self._place])

    def list_poses_ahead(self, pose_map_base: FloatArray) -> FloatArray:
        """(N, 3): the robot's pose and the rest of the way over all goals."""
        return np.concatenate([pose_map_base[np.newaxis], self.poses_map[self._place + 1 :]])

    def make_path(self) -> Path:
        """The way to hand out: from the leg being driven on, up to where the robot has to turn round."""
        first = self._ends[self._leg - 1] + 1 if self._leg else 0
        last = self._leg
        while last < len(self.legs) - 1 and not self._bends_back(last):
            last += 1
        poses = self.poses_map[first : self._ends[last] + 1].copy()
        for leg in range(self._leg, last):  # a goal that is passed without a stop does not turn the way
            end = self._ends[leg] - first
            if end > 0:
                poses[end, 2] = poses[end - 1, 2]
        return Path(self._stamp_s, poses, self.legs[self._leg].path.frame_id)

    def _bends_back(self, leg: int) -> bool:
        before, after = self.legs[leg].path.poses_map, self.legs[leg + 1].path.poses_map
        if len(before) < 2 or len(after) < 2:
            return False
        return abs(float(wrap_angle(after[0, 2] - before[-2, 2]))) > LARGEST_BEND_RAD
