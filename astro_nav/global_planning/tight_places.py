"""Places on a way where the robot's outline does not fit, though its narrowest part does: bends too tight to turn in.

The search knows the robot as a disc of its inscribed radius, so that it is not refused a gap that it fits lengthwise. What
a disc cannot tell is whether the outline fits with the heading that it has there, and whether it can turn to the heading
that it is to have; that is looked at here, afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.global_planning.cost_map import CostMap
from astro_nav.params.robot import RobotParams
from astro_nav.types import FloatArray

# A way is guidance, not a track: a robot may head this much to either side of it. The grid is coarse, too.
HEADING_LEEWAY_RAD = 0.5
HEADINGS = 11
SLIDE_LENGTHS = 6.0  # of the circumscribed radius, over which a robot may slide into a place where it cannot turn
MAX_SLANT_RAD = 0.6
SWEEP_STEP_RAD = 0.15  # 0.15 rad move the corner of a robot of 0.25 m by less than a cell


@dataclass(frozen=True)
class OutlineCheck:
    """What became of a way when the outline was led along it.

    Attributes:
        poses_map: (N, 3) the way, headings turned to where the outline fits.
        tight_places_map: (M, 3) poses at which it fits with no heading near the way's; M = 0 for nearly all ways.
    """

    poses_map: FloatArray
    tight_places_map: FloatArray


def fit_outline(
    poses_map: FloatArray, distances_to_go_m: FloatArray, cost_map: CostMap, robot: RobotParams, way_out_m: float
) -> OutlineCheck:
    """Lead the outline along a way and turn its headings, where they touch, to the nearest that do not.

    The first and the last length of the robot are not looked at: there it stands as it stands, or turns to its goal.

    Args:
        poses_map: (N, 3) of the way.
        distances_to_go_m: (N,) along it.
        cost_map: of the map without what is temporary.
        robot: its outline.
        way_out_m: length at the start within which the robot may be leaving an obstacle, 0 when it stands free.
    """
    radius_m = robot.circumscribed_radius_m
    inner = (distances_to_go_m > radius_m) & (distances_to_go_m < distances_to_go_m[0] - radius_m - way_out_m)
    cells = np.floor(cost_map.find_points(poses_map[:, :2])).astype(np.int64) + 1
    clearances_m = cost_map.clearance_mm[cells[:, 1], cells[:, 0]] / 1000.0
    # Clearances are those of the cells' middles, up to 0.71 of a cell away from the way.
    near_obstacles = clearances_m < radius_m + 0.71 * cost_map.map.resolution_m
    turns = sorted(np.linspace(-HEADING_LEEWAY_RAD, HEADING_LEEWAY_RAD, HEADINGS), key=abs)
    fitted, tight = poses_map.copy(), []
    for place in np.flatnonzero(inner & near_obstacles):
        turned = (fitted[place] + np.array([0.0, 0.0, turn]) for turn in turns)
        free = next((pose for pose in turned if cost_map.fits(pose)), None)
        if free is None:
            tight.append(poses_map[place])
        else:
            fitted[place, 2] = wrap_angle(free[2])
    return OutlineCheck(fitted, np.array(tight).reshape(-1, 3))


def can_turn(cost_map: CostMap, pose_map: FloatArray, yaw_rad: float, robot: RobotParams) -> bool:
    """Whether the outline can turn on the spot, either way round, from a pose (3,) to another heading."""
    cell = np.floor(cost_map.find_points(pose_map[np.newaxis, :2])[0]).astype(np.int64) + 1
    if cost_map.clearance_mm[cell[1], cell[0]] / 1000.0 >= robot.circumscribed_radius_m + 0.71 * cost_map.map.resolution_m:
        return True
    left = float(yaw_rad - pose_map[2]) % (2.0 * np.pi)
    return any(_sweeps_free(cost_map, pose_map, turn) for turn in sorted((left, left - 2.0 * np.pi), key=abs))


def can_arrive(cost_map: CostMap, poses_map: FloatArray, robot: RobotParams) -> bool:
    """Whether a robot that comes along a way (N, 3) can get to the heading of its last pose.

    It can when it can turn there, having come forwards or in reverse, or when it can slide in, straight or a little
    slanted, from a place not far away where it can turn.
    """
    if len(poses_map) < 2:
        return True
    goal = poses_map[-1]
    for reverse_rad in (0.0, np.pi):
        if can_turn(cost_map, np.array([*goal[:2], poses_map[-2, 2] + reverse_rad]), float(goal[2]), robot):
            return True
    for slant_rad in sorted(np.linspace(-MAX_SLANT_RAD, MAX_SLANT_RAD, 9), key=abs):
        slanted = goal + np.array([0.0, 0.0, slant_rad])
        if _sweeps_free(cost_map, goal, slant_rad) and (
            _slides_free(cost_map, slanted, 1.0, robot) or _slides_free(cost_map, slanted, -1.0, robot)
        ):
            return True
    return False


def _slides_free(cost_map: CostMap, pose_map: FloatArray, sign: float, robot: RobotParams) -> bool:
    """Whether the outline comes straight along its heading (sign 1) or backwards (-1) to where it can turn."""
    step_m = max(cost_map.map.resolution_m, 0.04)
    for count in range(1, int(np.ceil(SLIDE_LENGTHS * robot.circumscribed_radius_m / step_m)) + 1):
        offset = sign * count * step_m * np.array([np.cos(pose_map[2]), np.sin(pose_map[2])])
        pose = np.array([*(pose_map[:2] + offset), pose_map[2]])
        if not cost_map.contains(cost_map.find_points(pose[np.newaxis, :2])[0]) or not cost_map.fits(pose):
            return False
        if can_turn(cost_map, pose, float(pose[2]) + np.pi / 2.0, robot):
            return True
    return False


def _sweeps_free(cost_map: CostMap, pose_map: FloatArray, turn_rad: float) -> bool:
    steps = max(int(np.ceil(abs(turn_rad) / SWEEP_STEP_RAD)), 1)
    return all(cost_map.fits(pose_map + np.array([0.0, 0.0, share * turn_rad])) for share in np.linspace(0.0, 1.0, steps + 1))
