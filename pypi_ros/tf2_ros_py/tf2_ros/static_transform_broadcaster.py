"""Publishes transforms that never change on `/tf_static`, also for listeners that come later."""

from __future__ import annotations

from collections.abc import Iterable

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

from tf2_ros.transform_broadcaster import list_transforms


class StaticTransformBroadcaster:
    """Sends static transforms to every listener, present and future.

    Args:
        node: Whose publisher it is.
        qos: Depth 1 and transient local if not given: a late listener gets the last message, so each holds all.
    """

    def __init__(self, node: Node, qos: QoSProfile | int | None = None) -> None:
        if qos is None:
            qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, history=HistoryPolicy.KEEP_LAST)
        self.pub_tf = node.create_publisher(TFMessage, "/tf_static", qos)
        self.net_message = TFMessage()

    def sendTransform(self, transform: TransformStamped | Iterable[TransformStamped]) -> None:  # noqa: N802 - tf2's name
        """Sends one transform or several, together with all sent before; one of the same child frame takes the place of the former."""
        by_child = {known.child_frame_id: known for known in self.net_message.transforms}
        by_child.update((new.child_frame_id, new) for new in list_transforms(transform))
        self.net_message.transforms = list(by_child.values())
        self.pub_tf.publish(self.net_message)
