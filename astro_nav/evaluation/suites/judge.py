"""Judges whether an episode is fair: is there room at the start, at the goal, and on a way between them?"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from astro_nav.evaluation.settings import load_settings
from astro_nav.geometry import se2
from astro_nav.global_planning.plan_result import PlanResult
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.params.robot import RobotParams
from astro_nav.simulation.rasterizing import rasterize_world
from astro_nav.simulation.solids import Solid, SolidIndex, compute_disc_outline
from astro_nav.simulation.world import World, describe_door
from astro_nav.types import FloatArray, OccupancyMap

RESOLUTION_M = 0.05
NO_DISCS: FloatArray = np.zeros((0, 3))
PERSON_BOTTOM_M, PERSON_TOP_M = 0.05, 1.7


@lru_cache(maxsize=1)
def load_planner_params() -> GlobalPlannerParams:
    """The shipped parameters of the global planner, the robot's among them."""
    return load_settings({})[0].global_planner


def load_robot() -> RobotParams:
    """The shipped robot."""
    return load_planner_params().robot


class Judge:
    """Knows a world as it really is, what the map does not show included.

    Args:
        world: timed things count as if they were there, doors as they are at the start.
        robot: whose room is judged; the shipped one when None.
        are_doors_open: count doors as open whatever they are at the start.
    """

    def __init__(self, world: World, robot: RobotParams | None = None, are_doors_open: bool = False) -> None:
        self.world, self.robot = world, robot or load_robot()
        panels = []
        for door in world.doors:
            is_open = door.starts_open or are_doors_open
            panels.append(door.compute_panel(door.open_angle_rad if is_open else 0.0))
        self._panels = np.array(panels).reshape(-1, 6)
        self._index = SolidIndex(world.solids, lambda s: s.overlaps_heights(0.0, self.robot.height_m))
        self._are_doors_open = are_doors_open
        self._planner: GlobalPlanner | None = None

    def measure_room(self, pose_map: FloatArray) -> float:
        """Distance of the footprint at a pose to the nearest thing in the robot's height [m]."""
        outline = se2.transform_points(np.asarray(pose_map, float), self.robot.footprint)
        return self._index.measure_polygon_clearance(outline, self._panels, NO_DISCS)[0]

    def measure_point_room(self, point_map: FloatArray) -> float:
        """Distance of a point to the nearest thing in the robot's height [m]."""
        speck = compute_disc_outline((float(point_map[0]), float(point_map[1])), 1e-4, 3)
        return self._index.measure_polygon_clearance(speck, self._panels, NO_DISCS)[0]

    def plan(self, start_map: FloatArray, goal_map: FloatArray) -> PlanResult:
        """The way of least cost in the world as it really is."""
        if self._planner is None:
            self._planner = GlobalPlanner(replace(load_planner_params(), robot=self.robot))
            self._planner.set_map(draw_truth(self.world, self._are_doors_open))
        return self._planner.plan(np.asarray(start_map, float), np.asarray(goal_map, float), 0.0)

    def reaches(self, start_map: FloatArray, goal_map: FloatArray) -> float | None:
        """Length of the way [m]; None when there is none that ends exactly at the goal."""
        result = self.plan(start_map, goal_map)
        return result.length_m if result.is_found and result.goal_distance_m == 0.0 else None


def draw_truth(world: World, are_doors_open: bool = False, bottom_m: float = 0.0, top_m: float = 0.44) -> OccupancyMap:
    """A map of everything between two heights, doors and what the robot's map does not show included."""
    solids = [
        replace(solid, mapped=True, glass=False, bottom_m=0.0, top_m=2.0)
        for solid in world.solids
        if solid.overlaps_heights(bottom_m, top_m)
    ]
    for door in world.doors:
        shape = describe_door(door, door.open_angle_rad if door.starts_open or are_doors_open else 0.0)
        edge = shape.outline_map[0] - shape.outline_map[1]
        solids.append(
            Solid(
                name=door.name, kind="wall", center_map=shape.center_map, yaw_rad=float(np.arctan2(edge[1], edge[0])),
                size_m=(door.width_m, door.thickness_m), top_m=2.0,
            )  # fmt: skip
        )
    if world.source_map is None:
        return rasterize_world(replace(world, solids=tuple(solids)), RESOLUTION_M, 0.2)
    return world.source_map


def find_walk(world: World, start: FloatArray, end: FloatArray, radius_m: float = 0.27) -> FloatArray | None:
    """A way for a person, as few points (N, 2) with straight free legs between them; None when there is none.

    Doors count as open.
    """
    octagon = compute_disc_outline((0.0, 0.0), radius_m / np.cos(np.pi / 8), 8)
    robot = replace(load_robot(), footprint_m=str(octagon.tolist()))
    planner = GlobalPlanner(replace(load_planner_params(), robot=robot))
    planner.set_map(draw_truth(world, True, PERSON_BOTTOM_M, PERSON_TOP_M))
    result = planner.plan(np.array([*start[:2], 0.0]), np.array([*end[:2], 0.0]), 0.0)
    if not result.is_found or result.goal_distance_m > 0.3:
        return None
    index = SolidIndex(world.solids, lambda s: s.overlaps_heights(PERSON_BOTTOM_M, PERSON_TOP_M))
    return shorten_walk(result.path.poses_map[:, :2], index, radius_m - 0.03)


def shorten_walk(points: FloatArray, index: SolidIndex, radius_m: float, max_leg_m: float = 2.5) -> FloatArray:
    """Leave out points of a way (N, 2) as long as the straight legs keep `radius_m` free."""
    kept, here = [0], 0
    while here < len(points) - 1:
        ahead = here + 1
        while ahead + 1 < len(points) and np.linalg.norm(points[ahead + 1] - points[here]) <= max_leg_m:
            count = 2 + int(np.linalg.norm(points[ahead + 1] - points[here]) / 0.05)
            samples = points[here] + np.linspace(0.0, 1.0, count)[:, None] * (points[ahead + 1] - points[here])
            if index.measure_point_distances(np.ascontiguousarray(samples), 1.0).min() < radius_m:
                break
            ahead += 1
        kept.append(ahead)
        here = ahead
    return points[kept]
