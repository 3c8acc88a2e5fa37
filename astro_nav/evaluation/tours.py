"""Tours through one home, in order of time, with and without a memory of its doors that lives from tour to tour.

Episodes of the suite `doors` are single tours; what a memory is worth shows only when one robot drives them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.planners import get_planner
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites.doors import TOURS, make_doors
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.params.schema import describe_unknown

# What a robot knows of doors: nothing, so that it finds out where it stands before them; what it has seen on this tour; or
# what it has seen on all tours before.
MEMORIES = ("none", "tour", "kept")


@dataclass(frozen=True)
class Tour:
    """How one tour went.

    Attributes:
        number: of the tour.
        memory: one of `MEMORIES`.
        duration_s: until the last goal was reached, or the tour's time limit when it failed.
        success: whether all goals were reached without contact.
        distance_m: driven.
        closed: names of the doors that were closed at the start.
    """

    number: int
    memory: str
    duration_s: float
    success: bool
    distance_m: float
    closed: str


def drive_tours(
    home: int, numbers: range, memory: str, planner: str = "astro", changes: Mapping[str, Any] = {}
) -> Iterator[Tour]:
    """Drive tours through a home, one after the other.

    Args:
        home: number of the home.
        numbers: of the tours, ascending, below `TOURS`.
        memory: one of `MEMORIES`.
        planner: name of the local planner.
        changes: the user's parameters.

    Raises:
        EvaluationError: for a memory or a tour that does not exist.
    """
    if memory not in MEMORIES:
        raise EvaluationError(f"{describe_unknown(memory, MEMORIES)} (memories: {', '.join(MEMORIES)})")
    if numbers and not (0 <= min(numbers) and max(numbers) < TOURS):
        raise EvaluationError(f"tours {min(numbers)} to {max(numbers)} were asked for; a home has tours 0 to {TOURS - 1}")
    maker = planner, get_planner(planner)
    keeper: DoorKeeper | None = None
    for number in numbers:
        scenario = make_doors(TOURS * home + number)
        if memory == "none":
            keeper = None
        elif memory == "tour" or keeper is None:
            keeper = DoorKeeper(load_settings({**scenario.changes, **changes})[0].global_planner)
        record = ClosedLoop(scenario, changes, maker, doors=keeper).run()
        duration_s = float(record.goals[-1].ended_s) if record.success else scenario.time_limit_s
        distance_m = float(np.linalg.norm(np.diff(record.poses_map[:, :2], axis=0), axis=1).sum())
        yield Tour(number, memory, duration_s, record.success, distance_m, str(scenario.facts["closed_doors"]))
