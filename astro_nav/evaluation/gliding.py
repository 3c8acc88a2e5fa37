"""Tours without bodies: the navigator, its searches and its memory of doors are the real ones, the robot glides along its way.

A closed loop with physics, lidar noise and a local planner takes minutes for a tour; what is asked about doors is which way
was taken and how far it was. Here the robot moves along the way that it is handed, turns on the spot where the way bends
sharply, and stands before a closed door and says so, as the local planner does. Rays are cast against the same walls,
furniture and doors. Fifty tours take some seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from astro_nav.evaluation.closed_loop import MAP_RESOLUTION_M, SETTLING_S
from astro_nav.evaluation.scenario import Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.global_planning.navigation_effects import AskForRoute, EndGoal, Ending, PublishPath
from astro_nav.global_planning.navigator import Navigator
from astro_nav.global_planning.passage_watch import DOOR_LOOK_S
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.questions import answer_question
from astro_nav.simulation.doors import Doors
from astro_nav.simulation.solids import SolidIndex
from astro_nav.types import FloatArray

STEP_S = 0.1
CRUISE_MPS, ACCELERATION_MPS2 = 0.5, 0.6
TURN_RADPS, SHARP_RAD = 1.0, 0.7  # on the spot where the way bends by more
AHEAD_M = 0.25  # where the way is looked at
STOP_M = 0.35  # from the robot's middle to what it stands before
SEEN_M = 1.2  # a way that is closed so far ahead is reported
LASER_HEIGHT_M = 0.2
RAYS, RANGE_M = 360, 8.0


@dataclass(frozen=True)
class Glide:
    """How a tour went.

    Attributes:
        duration_s: until the last goal was reached, or the time limit.
        distance_m: driven.
        success: whether all goals were reached.
        places_map: (N, 2) where the robot was, every `STEP_S`.
    """

    duration_s: float
    distance_m: float
    success: bool
    places_map: FloatArray


class Glider:
    """Glides through one scenario of the suite `doors`.

    Args:
        scenario: world, doors, goals.
        changes: the user's parameters.
        doors: memory of doors, None = without.
        knows_doors: the robot is told which doors are closed: a bound for every memory.
    """

    def __init__(
        self, scenario: Scenario, changes: Mapping[str, Any] = {}, doors: DoorKeeper | None = None, knows_doors: bool = False
    ) -> None:
        self._scenario = scenario
        params = load_settings({**scenario.changes, **changes})[0].global_planner
        self._planner = GlobalPlanner(params)
        self._planner.set_map(scenario.world.rasterize(MAP_RESOLUTION_M))
        self._doors, self._panels = doors, Doors(scenario.world.doors)
        self._knows_doors = knows_doors
        self._day_s = float(scenario.facts["day_s"]) + float(scenario.facts["time_of_day_s"])
        self._now_s = 0.0
        if doors is not None:
            assert self._planner.cost_map is not None
            doors.take_records(*doors.find_records(self._planner.cost_map))
        self._navigator = Navigator(params, self._list_doubts, self._take_blocked_place)
        self._index = SolidIndex(scenario.world.solids, lambda solid: solid.overlaps_heights(LASER_HEIGHT_M, LASER_HEIGHT_M + 0.01))
        angles = np.linspace(-math.pi, math.pi, RAYS, endpoint=False)
        self._directions = np.column_stack([np.cos(angles), np.sin(angles)])
        self._pose = np.array(scenario.world.start_pose_map, dtype=np.float64)
        self._speed_mps = 0.0
        self._turns = False
        self._way: FloatArray = np.empty((0, 3))
        self._place = 0
        self._ended: list[EndGoal] = []

    def run(self) -> Glide:
        """Glide to the end."""
        orders, places, looked_s = list(self._scenario.orders), [], -math.inf
        steps = round(self._scenario.time_limit_s / STEP_S)
        for step in range(steps):
            self._now_s = step * STEP_S
            self._panels.advance(self._now_s, STEP_S, lambda motion, panel: True)
            if self._now_s >= SETTLING_S and orders and not self._navigator.is_busy:
                self._navigator.accept(step, orders.pop(0).goals_map, self._now_s)
            if self._doors is not None and self._now_s - looked_s >= DOOR_LOOK_S - 1e-9:
                looked_s = self._now_s
                self._look()
            twist = np.array([self._speed_mps, TURN_RADPS if self._turns else 0.0])
            self._navigator.step(self._now_s, self._pose, twist)
            self._carry_out()
            self._move()
            places.append(self._pose[:2].copy())
            if self._ended and (self._ended[-1].ending is not Ending.SUCCEEDED or not (orders or self._navigator.is_busy)):
                break
        reached = [ending.ending is Ending.SUCCEEDED for ending in self._ended]
        success = len(reached) == len(self._scenario.orders) and all(reached)
        track = np.array(places)
        distance_m = float(np.linalg.norm(np.diff(track, axis=0), axis=1).sum())
        return Glide(self._now_s if success else self._scenario.time_limit_s, distance_m, success, track)

    def _list_doubts(self) -> FloatArray:
        if self._knows_doors:
            return np.array([[*_find_ends(motion.door), 1.0] for motion in self._panels.motions if not motion.is_open]).reshape(-1, 5)
        return np.empty((0, 5)) if self._doors is None else self._doors.memory.list_doubts(self._day_s + self._now_s)

    def _take_blocked_place(self, point_map: FloatArray) -> None:
        if self._doors is not None:
            self._tell(self._doors.watch.take_blocked_place(point_map, self._day_s + self._now_s))

    def _tell(self, is_news: bool) -> None:
        if is_news:
            self._navigator.report_passages()

    def _look(self) -> None:
        assert self._doors is not None
        origin, wall_s = self._pose[:2].copy(), self._day_s + self._now_s
        ranges_m = self._index.cast_rays(
            np.repeat(origin[None], RAYS, axis=0), self._directions, RANGE_M, np.zeros(RAYS), self._panels.panels[None], np.zeros((1, 0, 3))
        )
        ends = origin + np.minimum(ranges_m, RANGE_M)[:, None] * self._directions
        watch = self._doors.watch
        self._tell(watch.take_scan(origin, ends, self._now_s, wall_s) | watch.take_place(origin, wall_s))

    def _carry_out(self) -> None:
        effects = self._navigator.take_effects()
        while effects:
            for effect in effects:
                if isinstance(effect, AskForRoute):
                    self._navigator.take_answer(answer_question(self._planner, effect.question, self._now_s, lambda: False), self._now_s)
                elif isinstance(effect, PublishPath):
                    self._way, self._place = effect.path.poses_map, 0
                else:
                    self._ended.append(effect)
            effects = self._navigator.take_effects()

    def _move(self) -> None:
        """One step along the way; what is closed ahead is reported."""
        self._turns = False
        if len(self._way) == 0:
            self._speed_mps = 0.0
            return
        ahead = self._way[self._place :, :2]
        steps = np.linalg.norm(np.diff(np.vstack([self._pose[:2], ahead]), axis=0), axis=1)
        along_m = np.cumsum(steps)
        left_m, room_m = float(along_m[-1]), self._measure_room(ahead, along_m)
        is_blocked = room_m < SEEN_M
        self._navigator.report_local_status(is_blocked, self._find_blocked(ahead, along_m, room_m), "a door is closed", self._now_s)
        wanted_rad, target_m = float(self._way[-1, 2]), min(left_m, max(room_m - STOP_M, 0.0))
        if left_m > 0.02:
            at = ahead[min(int(np.searchsorted(along_m, AHEAD_M)), len(ahead) - 1)]
            wanted_rad = math.atan2(at[1] - self._pose[1], at[0] - self._pose[0])
            if abs(wrap_angle(wanted_rad - self._way[self._place, 2])) > 0.5 * math.pi:
                wanted_rad = float(wrap_angle(wanted_rad + math.pi))  # it backs off
        turn_rad = float(wrap_angle(wanted_rad - self._pose[2]))
        self._turns = abs(turn_rad) > 0.05
        self._pose[2] = wrap_angle(self._pose[2] + np.clip(turn_rad, -TURN_RADPS * STEP_S, TURN_RADPS * STEP_S))
        if abs(turn_rad) > SHARP_RAD or left_m <= 0.02:
            self._speed_mps = 0.0
            return
        faster = self._speed_mps + ACCELERATION_MPS2 * STEP_S
        self._speed_mps = min(faster, CRUISE_MPS, math.sqrt(2.0 * ACCELERATION_MPS2 * max(target_m, 0.0)))
        self._advance(self._speed_mps * STEP_S if target_m > 1e-3 else 0.0)

    def _advance(self, step_m: float) -> None:
        while step_m > 0.0 and self._place < len(self._way):
            offset = self._way[self._place, :2] - self._pose[:2]
            gap_m = float(np.hypot(*offset))
            if gap_m > step_m:
                self._pose[:2] += offset * (step_m / gap_m)
                return
            self._pose[:2], step_m = self._way[self._place, :2], step_m - gap_m
            if self._place + 1 == len(self._way):
                return
            self._place += 1

    def _measure_room(self, ahead: FloatArray, along_m: FloatArray) -> float:
        """How far ahead a door closes the way [m], inf when none does within sight."""
        for point, distance_m in zip(ahead[along_m <= 2.0 * SEEN_M], along_m):
            if self._panels.measure_distance(float(point[0]), float(point[1])) < 0.12:
                return float(distance_m)
        return math.inf

    def _find_blocked(self, ahead: FloatArray, along_m: FloatArray, room_m: float) -> FloatArray | None:
        return ahead[int(np.searchsorted(along_m, room_m))] if math.isfinite(room_m) else None


def _find_ends(door) -> list[float]:
    x, y = door.hinge_map
    yaw = door.closed_yaw_rad
    return [x, y, x + door.width_m * math.cos(yaw), y + door.width_m * math.sin(yaw)]
