"""Being held up: the plan says go and the robot does not, or the best plan is to stay.

A planner that starts every cycle from what odometry measured never learns that nothing came of its last plans. This is
its memory of that. It makes the planner warier of what is near, so that it backs off and passes with more room, and after
a while it says that the way is blocked, so that another one is looked for.
"""

from __future__ import annotations

import numpy as np

from astro_nav.params.local_planner import HindranceParams
from astro_nav.types import FloatArray


class Hindrance:
    """Measures for how long the robot has been held up.

    Attributes:
        held_s: for how long the robot has stood although its plans said go; it fades while the robot moves.
        waiting_s: for how long it has stood by its own choice, far from its goal.
        held_direction: the way in which it was held up last: 1 forwards, -1 backwards, 0 turning on the spot.
    """

    def __init__(self, params: HindranceParams) -> None:
        self.params = params
        self.clear()

    def clear(self) -> None:
        """Forget everything, e.g. because there is no goal any more."""
        self.held_s = self.waiting_s = self.held_direction = 0.0
        self._updated_s = -np.inf

    @property
    def caution(self) -> float:
        """How much warier than usual the planner should be, 0 to 1."""
        excess_s = max(self.held_s - self.params.patience_s, 0.0)
        return min(excess_s / self.params.full_caution_s, 1.0)

    @property
    def is_blocked(self) -> bool:
        """Whether it has taken too long."""
        return max(self.held_s, self.waiting_s) >= self.params.blocked_after_s

    def update(self, now_s: float, twist: FloatArray, wants_to_move: bool, wanted_direction: float = 0.0) -> None:
        """Take note of one cycle.

        Args:
            now_s: its time.
            twist: (2,) that odometry measures [m/s, rad/s].
            wants_to_move: whether the trajectory in execution moves within its first second.
            wanted_direction: where to: 1 forwards, -1 backwards, 0 turning on the spot.
        """
        step_s = min(max(now_s - self._updated_s, 0.0), 1.0) if np.isfinite(self._updated_s) else 0.0
        self._updated_s = now_s
        params = self.params
        moves = abs(twist[0]) > params.moving_mps or abs(twist[1]) > params.moving_radps
        if moves:
            self.held_s *= float(np.exp(-step_s / params.forget_s))
            self.waiting_s *= float(np.exp(-step_s / params.forget_s))
        elif wants_to_move:
            self.held_s += step_s
            self.held_direction = wanted_direction
        else:
            self.waiting_s += step_s
