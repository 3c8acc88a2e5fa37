"""Scans for following a person: placed in the map, every ray from where it was shot."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import LaserScan

from astro_nav.following.follower import Follower
from astro_nav.geometry.se2 import compose
from astro_nav.mapping.scan_points import project_scan
from astro_nav.ros.conversion import scan_from_message, turn_scan_over
from astro_nav.ros.node import SENSOR_DATA
from astro_nav.ros.transforms import Transforms
from astro_nav.types import FloatArray

MAX_LAG_S = 0.2  # a scan ends at most so long after the newest known pose


class FollowScans:
    """Hands scans to a follower while somebody is followed.

    Args:
        node: the global planner's.
        transforms: of the robot.
        follower: who takes them.
    """

    def __init__(self, node: Any, transforms: Transforms, follower: Follower) -> None:
        self._node, self._transforms, self._follower = node, transforms, follower
        node.subscribe(LaserScan, "scan", self._take, SENSOR_DATA)

    def _take(self, message: LaserScan) -> None:
        if not self._follower.is_busy:
            return
        scan, frames = scan_from_message(message), self._node.params.frames
        mount = self._transforms.lookup_mount(frames.base, scan.frame_id)
        pose_map_odom = self._transforms.lookup_pose(frames.map, frames.odom).pose
        if mount.pose is None or pose_map_odom is None:
            return  # the node says itself that it waits for a pose
        if mount.upside_down:
            scan = turn_scan_over(scan)
        first, last = (self._find_base(time_s) for time_s in (scan.stamp_s, scan.stamp_s + scan.duration_s))
        if first is None or last is None:
            return
        pose_first, pose_last = (compose(compose(pose_map_odom, pose), mount.pose) for pose in (first, last))
        self._follower.report_scan(project_scan(scan, pose_first, pose_last, scan.range_max_m))

    def _find_base(self, time_s: float) -> FloatArray | None:
        """Pose (3,) of the robot in odom then; the newest one for what is hardly newer."""
        frames = self._node.params.frames
        found = self._transforms.lookup_pose(frames.odom, frames.base, time_s)
        if found.pose is not None:
            return found.pose
        newest = self._transforms.lookup_pose(frames.odom, frames.base)
        return newest.pose if 0.0 <= time_s - newest.stamp_s <= MAX_LAG_S else None
