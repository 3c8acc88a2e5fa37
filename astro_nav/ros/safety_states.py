"""`safety_state` as the moments of which stops are made: from a recording, or live."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from astro_nav.errors import AstroNavError
from astro_nav.safety.stops import STANDING_MPS, Moment, finite_or_none
from astro_nav.types import LimitedBy

TOPIC = "safety_state"
SPIN_S = 0.1


def moment_from_state(message: Any) -> Moment:
    """Convert a SafetyState message, of rclpy or of a recording's reader."""
    point = (float(message.contact_point.x), float(message.contact_point.y))
    commanded = message.commanded
    return Moment(
        stamp_s=message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec,
        limited_by=LimitedBy(message.limited_by),
        source=message.source,
        reason=message.reason,
        scale=float(message.scale),
        allowed_mps=float(message.allowed_speed_mps),
        stands=abs(commanded.linear.x) < STANDING_MPS and abs(commanded.angular.z) < STANDING_MPS,
        is_wanted=abs(message.wanted.linear.x) > 0.0 or abs(message.wanted.angular.z) > 0.0,
        point_odom=point if all(map(math.isfinite, point)) else None,
        contact_s=finite_or_none(float(message.contact_time_s)),
    )


def read_recorded_moments(path: Path) -> Iterator[Moment]:
    """All moments in a rosbag2 folder or MCAP file, in order.

    Raises:
        AstroNavError: it cannot be read, or holds no safety_state.
    """
    from rosbags.highlevel import AnyReader, AnyReaderError  # slow to import

    folder = path.parent if path.is_file() else path
    try:
        with AnyReader([folder]) as reader:
            connections = [c for c in reader.connections if c.topic.rsplit("/", 1)[-1] == TOPIC]
            if not connections:
                raise AstroNavError(f"{path} holds no {TOPIC}: record that topic, too")
            for connection, _, data in reader.messages(connections):
                yield moment_from_state(reader.deserialize(data, connection.msgtype))
    except (AnyReaderError, OSError) as error:
        raise AstroNavError(f"{path} cannot be read as a recording: {error}") from error


def listen_to_moments(take: Callable[[Moment], None], duration_s: float = math.inf) -> int:
    """Hand on every `safety_state` that is published from now on, until the time is over or Ctrl-C.

    Returns:
        How many came.
    """
    import rclpy
    from astro_nav_msgs.msg import SafetyState

    from astro_nav.ros.node import RELIABLE

    count = 0

    def count_and_take(message: SafetyState) -> None:
        nonlocal count
        count += 1
        take(moment_from_state(message))

    rclpy.init()
    try:
        node = rclpy.create_node("astro_nav_why")
        node.create_subscription(SafetyState, TOPIC, count_and_take, RELIABLE)
        end_s = time.monotonic() + duration_s
        while rclpy.ok() and time.monotonic() < end_s:
            rclpy.spin_once(node, timeout_sec=SPIN_S)
    finally:
        rclpy.try_shutdown()
    return count
