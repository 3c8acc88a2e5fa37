"""Legibility, leads, swings and crossings in plain loops, written from the definitions in docs/metrics.md."""

from __future__ import annotations

import math


def infer_legibility(places, gazes, goals, times, with_gaze) -> float:
    """Legibility in an empty room, where every shortest way is a straight line.

    Args:
        places: of the robot, (x, y) at every time.
        gazes: where the screen looks at every time, None in its place for the way alone.
        goals: (x, y), the true one first.
        times: of the samples; the drive ends `times[-1]`.
    """
    weighted = weights = 0.0
    for place, gaze, time in zip(places, gazes, times):
        chances = []
        for goal in goals:
            left = math.hypot(goal[0] - place[0], goal[1] - place[1])
            whole = math.hypot(goal[0] - places[0][0], goal[1] - places[0][1])
            chance = math.exp(-left) / math.exp(-whole)
            if with_gaze:
                bearing = math.atan2(goal[1] - place[1], goal[0] - place[0])
                chance *= math.exp(2.0 * math.cos(gaze - bearing))
            chances.append(chance)
        weight = times[-1] - time
        weighted += weight * chances[0] / sum(chances)
        weights += weight
    return weighted / weights


def find_lead(times, pan, side, begin) -> float | None:
    """How long before sample `begin` the screen has pointed to `side` without a break; None when it does not at `begin`."""
    if side * pan[begin] < 0.1:
        return None
    first = begin
    while first > 0 and side * pan[first - 1] >= 0.1:
        first -= 1
    return min(times[begin] - times[first], 3.0)


def count_swings(angles) -> int:
    """Changes of direction, found as turning points: a later sample is 0.05 back from the extreme since the last one."""
    swings, direction = 0, 0
    last = 0  # sample of the last turning point
    place = 0
    while place < len(angles):
        since = angles[last : place + 1]
        up, down = angles[place] - min(since), max(since) - angles[place]
        if up >= 0.05 and direction != 1:
            swings += direction == -1
            direction, last = 1, place
        elif down >= 0.05 and direction != -1:
            swings += direction == 1
            direction, last = -1, place
        place += 1
    return swings


def find_crossing_moments(robot, person, steps):
    """Moments from which the first of both is within `steps` steps of where their ways cut each other, no more than `steps` apart."""

    def cut(a, b, c, d):
        def side(p, q, r):
            return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

        return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0

    moments = [False] * len(robot)
    for i in range(len(robot) - 1):
        for j in range(len(robot) - 1):
            if abs(i - j) <= steps and cut(robot[i], robot[i + 1], person[j], person[j + 1]):
                for now in range(len(robot)):
                    moments[now] |= 0 <= min(i, j) - now <= steps
    return moments
