"""Tours through one home, in order of time, with and without a memory of its doors that lives from tour to tour.

Episodes of the suite `doors` are single tours; what a memory is worth shows only when one robot drives them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.gliding import Glider
from astro_nav.evaluation.planners import get_planner
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites.doors import TOURS, make_doors
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.params.schema import describe_unknown

# What a robot knows of doors: nothing, so that it finds out where it stands before them; what it has seen on this tour;
# what it has seen on all tours before; or, as a bound for every memory, which are closed now (only when it glides).
MEMORIES = ("none", "tour", "kept", "told")
# How it drives: with physics, lidar, local planner and safety controller, or gliding along its way (`evaluation.gliding`).
DRIVES = ("full", "glide")


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
    home: int, numbers: range, memory: str, planner: str = "astro", changes: Mapping[str, Any] = {}, drive: str = "full"
) -> Iterator[Tour]:
    """Drive tours through a home, one after the other.

    Args:
        home: number of the home.
        numbers: of the tours, ascending, below `TOURS`.
        memory: one of `MEMORIES`.
        planner: name of the local planner.
        changes: the user's parameters.
        drive: one of `DRIVES`.

    Raises:
        EvaluationError: for a memory or a tour that does not exist.
    """
    if memory not in MEMORIES:
        raise EvaluationError(f"{describe_unknown(memory, MEMORIES)} (memories: {', '.join(MEMORIES)})")
    if drive not in DRIVES:
        raise EvaluationError(f"{describe_unknown(drive, DRIVES)} (drives: {', '.join(DRIVES)})")
    if memory == "told" and drive != "glide":
        raise EvaluationError("a robot is told which doors are closed only when it glides: add --drive glide, or leave out 'told'")
    if numbers and not (0 <= min(numbers) and max(numbers) < TOURS):
        raise EvaluationError(f"tours {min(numbers)} to {max(numbers)} were asked for; a home has tours 0 to {TOURS - 1}")
    maker = planner, get_planner(planner)
    keeper: DoorKeeper | None = None
    for number in numbers:
        scenario = make_doors(TOURS * home + number)
        if memory in ("none", "told"):
            keeper = None
        elif memory == "tour" or keeper is None:
            keeper = DoorKeeper(load_settings({**scenario.changes, **changes})[0].global_planner)
        closed = str(scenario.facts["closed_doors"])
        if drive == "glide":
            glide = Glider(scenario, changes, keeper, memory == "told").run()
            yield Tour(number, memory, glide.duration_s, glide.success, glide.distance_m, closed)
            continue
        record = ClosedLoop(scenario, changes, maker, doors=keeper).run()
        duration_s = float(record.goals[-1].ended_s) if record.success else scenario.time_limit_s
        distance_m = float(np.linalg.norm(np.diff(record.poses_map[:, :2], axis=0), axis=1).sum())
        yield Tour(number, memory, duration_s, record.success, distance_m, closed)


@dataclass(frozen=True)
class Gain:
    """What one kind of memory saves against another over the same tours.

    Attributes:
        mean_s: time saved per tour.
        low_s, high_s: 95 % interval of that mean, by resampling homes' tours (bootstrap).
        share: of the time that the other needed.
        tours: how many.
    """

    mean_s: float
    low_s: float
    high_s: float
    share: float
    tours: int


def measure_gain(durations_s: Sequence[float], other_s: Sequence[float], draws: int = 4000) -> Gain:
    """Compare two kinds of memory tour by tour.

    Args:
        durations_s: (N,) with the one.
        other_s: (N,) with the other, of the same tours.
        draws: of the bootstrap.
    """
    saved = np.asarray(other_s, float) - np.asarray(durations_s, float)
    generator = np.random.default_rng(0)
    means = saved[generator.integers(len(saved), size=(draws, len(saved)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Gain(float(saved.mean()), float(low), float(high), float(saved.mean() / max(np.mean(other_s), 1e-9)), len(saved))
