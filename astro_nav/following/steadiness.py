"""The goal before, as long as it is about as good: a goal that trembles makes a robot that trembles."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.following.goal_maker import FollowGoal, GoalKind
from astro_nav.types import FloatArray

STEADY_M = 0.05  # a goal for somebody who stands is not moved by less
KEEP_STAY_M = 0.6  # a robot that stays comes to rest where it could first, unless that has become too far away


def keep_steady(
    known: FollowGoal | None, goal: FollowGoal, here: FloatArray, distance_m: float, tolerance_m: float, is_walking: bool, robot_map: FloatArray
) -> FollowGoal:
    """The new goal, or the known one where that will do.

    Args:
        known: goal before.
        goal: new one.
        here: (2,) the person.
        distance_m, tolerance_m: wanted.
        is_walking: whether the person walks.
        robot_map: (3,) pose of the robot.
    """
    if known is None:
        return goal
    if goal.kind is GoalKind.STAY and known.kind is GoalKind.STAY and math.dist(known.pose_map[:2], robot_map[:2]) < KEEP_STAY_M:
        # Where a robot that drives can come to rest moves on with it.
        return FollowGoal(GoalKind.STAY, np.array([[*known.pose_map[:2], goal.pose_map[2]]]))
    if is_walking:
        return goal
    is_near_enough = abs(math.dist(known.pose_map[:2], here) - distance_m) <= tolerance_m
    if goal.kind is GoalKind.STAY and known.kind is GoalKind.LEASH and is_near_enough:
        return FollowGoal(known.kind, known.way_map)
    if goal.kind is known.kind and math.dist(known.pose_map[:2], goal.pose_map[:2]) < STEADY_M:
        return FollowGoal(goal.kind, np.concatenate([goal.way_map[:-1], known.pose_map[np.newaxis]]))
    return goal
