"""Global search on grids, with the cost of every path in one and the same measure, since some peers are not exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from astro_nav.evaluation.bench.distance_fields import make_blocks
from astro_nav.evaluation.bench.measure import Contender, Group
from astro_nav.evaluation.bench.optional import load_peer
from astro_nav.evaluation.suites.data import find_data_folder
from astro_nav.global_planning.grid_searcher import GridSearcher, pad_weights
from astro_nav.mapping.map_file import load_map

UNITS_PER_STEP = 70  # tcod counts in whole numbers: 70 for a step and 99 for a diagonal one
UNITS_PER_WEIGHT = 8  # and weights are multiples of an eighth
SHARED_MAPS = ("aws_small_house", "home_sarmis", "depot")
ROBOT_RADIUS_M = 0.2


@dataclass(frozen=True)
class Problem:
    """A search: weights (H, W) float32, 0 where blocked, and two cells (row, column)."""

    weights: np.ndarray
    start: tuple[int, int]
    goal: tuple[int, int]


def measure_path(weights: np.ndarray, way: object) -> dict[str, object]:
    """Cost of a way (N, 2) of cells, Euclidean steps times the mean weight of both cells, and its cut corners.

    A way that cuts corners touches blocked cells with a robot that has any width; its cost may lie below the exact one.
    """
    if way is None or len(np.asarray(way)) == 0:
        return {"path_cost": None, "cut_corners": None}
    way = np.asarray(way, dtype=np.int64)
    before, after = way[:-1], way[1:]
    lengths = np.hypot(*(after - before).T)
    mean = 0.5 * (weights[tuple(before.T)] + weights[tuple(after.T)])
    beside = (weights[before[:, 0], after[:, 1]] <= 0.0) | (weights[after[:, 0], before[:, 1]] <= 0.0)
    return {"path_cost": float((lengths * mean).sum()), "cut_corners": int((beside & (lengths > 1.1)).sum())}


def make_weights(occupied: np.ndarray, weighted: bool) -> np.ndarray:
    """Weights (H, W): 0 where occupied; 1, or more near obstacles, elsewhere."""
    if not weighted:
        return np.where(occupied, 0.0, 1.0).astype(np.float32)
    near = 8.0 * np.exp(-ndimage.distance_transform_edt(~occupied) / 4.0)
    return np.where(occupied, 0.0, 1.0 + np.round(near * UNITS_PER_WEIGHT) / UNITS_PER_WEIGHT).astype(np.float32)


def make_groups() -> list[Group]:
    """Corner to corner on 2000 x 2000 cells, and across maps that others use, each with unit and with weighted costs."""
    groups = []
    size = 2000
    free = np.zeros((size, size), dtype=np.bool_)
    blocks = make_blocks(size)
    for name, occupied in (("empty", free), ("rooms", blocks)):
        for weighted in (False, True):
            if name == "empty" and weighted:
                continue
            problem = Problem(make_weights(occupied, weighted), (1, 1), (size - 2, size - 2))
            groups.append(_make_group(f"search {size} x {size} {name}, {_name_costs(weighted)}", problem))
    for name in SHARED_MAPS:
        path = find_data_folder() / "maps" / f"{name}.yaml"
        if not path.is_file():
            continue
        for weighted in (False, True):
            groups.append(_make_group(f"search {name}, {_name_costs(weighted)}", _make_map_problem(path, weighted)))
    return groups


def _name_costs(weighted: bool) -> str:
    return "weighted costs" if weighted else "unit costs"


def _make_map_problem(path, weighted: bool) -> Problem:
    """Between the two cells of the largest free region that lie farthest apart along a diagonal."""
    occupancy_map = load_map(path)
    away_m = ndimage.distance_transform_edt(occupancy_map.occupancy == 0) * occupancy_map.resolution_m
    labels, _ = ndimage.label(away_m > ROBOT_RADIUS_M)
    occupied = labels != np.argmax(np.bincount(labels.ravel())[1:]) + 1
    cells = np.argwhere(~occupied)
    along = cells.sum(axis=1)
    start, goal = (tuple(int(value) for value in cells[index]) for index in (np.argmin(along), np.argmax(along)))
    return Problem(make_weights(occupied, weighted), start, goal)


def _make_group(name: str, problem: Problem) -> Group:
    weights = problem.weights
    searcher = GridSearcher(pad_weights(weights))
    used = weights[weights > 0.0]
    weight_range = (float(used.min()), float(used.max()))

    def search_own() -> object:
        return searcher.search(problem.start, problem.goal, weight_range).way

    def describe(way: object) -> dict[str, object]:
        return measure_path(weights, way)

    contenders = [Contender("astro", search_own, is_peer=False, describe=describe)]
    runs = {"pyastar2d": _make_pyastar2d, "tcod": _make_tcod, "scikit-image": _make_scikit}
    absent = []
    for peer, make in runs.items():
        module = load_peer(peer)
        if module is None:
            absent.append(peer)
        else:
            contenders.append(Contender(peer, make(module, problem), describe=describe))
    return Group(name, "ms", contenders, absent)


def _make_pyastar2d(module, problem: Problem):
    costs = np.where(problem.weights > 0.0, problem.weights, np.inf).astype(np.float32)
    return lambda: module.astar_path(costs, problem.start, problem.goal, allow_diagonal=True)


def _make_tcod(module, problem: Problem):
    costs = np.round(problem.weights * UNITS_PER_WEIGHT).astype(np.int16)
    if problem.weights.max() <= 1.0:
        costs = (problem.weights > 0.0).astype(np.int8)

    def search() -> object:
        graph = module.SimpleGraph(cost=costs, cardinal=UNITS_PER_STEP, diagonal=99)
        finder = module.Pathfinder(graph)
        finder.add_root(problem.start)
        return finder.path_to(problem.goal)

    return search


def _make_scikit(module, problem: Problem):
    costs = np.where(problem.weights > 0.0, problem.weights, -1.0)

    def search() -> object:
        finder = module.MCP_Geometric(costs)
        finder.find_costs([problem.start], [problem.goal])
        return finder.traceback(problem.goal)

    return search
