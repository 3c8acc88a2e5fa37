"""What a recording tells: a rosbag2 folder, or an MCAP file."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from astro_nav.doctor.observations import Endpoint, Observations
from astro_nav.errors import AstroNavError

# Stamps that are so far behind are of another clock.
OTHER_CLOCK_S = 3600.0
# Types whose content is looked at; of the others it is enough that they came.
READ_TYPES = frozenset(
    "sensor_msgs/msg/LaserScan nav_msgs/msg/Odometry tf2_msgs/msg/TFMessage std_msgs/msg/String sensor_msgs/msg/JointState "
    "diagnostic_msgs/msg/DiagnosticArray geometry_msgs/msg/Twist geometry_msgs/msg/TwistStamped".split()
)


class _Unread:
    """A message whose content does not matter."""


def read_recording(path: Path, namespace: str = "") -> Observations:
    """Read a recording.

    Args:
        path: folder of a bag (with metadata.yaml) or an MCAP file.
        namespace: of the robot, "" or "/robot1".

    Raises:
        AstroNavError: when it cannot be read, or the package that reads it is missing.
    """
    if importlib.util.find_spec("rosbags") is None:
        raise AstroNavError("recordings are read with the Python package rosbags: pip install rosbags")
    if not path.exists():
        raise AstroNavError(f"the recording {path} does not exist")
    from rosbags.highlevel import AnyReader, AnyReaderError
    from rosbags.rosbag2 import ReaderError
    from rosbags.typesys import Stores, get_typestore

    seen = Observations(source=f"the recording {path}", is_live=False, namespace=namespace)
    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            for connection in reader.connections:
                _note_publisher(seen, connection)
            for connection, received_ns, data in reader.messages():
                wanted = connection.msgtype in READ_TYPES
                message = reader.deserialize(data, connection.msgtype) if wanted else _Unread()
                seen.take(connection.topic, connection.msgtype, message, 1e-9 * received_ns)
    except (AnyReaderError, ReaderError, OSError, ValueError) as error:
        raise AstroNavError(f"{path} is no recording that can be read: {error}") from error
    if not seen.topics:
        raise AstroNavError(f"the recording {path} holds no message")
    shift_to_simulated_time(seen)
    return seen


def shift_to_simulated_time(seen: Observations) -> None:
    """Put the times of arrival on the clock of the stamps, when all stamps are of another clock than the recorder's.

    Only then: one driver with a clock of its own among others is a fault, and is found as such. Simulated time need not run
    as fast as the recorder's, so now is the newest stamp that any topic has shown until then; latencies are at least what is told.
    """
    topics = [log for log in seen.topics.values() if np.isfinite(log.stamps_s).any() and np.any(log.stamps_s)]
    transforms = [log for log in seen.transforms.values() if not log.is_static]
    ages = [np.nanmedian(np.subtract(log.received_s, log.stamps_s)) for log in (*topics, *transforms)]
    if not topics or min(ages) < OTHER_CLOCK_S:
        return
    received_s, stamps_s = (np.concatenate([getattr(log, name) for log in topics]) for name in ("received_s", "stamps_s"))
    order = np.argsort(received_s, kind="stable")
    received_s, now_s = received_s[order], np.fmax.accumulate(stamps_s[order])

    def find_now(times_s: list[float]) -> list[float]:
        return now_s[np.clip(np.searchsorted(received_s, times_s, side="right") - 1, 0, None)].tolist()

    for log in (*topics, *transforms):
        log.received_s[:] = find_now(log.received_s)
    moved = find_now([command.received_s for command in seen.commands])
    seen.commands[:] = [replace(command, received_s=time_s) for command, time_s in zip(seen.commands, moved)]
    seen.source += ", on simulated time"


def _note_publisher(seen: Observations, connection: Any) -> None:
    profiles = getattr(connection.ext, "offered_qos_profiles", None) or []
    qualities = [(getattr(p.reliability, "value", 1) == 1, getattr(p.durability, "value", 2) == 1) for p in profiles if not isinstance(p, str)]
    for reliable, latched in qualities or [(True, False)]:
        end = Endpoint("the recorded publisher", connection.msgtype, reliable, latched)
        seen.publishers.setdefault(connection.topic, []).append(end)
    seen.types.setdefault(connection.topic, set()).add(connection.msgtype)
