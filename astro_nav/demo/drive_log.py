"""What happened in a run, as it was seen from outside the stack: the simulator's truth and the times of arrival."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from astro_nav.demo.goals import Goal
from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray


@dataclass(frozen=True)
class GapStatistics:
    """Time between neighbours in a stream of messages [s]; NaN when there were none."""

    count: int
    p50_s: float
    p99_s: float
    max_s: float


def compute_gap_statistics(gaps_s: list[float]) -> GapStatistics:
    """Summarise gaps; percentiles by NumPy's linear interpolation."""
    if not gaps_s:
        return GapStatistics(0, math.nan, math.nan, math.nan)
    p50, p99 = np.percentile(gaps_s, [50.0, 99.0])
    return GapStatistics(len(gaps_s), float(p50), float(p99), max(gaps_s))


class ArrivalClock:
    """Collects the gaps between the arrivals on one topic, while it is told to count."""

    def __init__(self) -> None:
        self.gaps_s: list[float] = []
        self.last_ns: int | None = None

    def add(self, received_ns: int, counting: bool) -> None:
        """Add one arrival [ns since the epoch]; the gap before it counts when `counting`."""
        if self.last_ns is not None and counting:
            self.gaps_s.append((received_ns - self.last_ns) * 1e-9)
        self.last_ns = received_ns


@dataclass(frozen=True)
class TruthSample:
    """The simulator's truth at one time.

    Attributes:
        stamp_s: simulated time.
        wall_s: time of arrival since the epoch.
        pose_map_base: (3,).
        twist: (2,).
        clearance_m: between footprint and nearest thing.
        people_map: name -> (2,) position.
    """

    stamp_s: float
    wall_s: float
    pose_map_base: FloatArray
    twist: FloatArray
    clearance_m: float
    people_map: dict[str, FloatArray]


@dataclass(frozen=True)
class ContactSample:
    """The robot touched something.

    Attributes:
        stamp_s: simulated time.
        kind, name: of what was touched.
        by_robot: whether the robot moved into it.
        position_map: (2,).
        speed_mps: closing speed.
    """

    stamp_s: float
    kind: str
    name: str
    by_robot: bool
    position_map: FloatArray
    speed_mps: float

    def __str__(self) -> str:
        who = "the robot moved into" if self.by_robot else "moved into the robot:"
        return f"{self.stamp_s:.1f} s: {who} {self.kind} {self.name} at {self.speed_mps:.2f} m/s"


@dataclass
class GoalRecord:
    """One goal of the tour and what became of it.

    Attributes:
        goal: the goal.
        started_s, ended_s: simulated time of sending and of the answer.
        answer: "reached", or one sentence why not; "" while on the way.
        error_code: of the action, 0 when reached.
        note: what was special about it, e.g. that it replaced another goal on the way.
        truth: the samples on the way to it.
    """

    goal: Goal
    started_s: float
    ended_s: float = math.nan
    answer: str = ""
    error_code: int = 0
    note: str = ""
    truth: list[TruthSample] = field(default_factory=list)

    @property
    def duration_s(self) -> float:
        """Simulated time on the way."""
        return self.ended_s - self.started_s

    @property
    def path_length_m(self) -> float:
        """Length of the way that was driven."""
        return measure_length(self.truth)

    @property
    def min_clearance_m(self) -> float:
        """Smallest clearance on the way; NaN when nothing was seen."""
        return min((sample.clearance_m for sample in self.truth), default=math.nan)

    @property
    def position_error_m(self) -> float:
        """True distance to the goal at the end."""
        if not self.truth:
            return math.nan
        return float(np.linalg.norm(self.truth[-1].pose_map_base[:2] - self.goal.pose_map[:2]))

    @property
    def heading_error_rad(self) -> float:
        """True difference to the goal's heading at the end, 0 .. pi."""
        return abs(float(wrap_angle(self.truth[-1].pose_map_base[2] - self.goal.yaw_rad))) if self.truth else math.nan


def measure_length(truth: list[TruthSample]) -> float:
    """Length of the way through samples [m]."""
    if len(truth) < 2:
        return 0.0
    points = np.array([sample.pose_map_base[:2] for sample in truth])
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def judge_arrival(record: GoalRecord, max_position_m: float, max_heading_rad: float) -> str:
    """Compare what the stack says with the truth: "reached", or one sentence.

    Args:
        record: of a goal that the stack says is reached, with its last truth.
        max_position_m, max_heading_rad: larger errors are no arrival.
    """
    if not record.truth:
        return "the simulator did not say where the robot is"
    if record.position_error_m > max_position_m:
        return (
            f"said to be reached, but the robot is {record.position_error_m:.2f} m away, at most {max_position_m:g} m counts as reached"
        )
    if record.heading_error_rad > max_heading_rad:
        return (
            f"said to be reached, but the heading is {record.heading_error_rad:.2f} rad off, at most {max_heading_rad:g} rad counts"
        )
    return "reached"


@dataclass(frozen=True)
class DurationStatistics:
    """Percentiles of a duration [s]."""

    p50_s: float = math.nan
    p99_s: float = math.nan
    max_s: float = math.nan


# Name in the summary -> as the safety controller's diagnostics call it.
MEASURED_DURATIONS = {"scan_to_command": "scan in to command out", "safety_step": "step"}


@dataclass
class DriveLog:
    """Everything that is measured in one run.

    Attributes:
        truth: from the first goal on.
        contacts: since the simulation started.
        goals: one record per goal that was sent, in that order.
        planner, command: arrivals of local_planner_status and cmd_vel.
        durations: newest durations that the safety controller reports in its diagnostics, by `MEASURED_DURATIONS`.
        counting: whether arrivals count, i.e. a goal is being driven to.
        cause: why the tour did not end well, "" when it did.
        warnings: sentences of the nodes at level WARN or above, at most the first hundred.
    """

    truth: list[TruthSample] = field(default_factory=list)
    contacts: list[ContactSample] = field(default_factory=list)
    goals: list[GoalRecord] = field(default_factory=list)
    planner: ArrivalClock = field(default_factory=ArrivalClock)
    command: ArrivalClock = field(default_factory=ArrivalClock)
    durations: dict[str, DurationStatistics] = field(default_factory=dict)
    counting: bool = False
    cause: str = ""
    warnings: list[str] = field(default_factory=list)

    def note_durations(self, diagnostics: Mapping[str, str]) -> None:
        """Take in the safety controller's newest diagnostics, key -> text."""
        for name, label in MEASURED_DURATIONS.items():
            numbers = diagnostics.get(f"{label} p50 / p99 / max [ms]", "").split(" / ")
            if len(numbers) == 3:
                self.durations[name] = DurationStatistics(*(1e-3 * float(number) for number in numbers))

    def add_truth(self, sample: TruthSample) -> None:
        """Add a sample to the run and, while one is on the way, to its goal."""
        if not self.goals:
            return
        self.truth.append(sample)
        if self.goals[-1].answer == "":
            self.goals[-1].truth.append(sample)

    @property
    def duration_s(self) -> float:
        """Simulated time from the first goal to the last answer."""
        return self.truth[-1].stamp_s - self.truth[0].stamp_s if len(self.truth) > 1 else 0.0

    @property
    def realtime_factor(self) -> float:
        """Simulated time per time of the wall clock over the whole drive; NaN before it began."""
        wall_s = self.truth[-1].wall_s - self.truth[0].wall_s if len(self.truth) > 1 else 0.0
        return self.duration_s / wall_s if wall_s > 0.0 else math.nan

    @property
    def min_clearance_m(self) -> float:
        """Smallest clearance in the whole drive; NaN when nothing was seen."""
        return min((sample.clearance_m for sample in self.truth), default=math.nan)
