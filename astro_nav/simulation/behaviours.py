"""What people want: walk a script of waypoints, or follow a recorded track."""

from __future__ import annotations

import math
from typing import Protocol, runtime_checkable

import numpy as np

from astro_nav.simulation.social_force import Sight
from astro_nav.simulation.world import RecordedTrack, WalkScript

# Somebody on a recorded track who was held up hurries to catch up, but does not run faster than this.
MAX_CATCH_UP_SPEED_MPS = 2.0


class Behaviour(Protocol):
    """Decides where a person wants to go; walls, doors and the robot have their say afterwards."""

    def find_start(self) -> tuple[float, float]:
        """Where the person enters the world."""

    def decide_velocity(
        self, now_s: float, position: tuple[float, float], step_s: float
    ) -> tuple[float, float]:
        """The velocity that the person wants for the next step [m/s]."""

    def turn_back(self) -> None:
        """The way ahead has been blocked by the robot for too long."""


@runtime_checkable
class AttentiveBehaviour(Behaviour, Protocol):
    """Decides with regard to who and what is around."""

    def look(self, sight: Sight) -> None:
        """Take in what is around, right before each decision."""


class WalkBehaviour:
    """Walks a script of waypoints."""

    def __init__(self, script: WalkScript) -> None:
        self._script = script
        self._index, self._direction = 0, 1
        self._leaves_s: float | None = None
        self._finished = False

    def find_start(self) -> tuple[float, float]:
        return self._script.waypoints[0].position_map

    def decide_velocity(self, now_s: float, position: tuple[float, float], step_s: float) -> tuple[float, float]:
        if self._finished:
            return 0.0, 0.0
        target = self._script.waypoints[self._index]
        dx, dy = target.position_map[0] - position[0], target.position_map[1] - position[1]
        distance = math.hypot(dx, dy)
        if distance < 0.02:
            if self._leaves_s is None:
                self._leaves_s = now_s + target.dwell_s
            if now_s < self._leaves_s:
                return 0.0, 0.0
            self._leaves_s = None
            self._advance()
            return 0.0, 0.0
        # Slow down over the last stretch instead of stopping dead, but only where the person stays.
        speed = self._script.speed_mps
        if target.dwell_s > 0.0:
            speed = min(speed, math.sqrt(2.0 * distance))
        speed = min(speed, distance / step_s)
        return speed * dx / distance, speed * dy / distance

    def turn_back(self) -> None:
        self._leaves_s = None
        if len(self._script.waypoints) > 1 and not self._finished:
            self._direction = -self._direction
            self._index = (self._index + self._direction) % len(self._script.waypoints)

    def _advance(self) -> None:
        count, following = len(self._script.waypoints), self._index + self._direction
        if count == 1 or (self._script.loop == "once" and not 0 <= following < count):
            self._finished = True
        elif self._script.loop == "back_and_forth" and not 0 <= following < count:
            self._direction = -self._direction
            self._index += self._direction
        else:
            self._index = following % count


class TrackBehaviour:
    """Follows a recorded track in time."""

    def __init__(self, track: RecordedTrack) -> None:
        self._times_s = track.times_s
        self._x, self._y = track.positions_map[:, 0], track.positions_map[:, 1]
        self._recorded_speed = float(
            np.max(np.hypot(np.diff(self._x), np.diff(self._y)) / np.maximum(np.diff(self._times_s), 1e-6), initial=0.0)
        )

    def find_start(self) -> tuple[float, float]:
        return float(self._x[0]), float(self._y[0])

    def decide_velocity(self, now_s: float, position: tuple[float, float], step_s: float) -> tuple[float, float]:
        later_s = now_s + step_s
        dx = float(np.interp(later_s, self._times_s, self._x)) - position[0]
        dy = float(np.interp(later_s, self._times_s, self._y)) - position[1]
        distance = math.hypot(dx, dy)
        if distance == 0.0:
            return 0.0, 0.0
        speed = min(distance / step_s, max(MAX_CATCH_UP_SPEED_MPS, self._recorded_speed))
        return speed * dx / distance, speed * dy / distance

    def turn_back(self) -> None:
        """A recording goes on as it was recorded."""
