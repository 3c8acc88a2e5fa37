"""Places on a way where the robot's outline does not fit, though its narrowest part does: bends too tight to turn in.

The search knows the robot as a disc of its inscribed radius, so that it is not refused a gap that it fits lengthwise. What
a disc cannot tell is whether the outline fits with the heading that it has there; that is looked at here, afterwards.
"""

from __future__ import annotations

import numpy as np

from astro_nav.global_planning.cost_map import CostMap
from astro_nav.params.robot import RobotParams
from astro_nav.types import FloatArray

# A way is guidance, not a track: a robot may head this much to either side of it. The grid is coarse, too.
HEADING_LEEWAY_RAD = 0.5
HEADINGS = 5


def find_tight_places(
    poses_map: FloatArray, distances_to_go_m: FloatArray, cost_map: CostMap, robot: RobotParams, way_out_m: float
) -> FloatArray:
    """Find where along a way the outline touches an obstacle with every heading that is near the way's.

    The first and the last length of the robot are not looked at: there it stands as it stands, or turns to its goal.

    Args:
        poses_map: (N, 3) of the way.
        distances_to_go_m: (N,) along it.
        cost_map: of the map without what is temporary.
        robot: its outline.
        way_out_m: length at the start within which the robot may be leaving an obstacle, 0 when it stands free.

    Returns:
        (M, 3) poses of the way at which the robot does not fit; M = 0 for nearly all ways.
    """
    radius_m = robot.circumscribed_radius_m
    inner = (distances_to_go_m > radius_m) & (distances_to_go_m < distances_to_go_m[0] - radius_m - way_out_m)
    cells = np.floor(cost_map.find_points(poses_map[:, :2])).astype(np.int64) + 1
    clearances_m = cost_map.clearance_mm[cells[:, 1], cells[:, 0]] / 1000.0
    # Clearances are those of the cells' middles, up to 0.71 of a cell away from the way.
    near_obstacles = clearances_m < radius_m + 0.71 * cost_map.map.resolution_m
    candidates = poses_map[inner & near_obstacles]
    turns = sorted(np.linspace(-HEADING_LEEWAY_RAD, HEADING_LEEWAY_RAD, HEADINGS), key=abs)
    tight = [not any(cost_map.fits(pose + np.array([0.0, 0.0, turn])) for turn in turns) for pose in candidates]
    return candidates[np.array(tight, dtype=bool)]
