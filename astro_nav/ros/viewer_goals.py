"""Goals from the page: to the action `navigate_to_pose`, with what comes of them in sentences."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from rclpy.action import ActionClient, get_action_names_and_types
from rclpy.node import Node

from astro_nav.errors import ParameterError
from astro_nav.ros.action_types import load_action_types
from astro_nav.ros.conversion import message_from_pose
from astro_nav.types import FloatArray

ACTION = "navigate_to_pose"
DRIVING_ACTIONS = (ACTION, "navigate_through_poses", "follow_person")
ACKNOWLEDGE_PATIENCE_S = 5.0  # a server that is alive says within milliseconds whether it takes a goal

Say = Callable[[dict[str, Any]], None]


class ViewerGoals:
    """One goal at a time; a new one replaces the one on the way, whoever sent that.

    Args:
        node: whose executor runs the callbacks.
        map_frame: in which goals are.
        say: told what becomes of the goal: `state` (sent, driving, reached, failed, canceled, or empty), `sentence`, `goal`, `left`.
    """

    def __init__(self, node: Node, map_frame: str, say: Say) -> None:
        self._node, self._map_frame, self._say_news = node, map_frame, say
        self._clients: dict[str, ActionClient] = {}
        # Made at once: a request that is sent before the server has been found is lost.
        self._cancel_clients = [node.create_client(CancelGoal, f"{name}/_action/cancel_goal") for name in DRIVING_ACTIONS]
        self._number = 0
        self._handle: Any = None
        self._sent_s = math.inf
        self._goal: FloatArray | None = None
        self._waiting: FloatArray | None = None  # goal that is sent once the server is found
        self._pose_map_base: FloatArray | None = None
        self._is_canceling = self._is_cancel_waiting = False
        self._is_last_cancel = False  # whether the newest wish is that there be no goal

    def prepare(self) -> None:
        """Look for the action already, so that the first goal need not wait."""
        self._find_client()

    def send(self, goal_map: FloatArray) -> None:
        """Send a goal (3,); what still comes back about the one before is ignored."""
        self._begin(is_cancel=False)
        self._goal = goal_map
        self._say("sent", "The goal is on its way to the global planner.")
        self._waiting = goal_map
        self._push()

    def cancel(self, pose_map_base: FloatArray | None) -> None:
        """Give up whatever the robot is on its way to, whoever sent it there.

        Args:
            pose_map_base: (3,) where the robot is; None when that is not known.
        """
        self._begin(is_cancel=True)
        self._pose_map_base = pose_map_base
        self._is_cancel_waiting = True
        self._say("canceling", "The goal is being canceled.")
        self._push()

    def look_after(self, now_s: float) -> None:
        """To be called now and then, with monotonic time: sends what waits, and says so when nobody answers."""
        self._push()
        if now_s - self._sent_s > ACKNOWLEDGE_PATIENCE_S:
            self._sent_s, self._waiting, self._is_cancel_waiting = math.inf, None, False
            silent = "the global planner does not answer" if self._list_types() else f"nobody offers {ACTION}"
            what = self._describe_foreign_type() or silent
            self._say("failed", f"Nothing has come of it within {ACKNOWLEDGE_PATIENCE_S:g} s: {what}. Is it running? Try again.")

    def _begin(self, is_cancel: bool) -> None:
        self._number += 1
        self._is_last_cancel = is_cancel
        self._handle, self._waiting, self._is_canceling, self._is_cancel_waiting = None, None, False, False
        self._sent_s = time.monotonic()

    def _push(self) -> None:
        """Send what waits, if it can be heard."""
        if self._waiting is not None and (client := self._find_client()) is not None and client.server_is_ready():
            goal_map, self._waiting = self._waiting, None
            self._request(client, goal_map)
        if self._is_cancel_waiting and (ready := [client for client in self._cancel_clients if client.service_is_ready()]):
            self._is_cancel_waiting = False
            number, answers = self._number, []
            for client in ready:
                # No id and no time: all goals of that action (action_msgs/srv/CancelGoal).
                client.call_async(CancelGoal.Request()).add_done_callback(
                    lambda done: self._take_canceled(number, answers, len(ready), done.result())
                )

    def _find_client(self) -> ActionClient | None:
        """A client for the type under which the action is offered; None when it is not, or under no type that is installed."""
        for type_name in self._list_types():
            package = type_name.partition("/")[0]
            if package in self._clients:
                return self._clients[package]
            try:
                action = load_action_types(package).to_pose
            except ParameterError:
                continue
            self._clients[package] = ActionClient(self._node, action, ACTION)
            return self._clients[package]
        return None

    def _list_types(self) -> list[str]:
        return dict(get_action_names_and_types(self._node)).get(self._node.resolve_service_name(ACTION), [])

    def _describe_foreign_type(self) -> str:
        types = self._list_types()
        return f"{ACTION} is offered as {', '.join(types)} alone, which is not installed here" if types and self._find_client() is None else ""

    def _request(self, client: ActionClient, goal_map: FloatArray) -> None:
        number = self._number
        request = client._action_type.Goal()
        request.pose.header.frame_id = self._map_frame
        request.pose.pose = message_from_pose(goal_map)
        future = client.send_goal_async(request, feedback_callback=lambda message: self._take_feedback(number, message))
        future.add_done_callback(lambda done: self._take_acceptance(number, done.result()))

    def _take_acceptance(self, number: int, handle: Any) -> None:
        if number != self._number:
            if self._is_last_cancel and handle.accepted:
                handle.cancel_goal_async()  # it was on its way when everything was canceled
            return
        self._sent_s = math.inf
        if not handle.accepted:
            self._say("failed", "The global planner did not accept the goal: its log says why.")
            return
        self._handle = handle
        handle.get_result_async().add_done_callback(lambda done: self._take_result(number, done.result()))
        if self._is_canceling:
            handle.cancel_goal_async()
        else:
            self._say("driving", "")

    def _take_feedback(self, number: int, message: Any) -> None:
        if number == self._number and not self._is_canceling:
            left_m = float(message.feedback.distance_remaining)
            tries = int(message.feedback.number_of_recoveries)
            self._say("driving", f"It has had to try something else {tries} times." if tries else "", left_m)

    def _take_result(self, number: int, response: Any) -> None:
        if number != self._number:
            return
        self._handle = None
        sentence = str(getattr(response.result, "error_msg", ""))
        if response.status == GoalStatus.STATUS_SUCCEEDED:
            self._say("reached", "The goal is reached.")
        elif response.status == GoalStatus.STATUS_CANCELED or self._is_canceling:
            self._goal = None
            self._say("canceled", "The goal is canceled.")
        else:
            self._say("failed", f"The goal is not reached: {sentence or 'the global planner does not say why'}")

    def _take_canceled(self, number: int, answers: list[int], expected: int, response: Any) -> None:
        answers.append(len(response.goals_canceling) if response is not None else 0)
        if number != self._number or len(answers) < expected:
            return
        self._goal = None
        if any(answers):
            self._sent_s = math.inf
            self._say("canceled", "The goal is canceled.")
        elif self._pose_map_base is None:
            self._sent_s = math.inf
            self._say("failed", "No action has a goal; and where the robot is is not known, so that a goal from goal_pose cannot be replaced.")
        else:
            # A goal from the topic goal_pose has no action that could be canceled. One of ours, right here, replaces it and is canceled at once.
            self._is_canceling, self._waiting = True, self._pose_map_base
            self._push()

    def _say(self, state: str, sentence: str, left_m: float = math.nan) -> None:
        goal = None if self._goal is None else [round(1e3 * self._goal[0]), round(1e3 * self._goal[1]), round(float(self._goal[2]), 4)]
        self._say_news({"state": state, "sentence": sentence, "goal": goal, "left": round(left_m, 2) if math.isfinite(left_m) else None})
