"""The safety controller: the last word on every motion. Reads top-down like the data flow; see README.md."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.clock_watch import ClockWatch
from astro_nav.safety.contact_sensors import ContactSensors
from astro_nav.safety.data_watch import DataWatch
from astro_nav.safety.final_check import FinalCheck, Finding
from astro_nav.safety.hold import Hold, stand
from astro_nav.safety.motion_gate import HardBraking, MotionGate
from astro_nav.safety.motion_limits import compute_limit_scale
from astro_nav.safety.near_map import NearMap
from astro_nav.safety.odometry_history import CommandHistory, OdometryHistory
from astro_nav.safety.outline import Outline
from astro_nav.safety.reporter import Reporter
from astro_nav.safety.tracking import TrajectoryTracker
from astro_nav.safety.trajectory_check import find_start_problem, find_trajectory_problem
from astro_nav.safety.wishes import NO_WISH, Wish, WishDesk
from astro_nav.types import FloatArray, LimitedBy, LocalGrid, Odometry, Scan, Trajectory, Verdict

# Measured motion below this is noise of the odometry.
REAL_SPEED_MPS = 0.05
REAL_TURN_RATE_RADPS = 0.1

@dataclass(frozen=True)
class StepReport:
    """What `safety_state` and diagnostics say beside the verdict.

    Attributes:
        source: topic or sensor behind the limit, "" when none.
        scan_age_s: age of the oldest of the lidars' newest scans, inf before the first.
        odometry_age_s: likewise.
        points: number of points in the near map.
        self_hits: rays per lidar that hit the robot itself.
        tracking_error_m, tracking_error_rad: how far the robot is off its reference, 0 without one.
    """

    source: str
    scan_age_s: float
    odometry_age_s: float
    points: int
    self_hits: dict[str, int]
    tracking_error_m: float
    tracking_error_rad: float


class SafetyController:
    """Turns trajectories or a joystick's commands into commands that are safe, in milliseconds.

    All times are seconds of the ROS clock unless named `steady_s`. Methods that take messages return "" or the sentence
    why the message is not used; they never raise for what a message holds.
    """

    def __init__(self, params: SafetyControllerParams) -> None:
        self._params = params
        self._outline = Outline(params.robot.footprint)
        self._history = OdometryHistory(params.odometry, params.robot.limits)
        self._commands = CommandHistory(params.robot.latency.actuation_s, params.odometry.residual_s)
        self._map = NearMap(params.map, params.motion, self._outline, params.reaction_s)
        self._tracker = TrajectoryTracker(params, self._outline)
        self._check = FinalCheck(params, self._outline)
        self._gate = MotionGate(params, self._outline, self._check)
        self._clock = ClockWatch(params.watchdog, params.period_s)
        self._sensors = ContactSensors(params.contact_sensors, params.check.escape_speed_mps)
        self._reporter = Reporter(params.report)
        self._emergency_stop = False
        self._shutting_down = False
        self._data = DataWatch()
        self._desk = WishDesk(params, self._outline, self._tracker, self._data)
        self.report = StepReport("", math.inf, math.inf, 0, {}, 0.0, 0.0)

    @property
    def hard_braking(self) -> HardBraking:
        """Declared exceptions from smooth motion."""
        return self._gate.hard_braking

    @property
    def limited_by(self) -> LimitedBy:
        """The reason shown now."""
        return self._reporter.limited_by

    @property
    def reason(self) -> str:
        """Its sentence, "" when nothing limits."""
        return self._reporter.sentence

    @property
    def has_data(self) -> bool:
        """Whether odometry and every lidar have been heard."""
        return self._history.newest_s > -math.inf and all(
            self._map.find_stamp_s(source) > -math.inf for source in self._params.scan_topics
        )

    # What comes in.

    def add_odometry(self, odometry: Odometry, received_s: float | None = None) -> str:
        """Take in odometry; a jump of the pose voids the near map and the trajectory, which are in its frame.

        Args:
            odometry: pose and twist.
            received_s: now; when given, a stamp from the future is refused.
        """
        future_s = self._params.watchdog.max_future_s
        if received_s is not None and odometry.stamp_s > received_s + future_s:
            problem = (
                f"odometry is stamped {odometry.stamp_s - received_s:.2f} s in the future (limit max_future_s = {future_s:g} s): "
                "check the clock of the base's computer"
            )
            return self.refuse("odom", received_s, problem)
        jumps = self._history.jumps
        problem = self._history.add(odometry)
        if self._history.jumps != jumps:
            self._map.clear()
            self._tracker.clear()
        return self.refuse("odom", odometry.stamp_s if received_s is None else received_s, problem)

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float, source: str = "") -> str:
        """Take in one scan.

        Args:
            scan: the scan.
            pose_base_laser: (3,) of the lidar on the robot.
            received_s: now.
            source: its topic, one of `scan_topics`; the first of them when empty.
        """
        source = source or self._params.scan_topics[0]
        future_s = self._params.watchdog.max_future_s
        if source not in self._params.scan_topics:
            problem = f"{source!r} is none of scan_topics = {self._params.scan_topics}"
        elif scan.stamp_s > received_s + future_s:
            problem = (
                f"the scan is stamped {scan.stamp_s - received_s:.2f} s in the future (limit max_future_s = {future_s:g} s): "
                "check the clock of the lidar's computer"
            )
        else:
            problem = self._map.add_scan(scan, pose_base_laser, source, self._history)
        return self.refuse(source, received_s, problem)

    def set_trajectory(self, trajectory: Trajectory, received_s: float) -> str:
        """Take a trajectory, which holds from its start on; a refused one leaves the present one in force."""
        problem = find_trajectory_problem(trajectory, received_s, self._tracker.newest_stamp_s, self._params)
        if not problem and self._history.newest_s > -math.inf:
            effect_s = received_s + self._params.robot.latency.actuation_s
            problem = find_start_problem(trajectory, self._predict_pose(effect_s), effect_s, self._params)
        if not problem:
            self._tracker.set_trajectory(trajectory)
        return self.refuse("trajectory", received_s, problem)

    def set_teleop(self, twist: FloatArray, received_s: float) -> str:
        """Take a joystick's command; while they come, they go before trajectories."""
        if np.shape(twist) != (2,) or not np.isfinite(twist).all():
            return self.refuse("cmd_vel_teleop", received_s, f"the command {twist} is not two finite numbers: check the joystick")
        self._desk.set_teleop((float(twist[0]), float(twist[1])), received_s)
        return self.refuse("cmd_vel_teleop", received_s, "")

    def set_speed_limit(self, speed_mps: float | None) -> str:
        """Limit the speed; None, 0 or less lifts the limit, as on the topic. NaN leaves it as it is."""
        if speed_mps is not None and math.isnan(speed_mps):
            return "the speed limit is not a number: send metres per second, 0 for no limit"
        self._desk.speed_limit_mps = math.inf if speed_mps is None or speed_mps <= 0.0 else float(speed_mps)
        return ""

    def set_emergency_stop(self, pressed: bool) -> None:
        """Stop, hard, until it is let go."""
        self._emergency_stop = bool(pressed)

    def add_range(self, range_m: float, received_s: float, source: str) -> None:
        """Take in a cliff sensor's reading."""
        self._sensors.add_range(source, range_m, received_s)

    def add_bumper(self, pressed: bool, received_s: float, source: str) -> None:
        """Take in a bumper's state."""
        self._sensors.add_bumper(source, bool(pressed), received_s)

    def refuse(self, source: str, received_s: float, problem: str) -> str:
        """Remember why a message of a topic was not used; "" forgets it. Returns `problem`."""
        self._data.refuse(source, received_s, problem)
        return problem

    def shut_down(self) -> None:
        """From now on every command is zero."""
        self._shutting_down = True

    def update_params(self, params: SafetyControllerParams) -> None:
        """Swap in parameters of which only live ones differ."""
        self._params = params
        self._tracker.update_params(params)
        self._desk.update_params(params)
        self._check.update_params(params)
        self._gate.update_params(params)
        self._reporter.update_params(params.report)

    def make_grid(self, now_s: float) -> LocalGrid | None:
        """The picture of the near map, None before the first odometry."""
        return self._map.make_grid(self._history.pose_odom_base, now_s) if self._history.newest_s > -math.inf else None

    # What goes out.

    def step(self, now_s: float, steady_s: float) -> Verdict:
        """Decide the command for the next period.

        Args:
            now_s: ROS time.
            steady_s: a clock that only runs forwards, for watching the other one and the loop.
        """
        tick = self._clock.tick(now_s, steady_s)
        if tick.jump:
            self._forget_times(now_s, tick.jump)
        if self._shutting_down:
            self._gate.limiter.restart((0.0, 0.0))
            return self._conclude(now_s, steady_s, NO_WISH, [stand(LimitedBy.SHUTDOWN, "", "the safety controller ends")], None)
        if tick.gap_s > self._params.watchdog.loop_stop_after_s or not self._gate.has_moved:
            self._meet_real_motion(now_s)
        holds = self._clock.find_holds() + self._find_data_holds(now_s)
        wish, finding = NO_WISH, None
        if self._history.newest_s > -math.inf:
            effect_s = now_s + self._params.robot.latency.actuation_s
            pose = self._predict_pose(effect_s)
            wish, wish_holds = self._desk.choose_wish(pose, now_s, effect_s, tick.duration_s)
            holds += wish_holds + self._sensors.find_holds(now_s, wish.twist[0] < 0.0, wish.outline_speed_mps)
            self._check.look_around(self._map.collect_points(now_s), pose, self._clock.lateness_s)
            finding = self._gate.decide(wish, holds, tick.duration_s)
            done_mps = self._outline.compute_speed(*self._gate.twist)
            self._tracker.advance(tick.duration_s, min(1.0, done_mps / wish.outline_speed_mps) if wish.outline_speed_mps > 0.0 else 1.0)
        elif any(self._gate.twist):
            self._gate.brake(tick.duration_s)
        self._commands.add(now_s, self._gate.twist)
        return self._conclude(now_s, steady_s, wish, holds, finding)

    # What can be wrong.

    def _find_data_holds(self, now_s: float) -> list[Hold]:
        watchdog, data = self._params.watchdog, self._data
        age_s = now_s - self._history.newest_s
        judged = [
            data.judge_age(
                LimitedBy.ODOM_AGE, "odom", age_s, watchdog.odometry_slow_after_s, watchdog.odometry_stop_after_s, now_s
            )
        ]
        for source in self._params.scan_topics:
            age_s = now_s - self._map.find_stamp_s(source)
            judged.append(
                data.judge_age(LimitedBy.SCAN_AGE, source, age_s, watchdog.scan_slow_after_s, watchdog.scan_stop_after_s, now_s)
            )
        holds = [hold for hold in judged if hold is not None]
        if not holds:
            data.accept_all()
        if self._emergency_stop:
            holds.append(stand(LimitedBy.EMERGENCY_STOP, "emergency_stop", "emergency stop is pressed", hard=True))
        return holds

    def _predict_pose(self, effect_s: float) -> tuple[float, float, float]:
        """Pose of the robot when a command that is sent now takes effect."""
        return self._commands.predict_pose(self._history.pose_odom_base, self._history.twist, self._history.newest_s, effect_s)

    def _meet_real_motion(self, now_s: float) -> None:
        """After a gap, or at the start, go on from what the robot really does: its base may have stopped by itself."""
        fresh = now_s - self._history.newest_s <= self._params.watchdog.odometry_stop_after_s
        twist = self._history.twist if fresh else (0.0, 0.0)
        if abs(twist[0]) < REAL_SPEED_MPS and abs(twist[1]) < REAL_TURN_RATE_RADPS:
            twist = (0.0, 0.0)
        scale = compute_limit_scale(twist, self._params.robot.limits, self._params.robot.wheel_separation_m, math.inf)
        self._gate.limiter.restart((scale * twist[0], scale * twist[1]))

    def _forget_times(self, now_s: float, sentence: str) -> None:
        self._data.void_all(sentence)
        self._history.clear()
        self._commands.clear()
        self._map.clear()
        self._tracker.forget_stamps()
        self._sensors.restart_times(now_s)
        self._desk.clear()

    def _conclude(self, now_s: float, steady_s: float, wish: Wish, holds: list[Hold], finding: Finding | None) -> Verdict:
        strictest = min(holds, key=lambda hold: hold.scale, default=None)
        self._reporter.report(strictest, steady_s)
        scale = strictest.scale if strictest else 1.0
        scan_age_s = max(now_s - self._map.find_stamp_s(source) for source in self._params.scan_topics)
        error = self._desk.tracking_error if self._tracker.course is not None else (0.0, 0.0)
        self.report = StepReport(
            self._reporter.source,
            scan_age_s,
            now_s - self._history.newest_s,
            self._check.point_count,
            self._map.count_self_hits(),
            *error,
        )
        return Verdict(
            stamp_s=now_s,
            twist=np.array(self._gate.twist),
            wanted_twist=np.array(wish.twist),
            limited_by=self._reporter.limited_by,
            reason=self._reporter.sentence,
            scale=scale,
            allowed_speed_mps=scale * abs(wish.twist[0]),
            contact_point_odom=finding.point_odom if finding else np.full(2, np.nan),
            contact_time_s=finding.contact_s if finding else math.inf,
        )
