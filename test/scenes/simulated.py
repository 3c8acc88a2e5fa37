"""Small worlds and parameters for tests of the simulator."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astro_nav.params.files import load_params
from astro_nav.params.simulator import SimulatorParams, make_clean
from astro_nav.simulation.events import Event
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World

PERIOD_S = 0.02


def make_params(clean: bool = False, **changes: Any) -> SimulatorParams:
    """Shipped parameters with changes; dots of names are written as double underscores."""
    params = load_params(SimulatorParams, "simulator", changes={k.replace("__", "."): v for k, v in changes.items()})
    return make_clean(params) if clean else params


def make_wall(x: float, y: float, length: float = 4.0, yaw_rad: float = 0.5 * math.pi, name: str = "wall") -> Solid:
    """A wall of 0.1 m whose middle is at (x, y); upright in the plane unless turned."""
    return Solid(name=name, kind="wall", center_map=(x, y), yaw_rad=yaw_rad, size_m=(length, 0.1), top_m=2.0)


def make_room(size_m: float = 8.0) -> tuple[Solid, ...]:
    """Four walls around the origin."""
    half = 0.5 * size_m
    return (
        make_wall(half, 0.0, size_m, 0.5 * math.pi, "east"),
        make_wall(-half, 0.0, size_m, 0.5 * math.pi, "west"),
        make_wall(0.0, half, size_m, 0.0, "north"),
        make_wall(0.0, -half, size_m, 0.0, "south"),
    )


def make_simulator(*solids: Solid, seed: int = 0, params: SimulatorParams | None = None, **more: Any) -> Simulator:
    """A simulator in a world of these solids; more goes to the world."""
    return Simulator(World("test", tuple(solids), **more), params or make_params(clean=True), seed)


def drive(simulator: Simulator, twist: tuple[float, float], duration_s: float) -> list[Event]:
    """Send one command again and again for a time; returns everything that arrives."""
    events = []
    for _ in range(round(duration_s / PERIOD_S)):
        simulator.set_command(np.array(twist))
        events += simulator.step(PERIOD_S)
    return events
