"""How the lidar itself moved from scan to scan, read from the rays alone."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.types import FloatArray


class RayMotion:
    """Turn rate and speed of the lidar, and the angle between its rays.

    Attributes:
        position_odom: (2,) mean origin of the newest scan's rays [m].
        ray_step_rad: angle between neighbouring rays, a full circle when there are no two neighbours.
        turn_rate_radps: largest recent turn rate, fading over `memory_s`.
        speed_mps: largest recent speed, fading likewise.
        turned_rad, travelled_m: recent turning and way in sum, fading likewise.
    """

    def __init__(self, memory_s: float) -> None:
        self.memory_s = memory_s
        self.clear()

    def clear(self) -> None:
        """Forget the previous scan."""
        self.position_odom: FloatArray | None = None
        self.ray_step_rad = 2.0 * np.pi
        self.turn_rate_radps = self.speed_mps = 0.0
        self.turned_rad = self.travelled_m = 0.0
        self._angles = np.zeros(0)

    def add_scan(self, points: ScanPoints, step_s: float) -> None:
        """Take in a scan that comes `step_s` after the one before; scans without a single ray change nothing."""
        rays = points.points_odom - points.origins_odom
        valid = (points.ranges_m > 0.0) & np.isfinite(rays).all(axis=1)
        if not valid.any():
            return
        angles = np.where(valid, np.arctan2(rays[:, 1], rays[:, 0]), np.nan)
        steps = np.abs(wrap_angle(np.diff(angles)))
        steps = steps[np.isfinite(steps)]
        if len(steps):
            self.ray_step_rad = max(float(np.median(steps)), 1e-4)
        position = points.origins_odom[valid].mean(axis=0)
        fading = np.exp(-step_s / self.memory_s)
        turn_rate = speed = 0.0
        if self.position_odom is not None and step_s > 0.0:
            speed = float(np.hypot(*(position - self.position_odom))) / step_s
            if len(angles) == len(self._angles):
                turned = wrap_angle(angles - self._angles)
                turned = turned[np.isfinite(turned)]
                turn_rate = abs(float(np.median(turned))) / step_s if len(turned) else 0.0
        self.turn_rate_radps = max(fading * self.turn_rate_radps, turn_rate)
        self.speed_mps = max(fading * self.speed_mps, speed)
        self.turned_rad = fading * self.turned_rad + turn_rate * step_s
        self.travelled_m = fading * self.travelled_m + speed * step_s
        self.position_odom, self._angles = position, angles
