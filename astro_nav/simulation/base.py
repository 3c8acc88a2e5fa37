"""The robot's own motor controller: what happens between cmd_vel and the wheels."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from astro_nav.params.simulator import SimulatorParams

# The integral part of the motors' controllers corrects at most this much of a wheel's speed.
MAX_CORRECTION_MPS = 0.2


class BaseController:
    """Delays, limits and ramps commands; stops by itself when they cease.

    Args:
        params: of the simulator.
    """

    def __init__(self, params: SimulatorParams) -> None:
        self._params = params
        self._pending: deque[tuple[float, float, float]] = deque()
        self._wanted = (0.0, 0.0)
        self._received_s = -math.inf
        self._wheels_mps = (0.0, 0.0)
        self._expected_radps = [0.0, 0.0]
        self._integrals_rad = [0.0, 0.0]

    @property
    def wanted_twist(self) -> tuple[float, float]:
        """The command in force [m/s, rad/s]."""
        return self._wanted

    def reset(self) -> None:
        """Forget all commands and stand."""
        self.__init__(self._params)  # type: ignore[misc]  # the constructor is the definition of a fresh controller

    def add_command(self, twist: np.ndarray, now_s: float) -> None:
        """Take a command; it arrives after the modelled delay.

        Args:
            twist: (2,) [m/s, rad/s].
            now_s: when it was sent.

        Raises:
            ValueError: when it is not finite; the command before it stays in force until its time-out.
        """
        speed, turn_rate = float(twist[0]), float(twist[1])
        if not (math.isfinite(speed) and math.isfinite(turn_rate)):
            raise ValueError(f"command ({speed} m/s, {turn_rate} rad/s) is not finite: send numbers")
        self._pending.append((now_s + self._params.base.command_delay_s, speed, turn_rate))

    def step(self, now_s: float, wheel_speeds_radps: tuple[float, float]) -> tuple[float, float]:
        """Advance by one step of the physics.

        Args:
            now_s: before the step.
            wheel_speeds_radps: measured speeds of the left and the right wheel.

        Returns:
            What the motors of the left and the right wheel shall follow [rad/s].
        """
        base, step_s = self._params.base, self._params.physics.step_s
        while self._pending and self._pending[0][0] <= now_s + 1e-9:
            self._received_s, speed, turn_rate = self._pending.popleft()
            self._wanted = self._limit_twist(speed, turn_rate)
        if now_s - self._received_s > base.command_timeout_s:
            self._wanted = (0.0, 0.0)
        left, right = self._find_wheel_speeds(*self._wanted)
        change_left, change_right = left - self._wheels_mps[0], right - self._wheels_mps[1]
        largest = max(abs(change_left), abs(change_right))
        # One factor for both wheels keeps the curve while the speed ramps.
        share = min(1.0, base.max_wheel_acceleration_mps2 * step_s / largest) if largest > 0.0 else 1.0
        self._wheels_mps = (self._wheels_mps[0] + share * change_left, self._wheels_mps[1] + share * change_right)
        return self._correct(0, wheel_speeds_radps[0]), self._correct(1, wheel_speeds_radps[1])

    def _correct(self, side: int, measured_radps: float) -> float:
        """Add the integral part that takes away what load leaves between the expected and the measured speed.

        Expected is the wanted speed after the motor's lag: correcting the lag itself would overshoot after every ramp.
        """
        base, step_s = self._params.base, self._params.physics.step_s
        radius = self._params.robot.wheel_radius_m
        wanted, expected = self._wheels_mps[side] / radius, self._expected_radps[side]
        expected += (wanted - expected) * min(step_s / base.motor_lag_s, 1.0)
        self._expected_radps[side] = expected
        integral = self._integrals_rad[side] + (expected - measured_radps) * step_s
        # A wheel that is held must not store up speed for when it is let go.
        limit = MAX_CORRECTION_MPS / radius * base.motor_integral_time_s
        self._integrals_rad[side] = min(max(integral, -limit), limit)
        return wanted + self._integrals_rad[side] / base.motor_integral_time_s

    def _limit_twist(self, speed: float, turn_rate: float) -> tuple[float, float]:
        limits = self._params.robot.limits
        speed = min(max(speed, -limits.max_reverse_speed_mps), limits.max_speed_mps)
        return speed, min(max(turn_rate, -limits.max_turn_rate_radps), limits.max_turn_rate_radps)

    def _find_wheel_speeds(self, speed: float, turn_rate: float) -> tuple[float, float]:
        half = 0.5 * self._params.robot.wheel_separation_m
        left, right = speed - half * turn_rate, speed + half * turn_rate
        fastest, limit = max(abs(left), abs(right)), self._params.robot.limits.max_wheel_speed_mps
        share = limit / fastest if fastest > limit else 1.0
        return share * left, share * right


@dataclass(frozen=True)
class _ScreenTrajectory:
    """Wanted angles (N,) [rad] at times (N,) [s] from `start_s` on."""

    arrives_s: float
    start_s: float
    times_s: np.ndarray
    angles_rad: np.ndarray


class ScreenController:
    """Moves the target of the screen's servo along the wanted angles within the joint's limits."""

    def __init__(self, params: SimulatorParams) -> None:
        self._screen, self._step_s = params.robot.screen, params.physics.step_s
        self._delay_s = params.base.command_delay_s
        self._pending: deque[_ScreenTrajectory] = deque()
        self._trajectory: _ScreenTrajectory | None = None
        self._wanted_rad = self._angle_rad = self._speed_radps = 0.0

    def add_trajectory(self, start_s: float, times_s: np.ndarray, angles_rad: np.ndarray, now_s: float) -> None:
        """Take wanted angles over time, which replace those before; they arrive after the modelled delay.

        Args:
            start_s: time at which `times_s` count from.
            times_s: (N,) increasing [s].
            angles_rad: (N,).
            now_s: when it was sent.

        Raises:
            ValueError: when a number is not finite, the times do not increase or there are none.
        """
        times_s, angles_rad = np.array(times_s, dtype=np.float64), np.array(angles_rad, dtype=np.float64)
        if times_s.ndim != 1 or times_s.shape != angles_rad.shape or len(times_s) == 0:
            raise ValueError(f"screen trajectory has {times_s.size} times and {angles_rad.size} angles: send one angle per time")
        if not (math.isfinite(start_s) and np.isfinite(times_s).all() and np.isfinite(angles_rad).all()):
            raise ValueError("screen trajectory holds a number that is not finite: send numbers")
        if (np.diff(times_s) <= 0.0).any():
            raise ValueError("screen trajectory's times do not increase: send its points in order of time")
        angles_rad = np.clip(angles_rad, -self._screen.max_pan_rad, self._screen.max_pan_rad)
        self._pending.append(_ScreenTrajectory(now_s + self._delay_s, start_s, times_s, angles_rad))

    def step(self, now_s: float) -> float:
        """Advance by one step of the physics and return the servo's target [rad]."""
        while self._pending and self._pending[0].arrives_s <= now_s + 1e-9:
            self._trajectory = self._pending.popleft()
        if self._trajectory is not None:
            wanted = self._trajectory
            self._wanted_rad = float(np.interp(now_s - wanted.start_s, wanted.times_s, wanted.angles_rad))
            if now_s - wanted.start_s >= wanted.times_s[-1]:
                self._trajectory = None
        gap = self._wanted_rad - self._angle_rad
        if gap == 0.0 and self._speed_radps == 0.0:
            return self._angle_rad
        acceleration, step_s = self._screen.max_acceleration_radps2, self._step_s
        # The fastest speed from which the rest of the way suffices to brake.
        speed = min(math.sqrt(2.0 * acceleration * abs(gap)), self._screen.max_speed_radps, abs(gap) / step_s)
        change = math.copysign(speed, gap) - self._speed_radps
        self._speed_radps += min(max(change, -acceleration * step_s), acceleration * step_s)
        self._angle_rad += self._speed_radps * step_s
        if abs(gap) < 1e-6 and abs(self._speed_radps) < acceleration * step_s:
            self._angle_rad, self._speed_radps = self._wanted_rad, 0.0
        return self._angle_rad
