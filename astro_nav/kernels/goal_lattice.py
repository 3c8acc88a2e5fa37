"""What obstacles add to the distance to the goal pose: a search over poses around the goal.

The distance between two poses knows no obstacles. Beside a wall it leads the robot nose first to the goal, where it can
neither turn nor go on. Here a lattice of poses around the goal, laid along the goal's own axes, is searched for the
cheapest way to the goal with the exact footprint; what that costs beyond the distance between the poses is the excess.
Added to the distance it makes a navigation function over poses: it falls everywhere, backing off and turning included.

Source: state lattices, M. Pivtoraiko, A. Kelly, IROS 2005, here for a base that turns on the spot; bucket queue of
R. Dial, CACM 12(11), 1969.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.costs.clearance import find_clearance
from astro_nav.kernels.costs.progress import Goal, ProgressWeights, measure_pose_distance
from astro_nav.kernels.jit import kernel
from astro_nav.kernels.lanes import BLOCK, CLEARANCE, COS, SIN, X, Y, copy_from_lanes, fill_lanes, make_lanes

HEADINGS = 16
# Ways of one step along each heading, in cells; headings lie at their directions, which are not quite even.
STEPS_X = np.array([1, 2, 1, 1, 0, -1, -1, -2, -1, -2, -1, -1, 0, 1, 1, 2], dtype=np.int64)
STEPS_Y = np.array([0, 1, 1, 2, 1, 2, 1, 1, 0, -1, -1, -2, -1, -2, -1, -1], dtype=np.int64)
ANGLES = np.arctan2(STEPS_Y, STEPS_X) % (2.0 * np.pi)
FRINGE = 2  # so many rounds of poses without a way are smoothed
BUCKET = 0.01  # costs that differ by less are searched in any order [m]


class LatticeWeights(NamedTuple):
    """What the lattice is made of.

    Attributes:
        reverse: a metre backwards costs this much more than one forwards [-].
        turn: distance that a turn on the spot is worth [m/rad].
        margin: clearance that the footprint keeps [m].
        near: what a metre of motion beside an obstacle costs more [-].
        near_range: clearance at which that has fallen to a third [m].
        reach: how far the outline moves per radian of turning [m].
        slack: the excess counts from this on, for the lattice cannot go exactly straight [m].
        slack_share: likewise, as a share of the distance.
        fringe: excess grows by this with every pose into an obstacle [m].
        longest: where nothing leads to the goal, the excess is this [m].
    """

    reverse: float
    turn: float
    margin: float
    near: float
    near_range: float
    reach: float
    slack: float
    slack_share: float
    fringe: float
    longest: float


@kernel(fast=True)
def measure_plain_distances(weights: ProgressWeights, spacing, plain):
    """Fill (HEADINGS, N, N) float32 with the distance from every pose of the lattice to the goal where nothing stands [m]."""
    at_goal = Goal(np.float32(0.0), np.float32(0.0), np.float32(1.0), np.float32(0.0), np.float32(1.0))
    size = plain.shape[1]
    for k in range(HEADINGS):
        cos, sin = np.float32(math.cos(ANGLES[k])), np.float32(math.sin(ANGLES[k]))
        for i in range(size):
            dy = np.float32((size // 2 - i) * spacing)
            for j in range(size):
                dx = np.float32((size // 2 - j) * spacing)
                plain[k, i, j] = measure_pose_distance(dx, dy, cos, sin, at_goal, weights)


@kernel(fast=True)
def measure_lattice_clearance(distance, resolution, goal: Goal, circles_x, circles_y, radius, spacing, clearance):
    """Fill the clearance of the footprint at every pose of the lattice.

    Args:
        distance: (H, W) float32 distance field; its corner is the origin of the goal's frame of reference [m].
        resolution: of the field [m].
        goal: the goal pose relative to that corner.
        circles_x, circles_y: (C,) float32 circles that cover the footprint, in base_link [m].
        radius: of the circles [m].
        spacing: of the lattice [m].
        clearance: (HEADINGS, N, N) float32, filled; N odd, the goal is the middle.
    """
    zero, size = np.float32(0.0), clearance.shape[1]
    poses = size * size
    lanes, cells = make_lanes()
    for k in range(HEADINGS):
        cos, sin = np.float32(math.cos(ANGLES[k])), np.float32(math.sin(ANGLES[k]))
        fill_lanes(lanes, COS, cos * goal.cos - sin * goal.sin)
        fill_lanes(lanes, SIN, sin * goal.cos + cos * goal.sin)
        flat = clearance[k].reshape(-1)
        for first in range(0, poses, BLOCK):
            for lane in range(BLOCK):
                i, j = (first + lane) // size, (first + lane) % size
                along, side = np.float32((j - size // 2) * spacing), np.float32((i - size // 2) * spacing)
                lanes[X + lane] = goal.x + goal.cos * along - goal.sin * side
                lanes[Y + lane] = goal.y + goal.sin * along + goal.cos * side
            find_clearance(lanes, cells, circles_x, circles_y, radius, distance, zero, zero, resolution)
            copy_from_lanes(lanes, CLEARANCE, flat, first, min(BLOCK, poses - first))


@kernel
def measure_excess(clearance, plain, lattice: LatticeWeights, spacing, price, cost, excess, queue_next, queue_node, bucket_first):
    """Fill what obstacles add to the distance to the goal, for every pose of the lattice.

    Args:
        clearance: (HEADINGS, N, N) float32 of the footprint; see `measure_lattice_clearance` [m].
        plain: (HEADINGS, N, N) float32 distance without obstacles; see `measure_plain_distances` [m].
        lattice: of the search.
        spacing: of the lattice [m].
        price: (HEADINGS, N, N) float32 scratch; filled with what a metre costs there, +inf where the footprint does not fit.
        cost: (HEADINGS, N, N) float32 scratch; filled with the cost of the cheapest way, +inf or 1e6 where there is none [m].
        excess: (HEADINGS, N, N) float32, filled [m]: heading, side (along the goal's y), along (the goal's x).
        queue_next, queue_node: (Q,) int32 scratch; Q bounds how often a cost may be improved.
        bucket_first: (B,) int32 scratch; costs beyond B * BUCKET are not searched.
    """
    _set_prices(clearance, lattice, price)
    _search(plain, lattice, spacing, price, cost, queue_next, queue_node, bucket_first)
    size = cost.shape[1]
    for k in range(HEADINGS):
        for i in range(size):
            for j in range(size):
                over = cost[k, i, j] - (1.0 + lattice.slack_share) * plain[k, i, j] - lattice.slack
                excess[k, i, j] = np.float32(min(max(over, 0.0), lattice.longest))
    for _ in range(FRINGE):
        _grow_fringe(cost, excess, lattice.fringe)


@kernel
def _grow_fringe(cost, excess, rise):
    """Give poses without a way that border on ones with one the least excess around them, and some more.

    Between two poses the excess is interpolated; a pose in an obstacle must not spoil it for the free one beside it. The
    obstacle itself is kept out of by other means.
    """
    size = cost.shape[1]
    lengths = cost.copy()
    for k in range(HEADINGS):
        for i in range(size):
            for j in range(size):
                if lengths[k, i, j] < np.inf:
                    continue
                least = np.inf
                for dk in range(-1, 2):
                    other = (k + dk + HEADINGS) % HEADINGS
                    for y in range(max(i - 1, 0), min(i + 2, size)):
                        for x in range(max(j - 1, 0), min(j + 2, size)):
                            if lengths[other, y, x] < np.inf:
                                least = min(least, float(excess[other, y, x]))
                if least < np.inf:
                    excess[k, i, j] = np.float32(least + rise)
                    cost[k, i, j] = np.float32(1e6)  # bordering poses of the next round border on this one


@kernel
def _set_prices(clearance, lattice, price):
    """What a metre costs at every pose: 1, more beside obstacles, +inf where the footprint does not keep the margin."""
    gaps, prices = clearance.reshape(-1), price.reshape(-1)
    for pose in range(gaps.shape[0]):
        if gaps[pose] < lattice.margin:
            prices[pose] = np.float32(np.inf)
            continue
        ratio = max(gaps[pose], 0.0) / lattice.near_range
        # exp(-25) is nothing beside 1 in single precision.
        prices[pose] = np.float32(1.0 + lattice.near * math.exp(-ratio * ratio)) if ratio < 5.0 else np.float32(1.0)


@kernel
def _search(plain, lattice, spacing, price, cost, queue_next, queue_node, bucket_first):
    """Cheapest ways from every free pose to the goal, backwards from it."""
    size = price.shape[1]
    middle = size // 2
    flat_cost, flat_price = cost.reshape(-1), price.reshape(-1)
    flat_cost[:] = np.inf
    bucket_first[:] = -1
    used = 0
    # Poses around the goal begin with their own distance to it.
    for dk in range(-1, 2):
        k = (dk + HEADINGS) % HEADINGS
        for i in range(middle - 1, middle + 2):
            for j in range(middle - 1, middle + 2):
                node = (k * size + i) * size + j
                if flat_price[node] < np.inf:
                    value = plain[k, i, j]
                    flat_cost[node] = value
                    bucket = int(value / BUCKET)
                    queue_node[used], queue_next[used] = node, bucket_first[bucket]
                    bucket_first[bucket] = used
                    used += 1
    bucket = 0
    while bucket < bucket_first.shape[0]:
        entry = bucket_first[bucket]
        if entry < 0:
            bucket += 1
            continue
        bucket_first[bucket] = queue_next[entry]
        node = queue_node[entry]
        here = float(flat_cost[node])
        if int(here / BUCKET) != bucket:
            continue  # a cheaper way to it has been found since
        k, i, j = node // (size * size), (node // size) % size, node % size
        for side in range(4):
            if side < 2:  # turned on the spot
                other_k = (k + (1 if side == 0 else HEADINGS - 1)) % HEADINGS
                other_i, other_j = i, j
                turned = abs(ANGLES[other_k] - ANGLES[k])
                turned = min(turned, 2.0 * math.pi - turned)
                step, moved = lattice.turn * turned, lattice.reach * turned
            else:  # driven here forwards, from behind, or backwards, from ahead
                sign = -1 if side == 2 else 1
                other_k, other_i, other_j = k, i + sign * STEPS_Y[k], j + sign * STEPS_X[k]
                moved = spacing * math.sqrt(float(STEPS_X[k] * STEPS_X[k] + STEPS_Y[k] * STEPS_Y[k]))
                step = moved * (1.0 if side == 2 else 1.0 + lattice.reverse)
            if not (0 <= other_i < size and 0 <= other_j < size):
                continue
            other = (other_k * size + other_i) * size + other_j
            dearer = 0.5 * (flat_price[node] + flat_price[other]) - 1.0
            value = np.float32(here + step + dearer * moved)
            if flat_price[other] == np.inf or value >= flat_cost[other] - np.float32(1e-6):
                continue
            target = int(value / BUCKET)
            if target >= bucket_first.shape[0] or used >= queue_node.shape[0]:
                continue
            flat_cost[other] = value
            queue_node[used], queue_next[used] = other, bucket_first[target]
            bucket_first[target] = used
            used += 1
