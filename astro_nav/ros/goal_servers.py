"""The actions `navigate_to_pose` and `navigate_through_poses`: goals in, feedback and results out.

What rclpy (7.1, its source) wants of a server whose goals take minutes:
- no execute callback may wait: an ordinary one would hold up the only thread of the executor, and a coroutine that waits
  for a future is run again and again in a busy loop. So rclpy's execution begins only when a goal has ended;
- a goal may be `canceled()` only after a client's cancel request; one that is replaced by another is aborted;
- an exception in a goal callback ends the node, so that whatever is wrong with a goal is its result instead;
- a client that has just found the server may ask before the server has found the reader of its answers. rmw_fastrtps
  waits 100 ms for that (`rmw_response.cpp`) and then drops the answer, and rclpy the goal. So it is waited for here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.node import Node

from astro_nav.global_planning.navigator import EndGoal, Ending, Feedback
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.ros.action_types import ActionTypes, fill_result, list_poses
from astro_nav.ros.conversion import stamped_from_pose

RESULT_LIFETIME_S = 60  # for how long a client can still fetch a result
FIND_CLIENT_LIMIT_S = 2.0  # a client that cannot be found by then has gone away
FIND_CLIENT_PERIOD_S = 0.01
SERVICES = {"goal": "send_goal", "cancel": "cancel_goal", "result": "get_result"}  # what an action consists of


class PatientActionServer(ActionServer):
    """An action server whose goals are executed, in rclpy's sense, by their end alone, and whose answers arrive."""

    def __init__(self, node: Node, action: type, name: str, *args: Any, **options: Any) -> None:
        self._graph, self._full_name = node, node.resolve_service_name(name)
        super().__init__(node, action, name, *args, **options)

    async def execute(self, taken_data: Any) -> None:
        """Answer the requests that were taken, once those who sent them can hear it."""
        for kind in SERVICES:
            if kind in taken_data:
                self._find_clients(f"{self._full_name}/_action/{SERVICES[kind]}")
        await super().execute(taken_data)

    def _find_clients(self, service: str) -> None:
        """Wait until for everybody who writes requests the reader of the answers is known, too; as a rule it is.

        These are the names of topics below a service with every DDS middleware; another one has none, and nothing is waited for.
        """
        end_s = time.monotonic() + FIND_CLIENT_LIMIT_S
        while time.monotonic() < end_s:
            writers = self._graph.get_publishers_info_by_topic(f"rq{service}Request", no_mangle=True)
            readers = self._graph.get_subscriptions_info_by_topic(f"rr{service}Reply", no_mangle=True)
            if len(readers) >= len(writers):
                return
            time.sleep(FIND_CLIENT_PERIOD_S)

    def notify_execute(self, goal_handle: ServerGoalHandle, execute_callback: Any) -> None:
        """Called when a goal has become `executing`: nothing has to run for that."""

    def finish(self, goal_handle: ServerGoalHandle, conclude: Callable[[ServerGoalHandle], Any]) -> None:
        """Have `conclude` bring the goal into its last state and return its result, which is then sent."""
        super().notify_execute(goal_handle, conclude)


@dataclass(frozen=True)
class _Goal:
    handle: ServerGoalHandle
    server: PatientActionServer
    action: type
    is_list: bool


class GoalServers:
    """Both actions; goals are told apart by their action id.

    Args:
        node: whose executor runs the callbacks.
        accept: called with the id and the poses of every goal; it, too, may end the goal at once.
        cancel: called with the id of a goal that a client wants canceled; returns whether it was on the way.
        types: of the actions.
    """

    def __init__(
        self,
        node: Node,
        accept: Callable[[bytes, Sequence[PoseStamped]], None],
        cancel: Callable[[bytes], bool],
        types: ActionTypes,
    ) -> None:
        self._types = types
        self._accept, self._cancel = accept, cancel
        self._goals: dict[bytes, _Goal] = {}
        self._servers = [
            PatientActionServer(
                node,
                action,
                name,
                lambda handle, action=action: _abort_unfinished(handle, action),  # never called: every goal brings its own end
                handle_accepted_callback=self._take_goal,
                cancel_callback=self._take_cancel,
                result_timeout=RESULT_LIFETIME_S,
            )
            for action, name in ((types.to_pose, "navigate_to_pose"), (types.through_poses, "navigate_through_poses"))
        ]

    def end(self, effect: EndGoal) -> bool:
        """Have a goal's result sent; returns whether the goal came from a client of the actions."""
        goal = self._goals.pop(effect.goal_id, None) if isinstance(effect.goal_id, bytes) else None
        if goal is None:
            return False
        goal.server.finish(goal.handle, lambda handle: conclude_goal(handle, effect, goal.action.Result()))
        return True

    def send_feedback(self, feedback: Feedback, stamp_s: float, map_frame: str) -> None:
        """Tell the client of the goal on the way how it goes."""
        goal = self._goals.get(feedback.goal_id) if isinstance(feedback.goal_id, bytes) else None
        if goal is None or not goal.handle.is_active:
            return
        message: Any = goal.action.Feedback()
        message.current_pose = stamped_from_pose(feedback.pose_map_base, stamp_s, map_frame)
        message.navigation_time = _make_duration(feedback.elapsed_s)
        message.estimated_time_remaining = _make_duration(feedback.time_left_s)
        message.number_of_recoveries = min(feedback.recoveries, 2**15 - 1)
        message.distance_remaining = feedback.distance_left_m
        if goal.is_list:
            message.number_of_poses_remaining = feedback.goals_left
        goal.handle.publish_feedback(message)

    def destroy(self) -> None:
        """Take the actions away."""
        for server in self._servers:
            server.destroy()

    def _take_goal(self, handle: ServerGoalHandle) -> None:
        goal_id, request = bytes(handle.goal_id.uuid), handle.request
        is_list = isinstance(request, self._types.through_poses.Goal)
        action = self._types.through_poses if is_list else self._types.to_pose
        self._goals[goal_id] = _Goal(handle, self._servers[1 if is_list else 0], action, is_list)
        handle.execute()
        self._accept(goal_id, list_poses(request))

    def _take_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        return CancelResponse.ACCEPT if self._cancel(bytes(handle.goal_id.uuid)) else CancelResponse.REJECT


def conclude_goal(handle: ServerGoalHandle, effect: EndGoal, result: Any) -> Any:
    """Bring a goal into its last state; returns its result."""
    fill_result(result, int(effect.error_code), effect.message)
    if effect.ending is Ending.SUCCEEDED:
        handle.succeed()
    elif effect.ending is Ending.CANCELED and handle.is_cancel_requested:
        handle.canceled()
    else:
        handle.abort()
    return result


def _abort_unfinished(handle: ServerGoalHandle, action: Any) -> Any:
    """What rclpy would execute if nobody ended the goal."""
    effect = EndGoal(bytes(handle.goal_id.uuid), Ending.ABORTED, ErrorCode.UNKNOWN, "nobody ended the goal")
    return conclude_goal(handle, effect, action.Result())


def _make_duration(duration_s: float) -> Duration:
    whole = int(max(duration_s, 0.0))
    return Duration(sec=whole, nanosec=int(1e9 * (max(duration_s, 0.0) - whole)))
