"""Parameters of the safety controller (config/safety_controller.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class TrackingParams:
    """How a trajectory is followed."""

    damping: float = parameter("damping ratio of the feedback on the pose error", minimum=0.1, maximum=5.0, live=True)
    stiffness_radpm: float = parameter(
        "gain of the feedback: pose errors decay over about 1 / (damping * stiffness) metres of way",
        unit="rad/m",
        minimum=0.0,
        maximum=20.0,
        live=True,
    )
    max_speed_correction_mps: float = parameter(
        "largest speed added by the feedback", unit="m/s", minimum=0.0, maximum=1.0, live=True
    )
    max_turn_correction_radps: float = parameter(
        "largest turn rate added by the feedback", unit="rad/s", minimum=0.0, maximum=5.0, live=True
    )
    correction_filter_s: float = parameter(
        "time constant of the low-pass on the feedback", unit="s", minimum=0.0, maximum=1.0, live=True
    )
    smoothing_s: float = parameter(
        "speeds of the trajectory are averaged over so long before and after: corners become ramps of acceleration, "
        "without delay; 0 for none",
        unit="s",
        minimum=0.0,
        maximum=0.5,
        live=True,
    )
    max_error_m: float = parameter(
        "the robot is off its trajectory, and stops, beyond this distance", unit="m", minimum=0.05, maximum=5.0, live=True
    )
    max_error_rad: float = parameter(
        "the robot is off its trajectory, and stops, beyond this angle", unit="rad", minimum=0.05, maximum=3.15, live=True
    )
    standing_speed_mps: float = parameter("slower wishes than this mean: stand", unit="m/s", minimum=0.0, maximum=0.1, live=True)
    standing_turn_rate_radps: float = parameter(
        "slower turns than this mean: stand", unit="rad/s", minimum=0.0, maximum=0.5, live=True
    )
    speed_tolerance: float = parameter(
        "share by which a trajectory's speeds may exceed the robot's limits before it is refused", minimum=0.0, maximum=1.0
    )
    max_lead_s: float = parameter("a trajectory that starts later than this is refused", unit="s", minimum=0.0, maximum=10.0)


@dataclass(frozen=True)
class OdometryParams:
    """How odometry is read."""

    filter_s: float = parameter(
        "time constant over which pose noise is averaged; motion itself is not delayed", unit="s", minimum=0.0, maximum=1.0
    )
    history_s: float = parameter("how long poses are kept to place scans", unit="s", minimum=0.2, maximum=10.0)
    max_jump_m: float = parameter(
        "position steps beyond what the speed limits explain, plus this, are a jump", unit="m", minimum=0.01, maximum=5.0
    )
    max_jump_rad: float = parameter("likewise for the heading", unit="rad", minimum=0.01, maximum=3.15)
    residual_s: float = parameter(
        "time constant with which a difference between measured and commanded speed is expected to vanish",
        unit="s",
        minimum=0.0,
        maximum=1.0,
    )


@dataclass(frozen=True)
class CheckParams:
    """The final check of every command."""

    reaction_s: float = parameter(
        "time beyond latency.actuation_s until a command to brake works: one period, its jitter, the wheels' lag",
        unit="s",
        minimum=0.0,
        maximum=1.0,
    )
    margin_m: float = parameter(
        "clearance to keep at rest, on all sides: noise of the lidar", unit="m", minimum=0.0, maximum=0.5, live=True
    )
    margin_per_speed_s: float = parameter(
        "clearance added per speed of the fastest point of the outline", unit="s", minimum=0.001, maximum=1.0, live=True
    )
    reverse_margin_m: float = parameter("clearance added while driving backwards", unit="m", minimum=0.0, maximum=0.5, live=True)
    gap_m: float = parameter(
        "way left over, beside the margin, when braking ends before an obstacle", unit="m", minimum=0.0, maximum=0.5, live=True
    )
    hard_share: float = parameter(
        "share of margins and gap that is enforced by emergency braking; the rest is kept at the comfortable limits",
        minimum=0.0,
        maximum=1.0,
        live=True,
    )
    touch_m: float = parameter("nearer than this counts as contact", unit="m", minimum=0.0, maximum=0.05)
    step_aside_mps: float = parameter(
        "how fast somebody who has just been walking may come from any side while the robot brakes",
        unit="m/s", minimum=0.0, maximum=2.0, live=True,
    )
    escape_speed_mps: float = parameter("fastest motion out of a contact", unit="m/s", minimum=0.01, maximum=0.5, live=True)
    comfort_share: float = parameter(
        "share of the comfortable deceleration that is planned with when an obstacle is seen in time",
        minimum=0.1,
        maximum=1.0,
        live=True,
    )
    crawl_speed_mps: float = parameter(
        "a robot that an obstacle slows below this stands", unit="m/s", minimum=0.0, maximum=0.5, live=True
    )
    restart_speed_mps: float = parameter(
        "a robot that an obstacle has stopped starts again only when this speed is allowed ...",
        unit="m/s",
        minimum=0.0,
        maximum=0.5,
        live=True,
    )
    restart_after_s: float = parameter(
        "... for this long, lest noise make it tremble", unit="s", minimum=0.0, maximum=5.0, live=True
    )
    spacing_m: float = parameter("way of the outline between two poses of the sweep", unit="m", minimum=0.005, maximum=0.1)


@dataclass(frozen=True)
class SafetyMapParams:
    """The small map of what is near."""

    size_m: float = parameter("edge length of the map", unit="m", minimum=0.5, maximum=20.0)
    resolution_m: float = parameter("edge length of a cell of the published picture of it", unit="m", minimum=0.005, maximum=0.2)
    memory_s: float = parameter(
        "how long a point is remembered that the lidar cannot see any more", unit="s", minimum=0.0, maximum=30.0
    )
    clearing_tolerance_m: float = parameter(
        "a ray clears remembered points that it passes by more than this", unit="m", minimum=0.01, maximum=0.5
    )
    scan_noise_m: float = parameter("standard deviation of a range", unit="m", minimum=0.0, maximum=0.1)
    self_hit_depth_m: float = parameter(
        "points deeper than this inside the outline are the robot itself", unit="m", minimum=0.0, maximum=0.5
    )
    max_points: int = parameter("most points held per lidar, the nearest first", minimum=50, maximum=20000)
    min_valid_share: float = parameter("a scan with a smaller share of measuring rays is refused", minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class MotionParams:
    """What moves by itself: a person who steps in, a hand."""

    min_step_m: float = parameter(
        "a point nearer than free space seen before by more than this has moved in", unit="m", minimum=0.02, maximum=1.0
    )
    beside_m: float = parameter(
        "a place was free when all rays went on that passed it within this, to either side", unit="m", minimum=0.0, maximum=0.3
    )
    max_speed_mps: float = parameter("fastest motion that is believed", unit="m/s", minimum=0.1, maximum=5.0)
    assumed_speed_mps: float = parameter(
        "speed against the robot's way that is assumed for one scan for what comes out of nowhere",
        unit="m/s",
        minimum=0.0,
        maximum=5.0,
    )
    speed_noise_mps: float = parameter("noise of a speed measured over two scans", unit="m/s", minimum=0.0, maximum=1.0)
    min_points: int = parameter("fewer moved points than this side by side are noise", minimum=1, maximum=50)
    gap_m: float = parameter("points further apart than this belong to different things", unit="m", minimum=0.02, maximum=1.0)
    stride_m: float = parameter(
        "what moves within this distance of each other is taken for one: the legs of a person", unit="m", minimum=0.0, maximum=2.0
    )
    memory_s: float = parameter(
        "time constant with which a velocity fades that is no longer seen", unit="s", minimum=0.01, maximum=3.0
    )
    restless_from_mps: float = parameter(
        "who has moved at least this fast may take a step in any direction", unit="m/s", minimum=0.0, maximum=5.0
    )
    restless_s: float = parameter("and that for this long", unit="s", minimum=0.0, maximum=10.0)
    horizon_s: float = parameter(
        "where moving things will be within this time is out of bounds for the robot",
        unit="s",
        minimum=0.0,
        maximum=3.0,
        live=True,
    )


@dataclass(frozen=True)
class WatchdogParams:
    """Ages at which the robot slows, and at which it stands; between them speed falls in proportion."""

    scan_slow_after_s: float = parameter("a scan older than this slows the robot", unit="s", minimum=0.02, maximum=5.0)
    scan_stop_after_s: float = parameter("a scan older than this stops the robot", unit="s", minimum=0.05, maximum=5.0)
    odometry_slow_after_s: float = parameter("odometry older than this slows the robot", unit="s", minimum=0.02, maximum=5.0)
    odometry_stop_after_s: float = parameter("odometry older than this stops the robot", unit="s", minimum=0.05, maximum=5.0)
    trajectory_slow_after_s: float = parameter(
        "a trajectory older than this slows the robot", unit="s", minimum=0.05, maximum=10.0
    )
    trajectory_stop_after_s: float = parameter(
        "a trajectory older than this stops the robot", unit="s", minimum=0.1, maximum=10.0
    )
    teleop_slow_after_s: float = parameter(
        "a joystick command older than this slows the robot", unit="s", minimum=0.02, maximum=5.0
    )
    teleop_stop_after_s: float = parameter(
        "a joystick command older than this stops the robot", unit="s", minimum=0.05, maximum=5.0
    )
    loop_slow_after_s: float = parameter("a period longer than this slows the robot", unit="s", minimum=0.02, maximum=1.0)
    loop_stop_after_s: float = parameter("a period longer than this stops the robot", unit="s", minimum=0.05, maximum=5.0)
    clock_jump_s: float = parameter(
        "a step of the ROS clock against the steady clock beyond this is a jump", unit="s", minimum=0.01, maximum=10.0
    )
    clock_still_s: float = parameter(
        "a ROS clock that stands still for this long stops the robot", unit="s", minimum=0.1, maximum=10.0
    )
    max_future_s: float = parameter(
        "data stamped later than now by more than this is refused", unit="s", minimum=0.0, maximum=5.0
    )

    def find_conflicts(self) -> list[str]:
        conflicts = []
        for name in ("scan", "odometry", "trajectory", "teleop", "loop"):
            slow, stop = getattr(self, f"{name}_slow_after_s"), getattr(self, f"{name}_stop_after_s")
            if slow >= stop:
                conflicts.append(f"{name}_slow_after_s = {slow:g} s must be below {name}_stop_after_s = {stop:g} s")
        return conflicts


@dataclass(frozen=True)
class ContactSensorParams:
    """Sensors for what a lidar cannot see; all topics are optional."""

    cliff_topics: list[str] = parameter("sensor_msgs/Range topics that look at the floor in front of the wheels; empty for none")
    cliff_distance_m: float = parameter("a range longer than this means: no floor", unit="m", minimum=0.005, maximum=1.0)
    bumper_topics: list[str] = parameter("std_msgs/Bool topics, true while the bumper is pressed; empty for none")
    stop_after_s: float = parameter(
        "a contact sensor that was heard and is silent for this long stops the robot", unit="s", minimum=0.05, maximum=10.0
    )
    hold_s: float = parameter(
        "how long the robot only backs away after a bumper or cliff sensor let go", unit="s", minimum=0.0, maximum=10.0
    )


@dataclass(frozen=True)
class ReportParams:
    """What people read."""

    hold_s: float = parameter(
        "a reason stays for at least this long before a milder one replaces it", unit="s", minimum=0.0, maximum=5.0, live=True
    )
    min_slowdown: float = parameter(
        "slowing by a smaller share than this is not worth a sentence", minimum=0.0, maximum=0.5, live=True
    )


@dataclass(frozen=True)
class SafetyControllerParams:
    """Everything that the safety controller can be told."""

    robot: RobotParams
    frames: FrameParams
    rate_hz: float = parameter("how often a command is decided and sent", unit="Hz", minimum=10.0, maximum=200.0)
    scan_topics: list[str] = parameter("topics of all lidars; the robot moves only while every one of them is alive")
    stamped_cmd_vel: bool = parameter("publish cmd_vel as geometry_msgs/TwistStamped instead of Twist")
    tracking: TrackingParams
    odometry: OdometryParams
    check: CheckParams
    map: SafetyMapParams
    motion: MotionParams
    watchdog: WatchdogParams
    contact_sensors: ContactSensorParams
    report: ReportParams

    @property
    def period_s(self) -> float:
        """Time between two decisions."""
        return 1.0 / self.rate_hz

    @property
    def reaction_s(self) -> float:
        """Time from a decision to brake until the wheels brake."""
        return self.robot.latency.actuation_s + self.check.reaction_s

    def compute_stopping_distance_m(self, speed_mps: float) -> float:
        """Way from a decision to brake in an emergency until standstill, straight ahead."""
        return speed_mps * self.reaction_s + 0.5 * speed_mps**2 / self.robot.limits.emergency_deceleration_mps2

    def find_conflicts(self) -> list[str]:
        conflicts = []
        if not self.scan_topics or not all(self.scan_topics) or len(set(self.scan_topics)) != len(self.scan_topics):
            conflicts.append(f"scan_topics = {self.scan_topics} must name at least one topic, each of them once")
        speed = self.robot.limits.max_speed_mps
        longest = self.check.gap_m + self.check.margin_m + speed * self.check.margin_per_speed_s
        needed = 2.0 * (self.robot.circumscribed_radius_m + self.compute_stopping_distance_m(speed) + longest)
        if self.map.size_m < needed:
            conflicts.append(
                f"map.size_m = {self.map.size_m:g} m is too small: stopping from robot.limits.max_speed_mps = {speed:g} m/s "
                f"needs {needed:.2f} m; enlarge the one or lower the other"
            )
        if self.check.crawl_speed_mps > self.check.restart_speed_mps:
            conflicts.append(
                f"check.crawl_speed_mps = {self.check.crawl_speed_mps:g} m/s must not exceed "
                f"check.restart_speed_mps = {self.check.restart_speed_mps:g} m/s"
            )
        if self.watchdog.loop_slow_after_s <= self.period_s:
            conflicts.append(
                f"watchdog.loop_slow_after_s = {self.watchdog.loop_slow_after_s:g} s must exceed one period, {self.period_s:g} s"
            )
        return conflicts
