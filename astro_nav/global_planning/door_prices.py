"""What a door that may be closed adds to the cost of a way through it: the chance, times what turning back costs then.

A robot that comes upon a closed door has lost the way to where it sees that, and goes round from there. Both depend on the
map, the start and the goal, so the price is searched for, for the doors on the ways that come into question and no others.
Several doors on one way are weighed one after the other, as if each were the only one in doubt.

Source: the Canadian traveller's problem with one edge in doubt, solved exactly (C. Papadimitriou, M. Yannakakis, "Shortest
paths without a map", 1991); with several this is its greedy approximation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astro_nav.geometry.crossings import cross_segments
from astro_nav.global_planning.planner import NO_PRICES, GlobalPlanner
from astro_nav.types import FloatArray

CLOSED_M = 1e4  # price of a door that is certainly closed: any way round is cheaper, and it is still passed when there is none
MOST_SEARCHES = 8  # for one way; more doors in doubt stay without a price
SEEN_ACROSS = 0.35  # sine of the flattest angle at which the state of a door is seen
BEFORE_M = 0.6  # who has the door in sight already learns no more until it stands before it, so far from its middle
STEPS_OF_A_CELL = 1.0  # between two points of a line of sight


def price_doors(
    planner: GlobalPlanner,
    start_map: FloatArray,
    goal_map: FloatArray,
    doubts_map: FloatArray,
    present_poses_map: FloatArray | None,
    blocked_discs_map: FloatArray,
    cancelled: Callable[[], bool],
) -> FloatArray:
    """Find the prices of the doors on the ways from start to goal.

    Args:
        planner: searches.
        start_map: (3,) pose.
        goal_map: (3,) pose.
        doubts_map: (P, 5) jambs x, y, x, y [m] of doors, and how likely each is closed, beyond what the map says.
        present_poses_map: (N, 3) the way that is being driven, whose doors are priced, too; None without one.
        blocked_discs_map: (M, 3) x, y, radius [m] of places that are blocked now.
        cancelled: ends the searches.

    Returns:
        (Q, 5) jambs and price [m].
    """
    prices, priced = NO_PRICES, set[int]()
    ways = [] if present_poses_map is None else [present_poses_map]
    searches = 0
    while searches < MOST_SEARCHES and not cancelled():
        if not ways:
            found = planner.plan(start_map, goal_map, 0.0, cancelled, blocked_discs_map, prices)
            searches += 1
            ways = [found.path.poses_map] if found.is_found else []
        new = [] if not ways else [door for door in _find_doors(ways[0], doubts_map) if door not in priced]
        if not new:
            if not ways or ways.pop() is not present_poses_map:
                break
            continue
        for door in new:
            priced.add(door)
            price_m = _price_door(planner, goal_map, doubts_map[door], ways[0], prices, cancelled)
            searches += 1
            prices = np.vstack([prices, [*doubts_map[door, :4], price_m]])
        ways = []
    return prices


def _price_door(
    planner: GlobalPlanner,
    goal_map: FloatArray,
    doubt: FloatArray,
    way: FloatArray,
    prices: FloatArray,
    cancelled: Callable[[], bool],
) -> float:
    """The chance that it is closed times what going round then costs more than going through, from where that is seen."""
    memory = planner.params.memory
    seen_from = way[_find_sight(planner, way, doubt[:4].reshape(2, 2), memory.sight_m)]
    # Without the places that are blocked now: one of them may be this very door.
    through = planner.plan(seen_from, goal_map, 0.0, cancelled, prices_map=prices)
    closed = np.vstack([prices, [*doubt[:4], CLOSED_M]])
    round_it = planner.plan(seen_from, goal_map, 0.0, cancelled, prices_map=closed)
    extra_m = round_it.cost_m - through.cost_m
    if not (np.isfinite(extra_m) and extra_m < 0.5 * CLOSED_M):
        extra_m = 0.0  # there is no way round: whatever it costs, it is gone through
    return float(doubt[4]) * (max(extra_m, 0.0) + memory.closed_price_m)


def _find_doors(way: FloatArray, doubts_map: FloatArray) -> list[int]:
    """Numbers of the doors that a way (N, 3) passes, in no order."""
    return [door for door, row in enumerate(doubts_map) if len(cross_segments(way[:, :2], row[:2], row[2:4]))]


def _find_sight(planner: GlobalPlanner, way: FloatArray, ends: FloatArray, sight_m: float) -> int:
    """Index of the pose of a way (N, 3) at which the state of a door on it will be known."""
    middle = ends.mean(axis=0)
    along = (ends[1] - ends[0]) / max(float(np.hypot(*(ends[1] - ends[0]))), 1e-9)
    offsets = way[:, :2] - middle
    distances = np.hypot(offsets[:, 0], offsets[:, 1])
    crossing = cross_segments(way[:, :2], ends[0], ends[1])
    last = int(crossing[0]) if len(crossing) else len(way) - 1
    before = int(np.flatnonzero(distances[: last + 1] >= BEFORE_M)[-1]) if (distances[: last + 1] >= BEFORE_M).any() else 0
    across = np.abs(offsets[:, 0] * along[1] - offsets[:, 1] * along[0]) > SEEN_ACROSS * distances
    for place in range(0, before, 3):
        if distances[place] <= sight_m and across[place] and _is_in_sight(planner, way[place, :2], middle):
            return before if place == 0 else place
    return before


def _is_in_sight(planner: GlobalPlanner, place_map: FloatArray, middle_map: FloatArray) -> bool:
    """Whether nothing on the map stands between two places (2,)."""
    cost_map = planner.cost_map
    assert cost_map is not None
    first, last = cost_map.find_points(np.stack([place_map, middle_map]))
    count = 2 + int(np.hypot(*(last - first)) / STEPS_OF_A_CELL)
    cells = np.floor(first + np.linspace(0.0, 1.0, count)[:, None] * (last - first)).astype(np.int64)
    rows, columns = cost_map.map.shape
    inside = (cells[:, 0] >= 0) & (cells[:, 0] < columns) & (cells[:, 1] >= 0) & (cells[:, 1] < rows)
    occupancy = cost_map.map.occupancy[cells[inside, 1], cells[inside, 0]]
    return bool((occupancy < planner.params.cost.occupied_threshold).all())
