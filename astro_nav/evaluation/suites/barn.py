"""The BARN navigation benchmark: a larger, faster robot that is not given the map, through fields of cylinders.

Worlds, robot, start, goal and score as published: D. Perille, A. Truong, X. Xiao, P. Stone, "Benchmarking Metric Ground
Navigation", SSRR 2020; X. Xiao et al., "Autonomous Ground Navigation in Highly Constrained Spaces", RAM 2022, and the
competition's rules since 2024. What the rules leave open of the robot (Clearpath Jackal) is of its data sheet: 17 kg, wheels
of 0.098 m radius; the accelerations are those of its controller's shipped settings (jackal_control: 20 m/s^2 and
25 rad/s^2 allowed) held to what its tyres can do on the simulated floor.
"""

from __future__ import annotations

import csv
import math
from functools import lru_cache

import numpy as np

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.data import explain_absence, find_data_file
from astro_nav.evaluation.suites.pieces import make_piece, make_wall
from astro_nav.evaluation.suites.suite import Suite
from astro_nav.simulation.world import World
from astro_nav.types import FREE, FloatArray, OccupancyMap

WORLDS_FILE, INDEX_FILE = "barn/barn_50.npz", "barn/index.csv"
CYLINDER_RADIUS_M = 0.075
START = (-2.25, 3.0, 1.57)
GOAL = (-2.25, 13.0, 1.57)
GOAL_RADIUS_M, TIME_LIMIT_S, MOVED_M = 1.0, 100.0, 0.1
BACK_Y_M, FIELD_END_Y_M, WEST_X_M, EAST_X_M = 0.075, 9.525, -4.425, -0.075
WALL_M = 0.15

ROBOT: dict[str, object] = {
    "robot.footprint_m": "[[0.254, 0.2159], [-0.254, 0.2159], [-0.254, -0.2159], [0.254, -0.2159]]",
    "robot.height_m": 0.3,
    "robot.mass_kg": 17.0,
    "robot.wheel_separation_m": 0.3765,
    "robot.wheel_radius_m": 0.098,
    "robot.limits.max_speed_mps": 2.0,
    "robot.limits.max_turn_rate_radps": 4.0,
    "robot.limits.max_wheel_speed_mps": 2.0,
    "robot.limits.max_reverse_speed_mps": 0.5,
    "robot.limits.max_acceleration_mps2": 3.0,
    "robot.limits.max_deceleration_mps2": 3.0,
    "robot.limits.emergency_deceleration_mps2": 4.5,
    "robot.limits.max_turn_acceleration_radps2": 10.0,
    "robot.limits.emergency_turn_acceleration_radps2": 15.0,
    "robot.limits.max_jerk_mps3": 20.0,
    "robot.limits.max_turn_jerk_radps3": 80.0,
    "robot.screen.joint": "",
    "base.max_wheel_acceleration_mps2": 6.0,
    "base.max_wheel_torque_nm": 10.0,
    "safety_controller.map.size_m": 2.4,  # room to stop from 2 m/s
    "lidar.rays": 720,
    "lidar.field_of_view_deg": 270.0,
    "lidar.range_max_m": 30.0,
    "lidar.rate_hz": 40.0,
}


@lru_cache(maxsize=1)
def load_index() -> list[tuple[int, float]]:
    """Number and optimal time [s] at 2 m/s of each world.

    Raises:
        EvaluationError: when the data is absent.
    """
    path = find_data_file(INDEX_FILE)
    if path is None or find_data_file(WORLDS_FILE) is None:
        raise EvaluationError(f"suite barn needs its worlds: {explain_absence(INDEX_FILE if path is None else WORLDS_FILE)}")
    with path.open(newline="", encoding="utf-8") as file:
        return [(int(row["world"]), float(row["optimal_time_s_at_2mps"])) for row in csv.DictReader(file)]


def make_barn(seed: int) -> Scenario:
    """World number `seed` of the 50 at hand, counted round; the seed also is that of all noise."""
    index = load_index()
    number, optimal_s = index[seed % len(index)]
    with np.load(find_data_file(WORLDS_FILE)) as worlds:  # type: ignore[arg-type]  # load_index has found it
        cylinders, way = worlds[f"cyl_{number}"], worlds[f"path_{number}"]
    world = build_barn_world(number, cylinders)
    return Scenario(
        suite="barn",
        seed=seed,
        world=world,
        orders=(GoalOrder(np.array(GOAL)[None, :]),),
        time_limit_s=TIME_LIMIT_S + 10.0,
        occupancy_map=make_empty_map(),
        changes=ROBOT,
        shortest_path_m=2.0 * optimal_s,
        is_done=BarnReferee(),
        facts={"world": number, "optimal_time_s": optimal_s, "speed_limit_mps": 2.0, "cells": len(way)},
    )


def build_barn_world(number: int, cylinders: FloatArray) -> World:
    """Cylinders (N, 2) between a back wall and two side walls; the field is open at its end."""
    half = 0.5 * WALL_M
    west, east, back = WEST_X_M - half + CYLINDER_RADIUS_M, EAST_X_M + half - CYLINDER_RADIUS_M, BACK_Y_M
    solids = [
        make_wall("back wall", (west, back), (east, back), WALL_M),
        make_wall("west wall", (west, back), (west, FIELD_END_Y_M), WALL_M),
        make_wall("east wall", (east, back), (east, FIELD_END_Y_M), WALL_M),
    ]
    for place, (x, y) in enumerate(np.asarray(cylinders, float)):
        size = (CYLINDER_RADIUS_M, 1.0)
        solids += make_piece("cylinder", f"cylinder {place + 1}", (x, y), 0.0, size, mapped=False, color="red")
    return World(f"barn {number}", tuple(solids), start_pose_map=np.array(START), goals_map={"goal": np.array(GOAL)})


def make_empty_map() -> OccupancyMap:
    """A map that tells nothing: free as far as it goes."""
    return OccupancyMap(np.full((400, 300), FREE, dtype=np.int8), 0.05, np.array([-9.75, -2.0, 0.0]))


class BarnReferee:
    """Ends an episode as the competition does: success within 1 m of the goal, failure 100 s after the first motion."""

    def __init__(self) -> None:
        self._moved_s: float | None = None

    def __call__(self, now_s: float, pose_map_base: FloatArray) -> bool | None:
        if self._moved_s is None and math.dist(pose_map_base[:2], START[:2]) >= MOVED_M:
            self._moved_s = now_s
        if math.dist(pose_map_base[:2], GOAL[:2]) <= GOAL_RADIUS_M:
            return True
        if self._moved_s is not None and now_s - self._moved_s > TIME_LIMIT_S:
            return False
        return None


BARN = Suite("barn", "worlds of the BARN benchmark with its robot, 2 m/s and no map", 50, make_barn)
