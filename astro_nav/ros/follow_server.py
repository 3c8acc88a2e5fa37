"""Following over ROS: the action `follow_person`, what is tracked in, whom the robot follows out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from astro_nav_msgs.action import FollowPerson
from astro_nav_msgs.msg import FollowedPerson, TrackedObstacles
from rclpy.action import CancelResponse
from rclpy.action.server import ServerGoalHandle

from astro_nav.following.follow_task import FollowFeedback
from astro_nav.following.sighting import Sighting
from astro_nav.geometry import se2
from astro_nav.global_planning.navigator import EndGoal, Ending
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.ros.conversion import header_from, seconds_from_time
from astro_nav.ros.goal_servers import RESULT_LIFETIME_S, PatientActionServer, conclude_goal
from astro_nav.ros.node import RELIABLE, StackNode
from astro_nav.types import FloatArray


class FollowServer:
    """Serves `follow_person` and says on `followed_person` whom the robot follows.

    Args:
        node: whose executor runs the callbacks.
        accept: called with the id of every goal, the person's name and the distance; it may end the goal at once.
        cancel: called with the id of a goal that a client wants canceled; returns whether it was on the way.
    """

    def __init__(self, node: StackNode[Any], accept: Callable[[bytes, str, float], None], cancel: Callable[[bytes], bool]) -> None:
        self._accept, self._cancel = accept, cancel
        self._goals: dict[bytes, ServerGoalHandle] = {}
        self._publisher = node.create_publisher(FollowedPerson, "followed_person", RELIABLE)
        self._follows = False
        self._server = PatientActionServer(
            node,
            FollowPerson,
            "follow_person",
            lambda handle: self._conclude(handle, EndGoal(bytes(handle.goal_id.uuid), Ending.ABORTED, ErrorCode.UNKNOWN, "nobody ended the goal")),
            handle_accepted_callback=self._take_goal,
            cancel_callback=self._take_cancel,
            result_timeout=RESULT_LIFETIME_S,
        )

    def end(self, effect: EndGoal) -> bool:
        """Have a goal's result sent; returns whether it was one of this action."""
        handle = self._goals.pop(effect.goal_id, None) if isinstance(effect.goal_id, bytes) else None
        if handle is None:
            return False
        self._server.finish(handle, lambda ended: self._conclude(ended, effect))
        return True

    def tell(self, feedback: FollowFeedback | None, track_id: int, stamp_s: float, map_frame: str) -> None:
        """Tell the client how it goes, and the local planner whom the robot follows; once more when it follows nobody any more.

        Args:
            feedback: None when nobody is followed.
            track_id: of who is followed and in sight, else 0.
            stamp_s: time of the decision.
            map_frame: name of the map's frame.
        """
        if feedback is None and not self._follows:
            return
        self._follows = feedback is not None
        self._publisher.publish(FollowedPerson(header=header_from(stamp_s, map_frame), track_id=track_id))
        handle = None if feedback is None else self._goals.get(feedback.goal_id)  # type: ignore[arg-type]  # ids of goals are bytes here
        if feedback is None or handle is None or not handle.is_active:
            return
        handle.publish_feedback(
            FollowPerson.Feedback(
                state=int(feedback.state),
                track_id=feedback.track_id,
                visible=feedback.is_visible,
                distance_m=feedback.distance_m,
                sentence=feedback.sentence,
            )
        )

    def destroy(self) -> None:
        """Take the action away."""
        self._server.destroy()

    def _take_goal(self, handle: ServerGoalHandle) -> None:
        goal_id = bytes(handle.goal_id.uuid)
        self._goals[goal_id] = handle
        handle.execute()
        self._accept(goal_id, handle.request.id, float(handle.request.distance_m))

    def _take_cancel(self, handle: ServerGoalHandle) -> CancelResponse:
        return CancelResponse.ACCEPT if self._cancel(bytes(handle.goal_id.uuid)) else CancelResponse.REJECT

    def _conclude(self, handle: ServerGoalHandle, effect: EndGoal) -> FollowPerson.Result:
        return conclude_goal(handle, effect, FollowPerson.Result())


def read_sightings(message: TrackedObstacles, pose_map_frame: FloatArray) -> list[Sighting]:
    """What is tracked, in the map.

    Args:
        message: in any frame.
        pose_map_frame: (3,) of that frame in the map.
    """
    stamp_s = seconds_from_time(message.header.stamp)
    cos, sin = math.cos(pose_map_frame[2]), math.sin(pose_map_frame[2])
    turn = np.array([[cos, -sin], [sin, cos]])
    sightings = []
    for obstacle in message.obstacles:
        position = se2.transform_points(pose_map_frame, np.array([obstacle.position.x, obstacle.position.y]))
        way = np.array([(point.x, point.y) for point in obstacle.predicted_positions]).reshape(-1, 2)
        way_map = se2.transform_points(pose_map_frame, way) if len(way) and np.isfinite(way).all() else np.zeros((0, 2))
        velocity = turn @ np.array([obstacle.velocity.x, obstacle.velocity.y])
        sightings.append(
            Sighting(
                obstacle.id, obstacle.label, obstacle.person, obstacle.moving, stamp_s, position, velocity, way_map, obstacle.predicted_step_s
            )
        )
    return sightings
