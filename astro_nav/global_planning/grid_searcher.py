"""Searches on one grid of weights, with buffers that are kept from one search to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from astro_nav.kernels import grid_search
from astro_nav.kernels.grid_search import SearchState
from astro_nav.types import Float32Array, FloatArray

# Cells expanded between two looks at `cancelled`: a few milliseconds.
CHUNK_EXPANSIONS = 50_000

# [cells] Measured on 2000 x 2000 cells: wider buckets expand more cells again, narrower ones are searched for longer.
BUCKET_WIDTH = 0.02
MAX_BUCKETS = 1 << 14
FIRST_POOL_SIZE = 1 << 12


class SearchOutcome(Enum):
    """How a search ended."""

    FOUND = "found"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Attributes:
        outcome: how it ended.
        cost: of the best way [cells, times weight], inf when there is none.
        way: (N, 2) int32 (row, column) from the target to the source, both included; empty when there is none.
        costs_to_source: (N,) cost from each cell of the way to the source.
        expansions: cells that were expanded.
    """

    outcome: SearchOutcome
    cost: float
    way: np.ndarray
    costs_to_source: FloatArray
    expansions: int


def pad_weights(weights: np.ndarray) -> Float32Array:
    """Return weights (H, W) with the border of blocked cells that searches need: (H + 2, W + 2) float32."""
    return np.pad(np.asarray(weights, dtype=np.float32), 1)


class GridSearcher:
    """Finds least-cost ways on a grid; not for use by two threads at once.

    Args:
        weights: (H + 2, W + 2) float32, C-contiguous, with a border of zeros (see `pad_weights`): 0 = blocked, else the
            cost of a step per cell of length. Held, not copied: the owner may change weights between searches.
    """

    def __init__(self, weights: Float32Array) -> None:
        if weights.dtype != np.float32 or not weights.flags.c_contiguous or weights.ndim != 2:
            raise ValueError("weights must be a C-contiguous float32 array of two axes: make it with pad_weights")
        if weights[0].any() or weights[-1].any() or weights[:, 0].any() or weights[:, -1].any():
            raise ValueError("the outermost cells of weights must be 0: make it with pad_weights")
        self._weights = weights.reshape(-1)
        self._rows, self._stride = weights.shape
        self._state = SearchState(
            costs=np.full(weights.size, np.inf),
            heads=np.empty(0, np.int32),
            **_make_pool(FIRST_POOL_SIZE),
            touched=np.zeros((weights.size >> grid_search.SEGMENT_BITS) + 1, np.uint8),
            progress=np.zeros(grid_search.PROGRESS_FIELDS, np.int64),
        )

    @property
    def costs(self) -> FloatArray:
        """(H + 2, W + 2) costs of the last search, negative where not final, inf where it did not come."""
        return self._state.costs.reshape(self._rows, self._stride)

    @property
    def memory_bytes(self) -> int:
        """Memory of the buffers, without the weights."""
        return sum(array.nbytes for array in self._state)

    def search(
        self,
        source: tuple[int, int],
        target: tuple[int, int] | None,
        weight_range: tuple[float, float],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> SearchResult:
        """Find the best way between two cells; both directions cost the same.

        Args:
            source: (row, column) in the grid without its border.
            target: likewise, or None to find the costs of everything that can be reached from the source.
            weight_range: smallest and largest weight that is not 0, or bounds of them.
            cancelled: asked every few milliseconds; true ends the search.

        Returns:
            The way from the target to the source: with the goal as the source, costs are costs to go.
        """
        grid_search.clear_costs(self._stride, self._state)
        source_cell = self.flatten(source)
        target_cell = -1 if target is None else self.flatten(target)
        if self._weights[source_cell] <= 0.0 or (target is not None and self._weights[target_cell] <= 0.0):
            return _describe_failure(SearchOutcome.UNREACHABLE, 0)
        smallest, largest = weight_range
        width = self._prepare_buckets(smallest, largest)
        grid_search.start_search(self._stride, source_cell, target_cell, self._state, smallest, width)
        while True:
            status = grid_search.advance_search(
                self._weights, self._stride, target_cell, self._state, smallest, width, CHUNK_EXPANSIONS
            )
            if status == grid_search.POOL_FULL:
                self.enlarge_queue()
            elif status != grid_search.RUNNING:
                break
            elif cancelled():
                return _describe_failure(SearchOutcome.CANCELLED, self._expansions)
        if target is None:
            return SearchResult(SearchOutcome.FOUND, 0.0, np.empty((0, 2), np.int32), np.empty(0), self._expansions)
        if status == grid_search.EXHAUSTED:
            return _describe_failure(SearchOutcome.UNREACHABLE, self._expansions)
        way = grid_search.trace_way(self._weights, self._stride, self._state.costs, target_cell)
        costs = np.abs(self._state.costs[way])
        cells = np.stack(np.divmod(way, np.int32(self._stride)), axis=1) - np.int32(1)
        return SearchResult(SearchOutcome.FOUND, float(costs[0]), cells, costs, self._expansions)

    def has_reached(self, cell: tuple[int, int]) -> bool:
        """Whether the last search came to a cell."""
        return bool(np.isfinite(self._state.costs[self.flatten(cell)]))

    def lend_costs(self) -> tuple[np.ndarray, np.ndarray]:
        """Flat costs of the last search and `SearchState.touched`, valid until the next one."""
        return self._state.costs, self._state.touched

    def lend_heap(self) -> tuple[np.ndarray, np.ndarray]:
        """Totals and cells of the queue's heap, for another search that needs none of what is in it."""
        return self._state.heap_totals, self._state.heap_cells

    @property
    def _expansions(self) -> int:
        return int(self._state.progress[grid_search.EXPANSIONS])

    def flatten(self, cell: tuple[int, int]) -> int:
        """Index of a cell (row, column) of the grid without its border in the flat grid with it."""
        row, column = int(cell[0]), int(cell[1])
        if not (0 <= row < self._rows - 2 and 0 <= column < self._stride - 2):
            raise ValueError(f"cell {(row, column)} is outside the grid of {self._rows - 2} x {self._stride - 2} cells")
        return (row + 1) * self._stride + column + 1

    def _prepare_buckets(self, smallest: float, largest: float) -> float:
        """Make the ring long enough for the dearest step; returns the width of a bucket."""
        span = 1.5 * (largest + smallest)
        width = max(BUCKET_WIDTH, span / (MAX_BUCKETS - 4))
        count = 1 << int(np.ceil(np.log2(span / width + 3.0)))
        if len(self._state.heads) != count:
            self._state = self._state._replace(heads=np.empty(count, np.int32))
        return width

    def enlarge_queue(self) -> None:
        """Make the queue twice as long; what is in it stays."""
        size = len(self._state.entries)
        pool = _make_pool(2 * size)
        for name, array in pool.items():
            array[:size] = getattr(self._state, name)
        self._state = self._state._replace(**pool)


def _make_pool(size: int) -> dict[str, np.ndarray]:
    """Arrays of a queue of so many entries."""
    return {"entries": np.empty((size, 2), np.int32), "heap_totals": np.empty(size), "heap_cells": np.empty(size, np.int32)}


def _describe_failure(outcome: SearchOutcome, expansions: int) -> SearchResult:
    return SearchResult(outcome, float("inf"), np.empty((0, 2), np.int32), np.empty(0), expansions)
