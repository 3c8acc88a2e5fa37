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
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from astro_nav.following.free_space import FreeSpace
from astro_nav.following.goal_maker import FollowGoal, GoalKind, GoalMaker, extend_way
from astro_nav.following.person_keeper import PersonKeeper
from astro_nav.following.recognition import find_in_front, find_named
from astro_nav.following.route import RouteFinder
from astro_nav.following.search import PersonSearch
from astro_nav.following.sighting import Sighting
from astro_nav.following.trail import SPACING_M, PersonTrail
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.global_planning.navigator import EndGoal, Ending, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.zones import Zone
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray, OccupancyMap, Path

NEAREST = ("", "0")  # names that mean the nearest in front
STEADY_M = 0.05  # a goal for somebody who stands is not moved by less
CAME_FROM_M = 3.0  # so much of their trail people are expected to go back along
KEEP_STAY_M = 0.6  # a robot that stays comes to rest where it could first, unless that has become too far away


class FollowState(IntEnum):
    """The values are those of astro_nav_msgs/action/FollowPerson."""

    FINDING = 0
    FOLLOWING = 1
    STANDING = 2
    MAKING_WAY = 3
    SEARCHING = 4


@dataclass(frozen=True)
class FollowFeedback:
    """How it goes: the fields of the action's feedback, and the goal to whom it belongs."""

    goal_id: Hashable
    state: FollowState
    track_id: int
    is_visible: bool
    distance_m: float
    sentence: str


@dataclass
class _Task:
    goal_id: Hashable
    name: str
    distance_m: float
    accepted_s: float
    keeper: PersonKeeper
    person: Sighting | None = None  # as seen last
    is_visible: bool = False
    best_gap_m: float = math.inf  # how near the robot has come to one who is too far away
    best_s: float = 0.0
    rest_gap_m: float = 0.0  # distance when the robot came to rest
    crowded_s: float = math.inf  # since when somebody who stands has been close
    making_way_until_s: float | None = None
    made_way_for: FloatArray | None = None  # (2,) where they stood
    crowd_direction: FloatArray = field(default_factory=lambda: np.zeros(2))


class Follower:
    """Follows one person at a time.

    Args:
        params: of the global planner.
    """

    def __init__(self, params: GlobalPlannerParams) -> None:
        self._space = FreeSpace(params.cost.occupied_threshold, params.cost.unknown == "blocked")
        self._radius_m = float(compute_edge_distances(np.zeros((1, 2)), params.robot.footprint)[0])
        self._trail = PersonTrail(params.follow.trail_m)
        self._effects: list[PublishPath | EndGoal] = []
        self._task: _Task | None = None
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
        return self._task.person.track_id if self._task is not None and self._task.person is not None and self._task.is_visible else 0

    def warm_up(self) -> None:
        """Compile what finds ways before the first one is needed."""
        space = FreeSpace(1, False)
        space.set_map(OccupancyMap(np.zeros((40, 40), np.int8), 0.05, np.zeros(3)))
        space.move_to(np.ones(2))
        RouteFinder(space, self._radius_m).find(np.ones(2), np.array([1.5, 1.2]), np.zeros((0, 2)))

    def update_params(self, params: GlobalPlannerParams) -> None:
        """Take changed parameters, the live ones of which take effect."""
        self.params, self._frame = params.follow, params.frames.map
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
        effects, self._effects = self._effects, []
        return effects

    # What is reported from outside

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
            self._effects.append(EndGoal(goal_id, Ending.ABORTED, ErrorCode.UNKNOWN, message))
            self._effects.append(PublishPath(self._make_path(np.empty((0, 3)), now_s)))
            return
        keeper = PersonKeeper(self.params, self._space.measure_room, self._space.occupancy_map)
        self._task = _Task(goal_id, name.strip(), distance_m or self.params.distance_m, now_s, keeper)
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
            self._effects.append(EndGoal(self._task.goal_id, Ending.ABORTED, ErrorCode.UNKNOWN, message))
            self._task = None

    def report_sightings(self, sightings: Sequence[Sighting], now_s: float) -> None:
        """Take what is tracked now; sightings with numbers that are not finite are left out."""
        self._sightings = [s for s in sightings if np.isfinite(s.position_map).all() and np.isfinite(s.velocity_map).all()]
        task = self._task
        if task is None or task.person is None:
            return
        task.keeper.take_tracks(self._sightings, now_s)
        self._note_person(task)

    def report_scan(self, points: ScanPoints) -> None:
        """Take what the lidar sees, its coordinates in the map."""
        task = self._task
        if task is not None and task.person is not None:
            task.keeper.take_scan(points)
            self._note_person(task)

    def _note_person(self, task: _Task) -> None:
        assert task.person is not None
        task.is_visible = task.keeper.is_visible
        if task.is_visible:
            task.person = task.keeper.make_sighting(task.keeper.belief.stamp_s)
            self._trail.add(task.person.position_map)

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
        task, pose = self._task, self._pose_map_base
        if task is None:
            return None
        distance_m = math.nan if task.person is None or pose is None else math.dist(task.person.position_map, pose[:2])
        return FollowFeedback(
            task.goal_id, self.state, 0 if task.person is None else task.person.track_id, task.is_visible, distance_m, self.sentence
        )

    def get_place(self, now_s: float) -> FloatArray | None:
        """Where (2,) the followed person is believed to be; None when that is not known."""
        task = self._task
        if task is None or task.person is None or not (task.is_visible or task.keeper.is_believed):
            return None
        return task.keeper.make_sighting(now_s).predict(now_s)

    # States

    def _find(self, task: _Task, robot_map: FloatArray, now_s: float) -> None:
        is_nearest = task.name in NEAREST
        person = find_in_front(self._sightings, robot_map, self.params) if is_nearest else find_named(self._sightings, task.name)
        if person is not None:
            task.person, task.is_visible, task.best_s = person, True, now_s
            task.keeper.begin(person)
            self._rests = False
            self._trail.add(robot_map[:2])
            self._trail.add(person.position_map)
            self.state, self.sentence = FollowState.FOLLOWING, f"follows {_name(person)}"
            return
        if not self._rests:  # whatever was driven before is no longer wanted
            self._rests = True
            self._effects.append(PublishPath(self._make_path(np.empty((0, 3)), now_s)))
        waited_s = now_s - task.accepted_s
        if waited_s < self.params.find_s:
            return
        if is_nearest:
            message = (
                f"nobody is in front of the robot within follow.find_range_m = {self.params.find_range_m:g} m and "
                f"follow.front_rad = {self.params.front_rad:g} rad: stand before it and send the goal again"
            )
        else:
            there = ", ".join(s.label or str(s.track_id) for s in self._sightings if s.person) or "nobody"
            message = f"there is no person {task.name!r} in sight after {waited_s:.0f} s; in sight: {there}"
        self._end(Ending.ABORTED, ErrorCode.PERSON_NOT_FOUND, message, now_s)

    def _follow(self, task: _Task, person: Sighting, robot_map: FloatArray, twist: FloatArray, now_s: float) -> None:
        here = person.predict(now_s)
        gap_m = math.dist(here, robot_map[:2])
        bearing_rad = abs(float(wrap_angle(math.atan2(here[1] - robot_map[1], here[0] - robot_map[0]) - robot_map[2])))
        is_walking = person.moving and person.speed_mps >= self.params.walk_speed_mps
        if self._crowd(task, person, here, gap_m, is_walking, robot_map, float(twist[0]), now_s):
            return
        if not is_walking and self._stand(task, gap_m, bearing_rad, twist, now_s):
            self.state, self.sentence = FollowState.STANDING, f"stands {gap_m:.1f} m from {_name(person)}"
            return
        self._rests = False
        goal = self._maker.make_goal(person, self._trail, robot_map, float(twist[0]), task.distance_m, now_s)
        if not is_walking and gap_m <= task.distance_m + self.params.tolerance_m:
            goal = self._maker.make_stay(robot_map, float(twist[0]), here)
        goal = self._steady(goal, here, task.distance_m, is_walking, robot_map)
        if goal.kind is GoalKind.ASIDE:
            self.state, self.sentence = FollowState.MAKING_WAY, f"makes way for {_name(person)}"
        else:
            self.state, self.sentence = FollowState.FOLLOWING, f"follows {_name(person)}, {gap_m:.1f} m away"
        self._hand_out(goal, now_s)
        self._watch_progress(task, gap_m, now_s)

    def _steady(self, goal: FollowGoal, here: FloatArray, distance_m: float, is_walking: bool, robot_map: FloatArray) -> FollowGoal:
        """The goal before, as long as it is about as good: a goal that trembles makes a robot that trembles."""
        known = self._goal
        if known is None:
            return goal
        moved_m = math.dist(known.pose_map[:2], goal.pose_map[:2])
        if goal.kind is GoalKind.STAY and known.kind is GoalKind.STAY and math.dist(known.pose_map[:2], robot_map[:2]) < KEEP_STAY_M:
            # Where a robot that drives can come to rest moves on with it.
            return FollowGoal(GoalKind.STAY, np.array([[*known.pose_map[:2], goal.pose_map[2]]]))
        if is_walking:
            return goal
        is_near_enough = abs(math.dist(known.pose_map[:2], here) - distance_m) <= self.params.tolerance_m
        if goal.kind is GoalKind.STAY and known.kind is GoalKind.LEASH and is_near_enough:
            return FollowGoal(known.kind, known.way_map)
        if goal.kind is known.kind and moved_m < STEADY_M:
            return FollowGoal(goal.kind, np.concatenate([goal.way_map[:-1], known.pose_map[np.newaxis]]))
        return goal

    def _crowd(
        self, task: _Task, person: Sighting, here: FloatArray, gap_m: float, is_walking: bool, robot_map: FloatArray, speed_mps: float, now_s: float
    ) -> bool:
        """Make way for somebody who has come close and stands there: they want to pass. Once, for who stays there likes it so."""
        params = self.params
        limit_m = max(params.crowd_m, task.rest_gap_m - params.crowd_step_m) if self._rests else params.crowd_m
        if is_walking or gap_m > limit_m:
            task.crowded_s = now_s
            if is_walking or gap_m > task.distance_m:
                task.made_way_for = None
        if task.making_way_until_s is None:
            if is_walking or now_s - task.crowded_s < params.crowd_s:
                return False
            has_moved = task.made_way_for is None or math.dist(task.made_way_for, here) > params.release_m
            if not has_moved and not self._maker.shuts_in(here, robot_map):
                return False
            task.making_way_until_s, task.made_way_for = now_s + params.aside_s, here
            self._maker.clear()
        elif is_walking or now_s > task.making_way_until_s:
            task.making_way_until_s = None
            return False
        toward = robot_map[:2] - here if self._goal is None or self._goal.kind is not GoalKind.ASIDE else task.crowd_direction
        task.crowd_direction = toward
        # Straight on over where the robot stands, or back to where they came from.
        back = self._trail.points_map[-int(CAME_FROM_M / SPACING_M) :]
        way = np.concatenate([extend_way(here[np.newaxis], toward, params.aside_reach_m + gap_m), back])
        goal = self._maker.go_aside(person, way, robot_map, speed_mps)
        self._rests = False
        self.state, self.sentence = FollowState.MAKING_WAY, f"makes way for {_name(person)}, who has come close"
        self._hand_out(goal, now_s)
        return True

    def _stand(self, task: _Task, gap_m: float, bearing_rad: float, twist: FloatArray, now_s: float) -> bool:
        """Whether the robot rests before somebody who stands. Coming to rest is stricter than staying: no dithering."""
        params = self.params
        if self._rests:
            return gap_m <= task.distance_m + params.release_m and bearing_rad <= params.turn_after_rad
        stands = abs(twist[0]) <= self._arrival.rest_speed_mps and abs(twist[1]) <= self._arrival.rest_turn_rate_radps
        if gap_m > task.distance_m + params.tolerance_m or bearing_rad > params.facing_rad or not stands:
            return False
        self._rests, self._goal, task.rest_gap_m = True, None, gap_m
        task.best_gap_m, task.best_s = math.inf, now_s
        self._effects.append(PublishPath(self._make_path(np.empty((0, 3)), now_s)))
        return True

    def _search(self, task: _Task, person: Sighting, robot_map: FloatArray, now_s: float) -> None:
        hidden_s = now_s - person.stamp_s
        x, y = person.position_map
        if hidden_s >= self.params.search_s:
            message = (
                f"lost sight of {_name(person)} {hidden_s:.0f} s ago at x = {x:.2f} m, y = {y:.2f} m in {self._frame}, and did not find "
                f"them where they would have gone; limit follow.search_s = {self.params.search_s:g} s"
            )
            self._end(Ending.ABORTED, ErrorCode.PERSON_LOST, message, now_s)
            return
        self._rests = False
        if self.state is not FollowState.SEARCHING or self._person_search is None:
            first = self._maker.make_search(person, self._trail, robot_map)
            self._person_search = PersonSearch(person, first, self._space, self.params, self._radius_m)
        self._space.move_to(robot_map[:2])
        goal = self._person_search.step(robot_map, now_s)
        self.state, self.sentence = FollowState.SEARCHING, f"looks for {_name(person)}, seen last at x = {x:.2f} m, y = {y:.2f} m {hidden_s:.0f} s ago"
        self._hand_out(goal, now_s, is_news=self._goal is not goal)

    def _watch_progress(self, task: _Task, gap_m: float, now_s: float) -> None:
        """Give up on a person who is seen and cannot be reached."""
        if gap_m <= task.distance_m + 2.0 * self.params.release_m:
            task.best_gap_m, task.best_s = math.inf, now_s
        elif gap_m < task.best_gap_m - self.params.release_m or now_s < task.best_s or task.best_gap_m == math.inf:
            task.best_gap_m, task.best_s = gap_m, now_s
        elif now_s - task.best_s >= self.params.give_up_s:
            why = self._blocked_reason or "they are faster than the robot, or there is no way"
            message = f"got no nearer than {task.best_gap_m:.1f} m for {now_s - task.best_s:.0f} s, limit follow.give_up_s = {self.params.give_up_s:g} s: {why}"
            self._end(Ending.ABORTED, ErrorCode.FAILED_TO_MAKE_PROGRESS, message, now_s)

    def _wait_for_pose(self, task: _Task, reason: str, now_s: float) -> None:
        self.sentence = reason or "the robot's pose in the map is not known"
        seen_s = task.accepted_s if task.person is None else task.person.stamp_s
        limit_s = self.params.find_s if task.person is None else self.params.search_s
        if now_s - seen_s >= limit_s:
            self._end(Ending.ABORTED, ErrorCode.TF_ERROR, f"{self.sentence}; waited {limit_s:g} s", now_s)

    # Effects

    def _hand_out(self, goal: FollowGoal, now_s: float, is_news: bool = True) -> None:
        self._goal = goal
        if not is_news:
            return
        way = self._space.cut_way(goal.way_map, self._circumscribed_radius_m)
        if len(way) < len(goal.way_map):
            self.sentence = f"{self.sentence}; stops before a keep-out zone"
            self._blocked_reason = "a keep-out zone lies on the way"
        self._effects.append(PublishPath(self._make_path(way, now_s)))

    def _make_path(self, poses_map: FloatArray, now_s: float) -> Path:
        return Path(now_s, poses_map, self._frame)

    def _end(self, ending: Ending, error_code: ErrorCode, message: str, now_s: float) -> None:
        assert self._task is not None
        self._effects.append(EndGoal(self._task.goal_id, ending, error_code, message))
        self._effects.append(PublishPath(self._make_path(np.empty((0, 3)), now_s)))
        self._task, self._goal, self._rests = None, None, False


def _name(person: Sighting) -> str:
    return person.label or f"person {person.track_id}"
