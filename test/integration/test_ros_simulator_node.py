"""The simulator as a node: a robot that can be driven over DDS, with the truth beside it."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from geometry_msgs.msg import Twist, TwistStamped  # noqa: E402
from nav_msgs.msg import OccupancyGrid, Odometry  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from scenes.real_node import RealNode, ros_domain, spin_until  # noqa: E402, F401
from sensor_msgs.msg import JointState, LaserScan  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint  # noqa: E402

from astro_nav_msgs.msg import Contacts, SimulationState  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")

COMMAND = ("-m", "astro_nav.ros.simulator_node")
LIMIT_S = 60.0  # for what never comes; a busy machine takes its time
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
WORLD = """
start: {at_m: [0, 0], yaw_deg: 0}
walls:
  - {name: east, from_m: [2, -2], to_m: [2, 2]}
  - {name: west, from_m: [-2, -2], to_m: [-2, 2]}
  - {name: north, from_m: [-2, 2], to_m: [2, 2]}
  - {name: south, from_m: [-2, -2], to_m: [2, -2]}
doors: [{name: flap, hinge_m: [-1.5, 1.5], width_m: 0.4, closed_yaw_deg: 0}]
unmapped: [{name: parcel, type: box, at_m: [0, 1.5]}]
people: [{name: Anna, waypoints: [{at_m: [-1.5, -1.5]}]}]
"""


class Driver:
    """The test's own node: keeps what it hears, and drives."""

    def __init__(self, namespace: str = "", stamped: bool = False) -> None:
        self.node = rclpy.create_node("driver", namespace=namespace)
        self.heard: dict[str, list] = {}
        self._stamped = stamped
        for message_type, topic, qos in (
            (LaserScan, "scan", qos_profile_sensor_data), (Odometry, "odom", 50), (JointState, "joint_states", 50),
            (TFMessage, "/tf", 100), (TFMessage, "/tf_static", LATCHED), (Clock, "/clock", qos_profile_sensor_data),
            (OccupancyGrid, "map", LATCHED), (SimulationState, "simulation/state", 10), (Contacts, "simulation/contacts", LATCHED),
        ):  # fmt: skip
            self.heard[topic] = []
            self.node.create_subscription(message_type, topic, self.heard[topic].append, qos)
        self._command = self.node.create_publisher(TwistStamped if stamped else Twist, "cmd_vel", 10)
        self.screen = self.node.create_publisher(JointTrajectory, "screen/joint_trajectory", 10)
        self._sent_s = 0.0

    def latest(self, topic: str):
        return self.heard[topic][-1] if self.heard[topic] else None

    def drive(self, speed_mps: float) -> None:
        """Send a command, at most fifty times a second."""
        if time.monotonic() - self._sent_s < 0.02:
            return
        self._sent_s = time.monotonic()
        message = TwistStamped() if self._stamped else Twist()
        (message.twist if self._stamped else message).linear.x = speed_mps
        self._command.publish(message)

    def drive_until(self, condition, speed_mps: float, limit_s: float = LIMIT_S) -> bool:
        def ask() -> bool:
            self.drive(speed_mps)
            return condition()

        return spin_until(self.node, ask, limit_s)

    def wait_for_all(self) -> None:
        assert spin_until(self.node, lambda: all(self.heard.values()), LIMIT_S), [t for t, m in self.heard.items() if not m]


@pytest.fixture
def make_driver():
    made = []

    def make(**options) -> Driver:
        made.append(Driver(**options))
        return made[-1]

    yield make
    for driver in made:
        driver.node.destroy_node()


def start(folder: Path, *parameters: str, namespace: str = "", world: str = WORLD) -> RealNode:
    (folder / "world.yaml").write_text(world)
    values = (f"world_file:={folder / 'world.yaml'}", *parameters)
    args = [arg for value in values for arg in ("-p", value)]
    node = RealNode(COMMAND, (*args, *(("-r", f"__ns:={namespace}") if namespace else ())), folder)
    node.wait_until_it_says("ready")
    return node


def stamp_s(stamp) -> float:
    return stamp.sec + 1e-9 * stamp.nanosec


def test_it_publishes_what_a_robot_would_and_the_truth(tmp_path: Path, make_driver) -> None:
    driver = make_driver()
    with start(tmp_path) as node:
        driver.wait_for_all()
        assert spin_until(driver.node, lambda: len(driver.heard["scan"]) > 5, LIMIT_S)
        scan = driver.latest("scan")
        assert (scan.header.frame_id, len(scan.ranges)) == ("laser", 360)
        assert np.nanmedian(scan.ranges) == pytest.approx(2.0, abs=0.6)
        odometry = driver.latest("odom")
        assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "base_link")
        assert odometry.pose.covariance[0] > 0.0
        frames = {(t.header.frame_id, t.child_frame_id) for m in driver.heard["/tf"] for t in m.transforms}
        assert frames == {("map", "odom"), ("odom", "base_link")}
        mount = driver.latest("/tf_static").transforms[0]
        assert (mount.header.frame_id, mount.child_frame_id) == ("base_link", "laser")
        assert mount.transform.translation.z == pytest.approx(0.2156)
        assert "screen_pan_joint" in driver.latest("joint_states").name
        drawn = driver.latest("map")
        cells = np.array(drawn.data).reshape(drawn.info.height, drawn.info.width)
        column, row = (int((v - o) / drawn.info.resolution) for v, o in
                       ((0.0, drawn.info.origin.position.x), (1.5, drawn.info.origin.position.y)))  # fmt: skip
        assert cells[row, column] == 0  # the parcel is not in the map
        state = driver.latest("simulation/state")
        assert [person.id for person in state.people] == ["Anna"]
        assert list(state.doors_open) == ["flap"]
        assert 0.0 < state.realtime_factor < 1.5
        # Everything is stamped in the time that it publishes, which moves on in steps of 10 ms.
        times = [stamp_s(clock.clock) for clock in driver.heard["/clock"]]
        assert (np.diff(times) > 0.009).all()
        assert abs(times[-1] - stamp_s(odometry.header.stamp)) < 5.0
        assert node.stop() == 0


def test_it_drives_hits_the_wall_and_says_so(tmp_path: Path, make_driver) -> None:
    driver = make_driver()
    with start(tmp_path) as node:
        driver.wait_for_all()
        assert driver.latest("simulation/contacts").contacts == []
        assert driver.drive_until(lambda: driver.latest("simulation/contacts").contacts, 0.8)
        contact = driver.latest("simulation/contacts").contacts[0]
        assert (contact.kind, contact.name, contact.by_robot) == ("wall", "east", True)
        assert 0.2 < contact.speed_mps < 0.9  # it slows down when commands come late on a busy machine
        assert contact.position.x == pytest.approx(1.95, abs=0.02)
        assert spin_until(driver.node, lambda: driver.latest("simulation/state").clearance_m < 0.05, LIMIT_S)
        assert node.stop() == 0


def test_it_stands_still_soon_after_the_last_command(tmp_path: Path, make_driver) -> None:
    driver = make_driver()
    with start(tmp_path) as node:
        driver.wait_for_all()
        assert driver.drive_until(lambda: driver.latest("simulation/state").twist.linear.x > 0.25, 0.3)
        assert spin_until(driver.node, lambda: abs(driver.latest("simulation/state").twist.linear.x) < 0.01, LIMIT_S)
        assert driver.latest("simulation/contacts").contacts == []
        assert node.stop() == 0


def test_the_screen_turns(tmp_path: Path, make_driver) -> None:
    driver = make_driver()
    trajectory = JointTrajectory(joint_names=["other", "screen_pan_joint"])
    trajectory.points = [JointTrajectoryPoint(positions=[0.0, 0.5])]

    def screen_rad() -> float:
        driver.screen.publish(trajectory)
        joints = driver.latest("joint_states")
        return joints.position[list(joints.name).index("screen_pan_joint")]

    with start(tmp_path) as node:
        driver.wait_for_all()
        assert spin_until(driver.node, lambda: abs(screen_rad() - 0.5) < 0.02, LIMIT_S)
        trajectory.joint_names = ["other", "another"]
        spin_until(driver.node, lambda: "no points for joint" in node.output or screen_rad() is None, LIMIT_S)
        node.wait_until_it_says("no points for joint screen_pan_joint")
        assert node.stop() == 0


def test_commands_that_are_no_numbers_are_reported_and_the_robot_stops(tmp_path: Path, make_driver) -> None:
    driver = make_driver()
    with start(tmp_path) as node:
        driver.wait_for_all()
        assert driver.drive_until(lambda: driver.latest("simulation/state").twist.linear.x > 0.15, 0.2)
        assert driver.drive_until(lambda: abs(driver.latest("simulation/state").twist.linear.x) < 0.01, float("nan"))
        node.wait_until_it_says("cmd_vel is not used")
        assert node.stop() == 0


def test_in_a_namespace_on_system_time_with_stamped_commands(tmp_path: Path, make_driver) -> None:
    driver = make_driver(namespace="/robot1", stamped=True)
    with start(tmp_path, "publish_clock:=false", "stamped_cmd_vel:=true", namespace="/robot1") as node:
        topics = {topic: messages for topic, messages in driver.heard.items() if topic != "/clock"}
        assert spin_until(driver.node, lambda: all(topics.values()), LIMIT_S)
        assert driver.drive_until(lambda: driver.latest("simulation/state").twist.linear.x > 0.2, 0.3)
        assert abs(stamp_s(driver.latest("odom").header.stamp) - time.time()) < 60.0
        assert not driver.heard["/clock"]
        assert driver.latest("odom").header.frame_id == "odom"
        assert node.stop() == 0


def test_sigterm_ends_it_cleanly(tmp_path: Path) -> None:
    import signal

    with start(tmp_path) as node:
        assert node.stop(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("parameters", "code", "words"),
    [
        (("world_file:=nowhere.yaml",), 1, "nowhere.yaml does not exist"),
        (("map_file:=nowhere.yaml",), 1, "nowhere.yaml: cannot be read"),
        (("start_pose_map:=[0.0, 4.2, 0.0]",), 1, "cannot start at (0 m, 4.2 m, 0 rad)"),
        (("lidar.rays:=1", "lidar.rayz:=9"), 2, "did you mean lidar.rays"),
        (("lidar.rate_hz:=7.0",), 2, "choose a rate whose period is a multiple"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_and_an_exit_code(tmp_path: Path, parameters, code, words) -> None:
    args = tuple(arg for value in parameters for arg in ("-p", value))
    with RealNode(COMMAND, args, tmp_path) as node:
        assert node.wait(120.0) == code
        assert words in node.output
        assert "Traceback" not in node.output
