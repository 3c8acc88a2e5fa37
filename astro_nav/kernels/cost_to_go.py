"""Cost-to-go on a grid: the eikonal equation |grad u| = rate, solved by fast marching.

Sources: J. A. Sethian, "A fast marching level set method for monotonically advancing fronts", PNAS 1996; buckets in place of
the heap: L. Yatziv, A. Bartesaghi, G. Sapiro, "O(N) implementation of the fast marching algorithm", J. Comput. Phys. 212,
2006. Deviation: a cell that is improved after it was taken is taken again, so that buckets cost no accuracy. First order;
the error beside the seeds is bounded by seeding exact values there.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel

BUCKETS = 1024  # a power of 2
BUCKET_SHARE = 0.25  # a bucket is at least this share of the way over a cell wide [-]
# Costs that mean nowhere yet, and what the border's cells cost: more, so that no sum of it and another gets below.
FAR, BARRED = np.float32(1e17), np.float32(1e18)


class MarchScratch(NamedTuple):
    """What marching over an (H, W) grid needs, made once; see `make_march_scratch`.

    Around the grid lies a border that no way crosses, which spares looking where the grid ends; above and below it is two
    rows, for what is beside the border is read, too. The cells that wait are in
    lists that go round, one for each bucket; its head stands behind the cells. Who does not wait is alone in a list of their
    own, so that moving a cell asks nothing.
    """

    steps: np.ndarray  # ((H + 4) * (W + 2),) float32, cost of crossing a cell
    values: np.ndarray  # ((H + 4) * (W + 2),) float32, cost so far
    queue_next: np.ndarray  # ((H + 4) * (W + 2) + BUCKETS,) int32
    queue_previous: np.ndarray


def make_march_scratch(height: int, width: int) -> MarchScratch:
    """Room for `march`."""
    cells = (height + 4) * (width + 2)
    return MarchScratch(*(np.empty(cells, np.float32) for _ in range(2)), *(np.empty(cells + BUCKETS, np.int32) for _ in range(2)))


@kernel
def march(rate, resolution, seed_cells, seed_values, cost, scratch):
    """Fill a grid with the cost of the cheapest way from every cell to the seeds.

    Cells wait in buckets of nearly equal cost instead of in a heap. Within a bucket they are taken in any order; one that is
    improved later is taken again, so the solution is the same.

    Args:
        rate: (H, W) float32 cost per metre, > 0.
        resolution: cell edge [m].
        seed_cells: (S,) int64 flat indices.
        seed_values: (S,) float32 cost at the seeds, >= 0.
        cost: (H, W) float32, filled; +inf where no seed reaches (only without seeds, since rates are finite).
        scratch: MarchScratch of that size.
    """
    width = rate.shape[1]
    values, queue_next, queue_previous = scratch.values, scratch.queue_next, scratch.queue_previous
    dearest = _lay_out(rate, resolution, scratch)
    # What waits differs by no more than the dearest step, and the buckets go round in more than that.
    per_bucket = np.float32(1.0) / max(dearest / np.float32(BUCKETS - 2), np.float32(BUCKET_SHARE) * resolution)
    order = np.argsort(seed_values)
    waiting, bucket, seed = 0, np.int64(0), 0
    while waiting > 0 or seed < order.shape[0]:
        if waiting == 0:
            bucket = np.int64(seed_values[order[seed]] * per_bucket)
        while seed < order.shape[0] and np.int64(seed_values[order[seed]] * per_bucket) <= bucket:
            flat, value = seed_cells[order[seed]], seed_values[order[seed]]
            cell = (flat // width + 2) * (width + 2) + flat % width + 1
            if value < values[cell]:
                values[cell] = value
                waiting += _move_to_bucket(cell, bucket, values.shape[0], queue_next, queue_previous)
            seed += 1
        head = np.uintp(values.shape[0] + (bucket & (BUCKETS - 1)))
        if queue_next[head] == head:
            bucket += 1
            continue
        waiting += _take(np.uintp(queue_next[head]), per_bucket, width + 2, scratch) - 1
    for row in range(rate.shape[0]):
        for column in range(width):
            value = values[(row + 2) * (width + 2) + column + 1]
            cost[row, column] = value if value < FAR else np.float32(np.inf)


@kernel
def _lay_out(rate, resolution, scratch):
    """Prepare the scratch; returns the cost of the dearest step."""
    height, width = rate.shape
    scratch.steps[:], scratch.values[:] = BARRED, FAR
    dearest = np.float32(0.0)
    for row in range(height):
        for column in range(width):
            step = rate[row, column] * resolution
            scratch.steps[(row + 2) * (width + 2) + column + 1] = step
            dearest = max(dearest, step)
    for node in range(scratch.queue_next.shape[0]):
        scratch.queue_next[node] = scratch.queue_previous[node] = node
    return dearest


@kernel(inlined=True)
def _take(cell, per_bucket, stride, scratch):
    """Settle a cell and improve its neighbours; returns how many more of them wait."""
    steps, values, queue_next, queue_previous = scratch
    _take_out(cell, queue_next, queue_previous)
    here, added, one, across = values[cell], 0, np.uintp(1), np.uintp(stride)
    for side in range(4):
        other = cell + one if side == 0 else cell - one if side == 1 else cell + across if side == 2 else cell - across
        horizontal = min(values[other - one], values[other + one])
        vertical = min(values[other - across], values[other + across])
        value = _cross_cell(horizontal, vertical, steps[other])
        if (value < values[other]) & (values[other] > here):
            values[other] = value
            added += _move_to_bucket(other, np.int64(value * per_bucket), values.shape[0], queue_next, queue_previous)
    return added


@kernel(inlined=True)
def _cross_cell(horizontal, vertical, step):
    """Cost of a cell from the least ones beside it: the upwind solution of |grad u| = rate."""
    low, high = min(horizontal, vertical), max(horizontal, vertical)
    gap = high - low
    root = math.sqrt(max(np.float32(2.0) * step * step - gap * gap, np.float32(0.0)))
    return low + step if gap >= step else np.float32(0.5) * (low + high + root)


@kernel(inlined=True)
def _move_to_bucket(cell, bucket, cells, queue_next, queue_previous):
    """Let a cell wait in a bucket, wherever it waited before; returns 1 when it did not, else 0."""
    here = np.uintp(cell)
    added = 1 if queue_next[here] == here else 0
    _take_out(here, queue_next, queue_previous)
    head = np.uintp(cells + (bucket & (BUCKETS - 1)))
    first = np.uintp(queue_next[head])
    queue_next[here], queue_previous[here] = first, head
    queue_next[head] = queue_previous[first] = here
    return added


@kernel(inlined=True)
def _take_out(cell, queue_next, queue_previous):
    """Let a cell wait no more."""
    after, before = np.uintp(queue_next[cell]), np.uintp(queue_previous[cell])
    queue_next[before], queue_previous[after] = after, before
    queue_next[cell] = queue_previous[cell] = cell


@kernel
def compute_rates(distance, occupancy, inscribed_radius, near_gain, near_range, blocked_rate, unknown_gain, rate):
    """Cost per metre of moving through every cell.

    1 in the open, more beside obstacles, continuously up to `blocked_rate` where the robot cannot be.

    Args:
        distance: (H, W) float32 to the nearest surface [m].
        occupancy: (H, W) int8, -1 unknown.
        inscribed_radius: of the footprint [m].
        near_gain: what touching distance adds.
        near_range: distance in which that falls to a third [m].
        blocked_rate: rate inside obstacles.
        unknown_gain: what unknown space adds.
        rate: (H, W) float32, filled.
    """
    height, width = distance.shape
    for row in range(height):
        for column in range(width):
            spare = distance[row, column] - inscribed_radius
            value = np.float32(1.0) + near_gain * math.exp(-max(spare, np.float32(0.0)) / near_range)
            if occupancy[row, column] < 0:
                value += unknown_gain
            if spare < 0.0:
                depth = min(-spare / (np.float32(0.3) * inscribed_radius), np.float32(1.0))
                value += (blocked_rate - value) * depth
            rate[row, column] = value


@kernel
def descend(cost, origin_x, origin_y, resolution, x, y, stride, points):
    """Walk down a cost-to-go from (x, y) to its minimum.

    Args:
        cost: (H, W) float32.
        origin_x, origin_y: lower left corner of cell (0, 0) [m].
        resolution: cell edge [m].
        x, y: where to start [m].
        stride: length of a step [m].
        points: (N, 2) float64, filled with the points after each step.

    Returns:
        number of points filled.
    """
    height, width = cost.shape
    for n in range(points.shape[0]):
        column, row = (x - origin_x) / resolution - 0.5, (y - origin_y) / resolution - 0.5
        i, j = int(math.floor(row)), int(math.floor(column))
        if not (1 <= i < height - 2 and 1 <= j < width - 2):
            return n
        up, right = row - i, column - j
        slope_x = (1.0 - up) * (cost[i, j + 1] - cost[i, j]) + up * (cost[i + 1, j + 1] - cost[i + 1, j])
        slope_y = (1.0 - right) * (cost[i + 1, j] - cost[i, j]) + right * (cost[i + 1, j + 1] - cost[i, j + 1])
        norm = math.sqrt(slope_x * slope_x + slope_y * slope_y)
        if not norm > 0.1 * resolution:
            return n
        next_x, next_y = x - stride * slope_x / norm, y - stride * slope_y / norm
        if n >= 2:
            # Stepping back and forth across the minimum: arrived.
            back_x, back_y = next_x - points[n - 2, 0], next_y - points[n - 2, 1]
            if back_x * back_x + back_y * back_y < 0.25 * stride * stride:
                return n
        x, y = next_x, next_y
        points[n, 0], points[n, 1] = x, y
    return points.shape[0]
