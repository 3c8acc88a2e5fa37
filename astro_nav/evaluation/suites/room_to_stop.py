"""How much room a robot needs to stand, and how fast it still is where there is less."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.geometry import se2
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.types import FloatArray

# From something's appearance to the first effect of braking, at the latest: a revolution of the lidar (0.1 s) and its latency
# (0.02 s), a period of the safety controller (0.02 s), the actuation (0.06 s).
REACTION_S = 0.2
SWEEP_STEP_S, SWEEP_S = 0.004, 2.0
PACE_STEPS = 6  # of 20 ms: over shorter spans the contact of wheel and floor chatters


def compute_stopping_s(twist: FloatArray) -> float:
    """Time of braking along the curve at the robot's limits, without reaction: the slower of speed and turn rate counts [s]."""
    limits = load_robot().limits
    return max(abs(float(twist[0])) / limits.emergency_deceleration_mps2, abs(float(twist[1])) / limits.emergency_turn_acceleration_radps2)


@dataclass(frozen=True)
class Motion:
    """How the robot moves when something appears.

    Attributes:
        twist: (2,) true twist.
        growth_hz: how fast it is getting faster, as a share of the twist per second; it goes on with that until it reacts.
    """

    twist: FloatArray
    growth_hz: float = 0.0

    def measure_progress(self, time_s: float) -> float:
        """Way after a time of going on like this, in seconds at the present twist."""
        return time_s + 0.5 * self.growth_hz * time_s**2

    @property
    def needed_s(self) -> float:
        """Way in which it can stand, reaction and braking at its limits, in seconds at the present twist.

        Braking along a curve, speed and turn rate fall together and evenly.
        """
        share = 1.0 + self.growth_hz * REACTION_S
        return self.measure_progress(REACTION_S) + 0.5 * share**2 * compute_stopping_s(self.twist)

    @property
    def needed_m(self) -> float:
        """The same as a way of base_link."""
        return abs(float(self.twist[0])) * self.needed_s

    def compute_contact_share(self, contact_s: float, reaction_s: float) -> float:
        """Speed at the contact as a share of the present one, when it brakes as hard as it can from the reaction on.

        Args:
            contact_s: way to the contact in seconds at the present twist.
            reaction_s: after which it brakes.
        """
        stopping_s, reacted_s = compute_stopping_s(self.twist), self.measure_progress(reaction_s)
        if contact_s <= reacted_s:
            return math.sqrt(1.0 + 2.0 * self.growth_hz * contact_s)
        share = 1.0 + self.growth_hz * reaction_s
        return math.sqrt(max(share**2 - 2.0 * (contact_s - reacted_s) / max(stopping_s, 1e-9), 0.0))


class Pace:
    """Watches the robot's true twist for how fast it is getting faster."""

    def __init__(self) -> None:
        self._twists: deque[tuple[float, FloatArray]] = deque(maxlen=PACE_STEPS)

    def watch(self, now_s: float, twist: FloatArray) -> Motion:
        """Take in the twist of this moment; the motion as of now."""
        self._twists.append((now_s, twist))
        first_s, first = self._twists[0]
        square = float(twist @ twist)
        if now_s <= first_s or square < 1e-6:
            return Motion(twist)
        return Motion(twist, max(float((twist - first) @ twist) / square / (now_s - first_s), 0.0))


def note_room(facts: dict[str, Any], distance_m: float, motion: Motion, contact_s: float, now_s: float) -> None:
    """Write down how much room there was, and whether it was enough.

    Args:
        facts: of the episode, where that is written.
        distance_m: way of base_link until the contact.
        motion: of the robot.
        contact_s: the same in seconds at the present twist.
        now_s: when this was.
    """
    facts.update(
        happened_s=now_s, distance_m=distance_m, speed_mps=float(motion.twist[0]), room_needed_m=motion.needed_m,
        had_room=contact_s >= motion.needed_s,
        best_share=motion.compute_contact_share(contact_s, REACTION_S), ideal_share=motion.compute_contact_share(contact_s, 0.0),
    )  # fmt: skip


def find_contact_s(footprint: FloatArray, pose_map_base: FloatArray, twist: FloatArray, points_map: FloatArray) -> float:
    """Time until the footprint reaches the first of points (N, 2) if the twist goes on, inf when it does not [s]."""
    now = se2.transform_points(se2.invert(pose_map_base), points_map)
    times_s = SWEEP_STEP_S * np.arange(round(SWEEP_S / SWEEP_STEP_S) + 1)
    poses = se2.integrate_twist(np.zeros(3), times_s[:, None] * twist, 1.0)
    seen = np.concatenate([se2.transform_points(se2.invert(pose), now) for pose in poses])
    touches = compute_signed_distances(seen, footprint).reshape(len(times_s), -1).min(axis=1) <= 0.0
    return float(times_s[touches.argmax()]) if touches.any() else math.inf
