"""Rooms full of legs of chairs, 3 cm thick, and of thin poles."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.errors import MapError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.home_world import draw_pair
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import Judge
from astro_nav.evaluation.suites.pieces import make_piece, make_room_walls
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

LEG_RADIUS_M = 0.015
POLE_RADII_M = (0.01, 0.02)
WAY_M = (3.5, 9.0)


def make_clutter(seed: int) -> Scenario:
    """A drive through a room of 6 m x 5 m or more with 6 to 14 chairs and as many poles, half of them not in the map."""
    for attempt in range(20):
        generator = make_generator(seed, attempt)
        size = (float(generator.uniform(6.0, 8.0)), float(generator.uniform(4.5, 6.0)))
        solids = make_room_walls((0.0, 0.0), size) + _scatter(generator, size)
        world = World(f"clutter {seed}", tuple(solids), start_pose_map=_find_free(solids, size))
        pair = draw_pair(world, generator, way_m=WAY_M)
        if pair is not None:
            break
    else:
        raise MapError(f"clutter, seed {seed}: no pair of poses in 20 rooms")
    start, goal, length_m = pair
    return Scenario(
        suite="clutter",
        seed=seed,
        world=World(f"clutter {seed}", tuple(solids), start_pose_map=start, goals_map={"goal": goal}),
        orders=(GoalOrder(goal[None, :]),),
        time_limit_s=compute_time_limit(length_m),
        facts={"way_m": length_m, "things": len({solid.name for solid in solids}) - 4},
    )


def _scatter(generator: np.random.Generator, size: tuple[float, float]) -> list[Solid]:
    solids: list[Solid] = []
    taken: list[tuple[float, float, float]] = []

    def draw_place(radius: float) -> tuple[float, float] | None:
        for _ in range(30):
            x, y = (float(generator.uniform(radius + 0.05, extent - radius - 0.05)) for extent in size)
            if all(math.hypot(x - a, y - b) > radius + other + 0.08 for a, b, other in taken):
                taken.append((x, y, radius))
                return x, y
        return None

    density = float(generator.uniform(0.7, 1.2))
    for number in range(int(density * generator.integers(6, 15))):
        if (at := draw_place(0.3)) is not None:
            yaw, mapped = float(generator.uniform(0.0, 2.0 * math.pi)), bool(generator.random() < 0.5)
            solids += make_piece("chair", f"chair {number + 1}", at, yaw, mapped=mapped, leg_radius_m=LEG_RADIUS_M)
    for number in range(int(density * generator.integers(6, 15))):
        if (at := draw_place(0.02)) is not None:
            radius, mapped = float(generator.uniform(*POLE_RADII_M)), bool(generator.random() < 0.5)
            solids += make_piece("cylinder", f"pole {number + 1}", at, 0.0, (radius, 1.5), mapped=mapped, color="steel")
    return solids


def _find_free(solids: list[Solid], size: tuple[float, float]) -> np.ndarray:
    """The roomiest of a few places, from which the map is drawn."""
    judge = Judge(World("", tuple(solids)))
    points = [np.array([x, y, 0.0]) for x in np.linspace(0.5, size[0] - 0.5, 8) for y in np.linspace(0.5, size[1] - 0.5, 6)]
    return max(points, key=judge.measure_point_room)


CLUTTER = Suite("clutter", "rooms full of 3 cm legs of chairs and thin poles", 200, make_clutter)
