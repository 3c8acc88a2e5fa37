"""Whether a world makes sense: names, starts, goals and the ways of people."""

from __future__ import annotations

import numpy as np

from astro_nav.simulation.solids import SolidIndex
from astro_nav.simulation.world import WalkScript, World
from astro_nav.types import FloatArray

# Where robots and people can be, and what is out of their reach above them.
ROBOT_TOP_M, PERSON_TOP_M = 0.44, 1.7
# A goal or start this close to something has no room for a robot.
ROBOT_ROOM_M = 0.15


def find_world_problems(world: World) -> list[str]:
    """Return one sentence for each thing that cannot be meant."""
    problems = _find_double_names(world)
    index = SolidIndex(world.solids, lambda s: s.overlaps_heights(0.0, ROBOT_TOP_M) and s.mapped)
    poses = {"start": world.start_pose_map, **{f"goal {name}": pose for name, pose in world.goals_map.items()}}
    for what, pose in poses.items():
        room_m, thing = _measure_room(index, pose[None, :2])
        if room_m < ROBOT_ROOM_M:
            problems.append(
                f"{what} at ({pose[0]:g}, {pose[1]:g}) m is {room_m:.2f} m from {thing}, needs {ROBOT_ROOM_M:g} m: move it"
            )
    solid = SolidIndex(world.solids, lambda s: s.overlaps_heights(0.05, PERSON_TOP_M) and not s.is_timed)
    for person in world.people:
        if isinstance(person.motion, WalkScript):
            problems += _find_blocked_legs(solid, person.name, person.motion, person.radius_m)
    return problems


def _find_double_names(world: World) -> list[str]:
    problems = []
    for what, names in (("doors", [d.name for d in world.doors]), ("people", [p.name for p in world.people])):
        doubles = sorted({name for name in names if names.count(name) > 1})
        problems += [f"two {what} are named {name!r}: give each a name of its own" for name in doubles]
    return problems


def _find_blocked_legs(index: SolidIndex, name: str, script: WalkScript, radius_m: float) -> list[str]:
    """Legs of a way that lead through something."""
    points = [np.array(waypoint.position_map) for waypoint in script.waypoints]
    legs = [(i, i + 1) for i in range(len(points) - 1)]
    if script.loop == "circle" and len(points) > 2:
        legs.append((len(points) - 1, 0))
    if len(points) == 1:
        legs = [(0, 0)]
    problems = []
    for start, end in legs:
        count = 2 + int(np.linalg.norm(points[end] - points[start]) / 0.05)
        samples = points[start] + np.linspace(0.0, 1.0, count)[:, None] * (points[end] - points[start])
        room_m, thing = _measure_room(index, samples)
        if room_m < radius_m:
            problems.append(
                f"person {name}: the straight way from waypoint {start + 1} to {end + 1} comes within {room_m:.2f} m of "
                f"{thing}, needs radius_m = {radius_m:g} m: add a waypoint beside it"
            )
    return problems


def _measure_room(index: SolidIndex, points: FloatArray) -> tuple[float, str]:
    """Smallest distance of points to anything [m], and to what."""
    distances = index.measure_point_distances(np.ascontiguousarray(points), 1.0)
    nearest = points[int(np.argmin(distances))]
    best, thing = float(distances.min()), "anything"
    if best < 1.0:
        empty_rectangles, empty_discs = np.zeros((0, 6)), np.zeros((0, 3))
        speck = nearest + 1e-6 * np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
        number = index.measure_polygon_clearance(speck, empty_rectangles, empty_discs)[1]
        thing = index.solids[number].name if number >= 0 else thing
    return best, thing
