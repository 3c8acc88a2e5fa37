"""Sends goals to the action `navigate_to_pose` and keeps what comes back."""

from __future__ import annotations

import math
from typing import Any

from action_msgs.msg import GoalStatus
from astro_nav_msgs.action import NavigateToPose
from rclpy.action import ActionClient
from rclpy.node import Node

from astro_nav.demo.goals import Goal
from astro_nav.ros.conversion import message_from_pose

ACKNOWLEDGE_PATIENCE_S = 3.0  # a server that is alive says within milliseconds whether it takes a goal


class GoalClient:
    """One goal at a time; a new one replaces the one on the way, as preemption does.

    A goal or its acknowledgement can get lost while server and client are still finding each other: the goal is then sent
    again, and replaces the first one if that did arrive.

    Attributes:
        distance_left_m: along the way, from the newest feedback; NaN before the first.
        recoveries: how often the robot had to try something else, from the newest feedback.
    """

    def __init__(self, node: Node, map_frame: str) -> None:
        self._client = ActionClient(node, NavigateToPose, "navigate_to_pose")
        self._map_frame = map_frame
        self._number = 0
        self._handle: Any = None
        self._unacknowledged: tuple[Goal, float] | None = None
        self._answer: tuple[bool, int, str] | None = None
        self.distance_left_m = math.nan
        self.recoveries = 0

    @property
    def is_server_ready(self) -> bool:
        """Whether somebody offers the action."""
        return bool(self._client.server_is_ready())

    @property
    def answer(self) -> tuple[bool, int, str] | None:
        """(succeeded, error code, sentence) of the goal that was sent last; None while it is on the way."""
        return self._answer

    def look_after(self, now_s: float) -> bool:
        """To be called in every round: sends a goal again that nobody has acknowledged; returns whether it did.

        Args:
            now_s: of the clock that `send` was given.
        """
        if self._unacknowledged is None or now_s - self._unacknowledged[1] < ACKNOWLEDGE_PATIENCE_S:
            return False
        self.send(self._unacknowledged[0], now_s)
        return True

    def send(self, goal: Goal, now_s: float) -> None:
        """Send a goal; what still comes back about the one before is ignored.

        Args:
            goal: where to.
            now_s: of any steady clock.
        """
        self._unacknowledged = (goal, now_s)
        self._number += 1
        number = self._number
        self._handle, self._answer = None, None
        self.distance_left_m, self.recoveries = math.nan, 0
        request = NavigateToPose.Goal()
        request.pose.header.frame_id = self._map_frame
        request.pose.pose = message_from_pose(goal.pose_map)
        future = self._client.send_goal_async(request, feedback_callback=lambda feedback: self._take_feedback(number, feedback))
        future.add_done_callback(lambda done: self._take_acceptance(number, done.result()))

    def cancel(self) -> None:
        """Ask for the goal on the way to be cancelled, if there is one."""
        self._unacknowledged = None
        if self._handle is not None and self._answer is None:
            self._handle.cancel_goal_async()

    def _take_acceptance(self, number: int, handle: Any) -> None:
        if number != self._number:
            return
        self._unacknowledged = None
        if not handle.accepted:
            self._answer = (False, NavigateToPose.Result.UNKNOWN, "the global planner did not accept the goal: its log says why")
            return
        self._handle = handle
        handle.get_result_async().add_done_callback(lambda done: self._take_result(number, done.result()))

    def _take_result(self, number: int, response: Any) -> None:
        if number == self._number:
            result = response.result
            succeeded = response.status == GoalStatus.STATUS_SUCCEEDED and result.error_code == NavigateToPose.Result.NONE
            self._answer = (succeeded, int(result.error_code), result.error_msg)

    def _take_feedback(self, number: int, message: Any) -> None:
        if number == self._number:
            self.distance_left_m = float(message.feedback.distance_remaining)
            self.recoveries = int(message.feedback.number_of_recoveries)
