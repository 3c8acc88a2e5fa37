"""Goals, from acceptance to result: when to plan, which way to take, when a goal is reached, when to give up.

A state machine without threads, clocks or middleware. Its owner reports what happens (goals, the robot's pose, answers to
questions for ways, what the local planner says) and carries out what `take_effects` hands over: questions to ask, ways to
publish, goals that have ended.

    accept -> ask for a way -> drive -> arrived                                     -> ended, succeeded
                 ^               |-> blocked, off the way, no progress, map changed -> ask again
                 |               |-> the other way is long, or there is none        -> wait, ask now and then, back off
                 '---------------'-> nothing helped for give_up_s                   -> ended, aborted

A goal that replaces another leaves the way that is being driven in place until its own is known: the robot does not stop.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.global_planning.blocked_places import BlockedPlaces
from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.hold_up import BlockedReports, Trail, choose_blocked_place, measure_wait
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.planner import NO_PRICES
from astro_nav.global_planning.progress_watch import ProgressWatch
from astro_nav.global_planning.questions import RouteAnswer, RouteQuestion, Why
from astro_nav.global_planning.route import Route
from astro_nav.global_planning.travel_time import TravelTime
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, Path

RETREAT_TOLERANCE_M = 0.1


class Ending(Enum):
    """How a goal ended."""

    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    ABORTED = "aborted"


@dataclass(frozen=True)
class AskForRoute:
    """Plan, and bring the answer to `take_answer`."""

    question: RouteQuestion


@dataclass(frozen=True)
class PublishPath:
    """Hand a way to the local planner; without poses: stand still."""

    path: Path


@dataclass(frozen=True)
class EndGoal:
    """A goal has ended."""

    goal_id: Hashable
    ending: Ending
    error_code: ErrorCode
    message: str


Effect = AskForRoute | PublishPath | EndGoal


@dataclass(frozen=True)
class Feedback:
    """How it goes with the goal on the way."""

    goal_id: Hashable
    pose_map_base: FloatArray
    elapsed_s: float
    time_left_s: float
    distance_left_m: float
    recoveries: int
    goals_left: int


@dataclass
class _Task:
    goal_id: Hashable
    goals_map: FloatArray
    accepted_s: float
    done: int = 0
    recoveries: int = 0
    notice: str = ""

    @property
    def goals_left_map(self) -> FloatArray:
        return self.goals_map[self.done :]


class Navigator:
    """One task at a time, a list of goals each.

    Args:
        params: of the global planner.
        list_prices: what passing each passage is expected to cost now, (P, 5); asked with every question.
        report_blocked_place: told each place (2,) [m] that was found blocked.
    """

    def __init__(
        self,
        params: GlobalPlannerParams,
        list_prices: Callable[[], FloatArray] | None = None,
        report_blocked_place: Callable[[FloatArray], None] = lambda point_map: None,
    ) -> None:
        self.params = params
        self._list_prices, self._report_blocked_place = list_prices, report_blocked_place
        self._body_radius_m = float(compute_edge_distances(np.zeros((1, 2)), params.robot.footprint)[0]) + params.cost.margin_m
        self._effects: list[Effect] = []
        self._task: _Task | None = None
        self._route: Route | None = None
        self._blocked_places = BlockedPlaces(params.progress)
        self._progress = ProgressWatch(params.progress)
        self._travel_time = TravelTime(params.pace, params.robot.limits.max_speed_mps)
        self._pose_map_base: FloatArray | None = None
        self._question: RouteQuestion | None = None
        self._questions_asked = 0
        self._wanted: Why | None = None
        self._way_is_out = False
        self._last_question_s = -np.inf
        self._last_nudge_s = -np.inf
        self._last_step_s = -np.inf
        self._reports = BlockedReports()
        self._local_is_able = True
        self._trail = Trail()
        self._retreat_end: tuple[FloatArray, float] | None = None  # (2,) and the time by which it must be over
        self._last_retreat_s = -np.inf
        self._changed_over = False  # another way was taken since a place was last met blocked
        self._resting_since_s: float | None = None
        self._time_left_s = 0.0
        self.waits_for = ""

    @property
    def is_busy(self) -> bool:
        """Whether there is a goal."""
        return self._task is not None

    @property
    def goal_id(self) -> Hashable | None:
        """The goal on the way."""
        return None if self._task is None else self._task.goal_id

    def update_params(self, params: GlobalPlannerParams) -> None:
        """Take changed parameters, the live ones of which take effect."""
        self.params = params
        self._blocked_places.update_params(params.progress)
        self._progress.update_params(params.progress)

    def take_effects(self) -> list[Effect]:
        """Return what has to be carried out now, in order, and forget it."""
        effects, self._effects = self._effects, []
        return effects

    # What is reported from outside

    def accept(self, goal_id: Hashable, goals_map: FloatArray, now_s: float) -> None:
        """Begin with a list of goals (G, 3); the present ones are given up without a stop."""
        if self._task is not None:
            self._end(Ending.ABORTED, ErrorCode.UNKNOWN, "replaced by a newer goal")
        self._task = _Task(goal_id, np.array(goals_map, dtype=np.float64).reshape(-1, 3), now_s)
        self._route, self._resting_since_s, self._retreat_end = None, None, None
        self._reports.clear()
        self._changed_over = False
        self._progress.start(now_s)
        self._wanted = Why.NEW_GOAL
        self._question = None  # whatever is being planned is for another goal

    def cancel(self, goal_id: Hashable, now_s: float) -> bool:
        """Give up a goal and stand still; returns whether it was on the way."""
        if self._task is None or self._task.goal_id != goal_id:
            return False
        self._end(Ending.CANCELED, ErrorCode.NONE, "canceled")
        self._stand_still(now_s)
        return True

    def abort(self, error_code: ErrorCode, message: str, now_s: float) -> None:
        """Give up the goal on the way, if there is one, and stand still."""
        if self._task is not None:
            self._end(Ending.ABORTED, error_code, message)
            self._stand_still(now_s)

    def give_way(self, message: str) -> None:
        """Give up the goal on the way, if there is one, without a stop: something else hands out ways now."""
        if self._task is not None:
            self._end(Ending.ABORTED, ErrorCode.UNKNOWN, message)
        self._route, self._question, self._wanted, self._retreat_end = None, None, None, None
        self._trail.clear()
        self._way_is_out = False

    def take_over_way(self) -> None:
        """A way handed out by something else is being driven: take it back when there is none to a goal of one's own."""
        self._way_is_out = True

    def report_map(self, change: MapChange) -> None:
        """Take note of another map, or of changes in it."""
        if change is MapChange.EVERYTHING:
            self._blocked_places.clear()
        if change is not MapChange.NOTHING and self._task is not None:
            self._want(Why.MAP_CHANGED)

    def report_passages(self) -> None:
        """Take note that a passage is not as it was believed: another way may be better now."""
        if self._route is not None:
            self._want(Why.BETTER_WAY)

    def report_local_status(
        self, is_blocked: bool, blocked_point_map: FloatArray | None, reason: str, now_s: float, is_able: bool = True
    ) -> None:
        """Take note of what the local planner says.

        Args:
            is_blocked: it sees no way on.
            blocked_point_map: (2,) where the way is blocked, None when it cannot say.
            reason: its sentence.
            now_s: time of the report.
            is_able: it has all the data that it needs; a robot without a lidar is not held up by what is on its way.
        """
        self._local_is_able = is_able
        self._reports.report(is_blocked, blocked_point_map, reason, now_s)

    def take_answer(self, answer: RouteAnswer, now_s: float) -> None:
        """Take the answer to a question; one to a question that is no longer asked is ignored."""
        question = self._question
        if question is None or answer.number != question.number or self._task is None:
            return
        self._question = None
        if answer.is_found:
            if question.why in (Why.BLOCKED, Why.NO_PROGRESS) and self._route is not None:
                self._consider_other_way(answer, question.why, now_s)
            elif self._is_worth_changing(answer, question.why):
                self._adopt(answer, question.why, now_s)
            return
        failure = answer.failure
        leaves_present_way = question.why in (Why.BETTER_WAY, Why.BLOCKED, Why.NO_PROGRESS) and self._route is not None
        if leaves_present_way or len(question.blocked_discs_map) > 0:
            # What blocks may go away; the local planner keeps the present way and drives on as soon as it can.
            self.waits_for = failure.message
            if failure.error_code is ErrorCode.GOAL_OCCUPIED:
                self._settle_beside_goal(failure.message, now_s)
            return
        self._end(Ending.ABORTED, failure.error_code, failure.message)
        self._stand_still(now_s)

    def step(self, now_s: float, pose_map_base: FloatArray | None, twist: FloatArray | None, no_pose_reason: str = "") -> None:
        """Look at arrival and progress; called at a steady rate.

        Args:
            now_s: time.
            pose_map_base: (3,) pose of the robot, None when it is not known.
            twist: (2,) of the robot, None when it is not known.
            no_pose_reason: why the pose is not known.
        """
        if now_s < self._last_step_s:
            self._begin_time_anew(now_s)
        self._last_step_s = now_s
        self._pose_map_base = pose_map_base
        task = self._task
        if task is None:
            self.waits_for = ""
            return
        if pose_map_base is None:
            self._wait_for_pose(task, no_pose_reason, now_s)
            return
        if self._blocked_places.expire(now_s) and self._route is not None:
            self._want(Why.BETTER_WAY)
        if self._route is not None:
            self._drive(task, self._route, pose_map_base, twist, now_s)
        elif self._question is None and now_s - self._last_question_s >= self.params.progress.retry_s:
            self._want(Why.NEW_GOAL)
        if self._task is not None:
            self._look_at_progress(now_s)
        self._ask_if_wanted(now_s)

    def make_feedback(self, now_s: float) -> Feedback | None:
        """How it goes; None without a goal or a pose."""
        task, pose = self._task, self._pose_map_base
        if task is None or pose is None:
            return None
        distance_m = self._route.measure_distance_to_go(pose) if self._route is not None else float("nan")
        return Feedback(
            task.goal_id,
            pose,
            now_s - task.accepted_s,
            self._time_left_s if self._route is not None else float("nan"),
            distance_m,
            task.recoveries,
            len(task.goals_left_map),
        )

    # Driving

    def _drive(self, task: _Task, route: Route, pose: FloatArray, twist: FloatArray | None, now_s: float) -> None:
        off_way_m = route.follow(pose)
        self._time_left_s = self._travel_time.update(route.measure_distance_to_go(pose), now_s)
        if self._end_retreat(route, pose, now_s):
            return
        self._trail.add(pose, self.params.progress.retreat_m)
        if self._has_reached(route, pose, twist, now_s):
            task.done += 1
            if route.is_last_leg:
                self._end(Ending.SUCCEEDED, ErrorCode.NONE, task.notice)
                self._stand_still(now_s)
                return
            route.pass_goal()
            self._publish(route)
            route.follow(pose)
        progress = self.params.progress
        turn_rad = abs(float(wrap_angle(route.target_map[2] - pose[2])))
        is_near = route.measure_distance_to_target(pose) < self.params.arrival.passing_distance_m
        distance_m = route.measure_distance_to_go(pose)
        self._progress.update(distance_m, turn_rad if is_near else float(np.pi), now_s)
        if off_way_m > progress.off_way_m and now_s - self._last_question_s >= progress.retry_s:
            self._want(Why.OFF_WAY)
        blocked_s = min(self._reports.measure_duration(now_s), self._progress.measure_standstill(now_s))
        if blocked_s >= progress.blocked_s and now_s - self._last_question_s >= progress.retry_s:
            self._close_present_way(route, pose, self._reports.point_map, now_s)
            self._want(Why.BLOCKED)

    def _close_present_way(self, route: Route, pose: FloatArray, point_map: FloatArray | None, now_s: float) -> None:
        """Lay an obstacle over the present way, so that the next question is for another one."""
        radius_m = self.params.progress.blocked_radius_m
        closing_m, reach_m = radius_m + self._body_radius_m, radius_m + self.params.robot.circumscribed_radius_m
        place = choose_blocked_place(route, pose, point_map, closing_m, reach_m)
        self._blocked_places.add(place, now_s, pose[:2], self._body_radius_m, self._changed_over)
        self._changed_over = False
        if self._reports.is_blocked:
            self._report_blocked_place(place)

    def _consider_other_way(self, answer: RouteAnswer, why: Why, now_s: float) -> None:
        """Take the way round what holds the robot up, or wait when it is long."""
        waited_s = self._progress.measure_standstill(now_s)
        wait_s = measure_wait(answer, self.params.progress, waited_s)
        if wait_s <= 0.0:
            self._changed_over = True
            self._adopt(answer, why, now_s)
            return
        reason = self._reports.reason or "the robot does not get on"
        self.waits_for = (
            f"{reason}; waiting, for the way round it costs {answer.cost_m - answer.free_cost_m:.1f} m more: "
            f"taken in {wait_s:.0f} s if nothing changes"
        )

    def _settle_beside_goal(self, message: str, now_s: float) -> None:
        """Be content with where the robot is when something stands on the last goal and stays there."""
        route, pose = self._route, self._pose_map_base
        if route is None or pose is None or not route.is_last_leg:
            return
        gap_m = float(np.hypot(*(route.target_map[:2] - pose[:2])))
        has_waited = self._progress.measure_standstill(now_s) >= 2.0 * self.params.progress.patience_s
        if has_waited and gap_m <= self.params.search.goal_tolerance_m:
            spot = message.split(",")[0]
            self._end(Ending.SUCCEEDED, ErrorCode.NONE, f"something stands on the goal: stopped {gap_m:.2f} m from it ({spot})")
            self._stand_still(now_s)

    def _retreat_if_stuck(self, pose: FloatArray, now_s: float) -> None:
        """Make room: two who stand before each other in a narrow place wait for ever otherwise."""
        progress = self.params.progress
        standstill_s = self._progress.measure_standstill(now_s)
        since_s = min(standstill_s, now_s - self._last_retreat_s)
        if progress.retreat_m <= 0.0 or since_s < progress.retreat_after_s:
            return
        self._last_retreat_s = now_s
        path = self._trail.make_retreat(pose, progress.retreat_m, now_s, self.params.frames.map)
        if path is None or self._task is None:
            return
        self._task.recoveries += 1
        self._retreat_end = (path.poses_map[-1, :2], now_s + progress.retreat_s)
        self._effects.append(PublishPath(path))

    def _end_retreat(self, route: Route, pose: FloatArray, now_s: float) -> bool:
        """Whether the robot is still backing off; hands the way out again when it is not."""
        if self._retreat_end is None:
            return False
        end, until_s = self._retreat_end
        if now_s < until_s and np.hypot(*(end - pose[:2])) > RETREAT_TOLERANCE_M:
            return True
        self._retreat_end = None
        self._reports.clear()
        self._publish(route)
        return False

    def _has_reached(self, route: Route, pose: FloatArray, twist: FloatArray | None, now_s: float) -> bool:
        """Whether the goal ahead is reached: the last one at rest, the others in passing."""
        arrival, target = self.params.arrival, route.target_map
        distance_m = float(np.hypot(*(target[:2] - pose[:2])))
        if not route.is_last_leg:
            return distance_m <= arrival.passing_distance_m
        turn_rad = abs(float(wrap_angle(target[2] - pose[2])))
        stands = (
            twist is not None and abs(twist[0]) <= arrival.rest_speed_mps and abs(twist[1]) <= arrival.rest_turn_rate_radps
        )
        if distance_m > arrival.position_tolerance_m or turn_rad > arrival.heading_tolerance_rad or not stands:
            self._resting_since_s = None
            return False
        if self._resting_since_s is None:
            self._resting_since_s = now_s
        return now_s - self._resting_since_s >= arrival.rest_s

    def _look_at_progress(self, now_s: float) -> None:
        progress = self.params.progress
        standstill_s = self._progress.measure_standstill(now_s)
        if standstill_s >= progress.give_up_s:
            why = self.waits_for or self._reports.reason or "the local planner gives no reason"
            message = f"no progress for {standstill_s:.0f} s, limit progress.give_up_s = {progress.give_up_s:g} s: {why}"
            self.abort(ErrorCode.FAILED_TO_MAKE_PROGRESS, message, now_s)
            return
        route, pose = self._route, self._pose_map_base
        if route is None or pose is None or self._retreat_end is not None or standstill_s < progress.patience_s:
            return
        if now_s - max(self._last_nudge_s, self._last_question_s) >= progress.patience_s:
            self._last_nudge_s = now_s
            is_near_goal = route.measure_distance_to_target(pose) <= self.params.arrival.passing_distance_m
            if self._local_is_able and not is_near_goal:
                self._close_present_way(route, pose, None, now_s)
            self._want(Why.NO_PROGRESS)
        if self._local_is_able:
            self._retreat_if_stuck(pose, now_s)

    def _wait_for_pose(self, task: _Task, reason: str, now_s: float) -> None:
        self.waits_for = reason or "the robot's pose in the map is not known"
        limit_s = self.params.search.pose_wait_s
        if self._route is None and now_s - task.accepted_s >= limit_s:
            self.abort(ErrorCode.TF_ERROR, f"{self.waits_for}; waited search.pose_wait_s = {limit_s:g} s", now_s)
        else:
            self._look_at_progress(now_s)

    def _begin_time_anew(self, now_s: float) -> None:
        """The clock went back, as that of a simulation that is started anew does."""
        self._last_question_s = self._last_nudge_s = self._last_retreat_s = -np.inf
        self._resting_since_s, self._retreat_end = None, None
        self._reports.clear()
        self._blocked_places.clear()
        self._progress.start(now_s)
        if self._task is not None:
            self._task.accepted_s = now_s

    # Planning

    def _want(self, why: Why) -> None:
        """Have a route planned as soon as possible; a more urgent reason replaces a less urgent one."""
        if self._wanted is None or why < self._wanted:
            self._wanted = why

    def _ask_if_wanted(self, now_s: float) -> None:
        if self._task is None or self._wanted is None or self._pose_map_base is None:
            return
        if self._question is not None and self._question.why <= self._wanted and self._wanted is not Why.MAP_CHANGED:
            self._wanted = None  # the question under way answers this one, too
            return
        present = None if self._route is None else self._route.list_poses_ahead(self._pose_map_base)
        self._questions_asked += 1
        self._question = RouteQuestion(
            self._questions_asked,
            self._wanted,
            self._pose_map_base,
            self._task.goals_left_map,
            self._blocked_places.list_discs(),
            present,
            NO_PRICES if self._list_prices is None else self._list_prices(),
        )
        self._wanted, self._last_question_s = None, now_s
        self._effects.append(AskForRoute(self._question))

    def _is_worth_changing(self, answer: RouteAnswer, why: Why) -> bool:
        """Whether to take a new way. Two ways of nearly the same cost must not make the robot go to and fro."""
        if why not in (Why.MAP_CHANGED, Why.BETTER_WAY) or self._route is None:
            return True
        return answer.cost_m < (1.0 - self.params.progress.min_saving) * answer.present_cost_m

    def _adopt(self, answer: RouteAnswer, why: Why, now_s: float) -> None:
        assert self._task is not None
        if why in (Why.BLOCKED, Why.NO_PROGRESS):
            self._task.recoveries += 1
        self._task.notice = next((leg.message for leg in reversed(answer.legs) if leg.message), "")
        self._route = Route(answer.legs, now_s)
        self._progress.set_way()
        self._reports.clear()
        self._retreat_end = None
        self.waits_for = ""
        self._travel_time.set_way()
        if self._pose_map_base is not None:
            self._route.follow(self._pose_map_base)
            self._time_left_s = self._travel_time.update(self._route.measure_distance_to_go(self._pose_map_base), now_s)
        self._publish(self._route)

    # Effects

    def _publish(self, route: Route) -> None:
        self._effects.append(PublishPath(route.make_path()))
        self._way_is_out = True

    def _stand_still(self, now_s: float) -> None:
        self._route, self._question, self._wanted, self._retreat_end = None, None, None, None
        self._trail.clear()
        if self._way_is_out:
            self._effects.append(PublishPath(Path(now_s, np.empty((0, 3)), self.params.frames.map)))
            self._way_is_out = False

    def _end(self, ending: Ending, error_code: ErrorCode, message: str) -> None:
        assert self._task is not None
        self._effects.append(EndGoal(self._task.goal_id, ending, error_code, message))
        self._task = None
        self.waits_for = ""
