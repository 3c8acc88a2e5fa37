"""How much longer than necessary the robot took: SPL, its time analogue, the BARN score."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.types import FloatArray

# As the benchmark's README states it; see docs/metrics.md.
BARN_SPEED_MPS = 2.0
BARN_CLOCK_STARTS_M = 0.1
BARN_LIMIT_S = 100.0


def weigh_success(success: bool, least: float, taken: float) -> float | None:
    """`success * least / max(taken, least)`: 1 for the shortest way or time, 0 for failure; None when `least` is unknown.

    Source: P. Anderson et al., "On evaluation of embodied navigation agents", 2018, for lengths; for times A. Francis et al.,
    "Principles and guidelines for evaluating social robot navigation", 2023.
    """
    if not success:
        return 0.0
    if not math.isfinite(least):
        return None
    return 1.0 if taken <= least else least / taken


def compute_ideal_time(length_m: float, speed_mps: float, acceleration_mps2: float, deceleration_mps2: float) -> float:
    """Least time for a straight way from rest to rest [s]: full acceleration, top speed, full braking."""
    ramp_share = 0.5 / acceleration_mps2 + 0.5 / deceleration_mps2
    ramps_m = speed_mps**2 * ramp_share
    if length_m < ramps_m:
        return 2.0 * ramp_share * math.sqrt(length_m / ramp_share)
    return (length_m - ramps_m) / speed_mps + 2.0 * ramp_share * speed_mps


def compute_barn_score(success: bool, path_length_m: float, time_s: float) -> float:
    """Score of one run: success * OT / clip(AT, 2 OT, 8 OT), at most 0.5.

    Args:
        success: goal reached without any contact.
        path_length_m: length of the world's official path.
        time_s: AT, from the start of the clock.
    """
    optimal_s = path_length_m / BARN_SPEED_MPS
    if not success or time_s > BARN_LIMIT_S:
        return 0.0
    return optimal_s / min(max(time_s, 2.0 * optimal_s), 8.0 * optimal_s)


def find_clock_start(times_s: FloatArray, poses_map: FloatArray) -> float | None:
    """When the robot had moved 0.1 m from its first pose (N, 3), which starts the benchmark's clock; None for never."""
    moved_m = np.hypot(*(poses_map[:, :2] - poses_map[0, :2]).T)
    moments = np.flatnonzero(moved_m >= BARN_CLOCK_STARTS_M)
    return float(times_s[moments[0]]) if len(moments) else None
