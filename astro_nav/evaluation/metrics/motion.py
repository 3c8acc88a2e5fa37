"""Smoothness of executed motion: accelerations, jerks, stops, reversals, unnecessary turning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import savgol_filter

from astro_nav.types import FloatArray

# Savitzky-Golay on the true twists: a cubic over 0.3 s, so that the physics' chatter of contact between wheel and floor does
# not count as jerk of the body, while a jerk-limited ramp of 0.15 s still does.
WINDOW_S = 0.3
POLYNOMIAL_ORDER = 3
# A robot moves above the first pair and rests below the second; between them it goes on with what it did.
MOVING_SPEED_MPS, MOVING_RATE_RADPS = 0.1, 0.2
REST_SPEED_MPS, REST_RATE_RADPS = 0.02, 0.05
DIRECTION_SPEED_MPS = 0.05  # forwards above it, backwards below minus it


@dataclass(frozen=True)
class Smoothness:
    """Means over the time in which the robot moves, and peaks; None for a robot that never moved."""

    mean_acceleration: float | None
    peak_acceleration: float | None
    mean_jerk: float | None
    peak_jerk: float | None


def measure_smoothness(speeds: FloatArray, is_moving: np.ndarray, period_s: float) -> Smoothness:
    """Acceleration and jerk of a speed.

    Source: A. Savitzky, M. Golay, "Smoothing and differentiation of data by simplified least squares procedures", 1964.

    Args:
        speeds: (N,) [m/s] or [rad/s], every `period_s`.
        is_moving: (N,) bool, which samples the means are over.
        period_s: between samples.
    """
    window = 2 * int(0.5 * WINDOW_S / period_s + 1e-9) + 1  # 15 samples at 50 Hz
    if not is_moving.any() or len(speeds) < window:
        return Smoothness(None, None, None, None)
    slopes = [
        np.abs(savgol_filter(speeds, window, POLYNOMIAL_ORDER, deriv=order, delta=period_s)) for order in (1, 2)
    ]
    figures = [float(figure) for slope in slopes for figure in (slope[is_moving].mean(), slope.max())]
    return Smoothness(*figures)


def find_moving(twists: FloatArray) -> np.ndarray:
    """Whether the robot moves (N,), with hysteresis; twists (N, 2). It rests at first."""
    speed, rate = np.abs(twists[:, 0]), np.abs(twists[:, 1])
    begins = (speed > MOVING_SPEED_MPS) | (rate > MOVING_RATE_RADPS)
    rests = (speed < REST_SPEED_MPS) & (rate < REST_RATE_RADPS)
    return _hold(np.where(begins, 1, np.where(rests, 0, -1)), 0).astype(np.bool_)


def count_stops(times_s: FloatArray, is_moving: np.ndarray, arrivals_s: list[float]) -> int:
    """Times that the robot came to rest on its way.

    Args:
        times_s, is_moving: (N,).
        arrivals_s: when a goal was reached; to stand still then is no stop.
    """
    changes = np.flatnonzero(np.diff(is_moving.astype(np.int8)))
    stops = 0
    for place, index in enumerate(changes):
        if is_moving[index + 1]:
            continue
        until_s = times_s[changes[place + 1] + 1] if place + 1 < len(changes) else times_s[-1]
        # An arrival is noticed up to a cycle of the stack before or after the robot rests by these thresholds.
        from_s = times_s[index + 1] - 0.5
        stops += not any(from_s <= arrival_s <= until_s + 1e-9 for arrival_s in arrivals_s)
    return stops


def count_reversals(speeds_mps: FloatArray) -> int:
    """Changes between driving forwards and backwards, with hysteresis; speeds (N,)."""
    signs = np.where(speeds_mps > DIRECTION_SPEED_MPS, 1, np.where(speeds_mps < -DIRECTION_SPEED_MPS, -1, 0))
    driven = signs[signs != 0]
    return int(np.count_nonzero(np.diff(driven)))


def measure_length(poses_map: FloatArray) -> float:
    """Way that base_link went [m]; poses (N, 3)."""
    return float(np.hypot(*np.diff(poses_map[:, :2], axis=0).T).sum())


def _hold(states: np.ndarray, first: int) -> np.ndarray:
    """Replace -1 by the state before; before any state it is `first`."""
    places = np.where(states >= 0, np.arange(len(states)), -1)
    last = np.maximum.accumulate(places) if len(places) else places
    return np.where(last >= 0, states[np.maximum(last, 0)], first)
