"""Two looks at every motion: along the wanted curve at the comfortable limits, and along the command's at the hard ones.

The first look slows the robot early and smoothly for what it will meet on its way. The second is the guarantee: whatever
is commanded now, braking as hard as possible one period later along the same curve ends before anything is touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.hold import Hold
from astro_nav.safety.near_map import NearPoints
from astro_nav.safety.outline import Outline
from astro_nav.safety.reporter import describe_side
from astro_nav.safety.sweep import CheckResult, MotionChecker, Surroundings, compute_braking, sweep_arc
from astro_nav.safety.wishes import Wish
from astro_nav.types import FloatArray, LimitedBy


NO_HOLD = Hold(LimitedBy.NOTHING, 1.0, "", str)


@dataclass(frozen=True)
class Finding:
    """What limits a motion.

    Attributes:
        scale: allowed share of the speed.
        allowed_mps: allowed speed of the outline's fastest point, inf when the way is free.
        point_odom: (2,) the point that limits, NaN when none does.
        contact_s: time until contact at the wanted speed, inf when never.
        make_hold: builds the reason for people, with the share of a wish that is allowed.
    """

    scale: float
    allowed_mps: float
    point_odom: FloatArray
    contact_s: float
    make_hold: Callable[[Wish], Hold]


class FinalCheck:
    """Looks around once a period and judges motions."""

    def __init__(self, params: SafetyControllerParams, outline: Outline) -> None:
        self._outline = outline
        self.update_params(params)
        empty = np.empty(0)
        self._around = Surroundings(empty, empty, empty, np.empty(0, dtype=np.int64), empty)
        self._points_odom = np.empty((0, 2))
        self._lateness_s = 0.0

    @property
    def point_count(self) -> int:
        """Number of points around."""
        return len(self._points_odom)

    def update_params(self, params: SafetyControllerParams) -> None:
        """Swap in new parameters."""
        self._params = params
        self._checker = MotionChecker(params.check, self._outline)

    def look_around(self, near: NearPoints, pose_odom_base: tuple[float, float, float], lateness_s: float) -> None:
        """Take the points of this period, and where the robot is when its next command takes effect."""
        self._points_odom = near.points_odom
        self._lateness_s = lateness_s
        self._around = self._checker.look_around(near.points_odom, near.origins, near.unseen_s, pose_odom_base)

    def check_ahead(self, wish: Wish) -> Finding:
        """Along the wanted curve, at the comfortable limits."""
        limits, share = self._params.robot.limits, self._params.check.comfort_share
        # Comfortable braking takes its time to build up; on average it is late by half of that.
        build_up_s = 0.5 * limits.max_deceleration_mps2 / limits.max_jerk_mps3
        return self._check(
            wish.twist, wish.outline_speed_mps, share * limits.max_deceleration_mps2, share * limits.max_turn_acceleration_radps2,
            self._params.check.reaction_s + build_up_s, 1.0, wish,
        )  # fmt: skip

    def check_command(self, twist: tuple[float, float], outline_speed_mps: float) -> Finding:
        """Along the command's own curve, at the emergency limits."""
        limits = self._params.robot.limits
        return self._check(
            twist, outline_speed_mps, limits.emergency_deceleration_mps2, limits.emergency_turn_acceleration_radps2,
            self._params.check.reaction_s, self._params.check.hard_share, None,
        )  # fmt: skip

    def _check(
        self,
        twist: tuple[float, float],
        speed_mps: float,
        deceleration: float,
        turn_deceleration: float,
        reaction_s: float,
        margin_share: float,
        wish: Wish | None,
    ) -> Finding:
        check = self._params.check
        braking = compute_braking(*twist, speed_mps, deceleration, turn_deceleration, reaction_s + self._lateness_s)
        travel_m = braking.compute_distance_m(speed_mps) + check.gap_m + check.spacing_m
        if wish is not None and wish.make_sweep is not None:
            sweep = wish.make_sweep(travel_m)
        else:
            sweep = sweep_arc(*twist, speed_mps, travel_m, check.spacing_m)
        limits = self._params.robot.limits
        stopping_s = max(abs(twist[0]) / limits.emergency_deceleration_mps2, abs(twist[1]) / limits.emergency_turn_acceleration_radps2)
        standing_in_s = self._params.reaction_s + self._lateness_s + stopping_s
        result = self._checker.check(self._around, sweep, speed_mps, braking, twist[0] < 0.0, margin_share, standing_in_s)
        return self._describe(result, speed_mps)

    def _describe(self, result: CheckResult, outline_speed_mps: float) -> Finding:
        scale = min(1.0, result.allowed_mps / outline_speed_mps)
        if result.point < 0:
            return Finding(scale, result.allowed_mps, np.full(2, np.nan), result.contact_s, lambda wish: NO_HOLD)
        around, point = self._around, self._points_odom[result.point]
        x, y = float(around.x_m[result.point]), float(around.y_m[result.point])
        clearance_m, is_real = max(float(around.clearances_m[result.point]), 0.0), bool(around.is_real[result.point])

        def make_hold(wish: Wish) -> Hold:
            share = min(1.0, result.allowed_mps / max(wish.outline_speed_mps, 1e-6))
            where = f"{describe_side(x, y)} at ({point[0]:.2f}, {point[1]:.2f}) in odom"

            def explain() -> str:
                if result.touching:
                    return f"something touches the robot {where}: only motion away from it is allowed"
                thing = "something is" if is_real else "something that moves will be"
                contact = f", contact in {result.contact_s:.1f} s" if math.isfinite(result.contact_s) else ""
                speed = abs(wish.twist[0])
                allowed = f"allowed {share * speed:.2f} of {speed:.2f} m/s" if speed >= 0.01 else f"turning at {100.0 * share:.0f} %"
                return f"{thing} {clearance_m:.2f} m from the outline {where}{contact}: {allowed}"

            return Hold(LimitedBy.CONTACT if result.touching else LimitedBy.OBSTACLE, share, "scan", explain)

        return Finding(scale, result.allowed_mps, point, result.contact_s, make_hold)
