"""Small scenes for tests of the local planner's kernels."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels import evaluate
from astro_nav.kernels.evaluate import Rollouts
from astro_nav.kernels.rollout import MotionLimits, PoseLaw, roll_out
from astro_nav.local_planning.weights import make_weights
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams

STEP_S = 0.1
STEPS = 30


def load_weights(changes=None):
    return make_weights(load_params(LocalPlannerParams, "local_planner", changes=changes), None)


def make_rollouts(count: int, steps: int = STEPS) -> Rollouts:
    return evaluate.make_rollouts(steps, count)


def draw_targets(count: int, rng: np.random.Generator) -> np.ndarray:
    """(5, K) targets around the origin: x, y, cos, sin, signed speed."""
    distance, bearing = rng.uniform(0.0, 4.0, count), rng.uniform(-np.pi, np.pi, count)
    heading = rng.uniform(-np.pi, np.pi, count)
    speed = rng.uniform(-0.25, 1.0, count)
    rows = [distance * np.cos(bearing), distance * np.sin(bearing), np.cos(heading), np.sin(heading), speed]
    return np.array(rows, dtype=np.float32)


def make_start(x=0.0, y=0.0, yaw=0.0, v=0.0, omega=0.0, a=0.0, alpha=0.0) -> np.ndarray:
    return np.array([x, y, np.cos(yaw), np.sin(yaw), v, omega, a, alpha], dtype=np.float32)


def roll_out_all(start, targets, limits: MotionLimits, law: PoseLaw, steps: int = STEPS) -> Rollouts:
    rollouts = make_rollouts(targets.shape[1], steps)
    r = rollouts
    for first in range(0, targets.shape[1], 64):
        last = min(first + 64, targets.shape[1])
        roll_out(
            start, *targets, first, last, limits, law, np.float32(STEP_S),
            r.x, r.y, r.cos, r.sin, r.v, r.omega, r.a, r.alpha,
        )  # fmt: skip
    return rollouts
