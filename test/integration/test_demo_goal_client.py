"""The demo's client of `navigate_to_pose`: a goal that is lost on its way is sent again, and answered once."""

from __future__ import annotations

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("astro_nav_msgs.action", reason="astro_nav_msgs is not built: run `make setup`")

from rclpy.node import Node  # noqa: E402
from scenes.real_node import ros_domain, spin_until  # noqa: E402, F401

from astro_nav.demo.goal_client import ACKNOWLEDGE_PATIENCE_S, GoalClient  # noqa: E402
from astro_nav.demo.goals import Goal  # noqa: E402
from astro_nav.global_planning.navigator import EndGoal, Ending  # noqa: E402
from astro_nav.global_planning.plan_result import ErrorCode  # noqa: E402
from astro_nav.ros.action_types import load_action_types  # noqa: E402
from astro_nav.ros.goal_servers import GoalServers  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")
LIMIT_S = 60.0


def test_a_goal_that_nobody_heard_is_sent_again_and_reached() -> None:
    node = Node("client_and_server")
    accepted: list[tuple[bytes, float]] = []
    try:
        client = GoalClient(node, "map")
        client.send(Goal(1.0, 2.0, 0.5), 100.0)  # there is no server yet: it is lost
        types = load_action_types("astro_nav_msgs")
        servers = GoalServers(node, lambda goal_id, poses: accepted.append((goal_id, poses[0].pose.position.x)), lambda goal_id: False, types)
        assert spin_until(node, lambda: client.is_server_ready, LIMIT_S)
        assert not client.look_after(100.0 + 0.9 * ACKNOWLEDGE_PATIENCE_S) and not accepted
        assert client.look_after(100.0 + ACKNOWLEDGE_PATIENCE_S)
        assert spin_until(node, lambda: bool(accepted), LIMIT_S)
        servers.end(EndGoal(accepted[0][0], Ending.SUCCEEDED, ErrorCode.NONE, ""))
        assert spin_until(node, lambda: client.answer is not None, LIMIT_S)
        assert client.answer == (True, 0, "") and [x for _, x in accepted] == [1.0]
        assert not client.look_after(1000.0), "it was acknowledged"
        servers.destroy()
    finally:
        node.destroy_node()


def test_a_goal_that_was_given_up_is_not_sent_again() -> None:
    node = Node("client_alone")
    try:
        client = GoalClient(node, "map")
        client.send(Goal(1.0, 2.0, 0.5), 100.0)
        client.cancel()
        assert not client.look_after(1000.0)
    finally:
        node.destroy_node()
