"""One goal at a time, to go somewhere or to follow somebody; a newer one replaces the one before without a stop."""

from __future__ import annotations

from collections.abc import Hashable

from astro_nav.following.follower import Follower
from astro_nav.global_planning.navigator import Effect, Navigator
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.types import FloatArray

REPLACED = "replaced by a newer goal"


class GoalKeeper:
    """Hands ways out from whichever of the two has the goal.

    Args:
        navigator: goes somewhere.
        follower: follows somebody.
    """

    def __init__(self, navigator: Navigator, follower: Follower) -> None:
        self.navigator, self.follower = navigator, follower

    @property
    def is_busy(self) -> bool:
        """Whether there is a goal."""
        return self.navigator.is_busy or self.follower.is_busy

    def navigate(self, goal_id: Hashable, goals_map: FloatArray, now_s: float) -> None:
        """Drive to goals (G, 3)."""
        if self.follower.is_busy:
            self.follower.give_way(REPLACED)
            self.navigator.take_over_way()
        self.navigator.accept(goal_id, goals_map, now_s)

    def follow(self, goal_id: Hashable, name: str, distance_m: float, now_s: float) -> None:
        """Follow somebody; see `Follower.accept`."""
        self.navigator.give_way(REPLACED)
        self.follower.accept(goal_id, name, distance_m, now_s)

    def cancel(self, goal_id: Hashable, now_s: float) -> bool:
        """Give up a goal and stand still; returns whether it was on the way."""
        return self.navigator.cancel(goal_id, now_s) or self.follower.cancel(goal_id, now_s)

    def abort(self, error_code: ErrorCode, message: str, now_s: float) -> None:
        """Give up the goal on the way, if there is one, and stand still."""
        self.navigator.abort(error_code, message, now_s)
        self.follower.abort(error_code, message, now_s)

    def step(self, now_s: float, pose_map_base: FloatArray | None, twist: FloatArray | None, no_pose_reason: str = "") -> None:
        """Look at the goal on the way; called at a steady rate. See `Navigator.step`."""
        self.navigator.step(now_s, pose_map_base, twist, no_pose_reason)
        self.follower.step(now_s, pose_map_base, twist, no_pose_reason)

    def take_effects(self) -> list[Effect]:
        """Return what has to be carried out now, in order, and forget it."""
        return [*self.navigator.take_effects(), *self.follower.take_effects()]
