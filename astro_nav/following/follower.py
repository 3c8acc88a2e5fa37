"""Following, from acceptance to result: a state machine without threads, clocks or middleware.

    accept -> FINDING -> FOLLOWING <-> STANDING                          -> ended: canceled, replaced
                 |          |  ^-----> MAKING_WAY
                 |          '-> SEARCHING (out of sight) -> found again  -> FOLLOWING
                 '-> nobody: ended       '-> search_s: ended, lost

Its owner reports what is seen and where the robot is, and carries out what `take_effects` hands over. A way to a goal that moves is
handed out at every step; the local planner bends its motion to it and does not stop.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np

from astro_nav.following.follow_effects import FollowEffects
from astro_nav.following.follow_task import FollowFeedback, FollowState, FollowTask
from astro_nav.following.free_space import FreeSpace
from astro_nav.following.goal_maker import FollowGoal, GoalKind, GoalMaker
from astro_nav.following.person_keeper import PersonKeeper
from astro_nav.following.recognition import find_person
from astro_nav.following.route import warm_up_routes
from astro_nav.following.search import PersonSearch
from astro_nav.following.sentences import describe_search, explain_loss, explain_nobody, name_person
from astro_nav.following.sighting import Sighting
from astro_nav.following.steadiness import keep_steady
from astro_nav.following.trail import PersonTrail
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.global_planning.navigator import EndGoal, Ending, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.zones import Zone
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, OccupancyMap


class Follower:
    """Follows one person at a time.

    Args:
        params: of the global planner.
    """

    def __init__(self, params: GlobalPlannerParams) -> None:
        self._space = FreeSpace(params.cost.occupied_threshold, params.cost.unknown == "blocked")
        self._radius_m = float(compute_edge_distances(np.zeros((1, 2)), params.robot.footprint)[0])
        self._trail = PersonTrail(params.follow.trail_m)
        self._effects = FollowEffects(params.frames.map)
        self._task: FollowTask | None = None
        self._sightings: list[Sighting] = []
        self._goal: FollowGoal | None = None
        self._person_search: PersonSearch | None = None
        self._rests = False
        self._pose_map_base: FloatArray | None = None
        self._blocked_reason = ""
        self.state = FollowState.FINDING
        self.sentence = ""
        self.update_params(params)

    @property
    def is_busy(self) -> bool:
        """Whether somebody is followed."""
        return self._task is not None

    @property
    def goal_id(self) -> Hashable | None:
        """The goal on the way."""
        return None if self._task is None else self._task.goal_id

    @property
    def person(self) -> Sighting | None:
        """Who is followed, as seen last."""
        return None if self._task is None else self._task.person

    @property
    def track_id(self) -> int:
        """Number of the followed person while they are tracked, else 0."""
        return 0 if self._task is None else self._task.track_id

    def warm_up(self) -> None:
        """Compile what finds ways before the first one is needed."""
        warm_up_routes()

    def update_params(self, params: GlobalPlannerParams) -> None:
        """Take changed parameters, the live ones of which take effect."""
        self.params, self._effects.frame = params.follow, params.frames.map
        self._arrival = params.arrival
        self._circumscribed_radius_m = params.robot.circumscribed_radius_m
        self._maker = GoalMaker(
            params.follow, self._space, self._radius_m, params.robot.circumscribed_radius_m, params.robot.limits.max_deceleration_mps2
        )

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Know where there is room."""
        self._space.set_map(occupancy_map)

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Know where not to go, whoever goes there."""
        self._space.set_zones(zones)

    def take_effects(self) -> list[PublishPath | EndGoal]:
        """Return what has to be carried out now, in order, and forget it."""
        return self._effects.take()

    def accept(self, goal_id: Hashable, name: str, distance_m: float, now_s: float) -> None:
        """Follow somebody; whoever is followed now is given up without a stop.

        Args:
            goal_id: of the goal.
            name: label or number of a person; "" or "0" for the nearest in front.
            distance_m: to keep; 0 for that of the parameters.
            now_s: time.
        """
        self.give_way("replaced by a newer goal")
        if not math.isfinite(distance_m) or distance_m < 0.0:
            message = f"distance_m is {distance_m:g} m: give a distance, or 0 for the configured one, {self.params.distance_m:g} m"
            self._effects.end(goal_id, Ending.ABORTED, ErrorCode.UNKNOWN, message)
            self._effects.stop(now_s)
            return
        keeper = PersonKeeper(self.params, self._space.measure_room, self._space.occupancy_map)
        self._task = FollowTask(goal_id, name.strip(), distance_m or self.params.distance_m, now_s, keeper)
        self._trail.clear()
        self._maker.clear()
        self._goal, self._rests = None, False
        self.state, self.sentence = FollowState.FINDING, "looks for the person to follow"

    def cancel(self, goal_id: Hashable, now_s: float) -> bool:
        """Give up and stand still; returns whether this goal was on the way."""
        if self._task is None or self._task.goal_id != goal_id:
            return False
        self._end(Ending.CANCELED, ErrorCode.NONE, "canceled", now_s)
        return True

    def abort(self, error_code: ErrorCode, message: str, now_s: float) -> None:
        """Give up, if somebody is followed, and stand still."""
        if self._task is not None:
            self._end(Ending.ABORTED, error_code, message, now_s)

    def give_way(self, message: str) -> None:
        """Give up without a stop: something else hands out ways now."""
        if self._task is not None:
            self._effects.end(self._task.goal_id, Ending.ABORTED, ErrorCode.UNKNOWN, message)
            self._task = None

    def report_sightings(self, sightings: Sequence[Sighting], now_s: float) -> None:
        """Take what is tracked now; sightings with numbers that are not finite are left out."""
        self._sightings = [s for s in sightings if np.isfinite(s.position_map).all() and np.isfinite(s.velocity_map).all()]
        if self._task is not None and self._task.person is not None:
            self._task.keeper.take_tracks(self._sightings, now_s)
            self._task.note_person(self._trail)

    def report_scan(self, points: ScanPoints) -> None:
        """Take what the lidar sees, its coordinates in the map."""
        if self._task is not None and self._task.person is not None:
            self._task.keeper.take_scan(points)
            self._task.note_person(self._trail)

    def report_local_status(self, is_blocked: bool, reason: str) -> None:
        """Take note of what the local planner says."""
        self._blocked_reason = reason if is_blocked else ""

    def step(self, now_s: float, pose_map_base: FloatArray | None, twist: FloatArray | None, no_pose_reason: str = "") -> None:
        """Decide where to be; called at a steady rate with the robot's pose (3,) and twist (2,), None when not known."""
        self._pose_map_base = pose_map_base
        task = self._task
        if task is None:
            return
        task.accepted_s = min(task.accepted_s, now_s)  # a clock that went back
        if pose_map_base is None:
            self._wait_for_pose(task, no_pose_reason, now_s)
        elif task.person is None:
            self._find(task, pose_map_base, now_s)
        elif not task.is_visible:
            self._search(task, task.person, pose_map_base, now_s)
        else:
            self._follow(task, task.person, pose_map_base, np.zeros(2) if twist is None else twist, now_s)

    def make_feedback(self) -> FollowFeedback | None:
        """How it goes; None when nobody is followed."""
        return None if self._task is None else self._task.make_feedback(self.state, self._pose_map_base, self.sentence)

    def get_place(self, now_s: float) -> FloatArray | None:
        """Where (2,) the followed person is believed to be; None when that is not known."""
        return None if self._task is None else self._task.get_place(now_s)

    def _find(self, task: FollowTask, robot_map: FloatArray, now_s: float) -> None:
        person = find_person(self._sightings, task.name, robot_map, self.params)
        if person is not None:
            task.person, task.is_visible = person, True
            task.progress.begin(now_s)
            task.keeper.begin(person)
            self._rests = False
            self._trail.add(robot_map[:2])
            self._trail.add(person.position_map)
            self.state, self.sentence = FollowState.FOLLOWING, f"follows {name_person(person)}"
            return
        if not self._rests:  # whatever was driven before is no longer wanted
            self._rests = True
            self._effects.stop(now_s)
        waited_s = now_s - task.accepted_s
        if waited_s < self.params.find_s:
            return
        message = explain_nobody(task.name, self._sightings, waited_s, self.params)
        self._end(Ending.ABORTED, ErrorCode.PERSON_NOT_FOUND, message, now_s)

    def _follow(self, task: FollowTask, person: Sighting, robot_map: FloatArray, twist: FloatArray, now_s: float) -> None:
        here = person.predict(now_s)
        gap_m = math.dist(here, robot_map[:2])
        bearing_rad = abs(float(wrap_angle(math.atan2(here[1] - robot_map[1], here[0] - robot_map[0]) - robot_map[2])))
        is_walking = person.moving and person.speed_mps >= self.params.walk_speed_mps
        if self._crowd(task, person, here, gap_m, is_walking, robot_map, float(twist[0]), now_s):
            return
        if not is_walking and self._stand(task, gap_m, bearing_rad, twist, now_s):
            self.state, self.sentence = FollowState.STANDING, f"stands {gap_m:.1f} m from {name_person(person)}"
            return
        self._rests = False
        goal = self._maker.make_goal(person, self._trail, robot_map, float(twist[0]), task.distance_m, now_s)
        if not is_walking and gap_m <= task.distance_m + self.params.tolerance_m:
            goal = self._maker.make_stay(robot_map, float(twist[0]), here)
        goal = keep_steady(self._goal, goal, here, task.distance_m, self.params.tolerance_m, is_walking, robot_map)
        if goal.kind is GoalKind.ASIDE:
            self.state, self.sentence = FollowState.MAKING_WAY, f"makes way for {name_person(person)}"
        else:
            self.state, self.sentence = FollowState.FOLLOWING, f"follows {name_person(person)}, {gap_m:.1f} m away"
        self._hand_out(goal, now_s)
        if message := task.progress.watch(gap_m, task.distance_m, self._blocked_reason, now_s, self.params):
            self._end(Ending.ABORTED, ErrorCode.FAILED_TO_MAKE_PROGRESS, message, now_s)

    def _crowd(
        self, task: FollowTask, person: Sighting, here: FloatArray, gap_m: float, is_walking: bool, robot_map: FloatArray, speed_mps: float, now_s: float
    ) -> bool:
        """Make way for somebody who has come close and stands there: they want to pass."""
        params, crowding = self.params, task.crowding
        limit_m = max(params.crowd_m, task.rest_gap_m - params.crowd_step_m) if self._rests else params.crowd_m
        crowding.watch(gap_m, limit_m, task.distance_m, is_walking, now_s)
        was_making_way = crowding.is_making_way
        if not crowding.decide(here, is_walking, now_s, params, lambda: self._maker.shuts_in(here, robot_map)):
            return False
        if not was_making_way:
            self._maker.clear()
        is_under_way = self._goal is not None and self._goal.kind is GoalKind.ASIDE
        way = crowding.guess_way(here, robot_map, is_under_way, params.aside_reach_m, self._trail)
        goal = self._maker.go_aside(person, way, robot_map, speed_mps)
        self._rests = False
        self.state, self.sentence = FollowState.MAKING_WAY, f"makes way for {name_person(person)}, who has come close"
        self._hand_out(goal, now_s)
        return True

    def _stand(self, task: FollowTask, gap_m: float, bearing_rad: float, twist: FloatArray, now_s: float) -> bool:
        """Whether the robot rests before somebody who stands. Coming to rest is stricter than staying: no dithering."""
        params = self.params
        if self._rests:
            return gap_m <= task.distance_m + params.release_m and bearing_rad <= params.turn_after_rad
        stands = abs(twist[0]) <= self._arrival.rest_speed_mps and abs(twist[1]) <= self._arrival.rest_turn_rate_radps
        if gap_m > task.distance_m + params.tolerance_m or bearing_rad > params.facing_rad or not stands:
            return False
        self._rests, self._goal, task.rest_gap_m = True, None, gap_m
        task.progress.begin(now_s)
        self._effects.stop(now_s)
        return True

    def _search(self, task: FollowTask, person: Sighting, robot_map: FloatArray, now_s: float) -> None:
        hidden_s = now_s - person.stamp_s
        if hidden_s >= self.params.search_s:
            message = explain_loss(person, hidden_s, self._effects.frame, self.params)
            self._end(Ending.ABORTED, ErrorCode.PERSON_LOST, message, now_s)
            return
        self._rests = False
        if self.state is not FollowState.SEARCHING or self._person_search is None:
            first = self._maker.make_search(person, self._trail, robot_map)
            self._person_search = PersonSearch(person, first, self._space, self.params, self._radius_m)
        self._space.move_to(robot_map[:2])
        goal = self._person_search.step(robot_map, now_s)
        self.state, self.sentence = FollowState.SEARCHING, describe_search(person, hidden_s)
        self._hand_out(goal, now_s, is_news=self._goal is not goal)

    def _wait_for_pose(self, task: FollowTask, reason: str, now_s: float) -> None:
        self.sentence = reason or "the robot's pose in the map is not known"
        if message := task.explain_no_pose(self.sentence, now_s, self.params):
            self._end(Ending.ABORTED, ErrorCode.TF_ERROR, message, now_s)

    def _hand_out(self, goal: FollowGoal, now_s: float, is_news: bool = True) -> None:
        self._goal = goal
        if not is_news:
            return
        way = self._space.cut_way(goal.way_map, self._circumscribed_radius_m)
        if len(way) < len(goal.way_map):
            self.sentence = f"{self.sentence}; stops before a keep-out zone"
            self._blocked_reason = "a keep-out zone lies on the way"
        self._effects.drive(way, now_s)

    def _end(self, ending: Ending, error_code: ErrorCode, message: str, now_s: float) -> None:
        assert self._task is not None
        self._effects.end(self._task.goal_id, ending, error_code, message)
        self._effects.stop(now_s)
        self._task, self._goal, self._rests = None, None, False
