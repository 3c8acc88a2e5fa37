"""The part of ROS 2's `tf_transformations` that Astro Nav uses, on `transforms3d` as the original, for the PyPI environment.

Quaternions are (x, y, z, w), matrices 4x4 homogeneous, `axes` one of the 24 Euler conventions ("sxyz": roll, pitch, yaw about fixed axes).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from transforms3d import axangles, euler, quaternions

_EPSILON = 4.0 * np.finfo(float).eps
Quaternion = tuple[float, float, float, float]


def quaternion_from_euler(ai: float, aj: float, ak: float, axes: str = "sxyz") -> Quaternion:
    """Returns the quaternion of three Euler angles [rad]."""
    return _to_xyzw(euler.euler2quat(ai, aj, ak, axes=axes))


def euler_from_quaternion(quaternion: Sequence[float], axes: str = "sxyz") -> tuple[float, float, float]:
    """Returns three Euler angles [rad] of a quaternion, which need not have length 1."""
    return euler.mat2euler(quaternions.quat2mat(_to_wxyz(quaternion)), axes=axes)


def euler_matrix(ai: float, aj: float, ak: float, axes: str = "sxyz") -> np.ndarray:
    """Returns the rotation matrix of three Euler angles [rad]."""
    return _to_homogeneous(euler.euler2mat(ai, aj, ak, axes=axes))


def euler_from_matrix(matrix: np.ndarray, axes: str = "sxyz") -> tuple[float, float, float]:
    """Returns three Euler angles [rad] of a rotation matrix."""
    return euler.mat2euler(np.asarray(matrix)[:3, :3], axes=axes)


def quaternion_matrix(quaternion: Sequence[float]) -> np.ndarray:
    """Returns the rotation matrix of a quaternion, which need not have length 1."""
    return _to_homogeneous(quaternions.quat2mat(_to_wxyz(quaternion)))


def quaternion_from_matrix(matrix: np.ndarray) -> Quaternion:
    """Returns the quaternion of a rotation matrix."""
    return _to_xyzw(quaternions.mat2quat(np.asarray(matrix)[:3, :3]))


def quaternion_about_axis(angle: float, axis: Sequence[float]) -> Quaternion:
    """Returns the quaternion of a turn by an angle [rad] about an axis of any length."""
    return _to_xyzw(quaternions.axangle2quat(axis, angle))


def quaternion_multiply(quaternion1: Sequence[float], quaternion0: Sequence[float]) -> Quaternion:
    """Returns the rotation that applies `quaternion0` first, then `quaternion1`."""
    return _to_xyzw(quaternions.qmult(_to_wxyz(quaternion1), _to_wxyz(quaternion0)))


def quaternion_conjugate(quaternion: Sequence[float]) -> np.ndarray:
    """Returns the quaternion with its vector part negated: the rotation back."""
    x, y, z, w = quaternion
    return np.array((-x, -y, -z, w), dtype=np.float64)


def quaternion_inverse(quaternion: Sequence[float]) -> np.ndarray:
    """Returns the inverse: the conjugate, divided by the squared length."""
    return quaternion_conjugate(quaternion) / np.dot(quaternion, quaternion)


def quaternion_slerp(quat0: Sequence[float], quat1: Sequence[float], fraction: float, spin: int = 0, shortestpath: bool = True) -> np.ndarray:
    """Returns the rotation at a fraction (0 to 1) of the turn from one quaternion to another.

    Args:
        quat0: Where the turn begins.
        quat1: Where it ends.
        fraction: How much of it.
        spin: Half turns added to the angle between the two.
        shortestpath: Turn the shorter way round.
    """
    start, end = unit_vector(quat0), unit_vector(quat1)
    if fraction == 0.0:
        return start
    if fraction == 1.0:
        return end
    cosine = float(np.dot(start, end))
    if abs(abs(cosine) - 1.0) < _EPSILON:
        return start
    if shortestpath and cosine < 0.0:
        cosine, end = -cosine, -end
    angle = math.acos(cosine) + spin * math.pi
    return (math.sin((1.0 - fraction) * angle) * start + math.sin(fraction * angle) * end) / math.sin(angle)


def rotation_matrix(angle: float, direction: Sequence[float], point: Sequence[float] | None = None) -> np.ndarray:
    """Returns the matrix of a turn by an angle [rad] about an axis through a point (the origin if not given)."""
    return axangles.axangle2aff(direction, angle, point=point)


def translation_matrix(direction: Sequence[float]) -> np.ndarray:
    """Returns the matrix of a shift by a vector of 3."""
    matrix = np.identity(4)
    matrix[:3, 3] = direction[:3]
    return matrix


def translation_from_matrix(matrix: np.ndarray) -> np.ndarray:
    """Returns the shift of a matrix, a vector of 3."""
    return np.array(np.asarray(matrix)[:3, 3], dtype=np.float64)


def identity_matrix() -> np.ndarray:
    """Returns the 4x4 identity."""
    return np.identity(4)


def inverse_matrix(matrix: np.ndarray) -> np.ndarray:
    """Returns the inverse of a square matrix."""
    return np.linalg.inv(matrix)


def concatenate_matrices(*matrices: np.ndarray) -> np.ndarray:
    """Returns the product of matrices, leftmost applied last."""
    product = np.identity(4)
    for matrix in matrices:
        product = product @ matrix
    return product


def unit_vector(data: Sequence[float]) -> np.ndarray:
    """Returns a vector scaled to length 1."""
    vector = np.array(data, dtype=np.float64)
    return vector / math.sqrt(float(np.dot(vector, vector)))


def _to_wxyz(quaternion: Sequence[float]) -> Quaternion:
    x, y, z, w = quaternion
    return w, x, y, z


def _to_xyzw(quaternion: Sequence[float]) -> Quaternion:
    w, x, y, z = quaternion
    return x, y, z, w


def _to_homogeneous(rotation: np.ndarray) -> np.ndarray:
    matrix = np.identity(4)
    matrix[:3, :3] = rotation
    return matrix
