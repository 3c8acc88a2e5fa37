"""Plain-loop oracles of kernels/peers: one candidate, double precision, written from the definitions."""

from __future__ import annotations

import math

from reference.rollout import next_rate, peak, wrap


def drive_one(start, wanted, limits, step, steps):
    """States (x, y, yaw, v, omega, a, alpha) after every step of wanted velocities [(v, omega), ...]."""
    x, y, yaw, v, omega, a, alpha = start
    slack = step * step / 8.0
    states = []
    for t in range(steps):
        want_v, want_omega = wanted[min(t, len(wanted) - 1)]
        wheel = limits.max_wheel_speed - (limits.jerk + limits.turn_jerk * limits.half_separation) * slack
        room = max(wheel - limits.half_separation * peak(omega, alpha, limits.turn_jerk), 0.0)
        fastest = min(limits.max_speed - limits.jerk * slack, room)
        slowest = -min(max(limits.max_reverse_speed - limits.jerk * slack, 0.0), room)
        top = min(max(want_v, slowest), fastest)
        spare = max(wheel - max(peak(v, a, limits.jerk), abs(top)), 0.0) / limits.half_separation
        most = min(limits.max_turn_rate - limits.turn_jerk * slack, spare)
        a = next_rate(v, a, top, limits.acceleration, limits.deceleration, limits.jerk, step)
        alpha = next_rate(
            omega, alpha, max(-most, min(most, want_omega)), limits.turn_acceleration, limits.turn_acceleration, limits.turn_jerk, step
        )
        mean_v, mean_omega = v + 0.5 * a * step, omega + 0.5 * alpha * step
        middle = yaw + 0.5 * mean_omega * step
        half = 0.5 * mean_omega * step
        chord = mean_v * step * (math.sin(half) / half if abs(half) > 1e-9 else 1.0)
        x, y, yaw = x + chord * math.cos(middle), y + chord * math.sin(middle), wrap(yaw + mean_omega * step)
        v, omega = v + a * step, omega + alpha * step
        states.append((x, y, yaw, v, omega, a, alpha))
    return states


def measure_path_distance(x, y, path):
    """Distance of a point from a polyline [(x, y), ...]."""
    best = math.hypot(x - path[0][0], y - path[0][1])
    for (ax, ay), (bx, by) in zip(path, path[1:]):
        square = (bx - ax) ** 2 + (by - ay) ** 2
        share = 0.0 if square == 0.0 else max(0.0, min(1.0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / square))
        best = min(best, math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay)))
    return best


def interpolate(field, resolution, x, y):
    """Bilinear value of a field whose samples are the middles of its cells, held at its edge."""
    rows, columns = field.shape
    row, column = (max(0.0, min(n - 1.001, p / resolution - 0.5)) for p, n in ((y, rows), (x, columns)))
    i, j = int(row), int(column)
    up, right = row - i, column - j
    return (
        (1 - up) * (1 - right) * field[i, j] + (1 - up) * right * field[i, j + 1]
        + up * (1 - right) * field[i + 1, j] + up * right * field[i + 1, j + 1]
    )  # fmt: skip


def decay(z):
    """The stand-in for exp(-z) that the costs use; see kernels/approximations.py."""
    return 1.0 / (1.0 + z + z**2 / 2.0 + z**3 / 6.0 + z**4 / 24.0)


def measure_clearance(pose, circles, radius, field, resolution):
    """Least distance of the footprint's circles at a pose (x, y, yaw) from what the field measures."""
    x, y, yaw = pose
    cos, sin = math.cos(yaw), math.sin(yaw)
    return min(interpolate(field, resolution, x + cos * cx - sin * cy, y + sin * cx + cos * cy) for cx, cy in circles) - radius


def find_reached(state, path):
    """Index of the path's point nearest to a state, the first of equals."""
    return min(range(len(path)), key=lambda i: (path[i][0] - state[0]) ** 2 + (path[i][1] - state[1]) ** 2)


def score_path_integral(states, clearances, wanted, controls, scene, weights, limits, furthest, offsets):
    """Cost of one candidate.

    Args:
        states: (x, y, yaw, v, ...) after every step.
        clearances: one per state.
        wanted, controls: [(v, omega), ...] of the candidate and of the sequence that it is a noisy copy of.
        scene: dict of path [(x, y)], spacing, free [bool], goal (x, y, yaw), start (x, y).
        weights, limits: objects with the fields of the kernels' tuples.
        furthest: index of the path's point that any candidate reaches.
        offsets: (align_from, follow, angle, stride).
    """
    align_from, follow, angle, stride = offsets
    path, steps = scene["path"], len(states)
    cost = 0.0
    for state, room, want, control in zip(states, clearances, wanted, controls):
        cost += weights.gamma_v * control[0] * (want[0] - control[0]) + weights.gamma_omega * control[1] * (want[1] - control[1])
        wheel = abs(want[0]) + limits.half_separation * abs(want[1])
        cost += weights.constraint * max(wheel - limits.max_wheel_speed, 0.0) / steps
        cost += weights.prefer_forward * max(-state[3], 0.0) / steps
        near = decay(weights.inflation * max(room, 0.0)) + (weights.critical if room < weights.critical_below else 0.0)
        cost += weights.obstacle * near / steps
        goal = scene["goal"]
        cost += weights.goal * math.hypot(goal[0] - state[0], goal[1] - state[1]) / steps
        cost += weights.goal_angle * abs(wrap(goal[2] - state[2])) / steps
    x, y, yaw = states[-1][:3]
    towards = min(furthest + follow, len(path) - 1)
    while towards < len(path) - 1 and not scene["free"][towards]:
        towards += 1
    cost += weights.path_follow * math.hypot(path[towards][0] - x, path[towards][1] - y)
    facing = path[min(furthest + angle, len(path) - 1)]
    cost += weights.path_angle * abs(wrap(math.atan2(facing[1] - y, facing[0] - x) - yaw))
    if furthest < align_from:
        return cost
    length, before, away = 0.0, scene["start"], []
    for state in states[stride - 1 :: stride]:
        length += math.hypot(state[0] - before[0], state[1] - before[1])
        before = state
        index = min(int(length / scene["spacing"] + 0.5), len(path) - 1)
        if scene["free"][index]:
            away.append(math.hypot(path[index][0] - state[0], path[index][1] - state[1]))
    return cost + (weights.path_align * sum(away) / len(away) if away else 0.0)
