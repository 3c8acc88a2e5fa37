"""A healthy robot as the doctor sees it, to be made ill by each test in one way."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np

from astro_nav.doctor.examine import examine
from astro_nav.doctor.observations import Endpoint, Observations
from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.simulation.robot_urdf import expand_urdf

PARAMS = load_params(SafetyControllerParams, "safety_controller")
SCAN, ODOM, TF = "sensor_msgs/msg/LaserScan", "nav_msgs/msg/Odometry", "tf2_msgs/msg/TFMessage"
BEGIN_S, DURATION_S = 1000.0, 4.0
LASER_X_M = 0.042
BEAMS = 360


def make_stamp(time_s: float) -> SimpleNamespace:
    whole = math.floor(time_s)
    return SimpleNamespace(sec=whole, nanosec=round(1e9 * (time_s - whole)))


def make_header(time_s: float, frame: str) -> SimpleNamespace:
    return SimpleNamespace(stamp=make_stamp(time_s), frame_id=frame)


def make_quaternion(yaw: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(x=0.0, y=0.0, z=math.sin(0.5 * yaw), w=math.cos(0.5 * yaw))


def make_scan(time_s: float, ranges=None, frame: str = "laser", **more) -> SimpleNamespace:
    ranges = np.full(BEAMS, 3.0) if ranges is None else ranges
    fields = {"angle_min": -math.pi, "angle_increment": 2 * math.pi / BEAMS, "range_min": 0.08, "range_max": 12.0, **more}
    return SimpleNamespace(header=make_header(time_s, frame), ranges=ranges, **fields)


def make_odometry(time_s: float, x: float, speed: float, frame: str = "odom", child: str = "base_link") -> SimpleNamespace:
    pose = SimpleNamespace(position=SimpleNamespace(x=x, y=0.0), orientation=make_quaternion())
    twist = SimpleNamespace(linear=SimpleNamespace(x=speed), angular=SimpleNamespace(z=0.0))
    return SimpleNamespace(
        header=make_header(time_s, frame), child_frame_id=child, pose=SimpleNamespace(pose=pose), twist=SimpleNamespace(twist=twist)
    )


def make_transform(time_s: float, parent: str, child: str, x: float = 0.0, y: float = 0.0) -> SimpleNamespace:
    transform = SimpleNamespace(translation=SimpleNamespace(x=x, y=y, z=0.0), rotation=make_quaternion())
    stamped = SimpleNamespace(header=make_header(time_s, parent), child_frame_id=child, transform=transform)
    return SimpleNamespace(transforms=[stamped])


class Robot:
    """What a robot says; each attribute can be changed before `observe()`."""

    def __init__(self) -> None:
        self.scan_hz, self.odom_hz = 10.0, 50.0
        self.scan_age_s, self.odom_age_s, self.clock_offset_s = 0.06, 0.01, 0.0
        self.scan_frame, self.odom_frame, self.child_frame = "laser", "odom", "base_link"
        self.ranges = np.full(BEAMS, 3.0)
        self.scan_fields: dict[str, float] = {}
        self.speed_mps, self.twist_factor = 0.4, 1.0
        self.silent: set[str] = set()
        self.urdf = expand_urdf(PARAMS.robot)
        self.seen = Observations(source="a test", is_live=True)

    def observe(self) -> Observations:
        seen = self.seen
        self._send_stream(seen)
        for topic, type_name, node in (
            ("/cmd_vel", "geometry_msgs/msg/Twist", "/safety_controller"),
            ("/map", "nav_msgs/msg/OccupancyGrid", "/map_server"),
        ):
            seen.publishers.setdefault(topic, [Endpoint(node, type_name, latched=topic == "/map")])
        seen.subscriptions.setdefault("/cmd_vel", [Endpoint("/base", "geometry_msgs/msg/Twist")])
        seen.subscriptions.setdefault("/screen/joint_trajectory", [Endpoint("/screen", "trajectory_msgs/msg/JointTrajectory")])
        seen.nodes |= {"/global_planner", "/local_planner", "/safety_controller"}
        seen.joints.add("screen_pan_joint")
        seen.robot_description = self.urdf
        if "/map" not in self.silent:
            seen.take("/map", "nav_msgs/msg/OccupancyGrid", SimpleNamespace(), BEGIN_S)
        return seen

    def examine(self):
        return examine(self.observe(), PARAMS)

    def _send_stream(self, seen: Observations) -> None:
        if "/scan" not in self.silent:
            for k in range(int(DURATION_S * self.scan_hz)):
                now_s = BEGIN_S + k / self.scan_hz
                message = make_scan(now_s - self.scan_age_s + self.clock_offset_s, self.ranges, self.scan_frame, **self.scan_fields)
                seen.take("/scan", SCAN, message, now_s)
        for k in range(int(DURATION_S * self.odom_hz)):
            now_s = BEGIN_S + k / self.odom_hz
            x = self.speed_mps * k / self.odom_hz
            stamp_s = now_s - self.odom_age_s + self.clock_offset_s
            if "/odom" not in self.silent:
                message = make_odometry(stamp_s, x, self.twist_factor * self.speed_mps, self.odom_frame, self.child_frame)
                seen.take("/odom", ODOM, message, now_s)
            for parent, child, at in (("map", "odom", 0.0), ("odom", "base_link", x)):
                if f"{parent} -> {child}" not in self.silent:
                    seen.take("/tf", TF, make_transform(stamp_s, parent, child, at), now_s)
        if "base_link -> laser" not in self.silent:
            seen.take("/tf_static", TF, make_transform(0.0, "base_link", "laser", LASER_X_M), BEGIN_S)
