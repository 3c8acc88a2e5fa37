"""The live viewer in ROS: it listens only while a page watches, and goals reach the global planner and can be taken back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("astro_nav_msgs.action", reason="astro_nav_msgs is not built: run `make setup`")

from nav_msgs.msg import OccupancyGrid, Odometry  # noqa: E402
from rclpy.node import Node  # noqa: E402
from scenes.real_node import ros_domain, spin_until  # noqa: E402, F401
from tf2_msgs.msg import TFMessage  # noqa: E402
from geometry_msgs.msg import TransformStamped  # noqa: E402
from visualization_msgs.msg import MarkerArray  # noqa: E402

from astro_nav.errors import AstroNavError  # noqa: E402
from astro_nav.global_planning.navigator import EndGoal, Ending  # noqa: E402
from astro_nav.global_planning.plan_result import ErrorCode  # noqa: E402
from astro_nav.ros import viewer_goals, viewer_node  # noqa: E402
from astro_nav.ros.action_types import load_action_types  # noqa: E402
from astro_nav.ros.executor import make_executor  # noqa: E402
from astro_nav.ros.goal_servers import GoalServers  # noqa: E402
from astro_nav.ros.markers import serialize_picture  # noqa: E402
from astro_nav.ros.node import LATEST  # noqa: E402
from astro_nav.ros.viewer_node import ViewerNode, import_message_class  # noqa: E402
from astro_nav.viewer.hub import Hub  # noqa: E402
from astro_nav.viewer.scene import ViewedRobot  # noqa: E402
from astro_nav.visualization.markers import Label, Lines, Picture  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")
LIMIT_S = 60.0


class Stage:
    """The viewer in the executor that it has in life, and a robot beside it."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.viewer = ViewerNode(self.hub, ViewedRobot(np.array([[0.2, 0.1], [-0.2, 0.1], [-0.2, -0.1], [0.2, -0.1]])))
        self.robot = Node("robot")
        self._executor = make_executor(self.viewer.context)
        self._executor.add_node(self.viewer)
        self.parts: dict[str, object] = {}

    def wait_for(self, condition: Callable[[], object], watcher=None) -> None:
        def look() -> bool:
            self._executor.spin_once(timeout_sec=0.01)
            for news in [] if watcher is None else watcher.wait_for_news(0.0):
                self.parts[news.name] = json.loads(news.value)
            return bool(condition())

        assert spin_until(self.robot, look, LIMIT_S), self.parts

    @property
    def mission(self) -> dict:
        return self.parts.get("mission", {})

    def close(self) -> None:
        self._executor.shutdown()
        self.viewer.destroy_node()
        self.robot.destroy_node()


@pytest.fixture()
def stage(monkeypatch) -> Iterator[Stage]:
    monkeypatch.setattr(viewer_node, "LINGER_S", 0.2)
    made = Stage()
    yield made
    made.close()


def make_transform(parent: str, child: str, x: float, y: float) -> TransformStamped:
    transform = TransformStamped(child_frame_id=child)
    transform.header.frame_id = parent
    transform.transform.translation.x, transform.transform.translation.y = x, y
    return transform


def test_nothing_is_asked_of_the_robot_while_nobody_watches(stage):
    candidates = stage.robot.create_publisher(MarkerArray, "candidates", 1)
    local_map = stage.robot.create_publisher(OccupancyGrid, "local_map", 1)
    stage.robot.create_publisher(OccupancyGrid, "map", LATEST).publish(_make_map())
    odometry = stage.robot.create_publisher(Odometry, "odom", 1)
    transforms = stage.robot.create_publisher(TFMessage, "/tf", 1)
    stage.wait_for(lambda: stage.viewer.count_publishers("candidates") and stage.viewer.count_publishers("map"))
    assert candidates.get_subscription_count() == local_map.get_subscription_count() == odometry.get_subscription_count() == 0
    with stage.hub.watch() as watcher:
        stage.wait_for(lambda: candidates.get_subscription_count() == 1 and local_map.get_subscription_count() == 1)
        picture = Picture((Lines("candidates", np.array([[0.0, 0, 0], [1, 0, 0]]), np.ones((2, 4), np.float32), 0.01),), (Label("people", 1, np.zeros(3), "Ann"),))

        def say() -> bool:
            candidates.publish(serialize_picture(picture, 1.0, "odom"))
            message = Odometry()
            message.twist.twist.linear.x = 0.25
            odometry.publish(message)
            transforms.publish(TFMessage(transforms=[make_transform("map", "odom", 1.0, 2.0), make_transform("odom", "base_link", 3.0, 4.0)]))
            robot = stage.parts.get("robot") or {}
            return "map" in stage.parts and "picture" in stage.parts and robot.get("speed") == [0.25, 0.0] and robot.get("at") is not None

        stage.wait_for(say, watcher)
        assert stage.parts["robot"]["at"] == [3000, 4000, 0.0] and stage.parts["map"]["cells"] == [0, 1, 4, 1]
        assert stage.parts["picture"]["lines"]["candidates"] == [[255, 255, 255, 1.0, 0, 0, 1000, 0]]
    stage.wait_for(lambda: not stage.viewer.is_listening and candidates.get_subscription_count() == odometry.get_subscription_count() == 0)
    with stage.hub.watch() as watcher:  # what was seen before is not shown to those who come later
        stage.parts.clear()
        stage.wait_for(lambda: candidates.get_subscription_count() == 1 and "map" in stage.parts, watcher)
        assert "picture" not in stage.parts


def _make_map() -> OccupancyGrid:
    message = OccupancyGrid(data=[0, 100])
    message.header.frame_id = "map"
    message.info.width, message.info.height, message.info.resolution = 2, 1, 0.5
    message.info.origin.orientation.w = 1.0
    return message


def test_a_goal_that_nobody_takes_is_answered_with_a_sentence(stage, monkeypatch):
    monkeypatch.setattr(viewer_goals, "ACKNOWLEDGE_PATIENCE_S", 0.3)
    with stage.hub.watch() as watcher:
        stage.viewer.send_goal(np.array([1.0, 2.0, 0.5]))
        stage.wait_for(lambda: stage.mission.get("state") == "failed", watcher)
        assert "nobody offers navigate_to_pose" in stage.mission["sentence"]
        stage.parts.clear()
        stage.viewer.cancel()
        stage.wait_for(lambda: stage.mission.get("state") == "failed", watcher)
        assert "Nothing has come of it" in stage.mission["sentence"]


class Planner:
    """Takes goals as the global planner does."""

    def __init__(self, node: Node) -> None:
        self.goals: list[tuple[bytes, float]] = []
        self.canceled: list[bytes] = []
        self.servers = GoalServers(node, lambda goal_id, poses: self.goals.append((goal_id, poses[0].pose.position.x)), self._cancel, load_action_types("astro_nav_msgs"))

    def _cancel(self, goal_id: bytes) -> bool:
        self.canceled.append(goal_id)
        return True

    def end(self, ending: Ending, sentence: str = "") -> None:
        code = ErrorCode.NONE if ending is not Ending.ABORTED else ErrorCode.NO_VALID_PATH
        self.servers.end(EndGoal(self.goals[-1][0], ending, code, sentence))


def test_goals_are_sent_reached_refused_and_canceled(stage):
    planner = Planner(stage.robot)
    with stage.hub.watch() as watcher:
        stage.wait_for(lambda: stage.viewer._goals._list_types(), watcher)
        for x, ending, state in ((1.0, Ending.SUCCEEDED, "reached"), (2.0, Ending.ABORTED, "failed")):
            stage.viewer.send_goal(np.array([x, 2.0, 0.5]))
            stage.wait_for(lambda: planner.goals and planner.goals[-1][1] == x and stage.mission.get("state") == "driving", watcher)
            assert stage.mission["goal"] == [1e3 * x, 2000, 0.5]
            planner.end(ending, "a wall is in the way")
            stage.wait_for(lambda: stage.mission["state"] == state, watcher)
        assert "a wall is in the way" in stage.mission["sentence"]
        stage.viewer.send_goal(np.array([3.0, 2.0, 0.5]))
        stage.wait_for(lambda: stage.mission.get("state") == "driving" and planner.goals[-1][1] == 3.0, watcher)
        stage.viewer.cancel()
        stage.wait_for(lambda: planner.canceled, watcher)
        planner.end(Ending.CANCELED)
        stage.wait_for(lambda: stage.mission["state"] == "canceled", watcher)
        assert stage.mission["goal"] is None
    planner.servers.destroy()


def test_a_goal_from_the_topic_is_replaced_right_here_and_canceled(stage):
    planner = Planner(stage.robot)
    transforms = stage.robot.create_publisher(TFMessage, "/tf", 1)
    with stage.hub.watch() as watcher:

        def stand() -> bool:
            transforms.publish(TFMessage(transforms=[make_transform("map", "odom", 7.0, 0.0), make_transform("odom", "base_link", 0.5, 0.0)]))
            return (stage.parts.get("robot") or {}).get("at") is not None

        stage.wait_for(stand, watcher)
        stage.wait_for(lambda: stage.viewer._goals._list_types(), watcher)
        stage.viewer.cancel()
        stage.wait_for(lambda: planner.canceled, watcher)
        assert planner.goals[-1][1] == 7.5
        planner.end(Ending.CANCELED)
        stage.wait_for(lambda: stage.mission["state"] == "canceled", watcher)
    planner.servers.destroy()


def test_a_goal_that_is_on_its_way_when_everything_is_canceled_is_canceled_too(stage):
    planner = Planner(stage.robot)
    goals = stage.viewer._goals
    with stage.hub.watch() as watcher:
        stage.wait_for(lambda: goals._list_types() and goals._find_client().server_is_ready(), watcher)
        for x in (1.0, 2.0):
            goals.send(np.array([x, 0.0, 0.0]))
        goals.cancel(None)
        stage.wait_for(lambda: {goal_id for goal_id, _ in planner.goals} == set(planner.canceled) and len(planner.goals) == 2, watcher)
    planner.servers.destroy()


def test_a_planner_that_does_not_answer_is_said(stage, monkeypatch):
    monkeypatch.setattr(viewer_goals, "ACKNOWLEDGE_PATIENCE_S", 0.3)
    monkeypatch.setattr(viewer_goals.ViewerGoals, "_take_acceptance", lambda *_: None)
    planner = Planner(stage.robot)
    with stage.hub.watch() as watcher:
        stage.wait_for(lambda: stage.viewer._goals._list_types(), watcher)
        stage.viewer.send_goal(np.array([1.0, 2.0, 0.5]))
        stage.wait_for(lambda: "the global planner does not answer" in stage.mission.get("sentence", ""), watcher)
    planner.servers.destroy()


def test_the_newest_wish_alone_is_carried_out(stage):
    for x in range(1000):
        stage.viewer.send_goal(np.array([float(x), 0.0, 0.0]))
    assert len(stage.viewer._wishes) == 1


def test_a_type_that_is_not_installed_is_a_sentence():
    with pytest.raises(AstroNavError, match="no_such_msgs/msg/Thing is not installed"):
        import_message_class("no_such_msgs/msg/Thing")
