"""The robot's state at the time when the next trajectory takes effect."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, Odometry, RobotState, Trajectory

# Trajectories begin a planning cycle apart; this many reach back farther than odometry and latency may.
MOST_TRAJECTORIES = 16
YOUNG_S = 0.1  # age of a measurement for which the tolerances of deviation are given


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


class CommittedMotion:
    """What the robot has been told to do: each trajectory is carried out from its start until the next one's.

    A plan that is made now takes effect later than the next one or two will be made, so the motion until then is that of
    several trajectories.
    """

    def __init__(self) -> None:
        self._trajectories: list[Trajectory] = []

    def add(self, trajectory: Trajectory) -> None:
        """Add the newest; what was to begin later than it never will."""
        kept = [known for known in self._trajectories if known.start_s < trajectory.start_s]
        self._trajectories = [*kept[1 - MOST_TRAJECTORIES :], trajectory]

    def clear(self) -> None:
        """The robot does something else, or was carried."""
        self._trajectories = []

    def covers(self, stamp_s: float) -> bool:
        """Whether there is a trajectory that has not ended by then."""
        return bool(self._trajectories) and stamp_s <= self._trajectories[self._find(stamp_s)].end_s

    def sample(self, stamp_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Pose, twist and acceleration at a time; see `sample_trajectory`. There must be a trajectory."""
        return sample_trajectory(self._trajectories[self._find(stamp_s)], stamp_s)

    def measure_motion(self, from_s: float, to_s: float) -> tuple[FloatArray, FloatArray]:
        """Pose (3,) at a time in the robot's frame at an earlier one, and the change of twist (2,) between them.

        Where one trajectory begins elsewhere or faster than the one before it would have been, it was put right by what was
        measured; such a step is no motion and does not count.
        """
        travel, change = np.zeros(3), np.zeros(2)
        index, last = self._find(from_s), self._find(to_s)
        while True:
            trajectory = self._trajectories[index]
            until_s = to_s if index == last else self._trajectories[index + 1].start_s
            pose_before, twist_before, _ = sample_trajectory(trajectory, from_s)
            pose_after, twist_after, _ = sample_trajectory(trajectory, until_s)
            travel = se2.compose(travel, se2.relative(pose_before, pose_after))
            change = change + (twist_after - twist_before)
            if index == last:
                return travel, change
            index, from_s = index + 1, until_s

    def _find(self, stamp_s: float) -> int:
        """The trajectory that is carried out at a time; the first one before any has begun."""
        begun = [trajectory.start_s <= stamp_s for trajectory in self._trajectories]
        return max(sum(begun) - 1, 0)


def fast_forward_robot(
    odometry: Odometry, motion: CommittedMotion, stamp_s: float, tolerance_m: float, tolerance_mps: float
) -> RobotState:
    """Predict the robot's state at `stamp_s` from odometry and from the motion it is carrying out.

    While the robot does what its trajectories say, the new one starts from their speed and acceleration, free of the noise
    of odometry, and the hand-over is smooth. The farther the measured speed is from it (somebody stopped the robot), the
    more the measurement counts: share = e^4 / (1 + e^4), e in units of the tolerance. The measured speed then changes as
    planned, but no more than in the proportion in which the robot does what it was told: one that is held stays held.
    Steps by which plans were put right before are left out; with them, as many plans as are under way would each put the same
    deviation right, and the speed would swing ever farther.

    Args:
        odometry: the newest measurement.
        motion: what the robot has been told to do.
        stamp_s: the time to predict for, not before the odometry.
        tolerance_m: deviation in position at which measurement and trajectory count alike, for one that is 0.1 s old at
            `stamp_s`. It grows with the root of that age, as the error of going on from a measurement does.
        tolerance_mps: likewise for the speed; ten times as much in rad/s for turning.
    """
    ahead_s = max(stamp_s - odometry.stamp_s, 0.0)
    if not motion.covers(odometry.stamp_s):
        pose = se2.integrate_twist(odometry.pose_odom_base, odometry.twist, ahead_s)
        return RobotState(stamp_s, pose, odometry.twist.copy())
    pose_then, twist_then, _ = motion.sample(odometry.stamp_s)
    _, twist_later, acceleration_later = motion.sample(stamp_s)
    travel, change = motion.measure_motion(odometry.stamp_s, stamp_s)
    error = odometry.twist - twist_then
    doubt = np.sqrt(max(ahead_s, YOUNG_S) / YOUNG_S)
    away = np.hypot(*(odometry.pose_odom_base[:2] - pose_then[:2])) / (doubt * tolerance_m)
    off = np.hypot(error[0], 0.1 * error[1]) / (doubt * tolerance_mps)
    square = float(off**4 + away**4)
    share = square / (1.0 + square)
    twist_measured = odometry.twist + _find_obedience(odometry.twist, twist_then) * change
    twist = twist_later + share * (twist_measured - twist_later)
    pose_planned = se2.compose(odometry.pose_odom_base, travel)
    pose_measured = se2.integrate_twist(odometry.pose_odom_base, odometry.twist, ahead_s)
    pose = se2.interpolate(pose_planned, pose_measured, share)
    return RobotState(stamp_s, pose, twist, (1.0 - share) * acceleration_later)


def _find_obedience(measured: FloatArray, planned: FloatArray) -> float:
    """Share of a planned twist (2,) that the robot carries out, 0 to 1; turning counts a tenth as much as above."""
    scale = np.array([1.0, 0.1])
    wanted = float(((scale * planned) ** 2).sum())
    return float(np.clip((scale * measured) @ (scale * planned) / wanted, 0.0, 1.0)) if wanted > 1e-9 else 1.0
