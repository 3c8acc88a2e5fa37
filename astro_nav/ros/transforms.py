"""Plane poses from tf: a light layer over tf2_ros that answers with arrays, or with the sentence why there is none."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.time import Time
from tf2_msgs.msg import TFMessage
from tf2_ros import Buffer, TransformException, TransformListener

from astro_nav.errors import FrameError
from astro_nav.ros.conversion import MessageError, seconds_from_time, yaw_from_quaternion
from astro_nav.types import FloatArray

# A mount is asked for again after this time: whoever publishes it may have been restarted with other numbers.
MOUNT_LIFETIME_S = 1.0
# Transforms are sent at some rate; what was measured since the last one may be this much newer.
MAX_LEAD_S = 0.2


@dataclass(frozen=True)
class Lookup:
    """The answer to a question for a pose.

    Attributes:
        pose: (3,) pose of the source frame in the target frame, None when there is none.
        reason: "" or one sentence why there is none.
        stamp_s: time at which the pose holds, 0 for a static one.
        upside_down: whether the source's z axis points down, as that of a lidar mounted on its head does.
    """

    pose: FloatArray | None
    reason: str = ""
    stamp_s: float = 0.0
    upside_down: bool = False


class Transforms:
    """Listens to tf and answers.

    Args:
        node: whose executor receives the transforms.
        static_only: listen to `/tf_static` alone. A process that needs nothing but where its sensors are mounted then
            does not wake for every transform of the robot.
    """

    def __init__(self, node: Node, static_only: bool = False) -> None:
        self._buffer = Buffer()
        self._mounts: dict[tuple[str, str], tuple[float, Lookup]] = {}
        if static_only:
            qos = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
            self._subscription = node.create_subscription(TFMessage, "/tf_static", self._take_static, qos)
        else:
            self._listener = TransformListener(self._buffer, node)
        # A simulation that starts anew: transforms from the future would be taken for the newest for ever.
        backwards = JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True)
        self._jump_callback = node.get_clock().create_jump_callback(backwards, post_callback=self._forget)

    def lookup_pose(self, target_frame: str, source_frame: str, time_s: float | None = None) -> Lookup:
        """Return the pose of `source_frame` in `target_frame`: `lookup_pose("map", "odom").pose` is pose_map_odom.

        Args:
            target_frame: the frame in which the pose is expressed.
            source_frame: the frame whose pose is asked for.
            time_s: when; None for the newest time at which it is known.
        """
        moment = Time() if time_s is None else Time(nanoseconds=round(time_s * 1e9))
        try:
            found = self._buffer.lookup_transform(target_frame, source_frame, moment)
        except TransformException as error:
            when = "" if time_s is None else f" at {time_s:.3f} s"
            return Lookup(None, f"no transform {target_frame} <- {source_frame}{when}: {error}")
        return _lookup_from_transform(found)

    def transform_points(
        self, target_frame: str, source_frame: str, time_s: float | None, points: FloatArray, vectors: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Express points (N, 3) and free vectors (N, 3) of any frame, also one that is tilted, in another one.

        Data may be a little newer than the newest transform; that one is then used.

        Raises:
            FrameError: when there is no transform.
        """
        try:
            found = self._lookup_near(target_frame, source_frame, time_s).transform
        except TransformException as error:
            raise FrameError(f"no transform {target_frame} <- {source_frame}: {error}") from error
        rotation = _make_matrix(found.rotation)
        shift = np.array([found.translation.x, found.translation.y, found.translation.z])
        return points @ rotation.T + shift, vectors @ rotation.T

    def lookup_mount(self, base_frame: str, sensor_frame: str) -> Lookup:
        """Return where a sensor is mounted; remembered for a second, because it does not move."""
        key, now_s = (base_frame, sensor_frame), time.monotonic()
        known = self._mounts.get(key)
        if known is None or known[1].pose is None or now_s - known[0] > MOUNT_LIFETIME_S:
            known = (now_s, self.lookup_pose(base_frame, sensor_frame))
            self._mounts[key] = known
        return known[1]

    def _lookup_near(self, target_frame: str, source_frame: str, time_s: float | None) -> TransformStamped:
        newest = self._buffer.lookup_transform(target_frame, source_frame, Time())
        if time_s is None or 0.0 <= time_s - seconds_from_time(newest.header.stamp) <= MAX_LEAD_S:
            return newest
        return self._buffer.lookup_transform(target_frame, source_frame, Time(nanoseconds=round(time_s * 1e9)))

    def _forget(self, jump: object) -> None:
        self._buffer.clear()
        self._mounts.clear()

    def _take_static(self, message: TFMessage) -> None:
        for transform in message.transforms:
            self._buffer.set_transform_static(transform, "tf_static")


def _make_matrix(rotation: Quaternion) -> FloatArray:
    """Rotation matrix (3, 3) of a unit quaternion."""
    x, y, z, w = rotation.x, rotation.y, rotation.z, rotation.w
    return np.array(
        [
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
            [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
            [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
        ]
    )


def _lookup_from_transform(found: TransformStamped) -> Lookup:
    translation, rotation = found.transform.translation, found.transform.rotation
    try:
        upside_down = rotation.x * rotation.x + rotation.y * rotation.y > rotation.w * rotation.w + rotation.z * rotation.z
        pose = np.array([translation.x, translation.y, yaw_from_quaternion(rotation)])
    except MessageError as error:
        return Lookup(None, f"transform {found.header.frame_id} <- {found.child_frame_id}: {error}")
    if not math.isfinite(pose[0] + pose[1]):
        return Lookup(None, f"transform {found.header.frame_id} <- {found.child_frame_id} is not finite: check its publisher")
    return Lookup(pose, "", seconds_from_time(found.header.stamp), upside_down)
