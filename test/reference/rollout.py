"""Plain-loop oracle of kernels/rollout.py: one candidate, double precision, written from the equations."""

from __future__ import annotations

import math


def wrap(angle: float) -> float:
    return math.atan2(math.sin(angle), math.cos(angle))


def next_rate(value, rate, wanted, up, down, jerk, step):
    goal = wanted if value * wanted >= 0.0 or abs(value) < 1e-5 else 0.0
    missing = goal - value
    growing = missing * goal > 0.0
    most = up if growing else down
    # Largest a with a * step + (a - jerk * step) * step + ... <= |missing|, for whole numbers of steps.
    stoppable = jerk * (math.sqrt(0.25 * step * step + 2.0 * abs(missing) / jerk) - 0.5 * step)
    target = math.copysign(min(stoppable, abs(missing) / step, most), missing)
    return max(rate - jerk * step, min(rate + jerk * step, target))


def peak(value, rate, jerk):
    return abs(value + rate * abs(rate) / (2.0 * jerk))


def roll_out_one(start, target, speed, limits, law, step, steps):
    """Roll out one candidate.

    Args:
        start: (x, y, yaw, v, omega, a, alpha).
        target: (x, y, yaw).
        speed: signed top speed.
        limits, law: objects with the fields of MotionLimits and PoseLaw.
        step, steps: seconds per step, number of steps.

    Returns:
        list of (x, y, yaw, v, omega, a, alpha), one per step.
    """
    x, y, yaw, v, omega, a, alpha = start
    slack = step * step / 8.0
    states = []
    for _ in range(steps):
        backwards = speed < 0.0
        heading = wrap(yaw + math.pi) if backwards else yaw
        goal_heading = wrap(target[2] + math.pi) if backwards else target[2]
        r = math.hypot(target[0] - x, target[1] - y)
        sight = math.atan2(target[1] - y, target[0] - x) if r > 1e-6 else 0.0
        theta, delta = wrap(goal_heading - sight), wrap(heading - sight)
        # ICRA 2011, equation 13 over v: the curvature of the pose-following law.
        kappa = -(
            law.k2 * (delta - math.atan(-law.k1 * theta)) + (1.0 + law.k1 / (1.0 + (law.k1 * theta) ** 2)) * math.sin(delta)
        ) / max(r, 0.02)
        kappa = max(-law.max_curvature, min(law.max_curvature, kappa))
        near = law.turn_radius**2 / (law.turn_radius**2 + r * r)
        b = law.arrival_deceleration * law.arrival_time
        arrival = b * (math.sqrt(1.0 + 2.0 * r / (b * law.arrival_time)) - 1.0)
        top = min(abs(speed), arrival) * (1.0 - near) / math.sqrt(1.0 + law.beta * kappa * kappa)
        max_turn = limits.max_turn_rate - limits.turn_jerk * slack
        top = min(top, max_turn / (abs(kappa) + 1e-3))
        ceiling = limits.max_reverse_speed if backwards else limits.max_speed
        top = min(top, max(ceiling - limits.jerk * slack, 0.0))
        wheel = limits.max_wheel_speed - (limits.jerk + limits.turn_jerk * limits.half_separation) * slack
        top = min(top, max(wheel - limits.half_separation * peak(omega, alpha, limits.turn_jerk), 0.0))
        turning = kappa * top + near * law.turn_gain * wrap(goal_heading - heading) * min(abs(speed) * 10.0, 1.0)
        turn_ceiling = min(max_turn, max(wheel - max(peak(v, a, limits.jerk), top), 0.0) / limits.half_separation)
        turning = max(-turn_ceiling, min(turn_ceiling, turning))
        a = next_rate(v, a, -top if backwards else top, limits.acceleration, limits.deceleration, limits.jerk, step)
        alpha = next_rate(
            omega, alpha, turning, limits.turn_acceleration, limits.turn_acceleration, limits.turn_jerk, step
        )
        mean_v, mean_omega = v + 0.5 * a * step, omega + 0.5 * alpha * step
        v, omega = v + a * step, omega + alpha * step
        turned = mean_omega * step
        chord = mean_v * step * (math.sin(0.5 * turned) / (0.5 * turned) if abs(turned) > 1e-9 else 1.0)
        x, y = x + chord * math.cos(yaw + 0.5 * turned), y + chord * math.sin(yaw + 0.5 * turned)
        yaw = wrap(yaw + turned)
        states.append((x, y, yaw, v, omega, a, alpha))
    return states
