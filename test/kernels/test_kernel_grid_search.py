"""Search kernels, through the object that owns their buffers, against Dijkstra's algorithm in plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.grid_search import find_costs, measure_way

from astro_nav.global_planning.grid_searcher import GridSearcher, SearchOutcome, pad_weights


def make_searcher(weights: np.ndarray) -> tuple[GridSearcher, tuple[float, float]]:
    passable = weights[weights > 0]
    return GridSearcher(pad_weights(weights)), (float(passable.min()), float(passable.max()))


def make_noise(shape: tuple[int, int], density: float, seed: int, spread: float) -> np.ndarray:
    generator = np.random.default_rng(seed)
    weights = (1.0 + spread * generator.random(shape)).astype(np.float32)
    weights[generator.random(shape) < density] = 0.0
    weights[0, 0] = weights[-1, -1] = 1.0
    return weights


@pytest.mark.parametrize("density", [0.0, 0.2, 0.35])
@pytest.mark.parametrize("spread", [0.0, 1e-6, 0.3, 20.0])
def test_costs_to_everything_equal_dijkstra(density, spread):
    weights = make_noise((37, 53), density, 3, spread)
    searcher, weight_range = make_searcher(weights)
    searcher.search((0, 0), None, weight_range)
    np.testing.assert_allclose(searcher.costs[1:-1, 1:-1], find_costs(weights, (0, 0)), rtol=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_a_way_costs_what_dijkstra_says_and_takes_only_allowed_steps(seed):
    weights = make_noise((60, 45), 0.25, seed, 0.0 if seed % 2 else 4.0)
    searcher, weight_range = make_searcher(weights)
    result = searcher.search((0, 0), (59, 44), weight_range)
    costs = find_costs(weights, (0, 0))
    expected = costs[59, 44]
    assert result.cost == pytest.approx(expected, rel=1e-9)
    if math.isfinite(expected):
        way = [tuple(cell) for cell in result.way.tolist()]
        assert way[0] == (59, 44) and way[-1] == (0, 0)
        assert measure_way(weights, way) == pytest.approx(expected, rel=1e-9)
        np.testing.assert_allclose(result.costs_to_source, [costs[cell] for cell in way], rtol=1e-9)


def test_smooth_weights_of_nearly_equal_size_are_no_trap():
    """Hundreds of ways whose costs differ by less than a bucket must not be gone through one by one."""
    rows, columns = np.mgrid[0:300, 0:300]
    weights = (1.0 + 1e-4 * np.sin(rows / 7.0) * np.cos(columns / 9.0)).astype(np.float32)
    searcher, weight_range = make_searcher(weights)
    result = searcher.search((0, 0), (299, 150), weight_range)
    assert result.expansions <= 2 * weights.size
    assert result.cost == pytest.approx(find_costs(weights, (0, 0))[299, 150], rel=1e-9)


def test_searches_on_the_same_buffers_do_not_disturb_each_other():
    weights = make_noise((50, 50), 0.2, 5, 2.0)
    searcher, weight_range = make_searcher(weights)
    generator = np.random.default_rng(0)
    cells = np.argwhere(weights > 0)
    for _ in range(30):
        source, target = (tuple(cells[k].tolist()) for k in generator.integers(0, len(cells), 2))
        result = searcher.search(source, target, weight_range)
        assert result.cost == pytest.approx(find_costs(weights, source)[target], rel=1e-9)


def test_weights_may_change_between_searches():
    weights = np.ones((9, 9), np.float32)
    padded = pad_weights(weights)
    searcher = GridSearcher(padded)
    assert searcher.search((4, 0), (4, 8), (1.0, 1.0)).cost == pytest.approx(8.0)
    padded[1:-1, 5] = 0.0
    assert searcher.search((4, 0), (4, 8), (1.0, 1.0)).outcome is SearchOutcome.UNREACHABLE
    padded[1, 5] = 1.0
    assert searcher.search((4, 0), (4, 8), (1.0, 1.0)).cost == pytest.approx(find_costs(padded[1:-1, 1:-1], (4, 0))[4, 8])


def test_corners_are_not_cut():
    weights = np.ones((2, 2), np.float32)
    weights[0, 1] = 0.0
    searcher, weight_range = make_searcher(weights)
    assert searcher.search((0, 0), (1, 1), weight_range).cost == pytest.approx(2.0)


def test_a_source_is_its_own_target():
    searcher, weight_range = make_searcher(np.ones((3, 3), np.float32))
    result = searcher.search((1, 1), (1, 1), weight_range)
    assert result.outcome is SearchOutcome.FOUND
    assert result.cost == 0.0
    assert result.way.tolist() == [[1, 1]]


def test_blocked_ends_are_unreachable_and_cells_outside_are_refused():
    weights = np.ones((4, 4), np.float32)
    weights[2, 2] = 0.0
    searcher, weight_range = make_searcher(weights)
    assert searcher.search((2, 2), (0, 0), weight_range).outcome is SearchOutcome.UNREACHABLE
    assert searcher.search((0, 0), (2, 2), weight_range).outcome is SearchOutcome.UNREACHABLE
    with pytest.raises(ValueError, match="outside the grid of 4 x 4"):
        searcher.search((0, 0), (4, 0), weight_range)


def test_a_long_search_can_be_cancelled_and_leaves_the_buffers_usable():
    weights = np.ones((600, 600), np.float32)
    weights[1::2, :] = 0.0  # a serpentine of 180 000 cells
    weights[1::4, -1] = weights[3::4, 0] = 1.0
    searcher, weight_range = make_searcher(weights)
    asked = []
    result = searcher.search((0, 0), (598, 599), weight_range, lambda: bool(asked.append(1)) or len(asked) == 2)
    assert result.outcome is SearchOutcome.CANCELLED
    assert result.expansions == 100_000
    result = searcher.search((0, 0), (598, 599), weight_range)
    assert result.cost == pytest.approx(300 * 599 + 299 * 2 , rel=0.01)
    assert measure_way(weights, [tuple(cell) for cell in result.way.tolist()]) == pytest.approx(result.cost)


def test_weights_without_a_border_are_refused():
    with pytest.raises(ValueError, match="pad_weights"):
        GridSearcher(np.ones((4, 4), np.float32))
    with pytest.raises(ValueError, match="pad_weights"):
        GridSearcher(np.zeros((4, 4)))
