"""Scans and tracks from one frame to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from astro_nav.geometry import se2
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.types import FloatArray


def silence_broken_rays(points: ScanPoints) -> ScanPoints:
    """The scan with every ray that has a number that is not finite turned into one that says nothing."""
    sound = np.isfinite(points.points_odom).all(axis=1) & np.isfinite(points.origins_odom).all(axis=1)
    sound &= np.isfinite(points.ranges_m)
    if sound.all():
        return points
    return replace(
        points,
        origins_odom=np.where(sound[:, np.newaxis], points.origins_odom, 0.0),
        points_odom=np.where(sound[:, np.newaxis], points.points_odom, 0.0),
        ranges_m=np.where(sound, points.ranges_m, 0.0),
        hit=points.hit & sound,
    )


def make_rotation(angle_rad: float) -> FloatArray:
    """Rotation matrix (2, 2)."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin], [sin, cos]])


def transform_scan(pose_still_odom: FloatArray, points: ScanPoints) -> ScanPoints:
    """The scan as seen in another frame, of which `pose_still_odom` (3,) is the pose of odom."""
    return replace(
        points,
        points_odom=se2.transform_points(pose_still_odom, points.points_odom),
        origins_odom=se2.transform_points(pose_still_odom, points.origins_odom),
    )


def transform_state(pose_a_b: FloatArray, state: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """State (4,) [m, m, m/s, m/s] and covariance (4, 4) of frame b in frame a."""
    turn = np.kron(np.eye(2), make_rotation(pose_a_b[2]))  # of position and velocity alike
    moved, spread = turn @ state, turn @ covariance @ turn.T
    moved[:2] += pose_a_b[:2]
    return moved, 0.5 * (spread + spread.T)
