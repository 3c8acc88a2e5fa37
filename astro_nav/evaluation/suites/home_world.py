"""A furnished home for a seed, and pairs of poses in it between which the robot can drive."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from astro_nav.errors import MapError
from astro_nav.evaluation.suites.home_furniture import furnish, strew
from astro_nav.evaluation.suites.home_layout import Layout, make_layout
from astro_nav.evaluation.suites.judge import Judge, draw_truth
from astro_nav.evaluation.suites.suite import make_generator
from astro_nav.geometry import se2
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door, World
from astro_nav.types import FREE, FloatArray, OccupancyMap

HOME_TRIES = 20
PAIR_TRIES = 60
ROOM_M = 0.06  # around the robot, whatever its heading, at starts and goals
WAY_M = (4.0, 12.0)  # length of the way from start to goal


@dataclass(frozen=True)
class Home:
    """A home.

    Attributes:
        world: where; the robot stands in the hall.
        layout: rooms before the home was turned into its place.
        pose_map_layout: (3,) how it was turned.
    """

    world: World
    layout: Layout
    pose_map_layout: FloatArray

    def place(self, point: tuple[float, float]) -> FloatArray:
        """A point (2,) of the layout in the map."""
        return se2.transform_points(self.pose_map_layout, np.array(point))


def make_home(seed: int, clutter: int | None = None) -> Home:
    """Make the home of a seed: every room can be reached from the hall.

    Args:
        seed: of the episode.
        clutter: how many things lie about that the map does not show; drawn from 2 to 7 when None.

    Raises:
        MapError: when none of many draws can be lived in, which would be a defect of the generator.
    """
    for attempt in range(HOME_TRIES):
        generator = make_generator(seed, 1, attempt)
        layout = make_layout(generator)
        furniture = furnish(layout, generator)
        count = int(generator.integers(2, 8)) if clutter is None else clutter
        strewn = strew(layout, furniture, generator, count)
        quarter = int(generator.integers(4)) * 0.5 * math.pi
        yaw = quarter + (float(generator.uniform(-0.09, 0.09)) if generator.random() < 0.3 else 0.0)
        home = _turn_home(seed, layout, [*layout.walls, *furniture, *strewn], yaw)
        if is_livable(home):
            return home
    raise MapError(f"home of seed {seed}: none of {HOME_TRIES} draws has a way into every room; change the generator's bounds")


def _turn_home(seed: int, layout: Layout, solids: list[Solid], yaw: float) -> Home:
    pose = np.array([0.0, 0.0, yaw])

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = se2.transform_points(pose, np.array(point)).tolist()
        return x, y

    doors = [replace(door, hinge_map=place(door.hinge_map), closed_yaw_rad=door.closed_yaw_rad + yaw) for door in layout.doors]
    turned = [replace(solid, center_map=place(solid.center_map), yaw_rad=solid.yaw_rad + yaw) for solid in solids]
    free = _find_hall_place(layout, solids)
    world = World(f"home {seed}", tuple(turned), tuple(doors), start_pose_map=np.array([*place(free), yaw]))
    return Home(world, layout, pose)


def _find_hall_place(layout: Layout, solids: list[Solid]) -> tuple[float, float]:
    """The place on the hall's middle line with the most room."""
    judge = Judge(World("", tuple(solids), tuple(layout.doors)))
    hall = layout.rooms[0].inside
    points = [(float(x), hall.middle[1]) for x in np.linspace(hall.x0 + 0.4, hall.x1 - 0.4, 15)]
    return max(points, key=lambda point: judge.measure_point_room(np.array(point)))


def is_livable(home: Home) -> bool:
    """Whether the robot gets from the hall to some roomy place in every room."""
    judge, start = Judge(home.world), home.world.start_pose_map
    if judge.measure_room(start) < ROOM_M:
        return False
    for room in home.layout.rooms[1:]:
        place = _find_roomy_place(judge, home, room.inside)
        if place is None or judge.reaches(start, np.array([*place, 0.0])) is None:
            return False
    return True


def _find_roomy_place(judge: Judge, home: Home, inside) -> FloatArray | None:
    best, best_room = None, judge.robot.circumscribed_radius_m + ROOM_M
    for x in np.linspace(inside.x0 + 0.3, inside.x1 - 0.3, 7):
        for y in np.linspace(inside.y0 + 0.3, inside.y1 - 0.3, 7):
            point = home.place((float(x), float(y)))
            room_m = judge.measure_point_room(point)
            if room_m > best_room:
                best, best_room = point, room_m
    return best


def find_roomy_points(truth: OccupancyMap, room_m: float) -> FloatArray:
    """Middles (N, 2) of all free cells with `room_m` around them."""
    free = np.pad(truth.occupancy == FREE, 1)
    distance_m = (ndimage.distance_transform_edt(free)[1:-1, 1:-1] - 0.5) * truth.resolution_m
    rows, columns = np.nonzero(distance_m >= room_m)
    middles = (np.stack([columns, rows], axis=1) + 0.5) * truth.resolution_m
    return se2.transform_points(truth.pose_map_origin, middles) if len(middles) else np.zeros((0, 2))


def draw_pair(
    world: World, generator: np.random.Generator, judge: Judge | None = None, way_m: tuple[float, float] = WAY_M
) -> tuple[FloatArray, FloatArray, float] | None:
    """Draw a start and a goal pose (3,) between which the robot can drive.

    Args:
        world: where.
        generator: draws.
        judge: of that world; made when None.
        way_m: least and greatest length of the way.

    Returns:
        Start, goal, length of the way [m]; None when the world has no such pair among many draws.
    """
    judge = judge or Judge(world)
    points = find_roomy_points(draw_truth(world), judge.robot.circumscribed_radius_m + ROOM_M)
    if len(points) < 2:
        return None
    for _ in range(PAIR_TRIES):
        start = points[int(generator.integers(len(points)))]
        distances = np.linalg.norm(points - start, axis=1)
        candidates = points[(distances >= 0.55 * way_m[0]) & (distances <= way_m[1])]
        if len(candidates) == 0:
            continue
        goal = candidates[int(generator.integers(len(candidates)))]
        yaws = generator.uniform(-math.pi, math.pi, 2)
        start_pose, goal_pose = np.array([*start, yaws[0]]), np.array([*goal, yaws[1]])
        length_m = judge.reaches(start_pose, goal_pose)
        if length_m is not None and way_m[0] <= length_m <= way_m[1]:
            return start_pose, goal_pose, length_m
    return None
