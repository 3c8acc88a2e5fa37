"""Compiles all kernels once, in a process of its own, before a node needs one.

Otherwise every node would compile in the first run: the compiler takes 200 MB and half a minute of a core, which would
then be taken for what the node itself needs. What is compiled stays in the user's cache until a kernel changes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from astro_nav.demo.drive import ROUND_S, Interruption
from astro_nav.demo.panel import Display, PanelState
from astro_nav.kernels.jit import CACHE_FOLDER
from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.supervisor import Supervisor

MARKER = Path(CACHE_FOLDER) / "complete"
PHASE = "compiling the kernels, before the first run only"


def is_cache_complete() -> bool:
    """Whether everything has been compiled by an earlier run."""
    return MARKER.is_file()


def fill_cache(display: Display, interruption: Interruption) -> None:
    """Have everything compiled, if it is not; a failure is told, and the nodes then compile for themselves."""
    if is_cache_complete():
        return
    lines: list[str] = []
    start_s = time.monotonic()
    with Supervisor(on_output=lambda _name, _stream, line: lines.append(line)) as supervisor:
        supervisor.start(ProcessSpec("kernels", (sys.executable, "-m", "astro_nav.demo.kernel_cache")))
        while supervisor.step(timeout_s=ROUND_S):
            now_s = time.monotonic()
            display.show(PanelState(PHASE, reason=f"{now_s - start_s:.0f} s so far, about a minute in all"), now_s)
            if interruption.numbers:
                supervisor.stop("interrupted")
        if supervisor.exit_code and not interruption.numbers:
            display.say(f"the kernels were not compiled beforehand: {lines[-1] if lines else 'no reason given'}")


def main() -> int:
    """Compile everything that simulator and nodes run, and leave a mark."""
    from astro_nav.global_planning.planner import GlobalPlanner
    from astro_nav.local_planning.planner import LocalPlanner
    from astro_nav.params.files import load_params
    from astro_nav.params.global_planner import GlobalPlannerParams
    from astro_nav.params.local_planner import LocalPlannerParams
    from astro_nav.params.simulator import SimulatorParams
    from astro_nav.simulation.simulator import Simulator
    from astro_nav.simulation.world_file import load_world

    GlobalPlanner(load_params(GlobalPlannerParams, "global_planner")).warm_up()
    LocalPlanner(load_params(LocalPlannerParams, "local_planner")).warm_up()
    simulator = load_params(SimulatorParams, "simulator")
    Simulator(load_world(simulator.world_file), simulator, simulator.seed).warm_up()
    MARKER.parent.mkdir(parents=True, exist_ok=True)
    MARKER.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
