"""The action `follow_person` of the global planner's process, over DDS; map, transforms and the tracks are the test's."""

from __future__ import annotations

import math
import signal

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from action_msgs.msg import GoalStatus  # noqa: E402
from geometry_msgs.msg import Point, TransformStamped, Vector3  # noqa: E402
from nav_msgs.msg import OccupancyGrid  # noqa: E402
from nav_msgs.msg import Path as PathMessage  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from scenes.real_node import RealNode, ros_domain, spin_until  # noqa: E402, F401
from tf2_msgs.msg import TFMessage  # noqa: E402

from astro_nav.ros.conversion import message_from_occupancy_map, message_from_pose  # noqa: E402
from astro_nav.types import OccupancyMap  # noqa: E402
from astro_nav_msgs.action import FollowPerson, NavigateToPose  # noqa: E402
from astro_nav_msgs.msg import FollowedPerson, TrackedObstacle, TrackedObstacles  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")

COMMAND = ("-m", "astro_nav.ros.global_planner_node")
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PATIENCE_S = 60.0
LEAD_S = 2.1  # follow.lead_s
# The odometry's frame lies elsewhere than the map's, so that a mistaken frame is found out.
POSE_MAP_ODOM = np.array([1.0, 0.5, 0.5 * math.pi])


class World:
    """The test's own node: an empty map, a robot that stands, a person who is where the test says."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("tester")
        self.person_map: np.ndarray | None = None
        self.velocity_map = np.zeros(2)
        self.ways: list[np.ndarray] = []
        self.followed: list[int] = []
        self.feedback: list[FollowPerson.Feedback] = []
        self._map = self.node.create_publisher(OccupancyGrid, "map", LATCHED)
        self._tf = self.node.create_publisher(TFMessage, "/tf", 50)
        self._tracks = self.node.create_publisher(TrackedObstacles, "tracked_obstacles", 1)
        self.node.create_subscription(PathMessage, "plan", self._take_way, LATCHED)
        self.node.create_subscription(FollowedPerson, "followed_person", lambda message: self.followed.append(message.track_id), 10)
        self.follow = ActionClient(self.node, FollowPerson, "follow_person")
        self.navigate = ActionClient(self.node, NavigateToPose, "navigate_to_pose")
        self.node.create_timer(0.05, self._send)
        self._map.publish(message_from_occupancy_map(OccupancyMap(np.zeros((240, 240), np.int8), 0.05, np.array([-6.0, -6.0, 0.0]))))

    def _take_way(self, message: PathMessage) -> None:
        self.ways.append(np.array([(pose.pose.position.x, pose.pose.position.y) for pose in message.poses]).reshape(-1, 2))

    def _send(self) -> None:
        stamp = self.node.get_clock().now().to_msg()
        transforms = []
        for parent, child, pose in (("map", "odom", POSE_MAP_ODOM), ("odom", "base_link", to_odom(np.zeros(2)))):
            transform = TransformStamped()
            transform.header.stamp, transform.header.frame_id, transform.child_frame_id = stamp, parent, child
            message = message_from_pose(pose)
            transform.transform.translation.x, transform.transform.translation.y = message.position.x, message.position.y
            transform.transform.rotation = message.orientation
            transforms.append(transform)
        self._tf.publish(TFMessage(transforms=transforms))
        message = TrackedObstacles()
        message.header.stamp, message.header.frame_id = stamp, "odom"
        if self.person_map is not None:
            x, y, _ = to_odom(self.person_map)
            vx, vy, _ = to_odom(self.person_map + self.velocity_map) - to_odom(self.person_map)
            way = [Point(x=x + 0.1 * k * vx, y=y + 0.1 * k * vy) for k in range(31)]
            message.obstacles.append(
                TrackedObstacle(
                    id=5, label="Anna", person=True, moving=bool(np.hypot(vx, vy) > 0.1), position=Point(x=x, y=y), velocity=Vector3(x=vx, y=vy),
                    radius_m=0.3, predicted_positions=way, predicted_step_s=0.1,
                )
            )  # fmt: skip
        self._tracks.publish(message)

    def spin_until(self, condition) -> bool:
        return spin_until(self.node, condition, PATIENCE_S)

    def send(self, client: ActionClient, goal):
        """Send a goal and wait until it is accepted; returns its handle and the future of its result."""
        assert self.spin_until(client.server_is_ready)
        answer = client.send_goal_async(goal, lambda message: self.feedback.append(message.feedback))
        assert self.spin_until(answer.done) and answer.result().accepted
        return answer.result(), answer.result().get_result_async()

    def await_result(self, future):
        assert self.spin_until(future.done)
        return future.result()


def to_odom(point_map: np.ndarray) -> np.ndarray:
    """A point (2,) of the map, with the map's heading 0, in the odometry's frame."""
    dx, dy = point_map - POSE_MAP_ODOM[:2]
    cos, sin = math.cos(POSE_MAP_ODOM[2]), math.sin(POSE_MAP_ODOM[2])
    return np.array([cos * dx + sin * dy, -sin * dx + cos * dy, -POSE_MAP_ODOM[2]])


def test_follow_from_goal_to_end(tmp_path):
    with RealNode(COMMAND, ("-p", "memory.enabled:=false", "-p", "follow.find_s:=1.0", "-p", "follow.search_s:=2.0", "-p", f"follow.lead_s:={LEAD_S}"), tmp_path) as node:
        world = World()
        try:
            node.wait_until_it_says("map of 240 x 240 cells")
            _follow_and_cancel(world)
            _replace_each_other(world)
            _lose(world)
            _find_nobody(world)
        finally:
            world.node.destroy_node()
        node.process.send_signal(signal.SIGINT)
        assert node.process.wait(60.0) == 0
        assert "Traceback" not in node.output


def _follow_and_cancel(world: World) -> None:
    """Behind a person who walks away the way ends near where they will be, nearer than wanted as it lags; who stands is stood before."""
    world.person_map, world.velocity_map = np.array([2.5, 0.4]), np.array([0.5, 0.0])
    handle, result = world.send(world.follow, FollowPerson.Goal(id="", distance_m=1.0))
    assert world.spin_until(lambda: world.feedback and world.feedback[-1].state == FollowPerson.Feedback.FOLLOWING)
    newest = world.feedback[-1]
    assert newest.track_id == 5 and newest.visible and "Anna" in newest.sentence
    assert abs(newest.distance_m - math.hypot(2.5, 0.4)) < 0.05
    assert world.spin_until(lambda: world.followed and world.followed[-1] == 5)
    assert world.spin_until(lambda: world.ways and len(world.ways[-1]))
    soon = world.person_map + LEAD_S * world.velocity_map
    # The robot is 1.5 m too far behind, which is made up for as far as nearness allows.
    assert 0.55 < math.dist(world.ways[-1][-1], soon) < 1.0
    assert world.ways[-1][-1][0] < soon[0] - 0.5
    world.person_map, world.velocity_map = np.array([1.0, 0.0]), np.zeros(2)
    assert world.spin_until(lambda: world.feedback[-1].state == FollowPerson.Feedback.STANDING and not len(world.ways[-1]))
    canceled = handle.cancel_goal_async()
    assert world.spin_until(canceled.done)
    assert world.await_result(result).status == GoalStatus.STATUS_CANCELED
    assert world.spin_until(lambda: world.followed[-1] == 0)


def _replace_each_other(world: World) -> None:
    """A newer goal of either action ends the one before; the way goes on from one to the other."""
    world.person_map = np.array([2.5, 0.0])
    _, followed = world.send(world.follow, FollowPerson.Goal(id="Anna"))
    assert world.spin_until(lambda: len(world.ways[-1]) > 0)
    begin, goal = len(world.ways), NavigateToPose.Goal()
    goal.pose.header.frame_id, goal.pose.pose.position.x, goal.pose.pose.orientation.w = "map", -3.0, 1.0
    _, navigated = world.send(world.navigate, goal)
    assert world.await_result(followed).result.error_msg == "replaced by a newer goal"
    assert world.spin_until(lambda: len(world.ways[-1]) and abs(world.ways[-1][-1][0] + 3.0) < 0.05)
    _, again = world.send(world.follow, FollowPerson.Goal(id="5"))
    assert world.await_result(navigated).result.error_msg == "replaced by a newer goal"
    assert world.spin_until(lambda: len(world.ways[-1]) and world.ways[-1][-1][0] > 1.0)
    assert all(len(way) for way in world.ways[begin:])
    world.again = again


def _lose(world: World) -> None:
    """A person who vanishes is looked for, and given up with a reason."""
    world.person_map = None
    assert world.spin_until(lambda: world.feedback[-1].state == FollowPerson.Feedback.SEARCHING)
    ended = world.await_result(world.again)
    assert ended.status == GoalStatus.STATUS_ABORTED and ended.result.error_code == FollowPerson.Result.PERSON_LOST
    assert "lost sight of Anna" in ended.result.error_msg
    assert world.spin_until(lambda: not len(world.ways[-1]))


def _find_nobody(world: World) -> None:
    _, result = world.send(world.follow, FollowPerson.Goal(id=""))
    assert world.await_result(result).result.error_code == FollowPerson.Result.PERSON_NOT_FOUND
    _, result = world.send(world.follow, FollowPerson.Goal(id="", distance_m=-2.0))
    ended = world.await_result(result).result
    assert ended.error_code == FollowPerson.Result.UNKNOWN and "distance_m" in ended.error_msg
