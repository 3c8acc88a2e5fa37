"""A scan as points in the odom frame, every ray from where the lidar was when it was shot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, Scan


@dataclass(frozen=True)
class ScanPoints:
    """All rays of a scan, in their order.

    Attributes:
        stamp_s: time of the middle of the scan.
        origins_odom: (N, 2) where each ray starts [m].
        points_odom: (N, 2) where each ray ends [m]: at the obstacle, or where it stops being evidence of free space.
        ranges_m: (N,) its length; 0 for a ray that says nothing.
        hit: (N,) True where the ray ends at an obstacle.
    """

    stamp_s: float
    origins_odom: FloatArray
    points_odom: FloatArray
    ranges_m: FloatArray
    hit: NDArray[np.bool_]


def project_scan(
    scan: Scan, pose_odom_laser_first: FloatArray, pose_odom_laser_last: FloatArray, free_range_m: float
) -> ScanPoints:
    """Project a scan taken in motion.

    Between the first and the last ray the lidar is taken to move along a straight line while it turns steadily, which
    is exact to a millimetre over the 0.1 s of a revolution.

    Args:
        scan: the scan.
        pose_odom_laser_first: (3,) pose of the lidar at the first ray.
        pose_odom_laser_last: (3,) pose of the lidar at the last ray.
        free_range_m: how far a ray without an echo (+inf) is evidence of free space; 0 for not at all. NaN and readings
            below the lidar's minimum say nothing.
    """
    ranges = scan.ranges_m.astype(np.float64)
    count = len(ranges)
    hit = np.isfinite(ranges) & (ranges >= scan.range_min_m) & (ranges <= scan.range_max_m)
    nothing_there = np.isposinf(ranges) | (np.isfinite(ranges) & (ranges > scan.range_max_m))
    lengths = np.where(hit, ranges, np.where(nothing_there, min(free_range_m, scan.range_max_m), 0.0))
    if scan.time_increment_s > 0.0 and count > 1:
        poses = se2.interpolate(pose_odom_laser_first, pose_odom_laser_last, np.arange(count) / (count - 1))
    else:
        poses = np.broadcast_to(np.asarray(pose_odom_laser_first, dtype=np.float64), (count, 3))
    bearings = poses[:, 2] + scan.angle_min_rad + scan.angle_increment_rad * np.arange(count)
    origins = np.ascontiguousarray(poses[:, :2])
    points = origins + lengths[:, np.newaxis] * np.stack([np.cos(bearings), np.sin(bearings)], axis=1)
    return ScanPoints(scan.stamp_s + 0.5 * scan.duration_s, origins, points, lengths, hit)
