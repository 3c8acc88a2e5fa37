"""The local planner: what is seen and where to go, turned into the next three seconds of motion.

`LocalPlanner.plan` reads top-down like the data flow: check what is known, fast-forward to when the trajectory will take
effect, guide, search, conclude.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.kernels.evaluate import TERMS, Scene
from astro_nav.local_planning.conclusion import asks_to_move, describe_cycle, find_direction, make_sampler, make_trajectory
from astro_nav.local_planning.fast_forward import CommittedMotion, fast_forward_robot
from astro_nav.local_planning.guidance import Guidance, PathGuide
from astro_nav.local_planning.hindrance import Hindrance
from astro_nav.local_planning.latencies import Latencies
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.local_planning.optimizer import Optimizer, Optimum
from astro_nav.local_planning.sampling import move_candidate
from astro_nav.local_planning.scene_maker import SceneMaker
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
    FloatArray,
    LocalGrid,
    OccupancyMap,
    Odometry,
    Path,
    Prediction,
    RobotState,
    Scan,
    Track,
    Trajectory,
)

MOST_OVER_LIMIT = 1.5  # a robot may be pushed, or roll; faster than this it is odometry that is wrong


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
        self._inscribed_radius_m = float(compute_edge_distances(np.zeros((1, 2)), params.robot.footprint)[0])
        if params.map != self._map.params:
            self._map = RollingMap(params.map)
        self._guide = PathGuide(params.guidance, self._inscribed_radius_m, self._map.size)
        if self._path_map is not None:
            self._guide.set_path(self._path_map)
        self._optimizer = Optimizer(params.optimizer, params.horizon.steps)
        self._hindrance = Hindrance(params.hindrance)
        self._scene_maker = SceneMaker(params)
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
            last = self._trajectory
            self._hindrance.update(now_s, self._history.newest.twist, asks_to_move(last), find_direction(last))
        scene = self._scene_maker.make(
            start_s, state, grid, tracks, prediction, guidance, self._trajectory, self._followed_id, self._weights
        )
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

    def _search(self, scene: Scene, state: RobotState, guidance: Guidance | None, begin_s: float) -> Optimum:
        if guidance is None:
            return self._optimizer.search_stop(scene, self._weights)
        hindrance = self._hindrance
        weights = adapt_weights(
            self._weights, self.params.hindrance, hindrance.caution, hindrance.waiting_s, hindrance.held_direction
        )
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
        trajectory = make_trajectory(now_s, start_s, self.params.horizon.step_s, state, grid, optimum, reason)
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
            sample_candidates=make_sampler(optimum, state, grid),
        )

    def _describe(
        self, guidance: Guidance | None, optimum: Optimum, state: RobotState, tracks: tuple[Track, ...]
    ) -> tuple[PlanState, str, FloatArray]:
        """State, sentence, and the (2,) place that blocks the way, NaN for none."""
        if guidance is None:
            nowhere = np.full(2, np.nan)
            if self._guide.has_goal:
                return PlanState.WAITING, "waiting for the transform from map to odom: check the localizer", nowhere
            return PlanState.IDLE, "", nowhere
        robot = state.pose_odom_base[:2]
        return describe_cycle(guidance, optimum, robot, tracks, self._hindrance, self._map.find_nearest_surface(robot))
