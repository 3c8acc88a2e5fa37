"""A world as the content of a world file, so that another process can build the same one; the other way round of `world_file`."""

from __future__ import annotations

import math
from typing import Any

from astro_nav.errors import MapError
from astro_nav.simulation.solids import ALWAYS, Solid
from astro_nav.simulation.world import Door, PersonScript, WalkScript, World
from astro_nav.types import FloatArray


def describe_world(world: World) -> dict[str, Any]:
    """Return what a world file of this world holds; `yaml.safe_dump` writes it.

    Furniture is written as the boxes and cylinders of which it consists.

    Raises:
        MapError: naming the first thing that a world file cannot say.
    """
    if world.source_map is not None:
        raise MapError(f"world {world.name} was made from a map, which a world file cannot hold")
    content: dict[str, Any] = {"name": world.name, "walls": [], "furniture": [], "unmapped": []}
    for solid in world.solids:
        if _is_plain_wall(solid):
            content["walls"].append(_describe_wall(solid))
        elif solid.kind == "wall":
            raise MapError(f"wall {solid.name} is not from floor to top, always there and mapped, as walls of a world file are")
        else:
            content["furniture" if solid.mapped else "unmapped"].append(_describe_piece(solid))
    content["doors"] = [_describe_door(door) for door in world.doors]
    content["people"] = [_describe_person(person) for person in world.people]
    content["start"] = _describe_pose(world.start_pose_map)
    content["goals"] = {name: _describe_pose(pose) for name, pose in world.goals_map.items()}
    return content


def _is_plain_wall(solid: Solid) -> bool:
    color = "glass" if solid.glass else "wall"
    is_box = not solid.is_cylinder and solid.bottom_m == 0.0 and solid.color == color
    return solid.kind == "wall" and is_box and solid.mapped and not solid.is_timed


def _describe_wall(solid: Solid) -> dict[str, Any]:
    (x, y), half = solid.center_map, 0.5 * solid.size_m[0]
    dx, dy = half * math.cos(solid.yaw_rad), half * math.sin(solid.yaw_rad)
    return {
        "name": solid.name,
        "from_m": _numbers(x - dx, y - dy),
        "to_m": _numbers(x + dx, y + dy),
        "thickness_m": float(solid.size_m[1]),
        "height_m": float(solid.top_m),
        "glass": solid.glass,
    }


def _describe_piece(solid: Solid) -> dict[str, Any]:
    height_m = solid.top_m - solid.bottom_m
    size = (solid.radius_m, height_m) if solid.is_cylinder else (*solid.size_m, height_m)
    piece: dict[str, Any] = {
        "name": solid.name,
        "type": "cylinder" if solid.is_cylinder else "box",
        "at_m": _numbers(*solid.center_map),
        "yaw_deg": _wrap_degrees(solid.yaw_rad),
        "size_m": _numbers(*size),
        "bottom_m": float(solid.bottom_m),
        "color": solid.color,
    }
    if not solid.is_cylinder:
        piece["glass"] = solid.glass
    elif solid.glass:
        raise MapError(f"{solid.name} is a cylinder of glass, which a world file cannot say")
    if solid.times_s != ALWAYS:
        if len(solid.times_s) != 1:
            raise MapError(f"{solid.name} comes and goes more than once, which a world file cannot say")
        piece["appears_s"], piece["vanishes_s"] = _numbers(*solid.times_s[0])
    return piece


def _describe_door(door: Door) -> dict[str, Any]:
    return {
        "name": door.name,
        "hinge_m": _numbers(*door.hinge_map),
        "width_m": float(door.width_m),
        "closed_yaw_deg": _wrap_degrees(door.closed_yaw_rad),
        "open_angle_deg": math.degrees(door.open_angle_rad),
        "starts_open": door.starts_open,
        "schedule": [{"at_s": float(event.time_s), "does": "open" if event.opens else "close"} for event in door.schedule],
        "repeat_s": float(door.repeat_s),
        "speed_degps": math.degrees(door.speed_radps),
        "yields": door.yields,
        "thickness_m": float(door.thickness_m),
        "height_m": float(door.height_m),
    }


def _describe_person(person: PersonScript) -> dict[str, Any]:
    walk = person.motion
    if not isinstance(walk, WalkScript):
        raise MapError(f"{person.name} walks as recorded, which a world file alone cannot hold")
    return {
        "name": person.name,
        "waypoints": [{"at_m": _numbers(*stay.position_map), "dwell_s": float(stay.dwell_s)} for stay in walk.waypoints],
        "loop": walk.loop,
        "speed_mps": float(walk.speed_mps),
        "radius_m": float(person.radius_m),
        "height_m": float(person.height_m),
        "reacts": person.reacts,
        "start_s": float(person.start_s),
        "end_s": float(person.end_s),
    }


def _describe_pose(pose_map: FloatArray) -> dict[str, Any]:
    return {"at_m": _numbers(pose_map[0], pose_map[1]), "yaw_deg": _wrap_degrees(pose_map[2])}


def _numbers(*values: float) -> list[float]:
    return [float(value) for value in values]


def _wrap_degrees(angle_rad: float) -> float:
    """A direction in degrees, -180 .. 180: a world file takes at most one turn."""
    return math.remainder(math.degrees(angle_rad), 360.0)
