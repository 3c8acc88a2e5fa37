"""Several stages of search in the space of candidates; the best of everything evaluated wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astro_nav.kernels.evaluate import TERMS, Rollouts, Scene, Weights, evaluate_candidates, make_rollouts
from astro_nav.local_planning.sampling import (
    limit_candidates,
    list_seeds,
    sample_along_way,
    sample_around,
    sample_globally,
)
from astro_nav.params.local_planner import OptimizerParams
from astro_nav.types import Float32Array, FloatArray

MOST_SEEDS = 64


@dataclass(frozen=True)
class Optimum:
    """What a search found.

    Attributes:
        chosen: index of the best candidate.
        rejected: index of the best one that was not chosen, -1 when there was but one.
        count: candidates evaluated, the first `count` columns of every array.
        feasible: (count,) whether it certainly touches nothing.
        z: (4, count) candidates in the robot's frame, float64.
        costs: (len(TERMS), count) [m].
        totals: (count,) [m].
        least_clearance: (count,) [m].
        motion: states of the chosen one, (T, 1).
        roll_out: indices of candidates -> their states, (T, len(indices)); valid until the next search.
    """

    chosen: int
    rejected: int
    count: int
    feasible: np.ndarray
    z: FloatArray
    costs: Float32Array
    totals: Float32Array
    least_clearance: Float32Array
    motion: Rollouts
    roll_out: Callable[[np.ndarray], Rollouts]


class Optimizer:
    """Searches the space of candidates in stages: seeds and samples, then refinement around the best.

    Args:
        params: how many candidates, how spread.
        steps: states per candidate.
    """

    def __init__(self, params: OptimizerParams, steps: int) -> None:
        self.params = params
        capacity = (
            MOST_SEEDS
            + params.global_samples
            + params.guided_samples
            + params.refinement_rounds * params.refinement_samples
        )
        self._targets = np.zeros((5, capacity), dtype=np.float32)
        self._z = np.zeros((4, capacity))
        self._costs = np.zeros((len(TERMS), capacity), dtype=np.float32)
        self._totals = np.zeros(capacity, dtype=np.float32)
        self._contact_step = np.zeros(capacity, dtype=np.int32)
        self._least_clearance = np.zeros(capacity, dtype=np.float32)
        self._nothing_kept = make_rollouts(steps, 0)
        self._steps = steps
        self._count = 0

    def search(
        self,
        scene: Scene,
        weights: Weights,
        way_base: FloatArray,
        goal_base: FloatArray | None,
        previous_base: FloatArray | None,
        rng: np.random.Generator,
        time_left: Callable[[], bool],
    ) -> Optimum:
        """Find the best candidate.

        Args:
            scene: what candidates are judged in.
            weights: how.
            way_base: (G, 2) guidance in the robot's frame.
            goal_base: (3,) the goal in the robot's frame, None when it is outside the map.
            previous_base: (4,) the previous optimum in the robot's frame.
            rng: source of randomness.
            time_left: asked before every round of refinement.
        """
        params = self.params
        max_speed, max_reverse = float(weights.limits.max_speed), float(weights.limits.max_reverse_speed)
        self._count = 0
        first = [
            list_seeds(way_base, goal_base, previous_base, max_speed, max_reverse),
            sample_globally(params.global_samples, params.max_distance_m, max_speed, max_reverse, rng),
        ]
        if len(way_base):
            first.append(sample_along_way(params.guided_samples, way_base, max_speed, rng))
        self._scene, self._weights = scene, weights
        self._evaluate(np.concatenate(first))
        spread = params.spread * np.array([params.max_distance_m, params.max_distance_m, np.pi, max_speed])
        for _ in range(params.refinement_rounds):
            if not time_left():
                break
            elites = self._z[:, self._rank()[: params.elites]].T
            self._evaluate(sample_around(elites, params.refinement_samples, spread, rng))
            spread = spread * params.spread_decay
        return self._conclude()

    def search_stop(self, scene: Scene, weights: Weights) -> Optimum:
        """Evaluate the stop alone."""
        self._count = 0
        self._scene, self._weights = scene, weights
        self._evaluate(np.array([[0.5, 0.0, 0.0, 0.0]]))
        return self._conclude()

    def _evaluate(self, z: FloatArray) -> None:
        scene, limits = self._scene, self._weights.limits
        z = limit_candidates(z, self.params.max_distance_m, float(limits.max_speed), float(limits.max_reverse_speed))
        begin, end = self._count, self._count + len(z)
        x, y, cos, sin = (float(value) for value in scene.start[:4])
        self._z[:, begin:end] = z.T
        self._targets[0, begin:end] = x + cos * z[:, 0] - sin * z[:, 1]
        self._targets[1, begin:end] = y + sin * z[:, 0] + cos * z[:, 1]
        heading_cos, heading_sin = np.cos(z[:, 2]), np.sin(z[:, 2])
        self._targets[2, begin:end] = cos * heading_cos - sin * heading_sin
        self._targets[3, begin:end] = sin * heading_cos + cos * heading_sin
        self._targets[4, begin:end] = z[:, 3]
        evaluate_candidates(
            self._targets, begin, end, scene, self._weights, self._nothing_kept, self._costs, self._contact_step,
            self._least_clearance,
        )  # fmt: skip
        self._totals[begin:end] = self._costs[:, begin:end].sum(axis=0)
        self._count = end

    def _roll_out(self, indices: np.ndarray) -> Rollouts:
        """States of some of the candidates: to work them out again costs less than to keep those of all."""
        count = len(indices)
        targets, rollouts = np.ascontiguousarray(self._targets[:, indices]), make_rollouts(self._steps, count)
        costs, least = np.empty((len(TERMS), count), dtype=np.float32), np.empty(count, dtype=np.float32)
        contact_step = np.empty(count, dtype=np.int32)
        evaluate_candidates(targets, 0, count, self._scene, self._weights, rollouts, costs, contact_step, least)
        return rollouts

    def _rank(self) -> np.ndarray:
        """Indices from best to worst: without contact first, by cost; then those that touch latest."""
        contact = self._contact_step[: self._count]
        return np.lexsort((self._totals[: self._count], -contact))

    def _conclude(self) -> Optimum:
        order = self._rank()
        return Optimum(
            chosen=int(order[0]),
            rejected=int(order[1]) if len(order) > 1 else -1,
            count=self._count,
            feasible=self._contact_step[: self._count] >= self._steps,
            z=self._z[:, : self._count],
            costs=self._costs[:, : self._count],
            totals=self._totals[: self._count],
            least_clearance=self._least_clearance[: self._count],
            motion=self._roll_out(order[:1]),
            roll_out=self._roll_out,
        )
