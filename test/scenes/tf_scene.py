"""Transforms for the tests, and an independent way to compute with them: 4x4 matrices by SciPy."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import TransformStamped
from scipy.spatial.transform import Rotation, Slerp

NANOSECONDS_PER_S = 1_000_000_000


def make_transform(parent: str, child: str, time_s: float, translation=(0.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0, 1.0)) -> TransformStamped:
    """Returns a message; rotation is (x, y, z, w)."""
    message = TransformStamped()
    message.header.frame_id, message.child_frame_id = parent, child
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(round(time_s * NANOSECONDS_PER_S), NANOSECONDS_PER_S)
    to, turn = message.transform.translation, message.transform.rotation
    to.x, to.y, to.z = map(float, translation)
    turn.x, turn.y, turn.z, turn.w = map(float, rotation)
    return message


def make_matrix(translation, rotation) -> np.ndarray:
    """Returns the 4x4 matrix of a translation and a quaternion (x, y, z, w)."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(rotation).as_matrix()
    matrix[:3, 3] = translation
    return matrix


def matrix_from_message(message: TransformStamped) -> np.ndarray:
    """Returns the 4x4 matrix of a message."""
    t, q = message.transform.translation, message.transform.rotation
    return make_matrix((t.x, t.y, t.z), (q.x, q.y, q.z, q.w))


def interpolate_matrix(before, after, ratio: float) -> np.ndarray:
    """Returns the matrix at a ratio between two (translation, quaternion), turned the shorter way."""
    translation = (1.0 - ratio) * np.asarray(before[0]) + ratio * np.asarray(after[0])
    turn = Slerp([0.0, 1.0], Rotation.from_quat([before[1], after[1]]))([ratio])[0]
    return make_matrix(translation, turn.as_quat())
