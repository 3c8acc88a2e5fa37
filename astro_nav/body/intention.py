"""Where the base will be, farther ahead than its trajectory reaches: on along the path, and at its end round to the goal's heading.

A trajectory ends after its horizon, and near a goal it stands there some time before it turns on the spot, because a planner of motion
need not know yet how it will turn. Whoever watches wants to know sooner, and path and goal say it.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray, Trajectory

STEP_S = 0.1
CRUISE_S = 1.0  # the speed of the trajectory's last second goes on
LEAST_MPS = 0.3  # but not more slowly than this: a robot that waits has not changed its mind
TURN_RADPS = 1.0  # of the base on the spot, and at most
AHEAD_M = 0.4  # on the path the base heads for a point so far ahead
NEAR_GOAL_M = 0.5  # a trajectory that ends so near the goal ends at it
AT_GOAL_M = 0.1  # who is so near has arrived, and turns
TURNED_RAD = 0.15  # at the goal, what is left to turn does not matter below this


def extend_motion(trajectory: Trajectory, path_odom: FloatArray | None, until_s: float) -> tuple[FloatArray, FloatArray]:
    """The base's motion as far as it can be guessed.

    Args:
        trajectory: the predicted motion, not empty.
        path_odom: (P, 3) the global path, poses close to each other, the last one is the goal; None or empty when there is none.
        until_s: time that it should reach.

    Returns:
        times (N,) [s] and poses (N, 3) [m, m, rad] in odom, the headings without jumps; it ends earlier where nothing more is known.
    """
    poses = np.column_stack([trajectory.poses_odom[:, :2], np.unwrap(trajectory.poses_odom[:, 2])])
    times_s = trajectory.start_s + trajectory.step_s * np.arange(len(poses))
    if path_odom is None or len(path_odom) == 0:
        return times_s, poses
    goal = path_odom[-1]
    if np.hypot(*(goal[:2] - poses[-1, :2])) < NEAR_GOAL_M and abs(wrap_angle(goal[2] - poses[-1, 2])) > TURNED_RAD:
        arrived = _count_until_rest(poses)
        times_s, poses = times_s[:arrived], poses[:arrived]
    if until_s <= times_s[-1]:
        return times_s, poses
    recent = trajectory.twists[max(len(poses) - round(CRUISE_S / trajectory.step_s), 0) : len(poses), 0]
    speed_mps = max(abs(float(recent.mean())), LEAST_MPS) if len(recent) else LEAST_MPS
    beyond = _follow_path(poses[-1], path_odom, speed_mps, until_s - times_s[-1])
    whole = np.vstack([poses, beyond])
    return np.concatenate([times_s, times_s[-1] + STEP_S * np.arange(1, len(beyond) + 1)]), whole


def _count_until_rest(poses: FloatArray) -> int:
    """How many poses (N, 3) there are before the base stays where it ends, at least one."""
    away = np.flatnonzero(np.hypot(*(poses[:, :2] - poses[-1, :2]).T) > AT_GOAL_M)
    return min(int(away[-1]) + 2, len(poses)) if len(away) else 1


def _follow_path(pose: FloatArray, path: FloatArray, speed_mps: float, duration_s: float) -> FloatArray:
    """Poses (N, 3) every `STEP_S` after the first one, along the rest of a path (P, 3) and then turning at its end."""
    away_m = np.hypot(*(path[:, :2] - pose[:2]).T)
    rest = path[int(away_m.argmin()) + 1 :, :2]
    way = np.vstack([pose[:2], rest]) if len(rest) else np.vstack([pose[:2], path[-1:, :2]])
    if away_m[-1] <= AT_GOAL_M:
        way = pose[None, :2]
    passed_m = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))])
    poses, yaw, most_rad = [], float(pose[2]), TURN_RADPS * STEP_S
    for number in range(1, int(duration_s / STEP_S + 1e-9) + 1):
        at_m = number * STEP_S * speed_mps
        x, y = (float(np.interp(at_m, passed_m, column)) for column in way.T)
        if at_m < passed_m[-1]:
            ahead_x, ahead_y = (float(np.interp(at_m + AHEAD_M, passed_m, column)) for column in way.T)
            towards = math.atan2(ahead_y - y, ahead_x - x)
        else:
            towards = float(path[-1, 2])
        yaw += min(max(wrap_angle(towards - yaw), -most_rad), most_rad)
        poses.append((x, y, yaw))
    return np.array(poses).reshape(-1, 3)
