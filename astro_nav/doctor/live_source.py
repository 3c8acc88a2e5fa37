"""What a running system tells: listens for a while, and asks who is there. May import rclpy."""

from __future__ import annotations

import time
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import OccupancyGrid, Odometry
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState, LaserScan
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

from astro_nav.doctor.observations import Endpoint, Observations

NODE_NAME = "astro_nav_doctor"
DEEP = 200
BEST_EFFORT = QoSProfile(depth=DEEP, reliability=ReliabilityPolicy.BEST_EFFORT)
LATCHED = QoSProfile(depth=DEEP, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def watch_system(namespace: str, scan_topics: list[str], duration_s: float, use_sim_time: bool | None = None) -> Observations:
    """Listen to a running system.

    Best-effort subscriptions hear every publisher; whether those who need a message hear it, too, is told by the endpoints.

    Args:
        namespace: of the robot, "" or "/robot1".
        scan_topics: that the stack takes.
        duration_s: how long to listen.
        use_sim_time: compare stamps with /clock; None: when somebody publishes it.
    """
    context = Context()
    rclpy.init(context=context)
    try:
        node = Node(NODE_NAME, context=context, namespace=namespace or "/", start_parameter_services=False, enable_rosout=False)
        try:
            return _Watch(node, namespace, use_sim_time).watch(scan_topics, duration_s)
        finally:
            node.destroy_node()
    finally:
        rclpy.shutdown(context=context)


class _Watch:
    def __init__(self, node: Node, namespace: str, use_sim_time: bool | None) -> None:
        self._node, self._use_sim_time = node, use_sim_time
        self.seen = Observations(source="the running system", is_live=True, namespace=namespace)
        self._executor = rclpy.executors.SingleThreadedExecutor(context=node.context)
        self._executor.add_node(node)

    def watch(self, scan_topics: list[str], duration_s: float) -> Observations:
        # Discovery, and with it the question whether time is simulated, comes first.
        self._spin(min(1.0, 0.3 * duration_s))
        simulated = bool(self._node.get_publishers_info_by_topic("/clock")) if self._use_sim_time is None else self._use_sim_time
        if simulated:
            self._node.set_parameters([Parameter("use_sim_time", value=True)])
            self.seen.source += ", on simulated time"
        for topic in scan_topics:
            self._listen(LaserScan, topic, BEST_EFFORT)
        for message_type, topic, quality in (
            (Odometry, "odom", BEST_EFFORT), (TFMessage, "/tf", BEST_EFFORT), (TFMessage, "/tf_static", LATCHED),
            (JointState, "joint_states", BEST_EFFORT), (String, "robot_description", LATCHED), (OccupancyGrid, "map", LATCHED),
            (DiagnosticArray, "/diagnostics", BEST_EFFORT), (Clock, "/clock", BEST_EFFORT),
        ):  # fmt: skip
            self._listen(message_type, topic, quality)
        # A topic can be taken under one type alone: the one under which it is published.
        if any("TwistStamped" in info.topic_type for info in self._node.get_publishers_info_by_topic(self.seen.resolve("cmd_vel"))):
            self._listen(TwistStamped, "cmd_vel", BEST_EFFORT)
        else:
            self._listen(Twist, "cmd_vel", BEST_EFFORT)
        self._spin(duration_s)
        self._ask_graph()
        return self.seen

    def _spin(self, duration_s: float) -> None:
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left_s)

    def _listen(self, message_type: Any, topic: str, quality: QoSProfile) -> None:
        name, type_name = self.seen.resolve(topic), f"{message_type.__module__.split('.')[0]}/msg/{message_type.__name__}"

        def take(message: Any) -> None:
            self.seen.take(name, type_name, message, 1e-9 * self._node.get_clock().now().nanoseconds)

        self._node.create_subscription(message_type, name, take, quality)

    def _ask_graph(self) -> None:
        own = self._node.get_fully_qualified_name()
        self.seen.nodes = {f"{space.rstrip('/')}/{name}" for name, space in self._node.get_node_names_and_namespaces()} - {own}
        for topic, types in self._node.get_topic_names_and_types():
            for ends, asked in (
                (self.seen.publishers, self._node.get_publishers_info_by_topic(topic)),
                (self.seen.subscriptions, self._node.get_subscriptions_info_by_topic(topic)),
            ):
                found = [end for end in map(_describe_endpoint, asked) if end.node != own]
                if found:
                    ends[topic] = found
            spoken = {end.type_name for ends in (self.seen.publishers, self.seen.subscriptions) for end in ends.get(topic, [])}
            self.seen.types[topic] = spoken or set(types)


def _describe_endpoint(info: Any) -> Endpoint:
    quality = info.qos_profile
    return Endpoint(
        node=f"{info.node_namespace.rstrip('/')}/{info.node_name}",
        type_name=info.topic_type,
        reliable=quality.reliability != ReliabilityPolicy.BEST_EFFORT,
        latched=quality.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )
