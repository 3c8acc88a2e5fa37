"""Things that move by themselves near the robot: a person who steps in, a hand.

No tracking and no identities, only what two or three scans prove: a point where rays passed freely a moment ago has moved
in, and it cannot have come from nearer than the nearest thing seen then. That gives a velocity from the second scan on.
What came out of nowhere is assumed to come on, until the next scan can tell.

People are seen by their legs, which stand and swing in turn: one rests on the floor while the body goes on, the other is
twice as fast. So what moves side by side shares one velocity, the mean of its parts, and keeps it for a moment. Of that and
of what it seems to do right now the faster counts. And who has just been walking may take another step in any direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astro_nav.params.safety_controller import MotionParams
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.safety.places import PLACE_FREE, PLACE_HIDDEN
from astro_nav.types import FloatArray

if TYPE_CHECKING:
    from astro_nav.safety.view import View

# Slower than this is not worth being kept.
LEAST_SPEED_MPS = 0.05


@dataclass(frozen=True)
class Motion:
    """How the N points of a scan move.

    Attributes:
        velocities_odom: (N, 2) of each point, zero for what stands still [m/s].
        shared_odom: (N, 2) of the whole that a point is part of, zero where nothing is known of that [m/s].
        horizons_s: (N,) for how long after the scan a point may go on like that [s].
        restless_until_s: (N,) until when a point is taken for part of somebody who may step aside, -inf for never.
    """

    velocities_odom: FloatArray
    shared_odom: FloatArray
    horizons_s: FloatArray
    restless_until_s: FloatArray


@dataclass(frozen=True)
class _Part:
    """Neighbouring points that have moved in: a leg, a hand."""

    indices: np.ndarray
    middle: FloatArray
    measured: FloatArray | None


def make_rest(count: int, params: MotionParams) -> Motion:
    """Nothing moves."""
    return Motion(np.zeros((count, 2)), np.zeros((count, 2)), np.full(count, params.horizon_s), np.full(count, -np.inf))


def measure_motion(
    view: View, earlier: list[View], history: OdometryHistory, params: MotionParams, reaction_s: float
) -> Motion:
    """Find which points of a new scan have moved in, and how fast.

    Args:
        view: the new scan with its N hits in the order of the rays.
        earlier: views of the same lidar, the newest last.
        history: of the robot.
        params: what is believed.
        reaction_s: from a decision to brake until the wheels brake.
    """
    points_odom, stamp_s = view.points_odom, view.stamp_s
    motion = make_rest(len(points_odom), params)
    if not earlier or not len(points_odom):
        return motion
    oldest, newest = earlier[0], earlier[-1]
    elapsed_s = stamp_s - newest.stamp_s
    _keep_on(points_odom, newest, elapsed_s, motion, params)
    _keep_restless(points_odom, stamp_s, newest, motion, params)
    moved_in = _find_moved_in(view, earlier, history, params)
    parts = [
        _Part(indices, points_odom[indices].mean(axis=0), _estimate_velocity(points_odom[indices], stamp_s, oldest, newest, params))
        for indices in _split_into_things(points_odom, np.flatnonzero(moved_in), params)
    ]
    for part in parts:
        shared = _share_velocity(part, parts, newest, elapsed_s, params)
        if shared is None:
            motion.velocities_odom[part.indices] = _assume_oncoming(history, params)
            motion.horizons_s[part.indices] = min(elapsed_s + reaction_s + history.stopping_s, params.horizon_s)
            continue
        motion.shared_odom[part.indices] = shared
        if part.measured is not None and np.hypot(*part.measured) >= params.restless_from_mps:
            motion.restless_until_s[part.indices] = stamp_s + params.restless_s
        is_fast = part.measured is not None and np.hypot(*part.measured) > np.hypot(*shared)
        motion.velocities_odom[part.indices] = part.measured if is_fast else shared
    return motion


def _find_moved_in(view: View, earlier: list[View], history: OdometryHistory, params: MotionParams) -> np.ndarray:
    """(N,) bool: the first look that could see the place of a point saw it free.

    Not any look: past an edge, or along a wall, a place is seen free now and then that is not; what has moved in was not there
    from the first look on. And only after the looks were laid over each other, for slipping wheels turn odometry by
    degrees, by which every edge would seem to have moved.
    """
    points = view.points_odom
    moved_in = np.zeros(len(points), dtype=bool)
    unseen, ends = np.arange(len(points)), None
    for look in earlier:
        answers = look.judge_places(points[unseen], history, params.min_step_m, params.beside_m)
        if (answers == PLACE_FREE).any():
            ends = view.list_ends(history) if ends is None else ends
            turn = look.find_turn(ends, history)
            if turn:
                answers = look.judge_places(points[unseen], history, params.min_step_m, params.beside_m, turn)
        moved_in[unseen[answers == PLACE_FREE]] = True
        unseen = unseen[answers == PLACE_HIDDEN]
        if not len(unseen):
            break
    return moved_in


def _keep_on(points: FloatArray, newest: View, elapsed_s: float, motion: Motion, params: MotionParams) -> None:
    """What is where something moved a scan ago is taken to be that, and slows down unless it is seen to move."""
    shared = newest.motion.shared_odom
    moving = np.flatnonzero((shared * shared).sum(axis=1) > LEAST_SPEED_MPS**2)
    if not len(moving):
        return
    distances, nearest = _find_nearest(points, newest.points_odom[moving])
    near = distances <= params.gap_m
    kept = math.exp(-elapsed_s / params.memory_s) * shared[moving[nearest[near]]]
    motion.shared_odom[near] = kept
    motion.velocities_odom[near] = np.where(((kept * kept).sum(axis=1) > LEAST_SPEED_MPS**2)[:, None], kept, 0.0)


def _keep_restless(points: FloatArray, stamp_s: float, newest: View, motion: Motion, params: MotionParams) -> None:
    """What is where somebody was a scan ago is still they."""
    until_s = newest.motion.restless_until_s
    restless = np.flatnonzero(until_s > stamp_s)
    if len(restless):
        distances, nearest = _find_nearest(points, newest.points_odom[restless])
        near = distances <= params.gap_m
        motion.restless_until_s[near] = until_s[restless[nearest[near]]]


def _share_velocity(
    part: _Part, parts: list[_Part], newest: View, elapsed_s: float, params: MotionParams
) -> FloatArray | None:
    """Velocity (2,) of what a part belongs to: the mean of the parts beside it now, filtered; None when nothing is known."""
    together = [
        other.measured for other in parts if other.measured is not None and np.hypot(*(other.middle - part.middle)) <= params.stride_m
    ]
    before = _find_shared_before(part.middle, newest, params)
    if not together:
        return before
    mean = np.mean(together, axis=0)
    if before is None:
        return mean
    return mean + math.exp(-elapsed_s / params.memory_s) * (before - mean)


def _find_shared_before(middle: FloatArray, newest: View, params: MotionParams) -> FloatArray | None:
    """Mean velocity (2,) of what moved around a place a scan ago, None when nothing did."""
    shared = newest.motion.shared_odom
    offsets = newest.points_odom - middle
    near = ((offsets * offsets).sum(axis=1) <= params.stride_m**2) & shared.any(axis=1)
    return shared[near].mean(axis=0) if near.any() else None


def _assume_oncoming(history: OdometryHistory, params: MotionParams) -> FloatArray:
    """Velocity (2,) against the robot's way."""
    yaw = history.pose_odom_base[2]
    oncoming = -math.copysign(params.assumed_speed_mps, history.twist[0])
    return np.array([oncoming * math.cos(yaw), oncoming * math.sin(yaw)])


def _estimate_velocity(
    points: FloatArray, stamp_s: float, oldest: View, newest: View, params: MotionParams
) -> FloatArray | None:
    """Velocity (2,) of one thing, from the way to the nearest point that was there before; None when it came from nowhere.

    Over the longer span it is more exact, but what appeared and then stood still seems to move for as long as the span.
    So the shorter span, give or take the lidar's noise, bounds it.
    """
    recent = _measure_velocity(points, newest, stamp_s - newest.stamp_s, params)
    if recent is None:
        return None
    longer = _measure_velocity(points, oldest, stamp_s - oldest.stamp_s, params)
    velocity = recent if longer is None else longer
    bound = min(float(np.hypot(*recent)) + params.speed_noise_mps, params.max_speed_mps)
    return velocity * min(1.0, bound / max(float(np.hypot(*velocity)), 1e-9))


def _measure_velocity(points: FloatArray, view: View, elapsed_s: float, params: MotionParams) -> FloatArray | None:
    """Mean way from the nearest earlier points over the time since then; None when nothing was near enough to have come from."""
    distances, nearest = _find_nearest(points, view.points_odom)
    near = distances <= params.max_speed_mps * elapsed_s
    return (points[near] - view.points_odom[nearest[near]]).mean(axis=0) / elapsed_s if near.any() else None


def _find_nearest(points: FloatArray, others: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Distance (N,) of each point from the nearest of the others, inf when there are none, and which one that is (N,)."""
    if not len(others):
        return np.full(len(points), np.inf), np.zeros(len(points), dtype=np.int64)
    offset_x = points[:, None, 0] - others[None, :, 0]
    offset_y = points[:, None, 1] - others[None, :, 1]
    squares = offset_x * offset_x + offset_y * offset_y
    nearest = np.argmin(squares, axis=1)
    return np.sqrt(squares[np.arange(len(points)), nearest]), nearest


def _split_into_things(points: FloatArray, indices: np.ndarray, params: MotionParams) -> list[np.ndarray]:
    """Group neighbouring points; lone ones are noise."""
    if len(indices) < params.min_points:
        return []
    steps = np.diff(points[indices], axis=0)
    breaks = np.flatnonzero(np.hypot(steps[:, 0], steps[:, 1]) > params.gap_m) + 1
    return [group for group in np.split(indices, breaks) if len(group) >= params.min_points]
