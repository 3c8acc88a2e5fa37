"""A safety controller that follows a stream of trajectories in the kinematic world, with the delays of a robot."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from reference.safety_world import World

from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.controller import SafetyController
from astro_nav.types import Trajectory, Verdict

PARAMS = load_params(SafetyControllerParams, "safety_controller")
PERIOD_S = 0.02
SCAN_PERIODS = PLAN_PERIODS = 5
LASER = np.zeros(3)
# How the trajectories themselves speed up and slow down: within the robot's limits.
PLAN_ACCELERATION_MPS2, PLAN_TURN_ACCELERATION_RADPS2 = 0.5, 1.5

Twist = tuple[float, float]


def make_trajectory(
    stamp_s: float, pose_odom_base: np.ndarray, begin: Twist = (0.0, 0.0), wish: Twist = (0.5, 0.0), count: int = 31, step_s: float = 0.1
) -> Trajectory:
    """Speed up or slow down evenly from one twist to the wished one, and keep to that; blind for obstacles."""
    twists, accelerations, poses = np.zeros((count, 2)), np.zeros((count, 2)), np.zeros((count, 3))
    for axis, most in enumerate((PLAN_ACCELERATION_MPS2, PLAN_TURN_ACCELERATION_RADPS2)):
        off = wish[axis] - begin[axis]
        changes = most * step_s * np.arange(count)
        twists[:, axis] = begin[axis] + math.copysign(1.0, off) * np.minimum(changes, abs(off))
    if count > 1:
        accelerations[:-1] = np.diff(twists, axis=0) / step_s
    poses[:1] = pose_odom_base
    for k in range(1, count):
        speed, turn_rate = 0.5 * (twists[k - 1] + twists[k])
        heading = poses[k - 1, 2] + 0.5 * turn_rate * step_s
        poses[k] = poses[k - 1] + step_s * np.array([speed * math.cos(heading), speed * math.sin(heading), turn_rate])
    return Trajectory(stamp_s, stamp_s, step_s, poses, twists, accelerations)


class TrajectoryDrive:
    """Odometry at 50 Hz, scans and trajectories at 10 Hz, one decision every 20 ms.

    Args:
        world: where it drives.
        params: of the controller.
        seed: of the noise; None for none.
        odometry_noise: standard deviation of poses [m, rad]; that of speeds is four times as much [m/s, rad/s].
    """

    def __init__(self, world: World, params: SafetyControllerParams = PARAMS, seed: int | None = None, odometry_noise: float = 0.001) -> None:
        self.world, self.params, self.controller = world, params, SafetyController(params)
        self.odometry_noise = odometry_noise
        self.rng = None if seed is None else np.random.default_rng(seed)
        self.period = 0
        self.sends_odometry = self.sends_scans = self.plans = True
        self.verdicts: list[Verdict] = []
        self.refusals: list[str] = []
        self.measured_pose = np.zeros(3)

    @property
    def commands(self) -> np.ndarray:
        """(N, 2) all commands so far."""
        return np.array([verdict.twist for verdict in self.verdicts])

    @property
    def stands(self) -> bool:
        """Whether the robot itself is at rest."""
        return abs(self.world.v) < 2e-3 and abs(self.world.w) < 5e-3

    def run(self, duration_s: float, wish: Twist, until: Callable[[], bool] | None = None) -> None:
        """Drive; `until` ends early."""
        for _ in range(round(duration_s / PERIOD_S)):
            self._sense()
            if self.plans and self.period % PLAN_PERIODS == 0:
                self._plan(wish)
            self.period += 1
            self.decide()
            if until is not None and until():
                return

    def decide(self) -> None:
        """One decision and the world's answer to it."""
        now = self.world.now
        self.verdicts.append(self.controller.step(now, now))
        self.world.send(*self.verdicts[-1].twist.tolist())
        self.world.step(PERIOD_S)

    def _sense(self) -> None:
        world, now = self.world, self.world.now
        odometry = world.odometry(self.rng, self.odometry_noise, self.odometry_noise, 4.0 * self.odometry_noise)
        self.measured_pose = odometry.pose_odom_base
        if self.sends_odometry:
            self.refusals.append(self.controller.add_odometry(odometry, now))
        if self.sends_scans and self.period % SCAN_PERIODS == 0:
            self.refusals.append(self.controller.add_scan(world.scan(self.rng, 0.008, rays=180), LASER, now))

    def _plan(self, wish: Twist) -> None:
        # The wheels now do what was commanded one actuation latency ago.
        late = round(self.params.robot.latency.actuation_s / PERIOD_S)
        begin = tuple(self.verdicts[-late].twist.tolist()) if len(self.verdicts) >= late else (0.0, 0.0)
        self.refusals.append(self.controller.set_trajectory(make_trajectory(self.world.now, self.measured_pose, begin, wish), self.world.now))
