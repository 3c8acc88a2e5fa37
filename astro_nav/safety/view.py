"""What one lidar saw in one revolution, and what that says about other points."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.se2 import compose
from astro_nav.safety.moving_things import Motion
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.safety.places import MOST_RAYS, PLACE_FREE, PLACE_HIDDEN, PLACE_TAKEN, Extremes
from astro_nav.types import FloatArray, Scan


# Largest turn of a look against another one, and how far off a ray may end that still ended at the same thing.
MOST_TURN_RAD, MATCH_M = 0.08, 0.1
# Of the ends of a look's rays so many tell how it is turned.
MOST_ENDS = 200


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
        self._filled_m = np.where(np.isnan(known_ranges_m), np.inf, known_ranges_m)
        self._extremes: Extremes | None = None

    def find_turn(self, ends_odom: FloatArray, history: OdometryHistory) -> int:
        """By how many rays this look is turned against a later one: wheels slip, and odometry turns by degrees within a moment.

        Args:
            ends_odom: (N, 2) where the rays of the later look ended.
            history: of the robot.

        Returns:
            The shift of rays at which most of the ends lie where this look ended, too; 0 as long as no other is better.
        """
        rays, distances = self._find_rays(ends_odom, history)
        rays, distances = rays[rays >= 0], distances[rays >= 0]
        most = max(1, round(MOST_TURN_RAD / abs(self.scan.angle_increment_rad)))
        shifts = np.arange(-most, most + 1)
        there = np.clip(rays[:, None] + shifts, 0, len(self._known_ranges_m) - 1)
        off = np.minimum(np.abs(self._filled_m[there] - distances[:, None]), MATCH_M).sum(axis=0)
        return int(shifts[np.argmin(off + 0.001 * MATCH_M * len(rays) * np.abs(shifts))]) if len(rays) else 0

    def list_ends(self, history: OdometryHistory) -> FloatArray:
        """(N, 2) where its rays ended in odom, of a few hundred over the whole turn."""
        known = np.flatnonzero(~np.isnan(self._known_ranges_m))
        known = known[:: 1 + len(known) // MOST_ENDS]
        poses = history.interpolate_poses(self.scan.stamp_s + self.scan.time_increment_s * known)
        bearings = self.pose_base_laser[2] + self.scan.angle_min_rad + self.scan.angle_increment_rad * known
        x = self.pose_base_laser[0] + self._known_ranges_m[known] * np.cos(bearings)
        y = self.pose_base_laser[1] + self._known_ranges_m[known] * np.sin(bearings)
        cos, sin = np.cos(poses[:, 2]), np.sin(poses[:, 2])
        return np.stack([poses[:, 0] + cos * x - sin * y, poses[:, 1] + sin * x + cos * y], axis=1)

    def judge_places(
        self, points_odom: FloatArray, history: OdometryHistory, tolerance_m: float, width_m: float, turn: int = 0
    ) -> np.ndarray:
        """(N,) int8: what was known of a place: it was free, something was there, or neither was seen.

        Free is what all rays that pass within `width_m` beside the place went on behind, by more than the tolerance; hidden
        what they all ended before, or what they brought no answer from.
        """
        rays, distances = self._find_rays(points_odom, history)
        rays = np.where((rays >= 0) & (rays + turn >= 0) & (rays + turn < len(self._known_ranges_m)), rays + turn, -1)
        step = abs(self.scan.angle_increment_rad)
        reach = np.minimum(np.ceil(width_m / (step * np.maximum(distances, width_m))), MOST_RAYS).astype(np.int64)
        if self._extremes is None:
            self._extremes = Extremes(self._known_ranges_m)
        nearest, furthest = self._extremes.find(rays, np.maximum(reach, 1))
        known = (rays >= 0) & ~np.isnan(self._low_m[rays])
        answer = np.where(distances < nearest - tolerance_m, PLACE_FREE, PLACE_TAKEN)
        answer[~known | (distances > furthest + tolerance_m)] = PLACE_HIDDEN
        return answer.astype(np.int8)

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
        count, step = len(scan.ranges_m), scan.angle_increment_rad
        times = np.full(len(points_odom), scan.stamp_s + 0.5 * scan.duration_s)
        turned, distances = self._turn_to(points_odom, history.interpolate_poses(times))
        # Ray 0 comes again after a full turn: the places halfway across a gap in the field of view divide the two.
        gap_rad = max(2.0 * np.pi - abs(step) * count, 0.0)
        rays = (np.remainder(turned * np.sign(step) + 0.5 * gap_rad, 2.0 * np.pi) - 0.5 * gap_rad) / abs(step)
        if scan.time_increment_s > 0.0:
            # The lidar moves while it turns: from where it was at that ray the place lies a little beside it. A place next to
            # the seam may so be passed by both ends of the scan; it keeps to the end at which it was, and is unseen beyond it.
            times = scan.stamp_s + scan.time_increment_s * np.clip(rays, 0.0, count - 1.0)
            turned, distances = self._turn_to(points_odom, history.interpolate_poses(times))
            beside = np.remainder(turned * np.sign(step) - rays * abs(step) + np.pi, 2.0 * np.pi) - np.pi
            rays += beside / abs(step)
        rays = np.rint(rays).astype(np.int64)
        return np.where((rays >= 0) & (rays < count), rays, -1), distances

    def _turn_to(self, points_odom: FloatArray, poses: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Angle from the first ray to each point, and its distance, with the lidar on a robot at poses (N, 3) [rad, m]."""
        cos, sin = np.cos(poses[:, 2]), np.sin(poses[:, 2])
        away_x, away_y = points_odom[:, 0] - poses[:, 0], points_odom[:, 1] - poses[:, 1]
        x = cos * away_x + sin * away_y - self.pose_base_laser[0]
        y = cos * away_y - sin * away_x - self.pose_base_laser[1]
        return np.arctan2(y, x) - self.pose_base_laser[2] - self.scan.angle_min_rad, np.hypot(x, y)
