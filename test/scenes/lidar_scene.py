"""A small lidar for tests: rays against segments and discs, people with legs that walk, and a robot that drives.

Nothing here comes from the stack but the nouns, so that a test of tracking does not test the simulator as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from astro_nav.mapping.scan_points import ScanPoints

PoseAtTime = Callable[[float], NDArray[np.float64]]  # s -> (3,) [m, m, rad]


def make_box(x_m: float, y_m: float, width_m: float, depth_m: float, yaw_rad: float = 0.0) -> NDArray[np.float64]:
    """Outline (4, 4) of a box as segments [x0, y0, x1, y1]."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * [0.5 * width_m, 0.5 * depth_m]
    cos, sin = np.cos(yaw_rad), np.sin(yaw_rad)
    corners = corners @ np.array([[cos, sin], [-sin, cos]]) + [x_m, y_m]
    return np.hstack([corners, np.roll(corners, -1, axis=0)])


def make_legs(x_m: float, y_m: float, width_m: float, depth_m: float, radius_m: float) -> NDArray[np.float64]:
    """Four legs (4, 3) [x, y, radius] of a table or a chair."""
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return np.hstack([[x_m, y_m] + 0.5 * signs * [width_m, depth_m], np.full((4, 1), radius_m)])


@dataclass(frozen=True)
class Walker:
    """A person who walks along a path of points.

    Attributes:
        times_s: (T,) increasing; the person is there from the first to the last.
        positions: (T, 2) [m] of the middle at those times.
        leg_radius_m: at the lidar's height.
        step_m: length of a step at 1.2 m/s.
        phase_rad: where in the gait the person begins.
        legs: False for a body of one disc of `body_radius_m`.
    """

    times_s: NDArray[np.float64]
    positions: NDArray[np.float64]
    leg_radius_m: float = 0.06
    step_m: float = 0.6
    phase_rad: float = 0.0
    legs: bool = True
    body_radius_m: float = 0.2

    def is_present(self, time_s: float) -> bool:
        return bool(self.times_s[0] <= time_s <= self.times_s[-1])

    def locate(self, time_s) -> NDArray[np.float64]:
        """Middle (..., 2) at times (...)."""
        return np.stack([np.interp(time_s, self.times_s, self.positions[:, axis]) for axis in range(2)], axis=-1)

    def measure_velocity(self, time_s, span_s: float = 0.1) -> NDArray[np.float64]:
        """Velocity (..., 2) of the middle at times (...)."""
        time_s = np.asarray(time_s, dtype=np.float64)
        return (self.locate(time_s + 0.5 * span_s) - self.locate(time_s - 0.5 * span_s)) / span_s

    def locate_discs(self, times_s: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], float]]:
        """What the lidar can see: centres (N, 2) at times (N,) and the radius, for each disc."""
        middle = self.locate(times_s)
        if not self.legs:
            return [(middle, self.body_radius_m)]
        # Distance walked sets the phase of the gait: feet rest while the person rests.
        grid = np.arange(self.times_s[0], self.times_s[-1] + 0.05, 0.05)
        steps = np.linalg.norm(np.diff(self.locate(grid), axis=0), axis=1)
        walked = np.interp(times_s, grid, np.concatenate([[0.0], np.cumsum(steps)]))
        velocity = self.measure_velocity(times_s, 0.4)
        speed = np.linalg.norm(velocity, axis=1, keepdims=True)
        forward = np.where(speed > 0.05, velocity / np.maximum(speed, 1e-9), [1.0, 0.0])
        side = np.stack([-forward[:, 1], forward[:, 0]], axis=1)
        swing = (0.4 * self.step_m * np.minimum(speed / 0.8, 1.0)) * np.sin(np.pi * walked / self.step_m + self.phase_rad)[:, None]
        return [
            (middle + 0.1 * side + swing * forward, self.leg_radius_m),
            (middle - 0.1 * side - swing * forward, self.leg_radius_m),
        ]


def walk_along(points: Sequence[Sequence[float]], speed_mps: float, start_s: float = 0.0, **options) -> Walker:
    """A walker along a polyline at a steady speed."""
    points = np.asarray(points, dtype=np.float64)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    times = start_s + np.concatenate([[0.0], np.cumsum(lengths)]) / speed_mps
    return Walker(times, points, **options)


@dataclass
class LidarScene:
    """A world, a lidar in it, and its noise.

    Attributes:
        segments: (S, 4) walls [x0, y0, x1, y1].
        discs: (C, 3) standing discs [x, y, radius].
        walkers: people.
        pose: true pose of the lidar at a time.
        believed_pose: its pose in the odom frame, by default the truth.
        rays: rays per revolution, counter-clockwise from -pi.
        duration_s: of a revolution.
        max_range_m: no echo from beyond.
        range_noise_m: one standard deviation.
        drop_share: share of the rays that are lost.
        seed: of the noise.
        owners: (N,) of the newest scan: number of the walker that each ray hit, -1 for none.
    """

    segments: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 4)))
    discs: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    walkers: Sequence[Walker] = ()
    pose: PoseAtTime = lambda time_s: np.zeros(3)
    believed_pose: PoseAtTime | None = None
    rays: int = 360
    duration_s: float = 0.1
    max_range_m: float = 12.0
    range_noise_m: float = 0.01
    drop_share: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.owners = np.full(self.rays, -1)

    def scan(self, start_s: float) -> ScanPoints:
        """One revolution that starts at `start_s`, in the odom frame."""
        times = start_s + self.duration_s * np.arange(self.rays) / self.rays
        first, last = self.pose(times[0]), self.pose(times[-1])
        share = np.linspace(0.0, 1.0, self.rays)[:, None]
        poses = first + share * (last - first)
        bearings = -np.pi + 2.0 * np.pi * np.arange(self.rays) / self.rays
        ranges = self._cast(poses, bearings, times)
        hit = np.isfinite(ranges) & (ranges < self.max_range_m)
        ranges = np.where(hit, ranges + self._random.normal(0.0, self.range_noise_m, self.rays), self.max_range_m)
        lost = self._random.random(self.rays) < self.drop_share
        hit, ranges = hit & ~lost & (ranges > 0.05), np.where(lost, 0.0, ranges)
        believe = self.believed_pose or self.pose
        first, last = believe(times[0]), believe(times[-1])
        believed = first + share * (last - first)
        angles = believed[:, 2] + bearings
        points = believed[:, :2] + ranges[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        self.owners[~hit] = -1
        stamp_s = start_s + 0.5 * self.duration_s
        return ScanPoints(stamp_s, np.ascontiguousarray(believed[:, :2]), points, ranges, hit)

    def _cast(self, poses, bearings, times) -> NDArray[np.float64]:
        origins = poses[:, :2]
        angles = poses[:, 2] + bearings
        directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        ranges = np.full(len(angles), np.inf)
        if len(self.segments):
            ranges = np.minimum(ranges, cast_segments(origins, directions, self.segments))
        for x, y, radius in self.discs:
            ranges = np.minimum(ranges, cast_disc(origins, directions, np.array([x, y]), radius))
        self.owners = np.full(len(ranges), -1)
        for number, walker in enumerate(self.walkers):
            if walker.is_present(times[0]):
                for centres, radius in walker.locate_discs(times):
                    distances = cast_disc(origins, directions, centres, radius)
                    self.owners[distances < ranges] = number
                    ranges = np.minimum(ranges, distances)
        return ranges


def cast_segments(origins, directions, segments) -> NDArray[np.float64]:
    """Distance (N,) from origins (N, 2) along unit directions (N, 2) to the nearest of segments (S, 4), inf for none."""
    start, edge = segments[None, :, :2], (segments[:, 2:] - segments[:, :2])[None]
    offset = start - origins[:, None, :]
    cross = directions[:, None, 0] * edge[..., 1] - directions[:, None, 1] * edge[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (offset[..., 0] * edge[..., 1] - offset[..., 1] * edge[..., 0]) / cross
        share = (offset[..., 0] * directions[:, None, 1] - offset[..., 1] * directions[:, None, 0]) / cross
    good = (np.abs(cross) > 1e-12) & (distance > 0.0) & (share >= 0.0) & (share <= 1.0)
    return np.where(good, distance, np.inf).min(axis=1)


def cast_disc(origins, directions, centres, radius) -> NDArray[np.float64]:
    """Distance (N,) to a disc with centres (2,) or (N, 2), inf where it is missed or the ray starts in it."""
    offset = centres - origins
    along = np.sum(offset * directions, axis=1)
    square = radius**2 - (np.sum(offset**2, axis=1) - along**2)
    near = along - np.sqrt(np.maximum(square, 0.0))
    return np.where((square > 0.0) & (near > 0.0), near, np.inf)
