"""Something is thrown before a robot that is on its way: what the safety controller alone makes of it, in three seconds.

As `surprise`, but short, and the robot does not look for a way round: with `--planner blind` it wants one twist, straight, along
an arc or backwards, whatever there is. Distances are drawn around the one that the robot needs to stand.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astro_nav.evaluation.blind import draw_wish
from astro_nav.evaluation.scenario import Disturbance, Scenario
from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.evaluation.suites.pieces import make_room_walls
from astro_nav.evaluation.suites.room_to_stop import Pace, find_contact_s, note_room
from astro_nav.evaluation.suites.stepping import StepInWitness, make_stepper
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.evaluation.suites.surprise import BESIDE_M, BESIDE_SHARE, RADII_M, make_thing
from astro_nav.geometry import se2
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.world import PersonScript, World
from astro_nav.types import FloatArray

KINDS = ("box", "hand", "pole", "person")
EDGE_M = 14.0  # of the hall
ROOM_SHARES = (0.2, 2.0)  # distance, as a share of what the robot needs
LEAST_M = 0.02
PERSON_AHEAD_M = 0.7
LIMIT_S = 8.0
# After it happened the robot has stopped, has driven by, or has driven into it by then.
WATCHED_S, WATCHED_PERSON_S = 1.2, 2.0


class Throw(Disturbance):
    """Puts a thing ahead of the robot, or beside where it drives, once it is as fast as drawn.

    Args:
        generator: draws what and where.
        kind: what is thrown.
        is_beside: beside the way instead of on it.
        wish: (2,) the twist that the robot wants.
        facts: of the episode; filled in when it happens.
    """

    def __init__(
        self, generator: np.random.Generator, kind: str, is_beside: bool, wish: FloatArray, facts: dict[str, Any]
    ) -> None:
        self._kind, self._is_beside, self._wish, self._facts = kind, is_beside, wish, facts
        self._least_mps = float(generator.uniform(0.2, 0.97)) * abs(float(wish[0]))
        self._pause_s = float(generator.uniform(0.0, 0.3))
        self._room_share = float(generator.uniform(*ROOM_SHARES))
        self._across_m = float(generator.uniform(-0.12, 0.12))
        self._beside_m = float(generator.uniform(*BESIDE_M))
        self._beside_ahead_m = float(generator.uniform(0.0, 1.2))
        self._side = float(generator.choice([-1.0, 1.0]))
        self._fast_since_s: float | None = None
        self._pace = Pace()
        self._happened = False

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        if self._happened:
            return
        truth = simulator.truth()
        twist = truth.twist
        motion = self._pace.watch(now_s, twist)
        if abs(float(twist[0])) < self._least_mps or float(twist[0]) * self._wish[0] < 0.0:
            return
        self._fast_since_s = now_s if self._fast_since_s is None else self._fast_since_s
        if now_s < self._fast_since_s + self._pause_s:
            return
        self._happened = True
        footprint, ahead = load_robot().footprint, math.copysign(1.0, float(twist[0]))
        front_m, half_width_m = float((ahead * footprint[:, 0]).max()), float(footprint[:, 1].max())
        radius_m = RADII_M[self._kind]
        if self._is_beside:
            distance_m = self._beside_ahead_m
            offset = np.array([ahead * front_m, self._side * (half_width_m + self._beside_m + radius_m)])
        else:
            distance_m = max(self._room_share * motion.needed_m, LEAST_M)
            offset = np.array([ahead * (front_m + radius_m), self._across_m])
        # Where the robot would be after that way along its arc.
        pose = se2.integrate_twist(truth.pose_map_base, twist, distance_m / abs(float(twist[0])))
        at = np.array([*se2.transform_points(pose, offset), pose[2]])
        things = make_thing(self._kind, at, now_s, math.inf)
        simulator.add_solids(*things)
        points = np.concatenate([_outline_points(thing.compute_outline()) for thing in things])
        note_room(self._facts, distance_m, motion, find_contact_s(footprint, truth.pose_map_base, twist, points), now_s)


def _outline_points(corners: FloatArray) -> FloatArray:
    """Points (N, 2) along a polygon, a centimetre or less apart on what a robot is thrown."""
    shares = np.linspace(0.0, 1.0, 32, endpoint=False)[None, :, None]
    starts, ends = corners[:, None, :], np.roll(corners, -1, axis=0)[:, None, :]
    return (starts + shares * (ends - starts)).reshape(-1, 2)


def make_thrown(seed: int) -> Scenario:
    """Three seconds in an empty hall."""
    generator = make_generator(seed, 13)
    kind = KINDS[seed % len(KINDS)]
    is_beside = bool(generator.random() < BESIDE_SHARE)
    wish = draw_wish(seed, load_robot().limits)
    facts: dict[str, Any] = {"kind": kind, "beside": is_beside, "had_room": None, "wish": wish.tolist()}
    middle = 0.5 * EDGE_M
    start = np.array([middle, middle, 0.0 if kind == "person" else float(generator.uniform(-math.pi, math.pi))])
    people: tuple[PersonScript, ...] = ()
    behaviours: dict[str, Behaviour] = {}
    if kind == "person":
        # From the start on somebody stands where the robot comes along once it is as fast as it wants to be.
        nearest_m = middle + PERSON_AHEAD_M + 0.5 * float(wish[0]) ** 2 / load_robot().limits.max_acceleration_mps2
        x_m, trigger_m = (nearest_m, nearest_m + 0.5), (0.3 + 0.3 * float(wish[0]), 0.6 + 1.2 * float(wish[0]))
        person, behaviour = make_stepper(generator, is_beside, x_m, middle, trigger_m, (1.0, 2.0))
        people, behaviours[person.name] = (person,), behaviour
        disturbance: Disturbance = StepInWitness(facts, behaviour)
    else:
        disturbance = Throw(generator, kind, is_beside, wish, facts)

    def is_done(now_s: float, pose_map_base: FloatArray) -> bool | None:
        happened_s = facts.get("happened_s")
        watched_s = WATCHED_PERSON_S if kind == "person" else WATCHED_S
        is_over = now_s >= LIMIT_S - 0.03 if happened_s is None else now_s >= happened_s + watched_s
        return True if is_over else None

    return Scenario(
        suite="thrown", seed=seed,
        world=World(f"thrown {kind}", tuple(make_room_walls((0.0, 0.0), (EDGE_M, EDGE_M))), people=people, start_pose_map=start),
        orders=(), time_limit_s=LIMIT_S, behaviours=behaviours, disturbances=(disturbance,), is_done=is_done, facts=facts,
    )  # fmt: skip


THROWN = Suite("thrown", "something is thrown before a robot in motion; for --planner blind", 2000, make_thrown)
