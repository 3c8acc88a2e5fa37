"""The node `global_planner`: map and goals in, way out."""

from __future__ import annotations

import math
import sys
import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
from astro_nav_msgs.msg import LocalPlannerStatus, TrackedObstacles
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Path as PathMessage

from astro_nav.errors import AstroNavError, FrameError, GoalError
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.se2 import compose, relative, transform_points
from astro_nav.following.follower import Follower
from astro_nav.following.goal_keeper import GoalKeeper
from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.navigator import AskForRoute, EndGoal, Ending, Navigator, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.plan_worker import DoorsFound, MapTaken, News, PlanWorker, ZonesTaken
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.zones import Zone
from astro_nav.mapping.map_file import load_map
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.ros.action_types import NAV2, answer_for_nav2, load_action_types
from astro_nav.ros.conversion import (
    check_frame,
    message_from_occupancy_map,
    message_from_path,
    occupancy_map_from_message,
    pose_from_message,
    seconds_from_time,
)
from astro_nav.ros.door_watcher import DoorWatcher
from astro_nav.ros.follow_scans import FollowScans
from astro_nav.ros.follow_server import FollowServer, read_sightings
from astro_nav.ros.goal_servers import GoalServers
from astro_nav.ros.node import LATEST, NEWEST, RELIABLE, StackNode
from astro_nav.ros.runner import run_node
from astro_nav.ros.robot_pose import RobotPose
from astro_nav.ros.transforms import Lookup, Transforms
from astro_nav.ros.zone_watcher import ZoneWatcher
from astro_nav.types import FloatArray, OccupancyMap, Path

NAME = "global_planner"
STOP_TIMEOUT_S = 2.0
PLAN_STAMP_TOLERANCE_S = 1e-3
TWIST_SPAN_S = 0.08  # over a shorter time, noise of the pose is taken for motion
ODOMETRY_LIFETIME_S = 0.5


class GlobalPlannerNode(StackNode[GlobalPlannerParams]):
    """Wraps a Navigator, which decides, and a PlanWorker, which plans in its own thread."""

    def __init__(self) -> None:
        super().__init__(NAME, GlobalPlannerParams)
        self._transforms = Transforms(self)
        self._robot_pose = RobotPose(self._transforms, self.params.frames, self.params.robot.localization)
        self._doors = DoorWatcher(self, self._transforms, lambda: self._navigator.report_passages()) if self.params.memory.enabled else None
        self._navigator = (
            Navigator(self.params)
            if self._doors is None
            else Navigator(self.params, self._doors.list_prices, self._doors.take_blocked_place)
        )
        self._follower = Follower(self.params)
        self._keeper = GoalKeeper(self._navigator, self._follower)
        planner = GlobalPlanner(self.params)
        planner.warm_up()
        self._follower.warm_up()
        self._news: deque[News] = deque()
        self._news_error: Exception | None = None
        find_doors = None if self._doors is None else self._doors.keeper.find_records
        self._worker = PlanWorker(planner, self._bring_news, time.monotonic, lambda: self.now_s, find_doors)
        self._planning = self.diagnostics.add_durations("planning")
        self._map_update = self.diagnostics.add_durations("map update")
        self._has_map = False
        self._topic_goals = 0
        self._odometry: Lookup | None = None  # from which the twist is measured
        self._odometry_news_s = 0.0
        self._twist: FloatArray | None = None
        self._plan_stamp_s = 0.0
        self._pose_reason = ""
        self._plan_publisher = self.create_publisher(PathMessage, "plan", LATEST)
        self._publish_path(Path(self.now_s, np.empty((0, 3)), self.params.frames.map))
        if self.params.map_file:
            self._map_publisher = self.create_publisher(OccupancyGrid, "map", LATEST)
            self._publish_map_file(self.params.map_file)
        else:
            self.subscribe(OccupancyGrid, "map", self._take_map, LATEST)
        self.subscribe(PoseStamped, "goal_pose", self._take_topic_goal, RELIABLE)
        self.subscribe(LocalPlannerStatus, "local_planner_status", self._take_local_status, RELIABLE)
        self._goals = GoalServers(self, self._accept_goal, self._cancel_goal, load_action_types(self.params.action_package))
        self._following = FollowServer(self, self._accept_follow, self._cancel_goal)
        self._follow_scans = FollowScans(self, self._transforms, self._follower)
        self.subscribe(TrackedObstacles, "tracked_obstacles", self._take_tracks, NEWEST)
        self._nav2_answers = answer_for_nav2(self) if self.params.action_package == NAV2 else []
        self._zones = ZoneWatcher(self, self._take_zones)
        self._worker.start()
        self.create_steady_timer(1.0 / self.params.rate_hz, self._tick)

    def shut_down(self) -> None:
        """Leave the robot without a way, so that it stands still."""
        self._keeper.abort(ErrorCode.UNKNOWN, "the global planner was shut down", self.now_s)
        self._carry_out()
        if not self._worker.stop(STOP_TIMEOUT_S):
            self.get_logger().warning(f"a search did not end within {STOP_TIMEOUT_S:g} s")
        if self._doors is not None:
            self._doors.shut_down()
        self._goals.destroy()
        self._following.destroy()

    # Maps

    def _publish_map_file(self, path: str) -> None:
        occupancy_map = replace(load_map(path), stamp_s=self.now_s, frame_id=self.params.frames.map)
        self._map_publisher.publish(message_from_occupancy_map(occupancy_map))
        self._worker.set_map(occupancy_map)

    def _take_map(self, message: OccupancyGrid) -> None:
        check_frame(message.header.frame_id, self.params.frames.map, "map")
        self._worker.set_map(occupancy_map_from_message(message))

    def _take_zones(self, zones: Sequence[Zone]) -> None:
        self._worker.set_zones(zones)
        self._follower.set_zones(zones)

    # Goals

    def _take_topic_goal(self, message: PoseStamped) -> None:
        self._topic_goals += 1
        self._accept_goal(self._topic_goals, [message])

    def _accept_goal(self, goal_id: Hashable, poses: Sequence[PoseStamped]) -> None:
        try:
            goals_map = self._read_goals(poses)
        except AstroNavError as error:
            code = ErrorCode.TF_ERROR if isinstance(error, FrameError) else ErrorCode.UNKNOWN
            self._end_goal(EndGoal(goal_id, Ending.ABORTED, code, str(error)))
            return
        self._keeper.navigate(goal_id, goals_map, self.now_s)
        self._step()

    def _accept_follow(self, goal_id: bytes, name: str, distance_m: float) -> None:
        self._keeper.follow(goal_id, name, distance_m, self.now_s)
        self._step()

    def _take_tracks(self, message: TrackedObstacles) -> None:
        """The local planner's picture of who moves; only looked at while somebody is followed."""
        if not self._follower.is_busy:
            return
        lookup = self._transforms.lookup_pose(self.params.frames.map, message.header.frame_id.lstrip("/"))
        if lookup.pose is not None:
            self._follower.report_sightings(read_sightings(message, lookup.pose), self.now_s)

    def _cancel_goal(self, goal_id: bytes) -> bool:
        was_on_the_way = self._keeper.cancel(goal_id, self.now_s)
        self._carry_out()
        return was_on_the_way

    def _read_goals(self, poses: Sequence[PoseStamped]) -> FloatArray:
        """(G, 3) goals in the map; raises an AstroNavError with what is wrong with one."""
        if not poses:
            raise GoalError("the list of goals is empty: at least one pose is needed")
        goals = []
        for stamped in poses:
            try:
                pose = pose_from_message(stamped.pose)
            except AstroNavError as error:
                raise GoalError(f"the goal cannot be used: {error}") from error
            frame = stamped.header.frame_id.lstrip("/")
            if frame != self.params.frames.map:
                if not frame:
                    raise FrameError(f"the goal's frame_id is empty: set it, e.g. to {self.params.frames.map!r}")
                lookup = self._transforms.lookup_pose(self.params.frames.map, frame)
                if lookup.pose is None:
                    raise FrameError(f"the goal is in frame {frame!r}: {lookup.reason}")
                pose = compose(lookup.pose, pose)
            goals.append(pose)
        return np.array(goals)

    # The cycle

    def _tick(self) -> None:
        if self._news_error is not None:
            raise self._news_error
        self._take_news()
        changed = self.params_watcher.take_change()
        if changed is not None:
            self.params = changed
            self._navigator.update_params(changed)
            self._follower.update_params(changed)
        self._step()
        self._report_state()
        self._following.tell(self._follower.make_feedback(), self._follower.track_id, self.now_s, self.params.frames.map)
        feedback = self._navigator.make_feedback(self.now_s)
        if feedback is None:
            return
        self.diagnostics.set_value("distance left [m]", feedback.distance_left_m)
        if math.isfinite(feedback.distance_left_m):
            self._goals.send_feedback(feedback, self.now_s, self.params.frames.map)

    def _step(self) -> None:
        now_s = self.now_s
        lookup = self._robot_pose.look_up_base(now_s)
        self._keeper.step(now_s, lookup.pose, self._measure_twist(), lookup.reason)
        self._pose_reason = lookup.reason
        self._zones.tick(lookup.pose)
        if self._doors is not None:
            self._doors.tick(lookup.pose)
        self._carry_out()

    def _measure_twist(self) -> FloatArray | None:
        """Body twist over the last tenth of a second of odometry, which does not jump as the pose in the map may.

        None when odometry brings nothing new: a robot whose odometry has died may be moving.
        """
        lookup = self._transforms.lookup_pose(self.params.frames.odom, self.params.frames.base)
        now_s = time.monotonic()
        if lookup.pose is None:
            self._odometry, self._twist = None, None
            return None
        if self._odometry is None or lookup.stamp_s < self._odometry.stamp_s:
            self._odometry, self._twist = lookup, None
            self._odometry_news_s = now_s
        duration_s = lookup.stamp_s - self._odometry.stamp_s
        if duration_s >= TWIST_SPAN_S and self._odometry.pose is not None:
            step = relative(self._odometry.pose, lookup.pose)
            speed_mps = math.copysign(math.hypot(step[0], step[1]), step[0]) / duration_s
            self._twist = np.array([speed_mps, float(wrap_angle(step[2])) / duration_s])
            self._odometry, self._odometry_news_s = lookup, now_s
        elif now_s - self._odometry_news_s > ODOMETRY_LIFETIME_S:
            self._twist = None
        return self._twist

    def _report_state(self) -> None:
        if not self._has_map:
            self.report_waiting(f"waiting for a map on {self.resolve_topic_name('map')}")
        elif self._pose_reason and not self._keeper.is_busy:
            self.report_waiting(f"waiting for the robot's pose: {self._pose_reason}")
        elif self._navigator.waits_for:
            self.report_waiting(self._navigator.waits_for)
        else:
            self.report_ready()
            self.report_working("driving to a goal" if self._navigator.is_busy else self._follower.sentence if self._follower.is_busy else "ready")

    def _take_local_status(self, message: LocalPlannerStatus) -> None:
        plan_stamp_s = seconds_from_time(message.plan_stamp)
        is_old = plan_stamp_s > 0.0 and abs(plan_stamp_s - self._plan_stamp_s) > PLAN_STAMP_TOLERANCE_S
        if is_old:
            return
        is_blocked = message.state == LocalPlannerStatus.BLOCKED
        self._follower.report_local_status(is_blocked, message.reason)
        point_map = None
        if is_blocked and math.isfinite(message.blocked_point.x + message.blocked_point.y):
            lookup = self._transforms.lookup_pose(self.params.frames.map, self.params.frames.odom)
            if lookup.pose is not None:
                point_map = transform_points(lookup.pose, np.array([message.blocked_point.x, message.blocked_point.y]))
        is_able = message.state not in (LocalPlannerStatus.WAITING, LocalPlannerStatus.REFUSED)
        self._navigator.report_local_status(is_blocked, point_map, message.reason, self.now_s, is_able)

    # From the planning thread

    def _bring_news(self, news: News) -> None:
        """Called in the planning thread. (The events executor knows no guard conditions; a task wakes every executor.)"""
        self._news.append(news)
        if self.executor is not None:  # else the first tick takes the news
            self.executor.create_task(self._take_news_in_task)

    def _take_news_in_task(self) -> None:
        try:
            self._take_news()
        except Exception as error:  # rclpy keeps a task's exception to itself; the next tick raises it
            self._news_error = error

    def _take_news(self) -> None:
        while self._news:
            news = self._news.popleft()
            if isinstance(news, MapTaken):
                self._take_map_news(news)
            elif isinstance(news, ZonesTaken):
                self._navigator.report_map(MapChange.CELLS)
            elif isinstance(news, DoorsFound):
                if self._doors is not None:
                    self._doors.take_records(news.map_key, news.records)
            else:
                self._planning.add(news.duration_s)
                self._navigator.take_answer(news.answer, self.now_s)
        self._carry_out()

    def _take_map_news(self, news: MapTaken) -> None:
        if news.refusal:
            self.report_unusable("map", news.refusal)
            return
        self._map_update.add(news.duration_s)
        self.diagnostics.set_value("planning memory [MB]", 1e-6 * news.memory_bytes)
        if news.change is MapChange.EVERYTHING:
            self._name_map(news.occupancy_map)
        self._has_map = True
        self._follower.set_map(news.occupancy_map)
        self._navigator.report_map(news.change)
        self._step()

    def _name_map(self, occupancy_map: OccupancyMap) -> None:
        rows, columns = occupancy_map.shape
        self.get_logger().info(f"map of {columns} x {rows} cells, {occupancy_map.resolution_m:g} m each")

    # Effects

    def _carry_out(self) -> None:
        for effect in self._keeper.take_effects():
            if isinstance(effect, AskForRoute):
                self._worker.ask(effect.question)
            elif isinstance(effect, PublishPath):
                self._publish_path(effect.path)
            else:
                self._end_goal(effect)

    def _publish_path(self, path: Path) -> None:
        self._plan_stamp_s = path.stamp_s
        self._plan_publisher.publish(message_from_path(path))

    def _end_goal(self, effect: EndGoal) -> None:
        _ = self._goals.end(effect) or self._following.end(effect)
        if effect.ending is Ending.ABORTED:
            # A flood of goals must not flood the log: at most one line in five seconds for each kind of ending.
            self.say_at_times(f"ended {int(effect.error_code)} {effect.message[:20]}", f"goal not reached, error {int(effect.error_code)}: {effect.message}")
        else:
            self.get_logger().info(f"goal {effect.ending.value}{': ' + effect.message if effect.message else ''}")


def main() -> None:
    """Run the node."""
    sys.exit(run_node(GlobalPlannerNode))


if __name__ == "__main__":
    main()
