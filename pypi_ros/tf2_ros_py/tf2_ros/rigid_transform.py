"""Translation and unit quaternion, as plain tuples: on four numbers, NumPy would take ten times as long."""

from __future__ import annotations

import math
from typing import NamedTuple

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

# Below this angle between two rotations [rad], the weights of slerp lose digits and the straight line is as exact.
_STRAIGHT_ANGLE_RAD = 1e-6


class RigidTransform(NamedTuple):
    """Takes points of a child frame to its parent: p_parent = rotation * p_child + translation.

    Attributes:
        translation: (x, y, z) [m].
        rotation: unit quaternion (x, y, z, w).
    """

    translation: Vector
    rotation: Quaternion

    def compose(self, inner: RigidTransform) -> RigidTransform:
        """Returns the transform that applies `inner` first, then this one."""
        return RigidTransform(add(rotate(self.rotation, inner.translation), self.translation), multiply(self.rotation, inner.rotation))

    def invert(self) -> RigidTransform:
        """Returns the transform from the parent to the child."""
        x, y, z, w = self.rotation
        backwards = (-x, -y, -z, w)
        tx, ty, tz = rotate(backwards, self.translation)
        return RigidTransform((-tx, -ty, -tz), backwards)

    def interpolate(self, later: RigidTransform, ratio: float) -> RigidTransform:
        """Returns the transform at `ratio` (0 to 1) of the way to `later`: straight line and shortest turn."""
        (x0, y0, z0), (x1, y1, z1) = self.translation, later.translation
        translation = (x0 + ratio * (x1 - x0), y0 + ratio * (y1 - y0), z0 + ratio * (z1 - z0))
        return RigidTransform(translation, slerp(self.rotation, later.rotation, ratio))


IDENTITY = RigidTransform((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def add(a: Vector, b: Vector) -> Vector:
    """Returns a + b."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def multiply(a: Quaternion, b: Quaternion) -> Quaternion:
    """Returns the rotation that applies b first, then a."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def rotate(q: Quaternion, v: Vector) -> Vector:
    """Returns v turned by q: v + 2 w (u x v) + 2 u x (u x v), with u the vector part of q."""
    x, y, z, w = q
    vx, vy, vz = v
    cx, cy, cz = 2.0 * (y * vz - z * vy), 2.0 * (z * vx - x * vz), 2.0 * (x * vy - y * vx)
    return vx + w * cx + y * cz - z * cy, vy + w * cy + z * cx - x * cz, vz + w * cz + x * cy - y * cx


def slerp(a: Quaternion, b: Quaternion, ratio: float) -> Quaternion:
    """Returns the rotation at `ratio` of the shortest turn from a to b.

    Source: K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985.
    """
    cosine = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
    sign = 1.0
    if cosine < 0.0:  # q and -q are the same rotation; the nearer of the two makes the shorter turn
        cosine, sign = -cosine, -1.0
    angle = math.acos(min(cosine, 1.0))
    if angle < _STRAIGHT_ANGLE_RAD:
        weight_a, weight_b = 1.0 - ratio, sign * ratio
    else:
        weight_a, weight_b = math.sin((1.0 - ratio) * angle) / math.sin(angle), sign * math.sin(ratio * angle) / math.sin(angle)
    x, y, z, w = (weight_a * p + weight_b * q for p, q in zip(a, b, strict=True))
    norm = math.sqrt(x * x + y * y + z * z + w * w)
    return x / norm, y / norm, z / norm, w / norm
