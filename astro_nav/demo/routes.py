"""Roughly the way that the robot will take, to know where it can be surprised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.demo.free_space import FreeSpace
from astro_nav.global_planning.grid_searcher import GridSearcher, SearchOutcome, pad_weights
from astro_nav.types import FloatArray


def find_way(space: FreeSpace, start_map: FloatArray, goals_map: Sequence[FloatArray]) -> FloatArray:
    """Return the middles (N, 2) [m] of the cells on a way from the start through all goals.

    The way keeps to the middle of free space: a step costs more the less room there is. Legs for which there is no way
    are left out.
    """
    clearance = space.clearance_m
    weights = np.where(clearance >= space.inscribed_radius_m, 1.0 + space.circumscribed_radius_m / np.maximum(clearance, 1e-3), 0.0)
    if not weights.any():
        return np.zeros((0, 2))
    searcher = GridSearcher(pad_weights(weights))
    weight_range = (float(weights[weights > 0.0].min()), float(weights.max()))
    cells, inside = space.find_cells(np.array([start_map[:2], *(goal[:2] for goal in goals_map)]))
    legs = [np.zeros((0, 2))]
    for (here, here_inside), (there, there_inside) in zip(zip(cells[:-1], inside[:-1]), zip(cells[1:], inside[1:])):
        if not (here_inside and there_inside):
            continue
        result = searcher.search(tuple(there), tuple(here), weight_range)
        if result.outcome is SearchOutcome.FOUND:
            legs.append(space.find_points(result.way))
    return np.concatenate(legs)
