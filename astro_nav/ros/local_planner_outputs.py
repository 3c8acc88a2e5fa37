"""What the local planner publishes in a cycle. Apart from the trajectory nothing is built while nobody listens."""

from __future__ import annotations

import math
import time

import numpy as np
from astro_nav_msgs.msg import LocalPlannerStatus, SafetyState, TrackedObstacles
from astro_nav_msgs.msg import Trajectory as TrajectoryMessage
from builtin_interfaces.msg import Time
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Path as PathMessage
from rclpy.duration import Duration
from rclpy.publisher import Publisher
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from astro_nav.body.gaze import GazeChooser
from astro_nav.body.screen import ScreenPlanner
from astro_nav.local_planning.local_plan import LocalPlan
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.ros.conversion import message_from_local_grid, message_from_poses, message_from_trajectory
from astro_nav.ros.local_planner_messages import message_from_plan, message_from_screen, message_from_tracks
from astro_nav.ros.markers import serialize_picture
from astro_nav.ros.node import NEWEST, RELIABLE, StackNode
from astro_nav.types import FloatArray, Trajectory
from astro_nav.visualization.markers import (
    Picture,
    draw_candidates,
    draw_guidance,
    draw_people,
    draw_reason,
    draw_robot,
    draw_trajectory,
)

DRAWN_SHARE = 10  # one in ten candidates is drawn
MIN_DRAWN = 20
SAFETY_LIFETIME_S = 1.0  # it speaks five times a second
FAREWELL_LIMIT = Duration(seconds=0.2)


class LocalPlannerOutputs:
    """Publishers of the local planner."""

    def __init__(self, node: StackNode[LocalPlannerParams], params: LocalPlannerParams) -> None:
        self._trajectory = node.create_publisher(TrajectoryMessage, "trajectory", NEWEST)
        self._status = node.create_publisher(LocalPlannerStatus, "local_planner_status", RELIABLE)
        self._tracks = node.create_publisher(TrackedObstacles, "tracked_obstacles", NEWEST)
        self._local_plan = node.create_publisher(PathMessage, "local_plan", NEWEST)
        self._candidates = node.create_publisher(MarkerArray, "candidates", NEWEST)
        self._local_map = node.create_publisher(OccupancyGrid, "local_map", NEWEST)
        # Not for planning: the picture says why the robot is slow, whoever slows it down.
        self._safety_reason, self._safety_s = "", -math.inf
        node.subscribe(SafetyState, "safety_state", self._take_safety_state, NEWEST)
        self._screen: Publisher | None = None
        self._screen_planner: ScreenPlanner | None = None
        if params.robot.screen.joint:
            self._screen = node.create_publisher(JointTrajectory, "screen/joint_trajectory", NEWEST)
        self.update_params(params)

    def update_params(self, params: LocalPlannerParams) -> None:
        """Use other parameters from the next cycle on."""
        self._params = params
        self._footprint = params.robot.footprint
        if self._screen is not None:
            angle = 0.0 if self._screen_planner is None else self._screen_planner.angle_rad
            self._screen_planner = ScreenPlanner(params.robot.screen, params.gaze, angle)
            self._gaze = GazeChooser(params.gaze)

    def publish_motion(
        self, plan: LocalPlan, now_s: float, followed_id: int | None = None, path_odom: FloatArray | None = None
    ) -> None:
        """Publish what moves the robot: first the trajectory, an empty one when there is none, then the screen.

        The screen looks at the track `followed_id`; when that is None, where the robot goes, first on its trajectory, then on
        `path_odom` (P, 3), and at whom it is about to meet.
        """
        trajectory = plan.trajectory or self._make_empty_trajectory(plan.reason, now_s)
        self._trajectory.publish(message_from_trajectory(trajectory, self._params.frames.odom))
        if self._screen is not None and self._screen_planner is not None and _has_listeners(self._screen):
            pan_rad = self._screen_planner.angle_rad
            look_at = self._gaze.choose(plan.tracks, plan.prediction, plan.trajectory, followed_id, now_s, pan_rad)
            motion = self._screen_planner.plan(plan.trajectory, now_s, look_at, path_odom)
            self._screen.publish(message_from_screen(motion, self._params.robot.screen.joint))

    def publish_end(self, reason: str, now_s: float) -> None:
        """Publish the last trajectory, an empty one, and see it off."""
        self._trajectory.publish(message_from_trajectory(self._make_empty_trajectory(reason, now_s), self._params.frames.odom))
        self._trajectory.wait_for_all_acked(FAREWELL_LIMIT)

    def _make_empty_trajectory(self, reason: str, now_s: float) -> Trajectory:
        nothing = np.zeros((0, 3)), np.zeros((0, 2)), np.zeros((0, 2))
        return Trajectory(now_s, now_s, self._params.horizon.step_s, *nothing, reason)

    def publish_report(self, plan: LocalPlan, now_s: float, plan_stamp: Time, cycle_s: float, period_s: float) -> None:
        """Publish what the planner did and what moves around the robot."""
        odom = self._params.frames.odom
        if _has_listeners(self._status):
            self._status.publish(message_from_plan(plan, now_s, odom, plan_stamp, cycle_s, period_s))
        if _has_listeners(self._tracks):
            self._tracks.publish(message_from_tracks(plan.tracks, plan.prediction, now_s, odom))

    def publish_pictures(self, plan: LocalPlan, now_s: float, pose_odom_base: FloatArray | None) -> None:
        """Publish what people look at."""
        odom = self._params.frames.odom
        if plan.trajectory is not None and _has_listeners(self._local_plan):
            self._local_plan.publish(message_from_poses(plan.trajectory.poses_odom, now_s, odom))
        # A map that was begun anew and holds no scan yet has no time: its stamp is -inf.
        if plan.grid is not None and math.isfinite(plan.grid.stamp_s) and _has_listeners(self._local_map):
            self._local_map.publish(message_from_local_grid(plan.grid, odom))
        if pose_odom_base is not None and _has_listeners(self._candidates):
            self._candidates.publish(serialize_picture(self._draw(plan, pose_odom_base), now_s, odom))

    def _take_safety_state(self, message: SafetyState) -> None:
        is_slowed = message.limited_by not in (SafetyState.NOTHING, SafetyState.NO_TRAJECTORY)
        self._safety_reason, self._safety_s = str(message.reason) if is_slowed else "", time.monotonic()

    def _find_reason(self, plan: LocalPlan) -> str:
        """Why the robot is slow or stands: the safety controller's sentence first, since it has the last word."""
        is_fresh = time.monotonic() - self._safety_s <= SAFETY_LIFETIME_S
        return ". ".join(reason.rstrip(".") for reason in (self._safety_reason if is_fresh else "", plan.reason) if reason)

    def _draw(self, plan: LocalPlan, pose_odom_base: FloatArray) -> Picture:
        screen_angle = None if self._screen_planner is None else self._screen_planner.angle_rad
        people, labels = draw_people(plan.tracks, plan.prediction)
        lines = [
            draw_candidates(*plan.sample_candidates(max(MIN_DRAWN, plan.candidates // DRAWN_SHARE))),
            draw_guidance(plan.guidance_odom),
            people,
            draw_robot(pose_odom_base, plan.trajectory, self._footprint, screen_angle),
        ]
        if plan.trajectory is not None:
            lines.append(draw_trajectory(plan.trajectory))
        return Picture(tuple(lines), (*labels, *draw_reason(pose_odom_base, self._find_reason(plan))))


def _has_listeners(publisher: Publisher) -> bool:
    return publisher.get_subscription_count() > 0
