"""What the owner of a follower has to carry out."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np

from astro_nav.global_planning.navigator import EndGoal, Ending, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.types import FloatArray, Path


class FollowEffects:
    """Effects in order.

    Args:
        frame: of ways.
    """

    def __init__(self, frame: str) -> None:
        self.frame = frame
        self._effects: list[PublishPath | EndGoal] = []

    def take(self) -> list[PublishPath | EndGoal]:
        """Return what has to be carried out now, and forget it."""
        effects, self._effects = self._effects, []
        return effects

    def drive(self, way_map: FloatArray, now_s: float) -> None:
        """Hand out a way of poses (N, 3)."""
        self._effects.append(PublishPath(Path(now_s, way_map, self.frame)))

    def stop(self, now_s: float) -> None:
        """Have the robot stand still."""
        self.drive(np.empty((0, 3)), now_s)

    def end(self, goal_id: Hashable, ending: Ending, error_code: ErrorCode, message: str) -> None:
        """End a goal."""
        self._effects.append(EndGoal(goal_id, ending, error_code, message))
