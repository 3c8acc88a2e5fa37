"""What is driven: a world file with its own tour, or any map with goals, a box and a person put into it.

Everything that a user can get wrong about it is found here, before anything is started.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from astro_nav.demo.free_space import FreeSpace
from astro_nav.demo.goals import Goal, format_goals, parse_goals
from astro_nav.demo.routes import plan_tour
from astro_nav.demo.stack_params import load_part_params
from astro_nav.demo.tour import Walk, check_goals, choose_box, choose_goals, choose_start, choose_walk
from astro_nav.errors import GoalError
from astro_nav.mapping.map_file import load_map
from astro_nav.params.demo import DemoParams, SurpriseParams
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.solids import compute_box_outline
from astro_nav.simulation.world import World
from astro_nav.simulation.world_file import find_world_file, load_world
from astro_nav.types import FloatArray, OccupancyMap

DEFAULT_WORLD = "home.yaml"
RETASKED_GOAL = 2  # the third goal of a tour takes over from the fourth while the robot drives


@dataclass(frozen=True)
class Scene:
    """A place, a tour through it, and what is put in the way.

    Attributes:
        title: names the place.
        source: the file that it comes from.
        map: what the robot is told of it.
        start_map: (3,) where the robot starts.
        goals: the tour.
        launch_arguments: `world` and `map` of the launch file.
        extra_world: content of a world file that is laid over it, empty for none.
        overrides_start: whether the simulator must be told where to start.
        boxes_map: outlines (V, 2) of what is not in the map.
        retask_index: this goal takes over from the next one on the way, -1 for none.
        notes: sentences about it.
    """

    title: str
    source: Path
    map: OccupancyMap
    start_map: FloatArray
    goals: list[Goal]
    launch_arguments: dict[str, str]
    extra_world: dict[str, Any] = field(default_factory=dict)
    overrides_start: bool = False
    boxes_map: list[FloatArray] = field(default_factory=list)
    retask_index: int = -1
    notes: list[str] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """What `summary.json` says about it."""
        return {
            "title": self.title,
            "source": str(self.source),
            "start_pose_map": [float(value) for value in self.start_map],
            "tour": format_goals(self.goals),
            "notes": self.notes,
        }

    def write_extra_world(self, path: Path) -> None:
        """Write the world file that is laid over the place, if there is anything in it."""
        if self.extra_world:
            path.write_text(yaml.safe_dump(self.extra_world, sort_keys=False), encoding="utf-8")

    def make_simulator_parameters(self, extra_world_file: Path) -> dict[str, Any]:
        """Parameters of the simulator beyond those of the launch file."""
        values: dict[str, Any] = {}
        if self.extra_world:
            values["extra_world_file"] = str(extra_world_file.resolve())
        if self.overrides_start:
            values["start_pose_map"] = [float(value) for value in self.start_map]
        return values


def prepare_scene(
    map_file: Path | None,
    world_file: Path | None,
    goals_text: str | None,
    seed: int,
    params: DemoParams,
    overlay_files: Iterable[Path] = (),
) -> Scene:
    """Work out what is driven.

    Args:
        map_file: a map_server YAML, or None for a world.
        world_file: a world file, or None for the one that ships with the project.
        goals_text: as the user wrote them, or None for the world's tour or chosen ones.
        seed: of what is chosen.
        params: of the demo.
        overlay_files: parameter files laid over the shipped configuration.

    Raises:
        MapError, GoalError, ParameterError: naming what cannot be used, and the remedy.
    """
    overlays = list(overlay_files)
    # First what needs no map: a typing error is told at once.
    goals = None if goals_text is None else parse_goals(goals_text)
    simulator = load_part_params(SimulatorParams, "simulator", overlays)
    if map_file is not None:
        return _prepare_map(map_file, goals, seed, params, overlays)
    return _prepare_world(find_world_file(world_file or DEFAULT_WORLD), goals, seed, params, simulator.map_resolution_m, overlays)


def _prepare_world(
    path: Path, goals: list[Goal] | None, seed: int, params: DemoParams, resolution_m: float, overlays: list[Path]
) -> Scene:
    world = load_world(path)
    occupancy_map = world.rasterize(resolution_m)
    space = FreeSpace(occupancy_map, params.robot.footprint)
    start = np.asarray(world.start_pose_map, dtype=np.float64)
    _check_start(space, start, path)
    given = goals is not None
    if goals is None:
        goals = [Goal(*(float(value) for value in pose), name) for name, pose in world.goals_map.items()]
        goals = goals or choose_goals(space, start, params.tour, seed)
    check_goals(space, start, goals)
    plan_tour(occupancy_map, start, goals, overlays)
    return Scene(
        title=world.name,
        source=path,
        map=occupancy_map,
        start_map=start,
        goals=goals,
        launch_arguments={"world": str(path.resolve())},
        boxes_map=list_unmapped_outlines(world),
        retask_index=-1 if given else RETASKED_GOAL,
        notes=[f"world {world.name}: {len(goals)} goals: {', '.join(str(goal) for goal in goals)}"],
    )


def _prepare_map(path: Path, goals: list[Goal] | None, seed: int, params: DemoParams, overlays: list[Path]) -> Scene:
    occupancy_map = load_map(path)
    space = FreeSpace(occupancy_map, params.robot.footprint)
    start = choose_start(space, params.tour)
    given = goals is not None
    goals = goals if goals is not None else choose_goals(space, start, params.tour, seed)
    check_goals(space, start, goals)
    way = plan_tour(occupancy_map, start, goals, overlays)
    keep_clear = np.array([start[:2], *(goal.pose_map[:2] for goal in goals)])
    box = choose_box(space, way, keep_clear, params.surprise)
    walk = choose_walk(space, way, keep_clear if box is None else np.vstack([keep_clear, box[:2]]), params.surprise, seed)
    notes = [
        f"map {path.stem}: {occupancy_map.shape[1]} x {occupancy_map.shape[0]} cells of {occupancy_map.resolution_m:g} m, "
        f"start ({start[0]:.2f}, {start[1]:.2f})",
        f'goals{"" if given else " chosen, the same as"} GOALS="{format_goals(goals)}"',
        "put into it, but not into the map: " + _describe_surprises(box, walk),
    ]
    return Scene(
        title=path.stem,
        source=path,
        map=occupancy_map,
        start_map=start,
        goals=goals,
        # An empty world makes the simulator build one from the map.
        launch_arguments={"world": "", "map": str(path.resolve())},
        extra_world=make_extra_world(box, walk, params.surprise),
        overrides_start=True,
        boxes_map=[] if box is None else [compute_box_outline(tuple(box[:2]), box[2], (params.surprise.box_length_m,) * 2)],
        retask_index=-1 if given else RETASKED_GOAL,
        notes=notes,
    )


def list_unmapped_outlines(world: World) -> list[FloatArray]:
    """Outlines (V, 2) of what stands in a world from the beginning and is not in its map; doors are no part of it."""
    return [shape.outline_map for shape in world.list_shapes() if not shape.mapped and shape.kind == "object"]


def make_extra_world(box: FloatArray | None, walk: Walk | None, params: SurpriseParams) -> dict[str, Any]:
    """Content of the world file with a box and a walking person; empty when there is neither."""
    content: dict[str, Any] = {}
    if box is not None:
        length = params.box_length_m
        content["unmapped"] = [
            {
                "name": "box",
                "type": "box",
                "at_m": [round(float(box[0]), 3), round(float(box[1]), 3)],
                "yaw_deg": round(float(np.degrees(box[2])), 1),
                "size_m": [length, length, params.box_height_m],
            }
        ]
    if walk is not None:
        ends = [[round(float(value), 3) for value in end] for end in (walk.start_map, walk.end_map)]
        content["people"] = [
            {
                "name": "person",
                "waypoints": [{"at_m": end, "dwell_s": params.walk_dwell_s} for end in ends],
                "loop": "back_and_forth",
                "speed_mps": params.walk_speed_mps,
            }
        ]
    return content


def _check_start(space: FreeSpace, start: FloatArray, path: Path) -> None:
    clearance = float(space.measure_clearance(start[np.newaxis, :2])[0])
    if clearance < space.inscribed_radius_m:
        raise GoalError(
            f"the start ({start[0]:.2f}, {start[1]:.2f}) of {path} is {max(clearance, 0.0):.2f} m from an obstacle, the robot "
            f"needs {space.inscribed_radius_m:.2f} m: move the start"
        )


def _describe_surprises(box: FloatArray | None, walk: Walk | None) -> str:
    words = ["no box, there is no room for one on the way" if box is None else f"a box at ({box[0]:.2f}, {box[1]:.2f})"]
    if walk is None:
        words.append("no person, there is no room for a walk")
    else:
        words.append(
            f"a person who walks between ({walk.start_map[0]:.2f}, {walk.start_map[1]:.2f}) "
            f"and ({walk.end_map[0]:.2f}, {walk.end_map[1]:.2f})"
        )
    return "; ".join(words)
