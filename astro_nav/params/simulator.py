"""Parameters of the embedded simulator (config/simulator.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import parameter, replace_params


@dataclass(frozen=True)
class PhysicsParams:
    """Rigid bodies in MuJoCo."""

    step_s: float = parameter("time step of the physics", unit="s", minimum=0.0005, maximum=0.01)
    wheel_friction: float = parameter("friction of tyres on the floor", minimum=0.05, maximum=2.0)
    hull_friction: float = parameter("friction of the hull on what it touches", minimum=0.0, maximum=2.0)


@dataclass(frozen=True)
class BaseParams:
    """The robot's own motor controller, between cmd_vel and the wheels."""

    command_delay_s: float = parameter("from cmd_vel to the motor controller", unit="s", minimum=0.0, maximum=1.0)
    motor_lag_s: float = parameter("time constant with which the wheels follow", unit="s", minimum=0.005, maximum=1.0)
    motor_integral_time_s: float = parameter("integral time of the wheels' speed controllers", unit="s", minimum=0.01, maximum=100.0)
    command_timeout_s: float = parameter("the base stops by itself when no command came for so long", unit="s", minimum=0.05, maximum=10.0)
    max_wheel_acceleration_mps2: float = parameter("steepest ramp of a wheel's speed", unit="m/s^2", minimum=0.1, maximum=100.0)
    max_wheel_torque_nm: float = parameter("strongest torque of one wheel", unit="N m", minimum=0.05, maximum=500.0)


@dataclass(frozen=True)
class LidarParams:
    """The lidar. Its head turns once in a period; rays are those within the field of view, which looks forward."""

    frame: str = parameter("frame of the scans, a link of urdf/astro.urdf.xacro")
    rays: int = parameter("rays in one revolution", minimum=4, maximum=8192)
    field_of_view_deg: float = parameter("angle over which the rays are spread evenly", unit="deg", minimum=10.0, maximum=360.0)
    rate_hz: float = parameter("revolutions per second", unit="Hz", minimum=0.5, maximum=100.0)
    range_min_m: float = parameter("nearer readings are lost", unit="m", minimum=0.0, maximum=5.0)
    range_max_m: float = parameter("farther readings are lost", unit="m", minimum=0.5, maximum=100.0)
    noise_stddev_m: float = parameter("noise of a range", unit="m", minimum=0.0, maximum=1.0)
    noise_stddev_relative: float = parameter("noise that grows with the range", minimum=0.0, maximum=0.2)
    dropout_probability: float = parameter("share of readings without an answer", minimum=0.0, maximum=1.0)
    scan_loss_probability: float = parameter("share of revolutions that never arrive", minimum=0.0, maximum=1.0)
    latency_s: float = parameter("from the last ray to the message", unit="s", minimum=0.0, maximum=2.0)
    latency_jitter_s: float = parameter("evenly spread addition to the latency", unit="s", minimum=0.0, maximum=2.0)


@dataclass(frozen=True)
class OdometryParams:
    """Wheel odometry. Slip on the floor comes from the physics; here is what the encoders and the calibration add."""

    rate_hz: float = parameter("messages per second", unit="Hz", minimum=1.0, maximum=200.0)
    latency_s: float = parameter("from the encoders to the message", unit="s", minimum=0.0, maximum=2.0)
    ticks_per_turn: int = parameter("steps of an encoder in one turn of the wheel, 0 for no steps", minimum=0, maximum=1000000)
    radius_error_stddev: float = parameter("error of each wheel's calibrated radius, drawn once per run", minimum=0.0, maximum=0.2)
    separation_error_stddev: float = parameter("error of the calibrated separation, drawn once per run", minimum=0.0, maximum=0.2)
    slip_stddev_per_sqrt_m: float = parameter("random slip of each wheel after one metre", unit="m/sqrt(m)", minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class LocalizationParams:
    """What a localizer such as AMCL makes of the scans: map -> odom with a bounded error that moves in small steps."""

    rate_hz: float = parameter("messages per second", unit="Hz", minimum=1.0, maximum=200.0)
    position_stddev_m: float = parameter("error of the position in each direction", unit="m", minimum=0.0, maximum=2.0)
    yaw_stddev_rad: float = parameter("error of the heading", unit="rad", minimum=0.0, maximum=1.0)
    max_stddevs: float = parameter("errors are never larger than so many standard deviations", minimum=0.5, maximum=10.0)
    memory: float = parameter("share of the error that a correction keeps", minimum=0.0, maximum=0.999)
    update_distance_m: float = parameter("corrects after so much travel", unit="m", minimum=0.01, maximum=10.0)
    update_angle_rad: float = parameter("corrects after so much turning", unit="rad", minimum=0.01, maximum=10.0)
    post_date_s: float = parameter(
        "stamps map -> odom ahead by this, as AMCL does, so that the newest odometry can be placed", unit="s", minimum=0.0, maximum=2.0
    )


@dataclass(frozen=True)
class PeopleParams:
    """How people move."""

    max_acceleration_mps2: float = parameter("how fast people change their velocity", unit="m/s^2", minimum=0.1, maximum=20.0)
    step_length_m: float = parameter("length of a walking step", unit="m", minimum=0.1, maximum=1.5)
    leg_radius_m: float = parameter("radius of a leg in the lidar's height", unit="m", minimum=0.01, maximum=0.3)
    leg_spread_m: float = parameter("distance between the legs", unit="m", minimum=0.0, maximum=0.6)
    robot_distance_m: float = parameter("people who react keep so far from the robot's outline", unit="m", minimum=0.0, maximum=3.0)
    patience_s: float = parameter(
        "people who wait longer than this for a way blocked by the robot turn back", unit="s", minimum=0.1, maximum=1000.0
    )


@dataclass(frozen=True)
class SimulatorParams:
    """The simulator and its node."""

    robot: RobotParams
    frames: FrameParams
    physics: PhysicsParams
    base: BaseParams
    lidar: LidarParams
    odometry: OdometryParams
    localization: LocalizationParams
    people: PeopleParams
    joint_rate_hz: float = parameter("joint states per second", unit="Hz", minimum=1.0, maximum=200.0)
    state_rate_hz: float = parameter("true states per second on simulation/state", unit="Hz", minimum=1.0, maximum=100.0)
    world_file: str = parameter("world file; a name without a folder is looked up in worlds/")
    map_file: str = parameter("map_server YAML that becomes the world instead of world_file; its occupied cells are the walls")
    extra_world_file: str = parameter("world file laid over the world or map: unmapped boxes, people, doors, goals; empty for none")
    map_resolution_m: float = parameter("cell size of the map that a world file is published as", unit="m", minimum=0.01, maximum=0.5)
    seed: int = parameter("seed of everything that is drawn", minimum=0, maximum=2**31 - 1)
    start_pose_map: list[float] = parameter("x, y [m], yaw [rad] where the robot starts; empty: the world's own start")
    publish_clock: bool = parameter("publish /clock; false: simulate on the system's time")
    publish_map: bool = parameter("publish the map; false when a map server does")
    stamped_cmd_vel: bool = parameter("cmd_vel is a TwistStamped instead of a Twist")
    clean: bool = parameter("perfect sensors: no noise, slip, drift or lost readings; latencies stay")

    def find_conflicts(self) -> list[str]:
        conflicts = []
        if len(self.start_pose_map) not in (0, 3):
            conflicts.append(f"start_pose_map has {len(self.start_pose_map)} numbers, must be empty or [x m, y m, yaw rad]")
        if self.lidar.range_min_m >= self.lidar.range_max_m:
            conflicts.append(
                f"lidar.range_min_m = {self.lidar.range_min_m:g} m must be below lidar.range_max_m = {self.lidar.range_max_m:g} m"
            )
        for name, rate_hz in (("lidar.rate_hz", self.lidar.rate_hz), ("odometry.rate_hz", self.odometry.rate_hz),
                              ("localization.rate_hz", self.localization.rate_hz), ("joint_rate_hz", self.joint_rate_hz)):  # fmt: skip
            steps = 1.0 / (rate_hz * self.physics.step_s)
            if steps < 1.0 or abs(steps - round(steps)) > 1e-6 * steps:
                conflicts.append(
                    f"{name} = {rate_hz:g} Hz is every {steps:g} steps of physics.step_s = {self.physics.step_s:g} s: "
                    "choose a rate whose period is a multiple of the step"
                )
        return conflicts


def make_clean(params: SimulatorParams) -> SimulatorParams:
    """Return the parameters of perfect sensors: no noise, slip, drift or lost readings; latencies stay."""
    nothing = (
        "lidar.noise_stddev_m", "lidar.noise_stddev_relative", "lidar.dropout_probability", "lidar.scan_loss_probability",
        "odometry.radius_error_stddev", "odometry.separation_error_stddev", "odometry.slip_stddev_per_sqrt_m",
        "localization.position_stddev_m", "localization.yaw_stddev_rad",
    )  # fmt: skip
    changes: dict[str, float | int | bool] = {name: 0.0 for name in nothing}
    return replace_params(params, {**changes, "odometry.ticks_per_turn": 0, "clean": True}, "a clean simulator")
