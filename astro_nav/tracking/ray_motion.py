"""How the lidar itself moved from scan to scan, read from the rays alone."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.types import FloatArray


class RayMotion:
    """Turn rate and speed of the lidar, and the angle between its rays.

    Attributes:
        position_odom: (2,) mean origin of the newest scan's rays [m], None before the first.
        heading_rad: of the lidar, from an arbitrary zero.
        turn_rad, travel_m: turn and way since the scan before.
        ray_step_rad: angle between neighbouring rays, a full circle when there are no two neighbours.
        turn_rate_radps, speed_mps: largest recent ones, fading over `memory_s`.
        turned_rad, travelled_m: recent turning and way in sum, fading likewise.

    The last four hold only the share that `note_slip` was told may be false.

    Args:
        memory_s: time constant of forgetting.
    """

    def __init__(self, memory_s: float) -> None:
        self.memory_s = memory_s
        self.clear()

    def clear(self) -> None:
        """Forget the previous scan."""
        self.position_odom: FloatArray | None = None
        self.heading_rad = 0.0
        self.ray_step_rad = 2.0 * np.pi
        self.turn_rate_radps = self.speed_mps = 0.0
        self.turned_rad = self.travelled_m = 0.0
        self._angles = np.zeros(0)
        self.turn_rad = self.travel_m = self._step_s = 0.0

    def add_scan(self, points: ScanPoints, step_s: float) -> None:
        """Take in a scan that comes `step_s` after the one before; scans without a single ray change nothing."""
        rays = points.points_odom - points.origins_odom
        valid = (points.ranges_m > 0.0) & np.isfinite(rays).all(axis=1)
        self.turn_rad = self.travel_m = 0.0
        self._step_s = step_s
        if not valid.any():
            return
        angles = np.where(valid, np.arctan2(rays[:, 1], rays[:, 0]), np.nan)
        steps = np.abs(wrap_angle(np.diff(angles)))
        steps = steps[np.isfinite(steps)]
        if len(steps):
            self.ray_step_rad = max(float(np.median(steps)), 1e-4)
        position = points.origins_odom[valid].mean(axis=0)
        if self.position_odom is not None:
            self.travel_m = float(np.hypot(*(position - self.position_odom)))
            turned = wrap_angle(angles - self._angles) if len(angles) == len(self._angles) else np.zeros(0)
            turned = turned[np.isfinite(turned)]
            self.turn_rad = float(np.median(turned)) if len(turned) else 0.0
        self.heading_rad += self.turn_rad
        self.position_odom, self._angles = position, angles

    def note_slip(self, share: float) -> None:
        """Say which share of the newest scan's motion may be slip of the wheels."""
        fading = np.exp(-self._step_s / self.memory_s)
        turn_rad, travel_m = share * abs(self.turn_rad), share * self.travel_m
        rate_hz = 1.0 / self._step_s if self._step_s > 0.0 else 0.0
        self.turn_rate_radps = max(fading * self.turn_rate_radps, turn_rad * rate_hz)
        self.speed_mps = max(fading * self.speed_mps, travel_m * rate_hz)
        self.turned_rad = fading * self.turned_rad + turn_rad
        self.travelled_m = fading * self.travelled_m + travel_m
