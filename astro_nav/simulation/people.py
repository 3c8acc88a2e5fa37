"""People: where they want to go, where walls, doors and the robot let them, and how their legs swing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from astro_nav.params.simulator import PeopleParams
from astro_nav.simulation.behaviours import AttentiveBehaviour, Behaviour, TrackBehaviour, WalkBehaviour
from astro_nav.simulation.events import PersonTruth
from astro_nav.simulation.social_force import Moving, Sight
from astro_nav.simulation.solids import SolidIndex
from astro_nav.simulation.world import PersonScript, WalkScript
from astro_nav.types import FloatArray

# How far around a person walls matter to their legs and feet.
NEAR_M = 0.6
# How far around attentive people see walls.
SIGHT_M = 1.5

MeasureRobot = Callable[[float, float], float]


class Person:
    """One person in the world.

    Args:
        script: what they do.
        params: how people move.
        behaviour: who decides; made from the script when None.
    """

    def __init__(self, script: PersonScript, params: PeopleParams, behaviour: Behaviour | None = None) -> None:
        self.script, self._params = script, params
        if behaviour is None:
            motion = script.motion
            behaviour = WalkBehaviour(motion) if isinstance(motion, WalkScript) else TrackBehaviour(motion)
        self._behaviour = behaviour
        # A recording already is how a person moved; scripted people speed up and slow down by themselves.
        self._is_smooth = isinstance(behaviour, TrackBehaviour)
        self.x, self.y = behaviour.find_start()
        self.vx = self.vy = 0.0
        self.heading_rad = 0.0
        self.is_present = False
        self._walked_m = 0.0
        self._swing = 0.0
        self._held_up_s = 0.0

    def wants_to_enter(self, now_s: float) -> bool:
        """Whether the script has them in the world while they are not."""
        return not self.is_present and self.script.start_s <= now_s < self.script.end_s

    def look(self, sight: Sight) -> None:
        """Take in what is around; only attentive people care."""
        if isinstance(self._behaviour, AttentiveBehaviour):
            self._behaviour.look(sight)

    @property
    def is_attentive(self) -> bool:
        return isinstance(self._behaviour, AttentiveBehaviour)

    def choose_velocity(self, now_s: float, step_s: float, measure_robot: MeasureRobot) -> None:
        """Choose the velocity of the next step from the script, acceleration and the robot."""
        wx, wy = self._behaviour.decide_velocity(now_s, (self.x, self.y), step_s)
        if self.script.reacts and self.is_attentive:
            wx, wy = self._pass_robot(wx, wy, measure_robot)
        elif self.script.reacts:
            wx, wy = self._yield_to_robot(wx, wy, step_s, measure_robot)
        if not self._is_smooth:
            change_x, change_y = wx - self.vx, wy - self.vy
            change, limit = math.hypot(change_x, change_y), self._params.max_acceleration_mps2 * step_s
            # Stopping at a waypoint is planned by the script; only changes to a new motion are ramped.
            if change > limit and math.hypot(wx, wy) > 1e-9:
                wx, wy = self.vx + limit * change_x / change, self.vy + limit * change_y / change
        self.vx, self.vy = wx, wy

    def _yield_to_robot(self, wx: float, wy: float, step_s: float, measure_robot: MeasureRobot) -> tuple[float, float]:
        gap = measure_robot(self.x, self.y) - self.script.radius_m
        if gap > 3.0 or (wx == 0.0 and wy == 0.0):
            self._held_up_s = 0.0
            return wx, wy
        speed = math.hypot(wx, wy)
        look_m = 0.05
        ahead = measure_robot(self.x + look_m * wx / speed, self.y + look_m * wy / speed) - self.script.radius_m
        if ahead >= gap:
            self._held_up_s = 0.0
            return wx, wy
        closing_share = (gap - ahead) / look_m
        room = max(gap - self._params.robot_distance_m, 0.0)
        allowed = math.sqrt(2.0 * 0.5 * self._params.max_acceleration_mps2 * room) / closing_share
        if allowed < 0.05:
            allowed = 0.0
            self._held_up_s += step_s
            if self._held_up_s > self._params.patience_s:
                self._held_up_s = 0.0
                self._behaviour.turn_back()
        share = min(1.0, allowed / speed)
        return share * wx, share * wy

    def _pass_robot(self, wx: float, wy: float, measure_robot: MeasureRobot) -> tuple[float, float]:
        """Take away what leads into the robot, and leave what leads past it."""
        gap = measure_robot(self.x, self.y) - self.script.radius_m
        if gap > 2.0:
            return wx, wy
        h = 0.01
        slope_x = (measure_robot(self.x + h, self.y) - measure_robot(self.x - h, self.y)) / (2.0 * h)
        slope_y = (measure_robot(self.x, self.y + h) - measure_robot(self.x, self.y - h)) / (2.0 * h)
        length = math.hypot(slope_x, slope_y)
        if length < 1e-6:
            return wx, wy
        room = max(gap - self._params.robot_distance_m, 0.0)
        excess = -(wx * slope_x + wy * slope_y) / length - math.sqrt(self._params.max_acceleration_mps2 * room)
        if excess <= 0.0:
            return wx, wy
        return wx + excess * slope_x / length, wy + excess * slope_y / length

    def move(self, step_s: float, room_here_m: float, room_there_m: float, is_blocked: bool) -> None:
        """Take the step that was chosen, or stand when it leads into something.

        Args:
            step_s: duration.
            room_here_m, room_there_m: distance from the body's middle to the nearest wall, furniture or door now and
                after the step.
            is_blocked: something else forbids the step.
        """
        if is_blocked or (room_there_m < self.script.radius_m and room_there_m < room_here_m):
            self.vx = self.vy = 0.0
            room_there_m = room_here_m
        self.x += self.vx * step_s
        self.y += self.vy * step_s
        speed = math.hypot(self.vx, self.vy)
        self._walked_m += speed * step_s
        if speed > 0.05:
            turn = math.atan2(self.vy, self.vx) - self.heading_rad
            turn = math.atan2(math.sin(turn), math.cos(turn))
            self.heading_rad += min(max(turn, -6.0 * step_s), 6.0 * step_s)
        # Legs swing wider with speed, and never farther than the walls allow.
        wanted = min(1.0, speed / 0.5)
        self._swing += min(max(wanted - self._swing, -5.0 * step_s), 5.0 * step_s)
        reach = room_there_m - self._params.leg_radius_m
        sideways = 0.5 * self._params.leg_spread_m
        forward = math.sqrt(max(reach * reach - sideways * sideways, 0.0)) if reach > sideways else 0.0
        self._swing = min(self._swing, 2.0 * forward / self._params.step_length_m)

    def find_legs(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Positions of the left and right leg.

        The standing leg rests on the floor while the body passes over it, the other swings at twice the body's speed.
        """
        length, cos, sin = self._params.step_length_m, math.cos(self.heading_rad), math.sin(self.heading_rad)
        legs = []
        for side, shift in ((1.0, 0.0), (-1.0, 1.0)):
            phase = (self._walked_m / length + shift) % 2.0
            forward = self._swing * length * (0.5 - phase if phase < 1.0 else phase - 1.5)
            sideways = 0.5 * side * self._params.leg_spread_m
            legs.append((self.x + cos * forward - sin * sideways, self.y + sin * forward + cos * sideways))
        return legs[0], legs[1]


class Crowd:
    """All people of a world.

    Args:
        scripts: who there is.
        params: how people move.
        index: solids that stop people.
        behaviours: name -> who decides instead of the script.
    """

    def __init__(
        self,
        scripts: Sequence[PersonScript],
        params: PeopleParams,
        index: SolidIndex,
        behaviours: dict[str, Behaviour] | None = None,
    ) -> None:
        behaviours = behaviours or {}
        self.people = [Person(script, params, behaviours.get(script.name)) for script in scripts]
        self._index, self._params = index, params
        self._slot_of = assign_slots(scripts)
        self.slot_count = max(self._slot_of, default=-1) + 1
        self.slot_heights_m = [0.0] * self.slot_count
        for script, slot in zip(scripts, self._slot_of):
            self.slot_heights_m[slot] = max(self.slot_heights_m[slot], script.height_m)
        self._person_in_slot: list[Person | None] = [None] * self.slot_count
        self.present = np.zeros(self.slot_count, dtype=bool)
        # Legs (P, 2, 2) and bodies (P, 2) at the last and at the next decision.
        self.legs_before = np.zeros((self.slot_count, 2, 2))
        self.legs_after = np.zeros((self.slot_count, 2, 2))
        self.bodies_before = np.zeros((self.slot_count, 2))
        self.bodies_after = np.zeros((self.slot_count, 2))

    def set_index(self, index: SolidIndex) -> None:
        """Something was put into the world: these solids stop people from now on."""
        self._index = index

    def advance(
        self, now_s: float, step_s: float, measure_robot: MeasureRobot, measure_doors: MeasureRobot, robot: Moving
    ) -> None:
        """Decide and take everybody's next step, from `now_s` to `now_s + step_s`.

        Args:
            measure_robot: distance of a point to the robot's outline, 0 inside [m].
            measure_doors: distance of a point to the nearest door's panel, 0 inside [m].
            robot: middle of the robot's outline and its velocity.
        """
        if not self.people:
            return
        self.legs_before[:], self.bodies_before[:] = self.legs_after, self.bodies_after
        self.admit(now_s, measure_robot, measure_doors)
        walking = [(p, slot) for p, slot in zip(self.people, self._slot_of) if p.is_present]
        if not walking:
            return
        self._look_around(walking, measure_doors, robot)
        for person, _ in walking:
            person.choose_velocity(now_s, step_s, measure_robot)
        here = np.array([(p.x, p.y) for p, _ in walking])
        there = here + step_s * np.array([(p.vx, p.vy) for p, _ in walking])
        room = self._index.measure_point_distances(np.concatenate([here, there]), NEAR_M).tolist()
        for number, (person, slot) in enumerate(walking):
            room_here = min(room[number], measure_doors(*here[number].tolist()))
            room_there = min(room[len(walking) + number], measure_doors(*there[number].tolist()))
            person.move(step_s, room_here, room_there, False)
            self.legs_after[slot] = person.find_legs()
            self.bodies_after[slot] = (person.x, person.y)

    def _look_around(self, walking: list[tuple[Person, int]], measure_doors: MeasureRobot, robot: Moving) -> None:
        """Let attentive people see everybody as they are before anybody takes the next step."""
        if not any(person.is_attentive for person, _ in walking):
            return

        def measure_walls(points: FloatArray) -> FloatArray:
            room = self._index.measure_point_distances(np.ascontiguousarray(points), SIGHT_M)
            return np.minimum(room, [measure_doors(x, y) for x, y in points.tolist()])

        moving = [(person.x, person.y, person.vx, person.vy) for person, _ in walking]
        for number, (person, _) in enumerate(walking):
            if person.is_attentive:
                person.look(Sight((person.vx, person.vy), robot, tuple(moving[:number] + moving[number + 1 :]), measure_walls))

    def admit(self, now_s: float, measure_robot: MeasureRobot, measure_doors: MeasureRobot) -> None:
        """Let in whose time has come, and out whose time is over."""
        for person, slot in zip(self.people, self._slot_of):
            if person.wants_to_enter(now_s) and self._person_in_slot[slot] is None:
                self._let_in(person, slot, measure_robot, measure_doors)
            elif person.is_present and now_s >= person.script.end_s:
                self._let_out(person, slot)

    def clear(self) -> None:
        """Let everybody out."""
        for person, slot in zip(self.people, self._slot_of):
            if person.is_present:
                self._let_out(person, slot)

    def find_person(self, slot: int) -> Person:
        """Who is in a slot of the physics."""
        person = self._person_in_slot[slot]
        if person is None:
            raise ValueError(f"nobody is in slot {slot} of {self.slot_count}")
        return person

    def list_bodies(self) -> list[tuple[float, float, float]]:
        """Position and radius of everybody present."""
        return [(p.x, p.y, p.script.radius_m) for p in self.people if p.is_present]

    def list_truth(self, legs_map: FloatArray, bodies_map: FloatArray) -> tuple[PersonTruth, ...]:
        """Where everybody present is; legs (P, 2, 2) and bodies (P, 2) at the moment asked for."""
        return tuple(
            PersonTruth(
                name=person.script.name,
                position_map=bodies_map[slot].copy(),
                velocity_map=np.array([person.vx, person.vy]),
                radius_m=person.script.radius_m,
                legs_map=legs_map[slot].copy(),
            )
            for person, slot in zip(self.people, self._slot_of)
            if person.is_present
        )

    def _let_in(self, person: Person, slot: int, measure_robot: MeasureRobot, measure_doors: MeasureRobot) -> None:
        """Let a person enter unless the robot, a wall or a door is there; they try again at the next step."""
        radius = person.script.radius_m
        if measure_robot(person.x, person.y) < radius + 0.1 or measure_doors(person.x, person.y) < radius:
            return
        if self._index.measure_point_distances(np.array([[person.x, person.y]]), NEAR_M)[0] < radius:
            return
        person.is_present, self.present[slot], self._person_in_slot[slot] = True, True, person
        self.legs_before[slot] = self.legs_after[slot] = person.find_legs()
        self.bodies_before[slot] = self.bodies_after[slot] = (person.x, person.y)

    def _let_out(self, person: Person, slot: int) -> None:
        person.is_present, self.present[slot], self._person_in_slot[slot] = False, False, None


def assign_slots(scripts: Sequence[PersonScript]) -> list[int]:
    """Share bodies of the physics among people who are never in the world at the same time; returns a slot for each."""
    slots, free_from = [-1] * len(scripts), list[float]()
    for number in sorted(range(len(scripts)), key=lambda i: (scripts[i].start_s, i)):
        script = scripts[number]
        slot = next((slot for slot, time_s in enumerate(free_from) if time_s < script.start_s), len(free_from))
        free_from[slot : slot + 1] = [script.end_s]
        slots[number] = slot
    return slots
