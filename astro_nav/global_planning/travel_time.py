"""How long the rest of the way will take: a guess from the way's form, corrected by what the robot really needs."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray

SLOWEST_SHARE = 0.15  # of the cruising speed, however close obstacles are
PACE_BOUNDS = (0.4, 4.0)  # learned time over guessed time


class TravelTime:
    """Estimates the time left.

    A metre of way takes longer the dearer it is (the robot slows down near obstacles), bends take time, and so do the
    first turn and the stop at every goal. The ratio of the time that passed to the time that was guessed for it is
    averaged over `pace.memory_s` and kept from goal to goal.
    """

    def __init__(self, params: GlobalPlannerParams) -> None:
        self._params = params
        self._pace = 1.0
        self._times_to_go_s = np.zeros(1)
        self._settling_s = 0.0
        self._last: tuple[float, float] | None = None

    def set_way(self, poses_map: FloatArray, costs_to_go_m: FloatArray, stops: int) -> None:
        """Begin with another way.

        Args:
            poses_map: (N, 3) of the way over all goals.
            costs_to_go_m: (N,) cost from each pose to the end.
            stops: goals at which the robot stops.
        """
        limits, pace = self._params.robot.limits, self._params.pace
        lengths = np.linalg.norm(np.diff(poses_map[:, :2], axis=0), axis=1)
        costs = np.maximum(-np.diff(costs_to_go_m), lengths)
        cruise_mps = pace.cruise_share * limits.max_speed_mps
        shares = np.maximum(np.sqrt(lengths / np.maximum(costs, 1e-9)), SLOWEST_SHARE)
        bends = np.abs(wrap_angle(np.diff(poses_map[:, 2])))
        times = lengths / (cruise_mps * shares) + bends / (2.0 * limits.max_turn_rate_radps)
        self._times_to_go_s = np.concatenate([np.cumsum(times[::-1])[::-1], [0.0]])
        self._settling_s = pace.settling_s * max(stops, 1)
        self._last = None

    def update(self, place: int, now_s: float) -> float:
        """Learn from the robot's place on the way; returns the time left [s]."""
        guess_s = float(self._times_to_go_s[min(place, len(self._times_to_go_s) - 1)])
        if self._last is not None:
            last_guess_s, last_s = self._last
            passed_s, done_s = now_s - last_s, last_guess_s - guess_s
            if passed_s >= 1.0:
                if done_s > 0.0:
                    ratio = float(np.clip(passed_s / done_s, *PACE_BOUNDS))
                    share = min(passed_s / self._params.pace.memory_s, 1.0)
                    self._pace += share * (ratio - self._pace)
                self._last = (guess_s, now_s)
        else:
            self._last = (guess_s, now_s)
        return self._pace * guess_s + self._settling_s
