"""Which types the actions `navigate_to_pose` and `navigate_through_poses` have: the project's own, or Nav2's.

With Nav2's types, rviz2's Nav2 panel and scripts made with nav2_simple_commander send their goals here. Both first ask whether Nav2 is
up: the panel its lifecycle managers (`is_active`), scripts the node `bt_navigator` (`get_state`). These questions are answered, too.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node

from astro_nav.errors import ParameterError

NAV2 = "nav2_msgs"
MANAGERS = ("lifecycle_manager_navigation", "lifecycle_manager_localization")
NAVIGATOR = "bt_navigator"


@dataclass(frozen=True)
class ActionTypes:
    """The types of both actions, with fields named as in nav2_msgs."""

    to_pose: type
    through_poses: type


def load_action_types(package: str) -> ActionTypes:
    """Import the action types of a package, "astro_nav_msgs" or "nav2_msgs".

    Raises:
        ParameterError: when it is not installed.
    """
    try:
        module = importlib.import_module(f"{package}.action")
        return ActionTypes(module.NavigateToPose, module.NavigateThroughPoses)
    except (ImportError, AttributeError) as error:
        raise ParameterError(
            [f"action_package = {package!r} cannot be used, {error}: install ros-$ROS_DISTRO-{package.replace('_', '-')} and source the workspace"],
            "the parameters of global_planner",
        ) from error


def list_poses(request: Any) -> Sequence[PoseStamped]:
    """Poses of a goal of either action; newer releases of Nav2 wrap the list into a nav_msgs/Goals."""
    if hasattr(request, "poses"):
        return getattr(request.poses, "goals", request.poses)
    return [request.pose]


def fill_result(result: Any, error_code: int, sentence: str) -> Any:
    """Write code and sentence into a result; older releases of Nav2 have no field for the sentence."""
    for name, value in (("error_code", error_code), ("error_msg", sentence)):
        if hasattr(result, name):
            setattr(result, name, value)
    return result


def answer_for_nav2(node: Node) -> list[Any]:
    """Serve what Nav2's panel and scripts ask before they send a goal; returns the services.

    Raises:
        ParameterError: when the packages of these services are not installed.
    """
    try:
        get_state, trigger = (importlib.import_module(name) for name in ("lifecycle_msgs.srv", "std_srvs.srv"))
    except ImportError as error:
        raise ParameterError([f"action_package = {NAV2!r} needs lifecycle_msgs and std_srvs, {error}"], "the parameters of global_planner") from error

    def tell_active(_request: Any, response: Any) -> Any:
        response.success = True
        return response

    def tell_state(_request: Any, response: Any) -> Any:
        response.current_state.id, response.current_state.label = response.current_state.PRIMARY_STATE_ACTIVE, "active"
        return response

    services = [node.create_service(trigger.Trigger, f"{manager}/is_active", tell_active) for manager in MANAGERS]
    return [*services, node.create_service(get_state.GetState, f"{NAVIGATOR}/get_state", tell_state)]
