"""People who walk around each other, around the robot and along walls, by social forces.

Source: D. Helbing, P. Molnar, "Social force model for pedestrian dynamics", Physical Review E 51, 4282, 1995; equations
(2) drive, (3), (4) other pedestrians, (5) walls, (8) sight. The numbers are those published, except for the reach of
walls: with 0.2 m people who keep to the middle of a doorway of 0.8 m would not get through it, so it is 0.1 m here. The
robot counts as one more pedestrian, who stands in its middle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astro_nav.simulation.world import WalkScript
from astro_nav.types import FloatArray

Moving = tuple[float, float, float, float]  # x, y [m], vx, vy [m/s]


@dataclass(frozen=True)
class SocialForceParams:
    """Numbers of the model.

    Attributes:
        relaxation_s: tau, how soon the wanted velocity is reached.
        repulsion_m2ps2: V0 of other pedestrians.
        repulsion_reach_m: sigma of other pedestrians.
        step_s: delta t, the time of a step of the other, which they want to take.
        wall_m2ps2: U0 of walls.
        wall_reach_m: R of walls.
        sight_rad: phi, half of the angle of sight.
        behind_share: c, weight of what is out of sight.
        max_speed_share: of the wanted speed, more is never walked.
        arrival_m: a place where the person stays is reached within this; others push them off it.
    """

    relaxation_s: float = 0.5
    repulsion_m2ps2: float = 2.1
    repulsion_reach_m: float = 0.3
    step_s: float = 2.0
    wall_m2ps2: float = 10.0
    wall_reach_m: float = 0.1
    sight_rad: float = math.radians(100.0)
    behind_share: float = 0.5
    max_speed_share: float = 1.3
    arrival_m: float = 0.1


@dataclass(frozen=True)
class Sight:
    """What a person sees.

    Attributes:
        velocity: the person's own, after walls and robot had their say [m/s].
        robot: its middle and velocity.
        others: everybody else.
        measure_walls: distances (N,) of points (N, 2) to the nearest wall, piece of furniture or door [m].
    """

    velocity: tuple[float, float]
    robot: Moving
    others: tuple[Moving, ...]
    measure_walls: Callable[[FloatArray], FloatArray]


class SocialForceBehaviour:
    """Walks a script of waypoints and makes room on the way.

    Args:
        script: waypoints; one is reached within 0.3 m, except where the person stays.
        params: of the model.
    """

    def __init__(self, script: WalkScript, params: SocialForceParams = SocialForceParams()) -> None:
        self._script, self._params = script, params
        self._index, self._direction = 0, 1
        self._leaves_s: float | None = None
        self._finished = False
        self._sight: Sight | None = None

    def find_start(self) -> tuple[float, float]:
        return self._script.waypoints[0].position_map

    @property
    def is_finished(self) -> bool:
        """Whether a script that is walked once has come to its end."""
        return self._finished

    def look(self, sight: Sight) -> None:
        """Take in what is around, right before the next decision."""
        self._sight = sight

    def turn_back(self) -> None:
        """Forces lead around what is in the way."""

    def find_speed(self, now_s: float) -> float:
        """How fast the person wants to walk now [m/s]."""
        return self._script.speed_mps

    def decide_velocity(self, now_s: float, position: tuple[float, float], step_s: float) -> tuple[float, float]:
        direction, speed = self._find_wish(now_s, position)
        if self._finished or speed == 0.0:
            return 0.0, 0.0
        params, (vx, vy) = self._params, self._sight.velocity if self._sight is not None else (0.0, 0.0)
        fx = (speed * direction[0] - vx) / params.relaxation_s
        fy = (speed * direction[1] - vy) / params.relaxation_s
        if self._sight is not None:
            sx, sy = self._sum_forces(position, direction, self._sight)
            fx, fy = fx + sx, fy + sy
        vx, vy = vx + fx * step_s, vy + fy * step_s
        walked, fastest = math.hypot(vx, vy), params.max_speed_share * self.find_speed(now_s)
        if walked > fastest:
            vx, vy = vx * fastest / walked, vy * fastest / walked
        return vx, vy

    def _find_wish(self, now_s: float, position: tuple[float, float]) -> tuple[tuple[float, float], float]:
        """Direction and speed that the person wants; moves on to the next waypoint."""
        target = self._script.waypoints[self._index]
        dx, dy = target.position_map[0] - position[0], target.position_map[1] - position[1]
        distance = math.hypot(dx, dy)
        if distance < (self._params.arrival_m if target.dwell_s > 0.0 or self._is_last() else 0.3) or self._leaves_s is not None:
            if self._leaves_s is None:
                self._leaves_s = now_s + target.dwell_s
            if now_s >= self._leaves_s:
                self._leaves_s = None
                self._advance()
            return (1.0, 0.0), 0.0
        return (dx / distance, dy / distance), min(self.find_speed(now_s), 0.1 + 1.5 * distance)

    def _is_last(self) -> bool:
        return self._script.loop == "once" and self._index == len(self._script.waypoints) - 1

    def _advance(self) -> None:
        count, following = len(self._script.waypoints), self._index + self._direction
        if count == 1 or (self._script.loop == "once" and not 0 <= following < count):
            self._finished = True
        elif self._script.loop == "back_and_forth" and not 0 <= following < count:
            self._direction = -self._direction
            self._index += self._direction
        else:
            self._index = following % count

    def _sum_forces(self, position: tuple[float, float], direction: tuple[float, float], sight: Sight) -> tuple[float, float]:
        params = self._params
        total_x = total_y = 0.0
        for other in (sight.robot, *sight.others):
            fx, fy = compute_repulsion(position, other, params)
            ahead = -(direction[0] * fx + direction[1] * fy)  # where the other is, seen from the person
            weight = 1.0 if ahead >= math.hypot(fx, fy) * math.cos(params.sight_rad) else params.behind_share
            total_x, total_y = total_x + weight * fx, total_y + weight * fy
        wx, wy = self._compute_wall_force(position, sight)
        return total_x + wx, total_y + wy

    def _compute_wall_force(self, position: tuple[float, float], sight: Sight) -> tuple[float, float]:
        """-grad U0 exp(-d / R), with the gradient of the distance by differences."""
        params, h = self._params, 0.01
        offsets = np.array([[0.0, 0.0], [h, 0.0], [-h, 0.0], [0.0, h], [0.0, -h]])
        room, right, left, up, down = sight.measure_walls(np.asarray(position) + offsets).tolist()
        strength = params.wall_m2ps2 / params.wall_reach_m * math.exp(-room / params.wall_reach_m)
        return strength * (right - left) / (2.0 * h), strength * (up - down) / (2.0 * h)


def compute_repulsion(position: tuple[float, float], other: Moving, params: SocialForceParams) -> tuple[float, float]:
    """Force of another pedestrian [m/s^2]: -grad of V0 exp(-b / sigma) with b the small axis of the ellipse that holds the
    person and has the other and the other's next step as foci (equations 3 and 4).
    """
    x, y = position[0] - other[0], position[1] - other[1]
    step_x, step_y = params.step_s * other[2], params.step_s * other[3]
    near, far = math.hypot(x, y), math.hypot(x - step_x, y - step_y)
    if near < 1e-6 or far < 1e-6:
        return 0.0, 0.0
    axis = max(math.sqrt(max((near + far) ** 2 - step_x**2 - step_y**2, 0.0)), 1e-3)
    strength = params.repulsion_m2ps2 / params.repulsion_reach_m * math.exp(-0.5 * axis / params.repulsion_reach_m)
    share = 0.5 * (near + far) / axis  # derivative of b along the sum of the two unit vectors
    return (
        strength * share * (x / near + (x - step_x) / far),
        strength * share * (y / near + (y - step_y) / far),
    )
