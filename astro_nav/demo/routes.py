"""The ways that the robot will take, as the global planner itself plans them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from astro_nav.demo.goals import Goal
from astro_nav.demo.stack_params import load_part_params
from astro_nav.errors import GoalError
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, OccupancyMap


def plan_tour(
    occupancy_map: OccupancyMap, start_map: FloatArray, goals: Sequence[Goal], overlay_files: Iterable[Path] = ()
) -> FloatArray:
    """Plan from the start through all goals.

    Args:
        occupancy_map: what the robot is told.
        start_map: (3,).
        goals: in order.
        overlay_files: parameter files laid over the shipped configuration.

    Returns:
        (N, 2) points of the way [m].

    Raises:
        GoalError: naming the goal to which there is no way, and why.
    """
    planner = GlobalPlanner(load_part_params(GlobalPlannerParams, "global_planner", list(overlay_files)))
    planner.set_map(occupancy_map)
    here, legs = np.asarray(start_map, dtype=np.float64), []
    for index, goal in enumerate(goals, start=1):
        result = planner.plan(here, goal.pose_map, now_s=0.0)
        if len(result.path.poses_map) == 0:
            raise GoalError(f"goal {index}, {goal}: {result.message}")
        legs.append(result.path.poses_map[:, :2])
        here = goal.pose_map
    return np.concatenate(legs)
