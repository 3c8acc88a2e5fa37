"""Map and goal in, way out.

The search runs from the goal to the robot, so that its costs are costs to go. Everything that is temporary (places that
were reported blocked, the way out of an obstacle in which the robot stands) is laid over the weights for one search and
taken off again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from numpy.typing import NDArray

from astro_nav.global_planning.cost_map import CostMap, MapChange
from astro_nav.global_planning.grid_searcher import GridSearcher, SearchOutcome, SearchResult
from astro_nav.global_planning.plan_result import ErrorCode, PlanResult, describe_no_plan
from astro_nav.global_planning.way_shape import (
    add_headings,
    measure_costs_to_go,
    measure_distances_to_go,
    shape_way,
)
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, OccupancyMap, Path

Cell = tuple[int, int]
NO_DISCS: FloatArray = np.empty((0, 3))


def never() -> bool:
    """For searches that nobody cancels."""
    return False


class GlobalPlanner:
    """Plans on the whole map; not for use by two threads at once."""

    def __init__(self, params: GlobalPlannerParams) -> None:
        self.params = params
        self._cost_map: CostMap | None = None
        self._searcher: GridSearcher | None = None

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
        cost_map = CostMap(occupancy_map, self.params)
        self._cost_map, self._searcher = cost_map, GridSearcher(cost_map.weights)
        return MapChange.EVERYTHING

    def warm_up(self) -> None:
        """Compile or load every kernel by planning on a small map."""
        occupancy = np.zeros((24, 24), np.int8)
        occupancy[10, :16] = 100
        small = GlobalPlanner(self.params)
        resolution_m = max(0.5 * self.params.robot.circumscribed_radius_m, 1e-3)
        occupancy_map = OccupancyMap(occupancy, resolution_m, np.zeros(3))
        small.set_map(occupancy_map)
        small.plan(resolution_m * np.array([5.0, 3.0, 0.0]), resolution_m * np.array([5.0, 20.0, 0.0]), 0.0)
        changed = occupancy.copy()
        changed[20, 20] = 100
        small.set_map(OccupancyMap(changed, resolution_m, np.zeros(3)))

    def plan(
        self,
        start_map: FloatArray,
        goal_map: FloatArray,
        now_s: float,
        cancelled: Callable[[], bool] = never,
        blocked_discs_map: FloatArray = NO_DISCS,
    ) -> PlanResult:
        """Find the way of least cost.

        Args:
            start_map: (3,) pose of the robot.
            goal_map: (3,) pose to reach.
            now_s: stamp of the result.
            cancelled: asked every few milliseconds; true ends the search with TIMEOUT.
            blocked_discs_map: (M, 3) x, y, radius [m] of places that are blocked now, though the map does not say so.

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
        candidates = self._list_goal_candidates(goal_map)
        if len(candidates) == 0:
            return describe_no_plan(ErrorCode.GOAL_OCCUPIED, self._explain_goal(goal_map), now_s)
        with ExitStack() as patches:
            for disc in np.asarray(blocked_discs_map, float).reshape(-1, 3):
                patches.enter_context(_block_disc(cost_map, disc, self.params))
            start_cell = _find_cell(start)
            stands_free = cost_map.weights[start_cell[0] + 1, start_cell[1] + 1] > 0.0
            if not stands_free:
                patches.enter_context(_open_way_out(cost_map, start, start_cell, self.params))
            return self._search(start_map, goal_map, start, candidates, stands_free, now_s, cancelled)

    def measure_path(self, path: Path, blocked_discs_map: FloatArray = NO_DISCS) -> float:
        """Cost of a way as the map is now [m], inf when it is blocked."""
        cost_map = self._cost_map
        if cost_map is None or len(path.poses_map) == 0:
            return float("inf")
        points = cost_map.find_points(path.poses_map[:, :2])
        if not all(cost_map.contains(point) for point in points):
            return float("inf")
        with ExitStack() as patches:
            for disc in np.asarray(blocked_discs_map, float).reshape(-1, 3):
                patches.enter_context(_block_disc(cost_map, disc, self.params))
            return float(measure_costs_to_go(points, cost_map)[0])

    def _search(
        self,
        start_map: FloatArray,
        goal_map: FloatArray,
        start: FloatArray,
        candidates: NDArray,
        stands_free: bool,
        now_s: float,
        cancelled: Callable[[], bool],
    ) -> PlanResult:
        """Search from the goal, or the nearest places instead of it, to the robot."""
        assert self._cost_map is not None and self._searcher is not None
        smallest, largest = self._cost_map.weight_range
        if not stands_free:
            largest = max(largest, float(self._cost_map.weights.max()))
        start_cell, exact_cell = _find_cell(start), _find_cell(self._cost_map.find_points(goal_map[np.newaxis, :2])[0])
        expansions, searched = 0, False
        for candidate in candidates:
            cell = (int(candidate[0]), int(candidate[1]))
            if searched and self._searcher.has_reached(cell):
                continue  # it belongs to a part of the map from which a search has not come to the robot already
            found = self._searcher.search(cell, start_cell, (smallest, largest), cancelled)
            searched = True
            expansions += found.expansions
            if found.outcome is SearchOutcome.CANCELLED:
                message = f"the search was ended after {expansions} cells"
                return describe_no_plan(ErrorCode.TIMEOUT, message, now_s, expansions)
            if found.outcome is SearchOutcome.FOUND:
                return self._describe_way(found, start, goal_map, cell == exact_cell, now_s, expansions)
        if not stands_free and not self._can_leave(start_cell, (smallest, largest)):
            message = (
                f"the robot at {_name_place(start_map)} stands where it does not fit, and free space is farther than "
                f"search.escape_distance_m = {self.params.search.escape_distance_m:g} m: check its localization, or move it by hand"
            )
            return describe_no_plan(ErrorCode.START_OCCUPIED, message, now_s, expansions)
        if tuple(candidates[0]) != exact_cell:
            return describe_no_plan(ErrorCode.GOAL_OCCUPIED, self._explain_goal(goal_map), now_s, expansions)
        message = f"there is no way from {_name_place(start_map)} to {_name_place(goal_map)}: {self._describe_barrier(expansions)}"
        return describe_no_plan(ErrorCode.NO_VALID_PATH, message, now_s, expansions)

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

    def _list_goal_candidates(self, goal_map: FloatArray) -> NDArray:
        """Cells (N, 2) where the goal, or else a place near it, can be; the nearest first.

        The robot must fit there with the goal's heading.
        """
        assert self._cost_map is not None
        cost_map = self._cost_map
        goal = cost_map.find_points(goal_map[np.newaxis, :2])[0]
        exact = np.array([_find_cell(goal)])
        if cost_map.weights[exact[0, 0] + 1, exact[0, 1] + 1] > 0.0 and cost_map.fits(goal_map):
            return exact
        reach = self.params.search.goal_tolerance_m / cost_map.map.resolution_m
        top, left = (max(int(np.floor(goal[axis] - reach)), 0) for axis in (1, 0))
        bottom, right = (int(np.ceil(goal[axis] + reach)) + 1 for axis in (1, 0))
        cells = np.argwhere(cost_map.weights[1:-1, 1:-1][top:bottom, left:right] > 0.0) + np.array([top, left])
        distances = np.hypot(cells[:, 0] + 0.5 - goal[1], cells[:, 1] + 0.5 - goal[0])
        order = np.argsort(distances, kind="stable")
        cells = cells[order[distances[order] <= reach]]
        points_map = cost_map.find_points_map(cells[:, ::-1] + 0.5)
        fitting = [cost_map.fits(np.array([*point, goal_map[2]])) for point in points_map]
        return cells[np.array(fitting, bool)]

    def _can_leave(self, start_cell: Cell, weight_range: tuple[float, float]) -> bool:
        """Whether the robot can come from where it does not fit to where it does, anywhere."""
        assert self._cost_map is not None and self._searcher is not None
        self._searcher.search(start_cell, None, weight_range)
        reached = np.isfinite(self._searcher.costs)
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
    return f"({pose_map[0]:.2f}, {pose_map[1]:.2f}) m"


@contextmanager
def _block_disc(cost_map: CostMap, disc_map: FloatArray, params: GlobalPlannerParams) -> Iterator[None]:
    """Lay an obstacle over the map for the length of one search."""
    resolution_m = cost_map.map.resolution_m
    centre, radius_m = cost_map.find_points(disc_map[np.newaxis, :2])[0], float(disc_map[2])
    if not np.isfinite(disc_map).all():
        yield
        return
    reach = (radius_m + cost_map.body_radius_m + params.cost.comfort_distance_m) / resolution_m
    top, left = (int(np.floor(centre[axis] - reach)) for axis in (1, 0))
    bottom, right = (int(np.ceil(centre[axis] + reach)) + 1 for axis in (1, 0))
    with cost_map.patch(top, bottom, left, right) as (weights, clearance_mm):
        rows = np.arange(max(top, 0), max(top, 0) + weights.shape[0]) + 0.5 - centre[1]
        columns = np.arange(max(left, 0), max(left, 0) + weights.shape[1]) + 0.5 - centre[0]
        distance_m = np.hypot(rows[:, None], columns[None, :]) * resolution_m - radius_m
        room_m = distance_m - cost_map.body_radius_m
        share = np.clip(1.0 - room_m / max(params.cost.comfort_distance_m, 1e-9), 0.0, None)
        raised = np.where(weights > 0.0, np.maximum(weights, 1.0 + params.cost.closeness_weight * share**2), 0.0)
        weights[...] = np.where(room_m < 0.0, 0.0, raised)
        clearance_mm[...] = np.minimum(clearance_mm, np.rint(np.clip(distance_m, -30.0, 30.0) * 1000.0))
        yield


@contextmanager
def _open_way_out(cost_map: CostMap, start: FloatArray, start_cell: Cell, params: GlobalPlannerParams) -> Iterator[None]:
    """Let a robot leave the place in which it does not fit, dearly, so that it leaves by the shortest free way.

    Cells that are merely too close to an obstacle, or unknown, are opened around the robot. Occupied cells are opened
    only when the robot's middle is in one: then the map or the pose is wrong there anyway.
    """
    resolution_m = cost_map.map.resolution_m
    reach = params.search.escape_distance_m / resolution_m
    top, left = (int(np.floor(start[axis] - reach)) for axis in (1, 0))
    bottom, right = (int(np.ceil(start[axis] + reach)) + 1 for axis in (1, 0))
    with cost_map.patch(top, bottom, left, right) as (weights, clearance_mm):
        first_row, first_column = max(top, 0), max(left, 0)
        rows = np.arange(first_row, first_row + weights.shape[0]) + 0.5 - start[1]
        columns = np.arange(first_column, first_column + weights.shape[1]) + 0.5 - start[0]
        near = np.hypot(rows[:, None], columns[None, :]) <= reach
        stands_in_obstacle = clearance_mm[start_cell[0] - first_row, start_cell[1] - first_column] <= 0
        opened = near & (weights <= 0.0) & ((clearance_mm > 0) | stands_in_obstacle)
        weight = params.search.escape_weight * cost_map.weight_range[1]
        weights[opened] = weight
        weights[opened & (clearance_mm <= 0)] = 10.0 * weight
        weights[start_cell[0] - first_row, start_cell[1] - first_column] = weight
        yield


