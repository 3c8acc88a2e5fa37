"""Feeds a buffer from `/tf` and `/tf_static`."""

from __future__ import annotations

from threading import Thread

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

from tf2_ros.buffer import Buffer

DEFAULT_TF_TOPIC = "/tf"
DEFAULT_STATIC_TF_TOPIC = "/tf_static"
_AUTHORITY = "default_authority"


class TransformListener:
    """Subscribes to the transforms of a system.

    Args:
        buffer: Takes in what arrives.
        node: Whose subscriptions they are.
        spin_thread: Spin the node in a thread of its own; else the caller spins it.
        qos: Of `/tf`; depth 100 and volatile if not given.
        static_qos: Of `/tf_static`; depth 100 and transient local if not given.
        tf_topic: Where moving transforms come from.
        tf_static_topic: Where static transforms come from.
    """

    def __init__(self, buffer: Buffer, node: Node, *, spin_thread: bool = False, qos: QoSProfile | int | None = None,
                 static_qos: QoSProfile | int | None = None, tf_topic: str = DEFAULT_TF_TOPIC,
                 tf_static_topic: str = DEFAULT_STATIC_TF_TOPIC) -> None:
        if qos is None:
            qos = QoSProfile(depth=100, durability=DurabilityPolicy.VOLATILE, history=HistoryPolicy.KEEP_LAST)
        if static_qos is None:
            static_qos = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL, history=HistoryPolicy.KEEP_LAST)
        self.buffer = buffer
        self.node = node
        # Reentrant: a callback of the node's own group that waits for a transform must not keep it from arriving.
        self.group = ReentrantCallbackGroup()
        self.tf_sub = node.create_subscription(TFMessage, tf_topic, self.callback, qos, callback_group=self.group)
        self.tf_static_sub = node.create_subscription(TFMessage, tf_static_topic, self.static_callback, static_qos, callback_group=self.group)
        if spin_thread:
            self.executor = SingleThreadedExecutor(context=node.context)
            self.executor.add_node(node)
            # A daemon: a process that ends without `unregister` must not hang on it.
            self.dedicated_listener_thread = Thread(target=self.executor.spin, name="tf2_listener", daemon=True)
            self.dedicated_listener_thread.start()

    def unregister(self) -> None:
        """Ends the subscriptions, and the thread if there is one."""
        if hasattr(self, "executor"):
            self.executor.shutdown()
            self.dedicated_listener_thread.join()
            self.executor.remove_node(self.node)
            del self.executor, self.dedicated_listener_thread
        self.node.destroy_subscription(self.tf_sub)
        self.node.destroy_subscription(self.tf_static_sub)

    def callback(self, data: TFMessage) -> None:
        """Takes in moving transforms."""
        for transform in data.transforms:
            self.buffer.set_transform(transform, _AUTHORITY)

    def static_callback(self, data: TFMessage) -> None:
        """Takes in static transforms."""
        for transform in data.transforms:
            self.buffer.set_transform_static(transform, _AUTHORITY)
