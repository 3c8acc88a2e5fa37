"""Planners that deserve bad figures, for tests of the metrics."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.stack import StackParams
from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.types import Trajectory

STEP_S, SAMPLES = 0.1, 16


class Sloth:
    """Never moves."""

    def __init__(self, params: StackParams, seed: int) -> None:
        self._odometry, self._pose_map_odom, self._goal_map = None, np.zeros(3), None

    def warm_up(self) -> None:
        pass

    def add_odometry(self, odometry) -> str:
        self._odometry = odometry
        return ""

    def add_scan(self, scan, pose_base_laser, received_s) -> str:
        return ""

    def set_pose_map_odom(self, pose_map_odom, stamp_s) -> None:
        self._pose_map_odom = pose_map_odom

    def set_map(self, occupancy_map) -> None:
        """Nobody is told apart."""

    def set_path(self, path) -> None:
        self._goal_map = path.poses_map[-1] if len(path.poses_map) else None

    def set_speed_limit(self, limit_mps) -> None:
        pass

    def set_followed(self, track_id) -> None:
        """Nobody is told apart."""

    def note_delivery(self, delay_s: float) -> None:
        """It does not look ahead."""

    def plan(self, now_s: float) -> LocalPlan:
        if self._odometry is None:
            return LocalPlan(PlanState.WAITING)
        moving = self._goal_map is not None
        twist = self.choose_twist() if moving else np.zeros(2)
        times = STEP_S * np.arange(SAMPLES)
        poses = se2.integrate_twist(self._odometry.pose_odom_base, twist, times)
        still = np.zeros((SAMPLES, 2))
        trajectory = Trajectory(now_s, now_s, STEP_S, poses, np.tile(twist, (SAMPLES, 1)), still)
        return LocalPlan(PlanState.FOLLOWING if moving else PlanState.IDLE, trajectory=trajectory, candidates=1)

    def choose_twist(self) -> np.ndarray:
        return np.zeros(2)


class Bull(Sloth):
    """Turns towards the goal and drives straight at it, whatever is in between; turns to the goal's heading there."""

    def choose_twist(self) -> np.ndarray:
        goal_odom = se2.compose(se2.invert(self._pose_map_odom), self._goal_map)
        x, y, yaw = se2.relative(self._odometry.pose_odom_base, goal_odom)
        distance, bearing = float(np.hypot(x, y)), float(np.arctan2(y, x))
        if distance < 0.04:
            return np.array([0.0, np.clip(1.5 * wrap_angle(yaw), -0.6, 0.6)])
        if abs(bearing) > 0.3 and distance > 0.1:
            return np.array([0.0, np.clip(1.5 * bearing, -0.6, 0.6)])
        # Beside the goal a centimetre aside is a large bearing, and nothing to swing round for.
        return np.array([min(0.5, 0.6 * np.sqrt(distance)), np.clip(1.5 * bearing * min(1.0, 2.0 * distance), -0.6, 0.6)])
