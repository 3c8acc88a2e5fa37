"""Things that move by themselves near the robot: a person who steps in, a hand.

No tracking and no identities, only what two or three scans prove: a point where rays passed freely a moment ago has moved
in, and it cannot have come from nearer than the nearest thing seen then. That gives a velocity from the second scan on.
What came out of nowhere is assumed to come on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astro_nav.params.safety_controller import MotionParams
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.types import FloatArray

if TYPE_CHECKING:
    from astro_nav.safety.near_map import View


def measure_motion(points_odom: FloatArray, stamp_s: float, earlier: list[View], history: OdometryHistory, params: MotionParams) -> FloatArray:
    """Find which points of a new scan have moved in, and how fast.

    Args:
        points_odom: (N, 2) hits in the order of the rays [m].
        stamp_s: when they were measured.
        earlier: views of the same lidar, the newest last. The newest one catches what is fast; the oldest one what is slow.

    Returns:
        (N, 2) velocities in odom, zero for what stands still [m/s].
    """
    velocities = np.zeros_like(points_odom)
    if not earlier or not len(points_odom):
        return velocities
    newest_distances, newest_offsets = _find_nearest(points_odom, earlier[-1].points_odom)
    # Within the lidar's noise of where something was a scan ago: it stands, whatever it did before.
    stirring = newest_distances > 0.4 * params.min_step_m
    if not stirring.any():
        return velocities
    for view in {id(view): view for view in (earlier[0], earlier[-1])}.values():
        elapsed_s = stamp_s - view.stamp_s
        moved_in = stirring & view.sees_through(points_odom, history, params.min_step_m)
        for cluster in _split_into_things(points_odom, np.flatnonzero(moved_in), params):
            if view is earlier[-1]:
                distances, offsets = newest_distances[cluster], newest_offsets[cluster]
            else:
                distances, offsets = _find_nearest(points_odom[cluster], view.points_odom)
            velocities[cluster] = _estimate_velocity(points_odom[cluster], distances, offsets, elapsed_s, history, params)
    return velocities


def _estimate_velocity(
    cluster: FloatArray, distances: FloatArray, offsets: FloatArray, elapsed_s: float, history: OdometryHistory, params: MotionParams
) -> FloatArray:
    """Mean way from the nearest thing seen before; from nowhere near, the assumed speed towards the robot."""
    near = distances <= params.max_speed_mps * elapsed_s
    if near.any():
        velocity = offsets[near].mean(axis=0) / elapsed_s
        speed = float(np.hypot(*velocity))
        return velocity * min(1.0, params.max_speed_mps / max(speed, 1e-9))
    towards = np.array(history.pose_odom_base[:2]) - cluster.mean(axis=0)
    return params.assumed_speed_mps * towards / max(float(np.hypot(*towards)), 1e-9)


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
