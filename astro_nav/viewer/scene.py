"""The newest of everything that is looked at, as parts of the page."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from astro_nav.errors import AstroNavError
from astro_nav.geometry.se2 import compose
from astro_nav.types import FloatArray
from astro_nav.viewer import topics
from astro_nav.viewer.encoding import (
    dump_json,
    encode_grid,
    encode_overlay,
    encode_people,
    encode_picture,
    encode_plan,
    encode_safety,
    encode_scan,
    encode_status,
    encode_trajectory,
    make_planar_pose,
    encode_pose,
    round_number,
)
from astro_nav.viewer.topics import VIEWED_TOPICS, ViewedTopic

MAX_WAITING = 500  # messages of one topic between two looks: five seconds of transforms
MAX_CHAIN = 10  # frames between the robot and the map

# Decodes a serialized message of a topic.
Decode = Callable[[ViewedTopic, bytes], Any]

_ENCODERS: dict[ViewedTopic, Callable[[Any], dict[str, Any]]] = {
    topics.MAP: encode_grid,
    topics.LOCAL_MAP: encode_grid,
    topics.SAFETY_MAP: encode_grid,
    topics.TRAJECTORY: encode_trajectory,
    topics.PLAN: encode_plan,
    topics.STATUS: encode_status,
    topics.SAFETY: encode_safety,
    topics.PEOPLE: encode_people,
}


@dataclass(frozen=True)
class ViewedRobot:
    """What the page has to know of the robot.

    Attributes:
        footprint: (V, 2) in base_link [m].
        map_frame, odom_frame, base_frame: names.
        screen_joint: of the pan joint; empty without a screen.
    """

    footprint: FloatArray
    map_frame: str = "map"
    odom_frame: str = "odom"
    base_frame: str = "base_link"
    screen_joint: str = "screen_pan_joint"


class Scene:
    """Takes serialized messages; gives the parts of the page that have changed.

    Messages are decoded when somebody asks for parts, and of most topics only the newest: what comes in between costs nothing.

    Args:
        robot: that is looked at.
        decode: of serialized messages. Markers are never handed to it.
    """

    def __init__(self, robot: ViewedRobot, decode: Decode) -> None:
        self._robot, self._decode = robot, decode
        self._waiting: dict[ViewedTopic, deque[bytes]] = {}
        self._seen: set[ViewedTopic] = set()
        self._transforms: dict[str, tuple[str, FloatArray]] = {}
        self._speed: list[float | None] = [None, None]
        self._screen: float | None = None
        self._last: dict[str, bytes] = {}
        self._unusable: dict[str, str] = {}

    def keep(self, topic: ViewedTopic, data: bytes) -> None:
        """Keep a message until the next look."""
        waiting = self._waiting.get(topic)
        if waiting is None:
            waiting = self._waiting[topic] = deque(maxlen=MAX_WAITING if topic.every else 1)
        waiting.append(data)

    def collect_changes(self, say_missing: bool = True) -> dict[str, bytes]:
        """Parts that have something new, as JSON.

        Args:
            say_missing: whether what is missing shall be said: not in the first moments, in which nothing can have come yet.
        """
        parts: dict[str, bytes] = {}
        is_moved, scan = False, None
        for topic in list(self._waiting):
            waiting = self._waiting.pop(topic)
            for data in waiting:
                try:
                    if topic == topics.CANDIDATES:
                        parts["picture"] = dump_json(encode_picture(data))
                    elif topic in (topics.DOORS, topics.ZONES):
                        parts[topic.name] = dump_json(encode_overlay(data))
                    elif topic == topics.SCAN:
                        scan = self._decode(topic, data)
                    elif topic in _ENCODERS:
                        parts[topic.name] = dump_json(_ENCODERS[topic](self._decode(topic, data)))
                    else:
                        self._take_motion(topic, self._decode(topic, data))
                        is_moved = True
                    self._unusable.pop(topic.name, None)
                    self._seen.add(topic)
                except (AstroNavError, AttributeError, TypeError, ValueError) as error:
                    self._unusable[topic.name] = f"A message on {topic.name} cannot be shown: {error}"
        if scan is not None:
            self._put_scan(scan, parts)
        if is_moved:
            parts["robot"] = dump_json(self._describe_robot())
        if say_missing:
            self._put_if_new("notes", dump_json(self.list_notes()), parts)
        return parts

    def list_notes(self) -> list[str]:
        """What is missing, or cannot be shown, in sentences."""
        robot = self._robot
        notes = [topic.without for topic in VIEWED_TOPICS if topic.without and topic not in self._seen]
        if self._find_pose(robot.odom_frame, robot.base_frame) is None:
            notes.append(f"No transform {robot.odom_frame} <- {robot.base_frame}: the robot cannot be placed; start the base driver, or check frames.*.")
        if self._find_pose(robot.map_frame, robot.odom_frame) is None:
            notes.append(f"No transform {robot.map_frame} <- {robot.odom_frame}: start the localizer. Until then both are drawn as one.")
        return notes + list(self._unusable.values())

    def find_robot_pose(self) -> FloatArray | None:
        """(3,) pose of the robot in the map, None when it is not known."""
        return self._find_pose(self._robot.map_frame, self._robot.base_frame)

    def _put_scan(self, scan: Any, parts: dict[str, bytes]) -> None:
        """Where the rays ended, once it is known where the laser is: after the transforms that came with it."""
        frame = scan.header.frame_id.lstrip("/")
        pose = self._find_pose(self._robot.odom_frame, frame)
        if pose is not None:
            parts[topics.SCAN.name] = dump_json(encode_scan(scan, pose, self._robot.odom_frame))
            self._unusable.pop(topics.SCAN.name, None)
        elif self._find_pose(self._robot.odom_frame, self._robot.base_frame) is not None:
            self._unusable[topics.SCAN.name] = f"No transform {self._robot.base_frame} <- {frame}: the scan cannot be placed; publish where the lidar is mounted."

    def _put_if_new(self, name: str, value: bytes, parts: dict[str, bytes]) -> None:
        if self._last.get(name) != value:
            self._last[name] = parts[name] = value

    def _take_motion(self, topic: ViewedTopic, message: Any) -> None:
        if topic == topics.ODOMETRY:
            twist = message.twist.twist
            self._speed = [round_number(twist.linear.x, 3), round_number(twist.angular.z, 3)]
        elif topic == topics.JOINTS:
            names = list(message.name)
            if self._robot.screen_joint in names and len(message.position) == len(names):
                self._screen = round_number(message.position[names.index(self._robot.screen_joint)], 3)
        else:
            for transform in message.transforms:
                moved = transform.transform
                pose = make_planar_pose(moved.translation.x, moved.translation.y, moved.rotation)
                if pose is not None:
                    self._transforms[transform.child_frame_id.lstrip("/")] = (transform.header.frame_id.lstrip("/"), pose)

    def _describe_robot(self) -> dict[str, Any]:
        robot = self._robot
        return {
            "at": encode_pose(self._find_pose(robot.odom_frame, robot.base_frame)),
            "odom": encode_pose(self._find_pose(robot.map_frame, robot.odom_frame)),
            "speed": self._speed,
            "screen": self._screen,
        }

    def _find_pose(self, target: str, source: str) -> FloatArray | None:
        """(3,) pose of a frame in one of those above it, None when they are not connected."""
        pose = np.zeros(3)
        for _ in range(MAX_CHAIN):
            if source == target:
                return pose
            if source not in self._transforms:
                return None
            source, step = self._transforms[source]
            pose = compose(step, pose)
        return None


def describe_robot_shape(robot: ViewedRobot) -> dict[str, Any]:
    """What the page draws as the robot: its outline and frames."""
    return {
        "footprint": [round(1e3 * value) for value in robot.footprint.ravel().tolist() if math.isfinite(value)],
        "frames": {"map": robot.map_frame, "odom": robot.odom_frame, "base": robot.base_frame},
        "screen": bool(robot.screen_joint),
    }
