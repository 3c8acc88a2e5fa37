"""Passages with exactly 0.05 m to spare on each side of the robot."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.evaluation.suites.pieces import make_room_walls
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

SPARE_M = 0.05
DEPTH_M, LENGTH_M = 4.0, 8.0  # of the room that the passage divides
CELL_M = 0.05  # the passage lies on the cells of the map, so that the map shows it as wide as it is
VARIANTS = ("door", "corridor", "two doors", "bend")


def make_narrow(seed: int) -> Scenario:
    """A drive of about 5 m through a narrow passage."""
    generator = make_generator(seed, 1)
    variant = VARIANTS[seed % len(VARIANTS)]
    width_m = float(np.ptp(load_robot().footprint[:, 1])) + 2.0 * SPARE_M
    solids, start, goal = _BUILDERS[variant](generator, width_m)
    quarter = 0.5 * math.pi * int(generator.integers(4))
    solids, start, goal = _turn(solids, start, goal, quarter)
    world = World(f"narrow {variant}", tuple(solids), start_pose_map=start, goals_map={"goal": goal})
    return Scenario(
        suite="narrow",
        seed=seed,
        world=world,
        orders=(GoalOrder(goal[None, :]),),
        time_limit_s=compute_time_limit(6.0),
        facts={"variant": variant, "passage_m": width_m},
    )


def _draw_ends(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A start west of the middle and a goal east of it, not in line with the passage."""
    (y0, y1), (yaw0, yaw1) = generator.uniform(0.9, DEPTH_M - 0.9, 2), generator.uniform(-0.8, 0.8, 2)
    return np.array([generator.uniform(0.8, 1.6), y0, yaw0]), np.array([LENGTH_M - generator.uniform(0.8, 1.6), y1, yaw1])


def _draw_gap(generator: np.random.Generator, width_m: float) -> float:
    """Lower edge of a passage, on the edge of a cell."""
    return CELL_M * round(float(generator.uniform(1.0, DEPTH_M - 1.0 - width_m)) / CELL_M)


def make_block(name: str, x0: float, y0: float, x1: float, y1: float) -> Solid:
    """A piece of wall between two corners."""
    return Solid(
        name=name, kind="wall", center_map=(0.5 * (x0 + x1), 0.5 * (y0 + y1)), size_m=(x1 - x0, y1 - y0), top_m=2.0, color="wall"
    )


def _make_gap_wall(name: str, x0: float, x1: float, low: float, width_m: float) -> list[Solid]:
    return [make_block(f"{name} south", x0, 0.0, x1, low), make_block(f"{name} north", x0, low + width_m, x1, DEPTH_M)]


def _build_door(generator: np.random.Generator, width_m: float):
    x = CELL_M * round(float(generator.uniform(3.5, 4.5)) / CELL_M)
    walls = _make_gap_wall("passage", x, x + 0.1, _draw_gap(generator, width_m), width_m)
    return [*make_room_walls((0.0, 0.0), (LENGTH_M, DEPTH_M)), *walls], *_draw_ends(generator)


def _build_corridor(generator: np.random.Generator, width_m: float):
    length_m = CELL_M * round(float(generator.uniform(0.8, 2.5)) / CELL_M)
    x = CELL_M * round((0.5 * (LENGTH_M - length_m)) / CELL_M)
    walls = _make_gap_wall("corridor", x, x + length_m, _draw_gap(generator, width_m), width_m)
    return [*make_room_walls((0.0, 0.0), (LENGTH_M, DEPTH_M)), *walls], *_draw_ends(generator)


def _build_two_doors(generator: np.random.Generator, width_m: float):
    x = CELL_M * round(float(generator.uniform(2.7, 3.2)) / CELL_M)
    between = CELL_M * round(float(generator.uniform(1.2, 1.8)) / CELL_M)
    first = _make_gap_wall("first passage", x, x + 0.1, _draw_gap(generator, width_m), width_m)
    second = _make_gap_wall("second passage", x + between, x + between + 0.1, _draw_gap(generator, width_m), width_m)
    return [*make_room_walls((0.0, 0.0), (LENGTH_M, DEPTH_M)), *first, *second], *_draw_ends(generator)


def _build_bend(generator: np.random.Generator, width_m: float):
    """A corridor as narrow as all passages with a bend in it, at which there is just room to turn."""
    # The bend is a square in which the robot can turn, with as much to spare.
    square = CELL_M * math.ceil((2.0 * load_robot().circumscribed_radius_m + 2.0 * SPARE_M) / CELL_M)
    leg = CELL_M * round(float(generator.uniform(0.5, 1.0)) / CELL_M)
    x, low = 3.2, CELL_M * round(float(generator.uniform(2.0, 2.6)) / CELL_M)
    high, right = low + width_m, x + leg + square  # the first leg lies at the square's upper edge, the second at its right one
    bottom, left = high - square, right - width_m
    end = bottom - leg  # the second leg leads down into the eastern room
    walls = [
        make_block("corridor north", x, high, right + 0.1, DEPTH_M),
        make_block("corridor east", right, end, right + 0.1, high),
        make_block("corridor south", x, bottom, x + leg, low),
        make_block("corridor west", x + leg, end, left, bottom),
        make_block("corridor block", x, 0.0, x + leg, bottom),
    ]
    start = np.array([generator.uniform(0.8, 1.6), generator.uniform(1.0, 3.0), generator.uniform(-0.8, 0.8)])
    goal = np.array([LENGTH_M - generator.uniform(0.8, 1.6), generator.uniform(0.9, DEPTH_M - 0.9), generator.uniform(-0.8, 0.8)])
    return [*make_room_walls((0.0, 0.0), (LENGTH_M, DEPTH_M)), *walls], start, goal


def _turn(solids: list[Solid], start: np.ndarray, goal: np.ndarray, yaw: float):
    """The same scene with the passage in another direction; quarters of a turn keep it on the cells."""
    cos, sin = round(math.cos(yaw)), round(math.sin(yaw))

    def place(x: float, y: float) -> tuple[float, float]:
        return cos * x - sin * y, sin * x + cos * y

    turned = [replace(s, center_map=place(*s.center_map), yaw_rad=s.yaw_rad + yaw) for s in solids]
    poses = [np.array([*place(pose[0], pose[1]), pose[2] + yaw]) for pose in (start, goal)]
    return turned, *poses


_BUILDERS = {"door": _build_door, "corridor": _build_corridor, "two doors": _build_two_doors, "bend": _build_bend}
NARROW = Suite("narrow", "passages with 0.05 m to spare on each side: doors, corridors, bends", 100, make_narrow)
