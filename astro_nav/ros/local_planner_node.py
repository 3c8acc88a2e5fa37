"""The local planner as a node: scans, odometry and the plan in; a trajectory out, ten times a second."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

import numpy as np
from astro_nav_msgs.msg import FollowedPerson, People
from builtin_interfaces.msg import Time
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMessage
from nav_msgs.msg import Path as PathMessage
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Float32

from astro_nav.geometry import se2
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.local_planning.planner import LocalPlanner
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.ros.conversion import (
    MessageError,
    check_frame,
    occupancy_map_from_message,
    odometry_from_message,
    path_from_message,
    scan_from_message,
    seconds_from_time,
    turn_scan_over,
)
from astro_nav.ros.diagnostics import WARN
from astro_nav.ros.local_planner_messages import read_people
from astro_nav.ros.local_planner_outputs import LocalPlannerOutputs
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA, StackNode
from astro_nav.ros.runner import run_node
from astro_nav.ros.robot_pose import RobotPose
from astro_nav.ros.transforms import Transforms
from astro_nav.types import FloatArray, OccupancyMap, Path

# A minute of cycles.
PERIOD_WINDOW = 600
# Without a cycle for this long the clock stands still.
MAX_SILENCE_S = 1.0
# Messages of odometry until every scan should find its place among them.
FIRST_ODOMETRY = 20
# The global planner says ten times a second whom the robot follows.
FOLLOWED_LIFETIME_S = 1.0


class LocalPlannerNode(StackNode[LocalPlannerParams]):
    """Converts in, calls one `LocalPlanner`, converts out."""

    def __init__(self, **options: Any) -> None:
        super().__init__("local_planner", LocalPlannerParams, **options)
        self.diagnostics.set_state(WARN, "warming up")
        self.diagnostics.publish()
        self._planner = LocalPlanner(self.params, clock=time.perf_counter)
        self._planner.warm_up()
        self._path = Path(0.0, np.zeros((0, 3)))
        self._plan_stamp = Time()
        self._speed_limit_mps: float | None = None
        self._map: OccupancyMap | None = None
        self._pose_odom_base: FloatArray | None = None
        self._begin_s = math.nan
        self._missing = ""
        self._followed_id, self._followed_s = 0, -math.inf
        self._outputs = LocalPlannerOutputs(self, self.params)
        self._transforms = Transforms(self)
        self._robot_pose = RobotPose(self._transforms, self.params.frames, self.params.robot.localization)
        self._cycle = self.diagnostics.add_durations("cycle", PERIOD_WINDOW)
        self._period = self.diagnostics.add_durations("period", PERIOD_WINDOW)
        self._odom_rate = self.diagnostics.add_rate("odom")
        self._subscribe()
        backwards = JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-500_000_000), on_clock_change=False)
        self._jump_callback = self.get_clock().create_jump_callback(backwards, post_callback=self._begin_anew)
        self._timer = self.create_timer(1.0 / self.params.rate_hz, self._run_cycle)
        self._watch = self.create_steady_timer(MAX_SILENCE_S, self._watch_clock)
        self.report_ready()

    def shut_down(self) -> None:
        """Leave the robot without a trajectory, so that it stands still because it is asked to, not because this node fell silent."""
        self._outputs.publish_end("the local planner was shut down", self.now_s)

    # ------------------------------------------------------------------ in

    def _subscribe(self) -> None:
        for topic in self.params.scan_topics:
            self._subscribe_scan(topic)
        self.subscribe(OdometryMessage, "odom", self._take_odometry, SENSOR_DATA)
        self.subscribe(PathMessage, "plan", self._take_path, LATEST)
        self.subscribe(OccupancyGrid, "map", self._take_map, LATEST)
        # A publisher that does not latch fits only the second of these.
        for qos in (LATEST, RELIABLE):
            self.subscribe(Float32, "speed_limit", self._take_speed_limit, qos)
        self.subscribe(Float32, "trajectory_delay", self._take_delay, RELIABLE)
        self.subscribe(FollowedPerson, "followed_person", self._take_followed, RELIABLE)
        self.subscribe(People, "people", self._take_people, SENSOR_DATA)

    def _subscribe_scan(self, topic: str) -> None:
        rate = self.diagnostics.add_rate(topic)

        def take(message: LaserScan) -> None:
            rate.tick()
            self._take_scan(topic, message)

        self.subscribe(LaserScan, topic, take, SENSOR_DATA)

    def _take_scan(self, topic: str, message: LaserScan) -> None:
        scan = scan_from_message(message)
        mount = self._transforms.lookup_mount(self.params.frames.base, scan.frame_id)
        self._missing = f"waiting for the lidar's mount on /tf_static: {mount.reason}" if mount.pose is None else ""
        if mount.pose is None:
            return
        if mount.upside_down:
            scan = turn_scan_over(scan)
        problem = self._planner.add_scan(scan, mount.pose, self.now_s)
        # The first scans may be older than the first odometry.
        if problem and self._odom_rate.count > FIRST_ODOMETRY:
            self.report_unusable(topic, problem)

    def _take_odometry(self, message: OdometryMessage) -> None:
        self._odom_rate.tick()
        check_frame(message.header.frame_id, self.params.frames.odom, "odom")
        odometry = odometry_from_message(message)
        problem = self._planner.add_odometry(odometry)
        if problem:
            self.report_unusable("odom", problem)
        self._pose_odom_base = odometry.pose_odom_base

    def _take_path(self, message: PathMessage) -> None:
        """A plan that cannot be used ends the one before: that is no longer wanted."""
        self._path, self._plan_stamp = Path(0.0, np.zeros((0, 3))), message.header.stamp
        try:
            if message.poses:
                check_frame(message.header.frame_id, self.params.frames.map, "plan")
                self._path = path_from_message(message)
        finally:
            self._planner.set_path(self._path)

    def _take_map(self, message: OccupancyGrid) -> None:
        """With the global map people who stand are told from furniture more surely; without it, nothing else is missing."""
        check_frame(message.header.frame_id, self.params.frames.map, "map")
        self._map = occupancy_map_from_message(message)
        self._planner.set_map(self._map)

    def _take_speed_limit(self, message: Float32) -> None:
        if math.isnan(message.data):
            raise MessageError("the speed limit is not a number: send m/s, or 0 for no limit; the limit before stays")
        self._speed_limit_mps = message.data if message.data > 0.0 else None
        self._planner.set_speed_limit(self._speed_limit_mps)

    def _take_delay(self, message: Float32) -> None:
        """The safety controller says how long after the start of its cycle a trajectory arrived."""
        if not math.isfinite(message.data):
            raise MessageError("trajectory_delay is not finite: check the clock of the safety controller's computer")
        self._planner.note_delivery(message.data)

    def _take_followed(self, message: FollowedPerson) -> None:
        self._followed_id, self._followed_s = message.track_id, time.monotonic()

    def _choose_followed(self) -> int | None:
        """Whom the robot follows; nobody once the global planner has been silent for a while."""
        is_fresh = time.monotonic() - self._followed_s <= FOLLOWED_LIFETIME_S
        return self._followed_id if self._followed_id and is_fresh else None

    def _take_people(self, message: People) -> None:
        positions, _, covariances, ids = read_people(message)
        stamp_s, frame = seconds_from_time(message.header.stamp), message.header.frame_id.lstrip("/")
        positions_odom, axes = self._transforms.transform_points(self.params.frames.odom, frame, stamp_s, positions, np.eye(3)[:2])
        turn = axes[:, :2].T
        self._planner.add_people(stamp_s, positions_odom[:, :2], turn @ covariances @ turn.T, ids)

    def _begin_anew(self, jump: object) -> None:
        """The clock was set back: what is known is from another time. Goal, speed limit and global map stay."""
        self.get_logger().warning("the clock was set back: the local map is begun anew")
        self._planner = LocalPlanner(self.params, clock=time.perf_counter)
        self._planner.set_path(self._path)
        self._planner.set_speed_limit(self._speed_limit_mps)
        if self._map is not None:
            self._planner.set_map(self._map)
        self._pose_odom_base = None

    # ------------------------------------------------------------------ the cycle

    def _run_cycle(self) -> None:
        begin_s = time.perf_counter()
        period_s, self._begin_s = begin_s - self._begin_s, begin_s
        if math.isfinite(period_s):
            self._period.add(period_s)
        self._take_new_params()
        now_s = self.now_s
        localization = self._robot_pose.look_up_odom(now_s)
        if localization.pose is not None:
            # A localizer that publishes map -> odom as a static transform stands for "always".
            self._planner.set_pose_map_odom(localization.pose, localization.stamp_s or now_s)
        followed_id = self._choose_followed()
        self._planner.set_followed(followed_id)
        plan = self._planner.plan(now_s)
        path_odom = None if localization.pose is None else se2.compose(se2.invert(localization.pose), self._path.poses_map)
        self._outputs.publish_motion(plan, now_s, followed_id, path_odom)
        cycle_s = time.perf_counter() - begin_s
        self._outputs.publish_report(plan, now_s, self._plan_stamp, cycle_s, period_s if math.isfinite(period_s) else 0.0)
        self._outputs.publish_pictures(plan, now_s, self._pose_odom_base)
        self._cycle.add(time.perf_counter() - begin_s)
        self._report(plan)

    def _take_new_params(self) -> None:
        change = self.params_watcher.take_change()
        if change is not None:
            self.params = change
            self._planner.update_params(change)
            self._outputs.update_params(change)

    def _report(self, plan: LocalPlan) -> None:
        values = {"state": plan.state.name, "candidates": plan.candidates, "feasible": plan.feasible}
        values |= {"distance to goal [m]": plan.distance_to_goal_m, "clearance [m]": plan.clearance_m, "tracks": len(plan.tracks)}
        values |= {f"latency {stage} [ms]": 1e3 * latency for stage, latency in plan.latencies_s.items()}
        for key, value in values.items():
            self.diagnostics.set_value(key, value)
        if plan.state in (PlanState.WAITING, PlanState.REFUSED):
            self.report_waiting(self._missing or plan.reason)
        elif plan.state is PlanState.BLOCKED:
            self.diagnostics.set_state(WARN, plan.reason)
        else:
            self.report_working(plan.reason or plan.state.name.lower())

    def _watch_clock(self) -> None:
        """Say so when there are no cycles because there is no time."""
        if not math.isfinite(self._begin_s):
            self.report_waiting("waiting for the first message on /clock: use_sim_time is true")
        elif time.perf_counter() - self._begin_s > MAX_SILENCE_S:
            self.report_waiting("the clock stands still: check the publisher of /clock")


def main() -> None:
    """Run the node."""
    sys.exit(run_node(LocalPlannerNode))


if __name__ == "__main__":
    main()
