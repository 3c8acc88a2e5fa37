"""Optimal lengths of the MovingAI benchmark (N. Sturtevant, "Benchmarks for grid-based pathfinding", 2012)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_nav.global_planning.grid_searcher import GridSearcher, pad_weights

PROBLEMS_PER_MAP = 60


def load_weights(path: Path) -> np.ndarray:
    lines = path.read_text(encoding="ascii").splitlines()
    rows = lines[lines.index("map") + 1 :]
    return np.array([[cell in ".GS" for cell in row] for row in rows if row], np.float32)


def load_problems(path: Path) -> list[tuple[tuple[int, int], tuple[int, int], float, float]]:
    """Start, goal, optimal length and the rounding of that length in the file (some give four decimals only)."""
    problems = []
    for line in path.read_text(encoding="ascii").splitlines():
        fields = line.split()
        if len(fields) >= 9:
            rounding = 0.5 * 10.0 ** -len(fields[8].partition(".")[2])
            start_x, start_y, goal_x, goal_y = (int(field) for field in fields[4:8])
            problems.append(((start_y, start_x), (goal_y, goal_x), float(fields[8]), rounding))
    return problems


def test_all_problems_are_solved_with_the_optimal_length(data_folder):
    maps = sorted((data_folder / "movingai").glob("*.map"))
    if not maps:
        pytest.skip(f"no MovingAI maps in {data_folder / 'movingai'}")
    for map_path in maps:
        searcher = GridSearcher(pad_weights(load_weights(map_path)))
        problems = load_problems(Path(f"{map_path}.scen"))
        assert len(problems) == PROBLEMS_PER_MAP, map_path
        for start, goal, optimal, rounding in problems:
            cost = searcher.search(start, goal, (1.0, 1.0)).cost
            assert cost == pytest.approx(optimal, rel=1e-6, abs=1.01 * rounding), f"{map_path.name}: {start} to {goal}"
