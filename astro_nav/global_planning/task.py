"""A goal on the way, and what is handed out about it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from astro_nav.global_planning.navigation_effects import AskForRoute, Effect, EndGoal, Ending, Feedback, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.questions import RouteQuestion
from astro_nav.global_planning.route import Route
from astro_nav.types import FloatArray, Path


@dataclass
class Task:
    """A list of goals.

    Attributes:
        goal_id: whoever gave it knows it by that.
        goals_map: (G, 3).
        accepted_s: when.
        done: how many of them are reached.
        recoveries: how often another way was taken, or the robot backed off.
        notice: what about the present way differs from what was asked for.
    """

    goal_id: Hashable
    goals_map: FloatArray
    accepted_s: float
    done: int = 0
    recoveries: int = 0
    notice: str = ""

    @property
    def goals_left_map(self) -> FloatArray:
        """(G, 3) that are not reached yet."""
        return self.goals_map[self.done :]

    def make_feedback(self, pose_map: FloatArray, route: Route | None, time_left_s: float, now_s: float) -> Feedback:
        """How it goes; distance and time are NaN without a way."""
        distance_m = float("nan") if route is None else route.measure_distance_to_go(pose_map)
        left_s = float("nan") if route is None else time_left_s
        left = len(self.goals_left_map)
        return Feedback(self.goal_id, pose_map, now_s - self.accepted_s, left_s, distance_m, self.recoveries, left)


class Outbox:
    """Effects in order, and whether a way is out that has to be taken back for the robot to stand.

    Attributes:
        way_is_out: whether there is one.
    """

    def __init__(self, frame_id: str) -> None:
        self._frame_id = frame_id
        self._effects: list[Effect] = []
        self.way_is_out = False

    def take(self) -> list[Effect]:
        """Return what has to be carried out now, in order, and forget it."""
        effects, self._effects = self._effects, []
        return effects

    def ask(self, question: RouteQuestion) -> None:
        """Have a way planned."""
        self._effects.append(AskForRoute(question))

    def publish(self, path: Path) -> None:
        """Hand a way out."""
        self._effects.append(PublishPath(path))
        self.way_is_out = True

    def take_back_way(self, now_s: float) -> None:
        """Let the robot stand, where a way is out."""
        if self.way_is_out:
            self._effects.append(PublishPath(Path(now_s, np.empty((0, 3)), self._frame_id)))
            self.way_is_out = False

    def end(self, task: Task, ending: Ending, error_code: ErrorCode, message: str) -> None:
        """A goal has ended."""
        self._effects.append(EndGoal(task.goal_id, ending, error_code, message))
