"""The robot's physical facts, shared by all nodes (config/robot.yaml)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from astro_nav.geometry.footprint import find_footprint_problem, parse_footprint
from astro_nav.params.schema import parameter
from astro_nav.types import FloatArray


@dataclass(frozen=True)
class LimitParams:
    """What the base can do, or may do."""

    max_speed_mps: float = parameter("fastest forward speed", unit="m/s", minimum=0.01, maximum=5.0)
    max_reverse_speed_mps: float = parameter("fastest backward speed", unit="m/s", minimum=0.0, maximum=5.0)
    max_turn_rate_radps: float = parameter("fastest turning", unit="rad/s", minimum=0.05, maximum=20.0)
    max_wheel_speed_mps: float = parameter("fastest a wheel's rim can move", unit="m/s", minimum=0.01, maximum=20.0)
    max_acceleration_mps2: float = parameter("strongest comfortable speeding up", unit="m/s^2", minimum=0.05, maximum=20.0)
    max_deceleration_mps2: float = parameter("strongest comfortable braking", unit="m/s^2", minimum=0.05, maximum=20.0)
    emergency_deceleration_mps2: float = parameter(
        "strongest braking without tipping or sliding, for the safety controller alone", unit="m/s^2", minimum=0.05, maximum=20.0
    )
    max_turn_acceleration_radps2: float = parameter("strongest angular acceleration", unit="rad/s^2", minimum=0.05, maximum=100.0)
    emergency_turn_acceleration_radps2: float = parameter(
        "strongest angular deceleration, for the safety controller alone", unit="rad/s^2", minimum=0.05, maximum=100.0
    )
    max_jerk_mps3: float = parameter("largest comfortable jerk", unit="m/s^3", minimum=0.1, maximum=1000.0)
    max_turn_jerk_radps3: float = parameter("largest comfortable angular jerk", unit="rad/s^3", minimum=0.1, maximum=1000.0)

    def find_conflicts(self) -> list[str]:
        conflicts = []
        if self.max_reverse_speed_mps > self.max_speed_mps:
            conflicts.append(
                f"max_reverse_speed_mps = {self.max_reverse_speed_mps:g} m/s must not exceed "
                f"max_speed_mps = {self.max_speed_mps:g} m/s: a robot that is faster backwards has its front elsewhere"
            )
        if self.max_wheel_speed_mps < self.max_speed_mps:
            conflicts.append(
                f"max_wheel_speed_mps = {self.max_wheel_speed_mps:g} m/s is below max_speed_mps = {self.max_speed_mps:g} m/s: "
                "lower the one or raise the other"
            )
        if self.emergency_deceleration_mps2 < self.max_deceleration_mps2:
            conflicts.append(
                f"emergency_deceleration_mps2 = {self.emergency_deceleration_mps2:g} m/s^2 is below "
                f"max_deceleration_mps2 = {self.max_deceleration_mps2:g} m/s^2: emergency braking is the stronger one"
            )
        if self.emergency_turn_acceleration_radps2 < self.max_turn_acceleration_radps2:
            conflicts.append(
                f"emergency_turn_acceleration_radps2 = {self.emergency_turn_acceleration_radps2:g} rad/s^2 is below "
                f"max_turn_acceleration_radps2 = {self.max_turn_acceleration_radps2:g} rad/s^2"
            )
        return conflicts


@dataclass(frozen=True)
class ScreenParams:
    """The screen on its pan joint."""

    joint: str = parameter("name of the pan joint, empty when the robot has no screen")
    max_pan_rad: float = parameter("largest pan to either side", unit="rad", minimum=0.0, maximum=3.15)
    max_speed_radps: float = parameter("fastest pan", unit="rad/s", minimum=0.01, maximum=20.0)
    max_acceleration_radps2: float = parameter("strongest pan acceleration", unit="rad/s^2", minimum=0.01, maximum=100.0)
    max_jerk_radps3: float = parameter("largest pan jerk", unit="rad/s^3", minimum=0.01, maximum=1000.0)


@dataclass(frozen=True)
class LatencyParams:
    """Times that stamps cannot show."""

    actuation_s: float = parameter("from a command on cmd_vel to the wheels following it", unit="s", minimum=0.0, maximum=1.0)


@lru_cache(maxsize=16)
def _read_footprint(text: str) -> FloatArray:
    """Reading the text takes a tenth of a millisecond, and a plan asks for the outline several times."""
    return parse_footprint(text)


@dataclass(frozen=True)
class LocalizationParams:
    """How far the localizer and the odometry can be trusted against each other."""

    position_stddev_m: float = parameter("noise of one correction by the localizer; 0 to follow every correction at once", unit="m", minimum=0.0, maximum=2.0)
    yaw_stddev_rad: float = parameter("likewise for the heading", unit="rad", minimum=0.0, maximum=1.0)
    drift_m: float = parameter("drift of odometry's position over one metre; it grows with the root of the way", unit="m", minimum=0.0, maximum=1.0)
    drift_rad: float = parameter("drift of odometry's heading over one metre or one radian, likewise", unit="rad", minimum=0.0, maximum=1.0)
    creep_m: float = parameter("drift of the position in one second, likewise, so that a robot at rest is corrected, too", unit="m", minimum=0.0, maximum=1.0)
    creep_rad: float = parameter("drift of the heading in one second", unit="rad", minimum=0.0, maximum=1.0)
    gate: float = parameter("a correction this many standard deviations away is believed at once: the robot was lost or carried", minimum=1.0, maximum=100.0)


@dataclass(frozen=True)
class RobotParams:
    """Shape, limits and latency of the robot."""

    footprint_m: str = parameter("outline in base_link as '[[x, y], ...]', counter-clockwise or clockwise, as in Nav2", unit="m")
    height_m: float = parameter("height", unit="m", minimum=0.01, maximum=5.0)
    mass_kg: float = parameter("mass", unit="kg", minimum=0.1, maximum=1000.0)
    wheel_separation_m: float = parameter("distance between the wheels' middles", unit="m", minimum=0.01, maximum=5.0)
    wheel_radius_m: float = parameter("radius of the wheels", unit="m", minimum=0.005, maximum=1.0)
    limits: LimitParams
    screen: ScreenParams
    latency: LatencyParams
    localization: LocalizationParams

    def find_conflicts(self) -> list[str]:
        problem = find_footprint_problem(self.footprint_m)
        return [f"footprint_m = {self.footprint_m!r} {problem}"] if problem else []

    @property
    def footprint(self) -> FloatArray:
        """(N, 2) vertices in base_link, counter-clockwise [m]."""
        return _read_footprint(self.footprint_m).copy()

    @property
    def circumscribed_radius_m(self) -> float:
        """Largest distance of the outline from base_link."""
        return float(np.linalg.norm(self.footprint, axis=1).max())


@dataclass(frozen=True)
class FrameParams:
    """Names of the frames; see REP-105."""

    map: str = parameter("the map's frame")
    odom: str = parameter("the odometry's frame")
    base: str = parameter("the robot's frame, in the middle of the drive axle")
