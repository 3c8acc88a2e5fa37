"""Everything around the robot at the present moment: solids that are there, doors, people."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.doors import DoorMotion, Doors
from astro_nav.simulation.events import PersonTruth
from astro_nav.simulation.people import Crowd
from astro_nav.simulation.solids import Shape, SolidIndex, compute_disc_outline, describe_solid
from astro_nav.simulation.world import World, describe_door
from astro_nav.types import FloatArray

PERSON_BOTTOM_M, PERSON_TOP_M = 0.05, 1.7
# Doors that yield stop so far from robot and people; things that appear keep so far from the robot.
DOOR_GAP_M = 0.03
# No robot drives this fast: it was carried.
CARRIED_MPS = 5.0
NO_RECTANGLES, NO_DISCS = np.zeros((0, 6)), np.zeros((0, 3))


class Surroundings:
    """The world at the present moment.

    Args:
        world: what there is.
        params: of the simulator.
        laser_height_m: height of the lidar above the floor.
        behaviours: name of a person -> who decides instead of the script.
    """

    def __init__(
        self, world: World, params: SimulatorParams, laser_height_m: float, behaviours: dict[str, Behaviour] | None
    ) -> None:
        self._params, self._laser_height_m = params, laser_height_m
        self._set_outline(np.zeros((3, 2)))
        self.doors = Doors(world.doors)
        self._set_world(world, [solid.is_present(0.0) for solid in world.solids])
        self.crowd = Crowd(world.people, params.people, self.people_index, behaviours)
        self.legs, self.bodies = self.crowd.legs_after.copy(), self.crowd.bodies_after.copy()
        self.leg_discs = np.zeros((2 * self.crowd.slot_count, 3))

    def set_world(self, world: World) -> None:
        """Go on in a world with more solids."""
        added = world.solids[len(self.present) :]
        self._set_world(world, [*self.present, *(solid.is_present(0.0) for solid in added)])
        self.crowd.set_index(self.people_index)

    def decide(self, now_s: float, step_s: float, outline_map: FloatArray) -> tuple[list[int], list[int]]:
        """Let timed things, doors and people decide about the next `step_s`.

        Args:
            outline_map: (V, 2) vertices of the robot.

        Returns:
            The numbers of the solids that appeared or vanished, and of the doors that moved.
        """
        before = self._outline.mean(axis=0)
        self._set_outline(outline_map)
        changed = [number for number in self._timed if self._update_presence(number, now_s)]
        moved = self.doors.advance(now_s, step_s, self._is_clear_of) if self.doors.motions else []
        if self.crowd.people:
            self.crowd.advance(
                now_s, step_s, self._measure_robot, self.doors.measure_distance, self._describe_robot(before, step_s)
            )
            self._update_leg_radii()
        return changed, moved

    def begin(self, outline_map: FloatArray) -> None:
        """Let in who is there from the start, now that the robot (V, 2) has its place."""
        self._set_outline(outline_map)
        self.crowd.clear()
        self.crowd.admit(0.0, self._measure_robot, self.doors.measure_distance)
        self._update_leg_radii()
        self.advance_people(0.0)

    def advance_people(self, share: float) -> None:
        """Put people where they are at a share of the time between two decisions."""
        crowd = self.crowd
        self.legs = crowd.legs_before + share * (crowd.legs_after - crowd.legs_before)
        self.bodies = crowd.bodies_before + share * (crowd.bodies_after - crowd.bodies_before)
        self.leg_discs[:, :2] = self.legs.reshape(-1, 2)

    def measure_clearance(self, outline_map: FloatArray) -> tuple[float, str]:
        """Distance of a polygon (V, 2) to the nearest thing in the robot's height [m], and its name, "" for none."""
        index, panels = self.robot_index, self.doors.panels
        distance_m, number = index.measure_polygon_clearance(outline_map, panels, self.leg_discs)
        if number < 0:
            return distance_m, ""
        if number < len(index.solids):
            return distance_m, index.solids[number].name
        number -= len(index.solids)
        if number < len(panels):
            return distance_m, self.doors.motions[number].door.name
        return distance_m, self.crowd.find_person((number - len(panels)) // 2).script.name

    def find_touched(self, thing: tuple[str, int], point_map: tuple[float, float]) -> tuple[str, str, float, float]:
        """Kind and name of a thing of the physics, and its velocity at a point [m/s]."""
        what, number = thing
        if what == "solid":
            solid = self.world.solids[number]
            return solid.kind, solid.name, 0.0, 0.0
        if what == "door":
            motion = self.doors.motions[number]
            hinge_x, hinge_y = motion.door.hinge_map
            turn_rate = motion.speed_radps
            return "door", motion.door.name, -turn_rate * (point_map[1] - hinge_y), turn_rate * (point_map[0] - hinge_x)
        # A standing leg rests while the person walks on: the body's velocity says who moved into whom.
        person = self.crowd.find_person(number // 2)
        return "person", person.script.name, person.vx, person.vy

    def list_people(self) -> tuple[PersonTruth, ...]:
        """Where everybody present is."""
        return self.crowd.list_truth(self.legs, self.bodies)

    def list_shapes(self) -> Iterator[Shape]:
        """Outlines of everything that is there now, people as discs of their bodies."""
        for solid, present in zip(self.world.solids, self.present):
            if present:
                yield describe_solid(solid)
        for motion in self.doors.motions:
            yield describe_door(motion.door, motion.angle_rad)
        for person in self.list_people():
            center = (float(person.position_map[0]), float(person.position_map[1]))
            outline = compute_disc_outline(center, person.radius_m)
            yield Shape(person.name, "person", outline, center, person.radius_m, 0.0, PERSON_TOP_M, False, "person")

    def _set_world(self, world: World, present: list[bool]) -> None:
        robot_m, laser_m, solids = self._params.robot.height_m, self._laser_height_m, world.solids
        self.world, self.present = world, present
        self._timed = [number for number, solid in enumerate(solids) if solid.is_timed]
        self.lidar_index = SolidIndex(solids, lambda s: not s.glass and s.bottom_m <= laser_m <= s.top_m)
        self.robot_index = SolidIndex(solids, lambda s: s.overlaps_heights(0.0, robot_m))
        self.people_index = SolidIndex(solids, lambda s: s.overlaps_heights(PERSON_BOTTOM_M, PERSON_TOP_M))
        for number in self._timed:
            self._set_presence(number, present[number])

    def _update_presence(self, number: int, now_s: float) -> bool:
        """Let a timed solid appear or vanish; one that would appear inside the robot waits until there is room."""
        solid = self.world.solids[number]
        wanted = solid.is_present(now_s)
        if wanted == self.present[number]:
            return False
        if wanted and solid.overlaps_heights(0.0, self._params.robot.height_m) and not self._has_room(number):
            return False
        self._set_presence(number, wanted)
        return True

    def _set_presence(self, number: int, present: bool) -> None:
        self.present[number] = present
        for index in (self.lidar_index, self.robot_index, self.people_index):
            index.set_presence(self.world.solids[number], present)

    def _has_room(self, number: int) -> bool:
        solid = self.world.solids[number]
        rectangles = NO_RECTANGLES if solid.is_cylinder else np.array([solid.compute_rectangle()])
        discs = np.array([solid.compute_disc()]) if solid.is_cylinder else NO_DISCS
        return _NOTHING.measure_polygon_clearance(self._outline, rectangles, discs)[0] > DOOR_GAP_M

    def _set_outline(self, outline_map: FloatArray) -> None:
        self._outline, self._corners = outline_map, outline_map.tolist()

    def _describe_robot(self, before: FloatArray, step_s: float) -> tuple[float, float, float, float]:
        """Middle of the robot's outline and its velocity since the last decision."""
        (x, y), (vx, vy) = self._outline.mean(axis=0).tolist(), ((self._outline.mean(axis=0) - before) / step_s).tolist()
        if math.hypot(vx, vy) > CARRIED_MPS:  # put down somewhere else, or for the first time
            vx = vy = 0.0
        return x, y, vx, vy

    def _measure_robot(self, x: float, y: float) -> float:
        return measure_outline_distance(x, y, self._corners)

    def _update_leg_radii(self) -> None:
        self.leg_discs[:, 2] = np.where(np.repeat(self.crowd.present, 2), self._params.people.leg_radius_m, 0.0)

    def _is_clear_of(self, motion: DoorMotion, panel: FloatArray) -> bool:
        """Whether a door's panel (1, 6) would neither touch nor come closer to robot or people that are near it."""
        current = np.array([motion.door.compute_panel(motion.angle_rad)])

        def measure_robot(rectangle: FloatArray) -> float:
            return _NOTHING.measure_polygon_clearance(self._outline, rectangle, NO_DISCS)[0]

        if (room_m := measure_robot(panel)) < DOOR_GAP_M and room_m <= measure_robot(current):
            return False
        for x, y, radius in self.crowd.list_bodies():
            room_m = motion.measure_panel_distance(panel[0], x, y)
            if room_m < radius + DOOR_GAP_M and room_m <= motion.measure_panel_distance(current[0], x, y):
                return False
        return True


def measure_outline_distance(x: float, y: float, corners: list[list[float]]) -> float:
    """Distance of a point to a polygon, 0 inside; in plain Python, since people ask one point at a time."""
    nearest, inside = math.inf, False
    ax, ay = corners[-1]
    for bx, by in corners:
        ex, ey = bx - ax, by - ay
        along = min(max(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0), 1.0)
        nearest = min(nearest, math.hypot(x - ax - along * ex, y - ay - along * ey))
        if (ay > y) != (by > y) and x < ax + (y - ay) / ey * ex:
            inside = not inside
        ax, ay = bx, by
    return 0.0 if inside else nearest


_NOTHING = SolidIndex([], lambda solid: True)
