"""Where the robot was at a given time: a short history of odometry."""

from __future__ import annotations

import bisect

import numpy as np

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, Odometry


class PoseHistory:
    """Odometry of the last seconds, interpolated, and extrapolated for a stated short time.

    Args:
        keep_s: how far back it remembers.
        max_extrapolation_s: how far beyond the newest odometry a pose may be asked for.
    """

    def __init__(self, keep_s: float, max_extrapolation_s: float) -> None:
        self.keep_s = keep_s
        self.max_extrapolation_s = max_extrapolation_s
        self._stamps: list[float] = []
        self._entries: list[Odometry] = []

    @property
    def newest(self) -> Odometry | None:
        """The newest odometry, None before the first."""
        return self._entries[-1] if self._entries else None

    def add(self, odometry: Odometry) -> str:
        """Remember one odometry; return "" or why it was not used."""
        if not (np.isfinite(odometry.pose_odom_base).all() and np.isfinite(odometry.twist).all()):
            return "odometry has a value that is not finite: check the base driver"
        if self._stamps and odometry.stamp_s <= self._stamps[-1]:
            if odometry.stamp_s < self._stamps[-1] - self.keep_s:
                self.clear()
            else:
                return f"odometry is {self._stamps[-1] - odometry.stamp_s:.3f} s older than the one before: out of order"
        self._stamps.append(odometry.stamp_s)
        self._entries.append(odometry)
        while self._stamps[-1] - self._stamps[0] > self.keep_s and len(self._stamps) > 2:
            del self._stamps[0], self._entries[0]
        return ""

    def clear(self) -> None:
        """Forget everything, e.g. when the clock was set back."""
        self._stamps.clear()
        self._entries.clear()

    def look_up(self, stamp_s: float) -> FloatArray | None:
        """Pose `pose_odom_base` (3,) at a time, or None when the history does not reach that far."""
        if not self._stamps or stamp_s < self._stamps[0] - 1e-6:
            return None
        if stamp_s >= self._stamps[-1]:
            ahead_s = stamp_s - self._stamps[-1]
            if ahead_s > self.max_extrapolation_s:
                return None
            newest = self._entries[-1]
            return se2.integrate_twist(newest.pose_odom_base, newest.twist, ahead_s)
        right = bisect.bisect_right(self._stamps, stamp_s)
        if right == 0:
            return self._entries[0].pose_odom_base
        before, after = self._entries[right - 1], self._entries[right]
        fraction = (stamp_s - before.stamp_s) / (after.stamp_s - before.stamp_s)
        return se2.interpolate(before.pose_odom_base, after.pose_odom_base, fraction)
