"""Somebody walks through a home, from room to room and back, with stops; the robot follows them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from astro_nav.errors import MapError
from astro_nav.evaluation.scenario import FollowOrder, Scenario
from astro_nav.evaluation.suites.home_world import Home, find_roomy_points, make_home
from astro_nav.evaluation.suites.judge import PERSON_BOTTOM_M, PERSON_TOP_M, Judge, draw_truth, find_walk, load_planner_params
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.simulation.social_force import SocialForceBehaviour, SocialForceParams
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint
from astro_nav.types import FloatArray

WALKS = 4  # from place to place
LEAST_WALK_M = 3.0
SPEEDS_MPS = (0.5, 0.9)
DWELLS_S = (0.5, 6.0)
BEGINS_S = 3.0  # the person stands before the robot until then
ARRIVAL_M = 0.4  # the robot stands near; nobody insists on the very spot
GRACE_S = 2.0  # after they have come to their last place
STRANGER_SHARE = 0.3  # of the episodes in which somebody else walks about, too
STRANGER_AWAY_M, STRANGER_COMES_S = 3.0, 10.0  # who is not there at the beginning: Anna is to be followed


@dataclass(frozen=True)
class Gait:
    """How somebody walks.

    Attributes:
        speed_mps: on the average.
        make: a script and how people treat each other -> who walks it.
    """

    speed_mps: float
    make: Callable[[WalkScript, SocialForceParams], SocialForceBehaviour]


def make_follow(seed: int) -> Scenario:
    """Follow Anna, who stands in front of the robot, through a home."""
    return make_walk(seed, "follow", lambda generator: Gait(float(generator.uniform(*SPEEDS_MPS)), SocialForceBehaviour))


def make_walk(seed: int, suite: str, draw_gait: Callable[[np.random.Generator], Gait]) -> Scenario:
    """Somebody's walk through a home.

    Args:
        seed: of the episode.
        suite: its suite.
        draw_gait: how they walk.
    """
    for attempt in range(20):
        home = make_home(seed + 1_299_709 * (attempt + 1), clutter=2)
        generator = make_generator(seed, 1, attempt)
        walks = _draw_walks(home, generator, WALKS)
        start = None if walks is None else _place_robot(home, walks[0])
        if walks is not None and start is not None:
            break
    else:
        raise MapError(f"{suite}, seed {seed}: no walk in 20 homes")
    gait = draw_gait(generator)
    speed_mps = gait.speed_mps
    script = _make_script(walks, speed_mps, generator)
    anna = gait.make(script, SocialForceParams(arrival_m=ARRIVAL_M))
    people = [PersonScript("Anna", script)]
    if generator.random() < STRANGER_SHARE and (strangers := _draw_walks(home, generator, 1)) is not None:
        points = strangers[0]
        if math.dist(points[0], start[:2]) > STRANGER_AWAY_M:
            waypoints = tuple(Waypoint((float(x), float(y)), 2.0 if i in (0, len(points) - 1) else 0.0) for i, (x, y) in enumerate(points))
            people.append(PersonScript("Ben", WalkScript(waypoints, "back_and_forth", 0.7), start_s=STRANGER_COMES_S))
    length_m = sum(measure_length(walk) for walk in walks)
    return Scenario(
        suite=suite,
        seed=seed,
        world=replace(home.world, people=tuple(people), start_pose_map=start, goals_map={}),
        orders=(FollowOrder("Anna"),),
        time_limit_s=BEGINS_S + 2.0 * length_m / speed_mps + WALKS * DWELLS_S[1] + 30.0,
        behaviours={"Anna": anna},
        is_done=_make_end(anna),
        facts={"distance_m": load_planner_params().follow.distance_m, "speed_mps": speed_mps, "people": len(people)},
    )


def _draw_walks(home: Home, generator: np.random.Generator, count: int) -> list[FloatArray] | None:
    """Walks (N, 2) that go on from each other, each to another place of the home; None when there are too few."""
    points = find_roomy_points(draw_truth(home.world, True, PERSON_BOTTOM_M, PERSON_TOP_M), 0.35)
    walks: list[FloatArray] = []
    here = points[int(generator.integers(len(points)))] if len(points) else None
    for _ in range(10 * count):
        if here is None or len(walks) == count:
            break
        there = points[int(generator.integers(len(points)))]
        if math.dist(here, there) < LEAST_WALK_M or (walk := find_walk(home.world, here, there)) is None:
            continue
        walks.append(walk)
        here = walk[-1]
    return walks if len(walks) == count else None


def _place_robot(home: Home, walk: FloatArray) -> FloatArray | None:
    """A pose (3,) with the person in front, whom they do not have to pass on their walk; None when there is no room."""
    judge = Judge(home.world)
    ahead = math.atan2(*(walk[1] - walk[0])[::-1])
    for away_m in (1.2, 1.0, 1.5):
        for turn in (0.0, 0.4, -0.4, 0.8, -0.8, 1.2, -1.2, 1.6, -1.6):
            toward = ahead + math.pi + turn
            place = walk[0] + away_m * np.array([math.cos(toward), math.sin(toward)])
            pose = np.array([*place, toward + math.pi])
            line = walk[0] + np.linspace(0.3, 1.0, 8)[:, np.newaxis] * (place - walk[0])
            if judge.measure_point_room(place) > judge.robot.circumscribed_radius_m + 0.05 and min(map(judge.measure_point_room, line)) > 0.15:
                return pose
    return None


def _make_script(walks: list[FloatArray], speed_mps: float, generator: np.random.Generator) -> WalkScript:
    """All walks as one, with a stop after each."""
    waypoints = [Waypoint((float(walks[0][0, 0]), float(walks[0][0, 1])), BEGINS_S)]
    for walk in walks:
        waypoints += [Waypoint((float(x), float(y))) for x, y in walk[1:]]
        waypoints[-1] = replace(waypoints[-1], dwell_s=float(generator.uniform(*DWELLS_S)))
    return WalkScript(tuple(waypoints), "once", speed_mps)


def _make_end(person: SocialForceBehaviour) -> Callable[[float, FloatArray], bool | None]:
    """Ends the episode a little after the person has come to their last place."""
    ended_s: list[float] = []

    def is_done(now_s: float, pose_map_base: FloatArray) -> bool | None:
        if person.is_finished and not ended_s:
            ended_s.append(now_s)
        return True if ended_s and now_s >= ended_s[0] + GRACE_S else None

    return is_done


def measure_length(points: FloatArray) -> float:
    """Length of a way (N, 2) [m]."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


FOLLOW = Suite("follow", "somebody who walks through a home, from room to room with stops, and whom the robot follows", 40, make_follow)
