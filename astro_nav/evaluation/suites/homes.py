"""Drives through furnished homes, made by a generator or mapped by somebody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from astro_nav.errors import EvaluationError, MapError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.home_world import draw_pair, find_roomy_points, make_home
from astro_nav.evaluation.suites.judge import PERSON_BOTTOM_M, PERSON_TOP_M, Judge, draw_truth, find_walk
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.mapping.map_file import load_map
from astro_nav.simulation.map_world import world_from_map
from astro_nav.simulation.world import PersonScript, Waypoint, WalkScript, World
from astro_nav.types import FloatArray

PEOPLE_SHARE = 0.35  # of the homes somebody is in
LEAST_SPEED_MPS, SETTLE_S = 0.2, 20.0  # an episode may take as long as this speed needs, and so much more


def compute_time_limit(length_m: float) -> float:
    """Time after which a drive of this length has failed [s]."""
    return SETTLE_S + length_m / LEAST_SPEED_MPS


def make_homes(seed: int) -> Scenario:
    """A drive of 4 to 12 m through a home of its own."""
    for attempt in range(20):
        home = make_home(seed + 7_919 * attempt)
        generator = make_generator(seed, 2, attempt)
        pair = draw_pair(home.world, generator)
        if pair is not None:
            break
    else:
        raise MapError(f"homes, seed {seed}: no pair of poses in 20 homes")
    start, goal, length_m = pair
    world = replace(home.world, start_pose_map=start, goals_map={"goal": goal})
    people = _draw_people(world, generator)
    return Scenario(
        suite="homes",
        seed=seed,
        world=replace(world, people=people),
        orders=(GoalOrder(goal[None, :]),),
        time_limit_s=compute_time_limit(length_m),
        facts={"way_m": length_m, "people": len(people)},
    )


def _draw_people(world: World, generator: np.random.Generator) -> tuple[PersonScript, ...]:
    """One or two people who walk from room to room, in some of the homes."""
    if generator.random() >= PEOPLE_SHARE:
        return ()
    people = []
    for name in ("Anna", "Ben")[: int(generator.integers(1, 3))]:
        walk = draw_walk(world, generator)
        if walk is None:
            continue
        dwells = generator.uniform(1.0, 6.0, 2)
        waypoints = [Waypoint((float(x), float(y))) for x, y in walk]
        waypoints[0], waypoints[-1] = replace(waypoints[0], dwell_s=dwells[0]), replace(waypoints[-1], dwell_s=dwells[1])
        script = WalkScript(tuple(waypoints), "back_and_forth", float(generator.uniform(0.5, 0.95)))
        people.append(PersonScript(name, script))
    return tuple(people)


def draw_walk(world: World, generator: np.random.Generator, distance_m: float = 1.2) -> FloatArray | None:
    """A walk (N, 2) through the home that begins away from the robot; None when none was found."""
    points = find_roomy_points(draw_truth(world, True, PERSON_BOTTOM_M, PERSON_TOP_M), 0.35)
    goal = next(iter(world.goals_map.values()))
    away = points[
        (np.linalg.norm(points - world.start_pose_map[:2], axis=1) > distance_m)
        & (np.linalg.norm(points - goal[:2], axis=1) > distance_m)
    ]
    for _ in range(10):
        if len(away) < 2:
            return None
        start, end = away[generator.integers(len(away), size=2)]
        if np.linalg.norm(end - start) > 3.0 and (walk := find_walk(world, start, end)) is not None:
            return walk
    return None


def make_map_suite(folder: Path) -> Suite:
    """Drives on the map_server maps of a folder; a map without room for the robot is skipped and named.

    Raises:
        EvaluationError: when the folder has no map that can be used.
    """
    worlds, notes = [], []
    paths = sorted(path for path in Path(folder).glob("*.yaml"))
    for path in paths:
        try:
            world = world_from_map(load_map(path), path.stem)
            judge = Judge(world)
            pair = draw_pair(world, make_generator(0, 3), judge)
        except MapError as error:
            notes.append(f"skipped {path.name}: {error}")
            continue
        if pair is None:
            notes.append(f"skipped {path.name}: no start and goal with room for the robot and a way of 4 to 12 m between them")
        else:
            worlds.append((world, judge))
    if not worlds:
        found = "; ".join(notes) or "there is no .yaml file of a map_server map in it"
        raise EvaluationError(f"maps folder {folder}: no map can be used: {found}")
    if notes:
        notes.insert(0, f"{len(notes)} of {len(paths)} maps skipped")

    def make(seed: int) -> Scenario:
        generator = make_generator(seed, 4)
        for _ in range(20):
            world, judge = worlds[int(generator.integers(len(worlds)))]
            pair = draw_pair(world, generator, judge)
            if pair is not None:
                break
        else:
            raise MapError(f"homes, seed {seed}: no pair of poses on the maps of {folder}")
        start, goal, length_m = pair
        placed = replace(world, start_pose_map=start, goals_map={"goal": goal})
        return Scenario(
            suite="homes",
            seed=seed,
            world=placed,
            orders=(GoalOrder(goal[None, :]),),
            time_limit_s=compute_time_limit(length_m),
            facts={"way_m": length_m, "people": 0, "map": world.name},
        )

    return Suite("homes", f"drives of 4 to 12 m on the maps in {Path(folder).name}", 200, make, tuple(notes))


HOMES = Suite("homes", "drives of 4 to 12 m through furnished homes, a different one for each seed", 200, make_homes)
