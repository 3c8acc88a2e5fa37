"""Somebody who stands beside the robot's way and steps into it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import Disturbance
from astro_nav.evaluation.suites.pieces import Point
from astro_nav.evaluation.suites.room_to_stop import Pace, note_room
from astro_nav.geometry import se2
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.social_force import Sight
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint

STEP_SPEEDS_MPS, LEAVES_MPS = (0.5, 1.8), 0.7


class StepInBehaviour:
    """Somebody who stands beside the robot's way and steps into it, or towards it but not into it, when the robot is near.

    Args:
        stands_at, steps_to: (x, y).
        trigger_m: how far the robot's middle is from the line on which they walk when they begin.
        speed_mps: of the step.
        stays_s: in the way; then they leave, not across the robot's nose.
        line_y_m: the robot drives along this line.
    """

    def __init__(
        self, stands_at: Point, steps_to: Point, trigger_m: float, speed_mps: float, stays_s: float, line_y_m: float
    ) -> None:
        self._stands_at, self._target, self._line_y_m = stands_at, steps_to, line_y_m
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
        out = abs(self._stands_at[1] - self._line_y_m)
        self._target = (position[0], self._line_y_m + (out if self._robot[1] < position[1] else -out))
        self._speed_mps, self._stays_s = LEAVES_MPS, math.inf


class StepInWitness(Disturbance):
    """Takes note of how far and how fast the robot was when the person's body came into its way."""

    def __init__(self, facts: dict[str, Any], behaviour: StepInBehaviour) -> None:
        self._facts, self._behaviour, self._happened, self._pace = facts, behaviour, False, Pace()

    def before_step(self, simulator: Simulator, now_s: float) -> None:
        if self._happened:
            return
        truth = simulator.truth()
        motion = self._pace.watch(now_s, truth.twist)
        if not self._behaviour.has_stepped:
            return
        footprint = simulator.params.robot.footprint
        front, half_width = float(footprint[:, 0].max()), float(footprint[:, 1].max())
        for person in truth.people:
            ahead, across = se2.transform_points(se2.invert(truth.pose_map_base), person.position_map).tolist()
            reach = half_width + person.radius_m
            if ahead > 0.0 and abs(across) < reach:
                # They go on into the way: what counts is the front of their body once it is there.
                distance_m = max(ahead - person.radius_m - front, 0.0)
                self._happened = True
                note_room(self._facts, distance_m, motion, distance_m / max(float(truth.twist[0]), 1e-6), now_s)


def make_stepper(
    generator: np.random.Generator,
    is_beside: bool,
    x_m: tuple[float, float],
    line_y_m: float,
    trigger_m: tuple[float, float],
    stays_s: tuple[float, float],
) -> tuple[PersonScript, StepInBehaviour]:
    """Somebody beside the way, who steps into it or only towards it.

    Args:
        generator: draws.
        is_beside: they stop beside the way.
        x_m: where along the way they stand, at least and at most.
        line_y_m: the robot drives along this line in the direction of x.
        trigger_m, stays_s: see `StepInBehaviour`, at least and at most.
    """
    side = float(generator.choice([-1.0, 1.0]))
    x, out = float(generator.uniform(*x_m)), float(generator.uniform(0.9, 1.4))
    stands_at = (x, line_y_m + side * out)
    steps_to = (x, line_y_m + side * (0.7 if is_beside else float(generator.uniform(-0.1, 0.1))))
    behaviour = StepInBehaviour(
        stands_at, steps_to, float(generator.uniform(*trigger_m)), float(generator.uniform(*STEP_SPEEDS_MPS)),
        float(generator.uniform(*stays_s)), line_y_m,
    )  # fmt: skip
    script = WalkScript((Waypoint(stands_at),), "once")
    return PersonScript("Anna", script, reacts=False), behaviour
