"""What the robot believes about its own motion: wheel odometry, and a localizer that corrects it."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.simulator import LocalizationParams, SimulatorParams
from astro_nav.types import FloatArray, Odometry


class WheelOdometry:
    """Integrates the wheels' rotation as the base driver does.

    The wheels' slip on the floor is in their rotation already; calibration errors, encoder steps and random slip on an
    uneven floor are added here.

    Args:
        params: of the simulator.
        generator: for the calibration errors and the slip.
    """

    def __init__(self, params: SimulatorParams, generator: np.random.Generator) -> None:
        self._params, self._generator = params.odometry, generator
        errors = generator.standard_normal(3)
        radius, radius_error = params.robot.wheel_radius_m, self._params.radius_error_stddev
        self._radii_m = (radius * (1.0 + radius_error * errors[0]), radius * (1.0 + radius_error * errors[1]))
        self._separation_m = params.robot.wheel_separation_m * (1.0 + self._params.separation_error_stddev * errors[2])
        self._angles: tuple[float, float] | None = None
        self._stamp_s = 0.0
        self.pose_odom_base: FloatArray = np.zeros(3)

    def measure(self, stamp_s: float, left_rad: float, right_rad: float) -> Odometry:
        """Read the encoders.

        Args:
            stamp_s: now.
            left_rad, right_rad: true angles of the wheels since the start.
        """
        angles = (self._read_encoder(left_rad), self._read_encoder(right_rad))
        slips = self._generator.standard_normal(2)
        before = self._angles or angles
        travel = []
        for side in (0, 1):
            distance = self._radii_m[side] * (angles[side] - before[side])
            travel.append(distance + self._params.slip_stddev_per_sqrt_m * math.sqrt(abs(distance)) * float(slips[side]))
        forward, turn = 0.5 * (travel[0] + travel[1]), (travel[1] - travel[0]) / self._separation_m
        duration_s = stamp_s - self._stamp_s
        x, y, yaw = self.pose_odom_base.tolist()
        middle = yaw + 0.5 * turn
        self.pose_odom_base = np.array(
            [x + forward * math.cos(middle), y + forward * math.sin(middle), float(wrap_angle(yaw + turn))]
        )
        moved = self._angles is not None and duration_s > 0.0
        twist = np.array([forward / duration_s, turn / duration_s]) if moved else np.zeros(2)
        self._angles, self._stamp_s = angles, stamp_s
        return Odometry(stamp_s=stamp_s, pose_odom_base=self.pose_odom_base.copy(), twist=twist)

    def _read_encoder(self, angle_rad: float) -> float:
        ticks = self._params.ticks_per_turn
        if ticks == 0:
            return angle_rad
        tick_rad = 2.0 * math.pi / ticks
        return math.floor(angle_rad / tick_rad) * tick_rad


class Localizer:
    """Estimates map -> odom with an error that stays bounded and moves in small steps, as AMCL's does.

    Between two corrections map -> odom rests, so the odometry's drift shows; a correction replaces it by the truth plus
    an error that forgets itself slowly.

    Args:
        params: of the localizer.
        generator: for the errors.
    """

    def __init__(self, params: LocalizationParams, generator: np.random.Generator) -> None:
        self._params, self._generator = params, generator
        self._stddevs = np.array([params.position_stddev_m, params.position_stddev_m, params.yaw_stddev_rad])
        self._bound = params.max_stddevs * self._stddevs
        self._error_base = np.clip(self._draw_error(), -self._bound, self._bound)
        self._corrected_odom: FloatArray | None = None
        self.pose_map_odom: FloatArray = np.zeros(3)

    def correct(self, pose_map_base: FloatArray, pose_odom_base: FloatArray) -> FloatArray:
        """Return map -> odom (3,), corrected when the robot has moved enough since the last correction.

        Args:
            pose_map_base: the true pose.
            pose_odom_base: the odometry's pose at the same time.
        """
        last = self._corrected_odom
        if last is not None:
            dx, dy, turn = (pose_odom_base - last).tolist()
            distance, angle = math.hypot(dx, dy), abs(math.remainder(turn, 2.0 * math.pi))
            if distance < self._params.update_distance_m and angle < self._params.update_angle_rad:
                return self.pose_map_odom
            memory = self._params.memory
            self._error_base = memory * self._error_base + math.sqrt(1.0 - memory**2) * self._draw_error()
            self._error_base = np.clip(self._error_base, -self._bound, self._bound)
        self._corrected_odom = pose_odom_base.copy()
        believed = se2.compose(pose_map_base, self._error_base)
        self.pose_map_odom = se2.compose(believed, se2.invert(pose_odom_base))
        return self.pose_map_odom

    def restart(self) -> None:
        """Correct at the next opportunity, e.g. after the robot was carried."""
        self._corrected_odom = None

    def _draw_error(self) -> FloatArray:
        return self._stddevs * self._generator.standard_normal(3)
