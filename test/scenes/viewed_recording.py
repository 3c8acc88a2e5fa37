"""A small recording of a robot that drives straight on, made without ROS."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rosbags", reason="the Python package rosbags is not installed")

from rosbags.rosbag2 import StoragePlugin, Writer  # noqa: E402
from rosbags.typesys import Stores, get_types_from_msg, get_typestore  # noqa: E402

MESSAGES = Path(__file__).resolve().parents[2] / "astro_nav_msgs" / "msg"
OWN_TYPES = ("CostTerm", "LocalPlannerStatus", "SafetyState", "TrackedObstacle", "TrackedObstacles", "TrajectoryPoint", "Trajectory")


def make_typestore() -> Any:
    """Types of ROS and of the stack."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    for name in OWN_TYPES:
        types |= get_types_from_msg((MESSAGES / f"{name}.msg").read_text(), f"astro_nav_msgs/msg/{name}")
    store.register(types)
    return store


class Messages:
    """Makes messages of a typestore."""

    def __init__(self) -> None:
        self.store = make_typestore()

    def make(self, type_name: str, **fields: Any) -> Any:
        return self.store.types[type_name](**fields)

    def serialize(self, message: Any) -> bytes:
        return bytes(self.store.serialize_cdr(message, message.__msgtype__))

    def header(self, frame: str, stamp_s: float = 0.0) -> Any:
        stamp = self.make("builtin_interfaces/msg/Time", sec=int(stamp_s), nanosec=int(1e9 * (stamp_s % 1.0)))
        return self.make("std_msgs/msg/Header", stamp=stamp, frame_id=frame)

    def vector(self, x: float, y: float, z: float = 0.0) -> Any:
        return self.make("geometry_msgs/msg/Vector3", x=x, y=y, z=z)

    def point(self, x: float, y: float, z: float = 0.0) -> Any:
        return self.make("geometry_msgs/msg/Point", x=x, y=y, z=z)

    def rotation(self, yaw: float) -> Any:
        return self.make("geometry_msgs/msg/Quaternion", x=0.0, y=0.0, z=math.sin(yaw / 2), w=math.cos(yaw / 2))

    def pose(self, x: float, y: float, yaw: float) -> Any:
        return self.make("geometry_msgs/msg/Pose", position=self.point(x, y), orientation=self.rotation(yaw))

    def grid(self, cells: np.ndarray, resolution_m: float = 0.5, frame: str = "map", origin: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Any:
        stamp = self.header("").stamp
        info = self.make("nav_msgs/msg/MapMetaData", map_load_time=stamp, resolution=resolution_m, width=cells.shape[1], height=cells.shape[0], origin=self.pose(*origin))
        return self.make("nav_msgs/msg/OccupancyGrid", header=self.header(frame), info=info, data=cells.astype(np.int8).ravel())

    def transforms(self, *steps: tuple[str, str, float, float, float]) -> Any:
        made = [
            self.make(
                "geometry_msgs/msg/TransformStamped", header=self.header(parent), child_frame_id=child,
                transform=self.make("geometry_msgs/msg/Transform", translation=self.vector(x, y), rotation=self.rotation(yaw)),
            )
            for parent, child, x, y, yaw in steps
        ]  # fmt: skip
        return self.make("tf2_msgs/msg/TFMessage", transforms=made)

    def twist(self, speed: float, turn: float = 0.0) -> Any:
        return self.make("geometry_msgs/msg/Twist", linear=self.vector(speed, 0.0), angular=self.vector(0.0, 0.0, turn))

    def odometry(self, x: float, speed: float) -> Any:
        pose = self.make("geometry_msgs/msg/PoseWithCovariance", pose=self.pose(x, 0.0, 0.0), covariance=np.zeros(36))
        twist = self.make("geometry_msgs/msg/TwistWithCovariance", twist=self.twist(speed), covariance=np.zeros(36))
        return self.make("nav_msgs/msg/Odometry", header=self.header("odom"), child_frame_id="base_link", pose=pose, twist=twist)

    def safety(self, limited_by: int, reason: str, scale: float = 1.0) -> Any:
        return self.make(
            "astro_nav_msgs/msg/SafetyState", header=self.header("odom"), limited_by=limited_by, reason=reason, source="", scale=scale,
            wanted=self.twist(0.5), commanded=self.twist(0.5 * scale), allowed_speed_mps=0.5, contact_point=self.point(math.nan, math.nan),
            contact_time_s=math.inf, scan_age_s=0.1, odom_age_s=0.01,
        )  # fmt: skip

    def marker(self, name: str, kind: int, points: list[tuple[float, float]], colors: list[tuple[float, float, float, float]], text: str = "") -> Any:
        color = [self.make("std_msgs/msg/ColorRGBA", r=r, g=g, b=b, a=a) for r, g, b, a in colors]
        empty = np.zeros(0, dtype=np.uint8)
        return self.make(
            "visualization_msgs/msg/Marker", header=self.header("odom", 3.5), ns=name, id=7, type=kind, action=0, pose=self.pose(1.0, 2.0, 0.0),
            scale=self.vector(0.02, 0.0, 0.12), color=self.make("std_msgs/msg/ColorRGBA", r=1.0, g=1.0, b=1.0, a=1.0),
            lifetime=self.make("builtin_interfaces/msg/Duration", sec=0, nanosec=5), frame_locked=False, points=[self.point(x, y) for x, y in points],
            colors=color, texture_resource="", texture=self.make("sensor_msgs/msg/CompressedImage", header=self.header(""), format="", data=empty),
            uv_coordinates=[], text=text, mesh_resource="", mesh_file=self.make("visualization_msgs/msg/MeshFile", filename="", data=empty),
            mesh_use_embedded_materials=False,
        )  # fmt: skip

    def scan(self, ranges: list[float], frame: str = "laser", increment: float = math.pi / 2) -> Any:
        return self.make(
            "sensor_msgs/msg/LaserScan", header=self.header(frame), angle_min=0.0, angle_max=increment * (len(ranges) - 1), angle_increment=increment,
            time_increment=0.0, scan_time=0.1, range_min=0.1, range_max=10.0, ranges=np.array(ranges, dtype=np.float32), intensities=np.zeros(0, np.float32),
        )  # fmt: skip

    def markers(self, *markers: Any) -> Any:
        return self.make("visualization_msgs/msg/MarkerArray", markers=list(markers))


def write_drive(folder: Path, seconds: float = 4.0, speed: float = 0.5, topics: frozenset[str] | None = None, gap_s: float = 0.0) -> Path:
    """Record a drive straight on through an 8 x 4 m room; an obstacle slows the robot down in its middle.

    Args:
        folder: made here.
        seconds: of driving.
        speed: [m/s].
        topics: that are recorded; None for all.
        gap_s: of silence in its middle.

    Returns:
        The folder.
    """
    made = Messages()
    cells = np.zeros((8, 16), dtype=np.int8)
    cells[0], cells[-1], cells[:, 0], cells[:, -1] = 100, 100, 100, 100
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections: dict[str, Any] = {}

        def write(topic: str, time_s: float, message: Any) -> None:
            if topics is not None and topic not in topics:
                return
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, message.__msgtype__, typestore=made.store)
            late_s = gap_s if time_s > 0.5 * seconds else 0.0
            writer.write(connections[topic], int(1e9 * (1000.0 + time_s + late_s)), made.serialize(message))

        write("/map", 0.0, made.grid(cells))
        write("/tf_static", 0.0, made.transforms(("base_link", "laser", 0.1, 0.0, 0.0)))
        for step in range(int(20 * seconds)):
            time_s = step / 20
            write("/tf", time_s, made.transforms(("map", "odom", 1.0, 2.0, 0.0), ("odom", "base_link", speed * time_s, 0.0, 0.0)))
            write("/odom", time_s, made.odometry(speed * time_s, speed))
            is_slow = 0.5 <= time_s / seconds < 0.75
            if step % 4 == 0:
                write("/safety_state", time_s, made.safety(2 if is_slow else 0, "a chair is near" if is_slow else "", 0.4 if is_slow else 1.0))
    return folder
