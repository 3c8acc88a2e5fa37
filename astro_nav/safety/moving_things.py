"""Things that move by themselves near the robot: a person who steps in, a hand.

No tracking and no identities, only what two or three scans prove: a point where rays passed freely a moment ago has moved
in, and it cannot have come from nearer than the nearest thing seen then. That gives a velocity from the second scan on.
What came out of nowhere is assumed to come on.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from astro_nav.params.safety_controller import MotionParams
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.types import FloatArray

if TYPE_CHECKING:
    from astro_nav.safety.near_map import View


def measure_motion(
    points_odom: FloatArray, stamp_s: float, earlier: list[View], history: OdometryHistory, params: MotionParams
) -> FloatArray:
    """Find which points of a new scan have moved in, and how fast.

    Args:
        points_odom: (N, 2) hits in the order of the rays [m].
        stamp_s: when they were measured.
        earlier: views of the same lidar, the newest last. The newest one catches what is fast, the oldest one what is slow.

    Returns:
        (N, 2) velocities in odom, zero for what stands still [m/s].
    """
    velocities = np.zeros_like(points_odom)
    if not earlier or not len(points_odom):
        return velocities
    oldest, newest = earlier[0], earlier[-1]
    moved_in = newest.sees_through(points_odom, history, params.min_step_m)
    if oldest is not newest:
        moved_in |= oldest.sees_through(points_odom, history, params.min_step_m)
    for thing in _split_into_things(points_odom, np.flatnonzero(moved_in), params):
        velocities[thing] = _estimate_velocity(points_odom[thing], stamp_s, oldest, newest, history, params)
    return velocities


def _estimate_velocity(
    points: FloatArray, stamp_s: float, oldest: View, newest: View, history: OdometryHistory, params: MotionParams
) -> FloatArray:
    """Velocity (2,) of one thing, from the way to the nearest point that was there before.

    Over the longer span it is more exact, but what appeared and then stood still seems to move for as long as the span.
    So the shorter span, give or take the lidar's noise, bounds it.
    """
    recent = _measure_velocity(points, newest, stamp_s - newest.stamp_s, params)
    if recent is None:
        yaw = history.pose_odom_base[2]
        oncoming = -math.copysign(params.assumed_speed_mps, history.twist[0])
        return np.array([oncoming * math.cos(yaw), oncoming * math.sin(yaw)])
    longer = _measure_velocity(points, oldest, stamp_s - oldest.stamp_s, params)
    velocity = recent if longer is None else longer
    bound = min(float(np.hypot(*recent)) + params.speed_noise_mps, params.max_speed_mps)
    return velocity * min(1.0, bound / max(float(np.hypot(*velocity)), 1e-9))


def _measure_velocity(points: FloatArray, view: View, elapsed_s: float, params: MotionParams) -> FloatArray | None:
    """Mean way from the nearest earlier points over the time since then; None when nothing was near enough to have come from."""
    distances, offsets = _find_nearest(points, view.points_odom)
    near = distances <= params.max_speed_mps * elapsed_s
    return offsets[near].mean(axis=0) / elapsed_s if near.any() else None


def _find_nearest(points: FloatArray, others: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance (N,) of each point from the nearest of the others, and the offset (N, 2) from there to the point."""
    if not len(others):
        return np.full(len(points), np.inf), np.zeros_like(points)
    offset_x = points[:, None, 0] - others[None, :, 0]
    offset_y = points[:, None, 1] - others[None, :, 1]
    squares = offset_x * offset_x + offset_y * offset_y
    nearest = np.argmin(squares, axis=1)
    rows = np.arange(len(points))
    offsets = np.stack([offset_x[rows, nearest], offset_y[rows, nearest]], axis=1)
    return np.sqrt(squares[rows, nearest]), offsets


def _split_into_things(points: FloatArray, indices: np.ndarray, params: MotionParams) -> list[np.ndarray]:
    """Group neighbouring points; lone ones are noise."""
    if len(indices) < params.min_points:
        return []
    steps = np.diff(points[indices], axis=0)
    breaks = np.flatnonzero(np.hypot(steps[:, 0], steps[:, 1]) > params.gap_m) + 1
    return [group for group in np.split(indices, breaks) if len(group) >= params.min_points]
