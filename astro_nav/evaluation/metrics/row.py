"""One episode as a row of figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from astro_nav.evaluation.metrics import efficiency, following, legibility, motion, people, predictions, screen, surprise
from astro_nav.evaluation.scenario import EpisodeRecord, GoalRow
from astro_nav.types import FloatArray

KINDS = ("wall", "object", "door", "person")
Row = dict[str, Any]


def measure_episode(record: EpisodeRecord) -> Row:
    """Measure what was executed.

    Returns:
        Names of figures, and facts of the episode; None for a figure that does not apply. Every value can be written as JSON.
    """
    span = record.times_s >= min((goal.ordered_s for goal in record.goals), default=record.times_s[0]) - 1e-9
    row: Row = {
        **_describe_outcome(record),
        **_measure_goals(record),
        **_measure_surroundings(record, span),
        **_measure_motion(record, span),
        **following.measure_following(record),
        **surprise.measure_surprise(record),
        **screen.measure_screen(record),
        **legibility.measure_legibility(record),
        "predictions": predictions.count_kept_promises(record.forecasts, record.times_s, record.people_map),
        "barn_score": _measure_barn(record),
        "candidates_per_cycle": _finite(record.candidates.mean()) if len(record.candidates) else None,
        "simulated_s": _finite(record.times_s[-1]),
        "facts": dict(record.scenario.facts),
        **_measure_timing(record),
    }
    return row


def describe_crash(suite: str, seed: int, planner: str, error: str) -> Row:
    """The row of an episode that could not be run to its end.

    Args:
        error: what ended it; its last line is the sentence that is shown.
    """
    sentence = error.strip().splitlines()[-1] if error.strip() else "unknown error"
    row: Row = dict(suite=suite, seed=seed, planner=planner, success=False, timed_out=False, outcome="crashed")
    row |= dict(message=sentence, error=error, spl=0.0, stl=0.0)
    return row | ({"barn_score": 0.0} if suite == "barn" else {})


def _describe_outcome(record: EpisodeRecord) -> Row:
    contacts = record.contacts
    by_robot = sum(contact.by_robot for contact in contacts)
    outcome = "contact" if by_robot else "success" if record.success else "timeout" if record.timed_out else "failed"
    message = next((goal.message for goal in record.goals if goal.message and not goal.replaced), "")
    if first := next((contact for contact in contacts if contact.by_robot), None):
        message = f"moved into {first.name or first.kind} ({first.kind}) at {first.time_s:.2f} s with {first.speed_mps:.2f} m/s"
    row: Row = {
        "suite": record.scenario.suite,
        "seed": record.scenario.seed,
        "planner": record.planner,
        "success": record.success,
        "timed_out": record.timed_out,
        "outcome": outcome,
        "message": message,
        "error": record.error,
        "has_contact": by_robot > 0,
        "contacts_by_robot": by_robot,
        "contacts_by_others": len(contacts) - by_robot,
    }
    for kind in KINDS:
        alike = [contact for contact in contacts if contact.kind == kind]
        row[f"contacts_{kind}_by_robot"] = sum(contact.by_robot for contact in alike)
        row[f"contacts_{kind}_by_others"] = sum(not contact.by_robot for contact in alike)
    return row


def _measure_goals(record: EpisodeRecord) -> Row:
    """SPL, STL, time, length, irregularity and the last pose, over the goals that no other replaced."""
    goals = [goal for goal in record.goals if not goal.replaced]
    spans = [_find_span(record, goal) for goal in goals]
    driven_m = sum(motion.measure_length(record.poses_map[span]) for span in spans)
    taken_s = sum(goal.ended_s - goal.ordered_s for goal in goals)
    least_m, given_m = sum(goal.planned_length_m for goal in goals), record.scenario.shortest_path_m
    if given_m is not None:
        least_m = given_m
    limits = record.reference_robot.limits
    lengths = [given_m] if given_m is not None else [goal.planned_length_m for goal in goals]
    least_s = sum(
        efficiency.compute_ideal_time(
            length_m, limits.max_speed_mps, limits.max_acceleration_mps2, limits.max_deceleration_mps2
        )
        for length_m in lengths
    )
    return {
        "spl": efficiency.weigh_success(record.success, least_m, driven_m),
        "stl": efficiency.weigh_success(record.success, least_s, taken_s),
        "time_to_goal_s": _finite(taken_s) if record.success else None,
        "path_length_m": _finite(driven_m),
        "shortest_path_m": _finite(least_m),
        "path_irregularity_radpm": _measure_irregularity(record, goals),
        "final_position_error_m": _finite(goals[-1].position_error_m) if goals else None,
        "final_heading_error_rad": _finite(goals[-1].heading_error_rad) if goals else None,
    }


def _measure_irregularity(record: EpisodeRecord, goals: list[GoalRow]) -> float | None:
    """Turning beyond what the shortest ways to the reached goals need, per metre driven.

    Source: J. Guzzi, A. Giusti, L. Gambardella, G. Theraulaz, G. Di Caro, "Human-friendly robot navigation in dynamic
    environments", ICRA 2013.
    """
    turned_rad, needed_rad, driven_m = 0.0, 0.0, 0.0
    for goal in goals:
        if goal.reached and math.isfinite(goal.planned_turning_rad):
            span = _find_span(record, goal)
            rates, times = np.abs(record.twists[span, 1]), record.times_s[span]
            turned_rad += float((0.5 * (rates[1:] + rates[:-1]) * np.diff(times)).sum())
            needed_rad += goal.planned_turning_rad
            driven_m += motion.measure_length(record.poses_map[span])
    return max(turned_rad - needed_rad, 0.0) / driven_m if driven_m > efficiency.BARN_CLOCK_STARTS_M else None


def _measure_surroundings(record: EpisodeRecord, span: np.ndarray) -> Row:
    clearances, distances = record.clearances_m[span], record.people_distances_m[span]
    footprint = record.robot.footprint
    time_to_collision_s = people.measure_time_to_collision(
        record.times_s[span], record.poses_map[span], record.twists[span, 0], record.people_map[span],
        record.people_radii_m, footprint,
    )  # fmt: skip
    return {
        "min_clearance_m": _finite(clearances.min()),
        "mean_clearance_m": _finite(clearances.mean()),
        "min_people_distance_m": _finite(distances.min()),
        "min_time_to_collision_s": time_to_collision_s,
        "personal_space_045": people.measure_compliance(distances, 0.45),
        "personal_space_100": people.measure_compliance(distances, 1.0),
    }


def _measure_motion(record: EpisodeRecord, span: np.ndarray) -> Row:
    times, twists = record.times_s[span], record.twists[span]
    period_s = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    is_moving = motion.find_moving(twists)
    row: Row = {}
    for name, unit, column in (("linear", "m", 0), ("angular", "rad", 1)):
        smoothness = motion.measure_smoothness(twists[:, column], is_moving, period_s)
        row[f"mean_{name}_acceleration_{unit}ps2"] = smoothness.mean_acceleration
        row[f"peak_{name}_acceleration_{unit}ps2"] = smoothness.peak_acceleration
        row[f"mean_{name}_jerk_{unit}ps3"] = smoothness.mean_jerk
        row[f"peak_{name}_jerk_{unit}ps3"] = smoothness.peak_jerk
    arrivals = [goal.ended_s for goal in record.goals if goal.reached]
    return row | {
        "stops": motion.count_stops(times, is_moving, arrivals),
        "reversals": motion.count_reversals(twists[:, 0]),
        "time_to_first_motion_s": _finite(times[is_moving.argmax()] - times[0]) if is_moving.any() else None,
    }


def _measure_barn(record: EpisodeRecord) -> float | None:
    scenario = record.scenario
    if scenario.suite != "barn" or scenario.shortest_path_m is None:
        return None
    started_s = efficiency.find_clock_start(record.times_s, record.poses_map)
    success = record.success and not record.contacts and started_s is not None
    time_s = record.times_s[-1] - (started_s or 0.0)
    return efficiency.compute_barn_score(success, scenario.shortest_path_m, float(time_s))


def _measure_timing(record: EpisodeRecord) -> Mapping[str, float | None]:
    cycle_ms = 1e3 * record.cycle_s
    known = len(cycle_ms) > 0
    return {
        "cycle_ms_p50": float(np.percentile(cycle_ms, 50)) if known else None,
        "cycle_ms_p99": float(np.percentile(cycle_ms, 99)) if known else None,
        "cycle_ms_max": float(cycle_ms.max()) if known else None,
        "realtime_factor": float(record.times_s[-1] / record.wall_s) if record.wall_s > 0.0 else None,
        "wall_s": record.wall_s,
    }


def _find_span(record: EpisodeRecord, goal: GoalRow) -> np.ndarray:
    return (record.times_s >= goal.ordered_s - 1e-9) & (record.times_s <= goal.ended_s + 1e-9)


def _finite(value: float | FloatArray) -> float | None:
    """A number that JSON knows; None for what does not apply."""
    value = float(value)
    return value if math.isfinite(value) else None
