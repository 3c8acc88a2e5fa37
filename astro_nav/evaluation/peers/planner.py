"""What both peers share: the rolling map, the path, the state to plan from, turning on the spot, backing off.

A peer differs in one thing, how it chooses the velocities that are wanted next (`choose`). They are driven within the robot's
limits, so that the safety controller gets a trajectory that can be driven, as from the planner that it is compared with.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from astro_nav.evaluation.peers.path_ahead import PathAhead, PathFollower
from astro_nav.evaluation.stack import StackParams
from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_edge_distances, cover_with_circles
from astro_nav.kernels.costs.clearance import measure_clearance
from astro_nav.kernels.peers.velocity_rollout import roll_out_velocities
from astro_nav.kernels.rollout import MotionLimits, follow_limited
from astro_nav.local_planning.fast_forward import CommittedMotion, fast_forward_robot
from astro_nav.local_planning.hindrance import Hindrance
from astro_nav.local_planning.latencies import Latencies
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.local_planning.warm_up import warm_up_planner
from astro_nav.local_planning.weights import make_weights
from astro_nav.mapping.pose_history import PoseHistory
from astro_nav.mapping.rolling_map import RollingMap
from astro_nav.mapping.scan_points import project_scan
from astro_nav.params.peers import PeersParams
from astro_nav.types import Float32Array, FloatArray, LocalGrid, OccupancyMap, Odometry, Path, RobotState, Scan, Trajectory

CIRCLE_EXCESS_M = 0.01  # as in the planner that the peers are compared with
WANTED_MPS, WANTED_RADPS = 0.05, 0.2  # a plan that gets faster than this asks to move

single = np.float32


@dataclass(frozen=True)
class Circles:
    """Equal circles that cover the footprint: middles (C,) float32 and radius in base_link [m]."""

    x: Float32Array
    y: Float32Array
    radius: np.float32


@dataclass(frozen=True)
class Moment:
    """What a peer decides from; positions are relative to the corner of the local map.

    Attributes:
        state: the robot when the next trajectory takes effect.
        start: (8,) float32 x, y, cos, sin, v, omega, a, alpha of it.
        robot: (3,) its pose.
        grid: the local map; people are obstacles in it.
        ahead: the path.
        limits: of the base.
        circles: that cover the footprint.
        inscribed_radius_m: of the footprint.
        contact_below: clearance from which on downwards contact is certain [m].
    """

    state: RobotState
    start: Float32Array
    robot: FloatArray
    grid: LocalGrid
    ahead: PathAhead
    limits: MotionLimits
    circles: Circles
    inscribed_radius_m: float
    contact_below: float


@dataclass(frozen=True)
class Choice:
    """Wanted velocities (T, 2), the last of which hold on, for a motion of `steps` states every `step_s`; how many candidates
    were judged, and how many of them touch nothing."""

    wanted: FloatArray
    steps: int
    step_s: float
    candidates: int
    feasible: int


@dataclass(frozen=True)
class Motion:
    """Velocities driven within the limits: states (T, 8) as in `Moment.start`, and the least clearance of the footprint."""

    states: Float32Array
    clearance_m: float


def drive(moment: Moment, wanted: FloatArray, steps: int, step_s: float) -> Motion:
    """Drive one sequence of wanted velocities (S, 2)."""
    columns = np.ascontiguousarray(np.asarray(wanted, dtype=np.float32).T)[:, :, np.newaxis]
    rows = np.empty((8, steps, 1), dtype=np.float32)
    roll_out_velocities(moment.start, columns[0], columns[1], 0, 1, moment.limits, single(step_s), *rows)
    clearance = np.empty((steps, 1), dtype=np.float32)
    zero, circles, grid = single(0.0), moment.circles, moment.grid
    measure_clearance(
        0, 1, *rows[:4], circles.x, circles.y, circles.radius, grid.distance_m, zero, zero, single(grid.resolution_m), clearance
    )
    return Motion(rows[:, :, 0].T, float(clearance.min()))


class PeerPlanner(ABC):
    """A planner of others in the place of the local planner.

    Args:
        params: of the stack; robot, rate, map, freshness, hindrance and the safety margin of the local planner hold.
        peers: the peers' own.
        seed: of all randomness.
    """

    def __init__(self, params: StackParams, peers: PeersParams, seed: int) -> None:
        self.params, self.peers, self._stack_params, self._seed = params.local_planner, peers, params, seed
        footprint = self.params.robot.footprint
        centres, radius = cover_with_circles(footprint, CIRCLE_EXCESS_M)
        self._circles = Circles(single(centres[:, 0]), single(centres[:, 1]), single(radius))
        self._inscribed_radius_m = float(compute_edge_distances(np.zeros((1, 2)), footprint)[0])
        self._limits = make_weights(self.params, None).limits
        self._history = PoseHistory(keep_s=2.0, max_extrapolation_s=self.params.freshness.max_odom_age_s)
        self._map = RollingMap(self.params.map)
        self._follower = PathFollower(peers.path.spacing_m)
        self._hindrance = Hindrance(self.params.hindrance)
        self._pose_map_odom: FloatArray | None = None
        self._transform_stamp_s = self._scan_stamp_s = -np.inf
        self._trajectory: Trajectory | None = None
        self._motion = CommittedMotion()
        self._latencies = Latencies(self.params)
        self._turns_first = self._turns_last = False
        self._recovery_s = -np.inf  # when the last one began
        self._recovery: FloatArray = np.zeros(2)

    # ---------------------------------------------------------------------------------------------- inputs

    def set_speed_limit(self, limit_mps: float | None) -> None:
        """Drive no faster than this from the next cycle on; None for no limit."""
        self._limits = make_weights(self.params, limit_mps).limits

    def set_pose_map_odom(self, pose_map_odom: FloatArray, stamp_s: float) -> None:
        """Take over where the localizer sees the odom frame."""
        self._pose_map_odom, self._transform_stamp_s = pose_map_odom, stamp_s

    def set_path(self, path: Path) -> None:
        """Follow a path in the map frame from the next cycle on; an empty one means: stand still."""
        if not len(path.poses_map):
            self.forget()
        elif not self._follower.has_goal or np.abs(path.poses_map[-1] - self._follower.path_map[-1]).max() > 1e-6:
            self._turns_last = False
        self._follower.set_path(path.poses_map)

    def add_odometry(self, odometry: Odometry) -> str:
        """Take one odometry; return "" or why it was not used."""
        return self._history.add(odometry)

    def note_delivery(self, delay_s: float) -> None:
        """Hear from the safety controller how long after the start of its cycle a trajectory arrived."""
        self._latencies.note_delivery(delay_s)

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Peers know people from nothing."""

    def set_followed(self, track_id: int | None) -> None:
        """Peers know no people."""

    def add_people(self, stamp_s, positions_odom, covariances, ids) -> None:
        """People are obstacles in the map to a peer; what a camera says of them is not used."""

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float) -> str:
        """Take one scan into the map; people leave marks in it as everything does. Returns "" or why it was not used."""
        first = self._history.look_up(scan.stamp_s)
        last = self._history.look_up(scan.stamp_s + scan.duration_s)
        if first is None or last is None or not len(scan.ranges_m):
            return f"no odometry for a scan of {scan.stamp_s:.3f} s, or no beams in it"
        points = project_scan(
            scan, se2.compose(first, pose_base_laser), se2.compose(last, pose_base_laser), self.params.map.free_range_m
        )
        self._map.move_to(last[:2])
        self._map.add_scan(points, np.zeros(len(points.points_odom), dtype=np.bool_))
        self._scan_stamp_s = max(self._scan_stamp_s, scan.stamp_s + scan.duration_s)
        return ""

    # ----------------------------------------------------------------------------------------------- cycle

    def warm_up(self) -> None:
        """Compile every kernel before the first real cycle."""
        warm_up_planner(lambda: type(self)(self._stack_params, self.peers, self._seed))

    @abstractmethod
    def choose(self, moment: Moment) -> Choice | None:
        """Choose the velocities that are wanted next; None when every motion would touch something."""

    def forget(self) -> None:
        """Forget the motion so far, because there is no goal or the robot was moved."""
        self._hindrance.clear()
        self._turns_first = self._turns_last = False

    def plan(self, now_s: float) -> LocalPlan:
        """Plan one cycle, as `LocalPlanner.plan` does."""
        freshness, newest = self.params.freshness, self._history.newest
        if newest is None or np.isinf(self._scan_stamp_s):
            return LocalPlan(PlanState.WAITING, "waiting for odometry and a scan")
        if now_s - newest.stamp_s > freshness.max_odom_age_s or now_s - self._scan_stamp_s > freshness.max_scan_age_s:
            self._trajectory = None
            self._motion.clear()
            self.forget()
            return LocalPlan(PlanState.REFUSED, "odometry or scan is too old: check the drivers of base and lidar")
        start_s = now_s + self._latencies.lead_s
        state = fast_forward_robot(
            newest, self._motion, start_s, freshness.max_plan_deviation_m, freshness.max_speed_deviation_mps
        )
        self._map.move_to(state.pose_odom_base[:2])
        grid = self._map.make_grid()
        moment = self._make_moment(state, grid, now_s)
        if moment.ahead.distance_to_goal_m == np.inf:
            waits = self._follower.has_goal
            motion_state, reason = (PlanState.WAITING, "waiting for the transform from map to odom") if waits else (PlanState.IDLE, "")
            choice = Choice(np.zeros((1, 2)), 30, 0.1, 1, 1)
            return self._conclude(now_s, start_s, moment, choice, motion_state, reason)
        self._hindrance.update(now_s, newest.twist, self._wants_to_move())
        choice = self._recover(now_s, moment) or self._turn(moment) or self.choose(moment)
        if choice is None:
            surface = self._map.find_nearest_surface(state.pose_odom_base[:2])
            choice = Choice(np.zeros((1, 2)), 30, 0.1, 1, 0)
            return self._conclude(now_s, start_s, moment, choice, PlanState.BLOCKED, "every motion would touch something", surface)
        blocked_at = self._find_blockage(moment)
        if np.isfinite(blocked_at).all():
            return self._conclude(now_s, start_s, moment, choice, PlanState.BLOCKED, "the path is blocked", blocked_at)
        if self._hindrance.is_blocked:
            surface = self._map.find_nearest_surface(state.pose_odom_base[:2])
            return self._conclude(now_s, start_s, moment, choice, PlanState.BLOCKED, "does not get on", surface)
        return self._conclude(now_s, start_s, moment, choice, PlanState.FOLLOWING, "")

    # --------------------------------------------------------------------------------------- steps of a cycle

    def _make_moment(self, state: RobotState, grid: LocalGrid, now_s: float) -> Moment:
        origin, pose = grid.origin_odom, state.pose_odom_base
        robot = np.array([pose[0] - origin[0], pose[1] - origin[1], pose[2]])
        start = np.array([*robot[:2], np.cos(pose[2]), np.sin(pose[2]), *state.twist, *state.acceleration], dtype=np.float32)
        has_pose = self._pose_map_odom is not None and now_s - self._transform_stamp_s <= self.params.freshness.max_transform_age_s
        if self._follower.has_goal and has_pose:
            path_odom = se2.compose(se2.invert(self._pose_map_odom), self._follower.path_map)
            ahead = self._follower.look_ahead(path_odom, pose, grid, self.path_ahead_m)
        else:
            ahead = PathAhead(robot[np.newaxis, :2], self.peers.path.spacing_m, robot, False, np.inf)
        moment = Moment(state, start, robot, grid, ahead, self._limits, self._circles, self._inscribed_radius_m, -np.inf)
        here = drive(moment, np.zeros((1, 2)), 1, 1e-3).clearance_m
        # A robot that starts nearer than the margin may move on as long as it gets no nearer.
        contact_below = min(self.params.cost.contact_margin_m, here - 0.005)
        return Moment(state, start, robot, grid, ahead, self._limits, self._circles, self._inscribed_radius_m, contact_below)

    @property
    @abstractmethod
    def path_ahead_m(self) -> float:
        """Length of the path that the planner looks at."""

    def _turn(self, moment: Moment) -> Choice | None:
        """Turning on the spot: to a path that leads elsewhere, and to the goal's heading once there; None otherwise."""
        params, ahead = self.peers.path, moment.ahead
        away_m = float(np.hypot(*(ahead.end[:2] - moment.robot[:2]))) if ahead.ends_in_goal else np.inf
        self._turns_last = away_m < (2.0 if self._turns_last else 1.0) * params.goal_position_m
        if self._turns_last:
            error = float(wrap_angle(ahead.end[2] - moment.robot[2]))
        else:
            error = ahead.measure_heading_error(moment.robot, min(params.turn_ahead_m, away_m))
            self._turns_first = abs(error) > (params.turn_until_rad if self._turns_first else params.turn_first_rad)
            if not self._turns_first:
                return None
        wanted = plan_turn(moment, error, params.turn_gain_hz, params.turn_share)
        if drive(moment, wanted, len(wanted), 0.1).clearance_m < moment.contact_below:
            return None
        return Choice(wanted, len(wanted), 0.1, 1, 1)

    def _recover(self, now_s: float, moment: Moment) -> Choice | None:
        """Backing off, or turning where there is no room for that, while the robot is stuck; None otherwise."""
        params = self.peers.recovery
        running = now_s - self._recovery_s < params.duration_s
        if not running:
            stuck_s = max(self._hindrance.held_s, self._hindrance.waiting_s)
            if stuck_s < params.after_s or now_s - self._recovery_s < params.duration_s + params.pause_s:
                return None
            side = 1.0 if moment.ahead.measure_heading_error(moment.robot, self.peers.path.turn_ahead_m) >= 0.0 else -1.0
            for wanted in ((-params.speed_mps, 0.0), (0.0, side * params.turn_rate_radps), (0.0, -side * params.turn_rate_radps)):
                motion = drive(moment, np.array([wanted]), 15, 0.1)
                if motion.clearance_m >= moment.contact_below:
                    self._recovery_s, self._recovery = now_s, np.array(wanted)
                    break
            else:
                return None
        wanted = np.zeros((30, 2))
        wanted[:10] = self._recovery
        if drive(moment, wanted, 30, 0.1).clearance_m < moment.contact_below:
            self._recovery_s = now_s - params.duration_s
            return None
        return Choice(wanted, 30, 0.1, 1, 1)

    def _find_blockage(self, moment: Moment) -> FloatArray:
        """(2,) the first place in odom on the path ahead where the robot does not fit, NaN for none."""
        points, grid = moment.ahead.points, moment.grid
        columns, rows = np.floor(points / grid.resolution_m).astype(np.int64).T
        tight = grid.distance_m[rows, columns] < self._inscribed_radius_m - 0.5 * grid.resolution_m
        tight &= np.hypot(*(points - moment.robot[:2]).T) > 2.0 * self._inscribed_radius_m
        return points[int(np.argmax(tight))] + grid.origin_odom if tight.any() else np.full(2, np.nan)

    def _wants_to_move(self) -> bool:
        if self._trajectory is None:
            return False
        soon = self._trajectory.twists[: int(round(1.0 / self._trajectory.step_s)) + 1]
        return bool(np.abs(soon[:, 0]).max() > WANTED_MPS or np.abs(soon[:, 1]).max() > WANTED_RADPS)

    def _conclude(
        self, now_s: float, start_s: float, moment: Moment, choice: Choice, plan_state: PlanState, reason: str,
        blocked_point: FloatArray | None = None,
    ) -> LocalPlan:  # fmt: skip
        motion = drive(moment, choice.wanted, choice.steps, choice.step_s)
        states, origin = motion.states.astype(np.float64), moment.grid.origin_odom
        poses = np.column_stack([states[:, 0] + origin[0], states[:, 1] + origin[1], np.arctan2(states[:, 3], states[:, 2])])
        state = moment.state
        self._trajectory = Trajectory(
            stamp_s=now_s,
            start_s=start_s,
            step_s=choice.step_s,
            poses_odom=np.vstack([state.pose_odom_base, poses]),
            twists=np.vstack([state.twist, states[:, 4:6]]),
            accelerations=np.vstack([state.acceleration, states[:, 6:8]]),
            reason=reason,
        )
        self._motion.add(self._trajectory)
        distance_m = moment.ahead.distance_to_goal_m
        return LocalPlan(
            state=plan_state,
            reason=reason,
            trajectory=self._trajectory,
            grid=moment.grid,
            guidance_odom=moment.ahead.points + origin,
            distance_to_goal_m=distance_m if np.isfinite(distance_m) else float("nan"),
            clearance_m=motion.clearance_m,
            candidates=choice.candidates,
            feasible=choice.feasible,
            blocked_point_odom=np.full(2, np.nan) if blocked_point is None else blocked_point,
        )


def plan_turn(moment: Moment, error_rad: float, gain_hz: float, share: float, steps: int = 30, step_s: float = 0.1) -> FloatArray:
    """Wanted velocities (steps, 2) that turn the robot on the spot by `error_rad` and stop there.

    The rate falls with the error like braking at half the constant rate, and at last exponentially.

    Args:
        moment: the present one.
        error_rad: how far to turn.
        gain_hz: turn rate per error, close to the end.
        share: of the limits that is used.
    """
    limits = moment.limits
    rate_limit, braking_rate = share * float(limits.max_turn_rate), share * float(limits.turn_acceleration)
    omega, alpha = float(moment.state.twist[1]), float(moment.state.acceleration[1])
    wanted, missing = np.zeros((steps, 2)), error_rad
    for step in range(steps):
        rate = min(gain_hz * abs(missing), float(np.sqrt(braking_rate * abs(missing))), rate_limit)
        wanted[step, 1] = np.copysign(rate, missing)
        alpha = float(
            follow_limited(
                single(omega), single(alpha), single(wanted[step, 1]), limits.turn_acceleration, limits.turn_acceleration,
                limits.turn_jerk, single(step_s),
            )
        )  # fmt: skip
        missing -= (omega + 0.5 * alpha * step_s) * step_s
        omega += alpha * step_s
    return wanted
