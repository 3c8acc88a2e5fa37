"""How long the rest of the way will take, from how fast the robot has really been."""

from __future__ import annotations

import math

from astro_nav.params.global_planner import PaceParams

WAIT_S = 3.0  # a longer standstill says nothing about the speed on the way,
START_S = 1.5  # nor does setting off,
NEAR_M = 0.5  # nor the last half metre, in which the robot slows down and turns: that is what the time for stopping is for
STEP_S = 1.0  # between two looks at what was driven
SLOWEST_MPS = 0.08  # slower is a standstill, or shuffling to and fro


class TravelTime:
    """Estimates the time left.

    The speed is what was driven over the time that it took, both fading with `pace.memory_s` and kept from goal to goal; a
    mean of speeds or of their inverses would be off, for slow and fast pieces of way do not take alike long. That ways near
    obstacles take longer is not assumed: measured, it made the estimate worse.

    Args:
        params: what is assumed before anything was driven.
        max_speed_mps: of the robot.
    """

    def __init__(self, params: PaceParams, max_speed_mps: float) -> None:
        self._params = params
        self._driven_s, self._driven_m = params.first_s, params.first_s * params.cruise_share * max_speed_mps
        self._began_s: float | None = None
        self._last = (0.0, 0.0)
        self._waited_s = 0.0

    def set_way(self) -> None:
        """Begin with another way, whose length says nothing about what was driven."""
        self._began_s, self._waited_s = None, 0.0

    def update(self, distance_left_m: float, now_s: float) -> float:
        """Learn from the length of way that is left; returns the time left [s]."""
        if self._began_s is None or now_s < self._last[1]:
            self._began_s, self._last = now_s, (distance_left_m, now_s)
        passed_s = now_s - self._last[1]
        if passed_s >= STEP_S:
            self._learn(max(self._last[0] - distance_left_m, 0.0), passed_s, distance_left_m, now_s - self._began_s)
            self._last = distance_left_m, now_s
        return distance_left_m * self._driven_s / max(self._driven_m, 1e-6) + self._params.settling_s

    def _learn(self, done_m: float, passed_s: float, distance_left_m: float, driven_s: float) -> None:
        self._waited_s = self._waited_s + passed_s if done_m < SLOWEST_MPS * passed_s else 0.0
        if driven_s <= START_S or distance_left_m <= NEAR_M or self._waited_s > WAIT_S:
            return
        fading = math.exp(-passed_s / self._params.memory_s)
        self._driven_s, self._driven_m = fading * self._driven_s + passed_s, fading * self._driven_m + done_m
