"""How well anybody could follow: the least error of a robot that knows the whole walk beforehand.

Dynamic programming backwards over time on a grid: V(t, x) = (|x - person(t)| - distance)^2 + min V(t + dt, y) over all y that can be reached
in dt at the speed limit, where neither the map nor the person is. The robot of the bound turns and speeds up in no time, so no robot with
this speed limit does better; what it says of a speed limit is sharp, of anything else it says nothing.

Source: R. Bellman, "Dynamic Programming", 1957.
"""

from __future__ import annotations

import numpy as np

from astro_nav.types import FloatArray, OccupancyMap

STEP_S = 0.2
AROUND_M = 2.5  # room that is searched beyond the walk
CONTACT = np.float32(1e6)


def compute_least_error(
    times_s: FloatArray,
    person_map: FloatArray,
    start_map: FloatArray,
    occupancy_map: OccupancyMap,
    speed_mps: float,
    distance_m: float,
    radius_m: float,
    keep_m: float,
) -> float:
    """Least root mean square error of the distance [m].

    Args:
        times_s: (N,) increasing.
        person_map: (N, 2) where the person is; what they did is taken as given.
        start_map: (2,) where the robot begins.
        occupancy_map: what stands; not turned.
        speed_mps: limit of the robot.
        distance_m: wanted.
        radius_m: of the robot at its narrowest.
        keep_m: between the middles of robot and person, at least.
    """
    from scipy import ndimage

    at_s = np.arange(times_s[0], times_s[-1], STEP_S)
    person = np.stack([np.interp(at_s, times_s, person_map[:, axis]) for axis in range(2)], axis=1)
    cell_m = occupancy_map.resolution_m
    # Half a cell less and more: a grid must not make the bound higher than it is.
    free = ndimage.distance_transform_edt(occupancy_map.occupancy < 65) * cell_m >= radius_m - 0.5 * cell_m
    corner = np.vstack([person, start_map[np.newaxis]]).min(axis=0) - AROUND_M
    size = np.vstack([person, start_map[np.newaxis]]).max(axis=0) + AROUND_M - corner
    first = np.maximum(np.floor((corner - occupancy_map.pose_map_origin[:2]) / cell_m).astype(np.int64), 0)
    free = free[first[1] : first[1] + int(size[1] / cell_m), first[0] : first[0] + int(size[0] / cell_m)]
    origin = occupancy_map.pose_map_origin[:2] + (first + 0.5) * cell_m
    x, y = origin[0] + cell_m * np.arange(free.shape[1]), origin[1] + cell_m * np.arange(free.shape[0])
    reach = speed_mps * STEP_S / cell_m + 0.5
    offsets = np.arange(-int(reach), int(reach) + 1)
    disc = np.hypot(*np.meshgrid(offsets, offsets)) <= reach
    value = np.zeros(free.shape, np.float32)
    for place in person[::-1]:
        gaps_m = np.hypot(x - place[0], (y - place[1])[:, np.newaxis]).astype(np.float32)
        cost = np.where(free & (gaps_m >= keep_m), (gaps_m - np.float32(distance_m)) ** 2, CONTACT)
        value = cost + ndimage.minimum_filter(value, footprint=disc, mode="constant", cval=CONTACT)
    column, row = np.floor((start_map - origin) / cell_m + 0.5).astype(np.int64)
    beside = value[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    return float(np.sqrt(beside.min() / len(person)))
