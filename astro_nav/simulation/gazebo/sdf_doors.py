"""Doors in SDF: a panel on a hinge that goes to the angle it is commanded."""

from __future__ import annotations

import math

from astro_nav.simulation.gazebo.sdf_text import Element, add, add_box, add_material, add_pose, add_system
from astro_nav.simulation.world import Door

DENSITY_KGPM3 = 250.0
# The panel swings above the floor.
GAP_M = 0.01
# The hinge gives way by so much beyond its ends, so that a joint at its end is not at its limit.
END_PLAY_RAD = 0.02


def name_door_topic(name: str) -> str:
    """Gazebo's topic on which a door takes its angle from closed [rad], gz.msgs.Double."""
    return f"/door/{name}/angle"


def add_door(world: Element, name: str, door: Door) -> None:
    """Append a door. It begins closed and, when it is to start open, opens at once.

    Joint position 0 is closed, `door.open_angle_rad` is open.

    Args:
        world: the element that it becomes part of.
        name: of the model.
        door: its description.
    """
    model = add(world, "model", name=name)
    add_pose(model, *door.hinge_map, 0.0, door.closed_yaw_rad)
    height_m = door.height_m - GAP_M
    link = add(model, "link", name="panel")
    add_pose(link, 0.5 * door.width_m, 0.0, GAP_M + 0.5 * height_m)
    _add_inertial(link, door.width_m, door.thickness_m, height_m)
    for tag in ("collision", "visual"):
        part = add(link, tag, name=tag)
        add_box(part, door.width_m, door.thickness_m, height_m)
        if tag == "visual":
            add_material(part, "door")
    joint = add(model, "joint", name="hinge", type="revolute")
    add(joint, "pose", (-0.5 * door.width_m, 0.0, 0.0, 0.0, 0.0, 0.0))
    add(joint, "parent", "world")
    add(joint, "child", "panel")
    axis = add(joint, "axis")
    add(axis, "xyz", (0, 0, 1))
    limit = add(axis, "limit")
    add(limit, "lower", min(0.0, door.open_angle_rad) - END_PLAY_RAD)
    add(limit, "upper", max(0.0, door.open_angle_rad) + END_PLAY_RAD)
    add(limit, "velocity", 2.0 * door.speed_radps)
    controller = add_system(model, "joint-position-controller", "JointPositionController")
    add(controller, "joint_name", "hinge")
    add(controller, "topic", name_door_topic(name))
    add(controller, "use_velocity_commands", True)
    add(controller, "cmd_max", door.speed_radps)
    add(controller, "initial_position", door.open_angle_rad if door.starts_open else 0.0)


def _add_inertial(link: Element, length_m: float, width_m: float, height_m: float) -> None:
    mass_kg = DENSITY_KGPM3 * length_m * width_m * height_m
    inertial = add(link, "inertial")
    add(inertial, "mass", mass_kg)
    inertia = add(inertial, "inertia")
    for axis, (a, b) in {"ixx": (width_m, height_m), "iyy": (length_m, height_m), "izz": (length_m, width_m)}.items():
        add(inertia, axis, mass_kg * (math.pow(a, 2) + math.pow(b, 2)) / 12.0)
    for axis in ("ixy", "ixz", "iyz"):
        add(inertia, axis, 0.0)
