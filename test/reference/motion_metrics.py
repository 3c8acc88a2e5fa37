"""Metrics of executed motion in plain loops, written from their definitions."""

from __future__ import annotations

import math


def count_stops(speeds, rates) -> int:
    """Stops by the stated hysteresis: moves above 0.1 m/s or 0.2 rad/s, rests below 0.02 m/s and 0.05 rad/s."""
    moving, stops = False, 0
    for speed, rate in zip(speeds, rates):
        if abs(speed) > 0.1 or abs(rate) > 0.2:
            moving = True
        elif abs(speed) < 0.02 and abs(rate) < 0.05:
            stops += moving
            moving = False
    return stops


def count_reversals(speeds) -> int:
    """Changes of direction beyond 0.05 m/s."""
    direction, reversals = 0, 0
    for speed in speeds:
        if abs(speed) > 0.05:
            new = 1 if speed > 0 else -1
            reversals += direction not in (0, new)
            direction = new
    return reversals


def differentiate(values, period_s, window, order):
    """First or second derivative of the least-squares cubic through each window; None where a window does not fit."""
    half, derivatives = window // 2, []
    for middle in range(len(values)):
        if middle < half or middle + half >= len(values):
            derivatives.append(None)
            continue
        # Normal equations of a cubic about the middle, solved by Gauss elimination.
        moments = [sum((k * period_s) ** p for k in range(-half, half + 1)) for p in range(7)]
        right = [sum(values[middle + k] * (k * period_s) ** p for k in range(-half, half + 1)) for p in range(4)]
        rows = [[moments[i + j] for j in range(4)] + [right[i]] for i in range(4)]
        for i in range(4):
            for j in range(i + 1, 4):
                factor = rows[j][i] / rows[i][i]
                rows[j] = [b - factor * a for a, b in zip(rows[i], rows[j])]
        solution = [0.0] * 4
        for i in reversed(range(4)):
            solution[i] = (rows[i][4] - sum(rows[i][j] * solution[j] for j in range(i + 1, 4))) / rows[i][i]
        derivatives.append(solution[1] if order == 1 else 2.0 * solution[2])
    return derivatives


def find_time_to_collision(place, velocity, radius, half_length, half_width, horizon_s=10.0, step_s=0.001):
    """Time until a disc touches a rectangle about the origin, in small steps; None for never."""
    for step in range(int(horizon_s / step_s)):
        x, y = (place[axis] + step * step_s * velocity[axis] for axis in (0, 1))
        distance = math.hypot(max(abs(x) - half_length, 0.0), max(abs(y) - half_width, 0.0))
        if distance <= radius:
            return step * step_s
    return None


def drive_straight(length_m, top_mps, speed_up_mps2, brake_mps2, step_s=1e-4) -> float:
    """Time of a bang-bang drive from rest to rest, in small steps."""
    place, speed, time_s = 0.0, 0.0, 0.0
    while place < length_m:
        if speed**2 / (2.0 * brake_mps2) >= length_m - place:
            speed = max(speed - brake_mps2 * step_s, 1e-3)
        else:
            speed = min(speed + speed_up_mps2 * step_s, top_mps)
        place += speed * step_s
        time_s += step_s
    return time_s
