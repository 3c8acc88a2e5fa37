"""What one lidar saw in one revolution, and what that says about other points."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.se2 import compose
from astro_nav.safety.moving_things import Motion
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.types import FloatArray, Scan


class View:
    """One scan, placed in odom.

    Args:
        scan: the scan.
        pose_base_laser: (3,) of the lidar on the robot.
        pose_odom_base: (3,) of the robot in the middle of the scan.
        points_odom: (N, 2) its hits near the robot, in the order of the rays [m].
        known_ranges_m: (R,) ranges, NaN where a ray measured nothing [m].
        self_hits: number of rays that hit the robot itself.
        motion: how the hits move.
    """

    def __init__(
        self,
        scan: Scan,
        pose_base_laser: FloatArray,
        pose_odom_base: FloatArray,
        points_odom: FloatArray,
        known_ranges_m: FloatArray,
        self_hits: int,
        motion: Motion,
    ) -> None:
        self.scan = scan
        self._pose_odom_base = pose_odom_base
        self._known_ranges_m = known_ranges_m
        self.pose_base_laser = pose_base_laser
        self.stamp_s = scan.stamp_s + scan.duration_s
        self.points_odom = points_odom
        self.motion = motion
        self.memory_odom = np.empty((0, 2))
        self.memory_seen_s = np.empty(0)
        self.self_hits = self_hits
        # Way and turn of the robot until these very ranges came first.
        self.first_driven_m = self.first_turned_rad = 0.0
        # Nearest and furthest of each ray and its two neighbours: beside a wall that is seen at a flat angle, neighbours
        # differ by more than any tolerance. NaN where one of the three did not measure.
        padded = np.concatenate([known_ranges_m[:1], known_ranges_m, known_ranges_m[-1:]])
        self._low_m = np.minimum(np.minimum(padded[:-2], known_ranges_m), padded[2:])
        self._high_m = np.maximum(np.maximum(padded[:-2], known_ranges_m), padded[2:])

    def sees_through(self, points_odom: FloatArray, history: OdometryHistory, tolerance_m: float) -> np.ndarray:
        """(N,) bool: the rays towards a point, and their neighbours, all went on for more than the tolerance behind it."""
        rays, distances = self._find_rays(points_odom, history)
        with np.errstate(invalid="ignore"):
            return (rays >= 0) & (distances < self._low_m[rays] - tolerance_m)

    def cannot_see(self, points_odom: FloatArray, history: OdometryHistory, tolerance_m: float) -> np.ndarray:
        """(N,) bool: a point is out of view, behind something nearer, or its rays brought no answer."""
        rays, distances = self._find_rays(points_odom, history)
        with np.errstate(invalid="ignore"):
            return (rays < 0) | np.isnan(self._low_m[rays]) | (distances > self._high_m[rays] + tolerance_m)

    def find_rays_odom(self, reach_m: float) -> tuple[FloatArray, FloatArray]:
        """For the picture: place (2,) of the lidar, and ends (N, 2) of the rays that measured, cut off at a reach."""
        known = np.flatnonzero(~np.isnan(self._known_ranges_m))
        x, y, yaw = compose(self._pose_odom_base, self.pose_base_laser)
        bearings = yaw + self.scan.angle_min_rad + self.scan.angle_increment_rad * known
        ranges = np.minimum(self._known_ranges_m[known], reach_m)
        return np.array([x, y]), np.stack([x + ranges * np.cos(bearings), y + ranges * np.sin(bearings)], axis=1)

    def _find_rays(self, points_odom: FloatArray, history: OdometryHistory) -> tuple[np.ndarray, FloatArray]:
        """Index of the ray towards each point, -1 outside the field of view, and the point's distance from the lidar [m]."""
        scan = self.scan
        count = len(scan.ranges_m)
        step = scan.angle_increment_rad
        full_turn = int(np.rint(2.0 * np.pi / abs(step)))
        times = np.full(len(points_odom), scan.stamp_s + 0.5 * scan.duration_s)
        # The lidar moves while it turns: the first pass finds when the ray was measured, the second the ray from there.
        for _ in range(2 if scan.time_increment_s > 0.0 else 1):
            poses = history.interpolate_poses(times)
            cos, sin = np.cos(poses[:, 2]), np.sin(poses[:, 2])
            away_x, away_y = points_odom[:, 0] - poses[:, 0], points_odom[:, 1] - poses[:, 1]
            x = cos * away_x + sin * away_y - self.pose_base_laser[0]
            y = cos * away_y - sin * away_x - self.pose_base_laser[1]
            turned = np.arctan2(y, x) - self.pose_base_laser[2] - scan.angle_min_rad
            rays = np.rint(np.remainder(turned * np.sign(step), 2.0 * np.pi) / abs(step)).astype(np.int64)
            rays = np.where(rays >= full_turn, 0, rays)
            times = scan.stamp_s + scan.time_increment_s * np.minimum(rays, count - 1)
        return np.where(rays < count, rays, -1), np.hypot(x, y)
