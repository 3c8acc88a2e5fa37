"""Publishes transforms that change on `/tf`."""

from __future__ import annotations

from collections.abc import Iterable

from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from tf2_msgs.msg import TFMessage


class TransformBroadcaster:
    """Sends transforms to every listener.

    Args:
        node: Whose publisher it is.
        qos: Depth 100 if not given.
    """

    def __init__(self, node: Node, qos: QoSProfile | int | None = None) -> None:
        self.pub_tf = node.create_publisher(TFMessage, "/tf", QoSProfile(depth=100) if qos is None else qos)

    def sendTransform(self, transform: TransformStamped | Iterable[TransformStamped]) -> None:  # noqa: N802 - tf2's name
        """Sends one transform or several in one message."""
        self.pub_tf.publish(TFMessage(transforms=list_transforms(transform)))


def list_transforms(transform: TransformStamped | Iterable[TransformStamped]) -> list[TransformStamped]:
    """Returns one transform or several as a list."""
    return [transform] if isinstance(transform, TransformStamped) else list(transform)
