"""What comes out of the simulator: sensor messages in order of arrival, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.types import FloatArray, Odometry, Scan


@dataclass(frozen=True)
class ScanEvent:
    """A scan arrives."""

    arrives_s: float
    scan: Scan


@dataclass(frozen=True)
class OdometryEvent:
    """Odometry arrives.

    Attributes:
        pose_map_odom: (3,) the localizer's newest estimate at the stamp of the odometry.
    """

    arrives_s: float
    odometry: Odometry
    pose_map_odom: FloatArray


@dataclass(frozen=True)
class LocalizationEvent:
    """The localizer's map -> odom arrives; `stamp_s` may lie ahead of `arrives_s`."""

    arrives_s: float
    stamp_s: float
    pose_map_odom: FloatArray


@dataclass(frozen=True)
class JointEvent:
    """Joint states arrive: angles [rad] and speeds [rad/s] of the named joints at `stamp_s`."""

    arrives_s: float
    stamp_s: float
    names: tuple[str, ...]
    positions_rad: tuple[float, ...]
    speeds_radps: tuple[float, ...]


Event = ScanEvent | OdometryEvent | LocalizationEvent | JointEvent


@dataclass(frozen=True)
class Contact:
    """The robot and something began to touch.

    Attributes:
        time_s: when.
        kind: "wall", "object", "door" or "person".
        name: of the thing.
        by_robot: whether the robot moved into it, rather than it into the robot.
        position_map: (x, y) [m].
        speed_mps: closing speed along the normal.
        robot_speed_mps, thing_speed_mps: the share of each, positive towards the other.
    """

    time_s: float
    kind: str
    name: str
    by_robot: bool
    position_map: tuple[float, float]
    speed_mps: float
    robot_speed_mps: float
    thing_speed_mps: float


@dataclass(frozen=True)
class PersonTruth:
    """Where a person really is: position and velocity (2,) in the map, radius of the body, positions of the legs (2, 2)."""

    name: str
    position_map: FloatArray
    velocity_map: FloatArray
    radius_m: float
    legs_map: FloatArray


@dataclass(frozen=True)
class Truth:
    """What really is. No part of the stack may read it.

    Attributes:
        time_s: simulated time.
        pose_map_base: (3,).
        twist: (2,) of base_link [m/s, rad/s].
        clearance_m: between the footprint and the nearest thing between floor and top of the robot, 0 in contact.
        nearest: name of that thing, "" when there is none.
        contacts: all contacts so far.
        people: who is in the world.
        door_angles_rad: name -> turn from closed.
        doors_open: names of the doors that are at least half open.
        screen_rad: angle of the screen's joint.
        pose_map_odom: (3,) the true pose of the odometry's frame.
    """

    time_s: float
    pose_map_base: FloatArray
    twist: FloatArray
    clearance_m: float
    nearest: str
    contacts: tuple[Contact, ...]
    people: tuple[PersonTruth, ...]
    door_angles_rad: dict[str, float]
    doors_open: tuple[str, ...]
    screen_rad: float
    pose_map_odom: FloatArray
