"""Whether the outline that the stack plans with is the robot that its URDF describes."""

from __future__ import annotations

import numpy as np

from astro_nav.doctor.findings import ERROR, GOOD, WARNING, Finding
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry.robot_description import RobotDescriptionError, read_urdf
from astro_nav.params.safety_controller import SafetyControllerParams

# Parts may stick out by so much: paint, cables, rounding.
TOLERANCE_M = 0.01
# An outline may be larger than the robot by so much before it costs narrow passages.
SPARE_M = 0.05


def check_shape(urdf: str, params: SafetyControllerParams) -> list[Finding]:
    """Compare `robot.footprint_m` with the solid parts of a URDF.

    Args:
        urdf: its text, empty when none was found.
        params: with footprint and the base's frame.
    """
    if not urdf:
        return [Finding(WARNING, "footprint", "no robot_description was found to compare it with", "start robot_state_publisher, or name a file with --urdf")]
    try:
        description = read_urdf(urdf, params.frames.base)
    except RobotDescriptionError as error:
        return [Finding(ERROR, "footprint", str(error), "set frames.base to the link in the middle of the drive axle, or correct the URDF")]
    findings, shapes = [], [shape for shape in description.collisions if not shape.is_mesh]
    meshes = sorted({shape.link for shape in description.collisions if shape.is_mesh})
    if meshes:
        findings.append(
            Finding(WARNING, "footprint", f"the size of the meshes of {', '.join(meshes)} cannot be read from the URDF", "measure these parts by hand")
        )
    if not shapes:
        return [*findings, Finding(WARNING, "footprint", "the URDF has no collision shapes to compare it with", "add <collision> to its links")]
    footprint = params.robot.footprint
    worst: dict[str, float] = {}
    for shape in shapes:
        out_m = float(compute_signed_distances(shape.points_base[:, :2], footprint).max())
        worst[shape.link] = max(worst.get(shape.link, -np.inf), out_m)
    outside = {link: out_m for link, out_m in worst.items() if out_m > TOLERANCE_M}
    for link, out_m in sorted(outside.items(), key=lambda item: -item[1]):
        findings.append(
            Finding(ERROR, "footprint", f"{link} sticks out of robot.footprint_m by {out_m:.3f} m: the robot would touch with it",
                    "enlarge robot.footprint_m, and robot.footprint_m alone: all nodes read it")
        )  # fmt: skip
    points = np.concatenate([shape.points_base for shape in shapes])
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    spare_m = float(max((low - footprint.min(axis=0)).max(), (footprint.max(axis=0) - high).max()))
    if spare_m > SPARE_M:
        findings.append(
            Finding(WARNING, "footprint", f"robot.footprint_m is up to {spare_m:.2f} m larger than the URDF's solid parts",
                    "the robot will not go where it would fit: make the outline tighter")
        )  # fmt: skip
    top_m = float(points[:, 2].max())
    if top_m > params.robot.height_m + TOLERANCE_M:
        findings.append(
            Finding(ERROR, "footprint", f"the URDF is {top_m:.2f} m high, robot.height_m is {params.robot.height_m:g} m", "correct robot.height_m")
        )
    if not outside:
        findings.append(Finding(GOOD, "footprint", f"holds all {len(shapes)} solid parts of the URDF"))
    if params.robot.screen.joint and params.robot.screen.joint not in description.joints:
        findings.append(
            Finding(WARNING, "screen", f"robot.screen.joint = {params.robot.screen.joint!r} is no joint of the URDF",
                    "name the joint, or make robot.screen.joint empty when the robot has no screen")
        )  # fmt: skip
    return findings
