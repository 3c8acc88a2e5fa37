"""Angles, counter-clockwise from +x."""

from __future__ import annotations

import numpy as np


def wrap_angle(angle_rad):
    """Wrap angles to (-pi, pi]. The one place where the stack wraps.

    Args:
        angle_rad: scalar or array of any shape [rad].

    Returns:
        float64 scalar or array of the same shape [rad].
    """
    return -np.remainder(np.pi - np.asarray(angle_rad, dtype=np.float64), 2.0 * np.pi) + np.pi
