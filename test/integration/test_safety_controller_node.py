"""The safety controller's own process, driven over DDS by a make-believe robot in a make-believe room."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("astro_nav_msgs.msg", reason="astro_nav_msgs is not built: run `make setup`")

from astro_nav_msgs.msg import SafetyState  # noqa: E402
from astro_nav_msgs.msg import Trajectory as TrajectoryMessage  # noqa: E402
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from geometry_msgs.msg import TransformStamped, Twist  # noqa: E402
from nav_msgs.msg import OccupancyGrid  # noqa: E402
from nav_msgs.msg import Odometry as OdometryMessage  # noqa: E402
from rclpy.node import Node  # noqa: E402
from scenes.real_node import RealNode, ros_domain, spin_until  # noqa: E402, F401
from sensor_msgs.msg import LaserScan  # noqa: E402
from std_msgs.msg import Float32  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402

from astro_nav.cli.why import read_stops  # noqa: E402
from astro_nav.geometry import se2  # noqa: E402
from astro_nav.params.files import load_params  # noqa: E402
from astro_nav.params.safety_controller import SafetyControllerParams  # noqa: E402
from astro_nav.ros.conversion import (  # noqa: E402
    message_from_odometry,
    message_from_scan,
    message_from_trajectory,
)
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA  # noqa: E402
from astro_nav.ros.stop_log import find_log_folder, find_stop_files  # noqa: E402
from astro_nav.types import OCCUPIED, Odometry, Scan, Trajectory  # noqa: E402

PARAMS = load_params(SafetyControllerParams, "safety_controller")
FRONT_M = float(PARAMS.robot.footprint[:, 0].max())
ROOM_M = 6.0  # half the room's edge
RAYS = 360
LIMIT_S = 60.0  # for what never comes; a busy machine takes its time
LASER_X_M = 0.05
WISH_MPS = 0.4
WISH_ACCELERATION_MPS2 = 0.5
# By how much a process may come too late while others use the machine.
BUSY_MACHINE_S = 0.3


class MakeBelieveRobot:
    """Does what `cmd_vel` says, publishes what its sensors would, and is asked to drive straight on."""

    def __init__(self, namespace: str = "") -> None:
        self.node = Node("make_believe_robot", namespace=namespace)
        self.odom_publisher = self.node.create_publisher(OdometryMessage, "odom", RELIABLE)
        self.scan_publisher = self.node.create_publisher(LaserScan, "scan", SENSOR_DATA)
        self.trajectory_publisher = self.node.create_publisher(TrajectoryMessage, "trajectory", RELIABLE)
        self.static_publisher = self.node.create_publisher(TFMessage, "/tf_static", LATEST)
        self.pose_odom_base, self.twist = np.zeros(3), np.zeros(2)
        self.moved_s = time.monotonic()
        self.wall_x_m = ROOM_M
        self.drives, self.scans, self.reports, self.plans = False, True, True, True
        self.last_scan_s = 0.0
        self.commands: list[tuple[float, np.ndarray]] = []
        self.states: list[SafetyState] = []
        self.diagnostics: list[DiagnosticStatus] = []
        self.node.create_subscription(Twist, "cmd_vel", self._take_command, RELIABLE)
        self.node.create_subscription(SafetyState, "safety_state", self.states.append, RELIABLE)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", lambda m: self.diagnostics.extend(m.status), LATEST)
        self.node.create_timer(0.02, self._move)
        self.node.create_timer(0.1, self._look)
        self.node.create_timer(0.1, self._plan)
        mount = TransformStamped(child_frame_id="laser")
        mount.header.frame_id = "base_link"
        mount.transform.translation.x = LASER_X_M
        mount.transform.rotation.w = 1.0
        self.static_publisher.publish(TFMessage(transforms=[mount]))

    def wait_for(self, condition, limit_s: float = LIMIT_S) -> None:
        assert spin_until(self.node, condition, limit_s), str(self.states[-1:])

    def run(self, duration_s: float) -> None:
        spin_until(self.node, lambda: False, duration_s)

    def stop_and_rest(self) -> None:
        self.drives = False
        self.wait_for(lambda: self.rests(0.3))

    def rests(self, duration_s: float) -> bool:
        """Whether commands came, all of them zero, for the given time."""
        recent = [twist for at_s, twist in self.commands if at_s > time.time() - duration_s]
        return len(recent) > 5 and not np.any(recent)

    def _take_command(self, message: Twist) -> None:
        self.twist = np.array([message.linear.x, message.angular.z])
        self.commands.append((time.time(), self.twist))

    def _move(self) -> None:
        now_s = time.monotonic()
        self.pose_odom_base = se2.integrate_twist(self.pose_odom_base, self.twist, now_s - self.moved_s)
        self.moved_s = now_s
        if not self.reports:
            return
        self.odom_publisher.publish(message_from_odometry(Odometry(time.time(), self.pose_odom_base, self.twist), "odom", "base_link"))

    def _look(self) -> None:
        if not self.scans:
            return
        x, y, yaw = se2.compose(self.pose_odom_base, [LASER_X_M, 0.0, 0.0])
        bearings = np.linspace(-np.pi, np.pi, RAYS, endpoint=False)
        cos, sin = np.cos(bearings + yaw), np.sin(bearings + yaw)
        with np.errstate(divide="ignore"):
            to_x = (np.where(cos >= 0.0, self.wall_x_m, -ROOM_M) - x) / cos
            to_y = (np.copysign(ROOM_M, sin) - y) / sin
        ranges = np.minimum(to_x, to_y).astype(np.float32)
        self.last_scan_s = time.time()
        self.scan_publisher.publish(message_from_scan(Scan(self.last_scan_s, "laser", -math.pi, 2 * math.pi / RAYS, 0.0, 0.05, 12.0, ranges)))

    def _plan(self) -> None:
        """Three seconds straight on from where the robot is, speeding up from its present speed."""
        if not self.plans:
            return
        now_s = time.time()
        count = 31 if self.drives else 0
        times = 0.1 * np.arange(count)
        speeds = np.minimum(self.twist[0] + WISH_ACCELERATION_MPS2 * times, WISH_MPS)
        ways = np.concatenate([[0.0], np.cumsum(0.05 * (speeds[1:] + speeds[:-1]))])[:count]
        heading = self.pose_odom_base[2]
        poses = self.pose_odom_base + np.outer(ways, [math.cos(heading), math.sin(heading), 0.0])
        accelerations = np.where(speeds < WISH_MPS, WISH_ACCELERATION_MPS2, 0.0)
        still = np.zeros(count)
        trajectory = Trajectory(now_s, now_s, 0.1, poses, np.stack([speeds, still], 1), np.stack([accelerations, still], 1))
        self.trajectory_publisher.publish(message_from_trajectory(trajectory, "odom"))


@pytest.fixture(scope="module")
def controller(ros_domain: int, tmp_path_factory) -> Iterator[RealNode]:  # noqa: F811
    """The node's process, which outlives all tests but the last."""
    folder = tmp_path_factory.mktemp("safety")
    os.environ["ROS_LOG_DIR"] = str(folder)  # `ros_domain` puts the environment back
    with RealNode(("-m", "astro_nav.ros.safety_controller_node"), (), folder) as node:
        node.wait_until_it_says("waiting for")
        yield node
        assert node.process.poll() is None, f"it must outlive all tests:\n{node.output}"
        assert node.stop(signal.SIGINT) == 0, node.output
        assert "Traceback" not in node.output


@pytest.fixture
def robot(controller: RealNode) -> Iterator[MakeBelieveRobot]:
    robot = MakeBelieveRobot()
    robot.wait_for(lambda: robot.rests(0.3) and robot.states and math.isfinite(robot.states[-1].scan_age_s))
    yield robot
    robot.stop_and_rest()
    robot.node.destroy_node()


def start_driving(robot: MakeBelieveRobot) -> None:
    robot.drives = True
    robot.wait_for(lambda: robot.twist[0] > 0.9 * WISH_MPS)


def test_follows_a_straight_trajectory_and_stands_when_nobody_asks(robot: MakeBelieveRobot, controller: RealNode) -> None:
    robot.commands.clear()
    robot.wait_for(lambda: len(robot.commands) > 20)
    assert not np.any([twist for _, twist in robot.commands]), "nobody has asked for motion"
    robot.wait_for(lambda: robot.states[-1].limited_by == SafetyState.NO_TRAJECTORY)
    assert robot.states[-1].reason
    delays: list[Float32] = []
    robot.node.create_subscription(Float32, "trajectory_delay", delays.append, RELIABLE)
    start_driving(robot)
    robot.wait_for(lambda: len(delays) > 3)
    assert all(0.0 <= delay.data <= PARAMS.watchdog.trajectory_stop_after_s for delay in delays)
    begin_m = robot.pose_odom_base[0]
    robot.wait_for(lambda: robot.pose_odom_base[0] - begin_m > 0.2)
    assert abs(robot.pose_odom_base[1]) < 0.02
    twists = np.array([twist for _, twist in robot.commands])
    assert twists[:, 0].min() >= 0.0
    assert twists[:, 0].max() <= WISH_MPS + PARAMS.tracking.max_speed_correction_mps
    assert np.abs(twists[:, 1]).max() < 0.1
    robot.wait_for(lambda: robot.states[-1].scale == 1.0 and robot.states[-1].limited_by == SafetyState.NOTHING)
    assert robot.states[-1].header.frame_id == "odom" and robot.states[-1].commanded.linear.x > 0.0
    robot.stop_and_rest()
    assert "ready" in controller.output


def test_cmd_vel_comes_from_one_publisher(robot: MakeBelieveRobot) -> None:
    robot.wait_for(lambda: len(robot.commands) > 5)

    def list_publishers() -> list[str]:
        return [info.node_name for info in robot.node.get_publishers_info_by_topic("cmd_vel")]

    # An endpoint is discovered before the name of its node.
    robot.wait_for(lambda: "_NODE_NAME_UNKNOWN_" not in list_publishers())
    assert list_publishers() == ["safety_controller"]


def test_stands_within_the_stated_time_after_the_last_scan_and_goes_on_with_the_next(robot: MakeBelieveRobot) -> None:
    start_driving(robot)
    robot.scans = False
    robot.states.clear()
    robot.wait_for(lambda: robot.rests(0.4))
    # As the node has measured it: when the test's own robot hears of it depends on who else uses the machine.
    first = next(state for state in robot.states if state.limited_by == SafetyState.SCAN_AGE and state.commanded.linear.x == 0.0)
    braking_s = PARAMS.robot.limits.max_speed_mps / PARAMS.robot.limits.emergency_deceleration_mps2
    assert first.scan_age_s < PARAMS.watchdog.scan_stop_after_s + braking_s + BUSY_MACHINE_S
    state = robot.states[-1]
    assert state.limited_by == SafetyState.SCAN_AGE and state.source == "scan" and state.scale == 0.0
    assert state.scan_age_s > PARAMS.watchdog.scan_stop_after_s and "scan is" in state.reason and "old" in state.reason
    robot.scans = True
    robot.wait_for(lambda: robot.twist[0] > 0.5 * WISH_MPS)
    robot.wait_for(lambda: find_stop_files(find_log_folder()) and any(stop.limited_by == "SCAN_AGE" and stop.stood for stop in read_stops(None)[0]))


@pytest.mark.parametrize(
    ("silent", "limited_by", "source"), [("plans", SafetyState.TRAJECTORY_AGE, "trajectory"), ("reports", SafetyState.ODOM_AGE, "odom")]
)
def test_stands_when_planner_or_odometry_falls_silent_and_goes_on_by_itself(
    robot: MakeBelieveRobot, silent: str, limited_by: int, source: str
) -> None:
    """A frozen process is one that says nothing: the planner's, or the base driver's."""
    start_driving(robot)
    setattr(robot, silent, False)
    robot.states.clear()
    robot.wait_for(lambda: robot.rests(0.4))
    state = robot.states[-1]
    assert state.limited_by == limited_by and state.source == source and state.scale == 0.0
    setattr(robot, silent, True)
    robot.wait_for(lambda: robot.twist[0] > 0.5 * WISH_MPS)


def test_stands_before_a_wall_and_names_it(robot: MakeBelieveRobot) -> None:
    robot.wall_x_m = robot.pose_odom_base[0] + FRONT_M + 0.3
    robot.run(0.3)
    robot.drives = True
    robot.wait_for(lambda: robot.twist[0] > 0.05)
    robot.wait_for(lambda: robot.rests(0.5))
    gap_m = robot.wall_x_m - robot.pose_odom_base[0] - FRONT_M
    assert 0.0 < gap_m < 0.15
    state = robot.states[-1]
    assert state.limited_by == SafetyState.OBSTACLE and state.allowed_speed_mps < PARAMS.check.restart_speed_mps
    assert "ahead" in state.reason and state.source
    assert state.contact_point.x == pytest.approx(robot.wall_x_m, abs=0.05)
    assert state.wanted.linear.x > 0.0 and state.commanded.linear.x == 0.0


def test_the_near_map_is_shown_while_somebody_looks(robot: MakeBelieveRobot) -> None:
    maps: list[OccupancyGrid] = []
    robot.wall_x_m = robot.pose_odom_base[0] + 0.6
    robot.run(0.5)
    subscription = robot.node.create_subscription(OccupancyGrid, "safety_map", maps.append, RELIABLE)
    robot.wait_for(lambda: bool(maps))
    robot.node.destroy_subscription(subscription)
    grid = maps[-1]
    assert grid.header.frame_id == "odom"
    assert grid.info.width * grid.info.resolution == pytest.approx(PARAMS.map.size_m)
    cells = np.array(grid.data, dtype=np.int8).reshape(grid.info.height, grid.info.width)
    columns = np.flatnonzero((cells == OCCUPIED).any(axis=0))
    wall_m = grid.info.origin.position.x + (columns + 0.5) * grid.info.resolution
    np.testing.assert_allclose(wall_m, robot.wall_x_m, atol=0.05)


def test_a_frozen_process_starts_again_from_rest(robot: MakeBelieveRobot, controller: RealNode) -> None:
    start_driving(robot)
    controller.process.send_signal(signal.SIGSTOP)
    robot.run(0.6)
    # The base stops by itself: its own time-out.
    robot.twist = np.zeros(2)
    robot.run(1.0)
    robot.commands.clear()
    controller.process.send_signal(signal.SIGCONT)
    robot.wait_for(lambda: len(robot.commands) > 3)
    assert max(twist[0] for _, twist in robot.commands[:3]) < 0.15
    robot.wait_for(lambda: robot.twist[0] > 0.9 * WISH_MPS)


def test_another_publisher_of_cmd_vel_is_an_error_that_names_it(robot: MakeBelieveRobot) -> None:
    intruder = Node("intruder")
    publisher = intruder.create_publisher(Twist, "cmd_vel", RELIABLE)

    def errors() -> list[str]:
        return [s.message for s in robot.diagnostics if s.name == "safety_controller" and s.level == DiagnosticStatus.ERROR]

    assert not errors()
    robot.wait_for(lambda: bool(errors()))
    assert "/intruder publishes on /cmd_vel" in errors()[0]
    intruder.destroy_publisher(publisher)
    intruder.destroy_node()
    robot.diagnostics.clear()
    robot.wait_for(lambda: any(s.name == "safety_controller" and s.level == DiagnosticStatus.OK for s in robot.diagnostics))


def test_sigterm_in_motion_ends_with_zero_commands(ros_domain: int, tmp_path: Path) -> None:  # noqa: F811
    with RealNode(("-m", "astro_nav.ros.safety_controller_node"), ("-r", "__ns:=/robot1"), tmp_path) as node:
        robot = MakeBelieveRobot("robot1")
        robot.drives = True
        robot.wait_for(lambda: robot.twist[0] > 0.9 * WISH_MPS)
        node.process.send_signal(signal.SIGTERM)
        robot.wait_for(lambda: node.process.poll() is not None)
        # What it has sent is here, it waited for that, but must still be taken.
        robot.wait_for(lambda: robot.states[-1].limited_by == SafetyState.SHUTDOWN and not np.any([twist for _, twist in robot.commands[-3:]]))
        robot.node.destroy_node()
        assert node.wait() == 0, node.output
        assert "Traceback" not in node.output
