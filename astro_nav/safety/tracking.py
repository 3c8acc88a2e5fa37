"""Following a time-parameterised trajectory.

The reference moves along the trajectory in its own time, which runs slower than the clock while the robot is held back:
the robot then stays on the same curve at a lower speed, instead of cutting corners to catch up.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.outline import Outline
from astro_nav.safety.sweep import Sweep
from astro_nav.types import FloatArray, Trajectory

# Trapezoidal rule over five points of a window, in half widths.
WINDOW_OFFSETS = (-1.0, -0.5, 0.0, 0.5, 1.0)
WINDOW_WEIGHTS = (0.125, 0.25, 0.25, 0.25, 0.125)
# Trajectories that wait for their start; at the planner's rate they cover more than the longest lead that is accepted.
MOST_COMING = 16

Twist = tuple[float, float]
Pose = tuple[float, float, float]


@dataclass(frozen=True)
class Reference:
    """Where the robot should be when the next command takes effect."""

    pose_odom: Pose
    twist: Twist
    acceleration: Twist


class Course:
    """A trajectory refined so that the outline moves little between two samples, ready for fast look-up.

    Args:
        trajectory: a checked, non-empty trajectory.
        outline: the robot's.
        spacing_m: the outline's way between two samples.
    """

    def __init__(self, trajectory: Trajectory, outline: Outline, spacing_m: float) -> None:
        self.trajectory = trajectory
        rows = np.column_stack([trajectory.poses_odom, trajectory.twists, trajectory.accelerations])
        rows[:, 2] = np.unwrap(rows[:, 2])
        travels = _measure_travels(rows, outline)
        counts = np.maximum(1, np.ceil(travels / spacing_m)).astype(np.int64)
        # Sample numbers with fractions: 0, 1/n, 2/n, .. within each step, and the last sample.
        starts = np.cumsum(counts) - counts
        steps = np.repeat(np.arange(len(counts)), counts)
        fractions = (np.arange(int(counts.sum())) - starts[steps]) / counts[steps] if len(counts) else np.empty(0)
        positions = np.append(steps + fractions, float(len(rows) - 1))
        indices = np.arange(len(rows), dtype=np.float64)
        self._rows = np.column_stack([np.interp(positions, indices, rows[:, column]) for column in range(7)])
        _bend_between_samples(self._rows, rows, positions)
        self._times_s = trajectory.start_s + trajectory.step_s * positions
        self._travels_m = np.interp(positions, indices, np.concatenate([[0.0], np.cumsum(travels)]))
        self._times_list: list[float] = self._times_s.tolist()
        self._rows_list: list[list[float]] = self._rows.tolist()

    @property
    def start_s(self) -> float:
        """Time of the first sample."""
        return self._times_list[0]

    @property
    def end_s(self) -> float:
        """Time of the last sample."""
        return self._times_list[-1]

    def find_reference(self, time_s: float) -> Reference:
        """The reference at a time from the start on; after the end it stands."""
        times, rows = self._times_list, self._rows_list
        if time_s >= times[-1]:
            return Reference((rows[-1][0], rows[-1][1], rows[-1][2]), (0.0, 0.0), (0.0, 0.0))
        index = max(bisect_right(times, time_s), 1)
        before, after = rows[index - 1], rows[index]
        share = (time_s - times[index - 1]) / (times[index] - times[index - 1])
        x, y, yaw, speed, turn_rate, acceleration, turn_acceleration = (a + share * (b - a) for a, b in zip(before, after))
        return Reference((x, y, yaw), (speed, turn_rate), (acceleration, turn_acceleration))

    def find_smooth_motion(self, time_s: float, half_width_s: float) -> tuple[Twist, Twist]:
        """Mean twist over a window around a time, and its rate of change.

        Corners of the planned speed become ramps of the acceleration without any delay, since the window reaches as far
        ahead as back. Before the start the first acceleration goes back in time; after the end the robot stands.

        Args:
            time_s: middle of the window.
            half_width_s: half its length; 0 gives the reference as it is.
        """
        if half_width_s <= 0.0:
            reference = self.find_reference(time_s)
            return reference.twist, reference.acceleration
        ends = [self._find_twist(time_s + offset * half_width_s) for offset in WINDOW_OFFSETS]
        twist = tuple(sum(w * end[axis] for w, end in zip(WINDOW_WEIGHTS, ends)) for axis in (0, 1))
        change = tuple((ends[-1][axis] - ends[0][axis]) / (2.0 * half_width_s) for axis in (0, 1))
        return (twist[0], twist[1]), (change[0], change[1])

    def _find_twist(self, time_s: float) -> Twist:
        """Twist at any time, before the start, too."""
        early_s = self.start_s - time_s
        if early_s <= 0.0:
            return self.find_reference(time_s).twist
        _, _, _, speed, turn_rate, acceleration, turn_acceleration = self._rows_list[0]
        return speed - early_s * acceleration, turn_rate - early_s * turn_acceleration

    def make_sweep(self, time_s: float, reference: Reference, travel_m: float) -> Sweep:
        """The curve ahead of the reference, in the reference's own frame.

        Args:
            time_s: where on the course.
            reference: what `find_reference` gave for it.
            travel_m: how far to look, in ways of the outline.
        """
        first = bisect_right(self._times_list, time_s)
        here = float(np.interp(time_s, self._times_s, self._travels_m))
        last = int(np.searchsorted(self._travels_m, here + travel_m)) + 1
        rows = self._rows[first:last]
        x, y, yaw = reference.pose_odom
        cos, sin = math.cos(yaw), math.sin(yaw)
        away_x, away_y = rows[:, 0] - x, rows[:, 1] - y
        own = np.zeros(1)
        return Sweep(
            np.concatenate([own, cos * away_x + sin * away_y]),
            np.concatenate([own, cos * away_y - sin * away_x]),
            np.concatenate([own, rows[:, 2] - yaw]),
            np.concatenate([own, self._travels_m[first:last] - here]),
        )


class TrajectoryTracker:
    """Turns the newest trajectory into wanted twists.

    Feedback: with the pose error (e_x, e_y, e_yaw) of the reference in the robot's frame and the reference's v, w,

        v_wanted = v cos(e_yaw) + k e_x
        w_wanted = w + stiffness^2 v sinc(e_yaw) e_y + k e_yaw,      k = 2 damping sqrt(w^2 + stiffness^2 v^2)

    The gains vanish with the reference's motion: a robot that should stand does not creep after an error of a centimetre;
    the next trajectory starts from where it is. Corrections are saturated and low-passed.

    Source: C. Samson, "Control of chained systems", IEEE TAC 40(1), 1995, in the form of A. De Luca, G. Oriolo, M. Vendittelli,
    "Control of wheeled mobile robots: an experimental overview", 2001, eq. 21; the sine cardinal as in G. Klancar et al.
    """

    def __init__(self, params: SafetyControllerParams, outline: Outline) -> None:
        self._params = params
        self._outline = outline
        self._course: Course | None = None
        self._coming: list[Course] = []
        self._time_s = 0.0
        self._correction: Twist = (0.0, 0.0)
        self.newest_stamp_s = -math.inf

    @property
    def trajectory(self) -> Trajectory | None:
        """The newest trajectory taken, which may not have begun."""
        newest = self._coming[-1] if self._coming else self._course
        return newest.trajectory if newest else None

    @property
    def course(self) -> Course | None:
        """What is followed now."""
        return self._course

    @property
    def time_s(self) -> float:
        """Where on the course the reference is."""
        return self._time_s

    def update_params(self, params: SafetyControllerParams) -> None:
        """Swap in new parameters."""
        self._params = params

    def clear(self) -> None:
        """Follow nothing."""
        self._course, self._coming = None, []
        self._correction = (0.0, 0.0)

    def forget_stamps(self) -> None:
        """After a jump of the clock older stamps are newer."""
        self.clear()
        self.newest_stamp_s = -math.inf

    def set_trajectory(self, trajectory: Trajectory) -> None:
        """Take a checked trajectory; it is followed from its start on, the present one until then.

        Those that begin before it keep their turn: where latencies are long, the next one arrives before the last one has
        begun, and if it took its place, none would ever begin.
        """
        self.newest_stamp_s = trajectory.stamp_s
        if not len(trajectory.poses_odom):
            self.clear()
            return
        earlier = [course for course in self._coming if course.start_s < trajectory.start_s]
        course = Course(trajectory, self._outline, self._params.check.spacing_m)
        self._coming = [*earlier[1 - MOST_COMING :], course]

    def find_reference(self, effect_s: float) -> Reference | None:
        """Return the reference for commands that take effect at `effect_s`; None when there is nothing to follow."""
        while self._coming and self._coming[0].start_s <= effect_s + 1e-9:
            self._course, self._time_s = self._coming.pop(0), effect_s
        if self._course is None:
            return None
        reference = self._course.find_reference(self._time_s)
        twist, acceleration = self._course.find_smooth_motion(self._time_s, self._params.tracking.smoothing_s)
        return replace(reference, twist=twist, acceleration=acceleration)

    def advance(self, duration_s: float, share: float) -> None:
        """Move the reference on by the share of its speed that the robot was allowed."""
        self._time_s += share * duration_s

    def correct(self, reference: Reference, pose_odom_base: Pose, duration_s: float) -> Twist:
        """The wanted twist: the reference's, corrected for the robot being elsewhere."""
        tracking = self._params.tracking
        away_x, away_y, error_yaw = find_error(reference.pose_odom, pose_odom_base)
        speed, turn_rate = reference.twist
        gain = 2.0 * tracking.damping * math.hypot(turn_rate, tracking.stiffness_radpm * speed)
        sinc = math.sin(error_yaw) / error_yaw if abs(error_yaw) > 1e-6 else 1.0
        wanted_v = speed * (math.cos(error_yaw) - 1.0) + gain * away_x
        wanted_w = tracking.stiffness_radpm**2 * speed * sinc * away_y + gain * error_yaw
        wanted_v = min(max(wanted_v, -tracking.max_speed_correction_mps), tracking.max_speed_correction_mps)
        wanted_w = min(max(wanted_w, -tracking.max_turn_correction_radps), tracking.max_turn_correction_radps)
        share = duration_s / (tracking.correction_filter_s + duration_s) if duration_s > 0.0 else 0.0
        correction_v = self._correction[0] + share * (wanted_v - self._correction[0])
        correction_w = self._correction[1] + share * (wanted_w - self._correction[1])
        self._correction = (correction_v, correction_w)
        # A correction may slow the robot down, never turn its direction round.
        corrected = speed + correction_v
        if corrected * speed <= 0.0:
            corrected = 0.0
        return corrected, turn_rate + correction_w


def find_error(target: Pose, pose: Pose) -> Pose:
    """Pose of the target in the frame of the pose, heading wrapped."""
    cos, sin = math.cos(pose[2]), math.sin(pose[2])
    away_x, away_y = target[0] - pose[0], target[1] - pose[1]
    return cos * away_x + sin * away_y, cos * away_y - sin * away_x, math.remainder(target[2] - pose[2], 2.0 * math.pi)


def _measure_travels(rows: FloatArray, outline: Outline) -> FloatArray:
    """(T - 1,) upper bounds of the outline's way in every step [m]."""
    steps = np.diff(rows[:, :3], axis=0)
    return np.hypot(steps[:, 0], steps[:, 1]) + outline.radius_m * np.abs(steps[:, 2])


def _bend_between_samples(fine: FloatArray, rows: FloatArray, positions: FloatArray) -> None:
    """Move interpolated positions from the chord onto the arc between two samples, in place.

    Without it the reference's direction of motion would step at every sample, and the feedback with it.
    """
    if len(rows) < 2:
        return
    index = np.minimum(positions.astype(np.int64), len(rows) - 2)
    share = positions - index
    start, end = rows[index, :3], rows[index + 1, :3]
    chord_x, chord_y, turn = end[:, 0] - start[:, 0], end[:, 1] - start[:, 1], wrap_angle(end[:, 2] - start[:, 2])
    # Half-way round an arc of angle a over the chord c the arc is c/2 tan(a/4) beside it, to the right for a left turn;
    # in between a parabola is within 1 % of it for the angles of one step.
    rise = 2.0 * share * (1.0 - share) * np.tan(0.25 * turn)
    fine[:, 0] += rise * chord_y
    fine[:, 1] -= rise * chord_x
