"""Memory: of the global planner per cell of the map, and of a process that holds the whole stack."""

from __future__ import annotations

import resource

import numpy as np

from astro_nav.evaluation.bench.distance_fields import make_blocks
from astro_nav.evaluation.bench.measure import Row, make_row
from astro_nav.evaluation.stack import StackParams
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.types import OccupancyMap

SIZE = 2000
KIB_PER_MIB = 1024.0


def measure_memory(params: StackParams) -> list[Row]:
    """Rows of memory: of arrays as large as the map after a plan, and the largest resident set of this process so far."""
    planner = GlobalPlanner(params.global_planner)
    occupancy = np.where(make_blocks(SIZE), 100, 0).astype(np.int8)
    planner.set_map(OccupancyMap(occupancy, 0.05, np.zeros(3)))
    planner.plan(np.array([1.0, 1.0, 0.0]), np.array([98.0, 98.0, 0.0]), 0.0)
    per_cell = planner.memory_bytes / SIZE**2
    largest_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    return [
        make_row(f"memory global planner {SIZE} x {SIZE}", "B/cell", "astro", [per_cell], False),
        make_row("memory of this process with all of the above", "MiB", "bench", [largest_mib], False),
    ]
