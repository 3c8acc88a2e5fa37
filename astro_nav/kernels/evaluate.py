"""Candidates from targets to costs, block by block and step by step, so that a step stays in the cache from rollout to score."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from astro_nav.kernels.costs.clearance import find_clearance
from astro_nav.kernels.costs.collision import CollisionWeights, score_collision
from astro_nav.kernels.costs.comfort import ComfortWeights, score_comfort
from astro_nav.kernels.costs.consistency import score_consistency
from astro_nav.kernels.costs.heading import score_heading
from astro_nav.kernels.costs.people import PeopleWeights, score_people
from astro_nav.kernels.costs.progress import (
    Goal,
    ProgressWeights,
    find_cost_to_go,
    score_progress,
    start_progress,
)
from astro_nav.kernels.costs.unseen import score_unseen
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import (
    ADDED,
    BEFORE_A,
    BEFORE_ALPHA,
    BLOCK,
    CLEARANCE,
    COMFORT,
    CONTACT,
    CROWDING,
    DEPARTURE,
    HARM,
    HAZARD,
    LEAST,
    REMAINING,
    copy_from_lanes,
    fill_lanes,
    make_lanes,
)
from astro_nav.kernels.rollout import MotionLimits, PoseLaw, advance_lanes, keep_state, start_lanes

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


def make_rollouts(steps: int, count: int) -> Rollouts:
    """Room for the states of `count` candidates."""
    return Rollouts(*(np.zeros((steps, count), dtype=np.float32) for _ in Rollouts._fields))


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
        rollouts: filled for these candidates; without columns, of shape (T, 0), nothing is kept: writing all states takes a
            third as long as working them out.
        costs: (len(TERMS), K) float32, filled [m].
        contact_step: (K,) int32, filled: T where the candidate touches nothing.
        least_clearance: (K,) float32, filled [m].
    """
    lanes, cells = make_lanes()
    steps, keeps = rollouts.x.shape
    for begin in range(first, last, BLOCK):
        width = min(BLOCK, last - begin)
        start_lanes(scene.start, targets[0], targets[1], targets[2], targets[3], targets[4], begin, width, lanes)
        _start_scores(lanes, cells, scene, weights, steps)
        for t in range(steps):
            advance_lanes(lanes, weights.limits, weights.law, scene.step)
            _score_step(lanes, cells, t, scene, weights, steps)
            if keeps > 0:
                _keep_step(lanes, t, begin, width, rollouts)
        _keep_scores(lanes, cells, begin, width, scene, weights, costs, contact_step, least_clearance)


@kernel(fast=True)
def _start_scores(lanes, cells, scene, weights, steps):
    """Begin everything that comes together over the steps."""
    zero = np.float32(0.0)
    fill_lanes(lanes, BEFORE_A, scene.start[6])
    fill_lanes(lanes, BEFORE_ALPHA, scene.start[7])
    fill_lanes(lanes, LEAST, np.float32(1e6))
    fill_lanes(lanes, CONTACT, np.float32(steps))
    fill_lanes(lanes, CROWDING, zero)
    fill_lanes(lanes, COMFORT, zero)
    fill_lanes(lanes, DEPARTURE, zero)
    find_cost_to_go(
        lanes, cells, scene.cost_to_go, zero, zero, np.float32(1.0) / scene.resolution, scene.goal, scene.goal_excess,
        scene.goal_spacing, weights.progress,
    )  # fmt: skip
    start_progress(lanes)


@kernel(fast=True)
def _score_step(lanes, cells, t, scene, weights, steps):
    """Judge the states after step t."""
    zero, one, now = np.float32(0.0), np.float32(1.0), np.float32(t)
    find_clearance(
        lanes, cells, scene.circles_x, scene.circles_y, scene.circle_radius, scene.distance, zero, zero, scene.resolution
    )
    score_collision(lanes, now, scene.contact_below, scene.leeway, weights.collision)
    score_unseen(
        lanes, cells, scene.unknown, zero, zero, scene.resolution, scene.middle_x, scene.half_x, weights.unseen_forwards,
        weights.unseen_backwards,
    )  # fmt: skip
    score_people(
        lanes, t, scene.people_x, scene.people_y, scene.people_vx, scene.people_vy, scene.people_variance,
        scene.people_weight, scene.people_radius, scene.people_space, scene.middle_x, scene.half_x, scene.half_y,
        weights.people, scene.step,
    )  # fmt: skip
    find_cost_to_go(
        lanes, cells, scene.cost_to_go, zero, zero, one / scene.resolution, scene.goal, scene.goal_excess,
        scene.goal_spacing, weights.progress,
    )  # fmt: skip
    score_progress(lanes, now, one - weights.progress.urgency * now / np.float32(steps), weights.progress, scene.step)
    score_comfort(lanes, weights.comfort, scene.step)
    score_consistency(lanes, t, scene.plan_x, scene.plan_y, weights.consistency, weights.consistency_scale)


@kernel(fast=True)
def _keep_step(lanes, t, first, width, r):
    """Write what is known of step t into the rollouts."""
    keep_state(lanes, t, first, width, r.x, r.y, r.cos, r.sin, r.v, r.omega, r.a, r.alpha)
    copy_from_lanes(lanes, CLEARANCE, r.clearance[t], first, width)
    copy_from_lanes(lanes, HAZARD, r.hazard[t], first, width)


@kernel(fast=True)
def _keep_scores(lanes, cells, first, width, scene, weights, costs, contact_step, least_clearance):
    """Write what came together over all steps, and judge the last state."""
    zero = np.float32(0.0)
    score_heading(
        lanes, cells, scene.cost_to_go, zero, zero, scene.resolution, scene.goal, weights.heading, weights.heading_fade, ADDED
    )
    copy_from_lanes(lanes, REMAINING, costs[0], first, width)
    copy_from_lanes(lanes, HARM, costs[1], first, width)
    copy_from_lanes(lanes, CROWDING, costs[2], first, width)
    copy_from_lanes(lanes, ADDED, costs[3], first, width)
    copy_from_lanes(lanes, COMFORT, costs[4], first, width)
    copy_from_lanes(lanes, DEPARTURE, costs[5], first, width)
    copy_from_lanes(lanes, LEAST, least_clearance, first, width)
    for lane in range(width):
        contact_step[first + lane] = np.int32(lanes[CONTACT + lane])
