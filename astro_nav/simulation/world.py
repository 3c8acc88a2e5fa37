"""A world: what stands in it, its doors, its people, where the robot starts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from astro_nav.simulation.solids import Shape, Solid, compute_box_outline, describe_solid
from astro_nav.types import FloatArray, OccupancyMap


@dataclass(frozen=True)
class DoorEvent:
    """At `time_s` the door starts to open, or to close."""

    time_s: float
    opens: bool


@dataclass(frozen=True)
class Door:
    """A hinged door.

    Attributes:
        name: what contacts with it are reported as.
        hinge_map: (x, y) of the hinge [m].
        width_m: from the hinge to the free edge.
        closed_yaw_rad: direction from the hinge to the free edge when closed.
        open_angle_rad: turn from closed to open, counter-clockwise positive.
        starts_open: state at time 0.
        schedule: what it does when.
        repeat_s: the schedule starts again every so often, inf = never.
        speed_radps: how fast it turns.
        yields: whether it waits for robot and people in its way instead of pushing.
        thickness_m, height_m: of the panel.
    """

    name: str
    hinge_map: tuple[float, float]
    width_m: float
    closed_yaw_rad: float
    open_angle_rad: float = 0.5 * math.pi
    starts_open: bool = True
    schedule: tuple[DoorEvent, ...] = ()
    repeat_s: float = math.inf
    speed_radps: float = 1.0
    yields: bool = True
    thickness_m: float = 0.04
    height_m: float = 2.0

    def compute_panel(self, angle_rad: float) -> tuple[float, float, float, float, float, float]:
        """The panel as a row of a kernel's rectangles, `angle_rad` away from closed."""
        yaw = self.closed_yaw_rad + angle_rad
        cos, sin = math.cos(yaw), math.sin(yaw)
        half = 0.5 * self.width_m
        return (self.hinge_map[0] + half * cos, self.hinge_map[1] + half * sin, cos, sin, half, 0.5 * self.thickness_m)


@dataclass(frozen=True)
class Waypoint:
    """A person walks here and stays for a while."""

    position_map: tuple[float, float]
    dwell_s: float = 0.0


@dataclass(frozen=True)
class WalkScript:
    """A person's way from waypoint to waypoint.

    Attributes:
        waypoints: at least one.
        loop: "once" (stays at the last), "circle" (on to the first again) or "back_and_forth".
        speed_mps: walking speed.
    """

    waypoints: tuple[Waypoint, ...]
    loop: str = "circle"
    speed_mps: float = 0.8


@dataclass(frozen=True)
class RecordedTrack:
    """A recorded way: positions (N, 2) in the map [m] at times (N,) [s], increasing."""

    times_s: FloatArray
    positions_map: FloatArray


@dataclass(frozen=True)
class PersonScript:
    """A person and what they do.

    Attributes:
        name: what contacts with them are reported as.
        motion: a walk or a recording.
        radius_m: radius of the body seen from above.
        height_m: tall.
        reacts: stops before touching the robot; if not, takes no notice of it.
        start_s: enters the world then.
        end_s: leaves it then.
    """

    name: str
    motion: WalkScript | RecordedTrack
    radius_m: float = 0.22
    height_m: float = 1.7
    reacts: bool = True
    start_s: float = 0.0
    end_s: float = math.inf


@dataclass(frozen=True)
class World:
    """Everything that does not depend on the robot.

    Attributes:
        name: of the world.
        solids: walls, furniture, boxes.
        doors, people: that move.
        start_pose_map: (3,) where the robot starts.
        goals_map: name -> (3,) pose, in the order of a tour.
        source_map: the map from which the world was made, None for a world file.
    """

    name: str
    solids: tuple[Solid, ...]
    doors: tuple[Door, ...] = ()
    people: tuple[PersonScript, ...] = ()
    start_pose_map: FloatArray = field(default_factory=lambda: np.zeros(3))
    goals_map: dict[str, FloatArray] = field(default_factory=dict)
    source_map: OccupancyMap | None = None

    def with_solids(self, *solids: Solid) -> World:
        """A world with more solids."""
        return replace(self, solids=self.solids + solids)

    def list_shapes(self, time_s: float = 0.0) -> list[Shape]:
        """Outlines of all solids at a time, and of the doors as they are at the start."""
        shapes = [describe_solid(solid) for solid in self.solids if solid.is_present(time_s)]
        return shapes + [describe_door(door, door.open_angle_rad if door.starts_open else 0.0) for door in self.doors]

    def rasterize(self, resolution_m: float = 0.05, laser_height_m: float = 0.2) -> OccupancyMap:
        """The map that a robot with a lidar would have made of this world; see `simulation.rasterizing`."""
        from astro_nav.simulation.rasterizing import rasterize_world

        return rasterize_world(self, resolution_m, laser_height_m)


def describe_door(door: Door, angle_rad: float) -> Shape:
    """The shape of a door's panel, `angle_rad` away from closed."""
    cx, cy, cos, sin, half_length, half_width = door.compute_panel(angle_rad)
    size = (2.0 * half_length, 2.0 * half_width)
    return Shape(
        name=door.name,
        kind="door",
        outline_map=compute_box_outline((cx, cy), math.atan2(sin, cos), size),
        center_map=(cx, cy),
        radius_m=0.0,
        bottom_m=0.0,
        top_m=door.height_m,
        mapped=False,
        color="door",
    )
