"""The planar lidar: rays cast one after the other while the robot moves, and what a real device makes of them."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.params.simulator import LidarParams
from astro_nav.simulation.solids import SolidIndex
from astro_nav.types import FloatArray, Scan


class Lidar:
    """One lidar on the robot.

    Args:
        params: of the lidar.
        pose_base_laser: (3,).
        steps_per_turn: how many steps of the physics one revolution takes.
        step_s: of the physics.
        generator: for noise, lost readings and jitter.
    """

    def __init__(
        self,
        params: LidarParams,
        pose_base_laser: FloatArray,
        steps_per_turn: int,
        step_s: float,
        generator: np.random.Generator,
    ) -> None:
        self._params, self._pose_base_laser, self._generator = params, pose_base_laser, generator
        self._turn_s = steps_per_turn * step_s
        # A full turn does not look twice into the direction in which it begins.
        field_rad = math.radians(params.field_of_view_deg)
        is_full = params.field_of_view_deg >= 360.0
        self._first_rad = -0.5 * field_rad
        self._increment_rad = field_rad / (params.rays if is_full else params.rays - 1)
        self._bearings = self._first_rad + self._increment_rad * np.arange(params.rays)
        # When each ray looks, in steps of the physics since the head looked backwards.
        self._steps = steps_per_turn * (self._bearings + math.pi) / (2.0 * math.pi)
        self._before = self._steps.astype(np.intp)
        self._part = self._steps - self._before

    def measure(
        self,
        index: SolidIndex,
        stamp_s: float,
        poses_map_base: FloatArray,
        moving_rectangles: FloatArray,
        moving_discs: FloatArray,
    ) -> tuple[Scan, float] | None:
        """Make one revolution that ends now.

        Args:
            index: the solids in the lidar's height.
            stamp_s: when the revolution began, with the head looking backwards.
            poses_map_base: (S, 3) poses of the robot at the steps of the physics during the turn; yaw unwrapped.
            moving_rectangles: (S, M, 6), moving_discs: (S, L, 3) at the same times.

        Returns:
            The scan and the time from the last ray to its arrival [s]; None for a lost revolution.
        """
        origins, directions = self._find_rays(poses_map_base)
        ranges = index.cast_rays(
            origins, directions, self._params.range_max_m, self._steps, moving_rectangles, moving_discs
        )
        return self._degrade(ranges, stamp_s)

    def _find_rays(self, poses_map_base: FloatArray) -> tuple[FloatArray, FloatArray]:
        start, end = poses_map_base[self._before], poses_map_base[self._before + 1]
        pose = start + self._part[:, None] * (end - start)
        x, y, yaw = self._pose_base_laser
        cos, sin = np.cos(pose[:, 2]), np.sin(pose[:, 2])
        origins = np.empty((len(pose), 2))
        origins[:, 0] = pose[:, 0] + cos * x - sin * y
        origins[:, 1] = pose[:, 1] + sin * x + cos * y
        angle = pose[:, 2] + (yaw + self._bearings)
        directions = np.empty((len(pose), 2))
        np.cos(angle, out=directions[:, 0])
        np.sin(angle, out=directions[:, 1])
        return origins, directions

    def _degrade(self, ranges_m: FloatArray, stamp_s: float) -> tuple[Scan, float] | None:
        params, generator = self._params, self._generator
        # Every scan draws the same amount, so that one setting does not shift the noise of all that follows.
        noise = generator.standard_normal(len(ranges_m))
        chance = generator.random(len(ranges_m))
        loss, jitter = generator.random(2)
        if loss < params.scan_loss_probability:
            return None
        seen = np.isfinite(ranges_m)
        readings = np.where(seen, ranges_m, 0.0)
        readings += noise * (params.noise_stddev_m + params.noise_stddev_relative * readings)
        readings[readings < params.range_min_m] = np.nan
        readings[readings > params.range_max_m] = np.inf
        readings[~seen] = np.inf
        readings[chance < params.dropout_probability] = np.nan
        scan = Scan(
            stamp_s=stamp_s + self._turn_s * (self._first_rad + math.pi) / (2.0 * math.pi),
            frame_id=params.frame,
            angle_min_rad=self._first_rad,
            angle_increment_rad=self._increment_rad,
            time_increment_s=self._turn_s * self._increment_rad / (2.0 * math.pi),
            range_min_m=params.range_min_m,
            range_max_m=params.range_max_m,
            ranges_m=readings.astype(np.float32),
        )
        return scan, params.latency_s + params.latency_jitter_s * float(jitter)
