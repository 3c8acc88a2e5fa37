"""One episode: simulator and stack in lockstep, recorded from the truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import EpisodeRecord, GoalRow, Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.stack import ComputeLatency, MakePlanner, Stack, StackReport, make_astro
from astro_nav.geometry.angles import wrap_angle
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry import se2
from astro_nav.global_planning.navigator import EndGoal, Ending
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.simulation.events import PersonTruth, Truth
from astro_nav.simulation.simulator import Simulator
from astro_nav.types import FloatArray

MAP_RESOLUTION_M = 0.05
SETTLING_S = 0.5  # sensors arrive and nodes start before the first goal is given

Watch = Callable[[float, Truth, StackReport], None]


class ClosedLoop:
    """Runs one scenario.

    Args:
        scenario: what happens.
        changes: the user's parameters, laid over the scenario's.
        planner: name and maker of what fills the local planner's place.
        latency: modelled computing times.
    """

    def __init__(
        self,
        scenario: Scenario,
        changes: Mapping[str, Any] = {},
        planner: tuple[str, MakePlanner] = ("astro", make_astro),
        latency: ComputeLatency = ComputeLatency(),
    ) -> None:
        self.scenario, self._planner_name = scenario, planner[0]
        stack_params, simulator_params = load_settings({**scenario.changes, **changes})
        self.simulator = Simulator(scenario.world, simulator_params, scenario.seed, dict(scenario.behaviours))
        self._map = scenario.occupancy_map or scenario.world.rasterize(MAP_RESOLUTION_M)
        self._judge = GlobalPlanner(stack_params.global_planner)
        self._judge.set_map(self._map)
        self._footprint = stack_params.local_planner.robot.footprint
        self.stack = Stack(
            stack_params, self._map, self.simulator.pose_base_laser, scenario.seed, planner[1], latency
        )
        self._next_order = 0
        self._open: tuple[int, float, float] | None = None  # order, ordered at, shortest way
        self._goals: list[GoalRow] = []
        self._rows: list[tuple[float, ...]] = []
        self._people: list[FloatArray] = []
        self._reasons: Counter[str] = Counter()
        self._cycles: list[tuple[float, int]] = []

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
            cycle_began = time.perf_counter()
            report = stack.step(now_s)
            if report.is_new_plan and report.plan is not None:
                self._cycles.append((time.perf_counter() - cycle_began, report.plan.candidates))
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
        self.stack.navigate(self._next_order, order.goals_map, now_s)
        length_m, start = 0.0, pose_map_base
        for goal in np.atleast_2d(order.goals_map):
            length_m += self._judge.plan(start, goal, now_s, lambda: False).length_m
            start = goal
        self._open = (self._next_order, now_s, length_m)
        self._next_order += 1

    def _end_goal(self, ending: EndGoal, now_s: float, pose_map_base: FloatArray) -> None:
        if self._open is None or ending.goal_id != self._open[0]:
            self._note_replaced(ending, now_s, pose_map_base)
            return
        order, ordered_s, length_m = self._open
        self._open = None
        self._add_goal_row(order, ordered_s, now_s, ending, pose_map_base, length_m)

    def _note_replaced(self, ending: EndGoal, now_s: float, pose_map_base: FloatArray) -> None:
        """A goal that was replaced on purpose is neither reached nor failed."""
        if ending.ending is not Ending.ABORTED:
            self._add_goal_row(int(ending.goal_id), np.nan, now_s, ending, pose_map_base, np.nan)

    def _add_goal_row(self, order, ordered_s, now_s, ending: EndGoal, pose: FloatArray, length_m: float) -> None:
        goal = np.atleast_2d(self.scenario.orders[order].goals_map)[-1]
        self._goals.append(
            GoalRow(
                goal, ordered_s, now_s, ending.ending is Ending.SUCCEEDED, ending.message,
                float(np.hypot(*(pose[:2] - goal[:2]))), abs(float(wrap_angle(pose[2] - goal[2]))), length_m,
            )  # fmt: skip
        )

    def _judge_end(self, now_s: float, pose_map_base: FloatArray) -> bool | None:
        """Success, failure, or not yet."""
        if self.scenario.is_done is not None:
            return self.scenario.is_done(now_s, pose_map_base)
        if self._next_order < len(self.scenario.orders) or self._open is not None or not self._goals:
            return None
        return all(goal.reached for goal in self._goals)

    def _record(self, now_s: float, truth: Truth, report: StackReport) -> None:
        distance_m = self._measure_people(truth.pose_map_base, truth.people)
        self._rows.append(
            (
                now_s, *truth.pose_map_base, *truth.twist, *report.verdict.twist, truth.clearance_m, distance_m,
                truth.screen_rad, float(report.verdict.limited_by),
            )  # fmt: skip
        )
        self._people.append({person.name: person.position_map for person in truth.people})
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
        names = sorted({name for moment in self._people for name in moment})
        people = np.full((len(self._people), len(names), 2), np.nan)
        for row, moment in enumerate(self._people):
            for name, position in moment.items():
                people[row, names.index(name)] = position
        if self._open is not None:
            order, ordered_s, length_m = self._open
            ending = EndGoal(order, Ending.ABORTED, None, "the episode's time ran out")
            if verdict is not True:
                self._add_goal_row(order, ordered_s, table[-1, 0], ending, table[-1, 1:4], length_m)
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
            screen_rad=table[:, 10],
            limited_by=table[:, 11].astype(np.int64),
            contacts=contacts,
            goals=tuple(self._goals),
            reasons=dict(self._reasons),
            cycle_s=np.array([cycle[0] for cycle in self._cycles]),
            candidates=np.array([cycle[1] for cycle in self._cycles], dtype=np.int64),
            wall_s=wall_s,
            success=verdict is True and not any(contact.by_robot for contact in contacts),
            timed_out=verdict is None,
        )
