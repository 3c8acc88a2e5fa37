"""The local planner: what is seen and where to go, turned into the next three seconds of motion.

`LocalPlanner.plan` reads top-down like the data flow: check what is known, fast-forward to when the trajectory will take
effect, guide, search, conclude.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.footprint import compute_edge_distances, cover_with_circles
from astro_nav.kernels.costs.progress import Goal
from astro_nav.kernels.evaluate import TERMS, Scene
from astro_nav.local_planning.fast_forward import CommittedMotion, fast_forward_robot
from astro_nav.local_planning.goal_approach import GoalApproach
from astro_nav.local_planning.guidance import Guidance, PathGuide
from astro_nav.local_planning.hindrance import Hindrance
from astro_nav.local_planning.hypotheses import arrange_people
from astro_nav.local_planning.latencies import Latencies
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.local_planning.optimizer import Optimizer, Optimum
from astro_nav.local_planning.pose_clearance import measure_pose_clearance
from astro_nav.local_planning.sampling import move_candidate
from astro_nav.local_planning.warm_up import warm_up_planner
from astro_nav.local_planning.weights import adapt_weights, make_weights
from astro_nav.mapping.known_places import KnownPlaces
from astro_nav.mapping.pose_history import PoseHistory
from astro_nav.mapping.rolling_map import RollingMap
from astro_nav.mapping.scan_points import project_scan
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.prediction.predictor import predict_tracks
from astro_nav.tracking.tracker import Tracker
from astro_nav.types import (
    Float32Array,
    FloatArray,
    LocalGrid,
    OccupancyMap,
    Odometry,
    Path,
    Prediction,
    RobotState,
    Scan,
    Trajectory,
    UNKNOWN,
)

CIRCLE_EXCESS_M = 0.01  # how far the circles that cover the footprint may reach beyond its half width
MOST_OVER_LIMIT = 1.5  # a robot may be pushed, or roll; faster than this it is odometry that is wrong
WAITING_M = 0.5  # a robot that stands farther than this from its goal waits for something
WAITING_FOR_M = 3.0  # and, when there is something that moves so near, for that
AHEAD = 10  # this point of the guidance is where it would go, half a metre ahead
WANTED_MPS = 0.05  # a plan that gets faster than this within a second asks to move
WANTED_RADPS = 0.2  # or one that turns faster than this
STANDING_M = 0.05  # a trajectory that gets no farther than this stands
STANDING_RAD = 0.2  # and turns no more than this

single = np.float32


def _read_no_clock() -> float:
    return 0.0


class LocalPlanner:
    """Plans motion at a constant rate from a map of fixed size.

    Args:
        params: everything that it is told.
        seed: of all randomness.
        clock: read to measure computing time, e.g. `time.perf_counter`; without one nothing is measured and no
            deadline cuts the search short, so that equal inputs give equal plans.
    """

    def __init__(self, params: LocalPlannerParams, seed: int = 0, clock: Callable[[], float] = _read_no_clock) -> None:
        self._seed = seed
        self._clock = clock
        self._speed_limit_mps: float | None = None
        self._history = PoseHistory(keep_s=2.0, max_extrapolation_s=params.freshness.max_odom_age_s)
        self._map = RollingMap(params.map)
        self._tracker = Tracker(params.tracking)
        self._known: KnownPlaces | None = None
        self._path_map: FloatArray | None = None
        self._pose_map_odom: FloatArray | None = None
        self._transform_stamp_s = -np.inf
        self._scan_stamp_s = -np.inf
        self._trajectory: Trajectory | None = None
        self._motion = CommittedMotion()
        self._best: tuple[FloatArray, FloatArray] | None = None  # (pose of its frame in odom, z)
        self._followed_id: int | None = None
        self._cycle = 0
        self._latencies = Latencies(params)
        self.update_params(params)

    # ---------------------------------------------------------------------------------------------- inputs

    def update_params(self, params: LocalPlannerParams) -> None:
        """Use other parameters from the next cycle on; the map is kept while its size stays."""
        self.params = params
        self._latencies.update_params(params)
        footprint = params.robot.footprint
        self._inscribed_radius_m = float(compute_edge_distances(np.zeros((1, 2)), footprint)[0])
        centres, radius = cover_with_circles(footprint, CIRCLE_EXCESS_M)
        low, high = footprint.min(axis=0), footprint.max(axis=0)
        self._circles = (single(centres[:, 0]), single(centres[:, 1]), single(radius))
        self._rectangle = (single(0.5 * (low + high)[0]), single(0.5 * (high - low)[0]), single(max(high[1], -low[1])))
        if params.map != self._map.params:
            self._map = RollingMap(params.map)
        self._guide = PathGuide(params.guidance, self._inscribed_radius_m, self._map.size)
        if self._path_map is not None:
            self._guide.set_path(self._path_map)
        self._optimizer = Optimizer(params.optimizer, params.horizon.steps)
        self._hindrance = Hindrance(params.hindrance)
        self._approach = GoalApproach(params.approach, self._circles, params.robot.circumscribed_radius_m)
        self._weights = make_weights(params, self._speed_limit_mps)

    def set_speed_limit(self, limit_mps: float | None) -> None:
        """Drive no faster than this from the next cycle on; None for no limit."""
        self._speed_limit_mps = limit_mps
        self._weights = make_weights(self.params, limit_mps)

    def set_pose_map_odom(self, pose_map_odom: FloatArray, stamp_s: float) -> None:
        """Take over where the localizer sees the odom frame."""
        self._pose_map_odom, self._transform_stamp_s = pose_map_odom, stamp_s

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Tell furniture from people by the global map from the next scan on; nothing else is made of it."""
        evidence = self.params.tracking.evidence
        self._known = KnownPlaces(occupancy_map, evidence.mapped_from, evidence.mapped_distance_m)

    def set_path(self, path: Path) -> None:
        """Follow a path in the map frame from the next cycle on; an empty one means: stand still."""
        self._path_map = path.poses_map
        self._guide.set_path(path.poses_map)

    def set_followed(self, track_id: int | None) -> None:
        """Crowd this track from the next cycle on as little as somebody minds who wants to be followed; None for nobody."""
        self._followed_id = track_id

    def add_odometry(self, odometry: Odometry) -> str:
        """Take one odometry; return "" or why it was not used."""
        newest = self._history.newest
        problem = self._history.add(odometry)
        if not problem and newest is not None and 0.0 < odometry.stamp_s - newest.stamp_s < 1.0:
            moved_m = float(np.hypot(*(odometry.pose_odom_base - newest.pose_odom_base)[:2]))
            reach_m = self.params.robot.limits.max_wheel_speed_mps * (odometry.stamp_s - newest.stamp_s)
            if moved_m > reach_m + self.params.freshness.odom_jump_m:
                self._map.clear()
                self._forget_motion()
                return f"odometry jumped by {moved_m:.2f} m, more than the robot can drive: the local map is begun anew"
        return problem

    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float) -> str:
        """Take one scan into the map and the tracker.

        Args:
            scan: the scan.
            pose_base_laser: (3,) the lidar on the robot.
            received_s: when it arrived.

        Returns:
            "" or why it was not used.
        """
        if len(scan.ranges_m) == 0:
            return "the scan has no beams: check the lidar driver"
        if scan.stamp_s <= self._scan_stamp_s - 1.0:
            self._scan_stamp_s = -np.inf  # the clock was set back
        first = self._history.look_up(scan.stamp_s)
        last = self._history.look_up(scan.stamp_s + scan.duration_s)
        newest = self._history.newest
        if first is None or last is None or newest is None:
            return f"no odometry for a scan of {scan.stamp_s:.3f} s: check the stamps of odom and {scan.frame_id}"
        if not self.params.fast_forward.map:
            first = last = newest.pose_odom_base
        points = project_scan(
            scan, se2.compose(first, pose_base_laser), se2.compose(last, pose_base_laser), self.params.map.free_range_m
        )
        begin = self._clock()
        self._map.move_to(last[:2])
        known = None
        if self._known is not None and self._pose_map_odom is not None:
            known = self._known.classify(se2.transform_points(self._pose_map_odom, points.points_odom))
        moving = self._tracker.update(points, self._map.look_up_evidence(points.points_odom), known)
        tracked = self._clock()
        self._map.add_scan(points, moving)
        self._latencies.note("tracking", tracked - begin)
        self._latencies.note("mapping", self._clock() - tracked)
        self._latencies.note("sensor", received_s - scan.stamp_s)
        self._scan_stamp_s = max(self._scan_stamp_s, scan.stamp_s + scan.duration_s)
        return ""

    def add_people(
        self, stamp_s: float, positions_odom: FloatArray, covariances: FloatArray, ids: Sequence[str]
    ) -> None:
        """Fuse people whom another sensor sees; see `Tracker.add_people`."""
        self._tracker.add_people(stamp_s, positions_odom, covariances, ids)

    def note_delivery(self, delay_s: float) -> None:
        """Hear from the safety controller how long after the start of its cycle a trajectory arrived."""
        self._latencies.note_delivery(delay_s)

    # ----------------------------------------------------------------------------------------------- cycle

    def warm_up(self) -> None:
        """Compile every kernel before the first real cycle."""
        warm_up_planner(lambda: LocalPlanner(self.params, self._seed))

    def plan(self, now_s: float) -> LocalPlan:
        """Plan one cycle.

        Args:
            now_s: the time at which the cycle starts.

        Returns:
            the plan; its trajectory takes effect when it can have arrived, and it begins where the robot will be then.
        """
        begin = self._clock()
        self._cycle += 1
        problem = self._find_missing(now_s)
        if problem:
            self._forget_motion()
            return LocalPlan(PlanState.WAITING if np.isinf(self._scan_stamp_s) else PlanState.REFUSED, problem)
        effect_s = now_s + self._latencies.lead_s
        start_s, state = self._find_start(now_s, effect_s)
        self._map.move_to(state.pose_odom_base[:2])
        grid = self._map.make_grid()
        horizon = self.params.horizon
        tracks = tuple(self._tracker.list_tracks(now_s))
        seen_s = min((track.stamp_s for track in tracks), default=effect_s)
        prediction = predict_tracks(
            tracks, effect_s if self.params.fast_forward.people else seen_s, horizon.steps + 1, horizon.step_s,
            self.params.prediction, grid, self._trajectory.poses_odom if self._trajectory is not None else None,
        )  # fmt: skip
        guidance = self._make_guidance(now_s, state, grid)
        if guidance is None or not self.params.hindrance.enabled:
            self._hindrance.clear()
        else:
            self._hindrance.update(now_s, self._history.newest.twist, self._wants_to_move())
        scene = self._make_scene(state, grid, tracks, prediction, guidance, start_s)
        optimum = self._search(scene, state, guidance, begin)
        plan = self._conclude(now_s, start_s, state, grid, tracks, prediction, guidance, optimum)
        self._latencies.note("planning", self._clock() - begin)
        return plan

    # --------------------------------------------------------------------------------------- steps of a cycle

    def _find_missing(self, now_s: float) -> str:
        """What keeps the planner from planning, "" when nothing does."""
        freshness, newest = self.params.freshness, self._history.newest
        if newest is None:
            return "waiting for odometry on odom"
        if np.isinf(self._scan_stamp_s):
            return "waiting for a scan"
        odom_age_s, scan_age_s = now_s - newest.stamp_s, now_s - self._scan_stamp_s
        if odom_age_s > freshness.max_odom_age_s:
            return f"odometry is {odom_age_s:.2f} s old, limit max_odom_age_s = {freshness.max_odom_age_s:g} s: check the base driver"
        if scan_age_s > freshness.max_scan_age_s:
            return f"scan is {scan_age_s:.2f} s old, limit max_scan_age_s = {freshness.max_scan_age_s:g} s: check the lidar driver"
        return ""

    def _find_start(self, now_s: float, effect_s: float) -> tuple[float, RobotState]:
        """When the next trajectory begins, and the robot's state then."""
        freshness, newest = self.params.freshness, self._history.newest
        is_ahead = self.params.fast_forward.robot
        state = fast_forward_robot(
            newest, self._motion, effect_s if is_ahead else newest.stamp_s,
            freshness.max_plan_deviation_m, freshness.max_speed_deviation_mps,
        )  # fmt: skip
        # Odometry may say anything, and candidates that begin so fast would leave every map.
        limits = self.params.robot.limits
        most = MOST_OVER_LIMIT * np.array([max(limits.max_speed_mps, limits.max_wheel_speed_mps), limits.max_turn_rate_radps])
        state = replace(state, twist=np.clip(state.twist, -most, most))
        return effect_s if is_ahead else now_s, state

    def _forget_motion(self) -> None:
        self._trajectory = self._best = None
        self._motion.clear()

    def _make_guidance(self, now_s: float, state: RobotState, grid: LocalGrid) -> Guidance | None:
        """Guidance along the path, None without a goal or without a pose on the map."""
        if not self._guide.has_goal or self._pose_map_odom is None:
            return None
        if now_s - self._transform_stamp_s > self.params.freshness.max_transform_age_s:
            return None
        path_odom = se2.compose(se2.invert(self._pose_map_odom), self._path_map)
        return self._guide.guide(path_odom, state.pose_odom_base, grid)

    def _make_scene(
        self, state: RobotState, grid: LocalGrid, tracks: tuple[Track, ...], prediction: Prediction,
        guidance: Guidance | None, start_s: float,
    ) -> Scene:  # fmt: skip
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
            excess = self._approach.update(guidance.goal_odom, goal, grid, margin_m, self._weights.progress)
        else:
            excess = self._approach.forget()
        clearance_m = measure_pose_clearance(*(pose[:2] - origin), np.cos(pose[2]), np.sin(pose[2]), self._circles, grid)
        plan_x, plan_y = self._place_previous(start_s, origin)
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
            contact_below=single(min(self.params.cost.contact_margin_m, clearance_m - 0.005)),
            leeway=single(max(self.params.cost.leeway_m - clearance_m, 0.0)),
            **arrange_people(
                prediction, tracks, self.params.prediction.start_rate_hz, origin, self._followed_id, self.params.cost.people_space_followed
            ),
            plan_x=plan_x,
            plan_y=plan_y,
        )

    def _search(self, scene: Scene, state: RobotState, guidance: Guidance | None, begin_s: float) -> Optimum:
        if guidance is None:
            return self._optimizer.search_stop(scene, self._weights)
        hindrance = self._hindrance
        weights = adapt_weights(self._weights, self.params.hindrance, hindrance.caution, hindrance.waiting_s)
        pose = state.pose_odom_base
        to_base = se2.invert(pose)
        way_base = se2.transform_points(to_base, guidance.way_odom)
        reach_m = self.params.optimizer.max_distance_m
        far = np.flatnonzero(np.hypot(way_base[:, 0], way_base[:, 1]) > reach_m)
        way_base = way_base[: far[0]] if len(far) else way_base
        goal_base = se2.compose(to_base, guidance.goal_odom) if guidance.goal_inside else None
        previous = move_candidate(self._best[1], self._best[0], pose) if self._best and self.params.optimizer.warm_start else None
        rng = np.random.Generator(np.random.PCG64([self._seed, self._cycle]))
        deadline_s = begin_s + self.params.optimizer.deadline_s
        return self._optimizer.search(
            scene, weights, way_base, goal_base, previous, rng, lambda: self._clock() <= deadline_s
        )

    def _conclude(
        self, now_s: float, start_s: float, state: RobotState, grid: LocalGrid, tracks, prediction: Prediction,
        guidance: Guidance | None, optimum: Optimum,
    ) -> LocalPlan:  # fmt: skip
        plan_state, reason, blocked_point = self._describe(guidance, optimum, state, tracks)
        trajectory = self._make_trajectory(now_s, start_s, state, grid, optimum, reason)
        self._trajectory = trajectory
        self._motion.add(trajectory)
        self._best = (state.pose_odom_base, optimum.z[:, optimum.chosen].copy()) if guidance is not None else None
        first_second = int(round(1.0 / self.params.horizon.step_s))
        clearance = optimum.motion.clearance[:first_second]
        rejected = optimum.costs[:, optimum.rejected] if optimum.rejected >= 0 else np.full(len(TERMS), np.nan)
        return LocalPlan(
            state=plan_state,
            reason=reason,
            trajectory=trajectory,
            tracks=tracks,
            prediction=prediction,
            grid=grid,
            guidance_odom=guidance.way_odom if guidance is not None else np.zeros((0, 2)),
            distance_to_goal_m=guidance.distance_to_goal_m if guidance is not None else float("nan"),
            clearance_m=float(clearance.min()),
            candidates=optimum.count,
            feasible=int(optimum.feasible.sum()),
            blocked_point_odom=blocked_point,
            cost_terms={
                name: (float(chosen), float(other))
                for name, chosen, other in zip(TERMS, optimum.costs[:, optimum.chosen], rejected)
            },
            latencies_s=self._latencies.list_stages(),
            sample_candidates=_make_sampler(optimum, state, grid),
        )

    def _describe(
        self, guidance: Guidance | None, optimum: Optimum, state: RobotState, tracks: tuple[Track, ...]
    ) -> tuple[PlanState, str, FloatArray]:
        """State, sentence, and the (2,) place that blocks the way, NaN for none."""
        nowhere = np.full(2, np.nan)
        if guidance is None:
            if self._guide.has_goal:
                return PlanState.WAITING, "waiting for the transform from map to odom: check the localizer", nowhere
            return PlanState.IDLE, "", nowhere
        robot = state.pose_odom_base[:2]
        surface = self._map.find_nearest_surface(robot)
        if not optimum.feasible[optimum.chosen]:
            return PlanState.BLOCKED, f"every motion would touch the obstacle near {_place(surface)}", surface
        if np.isfinite(guidance.blocked_point_odom).all():
            point = guidance.blocked_point_odom
            return PlanState.BLOCKED, f"the way is blocked at {_place(point)}", point
        hindrance = self._hindrance
        blocked = PlanState.BLOCKED if hindrance.is_blocked else PlanState.FOLLOWING
        if hindrance.held_s > self.params.hindrance.patience_s and hindrance.held_s > hindrance.waiting_s:
            return blocked, f"is held up for {hindrance.held_s:.0f} s now, near the obstacle at {_place(surface)}", surface
        if not self._is_waiting(optimum, guidance):
            return PlanState.FOLLOWING, "", nowhere
        near = [
            track for track in tracks if track.chance >= 0.5 and np.hypot(*(track.state_odom[:2] - robot)) < WAITING_FOR_M
        ]
        if not near:
            ahead = guidance.way_odom[min(AHEAD, len(guidance.way_odom) - 1)] if len(guidance.way_odom) else robot
            # Beside the goal that is a matter of manoeuvring, which another way does not help.
            blocked = blocked if guidance.distance_to_goal_m > WAITING_M else PlanState.FOLLOWING
            return blocked, f"waits, for no motion is safe enough towards {_place(ahead)}", ahead
        nearest = min(near, key=lambda track: float(np.hypot(*(track.state_odom[:2] - robot))))
        who = nearest.label or ("the person" if nearest.person else "what moves")
        return blocked, f"waits for {who} at {_place(nearest.state_odom)}", nearest.state_odom[:2]

    def _is_waiting(self, optimum: Optimum, guidance: Guidance) -> bool:
        return _is_standing(optimum) and (guidance.distance_to_goal_m > WAITING_M or self._hindrance.is_blocked)

    def _wants_to_move(self) -> bool:
        """Whether the trajectory in execution moves within its first second."""
        if self._trajectory is None:
            return False
        soon = self._trajectory.twists[: int(round(1.0 / self._trajectory.step_s)) + 1]
        return bool(np.abs(soon[:, 0]).max() > WANTED_MPS or np.abs(soon[:, 1]).max() > WANTED_RADPS)

    def _make_trajectory(
        self, now_s: float, start_s: float, state: RobotState, grid: LocalGrid, optimum: Optimum, reason: str
    ) -> Trajectory:
        r = optimum.motion
        x, y = r.x[:, 0] + grid.origin_odom[0], r.y[:, 0] + grid.origin_odom[1]
        yaw = np.arctan2(r.sin[:, 0], r.cos[:, 0])
        return Trajectory(
            stamp_s=now_s,
            start_s=start_s,
            step_s=self.params.horizon.step_s,
            poses_odom=np.vstack([state.pose_odom_base, np.stack([x, y, yaw], axis=1)]),
            twists=np.vstack([state.twist, np.stack([r.v[:, 0], r.omega[:, 0]], axis=1)]),
            accelerations=np.vstack([state.acceleration, np.stack([r.a[:, 0], r.alpha[:, 0]], axis=1)]),
            reason=reason,
        )

    def _place_previous(self, start_s: float, origin: FloatArray) -> tuple[Float32Array, Float32Array]:
        """The previous trajectory at this cycle's steps, as far as it reaches, relative to the map's corner."""
        if self._trajectory is None:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)
        previous = self._trajectory
        stamps = start_s + self.params.horizon.step_s * np.arange(1, self.params.horizon.steps + 1)
        places = (stamps - previous.start_s) / previous.step_s
        places = places[places <= len(previous.poses_odom) - 1]
        index = np.arange(len(previous.poses_odom))
        x = np.interp(places, index, previous.poses_odom[:, 0]) - origin[0]
        y = np.interp(places, index, previous.poses_odom[:, 1]) - origin[1]
        return x.astype(np.float32), y.astype(np.float32)


def _place(point: FloatArray) -> str:
    return f"x = {point[0]:.2f} m, y = {point[1]:.2f} m in odom"


def _is_standing(optimum: Optimum) -> bool:
    """Whether the chosen trajectory stays where it begins."""
    r = optimum.motion
    moved_m = np.hypot(r.x - r.x[0], r.y - r.y[0]).max()
    turned = r.cos * r.cos[0] + r.sin * r.sin[0]
    return bool(moved_m < STANDING_M and turned.min() > np.cos(STANDING_RAD))


def _make_sampler(
    optimum: Optimum, state: RobotState, grid: LocalGrid
) -> Callable[[int], tuple[Float32Array, Float32Array]]:
    """Candidates for pictures, evenly through the ranking, the chosen one first; valid until the next cycle."""

    def sample(count: int) -> tuple[Float32Array, Float32Array]:
        costs = np.where(optimum.feasible, optimum.totals, np.inf)
        order = np.argsort(costs, kind="stable")
        picked = order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(np.int64)]
        picked[0] = optimum.chosen
        r = optimum.roll_out(picked)
        poses = np.empty((len(picked), r.x.shape[0] + 1, 3), dtype=np.float32)
        poses[:, 0] = state.pose_odom_base
        poses[:, 1:, 0] = r.x.T + grid.origin_odom[0]
        poses[:, 1:, 1] = r.y.T + grid.origin_odom[1]
        poses[:, 1:, 2] = np.arctan2(r.sin, r.cos).T
        return poses, costs[picked].astype(np.float32)

    return sample
