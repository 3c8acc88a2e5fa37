"""A local planner that sees nothing and always wants to drive on: the safety controller is then alone with what happens."""

from __future__ import annotations


import numpy as np

from astro_nav.evaluation.stack import StackParams
from astro_nav.geometry import se2
from astro_nav.local_planning.fast_forward import CommittedMotion, fast_forward_robot
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.params.robot import LimitParams
from astro_nav.types import FloatArray, OccupancyMap, Odometry, Path, Scan, Trajectory

STEP_S, STEPS = 0.1, 30
# What it wants: how often it wants to go straight, or back, and how tightly it wants to turn otherwise.
STRAIGHT_SHARE, BACK_SHARE = 0.6, 0.1
SLOWEST_MPS, TIGHTEST_RADPM = 0.15, 1.2


def draw_wish(seed: int, limits: LimitParams) -> FloatArray:
    """The twist (2,) that the robot is to have all the time: straight, along an arc, or backwards.

    In every fourth episode it goes straight ahead: somebody steps in then, who has to know where it will come along.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, 11])))
    is_plain = seed % 4 == 3
    is_straight, is_back = generator.random() < STRAIGHT_SHARE or is_plain, generator.random() < BACK_SHARE and not is_plain
    share, curvature = float(generator.random()), float(generator.uniform(-TIGHTEST_RADPM, TIGHTEST_RADPM))
    fastest = limits.max_reverse_speed_mps if is_back else limits.max_speed_mps
    speed = SLOWEST_MPS + share * (fastest - SLOWEST_MPS)
    return (-1.0 if is_back else 1.0) * speed * np.array([1.0, 0.0 if is_straight else curvature])


class BlindPlanner:
    """Wants one twist, whatever there is; goals and paths mean nothing to it.

    Args:
        params: of the stack; robot and freshness of the local planner hold.
        wish: (2,) the twist.
    """

    def __init__(self, params: StackParams, wish: FloatArray) -> None:
        self._params, self._wish = params.local_planner, wish
        self._odometry: Odometry | None = None
        self._motion = CommittedMotion()

    def warm_up(self) -> None:
        """There is nothing to compile."""

    def add_odometry(self, odometry: Odometry) -> str:
        """Take in where the robot is."""
        self._odometry = odometry if np.isfinite(odometry.pose_odom_base).all() else self._odometry
        return ""

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float) -> str:
        """It does not look."""
        return ""

    def set_pose_map_odom(self, pose_map_odom: FloatArray, stamp_s: float) -> None:
        """It needs no map."""

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """It looks at none."""

    def set_path(self, path: Path) -> None:
        """It follows none."""

    def set_speed_limit(self, limit_mps: float | None) -> None:
        """It knows none; the safety controller does."""

    def set_followed(self, track_id: int | None) -> None:
        """It knows nobody."""

    def note_delivery(self, delay_s: float) -> None:
        """It plans with the configured latency."""

    def plan(self, now_s: float) -> LocalPlan:
        """Speed up to the wish along its arc, from where the robot will be."""
        if self._odometry is None:
            return LocalPlan(PlanState.WAITING, "waiting for odometry")
        freshness = self._params.freshness
        # As the planner of this project: a plan begins when it moves the wheels.
        start_s = now_s + freshness.planning_latency_s + self._params.robot.latency.actuation_s
        state = fast_forward_robot(
            self._odometry, self._motion, start_s, freshness.max_plan_deviation_m, freshness.max_speed_deviation_mps
        )
        poses, twists, accelerations = self._speed_up(state.pose_odom_base, state.twist)
        trajectory = Trajectory(now_s, start_s, STEP_S, poses, twists, accelerations)
        self._motion.add(trajectory)
        return LocalPlan(PlanState.FOLLOWING, trajectory=trajectory, candidates=1, feasible=1)

    def _speed_up(self, pose_odom_base: FloatArray, twist: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Poses (T, 3), twists (T, 2) and accelerations (T, 2): the share of the wish grows as fast as the limits allow."""
        limits, wish = self._params.robot.limits, self._wish
        rate = min(
            limits.max_acceleration_mps2 / max(abs(wish[0]), 1e-6), limits.max_turn_acceleration_radps2 / max(abs(wish[1]), 1e-6)
        )
        share = min(max(float(twist @ wish / (wish @ wish)), 0.0), 1.0)
        shares = np.minimum(share + rate * STEP_S * np.arange(STEPS + 1), 1.0)
        twists = shares[:, None] * wish
        # On one arc all the way, so that how long it has driven at the full wish says where it is.
        ways_s = STEP_S * np.concatenate([[0.0], np.cumsum(0.5 * (shares[1:] + shares[:-1]))])
        poses = se2.integrate_twist(pose_odom_base, ways_s[:, None] * wish, 1.0)
        grows = (np.diff(shares, append=1.0) > 1e-9)[:, None]
        return poses, twists, np.where(grows, rate * wish, 0.0)


def make_blind(params: StackParams, seed: int) -> BlindPlanner:
    """A blind planner that wants what the suite `thrown` expects of the same seed."""
    return BlindPlanner(params, draw_wish(seed, params.local_planner.robot.limits))
