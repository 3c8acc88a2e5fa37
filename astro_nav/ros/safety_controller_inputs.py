"""What the safety controller's node listens to: every topic into the pure object, and why a message could not be used."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from astro_nav_msgs.msg import Trajectory as TrajectoryMessage
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry as OdometryMessage
from sensor_msgs.msg import LaserScan, Range
from std_msgs.msg import Bool, Float32

from astro_nav.errors import AstroNavError
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.ros.conversion import (
    MessageError,
    check_frame,
    odometry_from_message,
    scan_from_message,
    trajectory_from_message,
    turn_scan_over,
    twist_from_message,
)
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA, StackNode
from astro_nav.ros.transforms import Transforms
from astro_nav.safety.controller import SafetyController

# A mount that is still unknown after this time may be on /tf instead of /tf_static.
MOUNT_PATIENCE_S = 3.0


class SafetyInputs:
    """Subscriptions of the safety controller; answers trajectories with how long they took.

    Args:
        node: that listens.
        controller: that is told.
        on_scan: called after a scan was taken, with the time of `time.perf_counter` at its arrival and its age then.
    """

    def __init__(
        self, node: StackNode[SafetyControllerParams], controller: SafetyController, on_scan: Callable[[float, float], None]
    ) -> None:
        self._node, self._controller, self._on_scan = node, controller, on_scan
        self._transforms = Transforms(node, static_only=True)
        self._listens_to_all_transforms = False
        self._started_s = time.monotonic()
        self._delay_publisher = node.create_publisher(Float32, "trajectory_delay", RELIABLE)
        self._subscribe()

    def _subscribe(self) -> None:
        params = self._node.params
        for topic in params.scan_topics:
            self._listen(LaserScan, topic, SENSOR_DATA, lambda message, topic=topic: self._take_scan(message, topic))
        self._listen(OdometryMessage, "odom", SENSOR_DATA, self._take_odometry)
        self._listen(TrajectoryMessage, "trajectory", SENSOR_DATA, self._take_trajectory)
        self._listen(Twist, "cmd_vel_teleop", SENSOR_DATA, self._take_teleop)
        # Latched or not: a stop that is missed for its quality of service is worse than one that is heard twice.
        for qos in (LATEST, RELIABLE):
            self._listen(Float32, "speed_limit", qos, self._take_speed_limit)
            self._listen(Bool, "emergency_stop", qos, lambda message: self._controller.set_emergency_stop(message.data))
        for topic in filter(None, params.contact_sensors.cliff_topics):
            self._listen(Range, topic, SENSOR_DATA, lambda message, topic=topic: self._take_range(message, topic))
        for topic in filter(None, params.contact_sensors.bumper_topics):
            self._listen(Bool, topic, SENSOR_DATA, lambda message, topic=topic: self._take_bumper(message, topic))

    def _listen(self, message_type: type, topic: str, qos: Any, take: Callable[[Any], None]) -> None:
        """Subscribe; the controller learns, too, why a message could not be used."""

        def take_or_refuse(message: Any) -> None:
            try:
                take(message)
            except AstroNavError as error:
                self._controller.refuse(topic, self._node.now_s, str(error))
                raise

        self._node.subscribe(message_type, topic, take_or_refuse, qos)

    def _take_scan(self, message: LaserScan, topic: str) -> None:
        received_s = time.perf_counter()
        scan = scan_from_message(message)
        mount = self._transforms.lookup_mount(self._node.params.frames.base, scan.frame_id)
        if mount.pose is None:
            self._look_for_mount_elsewhere()
            raise MessageError(mount.reason)
        if mount.upside_down:
            scan = turn_scan_over(scan)
        _raise_if(self._controller.add_scan(scan, mount.pose, self._node.now_s, topic))
        self._on_scan(received_s, self._node.now_s - scan.stamp_s - scan.duration_s)

    def _take_odometry(self, message: OdometryMessage) -> None:
        check_frame(message.header.frame_id, self._node.params.frames.odom, "odom")
        if any(map(math.isnan, message.pose.covariance)) or any(map(math.isnan, message.twist.covariance)):
            raise MessageError("odometry has NaN in its covariance, so it does not trust itself: check the base driver")
        _raise_if(self._controller.add_odometry(odometry_from_message(message), self._node.now_s))

    def _take_trajectory(self, message: TrajectoryMessage) -> None:
        check_frame(message.header.frame_id, self._node.params.frames.odom, "trajectory")
        trajectory = trajectory_from_message(message)
        _raise_if(self._controller.set_trajectory(trajectory, self._node.now_s))
        self._delay_publisher.publish(Float32(data=self._node.now_s - trajectory.stamp_s))

    def _take_teleop(self, message: Twist) -> None:
        _raise_if(self._controller.set_teleop(twist_from_message(message), self._node.now_s))

    def _take_speed_limit(self, message: Float32) -> None:
        _raise_if(self._controller.set_speed_limit(float(message.data)))

    def _take_range(self, message: Range, topic: str) -> None:
        self._controller.add_range(float(message.range), self._node.now_s, topic)

    def _take_bumper(self, message: Bool, topic: str) -> None:
        self._controller.add_bumper(message.data, self._node.now_s, topic)

    def _look_for_mount_elsewhere(self) -> None:
        if not self._listens_to_all_transforms and time.monotonic() - self._started_s > MOUNT_PATIENCE_S:
            self._listens_to_all_transforms = True
            self._transforms = Transforms(self._node)


def _raise_if(problem: str) -> None:
    if problem:
        raise MessageError(problem)
