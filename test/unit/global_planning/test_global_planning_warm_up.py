"""After warming up nothing is left to compile: the first goal would wait for it, and every node would need the compiler's memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# In a process of its own: other tests compile kernels, too.
PROGRAM = """
import json, sys
import numpy as np
from numba.core.dispatcher import Dispatcher
from astro_nav.global_planning.passages import find_passages
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.zones import Zone
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

def list_called():
    # Kernels that Python calls, by module and name, with the types for which they are compiled.
    users = [module for name, module in sys.modules.items() if name.startswith("astro_nav.") and ".kernels" not in name]
    values = [value for module in users for value in vars(module).values() if isinstance(value, Dispatcher)]
    return {f"{value.py_func.__module__}.{value.py_func.__name__}": sorted(map(str, value.signatures)) for value in values}

params = load_params(GlobalPlannerParams, "global_planner")
planner = GlobalPlanner(params)
planner.warm_up()
warm = list_called()

occupancy = np.zeros((100, 120), np.int8)
occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = occupancy[:, 60] = 100
occupancy[20:38, 60] = occupancy[64:82, 60] = 0
planner.set_map(OccupancyMap(occupancy, 0.05, np.zeros(3)))
doors = find_passages(planner.cost_map, params.memory)
start, goal = np.array([1.0, 1.45, 0.0]), np.array([5.0, 1.45, 0.0])
ways = [planner.plan(start, goal, 0.0)]
ways.append(planner.plan(start, goal, 0.0, blocked_discs_map=np.array([[3.02, 1.45, 0.4]])))
ways.append(planner.plan(start, goal, 0.0, prices_map=np.append(doors[0].ends_map.ravel(), 5.0)[np.newaxis]))
planner.set_zones([Zone("slow", np.array([[4.0, 0.5], [5.0, 0.5], [5.0, 2.0]]), 0.2), Zone("stairs", np.array([[1.5, 1.0], [2.0, 1.0], [2.0, 2.0]]))])
ways.append(planner.plan(start, goal, 0.0))
print(json.dumps({"warm": warm, "later": list_called(), "doors": len(doors), "found": [len(way.path.poses_map) > 0 for way in ways]}))
"""


def test_a_day_with_doors_and_zones_compiles_nothing_more() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["doors"] == 2 and said["found"] == [True] * 4
    later = {name: types for name, types in said["later"].items() if types}
    assert len(later) >= 5
    assert {name: said["warm"][name] for name in later} == later
