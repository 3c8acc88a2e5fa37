"""Least-cost ways on a weighted grid by Dijkstra's algorithm with Python's heap."""

from __future__ import annotations

import heapq
import math

import numpy as np


def list_steps(weights: np.ndarray, row: int, column: int):
    """Yield (row, column, cost) of every step from a cell; weight 0 is blocked, no corner is cut."""
    rows, columns = weights.shape

    def weigh(r: int, c: int) -> float:
        return float(weights[r, c]) if 0 <= r < rows and 0 <= c < columns else 0.0

    for row_step in (-1, 0, 1):
        for column_step in (-1, 0, 1):
            there = weigh(row + row_step, column + column_step)
            if (row_step, column_step) == (0, 0) or there == 0.0:
                continue
            if row_step and column_step and 0.0 in (weigh(row, column + column_step), weigh(row + row_step, column)):
                continue
            length = math.hypot(row_step, column_step)
            yield row + row_step, column + column_step, length * 0.5 * (weigh(row, column) + there)


def find_costs(weights: np.ndarray, source: tuple[int, int]) -> np.ndarray:
    """(H, W) float64: least cost from the source to every cell, inf where there is no way."""
    costs = np.full(weights.shape, math.inf)
    costs[source] = 0.0
    queue = [(0.0, *source)]
    while queue:
        cost, row, column = heapq.heappop(queue)
        if cost > costs[row, column]:
            continue
        for next_row, next_column, step in list_steps(weights, row, column):
            if cost + step < costs[next_row, next_column]:
                costs[next_row, next_column] = cost + step
                heapq.heappush(queue, (cost + step, next_row, next_column))
    return costs


def measure_way(weights: np.ndarray, way: list[tuple[int, int]]) -> float:
    """Cost of a way; raises ValueError when it takes a step that is not allowed."""
    total = 0.0
    for (row, column), following in zip(way, way[1:]):
        steps = {(r, c): cost for r, c, cost in list_steps(weights, row, column)}
        if following not in steps:
            raise ValueError(f"no step from {(row, column)} to {following}")
        total += steps[following]
    return total
