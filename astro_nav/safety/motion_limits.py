"""Keeping commands within what the robot can do and what is pleasant."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from astro_nav.params.robot import LimitParams

Twist = tuple[float, float]

# Time constant with which the command closes on its target once jerk and acceleration allow.
APPROACH_S = 0.06
# Discrete braking needs a little more way than the continuous formula; a share of the jerk is kept back for it.
JERK_SHARE = 0.85
# In a joint stop each of the two keeps at least this share of its limits, lest noise on it never end.
MIN_STOP_SHARE = 0.1
ROUNDING = 1e-6


def compute_limit_scale(twist: Twist, limits: LimitParams, wheel_separation_m: float, speed_limit_mps: float) -> float:
    """Largest factor <= 1 by which a twist meets every speed limit without leaving its curve.

    Args:
        twist: (speed, turn rate).
        limits: of the robot.
        wheel_separation_m: between the wheels.
        speed_limit_mps: a further limit on the speed, inf for none.
    """
    speed, turn_rate = twist
    fastest = min(limits.max_speed_mps if speed >= 0.0 else limits.max_reverse_speed_mps, speed_limit_mps)
    scale = 1.0
    if abs(speed) > fastest:
        scale = fastest / abs(speed)
    if abs(turn_rate) > limits.max_turn_rate_radps:
        scale = min(scale, limits.max_turn_rate_radps / abs(turn_rate))
    wheel_speed = abs(speed) + 0.5 * wheel_separation_m * abs(turn_rate)
    if wheel_speed > limits.max_wheel_speed_mps:
        scale = min(scale, limits.max_wheel_speed_mps / wheel_speed)
    return scale


class MotionLimiter:
    """Follows wanted twists within the comfortable limits of acceleration and jerk.

    Speed and turn rate are limited each on its own, so a trajectory that keeps the limits passes unchanged and without
    delay (its acceleration is fed forward). A stop is limited jointly: both reach zero together, and the robot stays on
    its curve.

    Speed limits are approached, not run into: the rate fades out with the allowed jerk before a limit is reached, and so
    it does before standstill while nobody asks for the other direction.

    Args:
        limits: of the robot.
        wheel_separation_m: between the wheels, whose speed limit couples speed and turn rate.
    """

    def __init__(self, limits: LimitParams, wheel_separation_m: float) -> None:
        self._limits = limits
        self._half_separation_m = 0.5 * wheel_separation_m
        self.twist: Twist = (0.0, 0.0)
        self.acceleration: Twist = (0.0, 0.0)
        # Fixed when a stop begins: shares that followed the remaining speeds would make the last centimetres tremble.
        self._stop_shares: Twist | None = None

    def restart(self, twist: Twist) -> None:
        """Go on from a twist that the robot has, e.g. after a gap."""
        self.twist, self.acceleration = twist, (0.0, 0.0)

    def propose(self, target: Twist, target_acceleration: Twist, duration_s: float) -> Twist:
        """The twist nearest to the target after `duration_s`; nothing is changed until `commit`."""
        limits = self._limits
        acc, dec = limits.max_acceleration_mps2, limits.max_deceleration_mps2
        turn_acc, jerk, turn_jerk = limits.max_turn_acceleration_radps2, limits.max_jerk_mps3, limits.max_turn_jerk_radps3
        if target == (0.0, 0.0):
            share_v, share_w = self._stop_shares or self._share_stop()
            acc, dec, turn_acc = acc * share_v, dec * share_v, turn_acc * share_w
            # One time for building up and fading out: both fall along curves of one shape.
            build_up_s = max(limits.max_deceleration_mps2 / jerk, limits.max_turn_acceleration_radps2 / turn_jerk)
            jerk, turn_jerk = dec / build_up_s, turn_acc / build_up_s
        stopping = target == (0.0, 0.0)
        span = _Span(-limits.max_turn_rate_radps, limits.max_turn_rate_radps, limits.max_turn_jerk_radps3)
        if stopping:
            span = span.keep_side(self.twist[1])
        turn_rate = _approach(
            self.twist[1], self.acceleration[1], target[1], target_acceleration[1], turn_acc, turn_acc, turn_jerk, duration_s, span
        )
        forward = self.twist[0] > 0.0 or (self.twist[0] == 0.0 and target[0] >= 0.0)
        up, down = (acc, dec) if forward else (dec, acc)
        # Wheels on the outside of a turn are faster than the robot.
        wheel_mps = limits.max_wheel_speed_mps - self._half_separation_m * max(abs(turn_rate), abs(target[1]))
        span = _Span(
            -min(limits.max_reverse_speed_mps, wheel_mps), min(limits.max_speed_mps, wheel_mps), limits.max_jerk_mps3, stopping
        )
        if target[0] * self.twist[0] >= 0.0:
            span = span.keep_side(self.twist[0] or target[0])
        speed = _approach(
            self.twist[0], self.acceleration[0], target[0], target_acceleration[0], up, down, jerk, duration_s, span
        )
        return speed, turn_rate

    def is_comfortable(self, twist: Twist, duration_s: float) -> bool:
        """Whether going on with this twist keeps the limits of acceleration and jerk."""
        if duration_s <= 0.0:
            return twist == self.twist
        limits = self._limits
        rates = ((twist[0] - self.twist[0]) / duration_s, (twist[1] - self.twist[1]) / duration_s)
        most_v = max(limits.max_acceleration_mps2, limits.max_deceleration_mps2)
        return (
            abs(rates[0]) <= most_v + ROUNDING
            and abs(rates[1]) <= limits.max_turn_acceleration_radps2 + ROUNDING
            and abs(rates[0] - self.acceleration[0]) <= limits.max_jerk_mps3 * duration_s + ROUNDING
            and abs(rates[1] - self.acceleration[1]) <= limits.max_turn_jerk_radps3 * duration_s + ROUNDING
        )

    def _share_stop(self) -> Twist:
        """Shares of the limits with which speed and turn rate reach zero together."""
        limits = self._limits
        stop_v = abs(self.twist[0]) / limits.max_deceleration_mps2 + abs(self.acceleration[0]) / limits.max_jerk_mps3
        stop_w = abs(self.twist[1]) / limits.max_turn_acceleration_radps2
        stop_w += abs(self.acceleration[1]) / limits.max_turn_jerk_radps3
        longest = max(stop_v, stop_w)
        if longest == 0.0:
            return 1.0, 1.0
        return max(stop_v / longest, MIN_STOP_SHARE), max(stop_w / longest, MIN_STOP_SHARE)

    def brake(self, duration_s: float) -> Twist:
        """The twist after `duration_s` of emergency braking along the present curve."""
        speed, turn_rate = self.twist
        limits = self._limits
        stopping_s = max(
            abs(speed) / limits.emergency_deceleration_mps2, abs(turn_rate) / limits.emergency_turn_acceleration_radps2
        )
        share = 1.0 - duration_s / stopping_s if stopping_s > duration_s else 0.0
        return speed * share, turn_rate * share

    def clip_to_emergency(self, twist: Twist, duration_s: float) -> Twist:
        """The nearest twist to this one that emergency braking can reach; speeding up stays comfortable elsewhere."""
        limits = self._limits
        most_v = limits.emergency_deceleration_mps2 * duration_s
        most_w = limits.emergency_turn_acceleration_radps2 * duration_s
        return (
            min(max(twist[0], self.twist[0] - most_v), self.twist[0] + most_v),
            min(max(twist[1], self.twist[1] - most_w), self.twist[1] + most_w),
        )

    def commit(self, twist: Twist, duration_s: float, stopping: bool = False) -> None:
        """Take a twist as the one commanded now; `stopping` when its target is standstill."""
        self._stop_shares = (self._stop_shares or self._share_stop()) if stopping else None
        if duration_s > 0.0:
            limits = self._limits
            speed_change = (twist[0] - self.twist[0]) / duration_s
            turn_change = (twist[1] - self.twist[1]) / duration_s
            most_v = max(limits.max_acceleration_mps2, limits.max_deceleration_mps2)
            most_w = limits.max_turn_acceleration_radps2
            # After emergency braking the comfortable motion goes on from its own limits. What has come to rest is done with
            # slowing down in the next period: jerk allows as much to fade out in one, and no more.
            if stopping and twist[0] == 0.0:
                most_v = limits.max_jerk_mps3 * duration_s
            if stopping and twist[1] == 0.0:
                most_w = limits.max_turn_jerk_radps3 * duration_s
            self.acceleration = (min(max(speed_change, -most_v), most_v), min(max(turn_change, -most_w), most_w))
        self.twist = twist


@dataclass(frozen=True)
class _Span:
    """Values that are allowed, the jerk with which a rate fades out before their ends, and whether zero must not be crossed."""

    low: float
    high: float
    jerk: float
    ends_at_zero: bool = False

    def keep_side(self, value: float) -> _Span:
        """The part on this value's side of zero."""
        return replace(self, low=max(self.low, 0.0)) if value >= 0.0 else replace(self, high=min(self.high, 0.0))

    def bound_rate(self, value: float, rate: float, duration_s: float) -> float:
        """The nearest rate that can still fade out before the ends."""
        most = _find_fading_rate(max(self.high - value, 0.0), self.jerk, duration_s)
        least = -_find_fading_rate(max(value - self.low, 0.0), self.jerk, duration_s)
        return min(max(rate, least), most)


def _find_fading_rate(gap: float, jerk: float, duration_s: float) -> float:
    """Largest rate for one step, after which fading out with the jerk uses up no more than the gap."""
    step = 0.5 * JERK_SHARE * jerk * duration_s
    return math.sqrt(2.0 * JERK_SHARE * jerk * gap + step * step) - step


def _approach(
    value: float,
    rate: float,
    target: float,
    target_rate: float,
    up: float,
    down: float,
    jerk: float,
    duration_s: float,
    span: _Span,
) -> float:
    """One step of a value towards a moving target with bounded rate and bounded change of rate.

    Args:
        value, rate: where it is and how it changes.
        target, target_rate: where it should be at the end of the step and how that changes.
        up, down: largest rate upwards and downwards, > 0.
        jerk: largest change of the rate while it builds up; it fades out with the span's.
        duration_s: length of the step.
        span: values that are allowed.

    Returns:
        The value at the end of the step.
    """
    if duration_s <= 0.0:
        return value
    off = target - value - target_rate * duration_s
    closing = min(_find_fading_rate(abs(off), jerk, duration_s), abs(off) / APPROACH_S)
    wanted_rate = min(max(target_rate + math.copysign(closing, off), -down), up)
    wanted_rate = span.bound_rate(value, wanted_rate, duration_s)
    builds_up = wanted_rate * rate >= 0.0 and abs(wanted_rate) > abs(rate)
    change = (jerk if builds_up else span.jerk) * duration_s
    new_rate = min(max(wanted_rate, rate - change), rate + change)
    new_value = value + new_rate * duration_s
    # Within one step of the target: take it, if rate and jerk allow, both into this step and out of it.
    landing_rate = (target - value) / duration_s
    gentle = abs(landing_rate - rate) <= change and abs(landing_rate - target_rate) <= change
    if gentle and -down <= landing_rate <= up and landing_rate == span.bound_rate(value, landing_rate, duration_s):
        return target
    # A stop that has not faded out in time ends in standstill, never in motion the other way.
    if span.ends_at_zero and value * new_value < 0.0:
        return 0.0
    return new_value
