"""A home whose doors open and close on a daily schedule, over a tour of goals.

Seeds 50 n to 50 n + 49 are fifty tours through the same home with the same schedule, at other times of the day, so that
what was learnt on one tour is worth something on the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from astro_nav.errors import MapError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.home_world import Home, find_roomy_points, make_home
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import Judge, draw_truth
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.simulation.world import Door, DoorEvent, World
from astro_nav.types import FloatArray

TOURS = 50  # in one home
GOALS = 3
DAY_S = 86_400.0
HOME_TRIES = 60
ROOM_M = 0.1
WAIT_S = 12.0  # a door on the only way opens after so long at most


@dataclass(frozen=True)
class DailySchedule:
    """When a door is closed: from `closes_s` to `opens_s` in seconds of the day, over midnight when the first is larger."""

    closes_s: float
    opens_s: float

    def is_open(self, time_of_day_s: float) -> bool:
        time_s = time_of_day_s % DAY_S
        if self.closes_s <= self.opens_s:
            return not self.closes_s <= time_s < self.opens_s
        return self.opens_s <= time_s < self.closes_s


@dataclass(frozen=True)
class ScheduledHome:
    """A home, the schedule of each door by its name, and which doors have a way round them."""

    home: Home
    schedules: dict[str, DailySchedule]
    bypassed: tuple[str, ...]


def make_doors(seed: int) -> Scenario:
    """One tour of three goals."""
    place = make_scheduled_home(seed // TOURS)
    generator = make_generator(seed, 2)
    time_of_day_s = float(generator.uniform(0.0, DAY_S))
    doors, late = _set_doors(place, time_of_day_s, generator)
    world = replace(place.home.world, doors=doors)
    goals, length_m = _draw_tour(world, generator)
    named = {f"goal {number + 1}": goal for number, goal in enumerate(goals)}
    closed = [door.name for door in doors if not door.starts_open]
    return Scenario(
        suite="doors",
        seed=seed,
        world=replace(world, goals_map=named),
        orders=tuple(GoalOrder(goal[None, :]) for goal in goals),
        time_limit_s=GOALS * compute_time_limit(0.0) + 1.5 * compute_time_limit(length_m),
        facts={
            "home": seed // TOURS,
            "tour": seed % TOURS,
            "time_of_day_s": time_of_day_s,
            "closed_doors": ", ".join(closed),
            "opens_late": late,
        },
    )


@lru_cache(maxsize=4)
def make_scheduled_home(number: int) -> ScheduledHome:
    """The home of fifty tours: at least one of its doors can be bypassed."""
    for attempt in range(HOME_TRIES):
        home = make_home(1_000_003 * (number + 1) + attempt, clutter=0)
        bypassed = tuple(door.name for door in home.world.doors if _has_bypass(home, door))
        if bypassed:
            break
    else:
        raise MapError(f"doors, home {number}: none of {HOME_TRIES} homes has a door with a way round it")
    generator = make_generator(number, 3)
    schedules = {}
    for door in home.world.doors:
        closes_s, hours = float(generator.uniform(0.0, DAY_S)), float(generator.uniform(6.0, 14.0))
        schedules[door.name] = DailySchedule(closes_s, (closes_s + 3600.0 * hours) % DAY_S)
    return ScheduledHome(home, schedules, bypassed)


def _has_bypass(home: Home, door: Door) -> bool:
    """Whether both sides of a door are reached with it closed."""
    before, behind = find_sides(door)
    world = replace(home.world, doors=tuple(replace(d, starts_open=d.name != door.name) for d in home.world.doors))
    judge = Judge(world)
    if min(judge.measure_room(side) for side in (before, behind)) <= 0.0:
        return False
    return judge.reaches(before, behind) is not None


def find_sides(door: Door, distance_m: float = 0.6) -> tuple[FloatArray, FloatArray]:
    """Poses (3,) before and behind a door, `distance_m` from its middle, heading through it."""
    yaw = door.closed_yaw_rad
    middle = np.array(door.hinge_map) + 0.5 * door.width_m * np.array([math.cos(yaw), math.sin(yaw)])
    across = distance_m * np.array([-math.sin(yaw), math.cos(yaw)])
    return np.array([*(middle - across), yaw + 0.5 * math.pi]), np.array([*(middle + across), yaw + 0.5 * math.pi])


def _set_doors(place: ScheduledHome, time_of_day_s: float, generator: np.random.Generator) -> tuple[tuple[Door, ...], str]:
    """Doors as they are at that time of day. One without a way round is only closed to open soon: one at most, for the robot
    to wait for.
    """
    doors, late = [], ""
    for door in place.home.world.doors:
        is_open = place.schedules[door.name].is_open(time_of_day_s)
        if is_open:
            doors.append(door)
        elif door.name in place.bypassed and not any(not d.starts_open and d.name in place.bypassed for d in doors):
            doors.append(replace(door, starts_open=False))
        elif not late and generator.random() < 0.3:
            late = door.name
            opens = DoorEvent(float(generator.uniform(3.0, WAIT_S)), True)
            doors.append(replace(door, starts_open=False, schedule=(opens,)))
        else:
            doors.append(door)
    return tuple(doors), late


def _draw_tour(world: World, generator: np.random.Generator) -> tuple[list[FloatArray], float]:
    """Goals that are reached with the doors as they are, those that open late counted as open; length of the tour [m]."""
    opened = replace(world, doors=tuple(replace(d, starts_open=d.starts_open or bool(d.schedule)) for d in world.doors))
    judge = Judge(opened)
    points = find_roomy_points(draw_truth(opened), judge.robot.circumscribed_radius_m + ROOM_M)
    goals, length_m, here = [], 0.0, world.start_pose_map
    for _ in range(200):
        goal = np.array([*points[int(generator.integers(len(points)))], generator.uniform(-math.pi, math.pi)])
        way_m = judge.reaches(here, goal) if np.linalg.norm(goal[:2] - here[:2]) > 2.5 else None
        if way_m is not None and way_m >= 4.0:
            goals.append(goal)
            length_m, here = length_m + way_m, goal
        if len(goals) == GOALS:
            return goals, length_m
    raise MapError(f"doors: no tour of {GOALS} goals in {world.name}")


DOORS = Suite("doors", "tours through a home whose doors open and close on a daily schedule", 50, make_doors)
