"""The robot's state at the time when the next trajectory takes effect."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, Odometry, RobotState, Trajectory


def sample_trajectory(trajectory: Trajectory, stamp_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Pose (3,), twist (2,) and acceleration (2,) of a trajectory at a time, held at its ends."""
    last = len(trajectory.poses_odom) - 1
    place = np.clip((stamp_s - trajectory.start_s) / trajectory.step_s, 0.0, last)
    index = min(int(place), max(last - 1, 0))
    after = min(index + 1, last)
    fraction = place - index
    pose = se2.interpolate(trajectory.poses_odom[index], trajectory.poses_odom[after], fraction)
    twist = trajectory.twists[index] + fraction * (trajectory.twists[after] - trajectory.twists[index])
    acceleration = trajectory.accelerations[index] + fraction * (
        trajectory.accelerations[after] - trajectory.accelerations[index]
    )
    return pose, twist, acceleration


def fast_forward_robot(
    odometry: Odometry, previous: Trajectory | None, stamp_s: float, tolerance_m: float, tolerance_mps: float
) -> RobotState:
    """Predict the robot's state at `stamp_s` from odometry and from the motion it is carrying out.

    While the robot does what the previous trajectory says, the new one starts from that trajectory's speed and
    acceleration, free of the noise of odometry, and the hand-over is smooth. The farther the measured speed is from it
    (somebody stopped the robot), the more the measurement counts: share = e^2 / (1 + e^2), e in units of the tolerance.

    Args:
        odometry: the newest measurement.
        previous: the trajectory in execution, None when there is none.
        stamp_s: the time to predict for, not before the odometry.
        tolerance_m: deviation in position at which measurement and trajectory count alike.
        tolerance_mps: likewise for the speed; ten times as much in rad/s for turning.
    """
    ahead_s = max(stamp_s - odometry.stamp_s, 0.0)
    if previous is None or odometry.stamp_s > previous.end_s:
        pose = se2.integrate_twist(odometry.pose_odom_base, odometry.twist, ahead_s)
        return RobotState(stamp_s, pose, odometry.twist.copy())
    pose_then, twist_then, _ = sample_trajectory(previous, odometry.stamp_s)
    pose_later, twist_later, acceleration_later = sample_trajectory(previous, stamp_s)
    error = odometry.twist - twist_then
    away = np.hypot(*(odometry.pose_odom_base[:2] - pose_then[:2])) / tolerance_m
    off = np.hypot(error[0] / tolerance_mps, error[1] / (10.0 * tolerance_mps))
    square = float(off**4 + away**4)
    share = square / (1.0 + square)
    twist = twist_later + share * error
    pose_planned = se2.compose(odometry.pose_odom_base, se2.relative(pose_then, pose_later))
    pose_measured = se2.integrate_twist(odometry.pose_odom_base, odometry.twist, ahead_s)
    pose = se2.interpolate(pose_planned, pose_measured, share)
    return RobotState(stamp_s, pose, twist, (1.0 - share) * acceleration_later)
