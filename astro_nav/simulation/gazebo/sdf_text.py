"""Pieces of SDF: elements with text, poses, shapes, materials.

Source: SDFormat specification 1.9, http://sdformat.org/spec?ver=1.9 (the newest that both Fortress and Harmonic read).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from astro_nav.simulation.colors import COLORS

SDF_VERSION = "1.9"

Element = ElementTree.Element


def add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """Append an element; `text` is written as SDF wants it (true/false, numbers without noise, sequences with spaces)."""
    element = ElementTree.SubElement(parent, tag, attributes)
    if text is not None:
        element.text = describe(text)
    return element


def describe(value: object) -> str:
    """A value as SDF text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{round(value, 6) + 0.0:.9g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " ".join(describe(item) for item in value)
    return str(value)


def add_pose(parent: Element, x_m: float, y_m: float, z_m: float, yaw_rad: float = 0.0) -> None:
    """Append an upright pose."""
    add(parent, "pose", (float(x_m), float(y_m), float(z_m), 0.0, 0.0, float(yaw_rad)))


def add_box(parent: Element, length_m: float, width_m: float, height_m: float) -> None:
    """Append the geometry of a box."""
    add(add(add(parent, "geometry"), "box"), "size", (float(length_m), float(width_m), float(height_m)))


def add_cylinder(parent: Element, radius_m: float, height_m: float) -> None:
    """Append the geometry of an upright cylinder."""
    cylinder = add(add(parent, "geometry"), "cylinder")
    add(cylinder, "radius", float(radius_m))
    add(cylinder, "length", float(height_m))


def add_material(parent: Element, color: str) -> None:
    """Append a matt material; `color` is a name of `simulation.colors`."""
    material = add(parent, "material")
    for light in ("ambient", "diffuse"):
        add(material, light, COLORS[color])
    add(material, "specular", (0.1, 0.1, 0.1, 1.0))


def add_system(parent: Element, library: str, system: str) -> Element:
    """Append a plugin of Gazebo, named as in Harmonic; Fortress (6.11 and later) knows it under the same names.

    Args:
        library: e.g. "diff-drive".
        system: class, e.g. "DiffDrive".
    """
    return add(parent, "plugin", filename=f"gz-sim-{library}-system", name=f"gz::sim::systems::{system}")
