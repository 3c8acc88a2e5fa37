"""How well a person was followed."""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import EpisodeRecord, FollowOrder
from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray

REACHED_M = 0.3  # the distance counts from when it was once right within this
MISTAKEN_M = 0.8  # whom the stack believes farther away than this from where they are, it takes somebody else for
LOST_S = 3.0  # a person who was not tracked for so long was lost
ON_TARGET_RAD = 0.2  # the screen looks at somebody whom it points at within this


def measure_following(record: EpisodeRecord) -> dict[str, Any]:
    """Figures of an episode in which a person is followed; nothing for other episodes."""
    order = next((order for order in record.scenario.orders if isinstance(order, FollowOrder)), None)
    if order is None or not record.goals:
        return {}
    names = sorted(person.name for person in record.scenario.world.people)
    span = record.times_s >= record.goals[0].ordered_s
    person = record.people_map[span, names.index(order.person)]
    return measure_leash(
        record.times_s[span], record.poses_map[span], record.screen_rad[span], person, record.followed_map[span],
        order.distance_m or float(record.scenario.facts["distance_m"]),
    )  # fmt: skip


def measure_leash(
    times_s: FloatArray, poses_map: FloatArray, screen_rad: FloatArray, person_map: FloatArray, followed_map: FloatArray, distance_m: float
) -> dict[str, Any]:
    """Figures of one person followed from the first to the last row.

    Args:
        times_s: (N,).
        poses_map: (N, 3) of the robot.
        screen_rad: (N,) its screen.
        person_map: (N, 2) where the person is.
        followed_map: (N, 2) where the stack believes them to be, NaN for nowhere.
        distance_m: to keep.
    """
    steps = np.hypot(*np.diff(person_map, axis=0).T)
    away = np.hypot(*(person_map - poses_map[:, :2]).T)
    errors = away - distance_m
    reached = np.flatnonzero(np.abs(errors) <= REACHED_M)
    errors = errors[reached[0] :] if len(reached) else errors
    is_tracked = np.hypot(*(followed_map - person_map).T) <= MISTAKEN_M  # False for NaN
    bearing = np.arctan2(person_map[:, 1] - poses_map[:, 1], person_map[:, 0] - poses_map[:, 0])
    off_rad = np.abs(wrap_angle(bearing - poses_map[:, 2] - screen_rad))
    # Until they were found for the first time nobody could be lost.
    first = int(np.argmax(is_tracked)) if is_tracked.any() else 0
    lost = count_losses(times_s[first:], is_tracked[first:])
    walked_m = float(np.nansum(steps))
    return {
        "follow_distance_error_m": float(np.sqrt(np.mean(errors**2))),
        "follow_too_far_m": float(np.percentile(errors, 95)),
        "follow_too_near_m": float(-np.percentile(errors, 5)),
        "follow_lost": lost,
        "follow_lost_per_100_m": 100.0 * lost / walked_m if walked_m > 0.0 else None,
        "follow_tracked": float(np.mean(is_tracked[first:])),
        "follow_walked_m": walked_m,
        "follow_on_target": float(np.mean(off_rad[first:] <= ON_TARGET_RAD)),
    }


def count_losses(times_s: FloatArray, is_tracked: np.ndarray) -> int:
    """How often somebody was not tracked for `LOST_S` or longer."""
    change = np.diff(np.concatenate([[True], is_tracked, [True]]).astype(np.int8))
    begins, ends = np.flatnonzero(change < 0), np.flatnonzero(change > 0)
    last = len(times_s) - 1
    return int(sum(times_s[min(end, last)] - times_s[begin] >= LOST_S for begin, end in zip(begins, ends)))
