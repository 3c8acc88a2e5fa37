"""Something appears: in the robot's way, or beside it, or steps into it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import Disturbance, GoalOrder, Scenario
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.evaluation.suites.pieces import Point, make_piece, make_room_walls
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.geometry import se2
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.social_force import Sight
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint, World

LENGTH_M, DEPTH_M = 9.0, 4.0
KINDS = ("box", "hand", "person")
DISTANCES_M = (0.12, 1.6)
BESIDE_M = (0.12, 0.4)  # between the robot's side and what appears beside it
BESIDE_SHARE = 0.3
STAYS_S = (1.5, 5.0)
STEP_SPEEDS_MPS, LEAVES_MPS = (0.5, 1.8), 0.7
# From something's appearance to the first effect of braking, at the latest: a revolution of the lidar (0.1 s) and its latency
# (0.02 s), a period of the safety controller (0.02 s), the actuation (0.06 s).
REACTION_S = 0.2
GOAL = np.array([8.0, 2.0, 0.0])


def compute_room_needed(speed_mps: float, reaction_s: float = REACTION_S) -> float:
    """Way in which the robot can stand: reaction and braking at its limit [m]."""
    return max(speed_mps, 0.0) * reaction_s + 0.5 * speed_mps**2 / load_robot().limits.emergency_deceleration_mps2


class Surprise(Disturbance):
    """Puts a thing into the world when the robot has come far enough and is as fast as drawn; takes note of how it was.

    Args:
        generator: draws what and where.
        kind: "box" or "hand".
        is_beside: beside the robot, where it does not drive, instead of ahead.
        facts: of the episode; filled in when it happens.
    """

    def __init__(self, generator: np.random.Generator, kind: str, is_beside: bool, facts: dict[str, Any]) -> None:
        self._kind, self._is_beside, self._facts = kind, is_beside, facts
        self._at_x = float(generator.uniform(2.0, 5.0))
        self._distance_m = float(generator.uniform(*DISTANCES_M))
        self._least_speed_mps = float(generator.uniform(0.05, 0.8))
        self._across_m = float(generator.uniform(-0.08, 0.08))
        self._beside_m = float(generator.uniform(*BESIDE_M))
        self._side = float(generator.choice([-1.0, 1.0]))
        self._stays_s = float(generator.uniform(*STAYS_S))
        self._happened = False

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        if self._happened:
            return
        truth = simulator.truth()
        x, speed = float(truth.pose_map_base[0]), float(truth.twist[0])
        straight = abs(float(truth.twist[1])) < 0.15
        is_late = x > self._at_x + 1.0  # as fast as drawn was not reached: then as fast as it is
        if x < self._at_x or not straight or (speed < self._least_speed_mps and not is_late):
            return
        self._happened = True
        half_length, half_width = 0.5 * np.ptp(load_robot().footprint, axis=0)
        size, radius = ((0.3, 0.3, 0.35), 0.15) if self._kind == "box" else ((0.08, 0.1, 0.3), 0.05)
        if self._is_beside:
            ahead, across = half_length + self._distance_m, self._side * (half_width + self._beside_m + radius)
        else:
            ahead, across = half_length + self._distance_m + radius, self._across_m
        at = se2.transform_points(truth.pose_map_base, np.array([ahead, across]))
        simulator.add_solids(*self._make_thing(at, float(truth.pose_map_base[2]), size, now_s))
        note_room(self._facts, self._distance_m, speed, now_s)

    def _make_thing(self, at: np.ndarray, yaw: float, size: tuple[float, ...], now_s: float) -> list[Solid]:
        bottom_m = 0.0 if self._kind == "box" else 0.1
        return make_piece(
            "box", self._kind, (float(at[0]), float(at[1])), yaw, size, mapped=False, color="red", bottom_m=bottom_m,
            appears_s=now_s, vanishes_s=now_s + self._stays_s,
        )  # fmt: skip


def note_room(facts: dict[str, Any], distance_m: float, speed_mps: float, now_s: float) -> None:
    """Write down how much room there was, and whether it was enough."""
    needed_m = compute_room_needed(speed_mps)
    facts.update(
        happened_s=now_s, distance_m=distance_m, speed_mps=speed_mps, room_needed_m=needed_m, had_room=distance_m >= needed_m
    )


class StepInBehaviour:
    """Somebody who stands beside the robot's way and steps into it, or towards it but not into it, when the robot is near.

    Args:
        stands_at, steps_to: (x, y).
        trigger_m: how far the robot's middle is from the line on which they walk when they begin.
        speed_mps: of the step.
        stays_s: in the way; then they leave, not across the robot's nose.
    """

    def __init__(self, stands_at: Point, steps_to: Point, trigger_m: float, speed_mps: float, stays_s: float) -> None:
        self._stands_at, self._target = stands_at, steps_to
        self._trigger_m, self._speed_mps, self._stays_s = trigger_m, speed_mps, stays_s
        self._robot = (-math.inf, 0.0)
        self._arrived_s: float | None = None
        self.has_stepped = False

    def find_start(self) -> tuple[float, float]:
        return self._stands_at

    def look(self, sight: Sight) -> None:
        """See how far the robot has come."""
        self._robot = sight.robot[:2]

    def turn_back(self) -> None:
        """They do not."""

    def decide_velocity(self, now_s: float, position: Point, step_s: float) -> tuple[float, float]:
        self.has_stepped = self.has_stepped or self._stands_at[0] - self._robot[0] <= self._trigger_m
        if not self.has_stepped:
            return 0.0, 0.0
        dx, dy = self._target[0] - position[0], self._target[1] - position[1]
        distance = math.hypot(dx, dy)
        if distance < 0.03:
            if self._arrived_s is None:
                self._arrived_s = now_s
            elif now_s >= self._arrived_s + self._stays_s:
                self._leave(position)
            return 0.0, 0.0
        speed = min(self._speed_mps, distance / step_s)
        return speed * dx / distance, speed * dy / distance

    def _leave(self, position: Point) -> None:
        """Walk to the side on which the robot is not."""
        out = abs(self._stands_at[1] - GOAL[1])
        self._target = (position[0], GOAL[1] + (out if self._robot[1] < position[1] else -out))
        self._speed_mps, self._stays_s = LEAVES_MPS, math.inf


class StepInWitness(Disturbance):
    """Takes note of how far and how fast the robot was when the person's body came into its way."""

    def __init__(self, facts: dict[str, Any], behaviour: StepInBehaviour) -> None:
        self._facts, self._behaviour, self._happened = facts, behaviour, False

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        if self._happened or not self._behaviour.has_stepped:
            return
        truth = simulator.truth()
        footprint = simulator.params.robot.footprint
        front, half_width = float(footprint[:, 0].max()), float(footprint[:, 1].max())
        for person in truth.people:
            ahead, across = se2.transform_points(se2.invert(truth.pose_map_base), person.position_map).tolist()
            reach = half_width + person.radius_m
            if ahead > 0.0 and abs(across) < reach:
                # The nearest point of the body that lies within the robot's width.
                inside = max(abs(across) - half_width, 0.0)
                distance_m = max(ahead - math.sqrt(max(person.radius_m**2 - inside**2, 0.0)) - front, 0.0)
                self._happened = True
                note_room(self._facts, distance_m, float(truth.twist[0]), now_s)


def make_surprise(seed: int) -> Scenario:
    """A drive through a wide hall in which something appears once, and goes away again."""
    generator = make_generator(seed, 1)
    kind = KINDS[seed % len(KINDS)]
    is_beside = bool(generator.random() < BESIDE_SHARE)
    facts: dict[str, Any] = {"kind": kind, "beside": is_beside, "had_room": None}
    start = np.array([1.0, 2.0 + float(generator.uniform(-0.2, 0.2)), 0.0])
    people: tuple[PersonScript, ...] = ()
    behaviours: dict[str, Behaviour] = {}
    if kind == "person":
        person, behaviour = _make_stepper(generator, is_beside)
        people, behaviours[person.name] = (person,), behaviour
        disturbance: Disturbance = StepInWitness(facts, behaviour)
    else:
        disturbance = Surprise(generator, kind, is_beside, facts)
    world = World(
        f"surprise {kind}", tuple(make_room_walls((0.0, 0.0), (LENGTH_M, DEPTH_M))), people=people, start_pose_map=start,
        goals_map={"goal": GOAL},
    )  # fmt: skip
    return Scenario(
        suite="surprise",
        seed=seed,
        world=world,
        orders=(GoalOrder(GOAL[None, :]),),
        time_limit_s=compute_time_limit(8.0) + 10.0,
        behaviours=behaviours,
        disturbances=(disturbance,),
        facts=facts,
    )


def _make_stepper(generator: np.random.Generator, is_beside: bool) -> tuple[PersonScript, StepInBehaviour]:
    """Somebody beside the way, who steps into it or only towards it."""
    side = float(generator.choice([-1.0, 1.0]))
    x, out = float(generator.uniform(3.5, 6.0)), float(generator.uniform(0.9, 1.4))
    stands_at = (x, 2.0 + side * out)
    steps_to = (x, 2.0 + side * (0.7 if is_beside else float(generator.uniform(-0.1, 0.1))))
    behaviour = StepInBehaviour(
        stands_at, steps_to, float(generator.uniform(0.5, 2.2)), float(generator.uniform(*STEP_SPEEDS_MPS)),
        float(generator.uniform(*STAYS_S)),
    )  # fmt: skip
    script = WalkScript((Waypoint(stands_at),), "once")
    return PersonScript("Anna", script, reacts=False), behaviour


SURPRISE = Suite("surprise", "something appears ahead or beside, or somebody steps into the way", 300, make_surprise)
