"""A tour through a map that says nothing but where its walls are: start, goals, a box in the way, a walking person.

Everything follows from the map and the seed; the same two give the same tour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from astro_nav.demo.free_space import FreeSpace
from astro_nav.demo.goals import Goal
from astro_nav.errors import GoalError
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.demo import SurpriseParams, TourParams
from astro_nav.types import FloatArray

ENOUGH_ROOM_M = 0.8
WALK_DIRECTIONS = 16
WALK_SAMPLES = 1000
BODY_RADIUS_M = 0.3


@dataclass(frozen=True)
class Walk:
    """A straight walk of a person between two points (2,) of the map, there and back again."""

    start_map: FloatArray
    end_map: FloatArray


def choose_start(space: FreeSpace, params: TourParams) -> FloatArray:
    """A pose (3,) with room to turn, in the middle of the largest region that the robot can get around in.

    Raises:
        GoalError: the robot fits nowhere.
    """
    radius = space.circumscribed_radius_m + params.margin_m
    region = space.find_largest_region(space.inscribed_radius_m + params.passage_m) & (space.clearance_m >= radius)
    if not region.any():
        best = float(space.clearance_m.max()) if space.clearance_m.size else 0.0
        raise GoalError(
            f"the robot fits nowhere in this map: it needs {radius:.2f} m to every side, the widest place has "
            f"{max(best, 0.0):.2f} m: check the map's resolution, or set tour.margin_m and robot.footprint_m in a params file"
        )
    cells = np.argwhere(region)
    points = space.find_points(cells)
    room = np.minimum(space.clearance_m[region], ENOUGH_ROOM_M)
    off_centre = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    best = np.lexsort((off_centre, -room))[0]
    ahead = points[np.linalg.norm(points - points[best], axis=1).argmax()] - points[best]
    return np.array([*points[best], math.atan2(ahead[1], ahead[0])])


def choose_goals(space: FreeSpace, start_map: FloatArray, params: TourParams, seed: int) -> list[Goal]:
    """Goals that are reachable from the start, far apart, with room around each.

    The first is drawn by the seed; every further one is the place that is farthest from all that there are. The tour goes
    on to the nearest goal each time, and every goal looks to where the next one is.

    Args:
        space: the map.
        start_map: (3,).
        params: how many, how far apart.
        seed: of the draw.

    Raises:
        GoalError: there is no room for so many.
    """
    radius = space.circumscribed_radius_m + params.margin_m
    region = space.find_region_around(start_map, space.inscribed_radius_m + params.passage_m)
    points = space.find_points(np.argwhere(region & (space.clearance_m >= radius)))
    points = points[np.linalg.norm(points - start_map[:2], axis=1) <= params.max_reach_m]
    if len(points) == 0:
        raise GoalError(f"the robot cannot turn at its start ({start_map[0]:.2f}, {start_map[1]:.2f}): give GOALS, or another map")
    chosen = _spread_points(points, start_map[:2], params, np.random.default_rng(seed))
    if len(chosen) < params.goals:
        raise GoalError(
            f"only {len(chosen)} of {params.goals} goals that are {params.min_spacing_m:g} m apart can be reached from "
            f"({start_map[0]:.2f}, {start_map[1]:.2f}): give GOALS, or lower tour.goals or tour.min_spacing_m in a params file"
        )
    ordered = _order_by_nearest(chosen, start_map[:2])
    goals = []
    for index, point in enumerate(ordered):
        target = ordered[index + 1] if index + 1 < len(ordered) else start_map[:2]
        yaw = wrap_angle(math.atan2(target[1] - point[1], target[0] - point[0]))
        goals.append(Goal(round(float(point[0]), 2), round(float(point[1]), 2), round(float(yaw), 2)))
    return goals


def check_goals(space: FreeSpace, start_map: FloatArray, goals: list[Goal]) -> None:
    """Raise GoalError for the first goal at which the robot cannot be, or to which there is no way.

    A goal passes when a disc as wide as the robot fits there and can get there; whether the robot can also turn there
    is for the planner to say.
    """
    radius = space.inscribed_radius_m
    region = space.find_region_around(start_map, radius)
    rows, columns = space.map.shape
    for index, goal in enumerate(goals, start=1):
        point = goal.pose_map[:2]
        where = f"goal {index}, ({goal.x_m:g}, {goal.y_m:g}),"
        cells, inside = space.find_cells(point[np.newaxis])
        nearest = space.find_nearest_fit(point, region)
        remedy = "" if nearest is None else f": the nearest place that can be reached is ({nearest[0]:.2f}, {nearest[1]:.2f})"
        if not inside[0]:
            corners = space.find_points(np.array([[0, 0], [0, columns - 1], [rows - 1, 0], [rows - 1, columns - 1]]))
            (low_x, low_y), (high_x, high_y) = corners.min(axis=0), corners.max(axis=0)
            raise GoalError(
                f"{where} is outside the map, which reaches from ({low_x:.1f}, {low_y:.1f}) to ({high_x:.1f}, {high_y:.1f}) m{remedy}"
            )
        row, column = cells[0]
        if space.map.occupancy[row, column] < 0:
            raise GoalError(f"{where} is in unknown space{remedy}")
        clearance = float(space.clearance_m[row, column])
        if clearance < 0.0:
            raise GoalError(f"{where} is in an obstacle{remedy}")
        if clearance < radius:
            raise GoalError(f"{where} is {clearance:.2f} m from an obstacle, the robot needs {radius:.2f} m{remedy}")
        if not region[row, column]:
            raise GoalError(f"{where} cannot be reached from the start ({start_map[0]:.2f}, {start_map[1]:.2f}){remedy}")


def choose_box(
    space: FreeSpace, way_map: FloatArray, keep_clear_map: FloatArray, params: SurpriseParams
) -> FloatArray | None:
    """Middle and heading (3,) of a box that stands in the way and can be passed, None when there is no room for one.

    Args:
        space: the map.
        way_map: (N, 2) the way that the robot would take without it.
        keep_clear_map: (M, 2) start and goals.
        params: its size and what stays free.
    """
    if len(way_map) < 3:
        return None
    needed = 0.5 * math.sqrt(2.0) * params.box_length_m + 2.0 * space.inscribed_radius_m + params.box_passage_m
    clearance = space.measure_clearance(way_map)
    apart = np.linalg.norm(way_map[:, None] - keep_clear_map[None], axis=2).min(axis=1)
    possible = (clearance >= needed) & (apart >= params.keep_away_m + params.box_length_m)
    if not possible.any():
        return None
    # The narrowest of the places that leave room enough: there it is in the way for certain.
    index = int(np.where(possible, clearance, np.inf).argmin())
    ahead = way_map[min(index + 1, len(way_map) - 1)] - way_map[max(index - 1, 0)]
    return np.array([*way_map[index], math.atan2(ahead[1], ahead[0])])


def choose_walk(
    space: FreeSpace, way_map: FloatArray, keep_clear_map: FloatArray, params: SurpriseParams, seed: int
) -> Walk | None:
    """A walk that crosses the robot's way and ends beside it, None when there is no room for one.

    Args:
        space: the map.
        way_map: (N, 2) the way that the robot would take.
        keep_clear_map: (M, 2) start, goals and the box.
        params: length of the walk, the room that it needs, how far beside the way it ends.
        seed: of the places that are tried.
    """
    if len(way_map) == 0:
        return None
    generator = np.random.default_rng(seed)
    needed = BODY_RADIUS_M + params.walk_room_m
    best: tuple[float, Walk] | None = None
    for _ in range(WALK_SAMPLES):
        middle = way_map[generator.integers(len(way_map))]
        heading = math.pi * generator.integers(WALK_DIRECTIONS) / WALK_DIRECTIONS
        direction = np.array([math.cos(heading), math.sin(heading)])
        reach = [_measure_reach(space, middle, sign * direction, 0.5 * params.walk_length_m, needed) for sign in (-1.0, 1.0)]
        walk = Walk(middle - reach[0] * direction, middle + reach[1] * direction)
        ends, line = np.stack([walk.start_map, walk.end_map]), np.linspace(walk.start_map, walk.end_map, 50)
        aside_m = np.linalg.norm(ends[:, None] - way_map[None], axis=2).min()
        apart_m = np.linalg.norm(line[:, None] - keep_clear_map[None], axis=2).min()
        fits = min(reach) > 0.0 and aside_m >= params.walk_aside_m and apart_m >= params.keep_away_m
        if fits and (best is None or sum(reach) > best[0] + 1e-9):
            best = (sum(reach), walk)
    return None if best is None else best[1]


def _spread_points(
    points: FloatArray, start: FloatArray, params: TourParams, generator: np.random.Generator
) -> list[FloatArray]:
    """Farthest-point sampling (T. Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985)."""
    apart = np.linalg.norm(points - start, axis=1)
    far = np.flatnonzero(apart >= min(params.spacing_m, 0.7 * apart.max()))
    chosen: list[FloatArray] = []
    index = int(far[generator.integers(len(far))])
    while len(chosen) < params.goals and apart[index] >= params.min_spacing_m:
        chosen.append(points[index])
        apart = np.minimum(apart, np.linalg.norm(points - points[index], axis=1))
        index = int(apart.argmax())
    return chosen


def _order_by_nearest(points: list[FloatArray], start: FloatArray) -> list[FloatArray]:
    waiting, ordered, here = list(points), [], start
    while waiting:
        index = int(np.argmin([np.linalg.norm(point - here) for point in waiting]))
        here = waiting.pop(index)
        ordered.append(here)
    return ordered


def _measure_reach(space: FreeSpace, start: FloatArray, direction: FloatArray, limit_m: float, needed_m: float) -> float:
    """How far one gets from a point in a direction with `needed_m` free on all sides [m]."""
    distances = np.arange(0.0, limit_m, 0.5 * space.map.resolution_m)
    clearance = space.measure_clearance(start + distances[:, None] * direction)
    tight = np.flatnonzero(clearance < needed_m)
    return float(limit_m if len(tight) == 0 else distances[max(tight[0] - 1, 0)])
