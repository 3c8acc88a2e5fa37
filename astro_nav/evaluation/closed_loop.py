"""One episode: simulator and stack in lockstep, recorded from the truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from astro_nav.evaluation.forecasts import ForecastRecorder
from astro_nav.evaluation.scenario import EpisodeRecord, FollowOrder, GoalRow, Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.stack import MakePlanner, Stack, StackReport, make_astro
from astro_nav.evaluation.stopwatch import PlannerStopwatch
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry import se2
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.global_planning.navigator import EndGoal, Ending
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.simulation.events import PersonTruth, Truth
from astro_nav.simulation.simulator import Simulator
from astro_nav.types import FloatArray, OccupancyMap

MAP_RESOLUTION_M = 0.05
SETTLING_S = 0.5  # sensors arrive and nodes start before the first goal is given

Watch = Callable[[float, Truth, StackReport], None]


@dataclass(frozen=True)
class OpenOrder:
    """The order that is being driven: its number, when it was given, and the way that it takes at least."""

    number: int
    ordered_s: float
    length_m: float
    turning_rad: float


class ClosedLoop:
    """Runs one scenario.

    Args:
        scenario: what happens.
        changes: the user's parameters, laid over the scenario's.
        planner: name and maker of what fills the local planner's place.
        doors: memory of doors from episodes before; the hour of the day is the scenario's fact `time_of_day_s`.
    """

    def __init__(
        self,
        scenario: Scenario,
        changes: Mapping[str, Any] = {},
        planner: tuple[str, MakePlanner] = ("astro", make_astro),
        doors: DoorKeeper | None = None,
    ) -> None:
        self.scenario, self._planner_name = scenario, planner[0]
        stack_params, simulator_params = load_settings({**scenario.changes, **changes})
        self.simulator = Simulator(scenario.world, simulator_params, scenario.seed, dict(scenario.behaviours))
        self._map = scenario.occupancy_map or scenario.world.rasterize(MAP_RESOLUTION_M)
        # Shortest ways and times are the scenario's own: no setting of the user may move the goalposts.
        reference_params = load_settings(scenario.changes)[0] if changes else stack_params
        self._judge = make_judge(reference_params.global_planner, self._map)
        self._robot, self._reference_robot = simulator_params.robot, reference_params.local_planner.robot
        self._footprint = self._robot.footprint
        self._stopwatch = PlannerStopwatch()
        make_planner = self._stopwatch.watch(planner[1])
        day_s = float(scenario.facts.get("day_s", 0.0)) + float(scenario.facts.get("time_of_day_s", 0.0))
        self.stack = Stack(
            stack_params, self._map, self.simulator.pose_base_laser, scenario.seed, make_planner, doors, day_s
        )
        self._next_order = 0
        self._open: OpenOrder | None = None
        self._goals: list[GoalRow] = []
        self._rows: list[tuple[float, ...]] = []
        self._followed: list[FloatArray] = []
        self._people: list[dict[str, FloatArray]] = []
        self._radii_m: dict[str, float] = {}
        self._reasons: Counter[str] = Counter()
        self._candidates: list[int] = []
        self._forecasts = ForecastRecorder()

    def run(self, watch: Watch | None = None) -> EpisodeRecord:
        """Run to the end.

        Args:
            watch: called after every tick with time, truth and what the stack said; for pictures and progress.
        """
        began = time.perf_counter()
        simulator, stack, scenario = self.simulator, self.stack, self.scenario
        verdict: bool | None = None
        while verdict is None and simulator.time_s < scenario.time_limit_s:
            for disturbance in scenario.disturbances:
                disturbance.before_step(simulator, simulator.time_s)
            events = simulator.step(stack.period_s)
            now_s = simulator.time_s
            for disturbance in scenario.disturbances:
                events = disturbance.filter_events(events, now_s)
            stack.take(events)
            truth = simulator.truth()
            self._give_orders(now_s, truth.pose_map_base)
            report = stack.step(now_s)
            self._forecasts.note_truth(now_s, truth.pose_map_base)
            if report.is_new_plan and report.plan is not None:
                self._candidates.append(report.plan.candidates)
                self._forecasts.note_plan(report.plan, stack.odometry, now_s)
            simulator.set_command(report.verdict.twist)
            if report.screen_motion is not None:
                motion = report.screen_motion
                simulator.set_screen_trajectory(motion.stamp_s, motion.times_s, motion.angles_rad)
            self._record(now_s, truth, report)
            for ending in report.endings:
                self._end_goal(ending, now_s, truth.pose_map_base)
            if watch is not None:
                watch(now_s, truth, report)
            verdict = self._judge_end(now_s, truth.pose_map_base)
        return self._conclude(verdict, time.perf_counter() - began)

    def _give_orders(self, now_s: float, pose_map_base: FloatArray) -> None:
        orders = self.scenario.orders
        if self._next_order >= len(orders) or now_s < SETTLING_S:
            return
        order = orders[self._next_order]
        if (order.time_s is not None and now_s < order.time_s) or (order.time_s is None and self._open is not None):
            return
        if self._open is not None:
            self._close_order(now_s, pose_map_base, False, "a later goal took its place", replaced=True)
        least = (float("nan"), float("nan"))
        if isinstance(order, FollowOrder):
            self.stack.follow(self._next_order, order.label, order.distance_m, now_s)
        else:
            self.stack.navigate(self._next_order, order.goals_map, now_s)
            least = measure_least(self._judge, pose_map_base, order.goals_map, now_s)
        self._open = OpenOrder(self._next_order, now_s, *least)
        self._next_order += 1

    def _end_goal(self, ending: EndGoal, now_s: float, pose_map_base: FloatArray) -> None:
        if self._open is not None and ending.goal_id == self._open.number:
            self._close_order(now_s, pose_map_base, ending.ending is Ending.SUCCEEDED, ending.message)

    def _close_order(
        self, now_s: float, pose_map_base: FloatArray, reached: bool, message: str, replaced: bool = False
    ) -> None:
        assert self._open is not None
        order, self._open = self._open, None
        given = self.scenario.orders[order.number]
        # Who follows has no goal of its own: it is where it is.
        goal = pose_map_base if isinstance(given, FollowOrder) else np.atleast_2d(given.goals_map)[-1]
        self._goals.append(
            GoalRow(
                goal_map=goal,
                ordered_s=order.ordered_s,
                ended_s=now_s,
                reached=reached,
                message=message,
                position_error_m=float(np.hypot(*(pose_map_base[:2] - goal[:2]))),
                heading_error_rad=abs(float(wrap_angle(pose_map_base[2] - goal[2]))),
                planned_length_m=order.length_m,
                planned_turning_rad=order.turning_rad,
                replaced=replaced,
            )
        )

    def _judge_end(self, now_s: float, pose_map_base: FloatArray) -> bool | None:
        """Success, failure, or not yet."""
        if self.scenario.is_done is not None:
            verdict = self.scenario.is_done(now_s, pose_map_base)
            gave_up = any(not goal.reached for goal in self._goals) and isinstance(self.scenario.orders[-1], FollowOrder)
            return False if verdict is None and gave_up else verdict
        if self._next_order < len(self.scenario.orders) or self._open is not None or not self._goals:
            return None
        return all(goal.reached for goal in self._goals if not goal.replaced)

    def _record(self, now_s: float, truth: Truth, report: StackReport) -> None:
        distance_m = self._measure_people(truth.pose_map_base, truth.people)
        self._rows.append(
            (
                now_s, *truth.pose_map_base, *truth.twist, *report.verdict.twist, truth.clearance_m, distance_m,
                truth.screen_rad, float(report.verdict.limited_by),
            )  # fmt: skip
        )
        self._followed.append(np.full(2, np.nan) if report.followed_map is None else report.followed_map)
        self._people.append({person.name: person.position_map for person in truth.people})
        for person in truth.people:
            self._radii_m[person.name] = person.radius_m
        if report.verdict.reason:
            self._reasons[report.verdict.limited_by.name] += 1

    def _measure_people(self, pose_map_base: FloatArray, people: tuple[PersonTruth, ...]) -> float:
        if not people:
            return float("inf")
        places = se2.transform_points(se2.invert(pose_map_base), np.array([person.position_map for person in people]))
        radii = np.array([person.radius_m for person in people])
        return float((compute_signed_distances(places, self._footprint) - radii).min())

    def _conclude(self, verdict: bool | None, wall_s: float) -> EpisodeRecord:
        table = np.array(self._rows)
        names = sorted(self._radii_m)
        people = np.full((len(self._people), len(names), 2), np.nan)
        for row, moment in enumerate(self._people):
            for name, position in moment.items():
                people[row, names.index(name)] = position
        if self._open is not None:
            message = "" if verdict else "the episode's time ran out" if verdict is None else "the episode ended"
            self._close_order(float(table[-1, 0]), table[-1, 1:4], verdict is True, message)
        contacts = self.simulator.truth().contacts
        return EpisodeRecord(
            scenario=self.scenario,
            planner=self._planner_name,
            times_s=table[:, 0],
            poses_map=table[:, 1:4],
            twists=table[:, 4:6],
            commands=table[:, 6:8],
            clearances_m=table[:, 8],
            people_distances_m=table[:, 9],
            people_map=people,
            people_radii_m=np.array([self._radii_m[name] for name in names]),
            screen_rad=table[:, 10],
            followed_map=np.array(self._followed),
            limited_by=table[:, 11].astype(np.int64),
            contacts=contacts,
            goals=tuple(self._goals),
            reasons=dict(self._reasons),
            cycle_s=np.array(self._stopwatch.cycle_s),
            candidates=np.array(self._candidates, dtype=np.int64),
            robot=self._robot,
            reference_robot=self._reference_robot,
            wall_s=wall_s,
            success=verdict is True and not any(contact.by_robot for contact in contacts),
            timed_out=verdict is None,
            forecasts=tuple(self._forecasts.forecasts),
        )


def make_judge(params: GlobalPlannerParams, occupancy_map: OccupancyMap) -> GlobalPlanner:
    """Finds shortest ways: every place with room for the robot counts alike, however close the walls are."""
    judge = GlobalPlanner(replace(params, cost=replace(params.cost, closeness_weight=0.0)))
    judge.set_map(occupancy_map)
    return judge


def measure_least(
    judge: GlobalPlanner, start_map: FloatArray, goals_map: FloatArray, now_s: float
) -> tuple[float, float]:
    """Length [m] and turning [rad] of the shortest way from a pose (3,) over goals (G, 3); NaN when there is none."""
    length_m, turning_rad, start = 0.0, 0.0, start_map
    for goal in np.atleast_2d(goals_map):
        way = judge.plan(start, goal, now_s)
        length_m += way.length_m if way.is_found else np.nan
        turning_rad += _measure_turning(start, way.path.poses_map)
        start = goal
    return length_m, turning_rad


def _measure_turning(start_map: FloatArray, poses_map: FloatArray) -> float:
    """Rotation from a start (3,) along a way (N, 3) to its last heading [rad]; NaN without a way."""
    if not len(poses_map):
        return float("nan")
    headings = np.concatenate([start_map[2:3], poses_map[:, 2]])
    return float(np.abs(wrap_angle(np.diff(headings))).sum())
