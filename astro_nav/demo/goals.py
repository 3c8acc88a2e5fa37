"""Goals as a user writes them: `"x,y,yaw; x,y,yaw"`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from astro_nav.errors import GoalError
from astro_nav.types import FloatArray

FORMAT = 'write "x,y,yaw; x,y,yaw" with x and y in metres and yaw in radians, for example "1.5,2.0,0; -0.5,3.0,1.57"'


@dataclass(frozen=True)
class Goal:
    """One goal of a tour.

    Attributes:
        x_m, y_m, yaw_rad: pose of base_link in the map.
        name: for people, "" when it has none.
    """

    x_m: float
    y_m: float
    yaw_rad: float
    name: str = ""

    @property
    def pose_map(self) -> FloatArray:
        """(3,)."""
        return np.array([self.x_m, self.y_m, self.yaw_rad])

    def __str__(self) -> str:
        return f"({self.x_m:.2f}, {self.y_m:.2f}, {self.yaw_rad:.2f})" + (f" {self.name}" if self.name else "")


def parse_goals(text: str) -> list[Goal]:
    """Read goals.

    Args:
        text: goals separated by `;`, each of three finite numbers separated by `,`.

    Raises:
        GoalError: naming the goal, the part of it that cannot be read, and how it should look.
    """
    parts = [part.strip() for part in text.strip().rstrip(";").split(";")]
    if parts == [""]:
        raise GoalError(f"the goals {text!r} hold no goal: {FORMAT}")
    return [_parse_goal(index, part) for index, part in enumerate(parts, start=1)]


def format_goals(goals: list[Goal]) -> str:
    """The inverse of `parse_goals`, to the centimetre and hundredth of a radian."""
    return "; ".join(f"{goal.x_m:.2f},{goal.y_m:.2f},{goal.yaw_rad:.2f}" for goal in goals)


def _parse_goal(index: int, part: str) -> Goal:
    words = [word.strip() for word in part.split(",")]
    if part == "":
        raise GoalError(f"goal {index} is empty: {FORMAT}")
    if len(words) != 3:
        raise GoalError(f"goal {index}, {part!r}, has {len(words)} of the 3 numbers x,y,yaw: {FORMAT}")
    values = []
    for name, unit, word in zip(("x", "y", "yaw"), ("m", "m", "rad"), words):
        try:
            value = float(word)
        except ValueError:
            raise GoalError(f"goal {index}, {part!r}: {name} = {word!r} is not a number: {FORMAT}") from None
        if not math.isfinite(value):
            raise GoalError(f"goal {index}, {part!r}: {name} = {word} {unit} is not finite: {FORMAT}")
        values.append(value)
    return Goal(*values)
