"""The stack in one process: the very objects that the nodes wrap, each at its own rate, with modelled latencies."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from astro_nav.body.gaze import GazeChooser
from astro_nav.body.screen import ScreenMotion, ScreenPlanner
from astro_nav.following.follow_task import FollowFeedback
from astro_nav.following.follower import Follower
from astro_nav.following.goal_keeper import GoalKeeper
from astro_nav.following.sighting import list_sightings
from astro_nav.geometry import se2
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.global_planning.passage_watch import DOOR_LOOK_S, find_ray_ends
from astro_nav.global_planning.navigator import AskForRoute, EndGoal, Navigator, PublishPath
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.questions import RouteAnswer, answer_question
from astro_nav.local_planning.local_plan import LocalPlan, PlanState
from astro_nav.local_planning.planner import LocalPlanner
from astro_nav.mapping.localization_filter import LocalizationFilter
from astro_nav.mapping.pose_history import PoseHistory
from astro_nav.mapping.scan_points import project_scan
from astro_nav.params.evaluation import PassageParams
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.controller import SafetyController
from astro_nav.simulation.events import Event, LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.types import FloatArray, Odometry, OccupancyMap, Path, Scan, Trajectory, Verdict

HISTORY_S, HISTORY_AHEAD_S = 2.0, 0.3  # of odometry, for the places from which rays were shot


class MotionPlanner(Protocol):
    """What fills the place of the local planner; the peers do, too."""

    def warm_up(self) -> None: ...
    def add_odometry(self, odometry: Odometry) -> str: ...
    def add_scan(self, scan: Scan, pose_base_laser: FloatArray, received_s: float) -> str: ...
    def set_pose_map_odom(self, pose_map_odom: FloatArray, stamp_s: float) -> None: ...
    def set_map(self, occupancy_map: OccupancyMap) -> None: ...
    def set_path(self, path: Path) -> None: ...
    def set_speed_limit(self, limit_mps: float | None) -> None: ...
    def set_followed(self, track_id: int | None) -> None: ...
    def note_delivery(self, delay_s: float) -> None: ...
    def plan(self, now_s: float) -> LocalPlan: ...


@dataclass(frozen=True)
class StackParams:
    """Parameters of the three nodes, and of what lies between them."""

    global_planner: GlobalPlannerParams
    local_planner: LocalPlannerParams
    safety_controller: SafetyControllerParams
    passage: PassageParams


MakePlanner = Callable[[StackParams, int], MotionPlanner]


def make_astro(params: StackParams, seed: int) -> MotionPlanner:
    """The planner of this project; it reads no clock, so that equal seeds give equal runs."""
    return LocalPlanner(params.local_planner, seed)


@dataclass
class StackReport:
    """What the stack said in one tick.

    Attributes:
        verdict: the safety controller's.
        plan: the local planner's newest, None before the first.
        is_new_plan: whether it was made in this tick.
        endings: goals that ended in this tick.
        screen_motion: where the screen shall look, when that was planned in this tick.
        following: how following a person goes, None when nobody is followed.
        followed_map: (2,) where the followed person is believed to be, None when they are out of sight.
    """

    verdict: Verdict
    plan: LocalPlan | None
    is_new_plan: bool
    endings: list[EndGoal] = field(default_factory=list)
    screen_motion: ScreenMotion | None = None
    following: FollowFeedback | None = None
    followed_map: FloatArray | None = None


class Stack:
    """Global planner, local planner, safety controller and screen, stepped together.

    Args:
        params: of the three nodes.
        occupancy_map: the map that the robot is given.
        pose_base_laser: (3,) the lidar on the robot.
        seed: of the planner.
        make_planner: makes the local planner or a peer.
        doors: memory of doors, which outlives the stack; None = without.
        day_s: wall-clock time at the stack's time 0, for the hour of the day.
    """

    def __init__(
        self,
        params: StackParams,
        occupancy_map: OccupancyMap,
        pose_base_laser: FloatArray,
        seed: int,
        make_planner: MakePlanner = make_astro,
        doors: DoorKeeper | None = None,
        day_s: float = 0.0,
    ) -> None:
        self.params, self._passage = params, params.passage
        self.period_s = params.safety_controller.period_s
        self._pose_base_laser = pose_base_laser
        self._global = GlobalPlanner(params.global_planner)
        self._global.set_map(occupancy_map)
        self._doors, self._day_s = doors, day_s
        if doors is None:
            self._navigator = Navigator(params.global_planner)
        else:
            assert self._global.cost_map is not None
            doors.take_records(*doors.find_records(self._global.cost_map))
            self._navigator = Navigator(
                params.global_planner,
                lambda: doors.memory.list_prices(day_s + self._now_s),
                lambda point_map: self._watch_doors(doors.watch.take_blocked_place(point_map, day_s + self._now_s)),
            )
        self._follower = Follower(params.global_planner)
        self._follower.set_map(occupancy_map)
        self._keeper = GoalKeeper(self._navigator, self._follower)
        self._now_s = 0.0
        self._local = make_planner(params, seed)
        self._local.set_map(occupancy_map)
        self._safety = SafetyController(params.safety_controller)
        self._screen = ScreenPlanner(params.local_planner.robot.screen, params.local_planner.gaze)
        self._gaze = GazeChooser(params.local_planner.gaze)
        self._localization = LocalizationFilter(params.local_planner.robot.localization)
        self._odometry: Odometry | None = None
        self._history = PoseHistory(HISTORY_S, HISTORY_AHEAD_S)
        self._pose_map_odom: FloatArray | None = None
        self._plan: LocalPlan | None = None
        self._screen_motion: ScreenMotion | None = None
        self._path_map: FloatArray = np.zeros((0, 3))
        self._mail: list[tuple[float, int, Callable[[float], None]]] = []
        self._letters = 0
        self._tick = 0
        self._looked_s = -np.inf
        self._local_ticks = max(1, round(1.0 / (params.local_planner.rate_hz * self.period_s)))
        self._global_ticks = max(1, round(1.0 / (params.global_planner.rate_hz * self.period_s)))

    @property
    def is_busy(self) -> bool:
        """Whether there is a goal."""
        return self._keeper.is_busy

    @property
    def odometry(self) -> Odometry | None:
        """The newest odometry, None before the first."""
        return self._odometry

    def navigate(self, goal_id: Any, goals_map: FloatArray, now_s: float) -> None:
        """Drive to goals (G, 3), giving up the present ones without a stop."""
        self._keeper.navigate(goal_id, goals_map, now_s)

    def follow(self, goal_id: Any, name: str, distance_m: float, now_s: float) -> None:
        """Follow a person by label or track number, "" for the nearest in front; distance 0 for the configured one."""
        self._keeper.follow(goal_id, name, distance_m, now_s)

    def cancel(self, goal_id: Any, now_s: float) -> None:
        """Give up a goal."""
        self._keeper.cancel(goal_id, now_s)

    def set_speed_limit(self, limit_mps: float | None) -> None:
        """Limit the speed, as the topic does."""
        self._local.set_speed_limit(limit_mps)
        self._safety.set_speed_limit(limit_mps)

    def take(self, events: list[Event]) -> None:
        """Hand over what arrived from the sensors, in order of arrival."""
        for event in events:
            if isinstance(event, LocalizationEvent):
                event = self._filter_localization(event)
            if self._passage.sensing_s > 0.0:
                self._post(event.arrives_s + self._passage.sensing_s, lambda at_s, event=event: self._take_locally(event, at_s))
            else:
                self._take_locally(event, event.arrives_s)
            if isinstance(event, ScanEvent):
                self._safety.add_scan(event.scan, self._pose_base_laser, event.arrives_s)
                self._look_at_doors(event.scan)
                self._look_at_person(event.scan)
            elif isinstance(event, OdometryEvent):
                self._odometry = event.odometry
                self._history.add(event.odometry)
                self._safety.add_odometry(event.odometry)
            elif isinstance(event, LocalizationEvent):
                self._pose_map_odom = event.pose_map_odom

    def _take_locally(self, event: Event, now_s: float) -> None:
        """Hand over to the local planner, which may hear of it later than the others."""
        if isinstance(event, ScanEvent):
            self._local.add_scan(event.scan, self._pose_base_laser, now_s)
        elif isinstance(event, OdometryEvent):
            self._local.add_odometry(event.odometry)
        elif isinstance(event, LocalizationEvent):
            self._local.set_pose_map_odom(event.pose_map_odom, event.stamp_s)

    def _filter_localization(self, event: LocalizationEvent) -> LocalizationEvent:
        """As each node does, here once for all of them."""
        if self._odometry is None:
            return event
        pose_map_odom = self._localization.update(event.pose_map_odom, self._odometry.pose_odom_base, event.arrives_s)
        return replace(event, pose_map_odom=pose_map_odom)

    def step(self, now_s: float) -> StackReport:
        """One tick of the safety controller's period: whoever is due works."""
        self._now_s = now_s
        while self._mail and self._mail[0][0] <= now_s + 1e-9:
            heapq.heappop(self._mail)[2](now_s)
        endings: list[EndGoal] = []
        if self._tick % self._global_ticks == 0:
            endings = self._run_navigator(now_s)
        is_new_plan = self._tick % self._local_ticks == 0
        if is_new_plan:
            self._run_local(now_s)
        verdict = self._safety.step(now_s, now_s)
        self._tick += 1
        screen_motion, self._screen_motion = self._screen_motion, None
        return StackReport(
            verdict, self._plan, is_new_plan, endings, screen_motion, self._follower.make_feedback(),
            self._follower.get_place(now_s),
        )  # fmt: skip

    def _run_local(self, now_s: float) -> None:
        self._plan = plan = self._local.plan(now_s)
        if plan.trajectory is not None:
            sent_s = now_s + self._passage.planning_s
            self._post(sent_s + self._passage.delivery_s, lambda at_s, t=plan.trajectory: self._deliver(t, at_s))
        blocked = plan.state is PlanState.BLOCKED
        is_able = plan.state not in (PlanState.WAITING, PlanState.REFUSED)
        point = None
        if blocked and self._pose_map_odom is not None and np.isfinite(plan.blocked_point_odom).all():
            point = se2.transform_points(self._pose_map_odom, plan.blocked_point_odom)
        self._post(
            now_s + self._passage.planning_s,
            lambda at_s: self._navigator.report_local_status(blocked, point, plan.reason, at_s, is_able),
        )
        if self._follower.is_busy:
            self._report_people(plan, blocked, now_s)

    def _report_people(self, plan: LocalPlan, is_blocked: bool, now_s: float) -> None:
        """What the follower hears from the local planner."""
        seen = []
        if plan.prediction is not None and self._pose_map_odom is not None:
            seen = list_sightings(plan.tracks, plan.prediction, self._pose_map_odom)

        def deliver(at_s: float) -> None:
            self._follower.report_sightings(seen, at_s)
            self._follower.report_local_status(is_blocked, plan.reason)

        self._post(now_s + self._passage.planning_s, deliver)

    def _look_at_doors(self, scan: Scan) -> None:
        """As the node does, several times a second, with the newest pose."""
        if self._doors is None or self._odometry is None or self._pose_map_odom is None:
            return
        if abs(scan.stamp_s - self._looked_s) < DOOR_LOOK_S:
            return
        self._looked_s = scan.stamp_s
        pose_map_base = se2.compose(self._pose_map_odom, self._odometry.pose_odom_base)
        now_s, watch = self._day_s + scan.stamp_s, self._doors.watch
        origin, ends = find_ray_ends(scan, se2.compose(pose_map_base, self._pose_base_laser))
        self._watch_doors(watch.take_scan(origin, ends, scan.stamp_s, now_s) | watch.take_place(pose_map_base[:2], now_s))

    def _look_at_person(self, scan: Scan) -> None:
        """As the node does, every scan while somebody is followed."""
        if not self._follower.is_busy or self._pose_map_odom is None:
            return
        poses = [self._history.look_up(at_s) for at_s in (scan.stamp_s, scan.stamp_s + scan.duration_s)]
        if poses[0] is None or poses[1] is None:
            return
        first, last = (se2.compose(se2.compose(self._pose_map_odom, pose), self._pose_base_laser) for pose in poses)
        self._follower.report_scan(project_scan(scan, first, last, scan.range_max_m))

    def _watch_doors(self, is_news: bool) -> None:
        if is_news:
            self._navigator.report_passages()

    def _deliver(self, trajectory: Trajectory, now_s: float) -> None:
        if not self._safety.set_trajectory(trajectory, now_s):
            self._local.note_delivery(now_s - trajectory.stamp_s)
        if self.params.local_planner.robot.screen.joint:
            tracks, prediction = ((), None) if self._plan is None else (self._plan.tracks, self._plan.prediction)
            followed_id, pan_rad = self._follower.track_id or None, self._screen.angle_rad
            look_at = self._gaze.choose(tracks, prediction, trajectory, followed_id, now_s, pan_rad)
            self._screen_motion = self._screen.plan(trajectory, now_s, look_at, self._find_path_odom())

    def _find_path_odom(self) -> FloatArray | None:
        """The path that the local planner has, in odom."""
        return None if self._pose_map_odom is None else se2.compose(se2.invert(self._pose_map_odom), self._path_map)

    def _run_navigator(self, now_s: float) -> list[EndGoal]:
        pose = None
        if self._odometry is not None and self._pose_map_odom is not None:
            pose = se2.compose(self._pose_map_odom, self._odometry.pose_odom_base)
        twist = None if self._odometry is None else self._odometry.twist
        self._keeper.step(now_s, pose, twist, "waiting for odometry and localisation")
        self._local.set_followed(self._follower.track_id or None)
        endings = []
        for effect in self._keeper.take_effects():
            if isinstance(effect, AskForRoute):
                answer = answer_question(self._global, effect.question, now_s, lambda: False)
                self._post(now_s + self._passage.routing_s, lambda at_s, a=answer: self._take_answer(a, at_s))
            elif isinstance(effect, PublishPath):
                self._path_map = effect.path.poses_map
                self._local.set_path(effect.path)
            elif isinstance(effect, EndGoal):
                endings.append(effect)
        return endings

    def _take_answer(self, answer: RouteAnswer, now_s: float) -> None:
        self._navigator.take_answer(answer, now_s)

    def _post(self, arrives_s: float, deliver: Callable[[float], None]) -> None:
        """Have something done later; letters of the same time in the order of sending."""
        heapq.heappush(self._mail, (arrives_s, self._letters, deliver))
        self._letters += 1

