"""The screen looks where the robot will go, from the same predicted trajectory that the base follows.

Where it looks: at a point in front of where the base will be `lead_s` from now. Driving a curve, that is into the curve; turning
on the spot, along the heading that comes; standing, straight ahead. One formula, no cases. Beyond the trajectory's end the base is
taken to go on along the path, see `intention`.

At somebody whom `gaze` has chosen it looks instead: at where they are predicted to be when the joint is there.

How it gets there: the wanted angle passes a limit on its rate and two moving averages. A moving average over T2 of a
motion no faster than v accelerates by at most 2 v / T2, one over T3 of that has a jerk of at most 2 a / T3; choosing T2
and T3 from the joint's limits makes all three limits exact, whatever is wanted. A filter of this kind cannot overshoot
and cannot oscillate. It lags by half the averages' lengths; the look-ahead is longer by just that.
Source: the staircase of moving averages of L. Biagiotti, C. Melchiorri, "FIR filters for online trajectory planning with
time- and frequency-domain specifications", Control Engineering Practice 20 (2012), here with the factor 2 that a motion
which may turn back at any time needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from astro_nav.body.gaze import LookAt
from astro_nav.body.intention import extend_motion
from astro_nav.params.gaze import GazeParams
from astro_nav.params.robot import ScreenParams
from astro_nav.types import FloatArray, Trajectory

STEP_S = 0.02  # of the filter
PEOPLE_PLAY_SHARE = 0.5  # of the play: predictions of seconds ahead waver more than where somebody is
POINT_STEP_S = 0.1  # between two points of the result
MAX_GAP_S = 2.0  # after a longer pause, or a clock set back, the screen is planned anew from where it is


@dataclass(frozen=True)
class ScreenMotion:
    """A motion of the pan joint.

    Attributes:
        stamp_s: time from which the times count.
        times_s: (P,) after the stamp, increasing, above 0.
        angles_rad: (P,) pan, counter-clockwise from straight ahead.
        speeds_radps: (P,).
    """

    stamp_s: float
    times_s: FloatArray
    angles_rad: FloatArray
    speeds_radps: FloatArray


class ScreenPlanner:
    """Plans the pan joint's motion in the same rhythm as the base's.

    Args:
        screen: the joint and its limits.
        gaze: where to look.
        angle_rad: the joint's angle at the beginning.
    """

    def __init__(self, screen: ScreenParams, gaze: GazeParams, angle_rad: float = 0.0) -> None:
        self.screen, self.gaze = screen, gaze
        # Faster than this the joint never gets within its range.
        self._speed_radps = min(screen.max_speed_radps, math.sqrt(screen.max_acceleration_radps2 * max(screen.max_pan_rad, 0.01)))
        self._first = _count_samples(2.0 * self._speed_radps / screen.max_acceleration_radps2)
        acceleration = 2.0 * self._speed_radps / (self._first * STEP_S)
        self._second = _count_samples(2.0 * acceleration / screen.max_jerk_radps3)
        self._preview = max(int(round(gaze.preview_s / STEP_S)), 1)
        self.delay_s = 0.5 * STEP_S * (self._first + self._second - 2)
        self._sample_s = -math.inf
        self._rest(float(np.clip(angle_rad, -screen.max_pan_rad, screen.max_pan_rad)))

    def plan(
        self, trajectory: Trajectory | None, now_s: float, look_at: LookAt | None = None, path_odom: FloatArray | None = None
    ) -> ScreenMotion:
        """Plan the motion from now on.

        Args:
            trajectory: the base's predicted motion; None or empty when there is none.
            now_s: time of the cycle.
            look_at: whom to look at instead of ahead; without a trajectory the screen looks ahead.
            path_odom: (P, 3) on which the base goes on after the trajectory, with the goal at its end; None = not known.

        Returns:
            the motion; it goes on smoothly from the one that was planned before, within the joint's limits.
        """
        self._advance(now_s)
        count = self._preview + 1
        times_s = self._sample_s + STEP_S * np.arange(1, count + 1)
        if look_at is None or trajectory is None or not len(trajectory.poses_odom) or not len(look_at.positions_odom):
            wanted, play_rad = self._find_wanted_angles(trajectory, path_odom, times_s), self.gaze.play_rad
        else:
            play_rad = PEOPLE_PLAY_SHARE * self.gaze.play_rad
            wanted = self._find_bearings(trajectory, look_at, times_s + self.delay_s)
        held, limited, step = self._held, self._history[-1], self._speed_radps * STEP_S
        ahead = np.empty((2, count))
        for k, angle in enumerate(wanted.tolist()):
            held = min(max(held, angle - play_rad), angle + play_rad)
            limited += min(max(held - limited, -step), step)
            ahead[:, k] = held, limited
        self._ahead = ahead
        # One sample before the present and one after the last are there for the speeds.
        angles = self._smooth(np.concatenate([self._history, ahead[1]]))
        places = np.arange(1, int(self._preview * STEP_S / POINT_STEP_S + 1e-9) + 1) * round(POINT_STEP_S / STEP_S)
        return ScreenMotion(
            stamp_s=self._sample_s,
            times_s=places * STEP_S,
            angles_rad=angles[places + 1],
            speeds_radps=(angles[places + 2] - angles[places]) / (2.0 * STEP_S),
        )

    @property
    def angle_rad(self) -> float:
        """Where the joint is meant to be now."""
        return float(self._smooth(self._history)[-1])

    def _rest(self, angle_rad: float) -> None:
        self._held = angle_rad
        self._history = np.full(self._first + self._second, angle_rad)
        self._ahead = np.full((2, 1), angle_rad)

    def _advance(self, now_s: float) -> None:
        """Make what was planned for the time until now the past."""
        if not 0.0 <= now_s - self._sample_s <= MAX_GAP_S:
            if math.isfinite(self._sample_s):
                self._rest(self.angle_rad)
            self._sample_s = now_s
            return
        # A tolerance, so that a rhythm of whole samples is not counted short by rounding.
        passed = int((now_s - self._sample_s) / STEP_S + 1e-6)
        if passed == 0:
            return
        done = self._ahead[:, np.minimum(np.arange(passed), self._ahead.shape[1] - 1)]
        self._held = done[0, -1]
        self._history = np.concatenate([self._history, done[1]])[-len(self._history) :]
        self._sample_s += passed * STEP_S

    def _find_wanted_angles(self, trajectory: Trajectory | None, path_odom: FloatArray | None, times_s: FloatArray) -> FloatArray:
        """Bearing, from the base at each time, of the point that the screen should look at."""
        if trajectory is None or len(trajectory.poses_odom) == 0:
            return np.zeros(len(times_s))
        lead_s = self.gaze.lead_s + self.delay_s
        stamps_s, poses = extend_motion(trajectory, path_odom, float(times_s[-1]) + lead_s)
        # Beyond its end the motion is not known: the screen keeps the last bearing that is.
        times_s = np.minimum(times_s, max(stamps_s[-1] - lead_s, times_s[0]))
        later_s = times_s + lead_s
        x, y, yaw = (np.interp(times_s, stamps_s, column) for column in poses.T)
        later_x, later_y, later_yaw = (np.interp(later_s, stamps_s, column) for column in poses.T)
        look_x = later_x + self.gaze.distance_m * np.cos(later_yaw) - x
        look_y = later_y + self.gaze.distance_m * np.sin(later_yaw) - y
        bearing = np.arctan2(look_y, look_x) - yaw
        # Of the equal angles the one on the side to which the base turns.
        bearing += 2.0 * np.pi * np.round((later_yaw - yaw - bearing) / (2.0 * np.pi))
        return np.clip(bearing, -self.screen.max_pan_rad, self.screen.max_pan_rad)

    def _find_bearings(self, trajectory: Trajectory, look_at: LookAt, times_s: FloatArray) -> FloatArray:
        """Bearing of what is looked at from the base, both where they will be once the joint follows."""
        poses = trajectory.poses_odom
        stamps_s = trajectory.start_s + trajectory.step_s * np.arange(len(poses))
        x, y, yaw = (np.interp(times_s, stamps_s, column) for column in (poses[:, 0], poses[:, 1], np.unwrap(poses[:, 2])))
        seen_s = look_at.start_s + look_at.step_s * np.arange(len(look_at.positions_odom))
        look_x, look_y = (np.interp(times_s, seen_s, column) for column in look_at.positions_odom.T)
        bearing = np.unwrap(np.arctan2(look_y - y, look_x - x) - yaw)
        # Somebody behind is looked at over the shoulder to which the screen is turned already: it does not swing over.
        bearing += 2.0 * np.pi * np.round((self._held - bearing[0]) / (2.0 * np.pi))
        bearing = np.where(np.abs(bearing) > 1.5 * np.pi, bearing - 2.0 * np.pi * np.sign(bearing), bearing)
        return np.clip(bearing, -self.screen.max_pan_rad, self.screen.max_pan_rad)

    def _smooth(self, samples: FloatArray) -> FloatArray:
        """Both moving averages; the result is shorter by their lengths less one each."""
        return _average(_average(samples, self._first), self._second)


def _count_samples(duration_s: float) -> int:
    return max(int(math.ceil(duration_s / STEP_S - 1e-9)), 1)


def _average(samples: FloatArray, count: int) -> FloatArray:
    return np.convolve(samples, np.full(count, 1.0 / count), mode="valid")
