"""What a navigator hands out: questions to ask, ways to publish, goals that have ended, and how it goes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum

from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.questions import RouteQuestion
from astro_nav.types import FloatArray, Path


class Ending(Enum):
    """How a goal ended."""

    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    ABORTED = "aborted"


@dataclass(frozen=True)
class AskForRoute:
    """Plan, and bring the answer to `take_answer`."""

    question: RouteQuestion


@dataclass(frozen=True)
class PublishPath:
    """Hand a way to the local planner; without poses: stand still."""

    path: Path


@dataclass(frozen=True)
class EndGoal:
    """A goal has ended."""

    goal_id: Hashable
    ending: Ending
    error_code: ErrorCode
    message: str


Effect = AskForRoute | PublishPath | EndGoal


@dataclass(frozen=True)
class Feedback:
    """How it goes with the goal on the way."""

    goal_id: Hashable
    pose_map_base: FloatArray
    elapsed_s: float
    time_left_s: float
    distance_left_m: float
    recoveries: int
    goals_left: int
