"""After warming up nothing is left to compile: a compilation in flight lasts for seconds, and the robot stands."""

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
from astro_nav.local_planning.planner import LocalPlanner
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.events import LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.simulation.scenario import build_simulator
from astro_nav.types import Path

def list_called():
    # Kernels that Python calls, by module and name, with the types for which they are compiled.
    users = [module for name, module in sys.modules.items() if name.startswith("astro_nav.") and ".kernels" not in name and ".simulation" not in name]
    called = {}
    for module in users:
        for value in vars(module).values():
            if isinstance(value, Dispatcher):
                called[f"{value.py_func.__module__}.{value.py_func.__name__}"] = sorted(map(str, value.signatures))
    return called

planner = LocalPlanner(load_params(LocalPlannerParams, "local_planner"))
planner.warm_up()
warm = list_called()

simulator = build_simulator(load_params(SimulatorParams, "simulator"))
start = simulator.truth().pose_map_base
planner.set_path(Path(0.0, start + np.linspace(0.0, 1.0, 40)[:, None] * [1.5, 0.0, 0.5]))
moving = 0
for cycle in range(200):
    for event in simulator.step(0.1):
        if isinstance(event, OdometryEvent):
            planner.add_odometry(event.odometry)
        elif isinstance(event, ScanEvent):
            planner.add_scan(event.scan, simulator.pose_base_laser, simulator.time_s)
        elif isinstance(event, LocalizationEvent):
            planner.set_pose_map_odom(event.pose_map_odom, event.stamp_s)
    if cycle == 100:
        planner.set_path(Path(0.0, np.zeros((0, 3))))
    if cycle == 120:
        planner.set_speed_limit(0.3)
        planner.set_path(Path(0.0, start + np.linspace(1.0, 0.0, 40)[:, None] * [1.5, 0.0, 0.5]))
    plan = planner.plan(simulator.time_s)
    moving += sum(track.moving for track in plan.tracks)
    plan.sample_candidates(20)
    if plan.trajectory is not None:
        simulator.set_command(plan.trajectory.twists[2])
print(json.dumps({"warm": warm, "later": list_called(), "moving": moving}))
"""


def test_a_drive_past_people_compiles_nothing_more() -> None:
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=root, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    warm, later = result["warm"], result["later"]
    assert len(warm) >= 8
    assert [name for name, signatures in warm.items() if not signatures] == [], "not compiled while warming up"
    assert {name: later[name] for name in later if later[name] != warm.get(name)} == {}, "compiled in flight"
    assert result["moving"] > 10, "somebody has to walk past, or this shows little"
