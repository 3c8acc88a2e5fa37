"""From parameters to a world with a robot that stands free in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from astro_nav.errors import MapError
from astro_nav.mapping.map_file import load_map
from astro_nav.params.simulator import SimulatorParams, make_clean
from astro_nav.simulation.map_world import world_from_map
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.world import World
from astro_nav.simulation.world_file import load_world, overlay_world


def build_world(params: SimulatorParams) -> World:
    """Load the world that the parameters name: a map or a world file, what is laid over it, the robot's start.

    Raises:
        MapError: when a file cannot be used, or none is named.
    """
    if params.map_file:
        world = world_from_map(load_map(params.map_file), Path(params.map_file).stem)
    elif params.world_file:
        world = load_world(params.world_file)
    else:
        raise MapError("world_file and map_file are both empty: name a world file or a map_server YAML")
    if params.extra_world_file:
        world = overlay_world(world, params.extra_world_file)
    if params.start_pose_map:
        world = replace(world, start_pose_map=np.array(params.start_pose_map))
    return world


def build_simulator(params: SimulatorParams, with_visuals: bool = False) -> Simulator:
    """Make the simulator that the parameters describe.

    Raises:
        MapError: when a file cannot be used, or the robot would start inside something.
    """
    simulator = Simulator(
        build_world(params), make_clean(params) if params.clean else params, params.seed, with_visuals=with_visuals
    )
    pose = simulator.world.start_pose_map
    clearance_m, nearest = simulator.measure_clearance(pose)
    if clearance_m <= 0.0:
        raise MapError(
            f"the robot cannot start at ({pose[0]:g} m, {pose[1]:g} m, {pose[2]:g} rad): it would stand in {nearest}; "
            "give another start_pose_map"
        )
    return simulator
