"""The lattice of poses around the goal against a plain search, and what it is for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference import costs as oracle
from reference.goal_lattice import STEPS, search
from scenes.planning import load_weights

from astro_nav.geometry.footprint import cover_with_circles
from astro_nav.kernels.costs.progress import Goal, look_up_excess
from astro_nav.kernels.goal_lattice import (
    ANGLES,
    BUCKET,
    HEADINGS,
    LatticeWeights,
    measure_excess,
    measure_lattice_clearance,
    measure_plain_distances,
)
from astro_nav.kernels.lanes import ADDED, BLOCK, COS, SIN, X, Y, make_lanes

FOOTPRINT = np.array([[0.21, 0.125], [-0.21, 0.125], [-0.21, -0.125], [0.21, -0.125]])
CENTRES, RADIUS = cover_with_circles(FOOTPRINT, 0.01)
RESOLUTION, SPACING = 0.05, 0.05
LATTICE = LatticeWeights(reverse=0.3, turn=float(load_weights().progress.goal_turn), margin=0.015, near=2.0, near_range=0.05, reach=0.245, slack=0.04, slack_share=0.12, fringe=0.03, longest=1.0)
WEIGHTS = load_weights().progress
single = np.float32


def wall_below(y_m: float) -> np.ndarray:
    """Distance field of 4 x 4 m with a wall along the x axis, up to `y_m`."""
    rows = (np.arange(80) + 0.5) * RESOLUTION
    return np.repeat((rows - y_m)[:, np.newaxis], 80, axis=1).astype(np.float32)


def measure(distance, goal, size=41):
    shape = (HEADINGS, size, size)
    clearance, plain, price, cost, excess = (np.zeros(shape, dtype=np.float32) for _ in range(5))
    queue = [np.zeros(8 * cost.size, dtype=np.int32) for _ in range(2)]
    at = Goal(single(goal[0]), single(goal[1]), single(math.cos(goal[2])), single(math.sin(goal[2])), single(1.0))
    measure_lattice_clearance(
        distance, single(RESOLUTION), at, single(CENTRES[:, 0]), single(CENTRES[:, 1]), single(RADIUS), SPACING, clearance
    )
    measure_plain_distances(WEIGHTS, SPACING, plain)
    measure_excess(
        clearance, plain, LATTICE, SPACING, price, cost, excess, *queue, np.zeros(int(6.0 / BUCKET), dtype=np.int32)
    )
    return price, cost, excess


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_costs_are_those_of_a_plain_search(seed):
    rng = np.random.default_rng(seed)
    distance = wall_below(1.6)
    for _ in range(4):  # some poles
        x, y = rng.uniform(1.2, 2.8, 2)
        grid = (np.arange(80) + 0.5) * RESOLUTION
        distance = np.minimum(distance, np.hypot(grid[np.newaxis] - x, grid[:, np.newaxis] - y) - 0.03).astype(np.float32)
    price, cost, _ = measure(distance, (2.0, 2.0, rng.uniform(-0.3, 0.3)), size=21)
    seeds = {}
    for k in (15, 0, 1):
        for i in range(9, 12):
            for j in range(9, 12):
                pose = ((j - 10) * SPACING, (i - 10) * SPACING, float(ANGLES[k]))
                seeds[k, i, j] = oracle.pose_distance(pose, (0.0, 0.0, 0.0), WEIGHTS)
    prices = {tuple(int(n) for n in pose): float(price[tuple(pose)]) for pose in np.argwhere(np.isfinite(price))}
    wanted = search(prices, seeds, SPACING, LATTICE.turn, LATTICE.reverse, LATTICE.reach)
    assert len(wanted) > 500
    for pose, value in wanted.items():
        assert cost[pose] == pytest.approx(value, abs=2e-3), pose  # the heading's polynomial is within 2e-5 rad
    assert (cost[tuple(np.array([pose for pose in np.ndindex(cost.shape) if pose not in wanted]).T)] > 1e5).all()


def test_nothing_is_added_where_nothing_stands():
    _, _, excess = measure(np.full((80, 80), 2.0, dtype=np.float32), (2.0, 2.0, 0.7))
    assert np.percentile(excess, 95) < 0.02 and excess.max() < 0.2


def go_downhill(values, free, pose):
    """Follow the steepest descent over neighbouring free poses; returns where it ends."""
    for _ in range(200):
        k, i, j = pose
        dx, dy = STEPS[k]
        around = [((k + 1) % 16, i, j), ((k - 1) % 16, i, j), (k, i + dy, j + dx), (k, i - dy, j - dx)]
        around = [p for p in around if max(p[1:]) < len(values[0]) and min(p[1:]) >= 0 and free[p]]
        best = min(around, key=lambda p: values[p], default=pose)
        if not around or values[best] >= values[pose]:
            return pose
        pose = best
    return pose


@pytest.mark.parametrize("start", [(12, 21, 28), (12, 21, 25), (4, 21, 12), (12, 21, 15)])
def test_beside_a_wall_the_way_out_of_a_dead_end_goes_downhill(start):
    """Close to a goal along a wall, the distance between the poses alone leads nowhere; with the excess it leads there."""
    price, _, excess = measure(wall_below(1.73), (2.0, 2.0, 0.0))
    free, middle = np.isfinite(price), 20
    plain = np.array(
        [
            [
                [oracle.pose_distance(((j - middle) * SPACING, (i - middle) * SPACING, float(angle)), (0, 0, 0), WEIGHTS) for j in range(41)]
                for i in range(41)
            ]
            for angle in ANGLES
        ]
    )
    assert free[start]
    there = go_downhill(plain + excess, free, start)
    near_goal = {0, 1, 15}
    assert there[0] in near_goal and abs(there[1] - middle) <= 1 and abs(there[2] - middle) <= 2, there


def test_between_its_poses_the_lattice_is_linear():
    rng = np.random.default_rng(4)
    excess = rng.uniform(0.0, 1.0, (HEADINGS, 21, 21)).astype(np.float32)
    goal = (1.0, -0.5, 0.8)
    given = Goal(single(goal[0]), single(goal[1]), single(math.cos(goal[2])), single(math.sin(goal[2])), single(1.0))
    lanes, cells = make_lanes()
    for _ in range(5):
        poses = np.column_stack([rng.uniform(-1.5, 1.5, (BLOCK, 2)), rng.uniform(-4.0, 4.0, BLOCK)])
        for row, values in ((X, poses[:, 0]), (Y, poses[:, 1]), (COS, np.cos(poses[:, 2])), (SIN, np.sin(poses[:, 2]))):
            lanes[row : row + BLOCK] = values
        look_up_excess(excess, single(0.08), given, lanes, cells, ADDED)
        for pose, got in zip(poses.tolist(), lanes[ADDED : ADDED + BLOCK]):
            assert got == pytest.approx(oracle.look_up_excess(pose, goal, excess.tolist(), 0.08), abs=2e-3)


def test_a_metre_beside_an_obstacle_costs_more():
    price, _, _ = measure(wall_below(1.7), (2.0, 2.0, 0.0))
    along_the_wall, away = price[0, 20, 20], price[0, 40, 20]
    gap = 0.3 - RADIUS
    assert along_the_wall == pytest.approx(1.0 + LATTICE.near * math.exp(-((gap / LATTICE.near_range) ** 2)), rel=1e-3)
    assert away == pytest.approx(1.0) and np.isinf(price[0, 10]).all()
