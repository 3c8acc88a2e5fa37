"""What the screen told those who watch: whether it turned before the base did, and whether it moved calmly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.signal import savgol_filter

from astro_nav.evaluation.metrics.following import ON_TARGET_RAD
from astro_nav.evaluation.metrics.motion import POLYNOMIAL_ORDER, WINDOW_S, find_moving, measure_smoothness
from astro_nav.evaluation.scenario import EpisodeRecord, FollowOrder
from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray

TURN_RATE_RADPS = 0.1  # the base turns while it turns faster than this to one side
TURN_RAD = 0.35  # and has turned once it has turned so far: 20 degrees
PAN_RAD = 0.1  # the screen has announced a turn once it points so far to its side
ASKED_LEAD_S = 0.5
MAX_LEAD_S = 3.0  # what was shown earlier than this counts as this
SWING_RAD = 0.05  # smaller changes of direction are no reversals
CROSSING_S = 3.0  # robot and person cross when one is where the other was or will be within this time
STEP_S = 0.1  # between looks at these ways
GLANCE_S = 0.3  # who is looked at for so long has been looked at


@dataclass(frozen=True)
class Turn:
    """One turn of the base.

    Attributes:
        first, last: samples.
        side: +1 to the left, -1 to the right.
        lead_s: by how much the screen pointed to its side before; negative for one that came late.
    """

    first: int
    last: int
    side: int
    lead_s: float


def measure_screen(record: EpisodeRecord) -> dict[str, Any]:
    """Figures of the screen; nothing for a robot that has none. Leads only where the robot drives to goals: who follows looks at the person."""
    if not record.robot.screen.joint or not record.goals:
        return {}
    if not np.isfinite(record.screen_rad).all():
        # Through real processes nobody is asked where the screen looks: the same names, with nothing in them.
        still = replace(record, screen_rad=np.zeros(len(record.screen_rad)))
        return dict.fromkeys(measure_screen(still))
    span = record.times_s >= record.goals[0].ordered_s - 1e-9
    times_s, pan_rad = record.times_s[span], record.screen_rad[span]
    period_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    row: dict[str, Any] = measure_calmness(times_s, pan_rad, period_s)
    if not any(isinstance(order, FollowOrder) for order in record.scenario.orders):
        turns = find_turns(times_s, record.twists[span, 1], pan_rad)
        row |= describe_turns(turns, find_moving(record.twists[span]))
        row |= measure_glances(times_s, record.poses_map[span], pan_rad, record.people_map[span])
    return row


def find_turns(times_s: FloatArray, rates_radps: FloatArray, pan_rad: FloatArray) -> list[Turn]:
    """The base's turns, and when the screen had announced each.

    Args:
        times_s: (N,).
        rates_radps: (N,) true turn rate.
        pan_rad: (N,) true angle of the screen from straight ahead.
    """
    period_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    window = 2 * int(0.5 * WINDOW_S / period_s + 1e-9) + 1
    if len(times_s) < window:
        return []
    rates = savgol_filter(rates_radps, window, POLYNOMIAL_ORDER)
    sides = np.where(rates > TURN_RATE_RADPS, 1, np.where(rates < -TURN_RATE_RADPS, -1, 0))
    turns = []
    for first, last in _list_runs(sides):
        turned_rad = float(rates[first : last + 1].sum() * period_s)
        if abs(turned_rad) >= TURN_RAD:
            side = int(sides[first])
            turns.append(Turn(first, last, side, _find_lead(times_s, side * pan_rad, first, last)))
    return turns


def _find_lead(times_s: FloatArray, turned_rad: FloatArray, first: int, last: int) -> float:
    """From the moment at which the screen pointed to the turn's side for good, to the turn's beginning.

    Args:
        turned_rad: (N,) angle of the screen, positive to the side of the turn.
    """
    if turned_rad[first] >= PAN_RAD:
        before = np.flatnonzero(turned_rad[:first] < PAN_RAD)
        begun_s = times_s[before[-1] + 1] if len(before) else times_s[0]
        return float(min(times_s[first] - begun_s, MAX_LEAD_S))
    later = np.flatnonzero(turned_rad[first : last + 1] >= PAN_RAD)
    return float(times_s[first] - times_s[first + later[0] if len(later) else last])


def describe_turns(turns: list[Turn], is_moving: np.ndarray) -> dict[str, Any]:
    """Leads of the turns; those from rest apart, since nothing announces them but their order."""
    leads = [turn.lead_s for turn in turns]
    driving = [turn.lead_s for turn in turns if is_moving[max(turn.first - 15, 0)]]
    return {
        "turns": len(leads),
        "turns_announced": sum(lead_s >= ASKED_LEAD_S for lead_s in leads),
        "turns_while_driving": len(driving),
        "turns_while_driving_announced": sum(lead_s >= ASKED_LEAD_S for lead_s in driving),
        "screen_lead_s": float(np.median(leads)) if leads else None,
        "screen_lead_share": sum(lead_s >= ASKED_LEAD_S for lead_s in leads) / len(leads) if leads else None,
    }


def measure_calmness(times_s: FloatArray, pan_rad: FloatArray, period_s: float) -> dict[str, Any]:
    """How the joint moved: reversals, and peaks of speed, acceleration and jerk, through the filter that the base's motion passes."""
    if len(pan_rad) < 3:
        return {}
    speeds = np.gradient(pan_rad, times_s)
    smoothness = measure_smoothness(speeds, np.ones(len(speeds), dtype=np.bool_), period_s)
    minutes = max(float(times_s[-1] - times_s[0]), period_s) / 60.0
    reversals = count_swings(pan_rad)
    return {
        "screen_reversals": reversals,
        "screen_reversals_per_minute": reversals / minutes,
        "peak_screen_speed_radps": float(np.abs(speeds).max()),
        "peak_screen_acceleration_radps2": smoothness.peak_acceleration,
        "peak_screen_jerk_radps3": smoothness.peak_jerk,
    }


def count_swings(angles_rad: FloatArray) -> int:
    """Changes of direction of an angle (N,), each after a way of at least `SWING_RAD`."""
    lowest = highest = float(angles_rad[0])  # since the last change
    side = swings = 0
    for angle in angles_rad.tolist():
        lowest, highest = min(lowest, angle), max(highest, angle)
        if side <= 0 and angle - lowest >= SWING_RAD:
            turned = 1
        elif side >= 0 and highest - angle >= SWING_RAD:
            turned = -1
        else:
            continue
        swings += side != 0
        side, lowest, highest = turned, angle, angle
    return swings


def measure_glances(times_s: FloatArray, poses_map: FloatArray, pan_rad: FloatArray, people_map: FloatArray) -> dict[str, Any]:
    """How many of the people whose way the robot crossed it had looked at before.

    Args:
        times_s: (N,).
        poses_map: (N, 3).
        pan_rad: (N,).
        people_map: (N, M, 2), NaN where one is away.
    """
    period_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    crossings = glances = 0
    for person in range(people_map.shape[1]):
        places = people_map[:, person]
        bearing = np.arctan2(places[:, 1] - poses_map[:, 1], places[:, 0] - poses_map[:, 0])
        off_rad = np.abs(wrap_angle(bearing - poses_map[:, 2] - pan_rad))
        for first, last in _list_runs(_find_crossings(times_s, poses_map[:, :2], places).astype(np.int64)):
            crossings += 1
            looked = (off_rad[first : last + 1] <= ON_TARGET_RAD).astype(np.int64)
            glances += any(end - begin + 1 >= GLANCE_S / period_s for begin, end in _list_runs(looked))
    return {"crossings": crossings, "crossings_seen": glances, "glance_share": glances / crossings if crossings else None}


def _find_crossings(times_s: FloatArray, robot: FloatArray, person: FloatArray) -> np.ndarray:
    """(N,) whether within `CROSSING_S` the first of robot (N, 2) and person (N, 2) comes to where their ways cut each other."""
    every = max(1, round(STEP_S / float(np.median(np.diff(times_s))))) if len(times_s) > 1 else 1
    robot, person = robot[::every], person[::every]
    steps, count = round(CROSSING_S / STEP_S), len(robot) - 1
    crosses = np.zeros(len(robot), dtype=np.bool_)
    for lag in range(-steps, steps + 1):  # the person comes by so many steps after the robot
        first, last = max(0, -lag), min(count, count - lag)
        own, theirs = slice(first, max(last, first)), slice(first + lag, max(last, first) + lag)
        cuts = _cut(robot[:-1][own], robot[1:][own], person[:-1][theirs], person[1:][theirs])
        for at in (first + np.flatnonzero(cuts)).tolist():
            sooner = min(at, at + lag)
            crosses[max(sooner - steps, 0) : sooner + 1] = True
    return np.repeat(crosses, every)[: len(times_s)]


def _cut(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> np.ndarray:
    """Whether segments a-b and c-d (..., 2) properly cut each other; False for NaN."""

    def turn(p: FloatArray, q: FloatArray, r: FloatArray) -> FloatArray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    with np.errstate(invalid="ignore"):
        return (turn(a, b, c) * turn(a, b, d) < 0.0) & (turn(c, d, a) * turn(c, d, b) < 0.0)


def _list_runs(values: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of equal values (N,) that are not 0."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values, [0]])))
    return [(int(begin), int(end) - 1) for begin, end in zip(edges[:-1], edges[1:]) if values[begin] != 0]
