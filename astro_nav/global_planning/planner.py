"""Map and goal in, way out.

The search runs from the goal to the robot, so that its costs are costs to go. Everything that is temporary (places that
were reported blocked, the way out of an obstacle in which the robot stands) is laid over the weights for one search and
taken off again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry.se2 import invert, transform_points
from astro_nav.global_planning.cost_map import CostMap, MapChange
from astro_nav.global_planning.grid_searcher import SearchOutcome, SearchResult
from astro_nav.global_planning.passages import find_passages
from astro_nav.global_planning.plan_result import ErrorCode, PlanResult, describe_no_plan
from astro_nav.global_planning.replanner import Replanner
from astro_nav.global_planning.temporary_costs import Cell, block_disc, close_place, open_way_out, price_passage
from astro_nav.global_planning.tight_places import can_arrive, fit_outline
from astro_nav.global_planning.way_shape import (
    add_headings,
    measure_costs_to_go,
    measure_distances_to_go,
    shape_way,
)
from astro_nav.global_planning.zones import Zone
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, OccupancyMap, Path

NO_DISCS: FloatArray = np.empty((0, 3))
NO_PRICES: FloatArray = np.empty((0, 5))
MAX_CLOSED_PLACES = 20  # ways that are tried in turn because the robot does not fit round a bend of the one before
MOST_EXACT_M = 1e6  # places farther out are named in short


def never() -> bool:
    """For searches that nobody cancels."""
    return False


class GlobalPlanner:
    """Plans on the whole map; not for use by two threads at once."""

    def __init__(self, params: GlobalPlannerParams) -> None:
        self.params = params
        self._cost_map: CostMap | None = None
        self._searcher: Replanner | None = None
        self._zones: tuple[Zone, ...] = ()
        self._largest_weight = 1.0  # and
        self._discs_map = NO_DISCS  # of the plan that is being made

    @property
    def cost_map(self) -> CostMap | None:
        """What the searches run on; None before the first map."""
        return self._cost_map

    @property
    def memory_bytes(self) -> int:
        """Memory of everything that is as large as the map, the map itself excepted."""
        parts = (self._cost_map, self._searcher)
        return sum(part.memory_bytes for part in parts if part is not None)

    def set_map(self, occupancy_map: OccupancyMap) -> MapChange:
        """Take a map. On the same grid only what changed is computed again.

        Raises:
            MapError: when nothing can be planned on it; the map before is kept then.
        """
        if self._cost_map is not None:
            change = self._cost_map.update(occupancy_map)
            if change is not MapChange.EVERYTHING:
                return change
        cost_map = CostMap(occupancy_map, self.params, self._zones)
        self._cost_map, self._searcher = cost_map, Replanner(cost_map.weights)
        return MapChange.EVERYTHING

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Take keep-out and slow zones in place of those before."""
        self._zones = tuple(zones)
        if self._cost_map is not None:
            self._cost_map.set_zones(self._zones)

    def warm_up(self) -> None:
        """Compile or load every kernel by planning on a small map."""
        occupancy = np.zeros((24, 24), np.int8)
        occupancy[10, :16] = 100
        small = GlobalPlanner(self.params)
        resolution_m = max(0.5 * self.params.robot.circumscribed_radius_m, 1e-3)
        changed = occupancy.copy()
        changed[20, 20] = 100
        for cells in (occupancy, changed):  # the second time the search goes on from the first
            small.set_map(OccupancyMap(cells, resolution_m, np.zeros(3)))
            small.plan(resolution_m * np.array([5.0, 3.0, 0.0]), resolution_m * np.array([5.0, 20.0, 0.0]), 0.0)
        if small.cost_map is not None:
            find_passages(small.cost_map, self.params.memory)

    def plan(
        self,
        start_map: FloatArray,
        goal_map: FloatArray,
        now_s: float,
        cancelled: Callable[[], bool] = never,
        blocked_discs_map: FloatArray = NO_DISCS,
        prices_map: FloatArray = NO_PRICES,
    ) -> PlanResult:
        """Find the way of least cost.

        Args:
            start_map: (3,) pose of the robot.
            goal_map: (3,) pose to reach.
            now_s: stamp of the result.
            cancelled: asked every few milliseconds; true ends the search with TIMEOUT.
            blocked_discs_map: (M, 3) x, y, radius [m] of places that are blocked now, though the map does not say so.
            prices_map: (P, 5) jambs x, y, x, y [m] of passages, and what passing is expected to cost extra [m].

        Returns:
            The way, or why there is none.
        """
        cost_map, start_map, goal_map = self._cost_map, np.asarray(start_map, float), np.asarray(goal_map, float)
        if cost_map is None:
            return describe_no_plan(ErrorCode.UNKNOWN, "there is no map yet: publish one on the topic map", now_s)
        for pose, name in ((start_map, "start"), (goal_map, "goal")):
            if pose.shape != (3,) or not np.isfinite(pose).all():
                return describe_no_plan(ErrorCode.UNKNOWN, f"the {name} {pose.tolist()} is not a finite pose x, y, yaw", now_s)
        start, goal = cost_map.find_points(np.stack([start_map[:2], goal_map[:2]]))
        for point, pose, name, code in (
            (start, start_map, "robot", ErrorCode.START_OUTSIDE_MAP),
            (goal, goal_map, "goal", ErrorCode.GOAL_OUTSIDE_MAP),
        ):
            if not cost_map.contains(point):
                return describe_no_plan(code, f"the {name} at {_name_place(pose)} is outside the map, {self._name_extent()}", now_s)
        self._discs_map = np.asarray(blocked_discs_map, float).reshape(-1, 3)
        with ExitStack() as patches:
            for disc in self._discs_map:
                patches.enter_context(block_disc(cost_map, disc, self.params))
            self._largest_weight = cost_map.weight_range[1]
            for row in np.asarray(prices_map, float).reshape(-1, 5):
                self._largest_weight = max(self._largest_weight, patches.enter_context(price_passage(cost_map, row)))
            goals = self._list_goal_cells(goal_map)  # before a way out of an obstacle is opened
            start_cell = _find_cell(start)
            stands_free = cost_map.weights[start_cell[0] + 1, start_cell[1] + 1] > 0.0
            if not stands_free:
                patches.enter_context(open_way_out(cost_map, start, start_cell, self.params))
            return self._search(start_map, goal_map, start, goals, stands_free, now_s, cancelled)

    def measure_path(
        self, path: Path, blocked_discs_map: FloatArray = NO_DISCS, prices_map: FloatArray = NO_PRICES
    ) -> float:
        """Cost of a way as the map is now [m], inf when it is blocked."""
        cost_map = self._cost_map
        if cost_map is None or len(path.poses_map) == 0:
            return float("inf")
        points = cost_map.find_points(path.poses_map[:, :2])
        if not all(cost_map.contains(point) for point in points):
            return float("inf")
        with ExitStack() as patches:
            for disc in np.asarray(blocked_discs_map, float).reshape(-1, 3):
                patches.enter_context(block_disc(cost_map, disc, self.params))
            for row in np.asarray(prices_map, float).reshape(-1, 5):
                patches.enter_context(price_passage(cost_map, row))
            return float(measure_costs_to_go(points, cost_map)[0])

    def _search(
        self,
        start_map: FloatArray,
        goal_map: FloatArray,
        start: FloatArray,
        goals: NDArray,
        stands_free: bool,
        now_s: float,
        cancelled: Callable[[], bool],
    ) -> PlanResult:
        """Search from the goal, or the nearest places instead of it, to the robot."""
        assert self._cost_map is not None and self._searcher is not None
        cost_map, searcher = self._cost_map, self._searcher
        smallest, largest = cost_map.weight_range[0], self._largest_weight
        if not stands_free:
            largest = max(largest, float(cost_map.weights.max()))
        start_cell, exact_cell = _find_cell(start), _find_cell(cost_map.find_points(goal_map[np.newaxis, :2])[0])
        expansions, searched, cut_off, tight_place = 0, False, False, ""
        cells = deque((int(row), int(column)) for row, column in goals)
        while cells:
            cell = cells.popleft()
            if cut_off and searcher.has_reached(cell):
                continue  # it belongs to a part of the map from which a search has not come to the robot already
            if cell != exact_cell and not self._fits(self._place_goal(cell, goal_map)):
                continue
            with ExitStack() as closed_places:
                for _ in range(MAX_CLOSED_PLACES):
                    found = searcher.search(cell, start_cell, (smallest, largest), cost_map.take_changed_windows(), cancelled)
                    searched, cut_off = True, found.outcome is SearchOutcome.UNREACHABLE
                    expansions += found.expansions
                    if found.outcome is SearchOutcome.CANCELLED:
                        message = f"the search was ended after {expansions} cells"
                        return describe_no_plan(ErrorCode.TIMEOUT, message, now_s, expansions)
                    if found.outcome is SearchOutcome.UNREACHABLE:
                        break
                    result = self._describe_way(found, start, goal_map, cell == exact_cell, now_s, expansions)
                    way_out_m = 0.0 if stands_free else self.params.search.escape_distance_m
                    outline = fit_outline(
                        result.path.poses_map, result.distances_to_go_m, cost_map, self.params.robot, way_out_m
                    )
                    places = outline.tight_places_map
                    if len(places) == 0 and can_arrive(cost_map, outline.poses_map, self.params.robot):
                        return replace(result, path=replace(result.path, poses_map=outline.poses_map))
                    if len(places) == 0:
                        tight_place = f"; it cannot turn to the goal's heading at {_name_place(outline.poses_map[-1])}"
                        if cell == exact_cell:
                            cells.extend((int(row), int(column)) for row, column in self._list_near_cells(goal_map))
                        break
                    tight_place = f"; it does not fit round the bend at {_name_place(places[0])}"
                    for place_map in places:
                        closed_places.enter_context(close_place(cost_map, place_map, (start_cell, cell)))
        if not searched:
            return describe_no_plan(ErrorCode.GOAL_OCCUPIED, self._explain_goal(goal_map), now_s)
        if not stands_free and not self._can_leave(start_cell, (smallest, largest)):
            message = (
                f"the robot at {_name_place(start_map)} stands where it does not fit, and free space is farther than "
                f"search.escape_distance_m = {self.params.search.escape_distance_m:g} m: check its localization, or move it by hand"
            )
            return describe_no_plan(ErrorCode.START_OCCUPIED, message, now_s, expansions)
        if not np.array_equal(goals, [exact_cell]):
            return describe_no_plan(ErrorCode.GOAL_OCCUPIED, self._explain_goal(goal_map), now_s, expansions)
        message = f"there is no way from {_name_place(start_map)} to {_name_place(goal_map)}: {self._describe_barrier(expansions)}"
        return describe_no_plan(ErrorCode.NO_VALID_PATH, message + tight_place, now_s, expansions)

    def _describe_way(
        self, found: SearchResult, start: FloatArray, goal_map: FloatArray, is_exact: bool, now_s: float, expansions: int
    ) -> PlanResult:
        assert self._cost_map is not None
        cost_map = self._cost_map
        end = cost_map.find_points(goal_map[np.newaxis, :2])[0] if is_exact else found.way[-1, ::-1] + 0.5
        points = shape_way(found.way, start, end, cost_map, self.params)
        points_map = cost_map.find_points_map(points)
        goal_distance_m = 0.0 if is_exact else float(np.linalg.norm(points_map[-1] - goal_map[:2]))
        message = ""
        if not is_exact:
            message = f"{self._explain_spot(goal_map)}: going to {_name_place(points_map[-1])}, {goal_distance_m:.2f} m from it"
        return PlanResult(
            path=Path(now_s, add_headings(points_map, float(goal_map[2])), cost_map.map.frame_id),
            error_code=ErrorCode.NONE,
            message=message,
            distances_to_go_m=measure_distances_to_go(points_map),
            costs_to_go_m=measure_costs_to_go(points, cost_map),
            goal_distance_m=goal_distance_m,
            expansions=expansions,
        )

    def _list_goal_cells(self, goal_map: FloatArray) -> NDArray:
        """Cells (N, 2) where the robot's middle may be at the end: the goal's alone if it can be used, else those near it.

        The nearest come first; whether the robot fits there with the goal's heading is for the search to ask.
        """
        assert self._cost_map is not None
        cost_map = self._cost_map
        goal = cost_map.find_points(goal_map[np.newaxis, :2])[0]
        exact = np.array([_find_cell(goal)])
        if cost_map.weights[exact[0, 0] + 1, exact[0, 1] + 1] > 0.0 and self._fits(goal_map):
            return exact
        return self._list_near_cells(goal_map)

    def _list_near_cells(self, goal_map: FloatArray) -> NDArray:
        """Cells (N, 2) within the goal's tolerance where the robot's middle may be, the nearest first."""
        assert self._cost_map is not None
        cost_map = self._cost_map
        goal = cost_map.find_points(goal_map[np.newaxis, :2])[0]
        reach = self.params.search.goal_tolerance_m / cost_map.map.resolution_m
        top, left = (max(int(np.floor(goal[axis] - reach)), 0) for axis in (1, 0))
        bottom, right = (int(np.ceil(goal[axis] + reach)) + 1 for axis in (1, 0))
        cells = np.argwhere(cost_map.weights[1:-1, 1:-1][top:bottom, left:right] > 0.0) + np.array([top, left])
        cells = cells[(cells != _find_cell(goal)).any(axis=1)]
        distances = np.hypot(cells[:, 0] + 0.5 - goal[1], cells[:, 1] + 0.5 - goal[0])
        order = np.argsort(distances, kind="stable")
        return cells[order[distances[order] <= reach]]

    def _fits(self, pose_map: FloatArray) -> bool:
        """Whether the outline touches neither an obstacle of the map nor a place that is blocked now."""
        assert self._cost_map is not None
        discs = self._discs_map[np.isfinite(self._discs_map).all(axis=1)]
        distances_m = compute_signed_distances(transform_points(invert(pose_map), discs[:, :2]), self.params.robot.footprint)
        return bool((distances_m >= discs[:, 2]).all()) and self._cost_map.fits(pose_map)

    def _place_goal(self, cell: Cell, goal_map: FloatArray) -> FloatArray:
        """The goal's heading in the middle of another cell."""
        assert self._cost_map is not None
        point_map = self._cost_map.find_points_map(np.array([[cell[1] + 0.5, cell[0] + 0.5]]))[0]
        return np.array([*point_map, goal_map[2]])

    def _can_leave(self, start_cell: Cell, weight_range: tuple[float, float]) -> bool:
        """Whether the robot can come from where it does not fit to where it does, anywhere."""
        assert self._cost_map is not None and self._searcher is not None
        reached = np.isfinite(self._searcher.explore(start_cell, weight_range))
        return bool((reached & (self._cost_map.weights > 0.0) & (self._cost_map.weights <= self._cost_map.weight_range[1])).any())

    def _explain_goal(self, goal_map: FloatArray) -> str:
        tolerance_m = self.params.search.goal_tolerance_m
        return (
            f"{self._explain_spot(goal_map)}, and no place that can be reached is within search.goal_tolerance_m = "
            f"{tolerance_m:g} m of it"
        )

    def _explain_spot(self, goal_map: FloatArray) -> str:
        """Why the goal itself cannot be used."""
        assert self._cost_map is not None
        cost_map = self._cost_map
        row, column = _find_cell(cost_map.find_points(goal_map[np.newaxis, :2])[0])
        place, occupancy = _name_place(goal_map), int(cost_map.map.occupancy[row, column])
        if occupancy < 0 and self.params.cost.unknown == "blocked":
            return f"the goal at {place} is in unknown space"
        if occupancy >= self.params.cost.occupied_threshold:
            return f"the goal at {place} is occupied"
        if cost_map.fits(goal_map):
            return f"the goal at {place} is free in the map, but something stands there"
        clearance_m = cost_map.clearance_mm[row + 1, column + 1] / 1000.0
        return f"the goal at {place} is {clearance_m:.2f} m from an obstacle, where the robot does not fit with that heading"

    def _describe_barrier(self, expansions: int) -> str:
        assert self._cost_map is not None
        area_m2 = expansions * self._cost_map.map.resolution_m ** 2
        unknown = " or unknown space" if self.params.cost.unknown == "blocked" else ""
        return f"obstacles{unknown} close off the {area_m2:.1f} m^2 around the goal, or leave gaps narrower than the robot"

    def _name_extent(self) -> str:
        assert self._cost_map is not None
        rows, columns = self._cost_map.map.shape
        corners = self._cost_map.find_points_map(np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], float))
        low, high = corners.min(axis=0), corners.max(axis=0)
        return f"which spans x {low[0]:.2f} to {high[0]:.2f} m, y {low[1]:.2f} to {high[1]:.2f} m"


def _find_cell(point: FloatArray) -> Cell:
    return int(np.floor(point[1])), int(np.floor(point[0]))


def _name_place(pose_map: FloatArray) -> str:
    # Anything may be sent as a goal, and a centimetre says nothing beyond a planet's circumference.
    x, y = (f"{value:.2f}" if abs(value) < MOST_EXACT_M else f"{value:.3g}" for value in pose_map[:2])
    return f"({x}, {y}) m"
