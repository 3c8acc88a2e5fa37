"""A dynamic window planner: constant velocities that can be reached soon, driven for a while, the best by where they end.

Source: D. Fox, W. Burgard, S. Thrun, "The dynamic window approach to collision avoidance", IEEE RAM 4(1), 1997; terms as its
successors in ROS weigh them, see kernels/peers/window_costs.py.
"""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.peers.planner import Choice, Moment, PeerPlanner
from astro_nav.evaluation.stack import MotionPlanner, StackParams
from astro_nav.kernels.cost_to_go import make_march_scratch, march
from astro_nav.kernels.costs.clearance import measure_clearance
from astro_nav.kernels.lanes import BLOCK
from astro_nav.kernels.peers.velocity_rollout import roll_out_velocities
from astro_nav.kernels.peers.window_costs import WINDOW_TERMS, score_window
from astro_nav.params.files import load_params
from astro_nav.params.peers import PeersParams
from astro_nav.types import Float32Array, FloatArray

BLOCKED_RATE = 20.0  # what a metre costs where the robot cannot be, so that the field of distances leads round it
MOVING_MPS, MOVING_RADPS = 0.01, 0.05  # slower than this is no direction

single = np.float32


def make_dwa(params: StackParams, seed: int, peers: PeersParams | None = None) -> MotionPlanner:
    """The dynamic window planner with the shipped parameters, or with others."""
    return DynamicWindowPlanner(params, peers or load_params(PeersParams, "peers"), seed)


class Oscillation:
    """Forbids to turn back until the robot has got somewhere."""

    def __init__(self, distance_m: float, angle_rad: float) -> None:
        self._distance_m, self._angle_rad = distance_m, angle_rad
        self.clear()

    def clear(self) -> None:
        """Allow everything."""
        self._pose: FloatArray | None = None
        self._signs = np.zeros(2)

    def find_allowed(self, commands: FloatArray) -> np.ndarray:
        """Which of the commands (2, K) do not turn back: (K,) bool."""
        return ((np.sign(commands) * self._signs[:, np.newaxis]) >= 0.0).all(axis=0)

    def note(self, command: FloatArray, pose_odom: FloatArray) -> None:
        """Take note of what was chosen at a pose (3,)."""
        moving = np.abs(command) > (MOVING_MPS, MOVING_RADPS)
        signs = np.sign(command) * moving
        # Curves change sides all the time while driving; turning back on the spot is what trembles.
        signs[1] *= not moving[0]
        if self._pose is not None:
            moved_m = np.hypot(*(pose_odom[:2] - self._pose[:2]))
            turned_rad = abs(np.arctan2(np.sin(pose_odom[2] - self._pose[2]), np.cos(pose_odom[2] - self._pose[2])))
            if moved_m > self._distance_m or turned_rad > self._angle_rad:
                self.clear()
        if signs.any() and (self._pose is None or (signs * self._signs < 0.0).any()):
            self._pose, self._signs = pose_odom.copy(), signs


class DynamicWindowPlanner(PeerPlanner):
    """See the module."""

    def __init__(self, params: StackParams, peers: PeersParams, seed: int) -> None:
        super().__init__(params, peers, seed)
        own = peers.dwa
        self._steps = int(round(own.horizon_s / own.step_s))
        self._oscillation = Oscillation(own.oscillation_m, own.oscillation_rad)
        self._scratch = make_march_scratch(self._map.size, self._map.size)

    @property
    def path_ahead_m(self) -> float:
        """Length of the path that the planner looks at."""
        return self.peers.dwa.path_ahead_m

    def forget(self) -> None:
        """Forget the motion so far."""
        super().forget()
        self._oscillation.clear()

    def choose(self, moment: Moment) -> Choice | None:
        """Judge the window and take the best."""
        own = self.peers.dwa
        commands = self._sample_window(moment)
        terms, valid = self._judge(moment, commands)
        near_goal = moment.ahead.ends_in_goal and moment.ahead.distance_to_goal_m < own.align_until_m
        align = 0.0 if near_goal else 1.0
        weights = single([own.obstacle, own.path, own.goal, align * own.path_align, align * own.goal_align, own.backwards])
        costs = weights @ terms
        allowed = valid & self._oscillation.find_allowed(commands)
        if not allowed.any():
            allowed = valid
        if not allowed.any():
            return None
        best = int(np.argmin(np.where(allowed, costs, np.inf)))
        self._oscillation.note(commands[:, best], moment.state.pose_odom_base)
        braking = int(round(own.braking_s / own.step_s))
        wanted = np.zeros((self._steps + braking, 2))
        wanted[: self._steps] = commands[:, best]
        return Choice(wanted, len(wanted), own.step_s, commands.shape[1], int(valid.sum()))

    def _sample_window(self, moment: Moment) -> FloatArray:
        """(2, K) speeds and turn rates that can be reached within the window, standing still among them."""
        own, limits = self.peers.dwa, moment.limits
        v, omega = moment.state.twist
        reach_down = own.window_s * float(limits.deceleration if v > 0.0 else limits.acceleration)
        reach_up = own.window_s * float(limits.acceleration if v >= 0.0 else limits.deceleration)
        turn = own.window_s * float(limits.turn_acceleration)
        low, high = max(-float(limits.max_reverse_speed), v - reach_down), min(float(limits.max_speed), v + reach_up)
        left, right = min(float(limits.max_turn_rate), omega + turn), max(-float(limits.max_turn_rate), omega - turn)
        # From above the highest speed only braking leads back into the window.
        speeds = np.append(np.linspace(min(low, high), high, own.speed_samples), 0.0)
        turns = np.append(np.linspace(min(right, left), left, own.turn_samples), 0.0)
        return np.stack([grid.ravel() for grid in np.meshgrid(speeds, turns, indexing="ij")])

    def _judge(self, moment: Moment, commands: FloatArray) -> tuple[Float32Array, np.ndarray]:
        own, grid, circles = self.peers.dwa, moment.grid, moment.circles
        count = commands.shape[1]
        rows = np.empty((8, self._steps, count), dtype=np.float32)
        clearance = np.empty((self._steps, count), dtype=np.float32)
        wanted = np.ascontiguousarray(commands, dtype=np.float32)[:, np.newaxis]
        zero, resolution = single(0.0), single(grid.resolution_m)
        for first in range(0, count, BLOCK):
            last = min(first + BLOCK, count)
            roll_out_velocities(moment.start, wanted[0], wanted[1], first, last, moment.limits, single(own.step_s), *rows)
            measure_clearance(
                first, last, *rows[:4], circles.x, circles.y, circles.radius, grid.distance_m, zero, zero, resolution, clearance
            )
        terms = np.empty((len(WINDOW_TERMS), count), dtype=np.float32)
        valid = np.empty(count, dtype=np.bool_)
        path = np.ascontiguousarray(moment.ahead.points.T, dtype=np.float32)
        score_window(
            *rows[:5], clearance, single(moment.contact_below), path[0], path[1], self._measure_goal_distance(moment), resolution,
            single(own.forward_m), single(own.inflation_pm), terms, valid,
        )  # fmt: skip
        return terms, valid

    def _measure_goal_distance(self, moment: Moment) -> Float32Array:
        """(H, W) way to the end of the path ahead, round obstacles [m]."""
        grid = moment.grid
        rate = np.where(grid.distance_m > moment.inscribed_radius_m, single(1.0), single(BLOCKED_RATE))
        place = moment.ahead.end[:2] / grid.resolution_m
        size = len(rate)
        column, row = np.clip(np.floor(place).astype(np.int64), 2, size - 3)
        columns, rows = (axis.ravel() for axis in np.meshgrid(np.arange(column - 2, column + 3), np.arange(row - 2, row + 3)))
        away = np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1]) * grid.resolution_m
        field = np.empty_like(rate)
        march(rate, single(grid.resolution_m), rows * size + columns, away.astype(np.float32), field, self._scratch)
        return field
