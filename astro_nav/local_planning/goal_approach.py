"""What obstacles around the goal mean for the way to its pose; searched anew a few times a second."""

from __future__ import annotations

import numpy as np

from astro_nav.kernels.costs.progress import Goal, ProgressWeights
from astro_nav.kernels.goal_lattice import (
    BUCKET,
    HEADINGS,
    LatticeWeights,
    measure_excess,
    measure_lattice_clearance,
    measure_plain_distances,
)
from astro_nav.local_planning.pose_clearance import measure_pose_clearance
from astro_nav.params.local_planner import ApproachParams
from astro_nav.types import Float32Array, FloatArray, LocalGrid

IMPROVEMENTS = 8  # how often the cost of a pose is improved at the most, on average

FAR_M = 1e5  # costs beyond mean that there is no way

single = np.float32


class GoalApproach:
    """Keeps the excess of the lattice of poses around the goal up to date.

    Args:
        params: of the lattice.
        circles: middles x and y (C,) and radius of the circles that cover the footprint.
        turn_reach_m: how far the outline moves per radian of turning.
    """

    def __init__(
        self, params: ApproachParams, circles: tuple[Float32Array, Float32Array, np.float32], turn_reach_m: float
    ) -> None:
        self.params = params
        self._circles, self._turn_reach_m = circles, turn_reach_m
        size = 2 * int(np.ceil(params.reach_m / params.spacing_m)) + 1
        shape = (HEADINGS, size, size)
        self._clearance = np.zeros(shape, dtype=np.float32)
        self._plain = np.zeros(shape, dtype=np.float32)
        self._plain_weights: ProgressWeights | None = None  # those that the plain distances were measured with
        self._price = np.zeros(shape, dtype=np.float32)
        self._cost = np.zeros(shape, dtype=np.float32)
        self._excess = np.zeros(shape, dtype=np.float32)
        self._queue = [np.zeros(IMPROVEMENTS * self._cost.size, dtype=np.int32) for _ in range(2)]
        self._buckets = np.zeros(int(params.longest_way_m / BUCKET), dtype=np.int32)
        self._goal_odom: FloatArray | None = None
        self._age = 0
        self._less_m = 0.0  # by which the margin is smaller, so that ways are found at all

    @property
    def spacing(self) -> np.float32:
        """Of the lattice [m]."""
        return single(self.params.spacing_m)

    def forget(self) -> Float32Array:
        """Nothing is added to the distance: there is no goal in the map."""
        if self._goal_odom is not None:
            self._excess.fill(0.0)
            self._goal_odom = None
        return self._excess

    def update(self, goal_odom: FloatArray, goal: Goal, grid: LocalGrid, margin_m: float, weights: ProgressWeights) -> Float32Array:
        """Excess (16, N, N) around a goal, from this cycle's map or that of a few cycles ago.

        Args:
            goal_odom: (3,) the goal.
            goal: the same relative to the map's corner.
            grid: the local map.
            margin_m: clearance that no motion goes below.
            weights: of the distance between poses.
        """
        known = self._goal_odom is not None and np.hypot(*(goal_odom - self._goal_odom)[:2]) < 0.5 * self.params.spacing_m
        known = known and abs(np.sin(0.5 * (goal_odom[2] - self._goal_odom[2]))) < 0.05
        self._age += 1
        if known and self._age < self.params.period_cycles:
            return self._excess
        self._goal_odom, self._age = goal_odom.copy(), 0
        at_goal = measure_pose_clearance(goal.x, goal.y, goal.cos, goal.sin, self._circles, grid)
        if at_goal <= 0.0:
            self._excess.fill(0.0)  # the robot does not fit there at all; the navigator decides what becomes of the goal
            return self._excess
        if not known:
            self._less_m = 0.0
        self._measure(goal, grid, weights)
        while True:
            self._search(min(margin_m, at_goal - 0.005) - self._less_m, weights)
            reached = np.count_nonzero(self._cost < FAR_M) / max(np.count_nonzero(np.isfinite(self._price)), 1)
            if reached >= self.params.reached_share or self._less_m >= self.params.most_less_m:
                return self._excess
            # In a tight spot the lattice is too coarse to find the way out that there is: look for that of a slimmer robot.
            self._less_m += self.params.less_step_m

    def _measure(self, goal: Goal, grid: LocalGrid, weights: ProgressWeights) -> None:
        """What the search needs to know of the poses, whatever the margin."""
        measure_lattice_clearance(
            grid.distance_m, single(grid.resolution_m), goal, *self._circles, self.params.spacing_m, self._clearance
        )
        if weights != self._plain_weights:
            measure_plain_distances(weights, self.params.spacing_m, self._plain)
            self._plain_weights = weights

    def _search(self, margin_m: float, weights: ProgressWeights) -> None:
        params = self.params
        lattice = LatticeWeights(
            params.reverse, float(weights.goal_turn), margin_m, params.near_gain, params.near_range_m, self._turn_reach_m,
            params.slack_m, params.slack_share, params.fringe_m, params.most_excess_m,
        )  # fmt: skip
        measure_excess(
            self._clearance, self._plain, lattice, params.spacing_m, self._price, self._cost, self._excess, *self._queue, self._buckets
        )
