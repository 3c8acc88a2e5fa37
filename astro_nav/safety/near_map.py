"""What is near the robot: points in the odom frame from the newest scans, and a short memory.

Points rather than cells: a cell of a useful size would cost more clearance than the lidar's noise.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from astro_nav.params.safety_controller import MotionParams, SafetyMapParams
from astro_nav.safety.moving_things import make_rest, measure_motion
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.safety.outline import Outline
from astro_nav.safety.scan_check import find_measuring_rays, find_scan_problem, smooth_ranges
from astro_nav.safety.view import View
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, FloatArray, LocalGrid, Scan

# How many earlier scans motion is measured over: the last one shows what is fast, the first one what is slow.
EARLIER_VIEWS = 4
# Scans differ to the last bit after the robot has moved this far or turned that far.
REPEAT_WAY_M, REPEAT_TURN_RAD = 0.05, 0.05
# Places at which a thing in motion is put along its way.
COMING_STEPS = 6


@dataclass(frozen=True)
class NearPoints:
    """N places near the robot where something is or will be.

    Attributes:
        points_odom: (N, 2) [m].
        origins: (N,) int, for places where something will be the index of the point that it is at now, -1 for what is there.
        unseen_s: (N,) for parts of somebody who may take a step, how long ago they were seen; NaN for everything else [s].
    """

    points_odom: FloatArray
    origins: np.ndarray
    unseen_s: FloatArray


class NearMap:
    """Points around the robot, per lidar.

    A point lives until its own lidar looks again at its place. Then it is seen anew, or seen through and dropped, or it is
    hidden (behind something nearer, beyond the field of view, too near, or no answer came) and remembered for a while: a
    missing answer does not prove free space.
    """

    def __init__(self, params: SafetyMapParams, motion: MotionParams, outline: Outline, reaction_s: float) -> None:
        self._params = params
        self._motion = motion
        self._reaction_s = reaction_s
        self._outline = outline
        self._views: dict[str, View] = {}
        self._earlier: dict[str, deque[View]] = {}
        # Half the diagonal of the window, and what the robot may drive until the next scan.
        self._reach_m = params.size_m * math.sqrt(0.5)

    def clear(self) -> None:
        """Forget everything: the odom frame has moved."""
        self._views.clear()
        self._earlier.clear()

    def find_stamp_s(self, source: str) -> float:
        """Time of the last ray of a lidar's newest scan, -inf when there is none."""
        view = self._views.get(source)
        return view.stamp_s if view else -math.inf

    def count_self_hits(self) -> dict[str, int]:
        """Rays of each lidar's newest scan that hit the robot itself."""
        return {source: view.self_hits for source, view in self._views.items() if view.self_hits}

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, source: str, history: OdometryHistory) -> str:
        """Take in one scan.

        Returns:
            "" or a sentence that says why it was not used.
        """
        problem = find_scan_problem(scan, pose_base_laser, self._params.min_valid_share)
        if problem:
            return problem
        old = self._views.get(source)
        if old is not None and scan.stamp_s <= old.scan.stamp_s:
            return (
                f"the scan stamped {scan.stamp_s:.3f} s is not newer than the one before, {old.scan.stamp_s:.3f} s: "
                f"check for two publishers of {source}"
            )
        if not history.covers(scan.stamp_s, scan.stamp_s + scan.duration_s):
            if scan.stamp_s < history.oldest_s < math.inf:
                return (
                    f"the scan of {scan.stamp_s:.3f} s is from before the odometry, which begins at {history.oldest_s:.3f} s: "
                    "if that goes on, check stamps and clocks of lidar and base driver"
                )
            return (
                f"the scan of {scan.stamp_s:.3f} s has no odometry around it (newest is of {history.newest_s:.3f} s): "
                "check stamps and clocks of lidar and base driver"
            )
        repeats = old is not None and np.array_equal(old.scan.ranges_m, scan.ranges_m, equal_nan=True)
        if old is not None and repeats and _has_moved_since(old, history):
            return (
                "the scan repeats the one before it to the last bit although the robot has moved: "
                "has the lidar's driver frozen? Restart it"
            )
        view = self._project(scan, np.asarray(pose_base_laser, dtype=np.float64), history)
        view.first_driven_m, view.first_turned_rad = history.driven_m, history.turned_rad
        if old is not None:
            if repeats:
                view.first_driven_m, view.first_turned_rad = old.first_driven_m, old.first_turned_rad
            earlier = self._earlier[source]
            earlier.append(old)
            view.motion = measure_motion(view, list(earlier), history, self._motion, self._reaction_s)
            self._remember(view, old, history)
        else:
            self._earlier[source] = deque(maxlen=EARLIER_VIEWS)
        self._views[source] = view
        return ""

    def collect_points(self, now_s: float) -> NearPoints:
        """All points near the robot, and where those in motion will be within `motion.horizon_s`."""
        real, coming, origins, unseen = [], [], [], []
        count = 0
        for view in self._views.values():
            real.append(view.points_odom)
            # For how long nobody has looked at somebody who may have taken a step since.
            unseen.append(np.where(view.motion.restless_until_s > now_s, max(now_s - view.stamp_s, 0.0), np.nan))
            moving = np.flatnonzero(view.motion.velocities_odom.any(axis=1))
            if len(moving):
                # From the time of the scan on: where it is now is somewhere along the line.
                horizons_s = view.motion.horizons_s[moving, None]
                ways = (np.minimum(max(now_s - view.stamp_s, 0.0), horizons_s) + horizons_s) * view.motion.velocities_odom[moving]
                steps = np.linspace(0.0, 1.0, COMING_STEPS + 1)[1:, None, None]
                coming.append((view.points_odom[moving] + steps * ways).reshape(-1, 2))
                origins.append(np.tile(count + moving, COMING_STEPS))
            count += len(view.points_odom)
            fresh = now_s - view.memory_seen_s <= self._params.memory_s
            if fresh.any():
                real.append(view.memory_odom[fresh])
                unseen.append(np.full(len(real[-1]), np.nan))
                count += len(real[-1])
        unseen.append(np.full(sum(map(len, coming)), np.nan))
        points = np.concatenate(real + coming) if real else np.empty((0, 2))
        return NearPoints(points, np.concatenate([np.full(count, -1), *origins]).astype(np.int64), np.concatenate(unseen))

    def make_grid(self, pose_odom_base: tuple[float, float, float], now_s: float) -> LocalGrid:
        """The picture of the map: cells with points are occupied, cells that a ray passed are free, the rest is unknown."""
        resolution = self._params.resolution_m
        count = int(round(self._params.size_m / resolution))
        corner = np.round((np.array(pose_odom_base[:2]) - 0.5 * self._params.size_m) / resolution) * resolution
        occupancy = np.full((count, count), UNKNOWN, dtype=np.int8)
        for view in self._views.values():
            lidar, ends = view.find_rays_odom(self._reach_m)
            for share in np.arange(0.0, 1.0, 0.5 * resolution / self._reach_m):
                self._mark(occupancy, lidar + share * (ends - lidar), corner, FREE)
        near = self.collect_points(now_s)
        self._mark(occupancy, near.points_odom[near.origins < 0], corner, OCCUPIED)
        stamp_s = max((view.stamp_s for view in self._views.values()), default=now_s)
        return LocalGrid(stamp_s, corner, resolution, occupancy, np.empty((0, 0), dtype=np.float32))

    def _mark(self, occupancy: np.ndarray, points_odom: FloatArray, corner: FloatArray, value: int) -> None:
        cells = np.floor((points_odom - corner) / self._params.resolution_m).astype(np.int64)
        cells = cells[((cells >= 0) & (cells < len(occupancy))).all(axis=1)]
        occupancy[cells[:, 1], cells[:, 0]] = value

    def _project(self, scan: Scan, pose_base_laser: FloatArray, history: OdometryHistory) -> View:
        """Place every ray where the lidar was when it was measured."""
        raw = np.asarray(scan.ranges_m, dtype=np.float64)
        measuring = find_measuring_rays(scan)
        ranges = smooth_ranges(raw, measuring, self._params)
        rays = np.flatnonzero(measuring & (raw <= self._reach_m + self._outline.radius_m))
        bearings = scan.angle_min_rad + scan.angle_increment_rad * rays + pose_base_laser[2]
        x_base = pose_base_laser[0] + ranges[rays] * np.cos(bearings)
        y_base = pose_base_laser[1] + ranges[rays] * np.sin(bearings)
        clearances = self._outline.measure_clearances(x_base, y_base)
        outside = clearances >= -self._params.self_hit_depth_m
        keep = np.flatnonzero(outside)
        if len(keep) > self._params.max_points:
            keep = np.sort(keep[np.argpartition(clearances[keep], self._params.max_points)[: self._params.max_points]])
        poses = history.interpolate_poses(scan.stamp_s + scan.time_increment_s * rays[keep])
        cos, sin = np.cos(poses[:, 2]), np.sin(poses[:, 2])
        x_base, y_base = x_base[keep], y_base[keep]
        points = np.stack([poses[:, 0] + cos * x_base - sin * y_base, poses[:, 1] + sin * x_base + cos * y_base], axis=1)
        self_hits = int(len(rays) - np.count_nonzero(outside))
        middle = history.interpolate_poses(np.array([scan.stamp_s + 0.5 * scan.duration_s]))[0]
        return View(scan, pose_base_laser, middle, points, np.where(measuring, raw, np.nan), self_hits, make_rest(len(points), self._motion))

    def _remember(self, view: View, old: View, history: OdometryHistory) -> None:
        """Keep of the older points what the new scan does not see, and cannot rule out."""
        points = np.concatenate([old.points_odom, old.memory_odom])
        seen_s = np.concatenate([np.full(len(old.points_odom), old.stamp_s), old.memory_seen_s])
        recent = view.stamp_s - seen_s <= self._params.memory_s
        points, seen_s = points[recent], seen_s[recent]
        if not len(points):
            return
        hidden = view.cannot_see(points, history, self._params.clearing_tolerance_m)
        centre = np.array(history.pose_odom_base[:2])
        hidden &= ((points - centre) ** 2).sum(axis=1) <= (self._reach_m + self._outline.radius_m) ** 2
        kept = np.flatnonzero(hidden)
        if len(kept) > self._params.max_points:
            kept = kept[np.argsort(-seen_s[kept], kind="stable")[: self._params.max_points]]
        view.memory_odom, view.memory_seen_s = points[kept], seen_s[kept]


def _has_moved_since(view: View, history: OdometryHistory) -> bool:
    way_m, turn_rad = history.driven_m - view.first_driven_m, history.turned_rad - view.first_turned_rad
    return abs(way_m) > REPEAT_WAY_M or abs(turn_rad) > REPEAT_TURN_RAD
