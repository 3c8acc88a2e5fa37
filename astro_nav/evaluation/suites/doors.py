"""A home whose doors open and close on a daily schedule, over a tour of goals.

Seeds 50 n to 50 n + 49 are fifty tours through the same home, in order: five a day between seven and eleven, ten days long,
so that what was learnt on one tour is worth something on the next (`astro_nav.evaluation.tours` drives them so; every seed
can be driven by itself, too). Doors that leave a way round them, all together, keep to a schedule of their own, on tours
as between them; most goals lie where such a door decides which way is the shorter. Another door is closed now and then, and
opens soon.
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

TOURS = 50  # in one home, and of these
TOURS_A_DAY = 5
FIRST_HOUR, HOURS = 7.0, 16.0  # of the day on which there are tours
GOALS = 3
DECIDED = 2  # of them for which a scheduled door decides about the way
DETOUR_M = 2.0  # at least, when it is closed
SHORTEST_M = 4.0  # way to a goal
DRAWS = 150  # of a goal
ROUND_M = 5.0  # at least, from one side of such a door to the other with all of them closed
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
    """A home with its number, the schedule of each door by its name, and which doors keep to theirs: they leave a way round them."""

    number: int
    home: Home
    schedules: dict[str, DailySchedule]
    bypassed: tuple[str, ...]


def make_doors(seed: int) -> Scenario:
    """One tour of three goals."""
    place = make_scheduled_home(seed // TOURS)
    generator = make_generator(seed, 2)
    day, number = divmod(seed % TOURS, TOURS_A_DAY)
    time_of_day_s = 3600.0 * (FIRST_HOUR + HOURS * (number + float(generator.random())) / TOURS_A_DAY)
    goals, length_m = _draw_tour(place, generator)
    time_limit_s = GOALS * compute_time_limit(0.0) + 1.5 * compute_time_limit(length_m)
    doors, late = _set_doors(place, time_of_day_s, time_limit_s, generator)
    named = {f"goal {number + 1}": goal for number, goal in enumerate(goals)}
    closed = [door.name for door in doors if not door.starts_open]
    return Scenario(
        suite="doors",
        seed=seed,
        world=replace(place.home.world, doors=doors, goals_map=named),
        orders=tuple(GoalOrder(goal[None, :]) for goal in goals),
        time_limit_s=time_limit_s,
        facts={
            "home": seed // TOURS,
            "tour": seed % TOURS,
            "day_s": DAY_S * day,
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
        bypassed: tuple[str, ...] = ()
        for door in home.world.doors:
            if _have_bypasses(home, (*bypassed, door.name)):
                bypassed = (*bypassed, door.name)
        if bypassed:
            break
    else:
        raise MapError(f"doors, home {number}: none of {HOME_TRIES} homes has a door with a way round it")
    generator = make_generator(number, 3)
    schedules = {}
    for door in home.world.doors:
        closes_s, hours = 3600.0 * (FIRST_HOUR + HOURS * float(generator.random())), float(generator.uniform(5.0, 10.0))
        schedules[door.name] = DailySchedule(closes_s, (closes_s + 3600.0 * hours) % DAY_S)
    return ScheduledHome(number, home, schedules, bypassed)


def close_doors(world: World, names: tuple[str, ...]) -> World:
    """The world with these doors closed and all others open."""
    return replace(world, doors=tuple(replace(door, starts_open=door.name not in names, schedule=()) for door in world.doors))


def _have_bypasses(home: Home, names: tuple[str, ...]) -> bool:
    """Whether both sides of each of these doors are reached from each other with all of them closed."""
    judge = Judge(close_doors(home.world, names))
    for door in home.world.doors:
        if door.name in names:
            before, behind = find_sides(door)
            if min(judge.measure_room(side) for side in (before, behind)) <= 0.0:
                return False
            way_round_m = judge.reaches(before, behind)
            if way_round_m is None or way_round_m < ROUND_M:
                return False
    return True


def find_sides(door: Door, distance_m: float = 0.6) -> tuple[FloatArray, FloatArray]:
    """Poses (3,) before and behind a door, `distance_m` from its middle, heading through it."""
    yaw = door.closed_yaw_rad
    middle = np.array(door.hinge_map) + 0.5 * door.width_m * np.array([math.cos(yaw), math.sin(yaw)])
    across = distance_m * np.array([-math.sin(yaw), math.cos(yaw)])
    return np.array([*(middle - across), yaw + 0.5 * math.pi]), np.array([*(middle + across), yaw + 0.5 * math.pi])


def _set_doors(
    place: ScheduledHome, time_of_day_s: float, duration_s: float, generator: np.random.Generator
) -> tuple[tuple[Door, ...], str]:
    """Doors as they are at that time of day, and what they do on the tour. One without a way round is only closed to open
    soon: one at most, for the robot to wait for.
    """
    doors, late = [], ""
    for door in place.home.world.doors:
        schedule = place.schedules[door.name]
        is_open = schedule.is_open(time_of_day_s)
        if door.name in place.bypassed:
            moments = [(at_s - time_of_day_s) % DAY_S for at_s in (schedule.opens_s, schedule.closes_s)]
            events = [DoorEvent(moment, opens) for moment, opens in zip(moments, (True, False)) if 0.0 < moment < duration_s]
            doors.append(replace(door, starts_open=is_open, schedule=tuple(sorted(events, key=lambda event: event.time_s))))
        elif not is_open and not late and generator.random() < 0.3:
            late = door.name
            opens = DoorEvent(float(generator.uniform(3.0, WAIT_S)), True)
            doors.append(replace(door, starts_open=False, schedule=(opens,)))
        else:
            doors.append(door)
    return tuple(doors), late


@lru_cache(maxsize=4)
def _prepare_judges(number: int) -> tuple[Judge, Judge, FloatArray]:
    """Judges of a home with all doors open and with the scheduled ones closed, and roomy points (N, 2) in it."""
    place = make_scheduled_home(number)
    opened, closed = (Judge(close_doors(place.home.world, names)) for names in ((), place.bypassed))
    return opened, closed, find_roomy_points(draw_truth(closed.world), closed.robot.circumscribed_radius_m + ROOM_M)


def _draw_tour(place: ScheduledHome, generator: np.random.Generator) -> tuple[list[FloatArray], float]:
    """Goals that are reached whatever the scheduled doors do; length of the tour with all of them closed [m].

    For the first `DECIDED` of them, where such a goal is found, the way is longer by at least `DETOUR_M` when those doors are closed.
    """
    opened, closed, points = _prepare_judges(place.number)
    goals, length_m, here = [], 0.0, place.home.world.start_pose_map
    while len(goals) < GOALS:
        best: tuple[bool, FloatArray, float] | None = None
        for _ in range(DRAWS):
            goal = np.array([*points[int(generator.integers(len(points)))], generator.uniform(-math.pi, math.pi)])
            way_round_m = closed.reaches(here, goal)
            if way_round_m is None or way_round_m < SHORTEST_M:
                continue
            way_m = opened.reaches(here, goal)
            if way_m is None:
                continue
            is_decided = way_round_m >= way_m + DETOUR_M
            if best is None or is_decided:
                best = is_decided, goal, way_round_m
            if is_decided or len(goals) >= DECIDED:
                break
        if best is None:
            raise MapError(f"doors: no tour of {GOALS} goals in {place.home.world.name}")
        _, here, way_round_m = best
        goals.append(here)
        length_m += way_round_m
    return goals, length_m


DOORS = Suite("doors", "tours through a home whose doors open and close on a daily schedule", 50, make_doors)
