"""The group SE(2) of planar poses.

A pose `pose_a_b` is an array `(..., 3)` of [x m, y m, yaw rad]: frame b expressed in frame a. Neighbouring frames
match when poses are composed: `pose_a_c = compose(pose_a_b, pose_b_c)`. All functions broadcast.

Source: J. Sola, J. Deray, D. Atchuthan, "A micro Lie theory for state estimation in robotics", 2018, appendix A.
"""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray


def compose(pose_a_b, pose_b_c) -> FloatArray:
    """Chain two poses: `pose_a_c = pose_a_b * pose_b_c`, yaw wrapped."""
    pose_a_b, pose_b_c = np.asarray(pose_a_b, dtype=np.float64), np.asarray(pose_b_c, dtype=np.float64)
    if pose_a_b.ndim == pose_b_c.ndim == 1:  # single poses are composed hundreds of times a second: a fifth of the time
        (x, y, yaw), (along, aside, turn) = pose_a_b.tolist(), pose_b_c.tolist()
        cos, sin = np.cos(yaw), np.sin(yaw)
        return np.array([x + cos * along - sin * aside, y + sin * along + cos * aside, wrap_angle(yaw + turn)])
    xy_a_c = transform_points(pose_a_b, pose_b_c[..., :2])
    yaw_a_c = wrap_angle(pose_a_b[..., 2] + pose_b_c[..., 2])
    return np.concatenate([xy_a_c, yaw_a_c[..., np.newaxis]], axis=-1)


def invert(pose_a_b) -> FloatArray:
    """Return `pose_b_a`."""
    pose_a_b = np.asarray(pose_a_b, dtype=np.float64)
    if pose_a_b.ndim == 1:
        x, y, yaw = pose_a_b.tolist()
        cos, sin = np.cos(yaw), np.sin(yaw)
        return np.array([-(cos * x + sin * y), sin * x - cos * y, wrap_angle(-yaw)])
    cos, sin = np.cos(pose_a_b[..., 2]), np.sin(pose_a_b[..., 2])
    x, y = pose_a_b[..., 0], pose_a_b[..., 1]
    return np.stack([-(cos * x + sin * y), sin * x - cos * y, wrap_angle(-pose_a_b[..., 2])], axis=-1)


def relative(pose_a_b, pose_a_c) -> FloatArray:
    """Return `pose_b_c`: frame c as seen from frame b."""
    return compose(invert(pose_a_b), pose_a_c)


def transform_points(pose_a_b, points_b) -> FloatArray:
    """Express points of frame b in frame a.

    Args:
        pose_a_b: (..., 3).
        points_b: (..., 2) [m], broadcast against the pose's leading axes.
    """
    pose_a_b, points_b = np.asarray(pose_a_b, dtype=np.float64), np.asarray(points_b, dtype=np.float64)
    cos, sin = np.cos(pose_a_b[..., 2]), np.sin(pose_a_b[..., 2])
    x = pose_a_b[..., 0] + cos * points_b[..., 0] - sin * points_b[..., 1]
    y = pose_a_b[..., 1] + sin * points_b[..., 0] + cos * points_b[..., 1]
    return np.stack([x, y], axis=-1)


def interpolate(pose_a_b, pose_a_c, fraction) -> FloatArray:
    """Interpolate position linearly and yaw along the shorter arc; fraction 0 gives b, 1 gives c."""
    pose_a_b, pose_a_c = np.asarray(pose_a_b, dtype=np.float64), np.asarray(pose_a_c, dtype=np.float64)
    fraction = np.asarray(fraction, dtype=np.float64)[..., np.newaxis]
    difference = pose_a_c - pose_a_b
    difference[..., 2] = wrap_angle(difference[..., 2])
    pose = pose_a_b + fraction * difference
    pose[..., 2] = wrap_angle(pose[..., 2])
    return pose


def integrate_twist(pose_a_b, twist, duration_s) -> FloatArray:
    """Move along the circular arc of a constant body twist (the exponential map of SE(2)).

    Args:
        pose_a_b: (..., 3).
        twist: (..., 2) [m/s, rad/s].
        duration_s: scalar or array [s].
    """
    twist = np.asarray(twist, dtype=np.float64)
    angle = twist[..., 1] * duration_s
    length = twist[..., 0] * duration_s
    # sin(a)/a and (1 - cos(a))/a without cancellation: np.sinc(x) = sin(pi x)/(pi x).
    sinc_half = np.sinc(0.5 * angle / np.pi)
    half = 0.5 * angle
    step = np.stack(
        np.broadcast_arrays(length * sinc_half * np.cos(half), length * sinc_half * np.sin(half), angle), axis=-1
    )
    return compose(pose_a_b, step)
