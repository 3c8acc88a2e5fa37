"""What one cycle of the local planner results in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from astro_nav.types import Float32Array, FloatArray, LocalGrid, Prediction, Track, Trajectory


class PlanState(IntEnum):
    """State of the local planner; the values are those of astro_nav_msgs/LocalPlannerStatus."""

    IDLE = 0
    WAITING = 1
    FOLLOWING = 2
    REACHED = 3
    BLOCKED = 4
    REFUSED = 5


def _no_candidates(count: int) -> tuple[Float32Array, Float32Array]:
    return np.zeros((0, 0, 3), dtype=np.float32), np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class LocalPlan:
    """The result of one cycle.

    Attributes:
        state: what the planner does.
        reason: one sentence, "" when nothing is special.
        trajectory: the motion from `trajectory.start_s` on; None when there is nothing to base one on.
        tracks, prediction: what moves, and where it will be during the trajectory.
        grid: the local map of this cycle, None before the first scan.
        guidance_odom: (G, 2) way down the cost-to-go [m].
        distance_to_goal_m: along the guidance, NaN without a goal.
        clearance_m: smallest clearance in the trajectory's first second.
        candidates, feasible: evaluated ones, and those of them without certain contact.
        blocked_point_odom: (2,) where the way is blocked, NaN when it is not [m].
        cost_terms: name -> cost [m] in the chosen trajectory and in the best one that was rejected.
        latencies_s: stage -> measured time.
        sample_candidates: count -> (poses_odom (K, T + 1, 3), costs (K,), +inf where contact is certain), for pictures.
    """

    state: PlanState
    reason: str = ""
    trajectory: Trajectory | None = None
    tracks: tuple[Track, ...] = ()
    prediction: Prediction | None = None
    grid: LocalGrid | None = None
    guidance_odom: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    distance_to_goal_m: float = float("nan")
    clearance_m: float = float("nan")
    candidates: int = 0
    feasible: int = 0
    blocked_point_odom: FloatArray = field(default_factory=lambda: np.full(2, np.nan))
    cost_terms: dict[str, tuple[float, float]] = field(default_factory=dict)
    latencies_s: dict[str, float] = field(default_factory=dict)
    sample_candidates: Callable[[int], tuple[Float32Array, Float32Array]] = _no_candidates
