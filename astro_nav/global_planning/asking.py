"""Which question for a way is wanted, which is under way, and whether an answer is worth changing over to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astro_nav.global_planning.planner import NO_PRICES
from astro_nav.global_planning.questions import RouteAnswer, RouteQuestion, Why
from astro_nav.global_planning.route import Route
from astro_nav.types import FloatArray

NEWS_SAVING_M = 0.2  # by so much a way must be cheaper, when a door is not as it was believed


class Asking:
    """One question at a time; a more urgent reason replaces a less urgent one.

    Args:
        list_doubts: how likely each passage is closed now, (P, 5); asked with every question. None without a memory.
    """

    def __init__(self, list_doubts: Callable[[], FloatArray] | None) -> None:
        self._list_doubts = list_doubts
        self._count = 0
        self._wanted: Why | None = None
        self.question: RouteQuestion | None = None
        self.last_s = -np.inf

    def want(self, why: Why) -> None:
        """Have a way planned as soon as possible."""
        if self._wanted is None or why < self._wanted:
            self._wanted = why

    def begin_anew(self) -> None:
        """Another goal: whatever is being planned is for the one before."""
        self.question, self._wanted = None, Why.NEW_GOAL

    def drop(self) -> None:
        """Nothing is wanted any more."""
        self.question, self._wanted = None, None

    def take(self, answer: RouteAnswer) -> RouteQuestion | None:
        """The question that an answer is to; None when it is no longer asked."""
        question = self.question
        if question is None or answer.number != question.number:
            return None
        self.question = None
        return question

    def ask(
        self, pose_map: FloatArray, goals_map: FloatArray, route: Route | None, discs_map: FloatArray, now_s: float
    ) -> RouteQuestion | None:
        """The question that is to be asked now.

        Args:
            pose_map: (3,) of the robot.
            goals_map: (G, 3) that are left.
            route: the present way, None without one.
            discs_map: (M, 3) x, y, radius [m] of places that are blocked now.
            now_s: time.
        """
        why = self._wanted
        if why is None:
            return None
        if self.question is not None and self.question.why <= why and why is not Why.MAP_CHANGED:
            self._wanted = None  # the question under way answers this one, too
            return None
        present = None if route is None else route.list_poses_ahead(pose_map)
        doubts = NO_PRICES if self._list_doubts is None else self._list_doubts()
        self._count += 1
        self.question = RouteQuestion(self._count, why, pose_map, goals_map, discs_map, present, doubts)
        self._wanted, self.last_s = None, now_s
        return self.question


def is_worth_changing(answer: RouteAnswer, why: Why, min_saving: float) -> bool:
    """Whether to leave the present way for another. Two of nearly the same cost must not make the robot go to and fro."""
    if why is Why.PASSAGE_NEWS:  # comes once per door and state: nothing can go to and fro
        return answer.cost_m < answer.present_cost_m - NEWS_SAVING_M
    if why in (Why.MAP_CHANGED, Why.BETTER_WAY):
        return answer.cost_m < (1.0 - min_saving) * answer.present_cost_m
    return True
