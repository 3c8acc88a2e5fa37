"""A short drive, recorded once, so that every contender computes on the very same inputs."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.stack import MotionPlanner, StackParams, make_astro
from astro_nav.local_planning.local_plan import LocalPlan
from astro_nav.simulation.world_file import find_world_file, load_world
from astro_nav.types import FloatArray, OccupancyMap, Odometry, Path, Scan

WORLD = "home.yaml"
GOAL_MAP = (8.3, 2.2, -2.6)  # through the room in which somebody walks
DURATION_S = 12.0


@dataclass
class Cycle:
    """What arrived before one cycle, in order: (kind, arguments); when it began; what was planned."""

    inputs: list[tuple[str, tuple]] = field(default_factory=list)
    now_s: float = 0.0
    plan: LocalPlan | None = None


class RecordingPlanner:
    """Passes everything on to a planner and remembers it."""

    def __init__(self, planner: MotionPlanner) -> None:
        self._planner = planner
        self.cycles = [Cycle()]

    def warm_up(self) -> None:
        """Nothing to record."""
        self._planner.warm_up()

    def add_odometry(self, odometry: Odometry) -> str:
        """Record odometry."""
        return self._pass_on("add_odometry", odometry)

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float) -> str:
        """Record a scan."""
        return self._pass_on("add_scan", scan, pose_base_laser, received_s)

    def set_pose_map_odom(self, pose_map_odom: FloatArray, stamp_s: float) -> None:
        """Record the localizer's word."""
        self._pass_on("set_pose_map_odom", pose_map_odom, stamp_s)

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Record the global map."""
        self._pass_on("set_map", occupancy_map)

    def set_path(self, path: Path) -> None:
        """Record a path."""
        self._pass_on("set_path", path)

    def set_speed_limit(self, limit_mps: float | None) -> None:
        """Record a speed limit."""
        self._pass_on("set_speed_limit", limit_mps)

    def set_followed(self, track_id: int | None) -> None:
        """Record who is followed."""
        self._pass_on("set_followed", track_id)

    def note_delivery(self, delay_s: float) -> None:
        """Record how long a plan was under way."""
        self._pass_on("note_delivery", delay_s)

    def plan(self, now_s: float) -> LocalPlan:
        """Record a cycle."""
        cycle = self.cycles[-1]
        cycle.now_s, cycle.plan = now_s, self._planner.plan(now_s)
        self.cycles.append(Cycle())
        return cycle.plan

    def _pass_on(self, kind: str, *arguments):
        self.cycles[-1].inputs.append((kind, arguments))
        return getattr(self._planner, kind)(*arguments)


def record_drive() -> tuple[StackParams, list[Cycle], FloatArray]:
    """Drive through the shipped home for a while.

    Returns:
        the parameters, one entry per cycle of the local planner, and the pose of the lidar on the robot (3,).
    """
    made: list[RecordingPlanner] = []

    def make_recorder(params: StackParams, seed: int) -> MotionPlanner:
        made.append(RecordingPlanner(make_astro(params, seed)))
        return made[-1]

    world = load_world(find_world_file(WORLD))
    scenario = Scenario("bench", 1, world, (GoalOrder(np.array([GOAL_MAP])),), DURATION_S)
    loop = ClosedLoop(scenario, planner=("astro", make_recorder))
    loop.run()
    return loop.stack.params, made[0].cycles[:-1], loop.simulator.pose_base_laser
