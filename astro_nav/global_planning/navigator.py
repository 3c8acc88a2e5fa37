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

import numpy as np

from astro_nav.global_planning.arrival import ArrivalWatch
from astro_nav.global_planning.asking import Asking, is_worth_changing
from astro_nav.global_planning.cost_map import MapChange
from astro_nav.global_planning.navigation_effects import Effect, Ending, Feedback
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.questions import RouteAnswer, Why
from astro_nav.global_planning.recovery import Recovery
from astro_nav.global_planning.route import Route
from astro_nav.global_planning.task import Outbox, Task
from astro_nav.global_planning.travel_time import TravelTime
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray


class Navigator:
    """One task at a time, a list of goals each.

    Args:
        params: of the global planner.
        list_doubts: how likely each passage is closed now, (P, 5); asked with every question.
        report_blocked_place: told each place (2,) [m] that was found blocked.
    """

    def __init__(
        self,
        params: GlobalPlannerParams,
        list_doubts: Callable[[], FloatArray] | None = None,
        report_blocked_place: Callable[[FloatArray], None] = lambda point_map: None,
    ) -> None:
        self.params = params
        self._asking = Asking(list_doubts)
        self._outbox = Outbox(params.frames.map)
        self._task: Task | None = None
        self._route: Route | None = None
        self._recovery = Recovery(params, report_blocked_place)
        self._arrival = ArrivalWatch()
        self._travel_time = TravelTime(params.pace, params.robot.limits.max_speed_mps)
        self._pose_map_base: FloatArray | None = None
        self._last_step_s = -np.inf
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
        self._recovery.update_params(params)

    def take_effects(self) -> list[Effect]:
        """Return what has to be carried out now, in order, and forget it."""
        return self._outbox.take()

    # What is reported from outside

    def accept(self, goal_id: Hashable, goals_map: FloatArray, now_s: float) -> None:
        """Begin with a list of goals (G, 3); the present ones are given up without a stop."""
        if self._task is not None:
            self._end(Ending.ABORTED, ErrorCode.UNKNOWN, "replaced by a newer goal")
        self._task = Task(goal_id, np.array(goals_map, dtype=np.float64).reshape(-1, 3), now_s)
        self._route = None
        self._arrival.clear()
        self._recovery.start(now_s)
        self._asking.begin_anew()

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
        self._route = None
        self._asking.drop()
        self._recovery.stop()
        self._outbox.way_is_out = False

    def take_over_way(self) -> None:
        """A way handed out by something else is being driven: take it back when there is none to a goal of one's own."""
        self._outbox.way_is_out = True

    def report_map(self, change: MapChange) -> None:
        """Take note of another map, or of changes in it."""
        if change is MapChange.EVERYTHING:
            self._recovery.clear_places()
        if change is not MapChange.NOTHING and self._task is not None:
            self._asking.want(Why.MAP_CHANGED)

    def report_passages(self) -> None:
        """Take note that a passage is not as it was believed: another way may be better now."""
        if self._route is not None:
            self._asking.want(Why.PASSAGE_NEWS)

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
        self._recovery.report_local_status(is_blocked, blocked_point_map, reason, now_s, is_able)

    def take_answer(self, answer: RouteAnswer, now_s: float) -> None:
        """Take the answer to a question; one to a question that is no longer asked is ignored."""
        question = self._asking.take(answer)
        if question is None or self._task is None:
            return
        if answer.is_found:
            if question.why in (Why.BLOCKED, Why.NO_PROGRESS) and self._route is not None:
                self._consider_other_way(answer, question.why, now_s)
            elif self._route is None or is_worth_changing(answer, question.why, self.params.progress.min_saving):
                self._adopt(answer, question.why, now_s)
            return
        failure = answer.failure
        leaves_present_way = question.why in (Why.BETTER_WAY, Why.PASSAGE_NEWS, Why.BLOCKED, Why.NO_PROGRESS) and self._route is not None
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
        if self._recovery.expire(now_s) and self._route is not None:
            self._asking.want(Why.BETTER_WAY)
        if self._route is not None:
            self._drive(task, self._route, pose_map_base, twist, now_s)
        elif self._asking.question is None and now_s - self._asking.last_s >= self.params.progress.retry_s:
            self._asking.want(Why.NEW_GOAL)
        if self._task is not None:
            self._look_at_progress(now_s)
        self._ask_if_wanted(now_s)

    def make_feedback(self, now_s: float) -> Feedback | None:
        """How it goes; None without a goal or a pose."""
        task, pose = self._task, self._pose_map_base
        if task is None or pose is None:
            return None
        return task.make_feedback(pose, self._route, self._time_left_s, now_s)

    # Driving

    def _drive(self, task: Task, route: Route, pose: FloatArray, twist: FloatArray | None, now_s: float) -> None:
        off_way_m = route.follow(pose)
        self._time_left_s = self._travel_time.update(route.measure_distance_to_go(pose), now_s)
        if self._recovery.has_backed_off(pose, now_s):
            self._outbox.publish(route.make_path())
        if self._recovery.is_backing_off:
            return
        self._recovery.follow(route, pose)
        if self._arrival.has_reached(route, pose, twist, self.params.arrival, now_s):
            task.done += 1
            if route.is_last_leg:
                self._end(Ending.SUCCEEDED, ErrorCode.NONE, task.notice)
                self._stand_still(now_s)
                return
            route.pass_goal()
            self._outbox.publish(route.make_path())
            route.follow(pose)
        self._recovery.watch_progress(route, pose, now_s)
        if now_s - self._asking.last_s < self.params.progress.retry_s:
            return
        if off_way_m > self.params.progress.off_way_m:
            self._asking.want(Why.OFF_WAY)
        if self._recovery.is_blocked(now_s) and self._recovery.close_blocked_way(route, pose, now_s):
            self._asking.want(Why.BLOCKED)

    def _look_at_progress(self, now_s: float) -> None:
        """Do what a robot does that does not get on; see `Recovery`."""
        message = self._recovery.describe_giving_up(self.waits_for, now_s)
        if message:
            self.abort(ErrorCode.FAILED_TO_MAKE_PROGRESS, message, now_s)
            return
        task, route, pose = self._task, self._route, self._pose_map_base
        if task is None or route is None or pose is None:
            return
        if self._recovery.looks_for_another_way(route, pose, self._asking.last_s, now_s):
            self._asking.want(Why.NO_PROGRESS)
        path = self._recovery.make_retreat(route, pose, now_s)
        if path is not None:
            task.recoveries += 1
            self._outbox.publish(path)

    def _consider_other_way(self, answer: RouteAnswer, why: Why, now_s: float) -> None:
        """Take the way round what holds the robot up, or wait when it is long."""
        waits_for = self._recovery.describe_wait(answer, now_s)
        if waits_for:
            self.waits_for = waits_for
        else:
            self._recovery.change_over()
            self._adopt(answer, why, now_s)

    def _settle_beside_goal(self, message: str, now_s: float) -> None:
        """Be content with where the robot is when something stands on the last goal and stays there."""
        notice = "" if self._route is None else self._recovery.describe_settling(self._route, self._pose_map_base, message, now_s)
        if notice:
            self._end(Ending.SUCCEEDED, ErrorCode.NONE, notice)
            self._stand_still(now_s)

    def _wait_for_pose(self, task: Task, reason: str, now_s: float) -> None:
        self.waits_for = reason or "the robot's pose in the map is not known"
        limit_s = self.params.search.pose_wait_s
        if self._route is None and now_s - task.accepted_s >= limit_s:
            self.abort(ErrorCode.TF_ERROR, f"{self.waits_for}; waited search.pose_wait_s = {limit_s:g} s", now_s)
        else:
            self._look_at_progress(now_s)

    def _begin_time_anew(self, now_s: float) -> None:
        """The clock went back, as that of a simulation that is started anew does."""
        self._asking.last_s = -np.inf
        self._arrival.clear()
        self._recovery.begin_time_anew(now_s)
        if self._task is not None:
            self._task.accepted_s = now_s

    # Planning

    def _ask_if_wanted(self, now_s: float) -> None:
        task, pose = self._task, self._pose_map_base
        if task is None or pose is None:
            return
        question = self._asking.ask(pose, task.goals_left_map, self._route, self._recovery.list_discs(), now_s)
        if question is not None:
            self._outbox.ask(question)

    def _adopt(self, answer: RouteAnswer, why: Why, now_s: float) -> None:
        assert self._task is not None
        if why in (Why.BLOCKED, Why.NO_PROGRESS):
            self._task.recoveries += 1
        self._task.notice = next((leg.message for leg in reversed(answer.legs) if leg.message), "")
        self._route = Route(answer.legs, now_s)
        self._recovery.set_way()
        self.waits_for = ""
        self._travel_time.set_way()
        if self._pose_map_base is not None:
            self._route.follow(self._pose_map_base)
            self._time_left_s = self._travel_time.update(self._route.measure_distance_to_go(self._pose_map_base), now_s)
        self._outbox.publish(self._route.make_path())

    def _stand_still(self, now_s: float) -> None:
        self._route = None
        self._asking.drop()
        self._recovery.stop()
        self._outbox.take_back_way(now_s)

    def _end(self, ending: Ending, error_code: ErrorCode, message: str) -> None:
        assert self._task is not None
        self._outbox.end(self._task, ending, error_code, message)
        self._task = None
        self.waits_for = ""
