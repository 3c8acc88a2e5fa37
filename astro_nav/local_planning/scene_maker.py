"""From what is known to what the kernels judge candidates in."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry.footprint import cover_with_circles
from astro_nav.kernels.costs.progress import Goal
from astro_nav.kernels.evaluate import Scene, Weights
from astro_nav.local_planning.goal_approach import GoalApproach
from astro_nav.local_planning.guidance import Guidance
from astro_nav.local_planning.hypotheses import arrange_people
from astro_nav.local_planning.pose_clearance import measure_pose_clearance
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import UNKNOWN, Float32Array, FloatArray, LocalGrid, Prediction, RobotState, Track, Trajectory

CIRCLE_EXCESS_M = 0.01  # how far the circles that cover the footprint may reach beyond its half width
CLEARANCE_SLACK_M = 0.005  # a robot in contact may get so much nearer while it moves away

single = np.float32


class SceneMaker:
    """Makes the scene of every cycle; keeps the shape of the robot and the lattice around the goal.

    Args:
        params: of the local planner.
    """

    def __init__(self, params: LocalPlannerParams) -> None:
        self.params = params
        footprint = params.robot.footprint
        centres, radius = cover_with_circles(footprint, CIRCLE_EXCESS_M)
        low, high = footprint.min(axis=0), footprint.max(axis=0)
        self._circles = (single(centres[:, 0]), single(centres[:, 1]), single(radius))
        self._rectangle = (single(0.5 * (low + high)[0]), single(0.5 * (high - low)[0]), single(max(high[1], -low[1])))
        self._approach = GoalApproach(params.approach, self._circles, params.robot.circumscribed_radius_m)

    def make(
        self, start_s: float, state: RobotState, grid: LocalGrid, tracks: tuple[Track, ...], prediction: Prediction,
        guidance: Guidance | None, previous: Trajectory | None, followed_id: int | None, weights: Weights,
    ) -> Scene:  # fmt: skip
        """The scene of one cycle; positions are relative to the map's corner.

        Args:
            start_s: when the trajectory will begin.
            state: of the robot then.
            grid: the local map.
            tracks, prediction: of what moves.
            guidance: None without a goal.
            previous: the previous trajectory.
            followed_id: the track that is followed.
            weights: for the lattice around the goal.
        """
        origin = grid.origin_odom
        pose = state.pose_odom_base
        start = np.array(
            [pose[0] - origin[0], pose[1] - origin[1], np.cos(pose[2]), np.sin(pose[2]), *state.twist, *state.acceleration],
            dtype=np.float32,
        )
        if guidance is None:
            goal, cost_to_go = Goal(*map(single, (0.0, 0.0, 1.0, 0.0, 0.0))), np.zeros_like(grid.distance_m)
        else:
            x, y, yaw = guidance.goal_odom
            goal = Goal(*map(single, (x - origin[0], y - origin[1], np.cos(yaw), np.sin(yaw), guidance.goal_inside)))
            cost_to_go = guidance.cost_to_go
        if guidance is not None and guidance.goal_inside and self.params.approach.enabled:
            margin_m = self.params.cost.contact_margin_m
            excess = self._approach.update(guidance.goal_odom, goal, grid, margin_m, weights.progress)
        else:
            excess = self._approach.forget()
        clearance_m = measure_pose_clearance(*(pose[:2] - origin), np.cos(pose[2]), np.sin(pose[2]), self._circles, grid)
        plan_x, plan_y = self._place_previous(previous, start_s, origin)
        circles_x, circles_y, radius = self._circles
        middle_x, half_x, half_y = self._rectangle
        return Scene(
            start=start,
            step=single(self.params.horizon.step_s),
            resolution=single(grid.resolution_m),
            distance=grid.distance_m,
            unknown=(grid.occupancy == UNKNOWN).astype(np.float32),
            cost_to_go=cost_to_go,
            goal=goal,
            goal_excess=excess,
            goal_spacing=self._approach.spacing,
            circles_x=circles_x,
            circles_y=circles_y,
            circle_radius=radius,
            middle_x=middle_x,
            half_x=half_x,
            half_y=half_y,
            # A robot that starts nearer than that may move on as long as it gets no nearer.
            contact_below=single(min(self.params.cost.contact_margin_m, clearance_m - CLEARANCE_SLACK_M)),
            leeway=single(max(self.params.cost.leeway_m - clearance_m, 0.0)),
            **arrange_people(
                prediction, tracks, self.params.prediction.start_rate_hz, origin, followed_id, self.params.cost.people_space_followed
            ),
            plan_x=plan_x,
            plan_y=plan_y,
        )

    def _place_previous(self, previous: Trajectory | None, start_s: float, origin: FloatArray) -> tuple[Float32Array, Float32Array]:
        """The previous trajectory at this cycle's steps, as far as it reaches, relative to the map's corner."""
        if previous is None:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)
        stamps = start_s + self.params.horizon.step_s * np.arange(1, self.params.horizon.steps + 1)
        places = (stamps - previous.start_s) / previous.step_s
        places = places[places <= len(previous.poses_odom) - 1]
        index = np.arange(len(previous.poses_odom))
        x = np.interp(places, index, previous.poses_odom[:, 0]) - origin[0]
        y = np.interp(places, index, previous.poses_odom[:, 1]) - origin[1]
        return x.astype(np.float32), y.astype(np.float32)
