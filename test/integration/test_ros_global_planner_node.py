"""The global planner as a process of its own, asked over DDS; map, transforms and the local planner are the test's."""

from __future__ import annotations

import array
import math
import signal
import time
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from action_msgs.msg import GoalStatus  # noqa: E402
from geometry_msgs.msg import PoseStamped, TransformStamped  # noqa: E402
from nav_msgs.msg import OccupancyGrid  # noqa: E402
from nav_msgs.msg import Path as PathMessage  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from scenes.real_node import RealNode, ros_domain, spin_until  # noqa: E402, F401
from tf2_msgs.msg import TFMessage  # noqa: E402

from astro_nav.ros.conversion import message_from_pose  # noqa: E402
from astro_nav_msgs.action import NavigateThroughPoses, NavigateToPose  # noqa: E402
from astro_nav_msgs.msg import LocalPlannerStatus  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")

COMMAND = ("-m", "astro_nav.ros.global_planner_node")
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PATIENCE_S = 60.0  # for what never comes; a busy machine takes its time
COLD_START_S = 120.0  # compiling every kernel on a busy machine
CODES = NavigateToPose.Result


def make_rooms() -> np.ndarray:
    """Two rooms of 3 x 4 m, x 0 to 3 and 3.1 to 6, with doors at y 0.5 to 1.4 and 2.6 to 3.5."""
    occupancy = np.zeros((80, 122), np.int8)
    occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = occupancy[:, 60:62] = 100
    occupancy[10:28, 60:62] = occupancy[52:70, 60:62] = 0
    return occupancy


def make_map_message(occupancy: np.ndarray, resolution_m: float = 0.05) -> OccupancyGrid:
    message = OccupancyGrid()
    message.header.frame_id = "map"
    message.info.resolution = resolution_m
    message.info.height, message.info.width = occupancy.shape
    message.info.origin.orientation.w = 1.0
    message.data = array.array("b", occupancy.astype(np.int8).tobytes())
    return message


class Robot:
    """The test's own node: publishes map and transforms, sends goals, keeps what it hears; moves along ways at once."""

    def __init__(self, namespace: str = "") -> None:
        self.node = rclpy.create_node("tester", namespace=namespace)
        self.pose = np.array([1.0, 1.0, 0.0])
        self.plans: list[PathMessage] = []
        self.feedback: list = []
        self._sends_transforms = True
        self._map = self.node.create_publisher(OccupancyGrid, "map", LATCHED)
        self._tf = self.node.create_publisher(TFMessage, "/tf", 50)
        self._goal = self.node.create_publisher(PoseStamped, "goal_pose", 10)
        self._status = self.node.create_publisher(LocalPlannerStatus, "local_planner_status", 10)
        self.node.create_subscription(PathMessage, "plan", self.plans.append, LATCHED)
        self.to_pose = ActionClient(self.node, NavigateToPose, "navigate_to_pose")
        self.through_poses = ActionClient(self.node, NavigateThroughPoses, "navigate_through_poses")
        self.handles: list = []
        self.node.create_timer(0.04, self.send_transforms)

    def send_transforms(self) -> None:
        if not self._sends_transforms:
            return
        # One stamp for both, or the pose on the map would be one between this and the one before.
        transforms, stamp = [], self.node.get_clock().now().to_msg()
        for parent, child, pose in (("map", "odom", np.zeros(3)), ("odom", "base_link", self.pose)):
            transform = TransformStamped()
            transform.header.stamp = stamp
            transform.header.frame_id, transform.child_frame_id = parent, child
            message = message_from_pose(pose)
            transform.transform.translation.x, transform.transform.translation.y = message.position.x, message.position.y
            transform.transform.rotation = message.orientation
            transforms.append(transform)
        self._tf.publish(TFMessage(transforms=transforms))

    def silence_transforms(self) -> None:
        self._sends_transforms = False

    def send_map(self, occupancy: np.ndarray, resolution_m: float = 0.05) -> None:
        self._map.publish(make_map_message(occupancy, resolution_m))

    def send_raw_map(self, message: OccupancyGrid) -> None:
        self._map.publish(message)

    def send_topic_goal(self, x: float, y: float, yaw: float = 0.0) -> None:
        self._goal.publish(make_pose(x, y, yaw))

    def send_blocked(self, x: float, y: float) -> None:
        status = LocalPlannerStatus(state=LocalPlannerStatus.BLOCKED, reason="a box")
        status.blocked_point.x, status.blocked_point.y = x, y
        self._status.publish(status)

    def spin_until(self, condition, limit_s: float = PATIENCE_S) -> bool:
        return spin_until(self.node, condition, limit_s)

    def spin(self, duration_s: float) -> None:
        spin_until(self.node, lambda: False, duration_s)

    def send(self, *poses: PoseStamped, as_list: bool = False):
        """Send a goal to an action; returns its handle."""
        client = self.through_poses if as_list else self.to_pose
        request = NavigateThroughPoses.Goal(poses=list(poses)) if as_list else NavigateToPose.Goal(pose=poses[0])
        future = client.send_goal_async(request, feedback_callback=lambda message: self.feedback.append(message.feedback))
        assert self.spin_until(future.done)
        assert future.result().accepted
        self.handles.append(future.result())
        return future.result()

    def wait_for_servers(self) -> None:
        """Both actions are there. Nothing more: the servers have to see to it themselves that their answers arrive."""
        assert self.spin_until(lambda: self.to_pose.server_is_ready() and self.through_poses.server_is_ready())

    def cancel_all(self) -> None:
        for handle in self.handles:
            future = handle.cancel_goal_async()
            self.spin_until(future.done)
        self.handles.clear()

    def wait_until_seen(self) -> None:
        """The planner knows where the robot is: a goal's feedback says so."""
        self.send(make_pose(5.0, 1.0))
        self.feedback.clear()

        def is_seen() -> bool:
            if not self.feedback:
                return False
            pose = self.feedback[-1].current_pose.pose
            yaw_rad = 2.0 * math.atan2(pose.orientation.z, pose.orientation.w)
            return bool(np.allclose([pose.position.x, pose.position.y, yaw_rad], self.pose, atol=1e-3))

        assert self.spin_until(is_seen), self.feedback[-1:]

    def wait_for_result(self, handle, limit_s: float = PATIENCE_S):
        future = handle.get_result_async()
        assert self.spin_until(future.done, limit_s), "no result"
        return future.result()

    def wait_for_way(self, x: float, y: float) -> PathMessage:
        """The newest way, once it ends at a place."""

        def ends_there() -> bool:
            poses = self.plans[-1].poses if self.plans else []
            return bool(poses) and math.hypot(poses[-1].pose.position.x - x, poses[-1].pose.position.y - y) < 0.01

        assert self.spin_until(ends_there), [len(plan.poses) for plan in self.plans]
        return self.plans[-1]

    def stands_still(self) -> bool:
        return bool(self.plans) and len(self.plans[-1].poses) == 0

    def drive(self, x: float, y: float, yaw: float = 0.0) -> None:
        self.pose = np.array([x, y, yaw])


def make_pose(x: float, y: float, yaw: float = 0.0, frame: str = "map") -> PoseStamped:
    stamped = PoseStamped()
    stamped.header.frame_id = frame
    stamped.pose.orientation.z, stamped.pose.orientation.w = math.sin(0.5 * yaw), math.cos(0.5 * yaw)
    stamped.pose.position.x, stamped.pose.position.y = x, y
    return stamped


@pytest.fixture(scope="module")
def shared(ros_domain, tmp_path_factory):  # noqa: F811
    """One running node for the tests that leave it as they found it, and the robot beside it."""
    robot = Robot()
    with RealNode(COMMAND, (), tmp_path_factory.mktemp("node")) as node:
        robot.send_map(make_rooms())
        assert robot.spin_until(lambda: "ready" in node.output, COLD_START_S), node.output
        robot.wait_for_servers()
        yield node, robot
        assert node.stop() == 0
    robot.node.destroy_node()


@pytest.fixture
def robot(shared):
    """The robot at its start, without goals, in the two rooms."""
    node, robot = shared
    robot.drive(1.0, 1.0)
    robot.send_map(make_rooms())
    robot.spin(0.4)
    robot.plans.clear()
    robot.feedback.clear()
    yield robot
    assert node.process.poll() is None, node.output
    robot.cancel_all()


def test_a_goal_is_planned_fed_back_and_reached(robot: Robot) -> None:
    handle = robot.send(make_pose(5.0, 1.0, 0.5))
    way = robot.wait_for_way(5.0, 1.0)
    assert way.header.frame_id == "map"
    assert robot.spin_until(lambda: len(robot.feedback) >= 3)
    feedback = robot.feedback[-1]
    assert 4.0 < feedback.distance_remaining < 4.5
    assert 3 <= feedback.estimated_time_remaining.sec <= 20
    assert feedback.current_pose.pose.position.x == pytest.approx(1.0)
    robot.drive(5.0, 1.0, 0.5)
    result = robot.wait_for_result(handle)
    assert (result.status, result.result.error_code, result.result.error_msg) == (GoalStatus.STATUS_SUCCEEDED, CODES.NONE, "")
    assert robot.spin_until(robot.stands_still)


def test_a_list_of_goals_is_passed_through(robot: Robot) -> None:
    handle = robot.send(make_pose(2.0, 2.0), make_pose(5.0, 3.0, 0.3), as_list=True)
    robot.wait_for_way(5.0, 3.0)
    assert robot.spin_until(lambda: robot.feedback and robot.feedback[-1].number_of_poses_remaining == 2)
    robot.drive(2.0, 2.0)
    assert robot.spin_until(lambda: robot.feedback[-1].number_of_poses_remaining == 1)
    robot.drive(5.0, 3.0, 0.3)
    assert robot.wait_for_result(handle).status == GoalStatus.STATUS_SUCCEEDED


def test_cancel_stops_the_robot(robot: Robot) -> None:
    handle = robot.send(make_pose(5.0, 1.0))
    robot.wait_for_way(5.0, 1.0)
    cancel = handle.cancel_goal_async()
    assert robot.spin_until(cancel.done)
    assert len(cancel.result().goals_canceling) == 1
    assert robot.wait_for_result(handle).status == GoalStatus.STATUS_CANCELED
    assert robot.spin_until(robot.stands_still)


def test_a_new_goal_replaces_the_old_one_without_an_empty_way_between(robot: Robot) -> None:
    first = robot.send(make_pose(5.0, 1.0))
    robot.wait_for_way(5.0, 1.0)
    seen = len(robot.plans)
    second = robot.send(make_pose(5.0, 3.0))
    result = robot.wait_for_result(first)
    assert result.status == GoalStatus.STATUS_ABORTED and "newer goal" in result.result.error_msg
    robot.wait_for_way(5.0, 3.0)
    assert all(len(plan.poses) > 0 for plan in robot.plans[seen:])
    robot.send_topic_goal(1.0, 3.0)
    assert robot.wait_for_result(second).status == GoalStatus.STATUS_ABORTED
    robot.wait_for_way(1.0, 3.0)


@pytest.mark.parametrize(
    "pose, code, words",
    [
        (make_pose(50.0, 1.0), CODES.GOAL_OUTSIDE_MAP, "outside the map"),
        (make_pose(float("nan"), 1.0), CODES.UNKNOWN, "not finite"),
        (make_pose(1.0, 1.0, 0.0, "nowhere"), CODES.TF_ERROR, "nowhere"),
        (make_pose(1.0, 1.0, 0.0, ""), CODES.TF_ERROR, "frame_id is empty"),
        (PoseStamped(), CODES.UNKNOWN, None),
    ],
)
def test_what_is_wrong_with_a_goal_is_its_result(robot: Robot, pose, code, words) -> None:
    if words is None:  # a quaternion of zeros, as a forgetful client sends it
        pose.header.frame_id, words = "map", "no rotation"
        pose.pose.orientation.w = 0.0
    result = robot.wait_for_result(robot.send(pose))
    assert result.status == GoalStatus.STATUS_ABORTED
    assert result.result.error_code == code, result.result.error_msg
    assert words in result.result.error_msg
    robot.send(make_pose(5.0, 1.0))
    robot.wait_for_way(5.0, 1.0)


def test_a_goal_in_the_robots_frame_is_understood(robot: Robot) -> None:
    robot.drive(1.0, 1.0, math.pi / 2)
    robot.wait_until_seen()
    robot.send(make_pose(1.0, 0.0, 0.0, "base_link"))
    way = robot.wait_for_way(1.0, 2.0)
    assert way.poses[-1].pose.orientation.z == pytest.approx(math.sin(math.pi / 4), abs=1e-3)


def test_an_empty_list_is_an_error(robot: Robot) -> None:
    result = robot.wait_for_result(robot.send(as_list=True))
    assert result.result.error_code == CODES.UNKNOWN and "list of goals is empty" in result.result.error_msg


def test_a_closed_room_is_said_to_be_unreachable_and_the_robot_rests(robot: Robot) -> None:
    robot.send(make_pose(5.0, 1.0))
    robot.wait_for_way(5.0, 1.0)
    closed = make_rooms()
    closed[:, 60:62] = 100
    robot.send_map(closed)
    assert robot.spin_until(robot.stands_still), "the map closed the way"
    result = robot.wait_for_result(robot.send(make_pose(5.0, 1.0)))
    assert result.result.error_code == CODES.NO_VALID_PATH and "no way from" in result.result.error_msg


def test_a_blocked_door_makes_it_take_the_other(robot: Robot) -> None:
    robot.drive(2.0, 1.0)
    robot.wait_until_seen()
    robot.send(make_pose(4.5, 1.0))
    robot.wait_for_way(4.5, 1.0)
    assert max(pose.pose.position.y for pose in robot.plans[-1].poses) < 1.5
    seen = len(robot.plans)

    def takes_the_other() -> bool:
        robot.send_blocked(3.05, 0.95)
        ways = [plan for plan in robot.plans[seen:] if plan.poses]
        return bool(ways) and max(pose.pose.position.y for pose in ways[-1].poses) > 2.5

    assert robot.spin_until(takes_the_other)
    assert robot.spin_until(lambda: robot.feedback[-1].number_of_recoveries >= 1)


def test_a_hundred_goals_a_second_leave_the_last_one(robot: Robot) -> None:
    for number in range(200):
        robot.send_topic_goal(1.0 + 0.005 * number, 3.0)
        time.sleep(0.01)
        robot.spin(0.001)
    robot.send_topic_goal(5.0, 3.0)
    robot.wait_for_way(5.0, 3.0)


def test_bad_maps_are_refused_and_the_good_one_stays(robot: Robot) -> None:
    broken = make_map_message(make_rooms())
    broken.data = broken.data[:-7]
    elsewhere = make_map_message(make_rooms())
    elsewhere.header.frame_id = "world"
    for message in (
        make_map_message(np.zeros((0, 0))), make_map_message(make_rooms(), 0.0), make_map_message(make_rooms(), float("nan")),
        broken, elsewhere,
    ):  # fmt: skip
        robot.send_raw_map(message)
        robot.spin(0.2)
    robot.send(make_pose(5.0, 1.0))
    robot.wait_for_way(5.0, 1.0)
    robot.send_map(np.zeros((1, 1)))
    assert robot.spin_until(robot.stands_still), "the way has left the map"
    assert robot.wait_for_result(robot.send(make_pose(5.0, 1.0))).result.error_code == CODES.START_OUTSIDE_MAP
    wild = make_rooms()
    wild[40, 20] = 127
    wild[41, 20] = -77
    robot.send_map(wild)
    robot.plans.clear()
    # Until the map has arrived there is no way.
    for _ in range(20):
        robot.send(make_pose(5.0, 1.0))
        if robot.spin_until(lambda: bool(robot.plans) and not robot.stands_still(), 1.0):
            break
    robot.wait_for_way(5.0, 1.0)


def test_it_starts_before_everything_else_and_says_what_it_waits_for(tmp_path: Path) -> None:
    robot = Robot("early")
    robot.silence_transforms()
    with RealNode(COMMAND, ("-r", "__ns:=/early"), tmp_path) as node:
        node.wait_until_it_says("waiting for a map on /early/map")
        robot.wait_for_servers()
        result = robot.wait_for_result(robot.send(make_pose(5.0, 1.0)))
        assert result.result.error_code in (CODES.UNKNOWN, CODES.TF_ERROR)
        robot.send_map(make_rooms())
        node.wait_until_it_says("no transform map <- base_link")
        result = robot.wait_for_result(robot.send(make_pose(5.0, 1.0)))
        assert result.result.error_code == CODES.TF_ERROR
        assert node.stop(signal.SIGTERM) == 0
    robot.node.destroy_node()


def test_in_a_namespace_with_a_map_file(tmp_path: Path) -> None:
    from astro_nav.mapping.map_file import save_map
    from astro_nav.types import OccupancyMap

    path = tmp_path / "rooms.yaml"
    save_map(OccupancyMap(make_rooms(), 0.05, np.zeros(3)), path)
    robot = Robot("robo")
    maps: list[OccupancyGrid] = []
    robot.node.create_subscription(OccupancyGrid, "map", maps.append, LATCHED)
    with RealNode(COMMAND, ("-r", "__ns:=/robo", "-p", f"map_file:={path}"), tmp_path) as node:
        assert robot.spin_until(lambda: "ready" in node.output and maps, COLD_START_S)
        assert (maps[0].info.width, maps[0].info.height) == (122, 80)
        robot.wait_for_servers()
        robot.send(make_pose(5.0, 1.0))
        robot.wait_for_way(5.0, 1.0)
        assert node.stop(signal.SIGINT) == 0
        assert robot.spin_until(robot.stands_still), "the last word is: no way"
    robot.node.destroy_node()


def test_a_map_file_that_is_not_there_ends_the_node_with_a_sentence(tmp_path: Path) -> None:
    with RealNode(COMMAND, ("-p", f"map_file:={tmp_path / 'none.yaml'}"), tmp_path) as node:
        assert node.wait() == 1
        assert "none.yaml" in node.output


def test_zones_are_taken_live_and_doors_are_found_and_kept(tmp_path: Path) -> None:
    from astro_nav.mapping.map_file import save_map
    from astro_nav.types import OccupancyMap

    map_path, zones = tmp_path / "rooms.yaml", tmp_path / "zones.yaml"
    save_map(OccupancyMap(make_rooms(), 0.05, np.zeros(3)), map_path)
    zones.write_text("zones:\n  - {id: stairs, polygon: [[4.5, 0.5], [5.5, 0.5], [5.5, 1.5], [4.5, 1.5]]}\n")
    robot = Robot("zoned")
    arguments = ("-r", "__ns:=/zoned", "-p", f"map_file:={map_path}", "-p", f"zones_file:={zones}", "-p", "memory.save_s:=0.5")
    with RealNode(COMMAND, arguments, tmp_path) as node:
        assert robot.spin_until(lambda: "1 zones: stairs" in node.output and "narrow passages in map" in node.output, COLD_START_S)
        robot.wait_for_servers()
        result = robot.wait_for_result(robot.send(make_pose(5.0, 1.0)))
        assert result.result.error_code == CODES.GOAL_OCCUPIED
        zones.write_text("zones: nonsense\n")
        assert robot.spin_until(lambda: "the zones stay as they were" in node.output)
        zones.write_text("zones: []\n")
        assert robot.spin_until(lambda: "0 zones" in node.output)
        robot.send(make_pose(5.0, 1.0))
        robot.wait_for_way(5.0, 1.0)
        assert node.stop(signal.SIGINT) == 0
    robot.node.destroy_node()
