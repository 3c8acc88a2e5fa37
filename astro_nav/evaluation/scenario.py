"""What happens in an episode: world, goals, people, disturbances. Plain data and small objects, made from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from astro_nav.evaluation.forecasts import Forecast
from astro_nav.params.robot import RobotParams
from astro_nav.simulation.events import Contact, Event
from astro_nav.simulation.people import Behaviour
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.world import World
from astro_nav.types import FloatArray, OccupancyMap


class Disturbance:
    """Something that happens during an episode; the base class does nothing."""

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        """May change the world before the next 20 ms."""

    def filter_events(self, events: list[Event], now_s: float) -> list[Event]:
        """May drop, delay or falsify what the sensors send."""
        return events


@dataclass(frozen=True)
class GoalOrder:
    """At `time_s`, or when the goal before it has ended if that is None, the robot is sent to `goals_map` (G, 3)."""

    goals_map: FloatArray
    time_s: float | None = None


@dataclass(frozen=True)
class FollowOrder:
    """As `GoalOrder`, to follow a person.

    Attributes:
        person: name in the world of the person who should be followed.
        label: what the stack is told of them: a label or track number; "" = the nearest in front.
        distance_m: to keep; 0 = the configured one.
        time_s: when.
    """

    person: str
    label: str = ""
    distance_m: float = 0.0
    time_s: float | None = None

    @property
    def goals_map(self) -> FloatArray:
        """(0, 3): who follows has no goals of its own."""
        return np.zeros((0, 3))


@dataclass(frozen=True)
class Scenario:
    """One episode.

    Attributes:
        suite: its suite.
        seed: of the episode: world, noise, planner.
        world: where.
        orders: goals in order.
        time_limit_s: the episode ends without success then.
        occupancy_map: what the robot is told of the world; None = what is mapped of it.
        changes: parameters that this scenario needs, e.g. another robot; laid over the shipped ones, below the user's.
        behaviours: name of a person -> who decides where they go.
        disturbances: what else happens.
        shortest_path_m: length of the shortest way, for SPL; None = as the global planner plans it at the start.
        is_done: ends the episode early with success or failure, given (time, true pose); None = when all goals ended.
        facts: for the suite's own metrics, kept in the episode's row.
    """

    suite: str
    seed: int
    world: World
    orders: tuple[GoalOrder | FollowOrder, ...]
    time_limit_s: float
    occupancy_map: OccupancyMap | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    disturbances: tuple[Disturbance, ...] = ()
    shortest_path_m: float | None = None
    is_done: Callable[[float, FloatArray], bool | None] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GoalRow:
    """How one goal ended.

    Attributes:
        goal_map: (3,) the last pose of the order.
        ordered_s, ended_s: when.
        reached: whether it succeeded.
        replaced: whether a later order took its place before it ended; it then is neither reached nor failed.
        message: the stack's sentence, "" when reached.
        position_error_m, heading_error_rad: of the true pose at the end.
        planned_length_m: shortest way from the true pose at the order, for SPL; NaN when there is none.
        planned_turning_rad: smallest rotation with which that way can be driven, first and last turn included.
    """

    goal_map: FloatArray
    ordered_s: float
    ended_s: float
    reached: bool
    message: str
    position_error_m: float
    heading_error_rad: float
    planned_length_m: float
    planned_turning_rad: float = float("nan")
    replaced: bool = False


@dataclass(frozen=True)
class EpisodeRecord:
    """What was executed, from the truth alone, sampled at the safety controller's period.

    Attributes:
        scenario: the episode.
        planner: its name.
        times_s: (N,).
        poses_map: (N, 3) true poses of base_link.
        twists: (N, 2) true twists.
        commands: (N, 2) what was sent to the base.
        clearances_m: (N,) true distance between footprint and the nearest thing, 0 in contact, +inf in an empty world.
        people_distances_m: (N,) true distance between footprint and the nearest person's body, +inf without people.
        people_map: (N, M, 2) true positions of people, NaN where one is away.
        people_radii_m: (M,) radii of their bodies.
        screen_rad: (N,) true angle of the screen.
        limited_by: (N,) int, LimitedBy of the verdicts.
        contacts: as the simulator recorded them.
        goals: one row per order.
        reasons: sentence -> how many ticks the stack said it.
        cycle_s: (C,) computing time of every local cycle, measured; the only field that differs between equal runs.
        candidates: (C,) evaluated per cycle.
        robot: shape and limits of the robot in the simulator.
        reference_robot: the scenario's robot without the user's changes, so that ideal times do not depend on them.
        wall_s: duration of the episode on the wall clock.
        error: "" or the traceback of what ended the episode.
        forecasts: what was predicted of people.
        followed_map: (N, 2) where the stack believed the followed person to be, NaN while it followed nobody or had lost them.
    """

    scenario: Scenario
    planner: str
    times_s: FloatArray
    poses_map: FloatArray
    twists: FloatArray
    commands: FloatArray
    clearances_m: FloatArray
    people_distances_m: FloatArray
    people_map: FloatArray
    people_radii_m: FloatArray
    screen_rad: FloatArray
    limited_by: np.ndarray
    contacts: tuple[Contact, ...]
    goals: tuple[GoalRow, ...]
    reasons: Mapping[str, int]
    cycle_s: FloatArray
    candidates: np.ndarray
    robot: RobotParams
    reference_robot: RobotParams
    wall_s: float
    success: bool
    timed_out: bool
    error: str = ""
    forecasts: tuple[Forecast, ...] = ()
    followed_map: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
