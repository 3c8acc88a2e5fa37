"""Walls, furniture and doors for worlds that are made by a program; the same pieces as in world files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from astro_nav.errors import MapError
from astro_nav.simulation.furniture import build_furniture
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world_schema import FURNITURE, check_mapping

Point = tuple[float, float]
WALL_THICKNESS_M = 0.1


def make_wall(name: str, start: Point, end: Point, thickness_m: float = WALL_THICKNESS_M, height_m: float = 2.4) -> Solid:
    """A straight wall along its middle line."""
    (x0, y0), (x1, y1) = start, end
    return Solid(
        name=name,
        kind="wall",
        center_map=(0.5 * (x0 + x1), 0.5 * (y0 + y1)),
        yaw_rad=math.atan2(y1 - y0, x1 - x0),
        size_m=(math.hypot(x1 - x0, y1 - y0), thickness_m),
        top_m=height_m,
        color="wall",
    )


def make_room_walls(low: Point, high: Point, thickness_m: float = 0.2) -> list[Solid]:
    """Four walls around the rectangle between two corners; the rectangle is the walls' inside."""
    half = 0.5 * thickness_m
    x0, y0, x1, y1 = low[0] - half, low[1] - half, high[0] + half, high[1] + half
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    names = ("south wall", "east wall", "north wall", "west wall")
    return [make_wall(name, corners[i], corners[(i + 1) % 4], thickness_m) for i, name in enumerate(names)]


def make_piece(
    kind: str, name: str, at: Point, yaw_rad: float = 0.0, size_m: Sequence[float] = (), mapped: bool = True, **more: Any
) -> list[Solid]:
    """A piece of furniture, as a world file would describe it.

    Args:
        kind: a type of `world_schema.FURNITURE`.
        name: what contacts with it are reported as.
        at: middle.
        yaw_rad: of its length.
        size_m: as the type has it; its own default when empty.
        mapped: whether the robot's map shows it.
        more: other keys of the type.
    """
    content = {"name": name, "type": kind, "at_m": [float(at[0]), float(at[1])], "yaw_deg": math.degrees(yaw_rad) % 360.0, **more}
    if len(size_m):
        content["size_m"] = [float(number) for number in size_m]
    problems: list[str] = []
    values = check_mapping(content, FURNITURE[kind], name, problems)
    if values is None:
        raise MapError("; ".join(problems))
    return build_furniture(values, mapped)
