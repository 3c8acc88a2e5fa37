"""Random and damaged messages in any order: no exception, no command beyond the limits, always a sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.controller import SafetyController
from astro_nav.types import LimitedBy, Odometry, Scan, Trajectory

NASTY = (math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 1e-300, 1e-9, 1e9, 1e300, -1e300, 2.0**31, math.pi)


class Fuzzer:
    """Plays a robot that drives on a circle in a room, and damages what it says."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.params = load_params(SafetyControllerParams, "safety_controller", changes={"scan_topics": ["scan", "scan_rear"]})
        self.controller = SafetyController(self.params)
        self.now_s = 1000.0
        self.steady_s = 5.0
        self.twist = np.zeros(2)
        self.pose = np.zeros(3)

    def run(self, messages: int) -> None:
        for _ in range(messages):
            self.send_one()
            if self.rng.random() < 0.3:
                self.step()

    def send_one(self) -> None:
        kind = self.rng.choice(["odometry", "scan", "trajectory", "teleop", "other"], p=[0.35, 0.2, 0.25, 0.1, 0.1])
        getattr(self, f"send_{kind}")()

    def damaged(self, probability: float = 0.15) -> bool:
        return bool(self.rng.random() < probability)

    def nasty(self, value):
        """A number, or an array with some numbers replaced, cut or reshaped."""
        if np.ndim(value) == 0:
            return self.rng.choice(NASTY) if self.rng.random() < 0.6 else float(value) * self.rng.normal(0.0, 10.0)
        array = np.array(value)
        choice = self.rng.integers(5)
        if choice == 0 or array.size == 0:
            return array[: len(array) // 2]
        if choice == 1:
            return array.reshape(-1)
        if choice == 2:
            with np.errstate(all="ignore"):
                return array * self.rng.choice(NASTY)
        array.reshape(-1)[self.rng.integers(array.size, size=3)] = self.rng.choice(NASTY, size=3)
        return array

    def damage(self, message):
        """Replace one field."""
        names = [name for name, value in vars(message).items() if not isinstance(value, str)]
        name = str(self.rng.choice(names))
        with np.errstate(all="ignore"):
            return replace(message, **{name: self.nasty(getattr(message, name))})

    def send_odometry(self) -> None:
        message = Odometry(self.now_s - self.rng.uniform(0.0, 0.03), self.pose.copy(), self.twist.copy())
        self.controller.add_odometry(self.damage(message) if self.damaged() else message, self.now_s)

    def send_scan(self) -> None:
        count = int(self.rng.choice([0, 1, 2, 7, 90, 181]))
        ranges = self.rng.uniform(0.05, 3.0, count).astype(np.float32)
        ranges[self.rng.random(count) < 0.1] = self.rng.choice([np.nan, np.inf, 0.0, -1.0])
        if self.rng.random() < 0.6:
            ranges = np.full(90, self.rng.uniform(1.0, 3.0), dtype=np.float32)
        scan = Scan(self.now_s - 0.03, "laser", -math.pi, 2.0 * math.pi / max(len(ranges), 1), 0.001, 0.08, 12.0, ranges)
        mount = np.array([0.05, 0.0, 0.1])
        if self.damaged():
            scan = self.damage(scan)
        if self.damaged(0.03):
            mount = self.nasty(mount)
        self.controller.add_scan(
            scan, mount, self.now_s, str(self.rng.choice(["scan", "scan_rear", "", "nonsense"], p=[0.45, 0.45, 0.05, 0.05]))
        )

    def send_trajectory(self) -> None:
        count = int(self.rng.choice([0, 1, 2, 31], p=[0.05, 0.05, 0.1, 0.8]))
        speed, turn_rate = self.rng.uniform(-0.3, 1.1), self.rng.uniform(-2.1, 2.1)
        steps = np.arange(count) * 0.1
        yaw = self.pose[2] + turn_rate * steps
        x = self.pose[0] + np.cumsum(speed * 0.1 * np.cos(yaw))
        y = self.pose[1] + np.cumsum(speed * 0.1 * np.sin(yaw))
        message = Trajectory(
            self.now_s - 0.02,
            self.now_s + self.rng.uniform(-0.2, 0.2),
            0.1,
            np.stack([x, y, yaw], axis=1),
            np.tile([speed, turn_rate], (count, 1)),
            np.zeros((count, 2)),
        )
        self.controller.set_trajectory(self.damage(message) if self.damaged() else message, self.now_s)

    def send_teleop(self) -> None:
        twist = np.array([self.rng.normal(0.0, 1.0), self.rng.normal(0.0, 2.0)])
        self.controller.set_teleop(self.nasty(twist) if self.damaged() else twist, self.now_s)

    def send_other(self) -> None:
        choice = self.rng.integers(6)
        if choice == 0:
            self.controller.set_speed_limit(self.rng.choice([None, *NASTY, 0.3]))
        elif choice == 1:
            self.controller.set_emergency_stop(bool(self.rng.random() < 0.3))
        elif choice == 2:
            self.controller.add_range(float(self.rng.choice([0.02, *NASTY])), self.now_s, "cliff")
        elif choice == 3:
            self.controller.add_bumper(bool(self.rng.random() < 0.3), self.now_s, "bumper")
        elif choice == 4:
            self.controller.refuse("scan", self.now_s, "no transform base <- laser")
        elif self.rng.random() < 0.05:
            self.now_s += self.rng.choice([-30.0, -0.5, 0.7, 40.0])

    def step(self) -> None:
        before, elapsed_s = self.twist, float(self.rng.choice([0.0, 0.005, 0.02, 0.05, 0.4], p=[0.05, 0.1, 0.75, 0.08, 0.02]))
        self.now_s += elapsed_s
        self.steady_s += elapsed_s
        verdict = self.controller.step(self.now_s, self.steady_s)
        limits = self.params.robot.limits
        speed, turn_rate = verdict.twist
        assert math.isfinite(speed) and math.isfinite(turn_rate)
        assert -limits.max_reverse_speed_mps - 1e-9 <= speed <= limits.max_speed_mps + 1e-9
        assert abs(turn_rate) <= limits.max_turn_rate_radps + 1e-9
        assert abs(speed) + 0.5 * self.params.robot.wheel_separation_m * abs(turn_rate) <= limits.max_wheel_speed_mps + 1e-9
        if elapsed_s <= 0.1:
            # At the start and after a gap the controller goes on from what the base reports instead.
            assert abs(speed) <= abs(before[0]) + limits.emergency_deceleration_mps2 * elapsed_s + 0.06 or elapsed_s == 0.0
        assert isinstance(verdict.limited_by, LimitedBy)
        assert verdict.reason or verdict.limited_by is LimitedBy.NOTHING
        assert 0.0 <= verdict.scale <= 1.0
        self.twist = np.array([speed, turn_rate])
        self.pose = self.pose + np.array([speed * math.cos(self.pose[2]), speed * math.sin(self.pose[2]), turn_rate]) * elapsed_s


@pytest.mark.parametrize("seed", range(4))
def test_damaged_messages_never_break_a_limit(seed: int) -> None:
    Fuzzer(seed).run(25_000)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_a_million_damaged_messages_never_break_a_limit(seed: int) -> None:
    Fuzzer(seed).run(100_000)
