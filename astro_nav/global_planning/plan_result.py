"""What planning and navigating end with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from astro_nav.types import FloatArray, Path


class ErrorCode(IntEnum):
    """Nav2's ranges; the values are those of the actions in astro_nav_msgs."""

    NONE = 0
    FAILED_TO_MAKE_PROGRESS = 105
    NO_VALID_CONTROL = 106
    TF_ERROR = 202
    START_OUTSIDE_MAP = 203
    GOAL_OUTSIDE_MAP = 204
    START_OCCUPIED = 205
    GOAL_OCCUPIED = 206
    TIMEOUT = 207
    NO_VALID_PATH = 208
    UNKNOWN = 9000
    PERSON_NOT_FOUND = 9100
    PERSON_LOST = 9101


@dataclass(frozen=True)
class PlanResult:
    """The answer to one question for a way.

    Attributes:
        path: the way; without poses when there is none.
        error_code: NONE when there is a way.
        message: one sentence: why there is no way, or what about it differs from what was asked for; "" otherwise.
        distances_to_go_m: (N,) length of the way from each pose to its end.
        costs_to_go_m: (N,) the same, each metre counted as often as its closeness to obstacles makes it dear.
        goal_distance_m: how far the last pose is from the goal that was asked for.
        expansions: cells that the searches expanded.
    """

    path: Path
    error_code: ErrorCode
    message: str
    distances_to_go_m: FloatArray
    costs_to_go_m: FloatArray
    goal_distance_m: float = 0.0
    expansions: int = 0

    @property
    def is_found(self) -> bool:
        """Whether there is a way."""
        return self.error_code is ErrorCode.NONE

    @property
    def length_m(self) -> float:
        """Length of the whole way."""
        return float(self.distances_to_go_m[0]) if len(self.distances_to_go_m) else 0.0

    @property
    def cost_m(self) -> float:
        """Cost of the whole way, inf when there is none."""
        return float(self.costs_to_go_m[0]) if len(self.costs_to_go_m) else float("inf")


def describe_no_plan(error_code: ErrorCode, message: str, now_s: float, expansions: int = 0) -> PlanResult:
    """A result without a way."""
    path = Path(stamp_s=now_s, poses_map=np.empty((0, 3)))
    return PlanResult(path, error_code, message, np.empty(0), np.empty(0), expansions=expansions)
