"""Which scans can be used, and what a scan measures."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.params.safety_controller import SafetyMapParams
from astro_nav.types import FloatArray, Scan

# No lidar of a home robot has more rays, or turns slower; beyond this the message is damaged.
MAX_RAYS = 20000
MAX_DURATION_S = 1.0
MIN_INCREMENT_RAD = 1e-4
MAX_ANGLE_RAD = 4.0 * math.pi
# No lidar is mounted further from the drive axle than this.
MAX_MOUNT_M = 20.0


def find_scan_problem(scan: Scan, pose_base_laser: FloatArray, min_valid_share: float) -> str:
    """Return why a scan cannot be used, in one sentence, or ""."""
    count = len(scan.ranges_m) if np.ndim(scan.ranges_m) == 1 else 0
    if count == 0:
        return "the scan has no rays: check the lidar"
    if count > MAX_RAYS:
        return f"the scan has {count} rays (limit {MAX_RAYS}): the message is damaged"
    numbers = (
        scan.stamp_s, scan.angle_min_rad, scan.angle_increment_rad, scan.time_increment_s, scan.range_min_m, scan.range_max_m
    )  # fmt: skip
    if not all(math.isfinite(number) for number in numbers):
        return f"the scan's header holds NaN or infinity {numbers}: check the lidar driver"
    if abs(scan.angle_increment_rad) < MIN_INCREMENT_RAD or abs(scan.angle_increment_rad) * count > 2.0 * math.pi + 0.1:
        return (
            f"the scan has {count} rays {scan.angle_increment_rad:g} rad apart, more than one turn or none: "
            "check angle_increment of the lidar driver"
        )
    if abs(scan.angle_min_rad) > MAX_ANGLE_RAD:
        return (
            f"the scan starts at {scan.angle_min_rad:g} rad (limit {MAX_ANGLE_RAD:.2f} rad): check angle_min of the lidar driver"
        )
    if not 0.0 <= scan.range_min_m < scan.range_max_m:
        return (
            f"the scan's range_min {scan.range_min_m:g} m and range_max {scan.range_max_m:g} m do not fit: check the lidar driver"
        )
    if not 0.0 <= scan.duration_s <= MAX_DURATION_S:
        return f"one scan lasts {scan.duration_s:.3g} s (limit {MAX_DURATION_S:g} s): check time_increment of the lidar driver"
    if np.shape(pose_base_laser) != (3,) or not np.abs(pose_base_laser).max() <= MAX_MOUNT_M:
        return f"the lidar's pose {pose_base_laser} on the robot is not usable: check the transform to {scan.frame_id!r}"
    measuring = int(np.count_nonzero(find_measuring_rays(scan)))
    if measuring < max(1.0, min_valid_share * count):
        return (
            f"only {measuring} of the scan's {count} rays measure anything (limit {100.0 * min_valid_share:g} %): "
            "the lidar is covered, blinded or broken"
        )
    return ""


def find_measuring_rays(scan: Scan) -> np.ndarray:
    """(N,) bool: rays that hit something within the lidar's limits. NaN, infinity and anything outside are no measurement."""
    with np.errstate(invalid="ignore"):
        return (scan.ranges_m >= max(scan.range_min_m, 1e-3)) & (scan.ranges_m <= scan.range_max_m) & np.isfinite(scan.ranges_m)


def smooth_ranges(ranges_m: FloatArray, measuring: np.ndarray, params: SafetyMapParams) -> FloatArray:
    """Median of three neighbouring rays that see one surface.

    Beside a wall the nearest of a hundred noisy points is some 2.5 standard deviations too near, which would cost speed in
    every narrow place. Rays whose neighbours differ by more than three standard deviations, such as those on thin legs,
    are left as they are.

    Args:
        ranges_m: (N,) [m].
        measuring: (N,) bool.
    """
    if params.scan_noise_m == 0.0 or len(ranges_m) < 3:
        return ranges_m
    before, middle, after = ranges_m[:-2], ranges_m[1:-1], ranges_m[2:]
    spread_limit = 3.0 * params.scan_noise_m
    with np.errstate(invalid="ignore"):
        median = np.maximum(np.minimum(before, middle), np.minimum(np.maximum(before, middle), after))
        one_surface = (np.abs(before - middle) <= spread_limit) & (np.abs(after - middle) <= spread_limit)
    smooth = ranges_m.copy()
    smooth[1:-1] = np.where(one_surface & measuring[:-2] & measuring[2:], median, middle)
    return smooth
