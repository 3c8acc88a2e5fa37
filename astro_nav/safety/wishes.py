"""What somebody asks the robot to do in the next period."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.data_watch import DataWatch
from astro_nav.safety.hold import Hold, fade, stand
from astro_nav.safety.motion_limits import compute_limit_scale
from astro_nav.safety.outline import Outline
from astro_nav.safety.sweep import Sweep, sweep_arc
from astro_nav.safety.tracking import Reference, TrajectoryTracker, find_error
from astro_nav.types import LimitedBy

# How far ahead a trajectory is asked what it is up to.
INTENT_S = 0.5

Twist = tuple[float, float]


@dataclass(frozen=True)
class Wish:
    """A wanted motion.

    Attributes:
        twist: wanted when the command takes effect.
        acceleration: how the twist changes, fed forward.
        outline_speed_mps: speed of the outline's fastest point under the twist.
        intended_mps: the fastest that it will be soon.
        make_sweep: the curve ahead for a given way of the outline, in the frame of the robot when the command takes effect.
    """

    twist: Twist
    acceleration: Twist
    outline_speed_mps: float
    intended_mps: float
    make_sweep: Callable[[float], Sweep] | None

    def scaled(self, scale: float) -> Wish:
        """The same motion, slower."""
        if scale >= 1.0:
            return self
        return self.quickened(scale)

    def quickened(self, factor: float) -> Wish:
        """The same motion at a multiple of its speed."""
        return replace(
            self,
            twist=(factor * self.twist[0], factor * self.twist[1]),
            acceleration=(factor * self.acceleration[0], factor * self.acceleration[1]),
            outline_speed_mps=factor * self.outline_speed_mps,
        )


NO_WISH = Wish((0.0, 0.0), (0.0, 0.0), 0.0, 0.0, None)


def wish_from_teleop(twist: Twist, outline: Outline, params: SafetyControllerParams) -> Wish:
    """A joystick's twist, which goes on along its arc."""
    speed = outline.compute_speed(*twist)
    spacing_m = params.check.spacing_m

    def make_sweep(travel_m: float) -> Sweep:
        return sweep_arc(twist[0], twist[1], speed, travel_m, spacing_m)

    return Wish(twist, (0.0, 0.0), speed, speed, make_sweep)


def wish_from_trajectory(twist: Twist, reference: Reference, tracker: TrajectoryTracker, outline: Outline) -> Wish:
    """The tracker's twist, which goes on along the trajectory's own curve."""
    course, time_s = tracker.course, tracker.time_s
    if course is None:
        return NO_WISH

    def make_sweep(travel_m: float) -> Sweep:
        return course.make_sweep(time_s, reference, travel_m)

    speed = outline.compute_speed(*twist)
    soon = course.find_reference(time_s + INTENT_S).twist
    return Wish(twist, reference.acceleration, speed, max(speed, outline.compute_speed(*soon)), make_sweep)


class WishDesk:
    """Decides whose wish counts now. A joystick goes before a trajectory; nobody asking means standing."""

    def __init__(self, params: SafetyControllerParams, outline: Outline, tracker: TrajectoryTracker, data: DataWatch) -> None:
        self._params = params
        self._outline = outline
        self._tracker = tracker
        self._data = data
        self._teleop: tuple[float, Twist] | None = None
        self.speed_limit_mps = math.inf
        self.tracking_error = (0.0, 0.0)

    def update_params(self, params: SafetyControllerParams) -> None:
        """Swap in new parameters."""
        self._params = params

    def set_teleop(self, twist: Twist, received_s: float) -> None:
        """Take a joystick's command."""
        self._teleop = (received_s, twist)

    def clear(self) -> None:
        """Forget the joystick."""
        self._teleop = None

    def choose_wish(
        self, pose_odom_base: tuple[float, float, float], now_s: float, effect_s: float, duration_s: float
    ) -> tuple[Wish, list[Hold]]:
        """Return what is asked for, within the robot's speed limits, and what is to be said against it.

        Args:
            pose_odom_base: the robot's pose at `effect_s`.
            now_s: the present time.
            effect_s: when the next command takes effect.
            duration_s: length of the period.
        """
        wish, holds = self._wish_by_teleop(now_s) or self._wish_by_trajectory(pose_odom_base, now_s, effect_s, duration_s)
        wish = wish.scaled(
            compute_limit_scale(wish.twist, self._params.robot.limits, self._params.robot.wheel_separation_m, math.inf)
        )
        limit_mps, wanted_mps = self.speed_limit_mps, abs(wish.twist[0])
        if wanted_mps > limit_mps:
            sentence = f"speed_limit allows {limit_mps:.2f} m/s of the wanted {wanted_mps:.2f} m/s"
            holds.append(Hold(LimitedBy.SPEED_LIMIT, limit_mps / wanted_mps, "speed_limit", lambda: sentence))
        return wish, holds

    def _wish_by_teleop(self, now_s: float) -> tuple[Wish, list[Hold]] | None:
        if self._teleop is None:
            return None
        age_s, watchdog = now_s - self._teleop[0], self._params.watchdog
        if age_s > watchdog.teleop_stop_after_s:
            self._teleop = None
            return None
        scale = fade(age_s, watchdog.teleop_slow_after_s, watchdog.teleop_stop_after_s)
        holds = []
        if scale < 1.0:
            holds.append(
                Hold(
                    LimitedBy.TRAJECTORY_AGE, scale, "cmd_vel_teleop", lambda: f"the joystick's last command is {age_s:.2f} s old"
                )
            )
        return wish_from_teleop(self._teleop[1], self._outline, self._params), holds

    def _wish_by_trajectory(
        self, pose: tuple[float, float, float], now_s: float, effect_s: float, duration_s: float
    ) -> tuple[Wish, list[Hold]]:
        tracker = self._tracker
        reference = tracker.find_reference(effect_s)
        newest = tracker.trajectory
        if reference is None or newest is None or tracker.course is None:
            return NO_WISH, [self._explain_no_trajectory(now_s)]
        holds = self._judge_trajectory_age(now_s - newest.stamp_s, now_s)
        if holds and holds[0].scale == 0.0:
            return NO_WISH, holds
        error_x, error_y, error_yaw = find_error(reference.pose_odom, pose)
        self.tracking_error = (math.hypot(error_x, error_y), abs(error_yaw))
        problem = self._find_tracking_problem(*self.tracking_error)
        if problem:
            return NO_WISH, [stand(LimitedBy.BAD_INPUT, "trajectory", problem)]
        still_moves = np.abs(newest.twists[-1]).max() > self._params.tracking.standing_speed_mps
        if tracker.time_s >= tracker.course.end_s and still_moves:
            sentence = "the trajectory has run out while it still moves: is the local planner alive?"
            return NO_WISH, [stand(LimitedBy.TRAJECTORY_AGE, "trajectory", sentence)]
        return wish_from_trajectory(tracker.correct(reference, pose, duration_s), reference, tracker, self._outline), holds

    def _judge_trajectory_age(self, age_s: float, now_s: float) -> list[Hold]:
        slow_s, stop_s = self._params.watchdog.trajectory_slow_after_s, self._params.watchdog.trajectory_stop_after_s
        scale = fade(age_s, slow_s, stop_s)
        if scale >= 1.0:
            return []
        refused = self._data.find_refusal("trajectory", now_s)
        sentence = (
            refused
            or f"the trajectory is {age_s:.2f} s old (slows after {slow_s:g} s, stands at {stop_s:g} s): "
            "is the local planner alive?"
        )
        return [Hold(LimitedBy.BAD_INPUT if refused else LimitedBy.TRAJECTORY_AGE, scale, "trajectory", lambda: sentence)]

    def _find_tracking_problem(self, off_m: float, off_rad: float) -> str:
        tracking = self._params.tracking
        if off_m <= tracking.max_error_m and off_rad <= tracking.max_error_rad:
            return ""
        return (
            f"the robot is {off_m:.2f} m and {off_rad:.2f} rad off its trajectory (limits {tracking.max_error_m:g} m, "
            f"{tracking.max_error_rad:g} rad): waiting for one from where it is"
        )

    def _explain_no_trajectory(self, now_s: float) -> Hold:
        refused = self._data.find_refusal("trajectory", now_s)
        if refused:
            return stand(LimitedBy.BAD_INPUT, "trajectory", refused)
        return stand(LimitedBy.NO_TRAJECTORY, "", "nobody asks for motion")
