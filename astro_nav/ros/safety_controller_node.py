"""The safety controller as a node: messages in, one pure decision, `cmd_vel` out. The only publisher of `cmd_vel`."""

from __future__ import annotations

import math
import sys
import time
from typing import Any

from astro_nav_msgs.msg import SafetyState
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import OccupancyGrid
from rclpy.duration import Duration

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.ros.conversion import header_from, message_from_local_grid, message_from_twist, message_from_verdict
from astro_nav.ros.node import RELIABLE, StackNode
from astro_nav.ros.runner import run_node
from astro_nav.ros.safety_controller_inputs import SafetyInputs
from astro_nav.ros.stop_log import StopLog, find_log_folder
from astro_nav.safety.controller import SafetyController
from astro_nav.safety.stops import Moment, Stop, StopCollector, finite_or_none
from astro_nav.types import LimitedBy, Verdict

STATE_PERIOD_S = 0.2
MAP_PERIOD_S = 0.1
WATCH_PERIOD_S = 1.0
# A scan is answered at once, unless the last command is younger than this; then as soon as it is not. Commands that follow
# each other too closely cannot be told from a kick by whoever differentiates them.
MIN_INTERVAL_S = 0.008
FAREWELLS = 5
FAREWELL_INTERVAL_S = 0.01

# These are no trouble, or are spoken of elsewhere.
CALM = (LimitedBy.NOTHING, LimitedBy.NO_TRAJECTORY, LimitedBy.OBSTACLE, LimitedBy.SPEED_LIMIT)


class SafetyControllerNode(StackNode[SafetyControllerParams]):
    """Decides at a fixed rate of the steady clock, and at once when a scan comes in."""

    def __init__(self, **options: Any) -> None:
        super().__init__("safety_controller", SafetyControllerParams, **options)
        self._controller = SafetyController(self.params)
        self._last_decision_s = -math.inf
        self._last_state_s = -math.inf
        self._last_map_s = -math.inf
        self._last_said: tuple[LimitedBy, str, bool] = (LimitedBy.NOTHING, "", False)
        self._stops = StopCollector()
        self._stop_log = StopLog(find_log_folder(), self.get_namespace())
        self._is_shut_down = False
        self._make_publishers()
        self._make_meters()
        self._scan_received_s: float | None = None
        self._inputs = SafetyInputs(self, self._controller, self._take_note_of_scan)
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

    # ------------------------------------------------------------------ out

    def _make_publishers(self) -> None:
        command_type = TwistStamped if self.params.stamped_cmd_vel else Twist
        self._command_publisher = self.create_publisher(command_type, "cmd_vel", RELIABLE)
        self._state_publisher = self.create_publisher(SafetyState, "safety_state", RELIABLE)
        self._map_publisher = self.create_publisher(OccupancyGrid, "safety_map", RELIABLE)

    def _make_meters(self) -> None:
        self._command_rate = self.diagnostics.add_rate("cmd_vel")
        self._step_time = self.diagnostics.add_durations("step")
        self._scan_to_command = self.diagnostics.add_durations("scan in to command out")
        self._scan_age = self.diagnostics.add_durations("scan age on arrival")

    def _take_note_of_scan(self, received_s: float, age_s: float) -> None:
        """A scan is answered at once, or as soon as the last command is old enough."""
        self._scan_age.add(age_s)
        if self._scan_received_s is None:
            self._scan_received_s = received_s
        if time.monotonic() - self._last_decision_s > MIN_INTERVAL_S:
            self._answer_scan()
        else:
            self._answer_timer.reset()

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


def main() -> None:
    """Run the node."""
    sys.exit(run_node(SafetyControllerNode))


if __name__ == "__main__":
    main()
