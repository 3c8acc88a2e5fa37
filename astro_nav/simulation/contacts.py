"""Who touched whom: contacts of the physics as a record that a person can read."""

from __future__ import annotations

import math

from astro_nav.simulation.events import Contact

# Touching again within this time is still the same contact.
SAME_CONTACT_S = 0.5
# A robot that somebody pushes does not move into a wall of its own will.
PUSHED_S = 0.5
# Below this closing speed nobody moved into anybody [m/s].
REST_SPEED_MPS = 1e-3


class ContactRecord:
    """Every contact since the start."""

    def __init__(self) -> None:
        self.contacts: list[Contact] = []
        self._last_seen_s: dict[tuple[str, str], float] = {}
        self._pushed_until_s = -math.inf

    def add_touch(
        self,
        time_s: float,
        kind: str,
        name: str,
        position_map: tuple[float, float],
        robot_speed_mps: float,
        thing_speed_mps: float,
    ) -> None:
        """Note that robot and thing touch at a time.

        The one who closes in faster along the normal moved into the other.

        Args:
            time_s: now.
            kind, name: of the thing.
            position_map: where.
            robot_speed_mps: speed of the robot's surface towards the thing, along the normal, just before.
            thing_speed_mps: speed of the thing towards the robot.
        """
        by_robot = robot_speed_mps >= thing_speed_mps and robot_speed_mps > REST_SPEED_MPS
        if by_robot and kind in ("wall", "object") and time_s < self._pushed_until_s:
            by_robot = False
        if not by_robot and kind in ("person", "door"):
            self._pushed_until_s = time_s + PUSHED_S
        key = (kind, name)
        is_new = time_s - self._last_seen_s.get(key, -math.inf) > SAME_CONTACT_S
        self._last_seen_s[key] = time_s
        if is_new:
            self.contacts.append(
                Contact(
                    time_s=time_s,
                    kind=kind,
                    name=name,
                    by_robot=by_robot,
                    position_map=position_map,
                    speed_mps=max(robot_speed_mps + thing_speed_mps, 0.0),
                    robot_speed_mps=robot_speed_mps,
                    thing_speed_mps=thing_speed_mps,
                )
            )
