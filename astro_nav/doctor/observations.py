"""What is seen of a system: messages as numbers, with the time at which each arrived; who speaks and who listens.

Messages are taken by their fields alone, so that those of rclpy and those read from a recording are treated alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from astro_nav.types import FloatArray

# Enough for a minute of the fastest topic; an examination does not get slower with the length of a recording.
MAX_SAMPLES = 6000
MAX_SCANS = 300


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscription.

    Attributes:
        node: full name of its node.
        type_name: `package/msg/Name`.
        reliable: whether it promises, or asks for, delivery.
        latched: whether it keeps, or asks for, what was said before (transient local).
    """

    node: str
    type_name: str
    reliable: bool = True
    latched: bool = False


@dataclass
class TopicLog:
    """Messages of one topic: `stamps_s` as written in them (NaN without a header), `received_s` when they arrived."""

    received_s: list[float] = field(default_factory=list)
    stamps_s: list[float] = field(default_factory=list)
    frames: set[str] = field(default_factory=set)

    @property
    def count(self) -> int:
        return len(self.received_s)

    def compute_rate_hz(self) -> float:
        """Messages per second, NaN with fewer than two."""
        span_s = self.received_s[-1] - self.received_s[0] if self.count > 1 else 0.0
        return (self.count - 1) / span_s if span_s > 0.0 else math.nan

    def compute_ages_s(self) -> FloatArray:
        """Age of every stamped message when it arrived (N,) [s]."""
        ages = np.subtract(self.received_s, self.stamps_s)
        return ages[np.isfinite(ages)]


@dataclass(frozen=True)
class ScanSample:
    """One scan: ranges (N,) [m] at angles (N,) [rad] in its frame."""

    topic: str
    frame: str
    ranges_m: FloatArray
    angles_rad: FloatArray
    range_min_m: float
    range_max_m: float


@dataclass(frozen=True)
class OdometrySample:
    """One message of odometry."""

    stamp_s: float
    pose: FloatArray
    speed_mps: float
    turn_rate_radps: float
    child_frame: str


@dataclass(frozen=True)
class CommandSample:
    """One command on cmd_vel."""

    received_s: float
    speed_mps: float


@dataclass
class TransformLog:
    """One transform: all that was said of it."""

    is_static: bool = False
    received_s: list[float] = field(default_factory=list)
    stamps_s: list[float] = field(default_factory=list)
    pose: FloatArray = field(default_factory=lambda: np.eye(4))


@dataclass
class Observations:
    """All that was seen.

    Attributes:
        source: of what, for the report.
        is_live: a running system (who speaks and listens is known) or a recording.
        namespace: before every relative topic name, without a slash at its end.
        topics: full name -> its messages.
        types: full name -> types under which it is spoken of.
        publishers, subscriptions: full name -> endpoints.
        nodes: full names.
        transforms: (parent, child) -> what was said.
        scans, odometry, commands: samples in order of arrival.
        robot_description: URDF, empty when none was seen.
        joints: names in the joint states.
        complaints: of nodes about themselves, from diagnostics: name -> sentence; empty sentence: all is well.
    """

    source: str
    is_live: bool
    namespace: str = ""
    topics: dict[str, TopicLog] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    publishers: dict[str, list[Endpoint]] = field(default_factory=dict)
    subscriptions: dict[str, list[Endpoint]] = field(default_factory=dict)
    nodes: set[str] = field(default_factory=set)
    transforms: dict[tuple[str, str], TransformLog] = field(default_factory=dict)
    scans: list[ScanSample] = field(default_factory=list)
    odometry: list[OdometrySample] = field(default_factory=list)
    commands: list[CommandSample] = field(default_factory=list)
    robot_description: str = ""
    joints: set[str] = field(default_factory=set)
    complaints: dict[str, str] = field(default_factory=dict)

    def resolve(self, topic: str) -> str:
        """The full name of a topic."""
        return topic if topic.startswith("/") else f"{self.namespace}/{topic}"

    def find_topic(self, topic: str) -> TopicLog:
        """Messages of a topic, an empty log when there were none."""
        return self.topics.get(self.resolve(topic), TopicLog())

    def take(self, topic: str, type_name: str, message: Any, received_s: float) -> None:
        """Take a message.

        Args:
            topic: full name.
            type_name: `package/msg/Name`.
            message: with the fields of that type.
            received_s: when it arrived, on the clock of the stamps.
        """
        log = self.topics.setdefault(topic, TopicLog())
        if log.count >= MAX_SAMPLES:
            return
        self.types.setdefault(topic, set()).add(type_name)
        header = getattr(message, "header", None)
        log.received_s.append(received_s)
        log.stamps_s.append(math.nan if header is None else _seconds(header.stamp))
        if header is not None:
            log.frames.add(header.frame_id)
        take = _TAKERS.get(type_name)
        if take is not None:
            take(self, topic, message, received_s)


def _seconds(stamp: Any) -> float:
    return stamp.sec + 1e-9 * stamp.nanosec


def _take_scan(seen: Observations, topic: str, message: Any, _received_s: float) -> None:
    if len(seen.scans) < MAX_SCANS:
        ranges = np.array(message.ranges, dtype=np.float64)
        angles = message.angle_min + message.angle_increment * np.arange(len(ranges))
        seen.scans.append(ScanSample(topic, message.header.frame_id, ranges, angles, message.range_min, message.range_max))


def _take_odometry(seen: Observations, topic: str, message: Any, _received_s: float) -> None:
    if topic != seen.resolve("odom"):
        return
    pose, twist = message.pose.pose, message.twist.twist
    yaw = compute_yaw(pose.orientation)
    seen.odometry.append(
        OdometrySample(
            _seconds(message.header.stamp),
            np.array([pose.position.x, pose.position.y, yaw]),
            twist.linear.x,
            twist.angular.z,
            message.child_frame_id,
        )
    )


def _take_command(seen: Observations, topic: str, message: Any, received_s: float) -> None:
    if topic == seen.resolve("cmd_vel"):
        seen.commands.append(CommandSample(received_s, getattr(message, "twist", message).linear.x))


def _take_transforms(seen: Observations, topic: str, message: Any, received_s: float) -> None:
    for transform in message.transforms:
        key = (transform.header.frame_id.lstrip("/"), transform.child_frame_id.lstrip("/"))
        log = seen.transforms.setdefault(key, TransformLog())
        log.is_static = log.is_static or topic.endswith("tf_static")
        log.pose = _pose_matrix(transform.transform)
        if len(log.received_s) < MAX_SAMPLES:
            log.received_s.append(received_s)
            log.stamps_s.append(_seconds(transform.header.stamp))


def _take_description(seen: Observations, topic: str, message: Any, _received_s: float) -> None:
    if topic.endswith("robot_description"):
        seen.robot_description = message.data


def _take_joints(seen: Observations, _topic: str, message: Any, _received_s: float) -> None:
    seen.joints.update(message.name)


def _take_diagnostics(seen: Observations, _topic: str, message: Any, _received_s: float) -> None:
    for status in message.status:
        level = status.level[0] if isinstance(status.level, bytes) else int(status.level)
        seen.complaints[status.name] = status.message if level > 0 else ""


_TAKERS = {
    "sensor_msgs/msg/LaserScan": _take_scan,
    "nav_msgs/msg/Odometry": _take_odometry,
    "geometry_msgs/msg/Twist": _take_command,
    "geometry_msgs/msg/TwistStamped": _take_command,
    "tf2_msgs/msg/TFMessage": _take_transforms,
    "std_msgs/msg/String": _take_description,
    "sensor_msgs/msg/JointState": _take_joints,
    "diagnostic_msgs/msg/DiagnosticArray": _take_diagnostics,
}


def compute_yaw(q: Any) -> float:
    """Heading of a quaternion with the fields x, y, z, w [rad]."""
    return math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z))


def _pose_matrix(transform: Any) -> FloatArray:
    q, t = transform.rotation, transform.translation
    x, y, z, w = q.x, q.y, q.z, q.w
    pose = np.eye(4)
    pose[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    pose[:3, 3] = [t.x, t.y, t.z]
    return pose
