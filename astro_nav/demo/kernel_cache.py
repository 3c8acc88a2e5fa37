"""Compiles all kernels once, in a process of its own, before a node needs one.

Otherwise every node would compile in the first run: the compiler takes 200 MB and half a minute of a core, which would
then be taken for what the node itself needs. What is compiled stays in the user's cache until a kernel changes.

As a program it compiles what is missing and says so part by part (`1/3 global planner`); without anything missing it is silent.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path

from astro_nav.demo.drive import ROUND_S, Interruption
from astro_nav.demo.panel import Display, PanelState
from astro_nav import kernels
from astro_nav.kernels.jit import CACHE_FOLDER
from astro_nav.launching.process_spec import ProcessSpec
from astro_nav.launching.supervisor import Supervisor

PHASE = "compiling the kernels, before the first run only"


def choose_marker(kernels_folder: Path = Path(kernels.__file__).parent) -> Path:
    """The file that says that the kernels of a folder are all compiled.

    Numba takes compiled code for these sources only: for their real paths, times and sizes. Another checkout with the same kernels, and
    this one after a switch of branches and back, compile again.
    """
    digest = hashlib.sha256()
    for path in sorted(kernels_folder.resolve().rglob("*.py")):
        stat = path.resolve().stat()
        digest.update(f"{path.resolve()} {stat.st_mtime_ns} {stat.st_size}".encode())
    return Path(CACHE_FOLDER) / f"complete-{digest.hexdigest()[:16]}"


def is_cache_complete() -> bool:
    """Whether everything has been compiled by an earlier run."""
    return choose_marker().is_file()


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
    if is_cache_complete():
        return 0
    parts: dict[str, Callable[[], None]] = {"global planner": _compile_global_planner, "local planner": _compile_local_planner}
    if importlib.util.find_spec("mujoco"):
        parts["simulator"] = _compile_simulator
    for number, (name, compile_part) in enumerate(parts.items(), start=1):
        print(f"{number}/{len(parts)} {name}", flush=True)
        compile_part()
    marker = choose_marker()
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    return 0


def _compile_global_planner() -> None:
    from astro_nav.global_planning.planner import GlobalPlanner
    from astro_nav.params.files import load_params
    from astro_nav.params.global_planner import GlobalPlannerParams

    GlobalPlanner(load_params(GlobalPlannerParams, "global_planner")).warm_up()


def _compile_local_planner() -> None:
    from astro_nav.local_planning.planner import LocalPlanner
    from astro_nav.params.files import load_params
    from astro_nav.params.local_planner import LocalPlannerParams

    LocalPlanner(load_params(LocalPlannerParams, "local_planner")).warm_up()


def _compile_simulator() -> None:
    from astro_nav.params.files import load_params
    from astro_nav.params.simulator import SimulatorParams
    from astro_nav.simulation.simulator import Simulator
    from astro_nav.simulation.world_file import load_world

    simulator = load_params(SimulatorParams, "simulator")
    Simulator(load_world(simulator.world_file), simulator, simulator.seed).warm_up()


if __name__ == "__main__":
    sys.exit(main())
