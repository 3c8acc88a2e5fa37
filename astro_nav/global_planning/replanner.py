"""Searches to the same goal again and again, on weights that change here and there and from where the robot has come to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astro_nav.global_planning.grid_searcher import GridSearcher, SearchOutcome, SearchResult
from astro_nav.kernels import cost_field, grid_replan
from astro_nav.kernels.cost_field import Field
from astro_nav.kernels.grid_replan import Labels
from astro_nav.types import Float32Array

# Where more than this share of the map would have to be looked at, searching anew from the goal takes no longer, and what it
# leaves behind is worth more for the next time.
LOWERED_SHARE = 0.04
EXPANDED_SHARE = 0.08
PAGES_SHARE = 0.07
LEAST_CELLS = 20_000
LEAST_PAGES = 64
FIRST_SHARE = 0.3  # of the pages that there may be are made at first


class Replanner:
    """Finds least-cost ways to a goal, the first from nothing, the next ones from what is known of it.

    Args:
        weights: as for `GridSearcher`; held, not copied.
    """

    def __init__(self, weights: Float32Array) -> None:
        self.searcher = GridSearcher(weights)
        self._weights, self._stride = weights.reshape(-1), weights.shape[1]
        self._source: tuple[int, int] | None = None
        self._field: Field | None = None
        blocks = tuple((size >> grid_replan.PAGE_BITS) + 1 for size in weights.shape)
        self._max_pages = max(int(PAGES_SHARE * blocks[0] * blocks[1]), LEAST_PAGES)
        self._labels = _make_labels(np.full(blocks, -1, np.int32), max(int(FIRST_SHARE * self._max_pages), LEAST_PAGES // 2))

    @property
    def memory_bytes(self) -> int:
        """Memory of the buffers, without the weights."""
        return self.searcher.memory_bytes + sum(array.nbytes for array in self._labels)

    def search(
        self,
        source: tuple[int, int],
        target: tuple[int, int],
        weight_range: tuple[float, float],
        changed_windows: np.ndarray,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> SearchResult:
        """Find the best way from a goal to the robot.

        Args:
            source: (row, column) of the goal.
            target: of the robot.
            weight_range: as for `GridSearcher.search`; the smallest weight must be the same in all searches.
            changed_windows: (N, 4) int64: first row, end row, first column, end column, in the grid with its border, of
                everything that has changed since the search before, whatever that was for.
            cancelled: asked every few milliseconds.
        """
        if source == self._source and self._field is not None and self._field.min_weight == weight_range[0]:
            result = self._search_again(self._field, target, changed_windows)
            if result is not None:
                return result
        self._source = self._field = None
        result = self.searcher.search(source, target, weight_range, cancelled)
        if result.outcome is SearchOutcome.FOUND:
            self._source = source
            self._field = Field(
                *self.searcher.lend_costs(), self.searcher.flatten(source), self.searcher.flatten(target), result.cost, float(weight_range[0])
            )
            cost_field.finish_field(self._stride, self._field)
        return result

    def explore(self, source: tuple[int, int], weight_range: tuple[float, float]) -> np.ndarray:
        """(H + 2, W + 2) costs of everything that can be reached from a cell, inf for the rest."""
        self._source = self._field = None
        self.searcher.search(source, None, weight_range)
        return self.searcher.costs

    def has_reached(self, cell: tuple[int, int]) -> bool:
        """Whether the last search, which has not found a way, came to a cell."""
        return self.searcher.has_reached(cell)

    def _search_again(self, field: Field, target: tuple[int, int], changed_windows: np.ndarray) -> SearchResult | None:
        """The way, None when it has to be searched from nothing."""
        start = self.searcher.flatten(target)
        if self._weights[start] <= 0.0 or self._weights[field.goal] <= 0.0 or start == field.goal:
            return None
        most = max(int(LOWERED_SHARE * len(self._weights)), LEAST_CELLS)
        if not cost_field.lower_field(self._weights, self._stride, field, changed_windows, most):
            return None
        most = max(int(EXPANDED_SHARE * len(self._weights)), LEAST_CELLS)
        while True:
            outcome, cost, used, expansions = grid_replan.search_again(
                self._weights, self._stride, start, field, self._labels, self.searcher.lend_heap(), most
            )
            if outcome == grid_replan.FOUND_AGAIN:
                break
            grid_replan.clear_labels(self._labels, used)
            if outcome != grid_replan.NO_ROOM or not self._make_room(used):
                return None
        way, costs = grid_replan.trace_again(self._weights, self._stride, field.goal, self._labels)
        grid_replan.raise_field(self._stride, field, self._labels, used, cost)
        grid_replan.clear_labels(self._labels, used)
        cells = np.stack(np.divmod(way[::-1], np.int32(self._stride)), axis=1) - np.int32(1)
        return SearchResult(SearchOutcome.FOUND, float(cost), cells, (cost - costs)[::-1], int(expansions))

    def _make_room(self, used: int) -> bool:
        """Have more pages or a longer queue, whichever was too short; returns whether there is more now."""
        pages = len(self._labels.pages)
        if used <= pages - grid_replan.SPARE_PAGES:
            self.searcher.enlarge_queue()
        elif pages < self._max_pages:
            self._labels = _make_labels(self._labels.table, min(2 * pages, self._max_pages))
        else:
            return False
        return True


def _make_labels(table: np.ndarray, pages: int) -> Labels:
    return Labels(table, np.empty((pages, grid_replan.PAGE_CELLS)), np.empty((pages, 2), np.int32))
