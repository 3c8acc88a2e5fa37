"""World files: a home in readable YAML. worlds/README.md shows every key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from astro_nav.errors import MapError
from astro_nav.params.files import find_share_folder
from astro_nav.params.schema import describe_unknown
from astro_nav.simulation import world_schema as schema
from astro_nav.simulation.furniture import build_furniture
from astro_nav.simulation.recorded_tracks import read_tracks
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door, DoorEvent, PersonScript, RecordedTrack, WalkScript, Waypoint, World
from astro_nav.simulation.world_check import find_world_problems
from astro_nav.types import FloatArray


def find_world_file(name: Path | str) -> Path:
    """Return a world file's path; a name without a folder that is not here is looked up in worlds/.

    Raises:
        MapError: when there is none; names those that ship with the project.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = find_share_folder() / "worlds"
    if path.parent == Path(".") and (shipped / path.name).is_file():
        return shipped / path.name
    names = sorted(file.name for file in shipped.glob("*.yaml"))
    raise MapError(f"world file {path} does not exist: name a file, or one of {', '.join(names)}")


def load_world(path: Path | str) -> World:
    """Load a world file.

    Raises:
        MapError: with all problems at once.
    """
    path = find_world_file(path)
    reader = _Reader(path)
    world = reader.read(World(name=path.stem, solids=()), is_overlay=False)
    reader.finish(world)
    return world


def overlay_world(world: World, path: Path | str) -> World:
    """Lay a world file over a world: what it lists is added, its start and its goals replace those of the same name.

    Raises:
        MapError: with all problems at once.
    """
    path = find_world_file(path)
    reader = _Reader(path)
    merged = reader.read(world, is_overlay=True)
    reader.finish(merged)
    return merged


class _Reader:
    """Reads one file and collects everything that is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[str] = []

    def read(self, below: World, is_overlay: bool) -> World:
        """Build the world that the file describes on top of `below`."""
        content = self._load()
        values = schema.check_sections(content, self._problems)
        solids = [s for i, item in enumerate(values["walls"]) if (s := self._read_wall(item, i)) is not None]
        for section, mapped in (("furniture", True), ("unmapped", False)):
            for number, item in enumerate(values[section]):
                solids += self._read_piece(item, section, number, mapped)
        doors = [d for i, item in enumerate(values["doors"]) if (d := self._read_door(item, i)) is not None]
        people = [p for i, item in enumerate(values["people"]) for p in self._read_person(item, i)]
        start = self._read_pose(values["start"], "start") if values["start"] is not None else below.start_pose_map
        if values["start"] is None and not is_overlay and isinstance(content, Mapping):
            self._problems.append("the file: start is missing: a mapping of at_m [m] and yaw_deg [deg]")
        goals = {str(name): self._read_pose(pose, f"goal {name}") for name, pose in values["goals"].items()}
        return replace(
            below,
            name=values["name"] or below.name,
            solids=(*below.solids, *solids),
            doors=(*below.doors, *doors),
            people=(*below.people, *people),
            start_pose_map=start,
            goals_map={**below.goals_map, **goals},
        )

    def finish(self, world: World) -> None:
        """Raise when the file, or the world that it makes, has problems."""
        if not self._problems:
            self._problems.extend(find_world_problems(world))
        if self._problems:
            noun = "problem" if len(self._problems) == 1 else "problems"
            listing = "\n".join(f"  - {problem}" for problem in self._problems)
            raise MapError(f"{len(self._problems)} {noun} in world file {self._path}:\n{listing}")

    def _load(self) -> Any:
        try:
            document = yaml.safe_load(self._path.read_text(encoding="utf-8"))
        except OSError as error:
            raise MapError(f"world file {self._path} cannot be read: {error.strerror}") from error
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            raise MapError(f"world file {self._path} is no YAML: {' '.join(str(error).split())}") from error
        return {} if document is None else document

    def _read_wall(self, item: Any, number: int) -> Solid | None:
        values = self._check(item, schema.WALL, "wall", number)
        if values is None:
            return None
        (x0, y0), (x1, y1) = values["from_m"], values["to_m"]
        length = math.hypot(x1 - x0, y1 - y0)
        if length < 0.01:
            self._problems.append(f"{_describe('wall', number, item)} is {length:g} m long, must be at least 0.01 m")
            return None
        return Solid(
            name=values["name"],
            kind="wall",
            center_map=(0.5 * (x0 + x1), 0.5 * (y0 + y1)),
            yaw_rad=math.atan2(y1 - y0, x1 - x0),
            size_m=(length, values["thickness_m"]),
            top_m=values["height_m"],
            glass=values["glass"],
            color="glass" if values["glass"] else "wall",
        )

    def _read_piece(self, item: Any, section: str, number: int, mapped: bool) -> list[Solid]:
        where = _describe(section, number, item)
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind not in schema.FURNITURE:
            known = ", ".join(schema.FURNITURE)
            problem = "type is missing" if kind is None else f"type {describe_unknown(str(kind), schema.FURNITURE)}"
            self._problems.append(f"{where}: {problem}; there are {known}")
            return []
        values = self._check(item, schema.FURNITURE[kind], section, number)
        return [] if values is None else build_furniture(values, mapped)

    def _read_door(self, item: Any, number: int) -> Door | None:
        values = self._check(item, schema.DOOR, "door", number)
        if values is None:
            return None
        events = []
        for place, event in enumerate(values["schedule"]):
            where = f"{_describe('door', number, item)}: event {place + 1}"
            checked = schema.check_mapping(event, schema.DOOR_EVENT, where, self._problems)
            if checked is not None:
                events.append(DoorEvent(checked["at_s"], checked["does"] == "open"))
        if events and max(event.time_s for event in events) >= values["repeat_s"]:
            self._problems.append(
                f"{_describe('door', number, item)}: repeat_s = {values['repeat_s']:g} s must be after the last event"
            )
        return Door(
            name=values["name"],
            hinge_map=tuple(values["hinge_m"]),
            width_m=values["width_m"],
            closed_yaw_rad=math.radians(values["closed_yaw_deg"]),
            open_angle_rad=math.radians(values["open_angle_deg"]),
            starts_open=values["starts_open"],
            schedule=tuple(events),
            repeat_s=values["repeat_s"],
            speed_radps=math.radians(values["speed_degps"]),
            yields=values["yields"],
            thickness_m=values["thickness_m"],
            height_m=values["height_m"],
        )

    def _read_person(self, item: Any, number: int) -> list[PersonScript]:
        values = self._check(item, schema.PERSON, "person", number)
        if values is None:
            return []
        where = _describe("person", number, item)
        if (values["waypoints"] is None) == (values["track_csv"] is None):
            self._problems.append(f"{where}: give either waypoints or track_csv")
            return []
        common = {key: values[key] for key in ("radius_m", "height_m", "reacts")}
        if values["track_csv"] is not None:
            return self._read_recording(values, common, where)
        waypoints = []
        for place, waypoint in enumerate(values["waypoints"]):
            checked = schema.check_mapping(waypoint, schema.WAYPOINT, f"{where}: waypoint {place + 1}", self._problems)
            if checked is not None:
                waypoints.append(Waypoint(tuple(checked["at_m"]), checked["dwell_s"]))
        if not values["waypoints"]:
            self._problems.append(f"{where}: waypoints is empty, must hold at least one")
        script = WalkScript(tuple(waypoints), values["loop"], values["speed_mps"])
        return [PersonScript(values["name"], script, **common, start_s=values["start_s"], end_s=values["end_s"])]

    def _read_recording(self, values: dict[str, Any], common: dict[str, Any], where: str) -> list[PersonScript]:
        path = self._path.parent / values["track_csv"]
        try:
            tracks = read_tracks(path)
        except MapError as error:
            self._problems.append(f"{where}: {error}")
            return []
        wanted = values["ped_ids"] if values["ped_ids"] is not None else list(tracks)
        unknown = [number for number in wanted if number not in tracks]
        if unknown:
            self._problems.append(f"{where}: ped_ids {unknown} are not in {path.name}")
        people = []
        for number in wanted:
            if number not in tracks:
                continue
            times_s = tracks[number].times_s + values["start_s"]
            track = RecordedTrack(times_s, tracks[number].positions_map + np.asarray(values["offset_m"]))
            name = f"{values['name']} {number}"
            end_s = min(float(times_s[-1]), values["end_s"])
            people.append(PersonScript(name, track, **common, start_s=float(times_s[0]), end_s=end_s))
        return people

    def _read_pose(self, item: Any, where: str) -> FloatArray:
        values = schema.check_mapping(item, schema.POSE, where, self._problems)
        if values is None:
            return np.zeros(3)
        return np.array([*values["at_m"], math.radians(values["yaw_deg"])])

    def _check(self, item: Any, keys: Mapping[str, schema.Key], what: str, number: int) -> dict[str, Any] | None:
        return schema.check_mapping(item, keys, _describe(what, number, item), self._problems)


def _describe(what: str, number: int, item: Any) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return f"{what} {number + 1} ({name})" if name else f"{what} {number + 1}"
