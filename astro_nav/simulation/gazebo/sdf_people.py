"""People in SDF: actors with two legs for the lidar, who walk their way on a fixed timetable.

Gazebo moves an actor along poses at times. A straight line between two of them is a cubic spline, so the way is cut into
pieces that are short enough to keep to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from astro_nav.params.simulator import PeopleParams
from astro_nav.simulation.gazebo.sdf_text import Element, add
from astro_nav.simulation.world import PersonScript, RecordedTrack, WalkScript, World
from astro_nav.types import FloatArray

# Poses of a way lie at most so far apart in time.
PIECE_S = 0.25
TURN_RATE_RADPS = 3.0
# A person who only stands still needs two poses, too.
STANDING_S = 10.0


def name_mesh(person: PersonScript) -> str:
    """File of a person's body, relative to the SDF."""
    return f"meshes/person_{round(1000 * person.radius_m)}_{round(1000 * person.height_m)}.obj"


def add_person(world: Element, name: str, person: PersonScript) -> None:
    """Append a person as an actor without a skeleton.

    Args:
        world: the element that they become part of.
        name: of the actor.
        person: what they look like and do.
    """
    actor = add(world, "actor", name=name)
    add(add(actor, "skin"), "filename", name_mesh(person))
    script = add(actor, "script")
    timetable = plan_timetable(person)
    add(script, "loop", not isinstance(person.motion, RecordedTrack) and person.motion.loop != "once")
    add(script, "delay_start", float(person.start_s))
    add(script, "auto_start", True)
    trajectory = add(script, "trajectory", id="0", type="walk", tension="0.0")
    for time_s, x, y, yaw in timetable:
        waypoint = add(trajectory, "waypoint")
        add(waypoint, "time", float(time_s))
        add(waypoint, "pose", (float(x), float(y), 0.0, 0.0, 0.0, float(yaw)))


def plan_timetable(person: PersonScript) -> FloatArray:
    """Poses of one round of a person's way at times, looking where they walk.

    Returns:
        (N, 4) time from 0 on [s], x, y [m], yaw [rad] without jumps of a turn; times increase strictly.
    """
    if isinstance(person.motion, RecordedTrack):
        return _follow_track(person.motion)
    return _walk_script(person.motion)


def _walk_script(script: WalkScript) -> FloatArray:
    order = _list_stops(script)
    stops = [np.asarray(script.waypoints[index].position_map, dtype=np.float64) for index in order]
    first = next((b - a for a, b in zip(stops, stops[1:]) if np.hypot(*(b - a)) > 0.0), np.array([1.0, 0.0]))
    yaw = math.atan2(first[1], first[0])
    rows = [(0.0, *stops[0], yaw)]
    for number, (index, stop) in enumerate(zip(order, stops)):
        if number > 0:
            yaw = _append_walk(rows, stop, yaw, script.speed_mps)
        # The first stop's stay is waited out where the round begins; at its end the round begins anew.
        is_last = number == len(order) - 1
        dwell_s = script.waypoints[index].dwell_s if number == 0 or not (is_last and script.loop != "once") else 0.0
        if dwell_s > 0.0:
            rows.append((rows[-1][0] + dwell_s, *rows[-1][1:]))
    if len(rows) == 1:
        rows.append((STANDING_S, *rows[0][1:]))
    return np.array(rows)


def _list_stops(script: WalkScript) -> list[int]:
    """Numbers of the waypoints in the order of one round."""
    count = len(script.waypoints)
    order = list(range(count))
    if script.loop == "circle" and count > 1:
        return [*order, 0]
    if script.loop == "back_and_forth" and count > 1:
        return [*order, *range(count - 2, -1, -1)]
    return order


def _append_walk(rows: list[tuple[float, ...]], stop: FloatArray, yaw: float, speed_mps: float) -> float:
    """Turn towards a stop and walk to it; returns the new yaw."""
    start_s, x, y, _ = rows[-1]
    way = stop - np.array([x, y])
    length_m = float(np.hypot(*way))
    if length_m < 1e-6:
        return yaw
    turn = math.remainder(math.atan2(way[1], way[0]) - yaw, 2.0 * math.pi)
    if abs(turn) > 1e-3:
        start_s = _append_steps(rows, start_s, abs(turn) / TURN_RATE_RADPS, np.array([x, y, yaw]), np.array([x, y, yaw + turn]))
    yaw += turn
    _append_steps(rows, start_s, length_m / speed_mps, np.array([x, y, yaw]), np.array([*stop, yaw]))
    return yaw


def _append_steps(rows: list[tuple[float, ...]], start_s: float, duration_s: float, begin: FloatArray, end: FloatArray) -> float:
    count = max(1, math.ceil(duration_s / PIECE_S))
    for step in range(1, count + 1):
        share = step / count
        rows.append((start_s + share * duration_s, *(begin + share * (end - begin)).tolist()))
    return start_s + duration_s


def _follow_track(track: RecordedTrack) -> FloatArray:
    """A recording at pieces of equal time; the first pose holds until the recording begins."""
    begin_s, end_s = float(track.times_s[0]), float(track.times_s[-1])
    count = max(1, math.ceil((end_s - begin_s) / PIECE_S))
    times = np.linspace(begin_s, end_s, count + 1) if end_s > begin_s else np.array([begin_s, begin_s + STANDING_S])
    points = np.stack([np.interp(times, track.times_s, track.positions_map[:, axis]) for axis in (0, 1)], axis=1)
    steps = np.diff(points, axis=0)
    moving = np.hypot(steps[:, 0], steps[:, 1]) > 0.01
    headings = np.where(moving, np.arctan2(steps[:, 1], steps[:, 0]), np.nan)
    yaws = np.zeros(len(times))
    yaw = float(headings[moving][0]) if moving.any() else 0.0
    for number in range(len(times)):
        heading = headings[min(number, len(headings) - 1)]
        yaw += 0.0 if np.isnan(heading) else math.remainder(float(heading) - yaw, 2.0 * math.pi)
        yaws[number] = yaw
    return np.column_stack([times - begin_s, points, yaws])


def list_meshes(world: World, people: PeopleParams) -> dict[str, str]:
    """Files that the SDF of a world names: path relative to the SDF -> content."""
    meshes = {name_mesh(person): build_person_mesh(person, people) for person in world.people}
    if meshes:
        meshes["meshes/person.mtl"] = "newmtl cloth\nKa 0.16 0.36 0.72\nKd 0.16 0.36 0.72\nKs 0.05 0.05 0.05\n"
    return meshes


def build_person_mesh(person: PersonScript, people: PeopleParams) -> str:
    """A standing body as a Wavefront OBJ, feet at z = 0, looking along +x: two legs, trunk, neck and head.

    What the lidar meets, the legs, has the sizes of the embedded simulator's.
    """
    hip_m, shoulder_m = 0.5 * person.height_m, 0.84 * person.height_m
    head_m = 0.5 * (person.height_m - 1.02 * shoulder_m)
    side = 0.5 * people.leg_spread_m
    parts = [
        _make_lathe((0.0, side), [(0.0, people.leg_radius_m), (hip_m, people.leg_radius_m)]),
        _make_lathe((0.0, -side), [(0.0, people.leg_radius_m), (hip_m, people.leg_radius_m)]),
        _make_lathe((0.0, 0.0), [(share * height_m, width * person.radius_m) for share, width, height_m in (
            (0.96, 0.7, hip_m), (0.9, 1.0, shoulder_m), (1.0, 0.5, shoulder_m), (1.01, 0.3, shoulder_m), (1.06, 0.3, shoulder_m)
        )]),
        _make_lathe((0.0, 0.0), _make_ball(1.02 * shoulder_m, head_m)),
    ]
    lines, offset = ["# A person of Astro Nav, made by astro-nav world-to-sdf", "mtllib person.mtl", "usemtl cloth"], 1
    for vertices, normals, faces in parts:
        lines += [f"v {x:.4f} {y:.4f} {z:.4f}" for x, y, z in vertices]
        lines += [f"vn {x:.4f} {y:.4f} {z:.4f}" for x, y, z in normals]
        lines += ["f " + " ".join(f"{k + offset}//{k + offset}" for k in face) for face in faces]
        offset += len(vertices)
    return "\n".join(lines) + "\n"


def _make_ball(bottom_m: float, radius_m: float, rings: int = 7) -> list[tuple[float, float]]:
    angles = [math.pi * k / (rings - 1) for k in range(rings)]
    return [(bottom_m + radius_m * (1.0 - math.cos(a)), max(radius_m * math.sin(a), 0.005)) for a in angles]


def _make_lathe(center: tuple[float, float], profile: Iterable[tuple[float, float]], sides: int = 16):
    """Turn a profile of (height, radius), bottom to top, around an upright axis; closed at both ends.

    Returns:
        vertices (N, 3), normals (N, 3), triangles as triples of vertex numbers, counter-clockwise seen from outside.
    """
    rings = list(profile)
    vertices, normals, faces = [], [], []
    for z, radius in rings:
        for k in range(sides):
            angle = 2.0 * math.pi * k / sides
            vertices.append((center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle), z))
            normals.append((math.cos(angle), math.sin(angle), 0.0))
    for ring in range(len(rings) - 1):
        for k in range(sides):
            a, b = ring * sides + k, ring * sides + (k + 1) % sides
            faces += [(a, b, b + sides), (a, b + sides, a + sides)]
    for first, z, up in ((0, rings[0][0], -1.0), ((len(rings) - 1) * sides, rings[-1][0], 1.0)):
        middle = len(vertices)
        vertices.append((*center, z))
        normals.append((0.0, 0.0, up))
        for k in range(sides):
            a, b = first + k, first + (k + 1) % sides
            faces.append((middle, a, b) if up > 0.0 else (middle, b, a))
    return vertices, normals, faces
