"""Something appears: in the robot's way, or beside it, or steps into it."""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import Disturbance, GoalOrder, Scenario
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.evaluation.suites.pieces import make_piece, make_room_walls
from astro_nav.evaluation.suites.room_to_stop import Pace, note_room
from astro_nav.evaluation.suites.stepping import StepInWitness, make_stepper
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.geometry import se2
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import PersonScript, World
from astro_nav.types import FloatArray

LENGTH_M, DEPTH_M = 9.0, 4.0
KINDS = ("box", "hand", "person")
DISTANCES_M = (0.12, 1.6)
BESIDE_M = (0.12, 0.4)  # between the robot's side and what appears beside it
BESIDE_SHARE = 0.3
STAYS_S = (1.5, 5.0)
GOAL = np.array([8.0, 2.0, 0.0])
SIZES_M = {"box": (0.3, 0.3, 0.35), "hand": (0.08, 0.1, 0.3), "pole": (0.03, 0.03, 0.5)}
RADII_M = {"box": 0.15, "hand": 0.05, "pole": 0.015}  # half the depth, or a little more
BOTTOMS_M = {"box": 0.0, "hand": 0.1, "pole": 0.0}


def make_thing(kind: str, pose_map: FloatArray, appears_s: float, vanishes_s: float) -> list[Solid]:
    """A box, a hand or a pole that is there for a while, with its middle at a pose (3,)."""
    return make_piece(
        "box", kind, (float(pose_map[0]), float(pose_map[1])), float(pose_map[2]), SIZES_M[kind], mapped=False, color="red",
        bottom_m=BOTTOMS_M[kind], appears_s=appears_s, vanishes_s=vanishes_s,
    )  # fmt: skip


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
        self._pace = Pace()

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        if self._happened:
            return
        truth = simulator.truth()
        motion = self._pace.watch(now_s, truth.twist)
        x, speed = float(truth.pose_map_base[0]), float(truth.twist[0])
        straight = abs(float(truth.twist[1])) < 0.15
        is_late = x > self._at_x + 1.0  # as fast as drawn was not reached: then as fast as it is
        if x < self._at_x or not straight or (speed < self._least_speed_mps and not is_late):
            return
        self._happened = True
        half_length, half_width = 0.5 * np.ptp(load_robot().footprint, axis=0)
        radius = RADII_M[self._kind]
        if self._is_beside:
            ahead, across = half_length + self._distance_m, self._side * (half_width + self._beside_m + radius)
        else:
            ahead, across = half_length + self._distance_m + radius, self._across_m
        at = se2.transform_points(truth.pose_map_base, np.array([ahead, across]))
        pose = np.array([*at, truth.pose_map_base[2]])
        simulator.add_solids(*make_thing(self._kind, pose, now_s, now_s + self._stays_s))
        note_room(self._facts, self._distance_m, motion, self._distance_m / max(speed, 1e-6), now_s)



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
        person, behaviour = make_stepper(generator, is_beside, (3.5, 6.0), float(GOAL[1]), (0.5, 2.2), STAYS_S)
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


SURPRISE = Suite("surprise", "something appears ahead or beside, or somebody steps into the way", 300, make_surprise)
