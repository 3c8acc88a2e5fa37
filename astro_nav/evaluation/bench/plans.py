"""Whole plans on a large map: the first one after the map has come, and those after the map has changed in one place."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from astro_nav.evaluation.bench.distance_fields import make_blocks
from astro_nav.evaluation.bench.measure import Row, make_row
from astro_nav.evaluation.settings import load_settings
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.types import FloatArray, OccupancyMap

SIZE, RESOLUTION_M = 2000, 0.05
WINDOW = 120  # 6 m
FIRST_PLANS = 3
KEPT_FREE = 12  # cells around start and goal
LEAST_REPLANS, MOST_REPLANS = 16, 400
PLACES = ("beside the way", "near the robot", "midway", "near the goal")


def measure_plans(budget_s: float) -> list[Row]:
    """Rows of the processor time that first plans and replans take, map and costs included, on SIZE x SIZE cells of rooms.

    Replans are told apart by where the map changes; every change is one of four kinds in turn, and is undone afterwards, so that what was
    blocked opens again.
    """
    params = load_settings({})[0].global_planner
    occupancy = np.where(make_blocks(SIZE), 100, 0).astype(np.int8)
    ends = RESOLUTION_M * np.array([[20.0, 20.0, 0.0], [SIZE - 40.0, SIZE - 40.0, 0.0]])
    GlobalPlanner(params).warm_up()
    firsts = []
    for _ in range(FIRST_PLANS):
        planner = GlobalPlanner(params)
        duration_s, poses_map = _time_plan(planner, occupancy, ends)
        firsts.append(1e3 * duration_s)
    rows = [make_row(f"first plan on a new map {SIZE} x {SIZE}", "ms", "astro", firsts, False)]
    samples: dict[str, list[float]] = {place: [] for place in PLACES}
    began_s, generator = time.perf_counter(), np.random.Generator(np.random.PCG64(7))
    for turn in range(MOST_REPLANS // 2):
        if 2 * turn >= LEAST_REPLANS and time.perf_counter() - began_s > budget_s:
            break
        place = PLACES[turn % len(PLACES)]
        changed = occupancy.copy()
        _change(changed, _choose_corner(place, poses_map, generator), turn // len(PLACES) % 4, generator)
        for end in ends:
            row, column = (int(value / RESOLUTION_M) for value in end[[1, 0]])
            around = slice(row - KEPT_FREE, row + KEPT_FREE), slice(column - KEPT_FREE, column + KEPT_FREE)
            changed[around] = occupancy[around]
        for cells in (changed, occupancy):
            duration_s, found_map = _time_plan(planner, cells, ends)
            samples[place].append(1e3 * duration_s)
            poses_map = found_map if len(found_map) else poses_map
    rows += [make_row(f"replan on {SIZE} x {SIZE} after a change of 6 x 6 m", "ms", place, values, False) for place, values in samples.items()]
    return rows


def _time_plan(planner: GlobalPlanner, occupancy: np.ndarray, ends: FloatArray) -> tuple[float, FloatArray]:
    """Processor time [s] from a map to a way, and its poses (N, 3)."""
    occupancy_map = OccupancyMap(occupancy, RESOLUTION_M, np.zeros(3))
    began_s = time.thread_time()
    planner.set_map(occupancy_map)
    result = planner.plan(ends[0], ends[1], 0.0)
    return time.thread_time() - began_s, result.path.poses_map


def _choose_corner(place: str, poses_map: FloatArray, generator: np.random.Generator) -> tuple[int, int]:
    """Upper left cell (row, column) of the window that changes."""
    count = len(poses_map)
    if place == "beside the way" or count < 20:
        row, column = generator.integers(0, SIZE - WINDOW, 2)
        return int(row), int(column)
    share = {"near the robot": (0.0, 0.05), "midway": (0.2, 0.8), "near the goal": (0.95, 1.0)}[place]
    pose_map = poses_map[min(int(count * generator.uniform(*share)), count - 1)]
    corner = np.clip(pose_map[[1, 0]] / RESOLUTION_M - 0.5 * WINDOW, 0, SIZE - WINDOW).astype(int)
    return int(corner[0]), int(corner[1])


def _change(occupancy: np.ndarray, corner: tuple[int, int], kind: int, generator: np.random.Generator) -> None:
    """Change a window: boxes, a wall across it, clutter, or everything in it gone."""
    window = occupancy[corner[0] : corner[0] + WINDOW, corner[1] : corner[1] + WINDOW]
    if kind == 0:
        for row, column in _draw_places(generator):
            window[row : row + 12, column : column + 12] = 100
    elif kind == 1:
        middle = WINDOW // 2
        (window if generator.random() < 0.5 else window.T)[middle : middle + 2] = 100
    elif kind == 2:
        window[generator.random(window.shape) < 0.001] = 100
    else:
        window[:] = 0


def _draw_places(generator: np.random.Generator) -> Iterator[tuple[int, int]]:
    for row, column in generator.integers(0, WINDOW - 15, (4, 2)):
        yield int(row), int(column)
