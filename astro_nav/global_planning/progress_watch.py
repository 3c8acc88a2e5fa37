"""Whether the robot gets on."""

from __future__ import annotations

from astro_nav.params.global_planner import ProgressParams


class ProgressWatch:
    """Measures for how long the robot has not come nearer to its goal.

    Nearer than ever before on this way, not nearer than a moment ago: swaying to and fro is no progress.
    """

    def __init__(self, params: ProgressParams) -> None:
        self._params = params
        self._nearest_m = float("inf")
        self._smallest_turn_rad = float("inf")
        self._since_s: float | None = None

    def update_params(self, params: ProgressParams) -> None:
        """Take changed parameters."""
        self._params = params

    def start(self, now_s: float) -> None:
        """Begin with another goal: waiting for a way counts as no progress from now on."""
        self._since_s = now_s
        self.set_way()

    def set_way(self) -> None:
        """Measure on another way, whose length says nothing about the old one's; the time goes on."""
        self._nearest_m = self._smallest_turn_rad = float("inf")

    def update(self, distance_to_go_m: float, turn_to_go_rad: float, now_s: float) -> float:
        """Take the present distance and turn to the goal; returns for how long there has been no progress [s]."""
        is_first = self._nearest_m == float("inf")
        nearer = distance_to_go_m < self._nearest_m - self._params.min_progress_m
        turned = turn_to_go_rad < self._smallest_turn_rad - self._params.min_turn_rad
        if nearer or turned:
            self._nearest_m = min(self._nearest_m, distance_to_go_m)
            self._smallest_turn_rad = min(self._smallest_turn_rad, turn_to_go_rad)
            if not is_first:
                self._since_s = now_s
        return self.measure_standstill(now_s)

    def measure_standstill(self, now_s: float) -> float:
        """For how long there has been no progress [s]."""
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s
