"""Cheapest ways over a lattice of poses around a goal, by a plain Dijkstra with a heap."""

from __future__ import annotations

import heapq
import math

STEPS = [(1, 0), (2, 1), (1, 1), (1, 2), (0, 1), (-1, 2), (-1, 1), (-2, 1), (-1, 0), (-2, -1), (-1, -1), (-1, -2), (0, -1), (1, -2), (1, -1), (2, -1)]  # fmt: skip


def search(prices, seeds, spacing, turn, reverse, reach):
    """Cost of every pose (k, i, j) from which a way leads to a seed.

    Args:
        prices: free pose -> what a metre of motion of the outline costs there, 1 in free space.
        seeds: pose -> cost.
    """
    costs, heap = {}, [(cost, pose) for pose, cost in seeds.items() if pose in prices]
    heapq.heapify(heap)
    while heap:
        cost, (k, i, j) = heapq.heappop(heap)
        if (k, i, j) in costs:
            continue
        costs[k, i, j] = cost
        dx, dy = STEPS[k]
        length = spacing * math.hypot(dx, dy)
        for other in ((k + 1) % 16, (k - 1) % 16):
            between = math.atan2(*STEPS[other][::-1]) - math.atan2(dy, dx)
            angle = abs(math.atan2(math.sin(between), math.cos(between)))
            if (other, i, j) in prices:
                dearer = 0.5 * (prices[k, i, j] + prices[other, i, j]) - 1.0
                heapq.heappush(heap, (cost + turn * angle + dearer * reach * angle, (other, i, j)))
        for pose, price in (((k, i - dy, j - dx), length), ((k, i + dy, j + dx), length * (1.0 + reverse))):
            if pose in prices:
                dearer = 0.5 * (prices[k, i, j] + prices[pose]) - 1.0
                heapq.heappush(heap, (cost + price + dearer * length, pose))
    return costs
