"""Doors in motion."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from astro_nav.simulation.world import Door, DoorEvent
from astro_nav.types import FloatArray

IsClear = Callable[["DoorMotion", FloatArray], bool]


class DoorMotion:
    """One door, opening and closing."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.angle_rad = door.open_angle_rad if door.starts_open else 0.0
        self.speed_radps = 0.0
        self._target_rad = self.angle_rad
        self._next_events = _list_events(door)
        self._event: DoorEvent | None = next(self._next_events, None)

    @property
    def is_open(self) -> bool:
        return abs(self.angle_rad) >= 0.5 * abs(self.door.open_angle_rad)

    def set_target(self, opens: bool) -> None:
        """Start to open or to close."""
        self._target_rad = self.door.open_angle_rad if opens else 0.0

    @staticmethod
    def measure_panel_distance(panel: Sequence[float], x: float, y: float) -> float:
        """Distance of a point to a panel given as a kernel's rectangle, 0 inside."""
        cx, cy, cos, sin, half_x, half_y = panel
        dx, dy = x - cx, y - cy
        along, across = max(abs(cos * dx + sin * dy) - half_x, 0.0), max(abs(cos * dy - sin * dx) - half_y, 0.0)
        return math.hypot(along, across)

    def advance(self, now_s: float, step_s: float, is_clear: IsClear) -> bool:
        """Turn for one step; returns whether the panel moved.

        Args:
            is_clear: whether nobody is in the way of a panel (1, 6); asked only by doors that yield.
        """
        while self._event is not None and self._event.time_s <= now_s:
            self.set_target(self._event.opens)
            self._event = next(self._next_events, None)
        gap = self._target_rad - self.angle_rad
        self.speed_radps = 0.0
        if gap == 0.0:
            return False
        turn = math.copysign(min(abs(gap), self.door.speed_radps * step_s), gap)
        if self.door.yields and not is_clear(self, np.array([self.door.compute_panel(self.angle_rad + turn)])):
            return False
        self.angle_rad += turn
        self.speed_radps = turn / step_s
        return True


def _list_events(door: Door):
    """All events of a schedule in order of time, endless when it repeats."""
    ordered = sorted(door.schedule, key=lambda event: event.time_s)
    start_s = 0.0
    while ordered:
        for event in ordered:
            yield DoorEvent(start_s + event.time_s, event.opens)
        if not math.isfinite(door.repeat_s):
            return
        start_s += door.repeat_s


class Doors:
    """All doors of a world."""

    def __init__(self, doors: Sequence[Door]) -> None:
        self.motions = [DoorMotion(door) for door in doors]
        self._by_name = {motion.door.name: motion for motion in self.motions}
        self.panels = np.zeros((0, 6))
        self._update_panels()

    def find(self, name: str) -> DoorMotion:
        """The door of that name.

        Raises:
            KeyError: names the doors that there are.
        """
        if name not in self._by_name:
            raise KeyError(f"door {name!r} is unknown: the doors are {', '.join(self._by_name) or 'none'}")
        return self._by_name[name]

    def advance(self, now_s: float, step_s: float, is_clear: IsClear) -> list[int]:
        """Turn all doors for one step; returns the numbers of those that moved."""
        moved = [i for i, motion in enumerate(self.motions) if motion.advance(now_s, step_s, is_clear)]
        if moved:
            self._update_panels()
        return moved

    def measure_distance(self, x: float, y: float) -> float:
        """Distance of a point to the nearest panel, inf without doors."""
        return min((DoorMotion.measure_panel_distance(row, x, y) for row in self._panel_rows), default=math.inf)

    def _update_panels(self) -> None:
        self._panel_rows = [motion.door.compute_panel(motion.angle_rad) for motion in self.motions]
        if self._panel_rows:
            self.panels = np.array(self._panel_rows)
