"""A robot that does not get on: what holds it up, and what is done about it.

In this order: wait (it may go away), look for another way (at once where the local planner says what is in the way, after
`patience_s` otherwise; a long one is taken when as much has been waited), back off, and only then give up. What is laid over
the map is believed for a while and then tried again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.global_planning.blocked_places import BlockedPlaces
from astro_nav.global_planning.hold_up import BlockedReports, Trail, choose_blocked_place, measure_wait
from astro_nav.global_planning.progress_watch import ProgressWatch
from astro_nav.global_planning.questions import RouteAnswer
from astro_nav.global_planning.route import Route
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, Path

RETREAT_TOLERANCE_M = 0.1
# Beside its goal a robot turns and shuffles for a while, and no other way leads there: it backs off so much later.
NEAR_GOAL_PATIENCE = 2.0


class Recovery:
    """Watches one robot on its way; the navigator does what it says.

    Args:
        params: of the global planner.
        report_blocked_place: told each place (2,) [m] at which something was seen in the way.
    """

    def __init__(self, params: GlobalPlannerParams, report_blocked_place: Callable[[FloatArray], None]) -> None:
        self._params, self._report_blocked_place = params, report_blocked_place
        self._body_radius_m = float(compute_edge_distances(np.zeros((1, 2)), params.robot.footprint)[0]) + params.cost.margin_m
        self._places = BlockedPlaces(params.progress)
        self._progress = ProgressWatch(params.progress)
        self._reports = BlockedReports()
        self._local_is_able = True
        self._trail = Trail()
        self._retreat_end: tuple[FloatArray, float] | None = None  # (2,) and the time by which it must be over
        self._last_retreat_s = self._last_nudge_s = -np.inf
        self._changed_over = False  # another way was taken since a place was last met blocked

    @property
    def reason(self) -> str:
        """What the local planner says is in the way, "" for nothing."""
        return self._reports.reason

    @property
    def is_backing_off(self) -> bool:
        """Whether the robot is on its way back."""
        return self._retreat_end is not None

    def update_params(self, params: GlobalPlannerParams) -> None:
        """Take changed parameters."""
        self._params = params
        self._places.update_params(params.progress)
        self._progress.update_params(params.progress)

    # Begin and end

    def start(self, now_s: float) -> None:
        """Begin with another goal."""
        self._retreat_end, self._changed_over = None, False
        self._reports.clear()
        self._progress.start(now_s)

    def set_way(self) -> None:
        """Another way is driven; for how long the robot has not got on goes on."""
        self._progress.set_way()
        self._reports.clear()
        self._retreat_end = None

    def change_over(self) -> None:
        """That way is one round what was met."""
        self._changed_over = True

    def stop(self) -> None:
        """Nothing is driven any more."""
        self._retreat_end = None
        self._trail.clear()

    def begin_time_anew(self, now_s: float) -> None:
        """The clock went back."""
        self._last_nudge_s = self._last_retreat_s = -np.inf
        self._retreat_end = None
        self._reports.clear()
        self._places.clear()
        self._progress.start(now_s)

    # What is seen

    def report_local_status(self, is_blocked: bool, point_map: FloatArray | None, reason: str, now_s: float, is_able: bool) -> None:
        """Take what the local planner says; see `Navigator.report_local_status`."""
        self._local_is_able = is_able
        self._reports.report(is_blocked, point_map, reason, now_s)

    def follow(self, route: Route, pose_map: FloatArray) -> None:
        """Keep the trail along which the robot could back off from a pose (3,)."""
        self._trail.add(pose_map, self._params.progress.retreat_m)

    def watch_progress(self, route: Route, pose_map: FloatArray, now_s: float) -> None:
        """Measure whether the robot gets on."""
        turn_rad = abs(float(wrap_angle(route.target_map[2] - pose_map[2])))
        is_near = route.measure_distance_to_target(pose_map) < self._params.arrival.passing_distance_m
        self._progress.update(route.measure_distance_to_go(pose_map), turn_rad if is_near else float(np.pi), now_s)

    def measure_standstill(self, now_s: float) -> float:
        """For how long the robot has not got on [s]."""
        return self._progress.measure_standstill(now_s)

    # Blocked places

    def list_discs(self) -> FloatArray:
        """(M, 3) x, y, radius [m] of what is believed to be blocked though the map does not say so."""
        return self._places.list_discs()

    def expire(self, now_s: float) -> bool:
        """Stop believing in what is old; returns whether there was such a place."""
        return self._places.expire(now_s)

    def clear_places(self) -> None:
        """Another map."""
        self._places.clear()

    def is_blocked(self, now_s: float) -> bool:
        """Whether the local planner has said so for long enough, and the robot stands."""
        blocked_s = min(self._reports.measure_duration(now_s), self._progress.measure_standstill(now_s))
        return blocked_s >= self._params.progress.blocked_s

    def close_present_way(self, route: Route, pose_map: FloatArray, point_map: FloatArray | None, now_s: float) -> bool:
        """Lay an obstacle over the present way, so that the next question is for another one.

        Args:
            route: the present way.
            pose_map: (3,) of the robot.
            point_map: (2,) what the local planner names, None for nothing.
            now_s: time.

        Returns:
            Whether there was a reason to: beside the goal nothing is closed unless something is seen to stand on it.
        """
        place = choose_blocked_place(
            route, pose_map, point_map, self._params.progress.blocked_radius_m, self._body_radius_m, self._params.robot
        )
        if place is None:
            return False
        self._places.add(place.point_map, now_s, pose_map[:2], self._body_radius_m, self._changed_over)
        self._changed_over = False
        if place.is_seen and self._reports.is_blocked:
            self._report_blocked_place(place.point_map)
        return True

    def close_blocked_way(self, route: Route, pose_map: FloatArray, now_s: float) -> bool:
        """As `close_present_way`, where the local planner says."""
        return self.close_present_way(route, pose_map, self._reports.point_map, now_s)

    # Wait, look for another way, back off, give up

    def describe_wait(self, answer: RouteAnswer, now_s: float) -> str:
        """Why another way is not taken yet, "" when it is to be taken now."""
        wait_s = measure_wait(answer, self._params.progress, self.measure_standstill(now_s))
        if wait_s <= 0.0:
            return ""
        reason = self._reports.reason or "the robot does not get on"
        return (
            f"{reason}; waiting, for the way round it costs {answer.cost_m - answer.free_cost_m:.1f} m more: "
            f"taken in {wait_s:.0f} s if nothing changes"
        )

    def describe_giving_up(self, waits_for: str, now_s: float) -> str:
        """Why the goal is to be given up, "" when it is not."""
        standstill_s, limit_s = self.measure_standstill(now_s), self._params.progress.give_up_s
        if standstill_s < limit_s:
            return ""
        why = waits_for or self._reports.reason or "the local planner gives no reason"
        return f"no progress for {standstill_s:.0f} s, limit progress.give_up_s = {limit_s:g} s: {why}"

    def describe_settling(self, route: Route, pose_map: FloatArray | None, message: str, now_s: float) -> str:
        """What to say when the robot is to be content beside a last goal that stays occupied, "" when it is not.

        Args:
            route: the present way.
            pose_map: (3,) of the robot, None when it is not known.
            message: why the goal cannot be reached.
            now_s: time.
        """
        if pose_map is None or not route.is_last_leg:
            return ""
        gap_m = float(np.hypot(*(route.target_map[:2] - pose_map[:2])))
        has_waited = self.measure_standstill(now_s) >= 2.0 * self._params.progress.patience_s
        if not has_waited or gap_m > self._params.search.goal_tolerance_m:
            return ""
        return f"something stands on the goal: stopped {gap_m:.2f} m from it ({message.split(',')[0]})"

    def looks_for_another_way(self, route: Route, pose_map: FloatArray, last_question_s: float, now_s: float) -> bool:
        """Whether patience is at an end and another way is to be asked for now."""
        patience_s = self._params.progress.patience_s
        if self.is_backing_off or self.measure_standstill(now_s) < patience_s:
            return False
        if now_s - max(self._last_nudge_s, last_question_s) < patience_s:
            return False
        self._last_nudge_s = now_s
        if self._local_is_able:
            self.close_present_way(route, pose_map, None, now_s)
        return True

    def make_retreat(self, route: Route, pose_map: FloatArray, now_s: float) -> Path | None:
        """The way back when it is time: two who stand before each other in a narrow place wait for ever otherwise."""
        progress = self._params.progress
        is_near_goal = route.measure_distance_to_target(pose_map) <= self._params.arrival.passing_distance_m
        patience_s = progress.retreat_after_s * (NEAR_GOAL_PATIENCE if is_near_goal else 1.0)
        since_s = min(self.measure_standstill(now_s), now_s - self._last_retreat_s)
        if not self._local_is_able or self.is_backing_off or progress.retreat_m <= 0.0 or since_s < patience_s:
            return None
        self._last_retreat_s = now_s
        path = self._trail.make_retreat(pose_map, progress.retreat_m, now_s, self._params.frames.map)
        if path is not None:
            self._retreat_end = (path.poses_map[-1, :2], now_s + progress.retreat_s)
        return path

    def has_backed_off(self, pose_map: FloatArray, now_s: float) -> bool:
        """Whether backing off has just ended, so that the way is to be tried again."""
        if self._retreat_end is None:
            return False
        end, until_s = self._retreat_end
        if now_s < until_s and np.hypot(*(end - pose_map[:2])) > RETREAT_TOLERANCE_M:
            return False
        self._retreat_end = None
        self._reports.clear()
        return True
