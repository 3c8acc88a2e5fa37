"""A goal as the page sends it."""

from __future__ import annotations

import json
import math

import numpy as np

from astro_nav.errors import GoalError
from astro_nav.types import FloatArray

MAX_DISTANCE_M = 10_000.0
KEYS = ("x", "y", "yaw")


def read_goal(body: bytes) -> FloatArray:
    """Read `{"x": m, "y": m, "yaw": rad}`, in the map.

    Returns:
        (3,) the goal.

    Raises:
        GoalError: with a sentence for people.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GoalError('the goal is no JSON: {"x": 1.5, "y": 2.0, "yaw": 0.0} is expected, in m and rad') from error
    if not isinstance(content, dict) or set(content) != set(KEYS):
        raise GoalError(f'the goal must have {", ".join(KEYS)} and nothing else: {{"x": 1.5, "y": 2.0, "yaw": 0.0}}, in m and rad')
    values = []
    for key in KEYS:
        value = content[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise GoalError(f"the goal's {key} = {json.dumps(value)[:40]} is no number")
        bound = MAX_DISTANCE_M if key != "yaw" else 1000.0
        if not -bound <= value <= bound:  # also of NaN, and of whole numbers beyond any float
            text = f"{value:g}" if isinstance(value, float) else str(value)[:40] if abs(value) < 10**40 else "a huge number"
            raise GoalError(f"the goal's {key} = {text} is out of bounds: -{bound:g} to {bound:g} {'rad' if key == 'yaw' else 'm'}")
        values.append(float(value))
    values[2] = math.remainder(values[2], 2.0 * math.pi)
    return np.array(values)
