"""A world as SDF: the home of the embedded simulator for Gazebo, from the same description."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from astro_nav.simulation.gazebo.sdf_doors import add_door
from astro_nav.simulation.gazebo.sdf_people import add_person
from astro_nav.simulation.gazebo.sdf_text import (
    SDF_VERSION,
    Element,
    add,
    add_box,
    add_cylinder,
    add_material,
    add_pose,
    add_system,
)
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

PHYSICS_STEP_S = 0.001
# The floor reaches beyond the outermost wall, so that nothing falls that is put down outside.
FLOOR_MARGIN_M = 2.0
FLOOR_THICKNESS_M = 0.1
# Gazebo's lidar sees what is drawn. Of glass, only what is above the robot is drawn.
GLASS_VISIBLE_FROM_M = 0.8

# What a world needs so that sensors measure and models can be spawned.
WORLD_SYSTEMS = (
    ("physics", "Physics"),
    ("user-commands", "UserCommands"),
    ("scene-broadcaster", "SceneBroadcaster"),
    ("sensors", "Sensors"),
)


def build_sdf(world: World) -> str:
    """Write a world as SDF.

    What Gazebo cannot do is left out and named in a comment at the top: things that appear or vanish are there when
    they are there at the start, doors keep to the position that they are commanded, people take no notice of the robot.

    Returns:
        An SDF document. Meshes of people are files beside it; see `sdf_people.list_meshes`.
    """
    root = ElementTree.Element("sdf", version=SDF_VERSION)
    element = add(root, "world", name=make_name(world.name))
    _add_physics(element)
    for library, system in WORLD_SYSTEMS:
        plugin = add_system(element, library, system)
        if system == "Sensors":
            add(plugin, "render_engine", "ogre2")
    _add_light(element)
    _add_floor(element, world)
    for number, (name, solids) in enumerate(_group_solids(world)):
        _add_static_model(element, f"{number:03d} {name}", solids)
    for door in world.doors:
        add_door(element, make_name(door.name), door)
    for person in world.people:
        add_person(element, make_name(person.name), person)
    ElementTree.indent(root, " ")
    return f"<?xml version=\"1.0\"?>\n<!--\n{describe_differences(world)}-->\n{ElementTree.tostring(root, encoding='unicode')}\n"


def describe_differences(world: World) -> str:
    """Sentences on what this world does in the embedded simulator and not in Gazebo, one a line."""
    lines = [f"The world {_for_comment(world.name)}, written by astro-nav world-to-sdf: change the world file, not this one."]
    for solid in world.solids:
        if solid.is_timed:
            state = "there all the time" if solid.is_present(0.0) else "left out"
            lines.append(f"{_for_comment(solid.name)} appears or vanishes during a run: here it is {state}.")
    lines += [
        f"{_for_comment(door.name)} keeps no schedule: it moves when commanded on doors/{make_name(door.name)}."
        for door in world.doors
        if door.schedule
    ]
    lines += [f"{_for_comment(person.name)} takes no notice of the robot." for person in world.people if person.reacts]
    lines += [f"{_for_comment(person.name)} does not leave." for person in world.people if math.isfinite(person.end_s)]
    return "".join(f"  {line}\n" for line in dict.fromkeys(lines))


def make_name(name: str) -> str:
    """A name that Gazebo's topics and entities can carry."""
    cleaned = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name.strip()).strip("_")
    return cleaned or "unnamed"


def _for_comment(name: str) -> str:
    return name.replace("--", "-")


def _add_physics(world: Element) -> None:
    physics = add(world, "physics", name="real_time", type="ignored")
    add(physics, "max_step_size", PHYSICS_STEP_S)
    add(physics, "real_time_factor", 1.0)


def _add_light(world: Element) -> None:
    scene = add(world, "scene")
    add(scene, "ambient", (0.7, 0.7, 0.7, 1.0))
    add(scene, "background", (0.85, 0.9, 0.95, 1.0))
    light = add(world, "light", type="directional", name="sun")
    add(light, "cast_shadows", True)
    add_pose(light, 0.0, 0.0, 10.0)
    add(light, "diffuse", (0.8, 0.8, 0.8, 1.0))
    add(light, "specular", (0.2, 0.2, 0.2, 1.0))
    add(light, "direction", (-0.3, 0.2, -0.9))


def _add_floor(world: Element, description: World) -> None:
    corners = np.concatenate([*(solid.compute_outline() for solid in description.solids), description.start_pose_map[None, :2]])
    low, high = corners.min(axis=0) - FLOOR_MARGIN_M, corners.max(axis=0) + FLOOR_MARGIN_M
    center, size = 0.5 * (low + high), high - low
    model = add(world, "model", name="floor")
    add(model, "static", True)
    link = add(model, "link", name="link")
    add_pose(link, center[0], center[1], -0.5 * FLOOR_THICKNESS_M)
    for tag in ("collision", "visual"):
        part = add(link, tag, name=tag)
        add_box(part, size[0], size[1], FLOOR_THICKNESS_M)
        if tag == "visual":
            add_material(part, "floor")


def _group_solids(world: World) -> list[tuple[str, list[Solid]]]:
    """Solids that are there at the start, the parts of one piece together; all walls are one piece."""
    groups: dict[str, list[Solid]] = {}
    for solid in world.solids:
        if solid.is_present(0.0):
            groups.setdefault("walls" if solid.kind == "wall" else make_name(solid.name), []).append(solid)
    return list(groups.items())


def _add_static_model(world: Element, name: str, solids: list[Solid]) -> None:
    model = add(world, "model", name=make_name(name))
    add(model, "static", True)
    link = add(model, "link", name="link")
    for number, solid in enumerate(solids):
        _add_shape(add(link, "collision", name=f"collision_{number}"), solid, solid.bottom_m)
        drawn_from_m = max(solid.bottom_m, GLASS_VISIBLE_FROM_M) if solid.glass else solid.bottom_m
        if drawn_from_m < solid.top_m:
            visual = add(link, "visual", name=f"visual_{number}")
            _add_shape(visual, solid, drawn_from_m)
            if solid.glass:
                add(visual, "transparency", 0.6)
            add_material(visual, "glass" if solid.glass else solid.color)


def _add_shape(parent: Element, solid: Solid, bottom_m: float) -> None:
    height_m = solid.top_m - bottom_m
    add_pose(parent, *solid.center_map, bottom_m + 0.5 * height_m, 0.0 if solid.is_cylinder else solid.yaw_rad)
    if solid.is_cylinder:
        add_cylinder(parent, solid.radius_m, height_m)
    else:
        add_box(parent, *solid.size_m, height_m)
