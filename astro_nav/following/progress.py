"""Whether the robot gets nearer to somebody who is too far away."""

from __future__ import annotations

import math

from astro_nav.params.following import FollowParams


class Progress:
    """Remembers how near the robot has come."""

    def __init__(self) -> None:
        self._best_gap_m, self._best_s = math.inf, 0.0

    def begin(self, now_s: float) -> None:
        """Count from now on."""
        self._best_gap_m, self._best_s = math.inf, now_s

    def watch(self, gap_m: float, distance_m: float, blocked_reason: str, now_s: float, params: FollowParams) -> str:
        """Why to give up; "" to go on.

        Args:
            gap_m: to the person now.
            distance_m: wanted.
            blocked_reason: what holds the robot up, "" for nothing.
            now_s: time.
            params: of following.
        """
        if gap_m <= distance_m + 2.0 * params.release_m:
            self.begin(now_s)
        elif gap_m < self._best_gap_m - params.release_m or now_s < self._best_s or self._best_gap_m == math.inf:
            self._best_gap_m, self._best_s = gap_m, now_s
        elif now_s - self._best_s >= params.give_up_s:
            why = blocked_reason or "they are faster than the robot, or there is no way"
            return f"got no nearer than {self._best_gap_m:.1f} m for {now_s - self._best_s:.0f} s, limit follow.give_up_s = {params.give_up_s:g} s: {why}"
        return ""
