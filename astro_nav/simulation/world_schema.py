"""What may stand in a world file: every key once, with its type, unit, bounds and meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astro_nav.params.schema import describe_unknown
from astro_nav.simulation.colors import COLORS

REQUIRED = object()


@dataclass(frozen=True)
class Key:
    """One key of a mapping in a world file.

    Attributes:
        type: "number", "text", "switch" (true or false), "point" ([x, y]), "size" (positive numbers), "list" or "mapping".
        unit: "" for none.
        default: `REQUIRED` when the key must be given.
        minimum, maximum: bounds of numbers, ends included.
        count: how many numbers a size has.
        choices: the words allowed.
    """

    type: str
    unit: str = ""
    default: Any = REQUIRED
    minimum: float = -math.inf
    maximum: float = math.inf
    count: int = 2
    choices: tuple[str, ...] = ()


FAR_M = 1e5
POINT = Key("point", "m")
YAW = Key("number", "deg", 0.0, -360.0, 360.0)
NAME = Key("text")
ALWAYS_KEYS = {
    "appears_s": Key("number", "s", 0.0, 0.0),
    "vanishes_s": Key("number", "s", math.inf, 0.0),
}
COLOR = Key("text", default="wood", choices=tuple(COLORS))


def _piece(default_size: Sequence[float], color: str, **more: Key) -> dict[str, Key]:
    size = Key("size", "m", list(default_size), 0.005, 100.0, len(default_size))
    return {
        "name": NAME,
        "type": Key("text"),
        "at_m": POINT,
        "yaw_deg": YAW,
        "size_m": size,
        "color": Key("text", default=color, choices=tuple(COLORS)),
        **ALWAYS_KEYS,
        **more,
    }


_LEG = Key("number", "m", 0.025, 0.005, 0.2)

# Size: length (along the yaw), width, height; of round things: radius, height.
FURNITURE: dict[str, dict[str, Key]] = {
    "box": {**_piece((0.4, 0.4, 0.4), "wood"), "bottom_m": Key("number", "m", 0.0, 0.0, 10.0), "glass": Key("switch", default=False)},
    "cylinder": {**_piece((0.15, 0.5), "wood"), "bottom_m": Key("number", "m", 0.0, 0.0, 10.0)},
    "table": _piece((1.2, 0.8, 0.74), "wood", leg_radius_m=_LEG),
    "round_table": _piece((0.5, 0.74), "wood", foot_radius_m=Key("number", "m", 0.2, 0.02, 2.0)),
    "chair": _piece((0.42, 0.42, 0.9), "dark_wood", leg_radius_m=Key("number", "m", 0.018, 0.005, 0.2)),
    "sofa": _piece((2.0, 0.85, 0.8), "fabric"),
    "armchair": _piece((0.8, 0.8, 0.8), "fabric"),
    "bed": _piece((2.0, 1.6, 0.5), "linen"),
    "shelf": _piece((1.0, 0.35, 1.8), "wood"),
    "plant": _piece((0.16, 0.4), "leaf"),
    "lamp": _piece((0.14, 1.6), "steel"),
}

WALL = {
    "name": NAME,
    "from_m": POINT,
    "to_m": POINT,
    "thickness_m": Key("number", "m", 0.1, 0.005, 2.0),
    "height_m": Key("number", "m", 2.4, 0.05, 10.0),
    "glass": Key("switch", default=False),
}

DOOR = {
    "name": NAME,
    "hinge_m": POINT,
    "width_m": Key("number", "m", 0.8, 0.2, 5.0),
    "closed_yaw_deg": Key("number", "deg", REQUIRED, -360.0, 360.0),
    "open_angle_deg": Key("number", "deg", 90.0, -180.0, 180.0),
    "starts_open": Key("switch", default=True),
    "schedule": Key("list", default=[]),
    "repeat_s": Key("number", "s", math.inf, 0.1),
    "speed_degps": Key("number", "deg/s", 60.0, 1.0, 720.0),
    "yields": Key("switch", default=True),
    "thickness_m": Key("number", "m", 0.04, 0.005, 0.3),
    "height_m": Key("number", "m", 2.0, 0.05, 10.0),
}
DOOR_EVENT = {"at_s": Key("number", "s", REQUIRED, 0.0), "does": Key("text", choices=("open", "close"))}

PERSON = {
    "name": NAME,
    "waypoints": Key("list", default=None),
    "track_csv": Key("text", default=None),
    "loop": Key("text", default="circle", choices=("once", "circle", "back_and_forth")),
    "speed_mps": Key("number", "m/s", 0.8, 0.05, 3.0),
    "radius_m": Key("number", "m", 0.22, 0.1, 0.6),
    "height_m": Key("number", "m", 1.7, 0.5, 2.5),
    "reacts": Key("switch", default=True),
    "start_s": Key("number", "s", 0.0, 0.0),
    "end_s": Key("number", "s", math.inf, 0.0),
    "offset_m": Key("point", "m", [0.0, 0.0]),
    "ped_ids": Key("list", default=None),
}
WAYPOINT = {"at_m": POINT, "dwell_s": Key("number", "s", 0.0, 0.0, 1e6)}

POSE = {"at_m": POINT, "yaw_deg": YAW}

WORLD = {
    "name": Key("text", default=""),
    "walls": Key("list", default=[]),
    "doors": Key("list", default=[]),
    "furniture": Key("list", default=[]),
    "unmapped": Key("list", default=[]),
    "people": Key("list", default=[]),
    "start": Key("mapping", default=None),
    "goals": Key("mapping", default={}),
}


def check_mapping(content: Any, keys: Mapping[str, Key], where: str, problems: list[str]) -> dict[str, Any] | None:
    """Check one mapping of a world file and fill in what is not given.

    Args:
        content: what the file says.
        keys: what may be there.
        where: names it in a problem, e.g. "door 2 (kitchen door)".
        problems: sentences are added here.

    Returns:
        Checked values by key, numbers as floats; None when anything is wrong.
    """
    if not isinstance(content, Mapping):
        problems.append(f"{where} must be a mapping of {', '.join(keys)}")
        return None
    before = len(problems)
    problems.extend(f"{where}: {describe_unknown(str(name), keys)}" for name in content if name not in keys)
    values: dict[str, Any] = {}
    for name, key in keys.items():
        if name not in content:
            if key.default is REQUIRED:
                problems.append(f"{where}: {name}{_in_unit(key)} is missing")
            values[name] = key.default
            continue
        problem = _find_problem(content[name], key)
        if problem:
            problems.append(f"{where}: {name} = {content[name]!r} {problem}")
        values[name] = _convert(content[name], key) if not problem else None
    return values if len(problems) == before else None


def check_sections(content: Any, problems: list[str]) -> dict[str, Any]:
    """Check the sections of a world file; one that is wrong counts as absent, so that the others are looked at, too."""
    values = check_mapping(content, WORLD, "the file", problems)
    if values is not None:
        return values
    known = content if isinstance(content, Mapping) else {}
    usable = {name: known[name] for name, key in WORLD.items() if name in known and not _find_problem(known[name], key)}
    return {name: usable.get(name, key.default) for name, key in WORLD.items()}


def _in_unit(key: Key) -> str:
    return f" [{key.unit}]" if key.unit else ""


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and not math.isnan(value)


def _find_problem(value: Any, key: Key) -> str | None:
    unit = f" {key.unit}" if key.unit else ""
    if key.type == "number":
        if not _is_number(value):
            return f"must be a number{_in_unit(key)}"
        if not key.minimum <= value <= key.maximum:
            return f"is outside [{key.minimum:g}, {key.maximum:g}]{unit}"
    elif key.type == "text":
        if not isinstance(value, str) or not value:
            return "must be a text"
        if key.choices and value not in key.choices:
            unknown = describe_unknown(value, key.choices).removeprefix(f"{value} ")
            return f"{unknown}; there are {', '.join(key.choices)}"
    elif key.type == "switch":
        if not isinstance(value, bool):
            return "must be true or false"
    elif key.type == "point":
        if not _is_list_of_numbers(value, 2) or not all(abs(number) <= FAR_M for number in value):
            return f"must be [x, y]{unit}, finite"
    elif key.type == "size":
        if not _is_list_of_numbers(value, key.count) or not all(key.minimum <= n <= key.maximum for n in value):
            return f"must be {key.count} numbers in [{key.minimum:g}, {key.maximum:g}]{unit}"
    elif key.type == "list" and not isinstance(value, list):
        return "must be a list"
    elif key.type == "mapping" and not isinstance(value, Mapping):
        return "must be a mapping"
    return None


def _is_list_of_numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(_is_number(number) for number in value)


def _convert(value: Any, key: Key) -> Any:
    if key.type == "number":
        return float(value)
    if key.type in ("point", "size"):
        return [float(number) for number in value]
    return value
