"""Candidates from targets to costs, block by block, so that a block stays in the cache from rollout to score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.costs.clearance import measure_clearance
from astro_nav.kernels.costs.collision import CollisionWeights, score_collision
from astro_nav.kernels.costs.comfort import ComfortWeights, score_comfort
from astro_nav.kernels.costs.consistency import score_consistency
from astro_nav.kernels.costs.heading import score_heading
from astro_nav.kernels.costs.people import PeopleWeights, score_people
from astro_nav.kernels.costs.progress import Goal, ProgressWeights, score_progress
from astro_nav.kernels.costs.unseen import score_unseen
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK
from astro_nav.kernels.rollout import MotionLimits, PoseLaw, roll_out

# Rows of the cost array, in this order.
TERMS = ("progress", "harm", "people", "heading", "comfort", "consistency")


class Rollouts(NamedTuple):
    """States of all candidates after every step, each (T, K) float32; frame: the local frame of the scene."""

    x: np.ndarray
    y: np.ndarray
    cos: np.ndarray
    sin: np.ndarray
    v: np.ndarray
    omega: np.ndarray
    a: np.ndarray
    alpha: np.ndarray
    clearance: np.ndarray
    hazard: np.ndarray


class Scene(NamedTuple):
    """What candidates are judged in, the same for all of a cycle.

    Positions are relative to the corner of the local map, so that single precision holds wherever the robot is.
    """

    start: np.ndarray  # (8,) x, y, cos, sin, v, omega, a, alpha
    step: np.float32
    resolution: np.float32
    distance: np.ndarray  # (H, W)
    unknown: np.ndarray  # (H, W)
    cost_to_go: np.ndarray  # (H, W)
    goal: Goal
    goal_excess: np.ndarray  # (16, N, N), see kernels/goal_lattice.py
    goal_spacing: np.float32
    circles_x: np.ndarray  # (C,)
    circles_y: np.ndarray  # (C,)
    circle_radius: np.float32
    middle_x: np.float32
    half_x: np.float32
    half_y: np.float32
    contact_below: np.float32
    leeway: np.float32
    people_x: np.ndarray  # (M, T)
    people_y: np.ndarray
    people_vx: np.ndarray
    people_vy: np.ndarray
    people_variance: np.ndarray
    people_weight: np.ndarray
    people_radius: np.ndarray  # (M,)
    people_space: np.ndarray  # (M,)
    plan_x: np.ndarray  # (P,)
    plan_y: np.ndarray


class Weights(NamedTuple):
    """Everything that shapes motion and cost."""

    limits: MotionLimits
    law: PoseLaw
    collision: CollisionWeights
    people: PeopleWeights
    progress: ProgressWeights
    comfort: ComfortWeights
    heading: np.float32
    heading_fade: np.float32
    consistency: np.float32
    consistency_scale: np.float32
    unseen_forwards: np.float32
    unseen_backwards: np.float32


@kernel
def evaluate_candidates(targets, first, last, scene, weights, rollouts, costs, contact_step, least_clearance):
    """Roll out and score the candidates [first, last).

    Args:
        targets: (5, K) float32: x, y, cos, sin of the target pose and the signed top speed.
        first, last: which ones.
        scene, weights: see there.
        rollouts: filled for these candidates.
        costs: (len(TERMS), K) float32, filled [m].
        contact_step: (K,) int32, filled: T where the candidate touches nothing.
        least_clearance: (K,) float32, filled [m].
    """
    zero = np.float32(0.0)
    r = rollouts
    for begin in range(first, last, BLOCK):
        end = min(begin + BLOCK, last)
        roll_out(
            scene.start, targets[0], targets[1], targets[2], targets[3], targets[4], begin, end, weights.limits, weights.law,
            scene.step, r.x, r.y, r.cos, r.sin, r.v, r.omega, r.a, r.alpha,
        )  # fmt: skip
        measure_clearance(
            begin, end, r.x, r.y, r.cos, r.sin, scene.circles_x, scene.circles_y, scene.circle_radius, scene.distance,
            zero, zero, scene.resolution, r.clearance,
        )  # fmt: skip
        score_collision(
            begin, end, r.clearance, r.v, r.omega, scene.contact_below, scene.leeway, weights.collision, scene.step, r.hazard,
            contact_step, least_clearance,
        )  # fmt: skip
        score_unseen(
            begin, end, r.x, r.y, r.cos, r.sin, r.v, scene.unknown, zero, zero, scene.resolution, scene.middle_x,
            scene.half_x, weights.unseen_forwards, weights.unseen_backwards, r.hazard,
        )  # fmt: skip
        score_people(
            begin, end, r.x, r.y, r.cos, r.sin, r.v, scene.people_x, scene.people_y, scene.people_vx, scene.people_vy,
            scene.people_variance, scene.people_weight, scene.people_radius, scene.people_space, scene.middle_x, scene.half_x,
            scene.half_y, weights.people, scene.step, r.hazard, costs[2],
        )  # fmt: skip
        score_progress(
            begin, end, r.x, r.y, r.cos, r.sin, r.v, scene.start, scene.cost_to_go, zero, zero, scene.resolution, scene.goal,
            scene.goal_excess, scene.goal_spacing, r.hazard, contact_step, weights.progress, scene.step, costs[0], costs[1],
        )  # fmt: skip
        score_heading(
            begin, end, r.x, r.y, r.cos, r.sin, scene.cost_to_go, zero, zero, scene.resolution, scene.goal,
            weights.heading, weights.heading_fade, costs[3],
        )  # fmt: skip
        score_comfort(begin, end, r.v, r.omega, r.a, r.alpha, scene.start, weights.comfort, scene.step, costs[4])
        score_consistency(
            begin, end, r.x, r.y, scene.plan_x, scene.plan_y, weights.consistency, weights.consistency_scale, costs[5]
        )
