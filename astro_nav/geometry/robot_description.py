"""What a robot's URDF says about its shape: where its links are, and what is solid about it.

Source: the URDF specification, http://wiki.ros.org/urdf/XML (links, joints, origins as xyz and roll-pitch-yaw).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np

from astro_nav.errors import AstroNavError
from astro_nav.types import FloatArray

# A cylinder's or ball's outline is sampled with so many points.
CIRCLE_POINTS = 24


class RobotDescriptionError(AstroNavError):
    """A URDF that cannot be read."""


@dataclass(frozen=True)
class CollisionShape:
    """One solid part of a robot, all joints at zero.

    Attributes:
        link: that it belongs to.
        points_base: (N, 3) corners, or points on its surface, in the base frame [m].
        is_mesh: a mesh file, whose size the URDF does not tell; `points_base` then is its origin.
    """

    link: str
    points_base: FloatArray
    is_mesh: bool = False


@dataclass(frozen=True)
class RobotDescription:
    """Links and solid parts in the frame of a robot's base.

    Attributes:
        name: of the robot.
        poses_base: link -> (4, 4) pose in the base's frame, all joints at zero.
        collisions: solid parts.
        joints: joint -> its type, as "revolute".
    """

    name: str
    poses_base: dict[str, FloatArray]
    collisions: tuple[CollisionShape, ...]
    joints: dict[str, str]


def read_urdf(urdf: str, base_link: str = "base_link") -> RobotDescription:
    """Read a URDF.

    Args:
        urdf: its text, xacro already expanded.
        base_link: everything is given in the frame of this link.

    Raises:
        RobotDescriptionError: when it is no URDF, or has no such link.
    """
    try:
        root = ElementTree.fromstring(urdf)
    except ElementTree.ParseError as error:
        raise RobotDescriptionError(f"the robot's description is no XML: {error}") from error
    links = {link.get("name", ""): link for link in root.iter("link")}
    if base_link not in links:
        raise RobotDescriptionError(f"the robot's description has no link {base_link}; it has: {', '.join(sorted(links)) or 'none'}")
    joints = [joint for joint in root.findall("joint") if joint.find("parent") is not None and joint.find("child") is not None]
    poses = _place_links(joints, base_link)
    shapes = [
        _read_shape(name, poses[name], collision)
        for name, link in links.items()
        if name in poses
        for collision in link.findall("collision")
    ]
    types = {joint.get("name", ""): joint.get("type", "") for joint in joints}
    return RobotDescription(root.get("name", "robot"), poses, tuple(shape for shape in shapes if shape is not None), types)


def _place_links(joints: list[ElementTree.Element], base_link: str) -> dict[str, FloatArray]:
    """Poses of all links that hang together with the base, above and below it in the tree."""
    poses = {base_link: np.eye(4)}
    pending = list(joints)
    while pending:
        rest = []
        for joint in pending:
            parent, child = joint.find("parent").get("link", ""), joint.find("child").get("link", "")
            pose_parent_child = _read_origin(joint)
            if parent in poses:
                poses[child] = poses[parent] @ pose_parent_child
            elif child in poses:
                poses[parent] = poses[child] @ np.linalg.inv(pose_parent_child)
            else:
                rest.append(joint)
        if len(rest) == len(pending):
            return poses
        pending = rest
    return poses


def _read_origin(element: ElementTree.Element) -> FloatArray:
    origin = element.find("origin")
    pose = np.eye(4)
    if origin is None:
        return pose
    pose[:3, 3] = _read_numbers(origin.get("xyz", "0 0 0"), 3)
    roll, pitch, yaw = _read_numbers(origin.get("rpy", "0 0 0"), 3)
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    pose[:3, :3] = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return pose


def _read_shape(link: str, pose_base_link: FloatArray, collision: ElementTree.Element) -> CollisionShape | None:
    geometry = collision.find("geometry")
    shape = next(iter(geometry), None) if geometry is not None else None
    if shape is None:
        return None
    points = _sample_points(shape)
    pose = pose_base_link @ _read_origin(collision)
    return CollisionShape(link, points @ pose[:3, :3].T + pose[:3, 3], is_mesh=shape.tag == "mesh")


def _sample_points(shape: ElementTree.Element) -> FloatArray:
    """Points (N, 3) whose hull is the shape, in its own frame [m]."""
    if shape.tag == "box":
        half = 0.5 * np.array(_read_numbers(shape.get("size", "0 0 0"), 3))
        return half * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    angle = 2.0 * np.pi * np.arange(CIRCLE_POINTS) / CIRCLE_POINTS
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    if shape.tag == "cylinder":
        (radius,), (length,) = _read_numbers(shape.get("radius", "0"), 1), _read_numbers(shape.get("length", "0"), 1)
        return np.concatenate([np.column_stack([radius * circle, np.full(CIRCLE_POINTS, z)]) for z in (-0.5 * length, 0.5 * length)])
    if shape.tag == "sphere":
        (radius,) = _read_numbers(shape.get("radius", "0"), 1)
        rings = [np.roll(np.column_stack([radius * circle, np.zeros(CIRCLE_POINTS)]), shift, axis=1) for shift in range(3)]
        return np.concatenate(rings)
    return np.zeros((1, 3))


def _read_numbers(text: str, count: int) -> list[float]:
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError as error:
        raise RobotDescriptionError(f"the robot's description says {text!r} where {count} numbers must stand") from error
    if len(numbers) != count:
        raise RobotDescriptionError(f"the robot's description says {text!r} where {count} numbers must stand")
    return numbers
