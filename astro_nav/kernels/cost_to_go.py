"""Cost-to-go on a grid: the eikonal equation |grad u| = rate, solved by fast marching.

Source: J. A. Sethian, "A fast marching level set method for monotonically advancing fronts", PNAS 1996. First order; the
error beside the seeds is bounded by seeding exact values there.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def march(rate, resolution, seed_cells, seed_values, cost, heap_keys, heap_cells, heap_position):
    """Fill a grid with the cost of the cheapest way from every cell to the seeds.

    Args:
        rate: (H, W) float32 cost per metre, > 0.
        resolution: cell edge [m].
        seed_cells: (S,) int64 flat indices.
        seed_values: (S,) float32 cost at the seeds.
        cost: (H, W) float32, filled; +inf where no seed reaches (only without seeds, since rates are finite).
        heap_keys: (H * W,) float32 scratch.
        heap_cells: (H * W,) int32 scratch.
        heap_position: (H * W,) int32 scratch: place in the heap, -1 = far, -2 = settled.
    """
    height, width = rate.shape
    flat_cost, flat_rate = cost.reshape(-1), rate.reshape(-1)
    flat_cost[:] = np.inf
    heap_position[:] = -1
    size = 0
    for i in range(seed_cells.shape[0]):
        cell = seed_cells[i]
        if seed_values[i] < flat_cost[cell]:
            flat_cost[cell] = seed_values[i]
            if heap_position[cell] == -1:
                size += 1
                heap_position[cell] = size - 1
            _sift_up(heap_keys, heap_cells, heap_position, heap_position[cell], seed_values[i], np.int32(cell))
    while size > 0:
        cell = heap_cells[0]
        heap_position[cell] = -2
        size -= 1
        if size > 0:
            _sift_down(heap_keys, heap_cells, heap_position, size, heap_keys[size], heap_cells[size])
        row, column = cell // width, cell % width
        for side in range(4):
            next_row = row + (1 if side == 0 else -1 if side == 1 else 0)
            next_column = column + (1 if side == 2 else -1 if side == 3 else 0)
            if not (0 <= next_row < height and 0 <= next_column < width):
                continue
            other = next_row * width + next_column
            if heap_position[other] == -2:
                continue
            horizontal = np.float32(np.inf)
            if next_column > 0 and heap_position[other - 1] == -2:
                horizontal = flat_cost[other - 1]
            if next_column < width - 1 and heap_position[other + 1] == -2:
                horizontal = min(horizontal, flat_cost[other + 1])
            vertical = np.float32(np.inf)
            if next_row > 0 and heap_position[other - width] == -2:
                vertical = flat_cost[other - width]
            if next_row < height - 1 and heap_position[other + width] == -2:
                vertical = min(vertical, flat_cost[other + width])
            step = flat_rate[other] * resolution
            low, high = min(horizontal, vertical), max(horizontal, vertical)
            if high - low >= step:
                value = low + step
            else:
                gap = high - low
                value = np.float32(0.5) * (low + high + math.sqrt(np.float32(2.0) * step * step - gap * gap))
            if value < flat_cost[other]:
                flat_cost[other] = value
                if heap_position[other] == -1:
                    size += 1
                    heap_position[other] = size - 1
                _sift_up(heap_keys, heap_cells, heap_position, heap_position[other], value, np.int32(other))


@kernel
def _sift_up(keys, cells, position, place, key, cell):
    while place > 0:
        parent = (place - 1) >> 2
        if keys[parent] <= key:
            break
        keys[place], cells[place] = keys[parent], cells[parent]
        position[cells[place]] = place
        place = parent
    keys[place], cells[place] = key, cell
    position[cell] = place


@kernel
def _sift_down(keys, cells, position, size, key, cell):
    place = 0
    while True:
        child = 4 * place + 1
        if child >= size:
            break
        best = child
        for other in range(child + 1, min(child + 4, size)):
            if keys[other] < keys[best]:
                best = other
        if keys[best] >= key:
            break
        keys[place], cells[place] = keys[best], cells[best]
        position[cells[place]] = place
        place = best
    keys[place], cells[place] = key, cell
    position[cell] = place


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
