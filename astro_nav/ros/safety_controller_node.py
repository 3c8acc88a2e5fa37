"""The safety controller as a node: messages in, one pure decision, `cmd_vel` out. The only publisher of `cmd_vel`."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Any

from astro_nav_msgs.msg import SafetyState
from astro_nav_msgs.msg import Trajectory as TrajectoryMessage
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMessage
from rclpy.duration import Duration
from sensor_msgs.msg import LaserScan, Range
from std_msgs.msg import Bool, Float32

from astro_nav.errors import AstroNavError
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.ros.conversion import (
    MessageError,
    check_frame,
    header_from,
    message_from_local_grid,
    message_from_twist,
    message_from_verdict,
    odometry_from_message,
    scan_from_message,
    trajectory_from_message,
    turn_scan_over,
    twist_from_message,
)
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA, StackNode
from astro_nav.ros.runner import run_node
from astro_nav.ros.stop_log import StopLog, find_log_folder
from astro_nav.ros.transforms import Transforms
from astro_nav.safety.controller import SafetyController
from astro_nav.safety.stops import Moment, Stop, StopCollector, finite_or_none
from astro_nav.types import LimitedBy, Verdict

STATE_PERIOD_S = 0.2
MAP_PERIOD_S = 0.1
WATCH_PERIOD_S = 1.0
# A scan is answered at once, unless the last command is younger than this; then as soon as it is not. Commands that follow
# each other too closely cannot be told from a kick by whoever differentiates them.
MIN_INTERVAL_S = 0.008
# A mount that is still unknown after this time may be on /tf instead of /tf_static.
MOUNT_PATIENCE_S = 3.0
FAREWELLS = 5
FAREWELL_INTERVAL_S = 0.01

# These are no trouble, or are spoken of elsewhere.
CALM = (LimitedBy.NOTHING, LimitedBy.NO_TRAJECTORY, LimitedBy.OBSTACLE, LimitedBy.SPEED_LIMIT)


class SafetyControllerNode(StackNode[SafetyControllerParams]):
    """Decides at a fixed rate of the steady clock, and at once when a scan comes in."""

    def __init__(self, **options: Any) -> None:
        super().__init__("safety_controller", SafetyControllerParams, **options)
        self._controller = SafetyController(self.params)
        self._transforms = Transforms(self, static_only=True)
        self._listens_to_all_transforms = False
        self._started_s = time.monotonic()
        self._last_decision_s = -math.inf
        self._last_state_s = -math.inf
        self._last_map_s = -math.inf
        self._last_said: tuple[LimitedBy, str, bool] = (LimitedBy.NOTHING, "", False)
        self._stops = StopCollector()
        self._stop_log = StopLog(find_log_folder(), self.get_namespace())
        self._is_shut_down = False
        self._make_publishers()
        self._make_meters()
        self._make_subscriptions()
        self._scan_received_s: float | None = None
        self._timer = self.create_steady_timer(self.params.period_s, self._decide)
        self._answer_timer = self.create_steady_timer(MIN_INTERVAL_S, self._answer_scan)
        self._answer_timer.cancel()
        self._watch_timer = self.create_steady_timer(WATCH_PERIOD_S, self._watch)
        self.report_waiting("waiting for the first period")

    def shut_down(self) -> None:
        """Send the last commands, which are zero, and see them off."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        self._controller.shut_down()
        for _ in range(FAREWELLS):
            verdict = self._controller.step(self.now_s, time.monotonic())
            self._publish_command(verdict)
            time.sleep(FAREWELL_INTERVAL_S)
        self._publish_state(verdict)
        self._command_publisher.wait_for_all_acked(Duration(seconds=0.2))
        self._write_down(self._stops.finish())
        self._stop_log.close()

    # ------------------------------------------------------------------ in

    def _make_subscriptions(self) -> None:
        for topic in self.params.scan_topics:
            self._listen(LaserScan, topic, SENSOR_DATA, lambda message, topic=topic: self._take_scan(message, topic))
        self._listen(OdometryMessage, "odom", SENSOR_DATA, self._take_odometry)
        self._listen(TrajectoryMessage, "trajectory", SENSOR_DATA, self._take_trajectory)
        self._listen(Twist, "cmd_vel_teleop", SENSOR_DATA, self._take_teleop)
        # Latched or not: a stop that is missed for its quality of service is worse than one that is heard twice.
        for qos in (LATEST, RELIABLE):
            self._listen(Float32, "speed_limit", qos, self._take_speed_limit)
            self._listen(Bool, "emergency_stop", qos, lambda message: self._controller.set_emergency_stop(message.data))
        for topic in filter(None, self.params.contact_sensors.cliff_topics):
            self._listen(Range, topic, SENSOR_DATA, lambda message, topic=topic: self._take_range(message, topic))
        for topic in filter(None, self.params.contact_sensors.bumper_topics):
            self._listen(Bool, topic, SENSOR_DATA, lambda message, topic=topic: self._take_bumper(message, topic))

    def _listen(self, message_type: type, topic: str, qos: Any, take: Callable[[Any], None]) -> None:
        """Subscribe; the controller learns, too, why a message could not be used."""

        def take_or_refuse(message: Any) -> None:
            try:
                take(message)
            except AstroNavError as error:
                self._controller.refuse(topic, self.now_s, str(error))
                raise

        self.subscribe(message_type, topic, take_or_refuse, qos)

    def _take_scan(self, message: LaserScan, topic: str) -> None:
        received_s = time.perf_counter()
        scan = scan_from_message(message)
        mount = self._transforms.lookup_mount(self.params.frames.base, scan.frame_id)
        if mount.pose is None:
            self._look_for_mount_elsewhere()
            raise MessageError(mount.reason)
        if mount.upside_down:
            scan = turn_scan_over(scan)
        _raise_if(self._controller.add_scan(scan, mount.pose, self.now_s, topic))
        if self._scan_received_s is None:
            self._scan_received_s = received_s
        if time.monotonic() - self._last_decision_s > MIN_INTERVAL_S:
            self._answer_scan()
        else:
            self._answer_timer.reset()
        self._scan_age.add(self.now_s - scan.stamp_s - scan.duration_s)

    def _take_odometry(self, message: OdometryMessage) -> None:
        check_frame(message.header.frame_id, self.params.frames.odom, "odom")
        if any(map(math.isnan, message.pose.covariance)) or any(map(math.isnan, message.twist.covariance)):
            raise MessageError("odometry has NaN in its covariance, so it does not trust itself: check the base driver")
        _raise_if(self._controller.add_odometry(odometry_from_message(message), self.now_s))

    def _take_trajectory(self, message: TrajectoryMessage) -> None:
        check_frame(message.header.frame_id, self.params.frames.odom, "trajectory")
        trajectory = trajectory_from_message(message)
        _raise_if(self._controller.set_trajectory(trajectory, self.now_s))
        self._delay_publisher.publish(Float32(data=self.now_s - trajectory.stamp_s))

    def _take_teleop(self, message: Twist) -> None:
        _raise_if(self._controller.set_teleop(twist_from_message(message), self.now_s))

    def _take_speed_limit(self, message: Float32) -> None:
        _raise_if(self._controller.set_speed_limit(float(message.data)))

    def _take_range(self, message: Range, topic: str) -> None:
        self._controller.add_range(float(message.range), self.now_s, topic)

    def _take_bumper(self, message: Bool, topic: str) -> None:
        self._controller.add_bumper(message.data, self.now_s, topic)

    def _look_for_mount_elsewhere(self) -> None:
        if not self._listens_to_all_transforms and time.monotonic() - self._started_s > MOUNT_PATIENCE_S:
            self._listens_to_all_transforms = True
            self._transforms = Transforms(self)

    # ------------------------------------------------------------------ out

    def _make_publishers(self) -> None:
        command_type = TwistStamped if self.params.stamped_cmd_vel else Twist
        self._command_publisher = self.create_publisher(command_type, "cmd_vel", RELIABLE)
        self._state_publisher = self.create_publisher(SafetyState, "safety_state", RELIABLE)
        # How long after the start of its cycle a trajectory arrived: the planner begins the next ones as much later.
        self._delay_publisher = self.create_publisher(Float32, "trajectory_delay", RELIABLE)
        self._map_publisher = self.create_publisher(OccupancyGrid, "safety_map", RELIABLE)

    def _make_meters(self) -> None:
        self._command_rate = self.diagnostics.add_rate("cmd_vel")
        self._step_time = self.diagnostics.add_durations("step")
        self._scan_to_command = self.diagnostics.add_durations("scan in to command out")
        self._scan_age = self.diagnostics.add_durations("scan age on arrival")

    def _answer_scan(self) -> None:
        """Decide now, and from now on in step with the scans."""
        self._answer_timer.cancel()
        if self._scan_received_s is not None:
            self._timer.reset()
            self._decide()

    def _decide(self) -> None:
        params = self.params_watcher.take_change()
        if params is not None:
            self.params = params
            self._controller.update_params(params)
        begin_s = time.perf_counter()
        steady_s = time.monotonic()
        verdict = self._controller.step(self.now_s, steady_s)
        self._publish_command(verdict)
        self._step_time.add(time.perf_counter() - begin_s)
        self._command_rate.tick()
        self._last_decision_s = steady_s
        if self._scan_received_s is not None:
            self._scan_to_command.add(time.perf_counter() - self._scan_received_s)
            self._scan_received_s = None
        self._write_down(self._stops.add(self._make_moment(verdict)))
        said = (verdict.limited_by, self._controller.report.source, verdict.scale == 0.0)
        if said != self._last_said or steady_s - self._last_state_s >= STATE_PERIOD_S:
            self._publish_state(verdict)
            self._last_state_s = steady_s
        if said != self._last_said:
            self._last_said = said
            self._speak(verdict)
        if steady_s - self._last_map_s >= MAP_PERIOD_S:
            self._last_map_s = steady_s
            self._publish_map()

    def _make_moment(self, verdict: Verdict) -> Moment:
        point = (float(verdict.contact_point_odom[0]), float(verdict.contact_point_odom[1]))
        return Moment(
            verdict.stamp_s, verdict.limited_by, self._controller.report.source, verdict.reason, verdict.scale,
            verdict.allowed_speed_mps, not verdict.twist.any(), bool(verdict.wanted_twist.any()), point if math.isfinite(point[0]) else None,
            finite_or_none(verdict.contact_time_s), self._controller.hard_braking.is_on,
        )  # fmt: skip

    def _write_down(self, stop: Stop | None) -> None:
        if stop is not None:
            self._stop_log.add(stop)

    def _publish_command(self, verdict: Verdict) -> None:
        twist = message_from_twist(verdict.twist)
        if self.params.stamped_cmd_vel:
            stamped = TwistStamped(header=header_from(max(verdict.stamp_s, 0.0), self.params.frames.base), twist=twist)
            self._command_publisher.publish(stamped)
        else:
            self._command_publisher.publish(twist)

    def _publish_state(self, verdict: Verdict) -> None:
        report = self._controller.report
        self._state_publisher.publish(
            message_from_verdict(verdict, self.params.frames.odom, report.source, report.scan_age_s, report.odometry_age_s)
        )

    def _publish_map(self) -> None:
        if self._map_publisher.get_subscription_count() == 0:
            return
        grid = self._controller.make_grid(self.now_s)
        if grid is not None:
            self._map_publisher.publish(message_from_local_grid(grid, self.params.frames.odom))

    # ------------------------------------------------------------------ what it says

    def report_unusable(self, topic: str, sentence: str) -> None:
        """The first messages may come before those that they need, a scan before odometry: until all is there, `_watch` says what is missing."""
        self.count_unusable(topic)
        if self.is_ready:
            self.say_unusable(topic, sentence)

    def _speak(self, verdict: Verdict) -> None:
        if not self.is_ready:
            return  # it stands, and for what it waits is said by `_watch`
        if verdict.limited_by not in CALM:
            self.say_at_times(f"{verdict.limited_by} {self._controller.report.source}", verdict.reason)
        elif verdict.limited_by is LimitedBy.OBSTACLE and verdict.scale == 0.0:
            self.say_at_times("stop", f"stops: {verdict.reason}")

    def _watch(self) -> None:
        """Once a second: what is said in diagnostics, and who else commands the robot."""
        limited_by, reason = self._controller.limited_by, self._controller.reason
        intruders = self._find_intruders()
        if intruders:
            self.report_fault(intruders)
        elif not self._controller.has_data:
            self.report_waiting(reason or "waiting for odom and scans")
        else:
            self.report_ready()
            if limited_by in CALM:
                self.report_working(reason or "moves as wanted")
            else:
                self.report_waiting(reason)
        report = self._controller.report
        self.diagnostics.set_value("limited by", limited_by.name)
        self.diagnostics.set_value("why", reason or "moves as wanted")
        self.diagnostics.set_value("hard brakings", self._controller.hard_braking.count)
        if self._stop_log.problem:
            self.say_at_times("stop log", self._stop_log.problem)
        self.diagnostics.set_value("scan age [s]", report.scan_age_s)
        self.diagnostics.set_value("odometry age [s]", report.odometry_age_s)
        self.diagnostics.set_value("points in the near map", report.points)
        self.diagnostics.set_value("tracking error [m]", report.tracking_error_m)
        self.diagnostics.set_value("tracking error [rad]", report.tracking_error_rad)
        hits = ", ".join(f"{count} rays of {topic}" for topic, count in report.self_hits.items())
        self.diagnostics.set_value("rays that hit the robot itself", hits or "none")
        if hits:
            self.say_at_times("self hits", f"{hits} hit the robot itself: check robot.footprint_m and where the lidar is mounted")

    def _find_intruders(self) -> str:
        infos = self.get_publishers_info_by_topic(self._command_publisher.topic_name)
        if len(infos) <= 1:
            return ""
        own = self.get_fully_qualified_name()
        names = [f"{info.node_namespace.rstrip('/')}/{info.node_name}" for info in infos]
        others = sorted(set(names) - {own}) or [f"another {own}"]
        return (
            f"{', '.join(others)} publishes on {self._command_publisher.topic_name}, too, past every check: "
            "remap it to cmd_vel_teleop, or stop it"
        )


def _raise_if(problem: str) -> None:
    if problem:
        raise MessageError(problem)


def main() -> None:
    """Run the node."""
    sys.exit(run_node(SafetyControllerNode))


if __name__ == "__main__":
    main()
