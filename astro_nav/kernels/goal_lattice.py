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

from astro_nav.kernels.approximations import interpolate_bilinear
from astro_nav.kernels.costs.progress import Goal, ProgressWeights, measure_pose_distance
from astro_nav.kernels.jit import kernel

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


@kernel
def measure_excess(
    distance, resolution, goal: Goal, circles_x, circles_y, radius, weights: ProgressWeights, lattice: LatticeWeights,
    spacing, price, cost, excess, queue_next, queue_node, bucket_first,
):  # fmt: skip
    """Fill what obstacles add to the distance to the goal, for every pose of the lattice.

    Args:
        distance: (H, W) float32 distance field; its corner is the origin of the goal's frame of reference [m].
        resolution: of the field [m].
        goal: the goal pose relative to that corner.
        circles_x, circles_y: (C,) float32 circles that cover the footprint, in base_link [m].
        radius: of the circles [m].
        weights: of the distance between poses.
        lattice: of the search.
        spacing: of the lattice [m].
        price: (HEADINGS, N, N) float32 scratch; filled with what a metre costs there, +inf where the footprint does not fit;
            N odd, the goal is the middle.
        cost: (HEADINGS, N, N) float32 scratch; filled with the cost of the cheapest way, +inf or 1e6 where there is none [m].
        excess: (HEADINGS, N, N) float32, filled [m]: heading, side (along the goal's y), along (the goal's x).
        queue_next, queue_node: (Q,) int32 scratch; Q bounds how often a cost may be improved.
        bucket_first: (B,) int32 scratch; costs beyond B * BUCKET are not searched.
    """
    _measure_prices(distance, resolution, goal, circles_x, circles_y, radius, lattice, spacing, price)
    _search(weights, lattice, spacing, price, cost, queue_next, queue_node, bucket_first)
    size = cost.shape[1]
    middle = size // 2
    for k in range(HEADINGS):
        for i in range(size):
            for j in range(size):
                plain = _measure_plain(k, (j - middle) * spacing, (i - middle) * spacing, weights)
                over = cost[k, i, j] - (1.0 + lattice.slack_share) * plain - lattice.slack
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
def _measure_plain(k, along, side, weights):
    """Distance to the goal pose from (along, side) in the goal's frame with heading ANGLES[k]."""
    at_goal = Goal(np.float32(0.0), np.float32(0.0), np.float32(1.0), np.float32(0.0), np.float32(1.0))
    return float(
        measure_pose_distance(
            np.float32(-along), np.float32(-side), np.float32(math.cos(ANGLES[k])), np.float32(math.sin(ANGLES[k])), at_goal,
            weights,
        )  # fmt: skip
    )


@kernel
def _measure_prices(distance, resolution, goal, circles_x, circles_y, radius, lattice, spacing, price):
    """What a metre costs at every pose: 1, more beside obstacles, +inf where the footprint does not keep the margin."""
    size = price.shape[1]
    middle = size // 2
    per_cell, half = np.float32(1.0) / resolution, np.float32(0.5)
    for k in range(HEADINGS):
        cos = math.cos(ANGLES[k]) * goal.cos - math.sin(ANGLES[k]) * goal.sin
        sin = math.sin(ANGLES[k]) * goal.cos + math.cos(ANGLES[k]) * goal.sin
        for i in range(size):
            for j in range(size):
                along, side = (j - middle) * spacing, (i - middle) * spacing
                x = goal.x + goal.cos * along - goal.sin * side
                y = goal.y + goal.sin * along + goal.cos * side
                least = 1e6
                for c in range(circles_x.shape[0]):
                    px = np.float32(x + cos * circles_x[c] - sin * circles_y[c])
                    py = np.float32(y + sin * circles_x[c] + cos * circles_y[c])
                    least = min(least, float(interpolate_bilinear(distance, py * per_cell - half, px * per_cell - half)))
                gap = least - radius
                if gap < lattice.margin:
                    price[k, i, j] = np.float32(np.inf)
                else:
                    ratio = max(gap, 0.0) / lattice.near_range
                    price[k, i, j] = np.float32(1.0 + lattice.near * math.exp(-ratio * ratio))


@kernel
def _search(weights, lattice, spacing, price, cost, queue_next, queue_node, bucket_first):
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
                    value = _measure_plain(k, (j - middle) * spacing, (i - middle) * spacing, weights)
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
