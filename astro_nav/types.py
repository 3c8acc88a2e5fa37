"""The nouns that flow between the parts of the stack.

Poses are float64 arrays `(..., 3)` of [x m, y m, yaw rad]; twists are `(..., 2)` of [v m/s, omega rad/s].
`pose_odom_base` is the pose of frame `base` expressed in frame `odom`. Times are seconds of the ROS clock.

Array axes, one legend for the whole stack: K candidates, T steps, N points, M tracks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]

FREE = 0
OCCUPIED = 100
UNKNOWN = -1


@dataclass(frozen=True)
class Scan:
    """One revolution of a planar lidar.

    Attributes:
        stamp_s: time of the first ray.
        frame_id: frame of the lidar.
        angle_min_rad: direction of the first ray.
        angle_increment_rad: step between rays, negative for a clockwise lidar.
        time_increment_s: time between two rays, 0 for a flash lidar.
        range_min_m, range_max_m: readings outside are not measurements.
        ranges_m: (N,) float32; NaN = no answer, +inf = nothing up to `range_max_m`.
    """

    stamp_s: float
    frame_id: str
    angle_min_rad: float
    angle_increment_rad: float
    time_increment_s: float
    range_min_m: float
    range_max_m: float
    ranges_m: Float32Array

    @property
    def duration_s(self) -> float:
        """Time from the first to the last ray."""
        return self.time_increment_s * max(len(self.ranges_m) - 1, 0)


@dataclass(frozen=True)
class Odometry:
    """What the base driver reports: `pose_odom_base` (3,) and the body twist (2,) at `stamp_s`."""

    stamp_s: float
    pose_odom_base: FloatArray
    twist: FloatArray


@dataclass(frozen=True)
class RobotState:
    """The robot's state from which motion is planned.

    Attributes:
        stamp_s: the time at which the state holds; possibly in the future (fast-forwarded).
        pose_odom_base: (3,).
        twist: (2,) body twist.
        acceleration: (2,) [m/s^2, rad/s^2].
    """

    stamp_s: float
    pose_odom_base: FloatArray
    twist: FloatArray
    acceleration: FloatArray = field(default_factory=lambda: np.zeros(2))


@dataclass(frozen=True)
class OccupancyMap:
    """A map as nav_msgs/OccupancyGrid has it.

    Attributes:
        occupancy: (H, W) int8, row 0 at the origin; -1 unknown, 0 free .. 100 occupied.
        resolution_m: edge length of a cell.
        pose_map_origin: (3,) pose of the lower left corner of cell (0, 0); the yaw may be non-zero.
        stamp_s: when the map was made or loaded.
        frame_id: frame of the map.
    """

    occupancy: NDArray[np.int8]
    resolution_m: float
    pose_map_origin: FloatArray
    stamp_s: float = 0.0
    frame_id: str = "map"

    @property
    def shape(self) -> tuple[int, int]:
        return self.occupancy.shape  # type: ignore[return-value]  # numpy types shapes as tuple[int, ...]


@dataclass(frozen=True)
class LocalGrid:
    """A square window of the world around the robot, aligned to the cells of the odom frame.

    Attributes:
        stamp_s: time of the newest scan in it.
        origin_odom: (2,) [m] lower left corner of cell (0, 0), a multiple of the resolution.
        resolution_m: edge length of a cell.
        occupancy: (H, W) int8; -1 unknown, 0 free, 100 occupied.
        distance_m: (H, W) float32, distance from the cell's centre to the nearest obstacle surface,
            negative inside obstacles, cut off at a stated maximum.
    """

    stamp_s: float
    origin_odom: FloatArray
    resolution_m: float
    occupancy: NDArray[np.int8]
    distance_m: Float32Array


@dataclass(frozen=True)
class Track:
    """One tracked obstacle, usually a person.

    Attributes:
        track_id: unique for the life of the tracker.
        stamp_s: time of the estimate.
        state_odom: (4,) [x m, y m, vx m/s, vy m/s].
        covariance: (4, 4) of `state_odom`.
        radius_m: radius of the disc that contains the obstacle.
        moving: whether it is in motion now (with hysteresis).
        person: whether it is believed to be a person.
        label: name, "" when unknown.
        chance: that it is a person or another thing that moves, and no furniture; 1 once it has moved.
    """

    track_id: int
    stamp_s: float
    state_odom: FloatArray
    covariance: FloatArray
    radius_m: float
    moving: bool
    person: bool
    label: str = ""
    chance: float = 1.0


@dataclass(frozen=True)
class Prediction:
    """Where M tracked obstacles will be at T times after `start_s`.

    Attributes:
        start_s: time of step 0.
        step_s: time between steps.
        means_odom: (M, T, 2) [m].
        covariances: (M, T, 2, 2) [m^2].
        radii_m: (M,).
        velocities_odom: (M, T, 2) [m/s].
        track_ids: (M,).
    """

    start_s: float
    step_s: float
    means_odom: FloatArray
    covariances: FloatArray
    radii_m: FloatArray
    velocities_odom: FloatArray
    track_ids: tuple[int, ...]


@dataclass(frozen=True)
class Path:
    """A way in the map frame.

    Attributes:
        stamp_s: when it was planned.
        poses_map: (N, 3), the last one is the goal; N = 0 means "no goal: stand still".
        frame_id: frame of the poses.
    """

    stamp_s: float
    poses_map: FloatArray
    frame_id: str = "map"


@dataclass(frozen=True)
class Trajectory:
    """A time-parameterised motion in the odom frame.

    Attributes:
        stamp_s: when it was computed.
        start_s: the time at which sample 0 holds; the trajectory takes effect then.
        step_s: time between samples.
        poses_odom: (T, 3).
        twists: (T, 2).
        accelerations: (T, 2) [m/s^2, rad/s^2].
        reason: why the robot moves like this, one sentence, "" when nothing is special.
    """

    stamp_s: float
    start_s: float
    step_s: float
    poses_odom: FloatArray
    twists: FloatArray
    accelerations: FloatArray
    reason: str = ""

    @property
    def end_s(self) -> float:
        """Time of the last sample."""
        return self.start_s + self.step_s * max(len(self.poses_odom) - 1, 0)


class LimitedBy(IntEnum):
    """What limits the speed right now; the values are those of astro_nav_msgs/SafetyState."""

    NOTHING = 0
    NO_TRAJECTORY = 1
    OBSTACLE = 2
    CONTACT = 3
    SCAN_AGE = 4
    ODOM_AGE = 5
    TRAJECTORY_AGE = 6
    TRANSFORM = 7
    SPEED_LIMIT = 8
    CLOCK = 9
    LATE_LOOP = 10
    BAD_INPUT = 11
    CLIFF = 12
    BUMPER = 13
    SHUTDOWN = 14
    EMERGENCY_STOP = 15


@dataclass(frozen=True)
class Verdict:
    """The safety controller's decision for one period.

    Attributes:
        stamp_s: time of the decision.
        twist: (2,) the command, within every limit.
        wanted_twist: (2,) what the trajectory or the joystick asked for.
        limited_by: what limits the speed.
        reason: one sentence for people.
        scale: 0 (stop) .. 1 (as wanted).
        allowed_speed_mps: the speed that would be allowed along the wanted curve.
        contact_point_odom: (2,) [m] where contact would happen, NaN when nowhere.
        contact_time_s: time until contact at the wanted motion, inf when never.
    """

    stamp_s: float
    twist: FloatArray
    wanted_twist: FloatArray
    limited_by: LimitedBy
    reason: str
    scale: float
    allowed_speed_mps: float
    contact_point_odom: FloatArray
    contact_time_s: float
