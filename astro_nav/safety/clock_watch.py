"""Watching the clocks and the loop that everything else relies on."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from astro_nav.params.safety_controller import WatchdogParams
from astro_nav.safety.hold import Hold, fade, stand
from astro_nav.types import LimitedBy

# A late period counts for this long: load comes in bursts.
LATE_MEMORY_S = 0.5
# Longer spans are not integrated in one step.
MAX_STEP_S = 0.1
# The pace of the ROS clock is measured over this long. A simulated clock comes in steps, which must not become steps of
# the command; one that runs at the pace of the steady clock, give or take this share, is taken to run at just that.
PACE_SPAN_S = 0.5
PACE_TOLERANCE = 0.08
# A period in which the clocks differ by more than this was a step of the clock, not its pace.
PACE_STEP_S = 0.1


@dataclass(frozen=True)
class Tick:
    """One period of the loop.

    Attributes:
        duration_s: time that passed for the robot, 0 .. MAX_STEP_S: the steady clock's at the pace of the ROS clock.
        gap_s: real time since the period before, unbounded.
        jump: "" or the sentence about a jump of the ROS clock: everything with a stamp is void.
    """

    duration_s: float
    gap_s: float
    jump: str


class ClockWatch:
    """Compares the ROS clock, which may be simulated, set or paused, with the steady clock."""

    def __init__(self, params: WatchdogParams, period_s: float) -> None:
        self._params = params
        self._period_s = period_s
        self._now_s = math.nan
        self._steady_s = math.nan
        self._moved_steady_s = math.nan
        self._gaps: deque[tuple[float, float]] = deque()
        self._readings: deque[tuple[float, float]] = deque()

    @property
    def worst_gap_s(self) -> float:
        """Longest period lately."""
        return max((gap for _, gap in self._gaps), default=self._period_s)

    @property
    def lateness_s(self) -> float:
        """How much longer than intended the worst period lately was: later reactions need earlier braking."""
        return max(self.worst_gap_s - self._period_s, 0.0)

    def tick(self, now_s: float, steady_s: float) -> Tick:
        """Start a period."""
        if math.isnan(self._steady_s):
            self._now_s, self._steady_s, self._moved_steady_s = now_s, steady_s, steady_s
            return Tick(self._period_s, self._period_s, "")
        gap_s = max(steady_s - self._steady_s, 0.0)
        elapsed_s = now_s - self._now_s
        self._steady_s, self._now_s = steady_s, now_s
        if elapsed_s != 0.0:
            self._moved_steady_s = steady_s
        self._gaps.append((steady_s, gap_s))
        while steady_s - self._gaps[0][0] > LATE_MEMORY_S:
            self._gaps.popleft()
        pace = self._measure_pace(now_s, steady_s, elapsed_s, gap_s)
        if elapsed_s < 0.0:
            return Tick(min(gap_s, MAX_STEP_S), gap_s, f"the clock jumped back by {-elapsed_s:.3g} s: all data is void")
        if elapsed_s - gap_s > self._params.clock_jump_s:
            sentence = (
                f"the clock jumped ahead by {elapsed_s - gap_s:.3g} s (limit clock_jump_s = {self._params.clock_jump_s:g} s): "
                "all data is void"
            )
            return Tick(min(gap_s, MAX_STEP_S), gap_s, sentence)
        stands_still = elapsed_s == 0.0 and self._still_for_s() > self._params.clock_still_s
        return Tick(min(gap_s if stands_still else pace * gap_s, MAX_STEP_S), gap_s, "")

    def _measure_pace(self, now_s: float, steady_s: float, elapsed_s: float, gap_s: float) -> float:
        """How fast the ROS clock runs, lately, compared with the steady one."""
        readings = self._readings
        if abs(elapsed_s - gap_s) > PACE_STEP_S:
            readings.clear()
        readings.append((now_s, steady_s))
        while steady_s - readings[0][1] > PACE_SPAN_S and len(readings) > 2:
            readings.popleft()
        span_s = steady_s - readings[0][1]
        if span_s < 0.5 * PACE_SPAN_S:
            return 1.0
        pace = (now_s - readings[0][0]) / span_s
        return 1.0 if abs(pace - 1.0) < PACE_TOLERANCE else max(pace, 0.0)

    def find_holds(self) -> list[Hold]:
        """What clock and loop have against moving."""
        if not self._now_s > 0.0:
            return [stand(LimitedBy.CLOCK, "/clock", "waiting for /clock: with use_sim_time somebody must publish it", hard=True)]
        holds = []
        if self._still_for_s() > self._params.clock_still_s:
            sentence = (
                f"the clock has stood still for {self._still_for_s():.1f} s "
                f"(limit clock_still_s = {self._params.clock_still_s:g} s): is the simulation paused?"
            )
            holds.append(stand(LimitedBy.CLOCK, "/clock", sentence, hard=True))
        gap_s = self.worst_gap_s
        if gap_s > self._params.loop_slow_after_s:
            limit_s = self._params.loop_slow_after_s
            holds.append(
                Hold(
                    LimitedBy.LATE_LOOP,
                    fade(gap_s, limit_s, self._params.loop_stop_after_s),
                    "",
                    lambda: (
                        f"the safety controller's own period was {1e3 * gap_s:.0f} ms (limit {1e3 * limit_s:.0f} ms): "
                        "the computer is overloaded"
                    ),
                    hard=gap_s > self._params.loop_stop_after_s,
                )
            )
        return holds

    def _still_for_s(self) -> float:
        return self._steady_s - self._moved_steady_s
