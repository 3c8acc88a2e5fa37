"""Questions for ways over one or several goals, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from astro_nav.global_planning.plan_result import ErrorCode, PlanResult
from astro_nav.global_planning.planner import NO_PRICES, GlobalPlanner
from astro_nav.types import FloatArray, Path


class Why(IntEnum):
    """Why a way is asked for, the more urgent the smaller."""

    NEW_GOAL = 1
    MAP_CHANGED = 2
    OFF_WAY = 3
    BLOCKED = 4
    NO_PROGRESS = 5
    BETTER_WAY = 6


@dataclass(frozen=True)
class RouteQuestion:
    """A question for a way.

    Attributes:
        number: counts questions.
        why: the reason.
        start_map: (3,) pose of the robot.
        goals_map: (G, 3) goals in order, at least one.
        blocked_discs_map: (M, 3) x, y, radius [m] of places to keep off.
        prices_map: (P, 5) jambs x, y, x, y [m] of passages that may be closed, and the expected price of passing [m].
        present_poses_map: (N, 3) the rest of the present way, whose cost is wanted for comparison; None without one.
    """

    number: int
    why: Why
    start_map: FloatArray
    goals_map: FloatArray
    blocked_discs_map: FloatArray
    present_poses_map: FloatArray | None = None
    prices_map: FloatArray = field(default_factory=NO_PRICES.copy)


@dataclass(frozen=True)
class RouteAnswer:
    """The answer.

    Attributes:
        number: of the question.
        legs: one plan per goal, up to and including the first that failed.
        present_cost_m: cost of the present way as things are now, inf when it is blocked or there is none.
        free_cost_m: the same once what is blocked now is free again.
    """

    number: int
    legs: tuple[PlanResult, ...]
    present_cost_m: float
    free_cost_m: float = float("inf")

    @property
    def is_found(self) -> bool:
        """Whether there is a way over all goals."""
        return self.legs[-1].is_found

    @property
    def failure(self) -> PlanResult:
        """The plan that failed, when one did."""
        return self.legs[-1]

    @property
    def cost_m(self) -> float:
        """Cost over all goals."""
        return float(sum(leg.cost_m for leg in self.legs))


def answer_question(
    planner: GlobalPlanner, question: RouteQuestion, now_s: float, cancelled: Callable[[], bool]
) -> RouteAnswer:
    """Plan leg by leg.

    Args:
        planner: plans.
        question: what is asked.
        now_s: stamp of the answer.
        cancelled: asked every few milliseconds; true ends the search with TIMEOUT.
    """
    legs: list[PlanResult] = []
    start_map = question.start_map
    for number, goal_map in enumerate(question.goals_map, start=1):
        leg = planner.plan(start_map, goal_map, now_s, cancelled, question.blocked_discs_map, question.prices_map)
        if not leg.is_found and len(question.goals_map) > 1:
            leg = PlanResult(
                leg.path,
                leg.error_code,
                f"pose {number} of {len(question.goals_map)}: {leg.message}",
                leg.distances_to_go_m,
                leg.costs_to_go_m,
                leg.goal_distance_m,
                leg.expansions,
            )
        legs.append(leg)
        if not leg.is_found:
            break
        start_map = leg.path.poses_map[-1]
    present_cost_m = free_cost_m = float("inf")
    if question.present_poses_map is not None:
        present = Path(now_s, question.present_poses_map)
        present_cost_m = free_cost_m = planner.measure_path(present, question.blocked_discs_map, question.prices_map)
        if len(question.blocked_discs_map):
            free_cost_m = planner.measure_path(present, prices_map=question.prices_map)
    return RouteAnswer(question.number, tuple(legs), present_cost_m, free_cost_m)


def answer_timeout(question: RouteQuestion, answer: RouteAnswer, limit_s: float) -> RouteAnswer:
    """Put the time limit into the sentence of an answer that ran into it."""
    failure = answer.failure
    if failure.error_code is not ErrorCode.TIMEOUT:
        return answer
    goal = question.goals_map[len(answer.legs) - 1]
    message = (
        f"no way to ({goal[0]:.2f}, {goal[1]:.2f}) m was found within search.time_limit_s = {limit_s:g} s: {failure.message}"
    )
    failed = PlanResult(failure.path, ErrorCode.TIMEOUT, message, np.empty(0), np.empty(0), expansions=failure.expansions)
    return RouteAnswer(answer.number, (*answer.legs[:-1], failed), answer.present_cost_m, answer.free_cost_m)
