"""Messages to the stack's types and back. Arrays are taken as blocks; nothing here loops over beams or cells.

What a message must hold to be usable is checked here, once, at the edge; `MessageError` says what is wrong with it.
Frames are the node's business: `check_frame`.
"""

from __future__ import annotations

import array
import math
from dataclasses import replace

import numpy as np
from astro_nav_msgs.msg import SafetyState, TrajectoryPoint
from astro_nav_msgs.msg import Trajectory as TrajectoryMessage
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Pose, PoseStamped, Quaternion, Twist, Vector3
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMessage
from nav_msgs.msg import Path as PathMessage
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Header

from astro_nav.errors import AstroNavError, FrameError
from astro_nav.types import (
    UNKNOWN,
    FloatArray,
    LocalGrid,
    OccupancyMap,
    Odometry,
    Path,
    Scan,
    Trajectory,
    Verdict,
)

# A lidar may count its last beam or not, and drivers round angle_max; more than this is another scan than it says.
BEAM_COUNT_TOLERANCE = 0.02


class MessageError(AstroNavError):
    """A message cannot be used; the sentence says why and what to check."""


# Time and frames


def seconds_from_time(time: Time) -> float:
    """Seconds of a ROS time; exact to a quarter of a microsecond at today's date."""
    return time.sec + 1e-9 * time.nanosec


def time_from_seconds(time_s: float) -> Time:
    """ROS time of seconds; raises MessageError when it has none."""
    if not 0.0 <= time_s < 2.0**31:
        raise MessageError(f"{time_s} s is no ROS time: it must be in [0, 2^31) s")
    whole = math.floor(time_s)
    nanoseconds = round((time_s - whole) * 1e9)
    return Time(sec=whole + nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def header_from(stamp_s: float, frame_id: str) -> Header:
    """A header."""
    return Header(stamp=time_from_seconds(stamp_s), frame_id=frame_id)


def check_frame(frame_id: str, expected: str, topic: str) -> None:
    """Raise FrameError unless a message is in the expected frame. A leading slash, as old drivers write it, is fine."""
    if frame_id.lstrip("/") != expected:
        raise FrameError(
            f"{topic} is in frame {frame_id!r}, expected {expected!r}: check the publisher's frame, or the parameters frames.*"
        )


# Poses


def yaw_from_quaternion(quaternion: Quaternion) -> float:
    """Heading of a rotation [rad]; the quaternion need not be normalised.

    Raises:
        MessageError: for a quaternion that is zero or not finite, which is no rotation.
    """
    x, y, z, w = quaternion.x, quaternion.y, quaternion.z, quaternion.w
    squared_norm = x * x + y * y + z * z + w * w
    if not (math.isfinite(squared_norm) and squared_norm > 1e-6):
        raise MessageError(
            f"the orientation (x {x:g}, y {y:g}, z {z:g}, w {w:g}) is no rotation: a quaternion of norm 1 is needed, w = 1 for none"
        )
    return math.atan2(2.0 * (w * z + x * y), w * w + x * x - y * y - z * z)


def quaternion_from_yaw(yaw_rad: float) -> Quaternion:
    """Rotation about +z."""
    return Quaternion(x=0.0, y=0.0, z=math.sin(0.5 * yaw_rad), w=math.cos(0.5 * yaw_rad))


def pose_from_message(pose: Pose) -> FloatArray:
    """(3,) of a pose; raises MessageError when it is not finite or no rotation."""
    x, y = pose.position.x, pose.position.y
    if not (math.isfinite(x) and math.isfinite(y)):
        raise MessageError(f"the position ({x}, {y}) m is not finite: check the publisher")
    return np.array([x, y, yaw_from_quaternion(pose.orientation)])


def message_from_pose(pose: FloatArray) -> Pose:
    """A Pose message of (3,)."""
    x, y, yaw = (float(value) for value in pose)
    return Pose(position=Point(x=x, y=y, z=0.0), orientation=quaternion_from_yaw(yaw))


def stamped_from_pose(pose: FloatArray, stamp_s: float, frame_id: str) -> PoseStamped:
    """A PoseStamped message of (3,)."""
    return PoseStamped(header=header_from(stamp_s, frame_id), pose=message_from_pose(pose))


def twist_from_message(twist: Twist) -> FloatArray:
    """(2,) body twist; raises MessageError when it is not finite."""
    speed, turn_rate = twist.linear.x, twist.angular.z
    if not (math.isfinite(speed) and math.isfinite(turn_rate)):
        raise MessageError(f"the twist ({speed} m/s, {turn_rate} rad/s) is not finite: check the publisher")
    return np.array([speed, turn_rate])


def message_from_twist(twist: FloatArray) -> Twist:
    """A Twist message of (2,)."""
    return Twist(linear=Vector3(x=float(twist[0]), y=0.0, z=0.0), angular=Vector3(x=0.0, y=0.0, z=float(twist[1])))


# Sensors


def scan_from_message(message: LaserScan) -> Scan:
    """A Scan; its `ranges_m` is a view of the message's own array.

    Raises:
        MessageError: when the beams cannot be placed: none, an angle step of zero, a beam count that the angles contradict.
    """
    ranges = np.frombuffer(message.ranges, dtype=np.float32)
    step, count = message.angle_increment, len(ranges)
    if count == 0:
        raise MessageError("the scan has no beams: check the lidar driver")
    if not (math.isfinite(step) and math.isfinite(message.angle_min)) or (step == 0.0 and count > 1):
        raise MessageError(
            f"the scan's angle_increment = {step:g} rad from angle_min = {message.angle_min:g} rad places no beams: check the lidar driver"
        )
    if not (message.range_max > max(message.range_min, 0.0) and math.isfinite(message.range_min)):
        raise MessageError(
            f"the scan's range_max = {message.range_max:g} m must exceed range_min = {message.range_min:g} m and 0: check the lidar driver"
        )
    expected = (message.angle_max - message.angle_min) / step + 1.0 if step else 1.0
    if not abs(expected - count) <= max(2.0, BEAM_COUNT_TOLERANCE * count):
        raise MessageError(
            f"the scan has {count} beams, its angles say {expected:.1f}: angle_min, angle_max and angle_increment must agree "
            "with the number of ranges; check the lidar driver"
        )
    time_increment = message.time_increment if math.isfinite(message.time_increment) else 0.0
    return Scan(
        stamp_s=seconds_from_time(message.header.stamp),
        frame_id=message.header.frame_id.lstrip("/"),
        angle_min_rad=float(message.angle_min),
        angle_increment_rad=float(step),
        time_increment_s=max(float(time_increment), 0.0),
        range_min_m=float(message.range_min),
        range_max_m=float(message.range_max),
        ranges_m=ranges,
    )


def message_from_scan(scan: Scan) -> LaserScan:
    """A LaserScan message; -inf and NaN are kept."""
    ranges = array.array("f")
    ranges.frombytes(np.ascontiguousarray(scan.ranges_m, dtype=np.float32).tobytes())
    beams = max(len(scan.ranges_m) - 1, 0)
    return LaserScan(
        header=header_from(scan.stamp_s, scan.frame_id),
        angle_min=float(scan.angle_min_rad),
        angle_max=float(scan.angle_min_rad + beams * scan.angle_increment_rad),
        angle_increment=float(scan.angle_increment_rad),
        time_increment=float(scan.time_increment_s),
        scan_time=float(scan.duration_s),
        range_min=float(scan.range_min_m),
        range_max=float(scan.range_max_m),
        ranges=ranges,
    )


def turn_scan_over(scan: Scan) -> Scan:
    """The scan of a lidar that is mounted upside down, as its mirror image that is mounted upright sees it."""
    return replace(scan, angle_min_rad=-scan.angle_min_rad, angle_increment_rad=-scan.angle_increment_rad)


def odometry_from_message(message: OdometryMessage) -> Odometry:
    """An Odometry; raises MessageError when pose or twist are not finite."""
    return Odometry(
        stamp_s=seconds_from_time(message.header.stamp),
        pose_odom_base=pose_from_message(message.pose.pose),
        twist=twist_from_message(message.twist.twist),
    )


def message_from_odometry(odometry: Odometry, odom_frame: str, base_frame: str) -> OdometryMessage:
    """An Odometry message; covariances are left at zero, for the caller to fill in."""
    message = OdometryMessage(header=header_from(odometry.stamp_s, odom_frame), child_frame_id=base_frame)
    message.pose.pose = message_from_pose(odometry.pose_odom_base)
    message.twist.twist = message_from_twist(odometry.twist)
    return message


# Maps


def occupancy_map_from_message(message: OccupancyGrid) -> OccupancyMap:
    """An OccupancyMap with its own array; values outside [-1, 100] become unknown.

    Raises:
        MessageError: for an empty map, a resolution that is no length, or data of another size than it says.
    """
    width, height, resolution = message.info.width, message.info.height, message.info.resolution
    if width == 0 or height == 0:
        raise MessageError(f"the map has {width} x {height} cells: check the map server's file")
    if not (math.isfinite(resolution) and resolution > 0.0):
        raise MessageError(f"the map's resolution = {resolution:g} m must be above 0: check the map server's file")
    if len(message.data) != width * height:
        raise MessageError(f"the map has {len(message.data)} values, {width} x {height} cells need {width * height}")
    occupancy = np.frombuffer(message.data, dtype=np.int8).reshape(height, width).copy()
    occupancy[(occupancy < UNKNOWN) | (occupancy > 100)] = UNKNOWN
    return OccupancyMap(
        occupancy=occupancy,
        # The message holds a float32; 0.05 is meant, not 0.0500000007.
        resolution_m=float(f"{resolution:.6g}"),
        pose_map_origin=pose_from_message(message.info.origin),
        stamp_s=seconds_from_time(message.header.stamp),
        frame_id=message.header.frame_id.lstrip("/"),
    )


def message_from_occupancy_map(occupancy_map: OccupancyMap) -> OccupancyGrid:
    """An OccupancyGrid message."""
    message = _message_from_cells(occupancy_map.occupancy, occupancy_map.resolution_m, occupancy_map.stamp_s, occupancy_map.frame_id)
    message.info.origin = message_from_pose(occupancy_map.pose_map_origin)
    return message


def message_from_local_grid(grid: LocalGrid, odom_frame: str) -> OccupancyGrid:
    """An OccupancyGrid message of a local window."""
    message = _message_from_cells(grid.occupancy, grid.resolution_m, grid.stamp_s, odom_frame)
    message.info.origin = message_from_pose(np.array([*grid.origin_odom, 0.0]))
    return message


def _message_from_cells(occupancy: np.ndarray, resolution_m: float, stamp_s: float, frame_id: str) -> OccupancyGrid:
    message = OccupancyGrid(header=header_from(stamp_s, frame_id))
    message.info.map_load_time = message.header.stamp
    message.info.resolution = float(resolution_m)
    message.info.height, message.info.width = (int(size) for size in occupancy.shape)
    cells = array.array("b")
    cells.frombytes(np.ascontiguousarray(occupancy, dtype=np.int8).tobytes())
    message.data = cells
    return message


# Paths and trajectories


def path_from_message(message: PathMessage) -> Path:
    """A Path; raises MessageError for a pose that is not finite or no rotation."""
    poses = np.array([pose_from_message(stamped.pose) for stamped in message.poses]).reshape(-1, 3)
    return Path(stamp_s=seconds_from_time(message.header.stamp), poses_map=poses, frame_id=message.header.frame_id.lstrip("/"))


def message_from_path(path: Path) -> PathMessage:
    """A Path message; every pose has the path's header."""
    return message_from_poses(path.poses_map, path.stamp_s, path.frame_id)


def message_from_poses(poses: FloatArray, stamp_s: float, frame_id: str) -> PathMessage:
    """A Path message of poses (N, 3)."""
    header = header_from(stamp_s, frame_id)
    return PathMessage(header=header, poses=[PoseStamped(header=header, pose=message_from_pose(pose)) for pose in poses])


def trajectory_from_message(message: TrajectoryMessage) -> Trajectory:
    """A Trajectory; whether its values make sense is for its user to check."""
    rows = np.array(
        [
            (p.x_m, p.y_m, p.yaw_rad, p.speed_mps, p.turn_rate_radps, p.acceleration_mps2, p.turn_acceleration_radps2)
            for p in message.points
        ],
        dtype=np.float64,
    ).reshape(-1, 7)
    return Trajectory(
        stamp_s=seconds_from_time(message.header.stamp),
        start_s=seconds_from_time(message.start),
        step_s=message.step_s,
        poses_odom=rows[:, 0:3].copy(),
        twists=rows[:, 3:5].copy(),
        accelerations=rows[:, 5:7].copy(),
        reason=message.reason,
    )


def message_from_trajectory(trajectory: Trajectory, odom_frame: str) -> TrajectoryMessage:
    """A Trajectory message."""
    rows = np.concatenate([trajectory.poses_odom, trajectory.twists, trajectory.accelerations], axis=1).tolist()
    names = (
        "x_m",
        "y_m",
        "yaw_rad",
        "speed_mps",
        "turn_rate_radps",
        "acceleration_mps2",
        "turn_acceleration_radps2",
    )
    return TrajectoryMessage(
        header=header_from(trajectory.stamp_s, odom_frame),
        start=time_from_seconds(trajectory.start_s),
        step_s=float(trajectory.step_s),
        points=[TrajectoryPoint(**dict(zip(names, row))) for row in rows],
        reason=trajectory.reason,
    )


# What the stack says


def message_from_verdict(
    verdict: Verdict, odom_frame: str, source: str = "", scan_age_s: float = math.inf, odom_age_s: float = math.inf
) -> SafetyState:
    """A SafetyState message."""
    x, y = (float(value) for value in verdict.contact_point_odom)
    return SafetyState(
        header=header_from(verdict.stamp_s, odom_frame),
        limited_by=int(verdict.limited_by),
        reason=verdict.reason,
        source=source,
        scale=float(verdict.scale),
        wanted=message_from_twist(verdict.wanted_twist),
        commanded=message_from_twist(verdict.twist),
        allowed_speed_mps=float(verdict.allowed_speed_mps),
        contact_point=Point(x=x, y=y, z=0.0),
        contact_time_s=float(verdict.contact_time_s),
        scan_age_s=float(scan_age_s),
        odom_age_s=float(odom_age_s),
    )
