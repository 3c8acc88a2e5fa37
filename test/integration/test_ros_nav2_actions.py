"""Goals with Nav2's action types: served when asked for and installed, refused with a sentence when not.

Where nav2_msgs is not installed, a stand-in package gives the project's own types under Nav2's name.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from lifecycle_msgs.srv import GetState  # noqa: E402
from rclpy.action import ActionClient  # noqa: E402
from scenes.real_node import RealNode, ros_domain, spin_until  # noqa: E402, F401
from std_srvs.srv import Trigger  # noqa: E402

from astro_nav.errors import ParameterError  # noqa: E402
from astro_nav.ros.action_types import fill_result, list_poses, load_action_types  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")

COMMAND = ("-m", "astro_nav.ros.global_planner_node")
START_LIMIT_S = 120.0
HAS_NAV2 = importlib.util.find_spec("nav2_msgs") is not None


@pytest.fixture
def nav2(tmp_path: Path, monkeypatch):
    """Nav2's action types, here and in the processes that are started."""
    if not HAS_NAV2:
        package = tmp_path / "python" / "nav2_msgs"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "action.py").write_text("from astro_nav_msgs.action import NavigateThroughPoses, NavigateToPose\n")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(package.parent), os.environ.get("PYTHONPATH", "")])))
        monkeypatch.syspath_prepend(str(package.parent))
    return load_action_types("nav2_msgs")


def call(node, service_type, name):
    client = node.create_client(service_type, name)
    assert spin_until(node, client.service_is_ready, START_LIMIT_S), name
    future = client.call_async(service_type.Request())
    assert spin_until(node, future.done, START_LIMIT_S), name
    return future.result()


def test_goals_of_nav2s_type_are_served(nav2, tmp_path: Path) -> None:
    from astro_nav.mapping.map_file import save_map
    from astro_nav.types import OccupancyMap

    path = tmp_path / "room.yaml"
    save_map(OccupancyMap(np.zeros((40, 40), np.int8), 0.05, np.zeros(3)), path)
    tester = rclpy.create_node("tester")
    arguments = ("-p", "action_package:=nav2_msgs", "-p", f"map_file:={path}", "-p", "search.pose_wait_s:=0.5")
    with RealNode(COMMAND, arguments, tmp_path) as node:
        for manager in ("lifecycle_manager_navigation", "lifecycle_manager_localization"):
            assert call(tester, Trigger, f"{manager}/is_active").success, "the panel asks before it sends a goal"
        assert call(tester, GetState, "bt_navigator/get_state").current_state.label == "active", "scripts ask before they send one"
        for action, name in ((nav2.to_pose, "navigate_to_pose"), (nav2.through_poses, "navigate_through_poses")):
            client = ActionClient(tester, action, name)
            assert spin_until(tester, client.server_is_ready, START_LIMIT_S)
            sent = client.send_goal_async(action.Goal())
            assert spin_until(tester, sent.done, START_LIMIT_S) and sent.result().accepted
            ended = sent.result().get_result_async()
            assert spin_until(tester, ended.done, START_LIMIT_S), "a goal without a frame is wrong, and its result says so"
            assert ended.result().result.error_code > 0
            client.destroy()
        assert node.stop() == 0
    tester.destroy_node()


@pytest.mark.skipif(HAS_NAV2, reason="nav2_msgs is installed here")
def test_without_nav2_the_node_ends_with_a_sentence(tmp_path: Path) -> None:
    with RealNode(COMMAND, ("-p", "action_package:=nav2_msgs"), tmp_path) as node:
        assert node.wait(START_LIMIT_S) == 2
        assert "action_package = 'nav2_msgs' cannot be used" in node.output and "install ros-$ROS_DISTRO-nav2-msgs" in node.output


def test_a_package_without_the_actions_is_refused() -> None:
    with pytest.raises(ParameterError, match="action_package = 'std_msgs'"):
        load_action_types("std_msgs")


def test_releases_differ_in_how_they_list_poses_and_tell_the_reason() -> None:
    assert list_poses(SimpleNamespace(pose="a")) == ["a"]
    assert list_poses(SimpleNamespace(poses=["a", "b"])) == ["a", "b"]
    assert list_poses(SimpleNamespace(poses=SimpleNamespace(goals=["a", "b"]))) == ["a", "b"]
    assert vars(fill_result(SimpleNamespace(error_code=0, error_msg=""), 204, "why")) == {"error_code": 204, "error_msg": "why"}
    assert vars(fill_result(SimpleNamespace(error_code=0), 204, "why")) == {"error_code": 204}
