"""The part of ROS 2's Python module `tf2_ros` that Astro Nav uses, for the PyPI environment.

Names, signatures, defaults and exceptions are those of geometry2 (Jazzy), so that the nodes run unchanged on a distribution, which
never sees this package. What is left out raises AttributeError: the asynchronous waits, `Buffer.transform` with its type registry,
the `tf2_frames` service and the velocity look-ups.
"""

from tf2_ros.buffer import Buffer
from tf2_ros.buffer_core import BufferCore
from tf2_ros.exceptions import (
    ConnectivityException,
    ExtrapolationException,
    InvalidArgumentException,
    LookupException,
    TimeoutException,
    TransformException,
)
from tf2_ros.static_transform_broadcaster import StaticTransformBroadcaster
from tf2_ros.transform_broadcaster import TransformBroadcaster
from tf2_ros.transform_listener import TransformListener

__all__ = [
    "Buffer",
    "BufferCore",
    "ConnectivityException",
    "ExtrapolationException",
    "InvalidArgumentException",
    "LookupException",
    "StaticTransformBroadcaster",
    "TimeoutException",
    "TransformBroadcaster",
    "TransformException",
    "TransformListener",
]
