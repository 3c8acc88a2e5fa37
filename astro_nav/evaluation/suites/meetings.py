"""How robot and people meet, one function for each situation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from astro_nav.evaluation.suites.narrow import make_block
from astro_nav.evaluation.suites.pieces import Point, make_piece, make_room_walls
from astro_nav.simulation.behaviours import Behaviour, WalkBehaviour
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint
from astro_nav.types import FloatArray

NAMES = ("Anna", "Ben", "Cleo", "David", "Emma", "Finn")
ROBOT_MPS = 0.6  # as fast as the robot is thought to come, so that people and robot meet
MODES = ("ignore", "stop", "make room")  # take no notice of the robot; stop before it; social forces


@dataclass
class Meeting:
    """What happens.

    Attributes:
        solids: walls and furniture.
        start, goal: (3,) of the robot.
        people: who is there.
        mode: how they behave towards the robot, one of `MODES`.
        behaviours: name of a person -> who decides instead of the script.
    """

    solids: list[Solid]
    start: FloatArray
    goal: FloatArray
    people: list[PersonScript]
    mode: str
    behaviours: dict[str, Behaviour] = field(default_factory=dict)


class TwoWaysOut(WalkBehaviour):
    """Walks a script, and back to its first point and along another one when the robot stands in the way for long.

    Args:
        first, second: both begin at the same point.
    """

    def __init__(self, first: WalkScript, second: WalkScript) -> None:
        super().__init__(first)
        self._ways = [first, second]

    def turn_back(self) -> None:
        self._ways.reverse()
        script = self._ways[0]
        at_once = (replace(script.waypoints[0], dwell_s=0.0), *script.waypoints[1:])
        super().__init__(replace(script, waypoints=at_once))


def make_walker(number: int, points: Sequence[Point], speed_mps: float, waits_s: float = 0.0, loop: str = "once") -> PersonScript:
    """Somebody who waits at the first point and then walks along the others."""
    waypoints = [Waypoint((float(x), float(y))) for x, y in points]
    waypoints[0] = Waypoint(waypoints[0].position_map, max(waits_s, 0.0))
    return PersonScript(NAMES[number], WalkScript(tuple(waypoints), loop, speed_mps))


def draw_mode(generator: np.random.Generator, modes: Sequence[str] = MODES) -> str:
    return modes[int(generator.integers(len(modes)))]


def _cross(generator: np.random.Generator) -> Meeting:
    """One to three people cross the robot's way at a right angle or aslant."""
    people = []
    for number in range(int(generator.integers(1, 4))):
        x, aslant = float(generator.uniform(3.0, 6.5)), float(generator.uniform(-1.0, 1.0))
        speed, from_south = float(generator.uniform(0.6, 1.3)), bool(generator.random() < 0.5)
        ends = [(x - aslant, 0.5), (x + aslant, 5.5)]
        points = ends if from_south else ends[::-1]
        meet_s = 1.5 + (x - 0.8) / ROBOT_MPS + float(generator.uniform(-1.5, 1.5))
        people.append(make_walker(number, points, speed, meet_s - math.hypot(2.5, aslant) / speed))
    start, goal = np.array([0.8, 3.0, 0.0]), np.array([8.2, 3.0, 0.0])
    return Meeting(make_room_walls((0.0, 0.0), (9.0, 6.0)), start, goal, people, draw_mode(generator))


def _come_towards(generator: np.random.Generator) -> Meeting:
    """Somebody, sometimes two, come towards the robot in a corridor."""
    mode = draw_mode(generator)
    # Who takes no notice keeps to one side, and leaves room for the robot on the other.
    width = float(generator.uniform(2.0, 2.6) if mode == "ignore" else generator.uniform(1.6, 2.4))
    side = float(generator.choice([-1.0, 1.0]))
    lane = 0.5 * width + side * (0.5 * width - 0.35) * (1.0 if mode == "ignore" else float(generator.uniform(0.0, 1.0)))
    speed = float(generator.uniform(0.6, 1.2))
    people = [make_walker(0, [(9.3, lane), (0.5, lane)], speed, float(generator.uniform(0.0, 2.0)))]
    if generator.random() < 0.3:
        people.append(make_walker(1, [(10.4, lane), (1.1, lane)], speed, 0.0))
    start, goal = np.array([1.2, 0.5 * width, 0.0]), np.array([9.0, 0.5 * width, 0.0])
    return Meeting(make_room_walls((0.0, 0.0), (11.0, width)), start, goal, people, mode)


def _overtake(generator: np.random.Generator) -> Meeting:
    """Somebody slow walks ahead in a wide corridor."""
    width, side = float(generator.uniform(2.2, 3.0)), float(generator.choice([-1.0, 1.0]))
    lane = 0.5 * width + side * float(generator.uniform(0.2, 0.5 * width - 0.4))
    walker = make_walker(0, [(2.6, lane), (11.5, 0.5 * width + side * (0.5 * width - 0.4))], float(generator.uniform(0.2, 0.4)))
    goal = np.array([10.2, 0.5 * width - side * 0.4, 0.0])
    mode = draw_mode(generator, ("ignore", "make room"))
    return Meeting(make_room_walls((0.0, 0.0), (12.0, width)), np.array([1.0, 0.5 * width, 0.0]), goal, [walker], mode)


def _step_out(generator: np.random.Generator) -> Meeting:
    """Somebody comes round the corner that hides them."""
    width = float(generator.uniform(1.7, 2.2))
    length, height = 6.5, 6.0
    solids = make_room_walls((0.0, 0.0), (length, height))
    solids.append(make_block("corner", 0.0, width, length - width, height))
    middle, x = 0.5 * width, length - 0.5 * width
    out = float(generator.uniform(-0.2, 0.2))
    speed = float(generator.uniform(0.6, 1.1))
    points = [(x + out, 4.6), (x + out, middle + out), (0.6, middle + out)]
    meet_s = 1.5 + (length - 0.9 - width) / ROBOT_MPS + float(generator.uniform(-1.5, 2.0))
    walker = make_walker(0, points, speed, meet_s - (4.6 - middle) / speed)
    goal = np.array([x, 4.9, 0.5 * math.pi])
    return Meeting(solids, np.array([0.9, middle, 0.0]), goal, [walker], draw_mode(generator, ("stop", "make room")))


def _meet_group(generator: np.random.Generator) -> Meeting:
    """Three to five people stand together in the way; one may leave."""
    x, y = float(generator.uniform(3.7, 5.0)), float(generator.uniform(2.6, 3.4))
    count, first = int(generator.integers(3, 6)), float(generator.uniform(0.0, 2.0 * math.pi))
    people = []
    for number in range(count):
        angle = first + 2.0 * math.pi * number / count + float(generator.uniform(-0.15, 0.15))
        radius = float(generator.uniform(0.55, 0.75))
        at = (x + radius * math.cos(angle), y + radius * math.sin(angle))
        people.append(make_walker(number, [at], 0.8))
    if generator.random() < 0.5:
        at = people[0].motion.waypoints[0].position_map  # type: ignore[union-attr]  # walkers have waypoints
        away = (at[0] + 1.2 * (at[0] - x), 0.5 if at[1] < y else 5.5)
        people[0] = make_walker(0, [at, away], 0.8, float(generator.uniform(2.0, 8.0)))
    start, goal = np.array([0.8, float(generator.uniform(2.5, 3.5)), 0.0]), np.array([8.2, 3.0, 0.0])
    return Meeting(make_room_walls((0.0, 0.0), (9.0, 6.0)), start, goal, people, "stop")


def _meet_crowd(generator: np.random.Generator) -> Meeting:
    """Four to six people walk to and fro in a hall."""
    people = []
    for number in range(int(generator.integers(4, 7))):
        ends = [(float(generator.uniform(2.6, 8.4)), float(generator.uniform(0.7, 6.3))) for _ in range(3)]
        if math.dist(ends[0], ends[1]) < 2.0:
            ends[1] = (ends[0][0], 6.3 if ends[0][1] < 3.5 else 0.7)
        people.append(make_walker(number, ends, float(generator.uniform(0.5, 1.0)), loop="back_and_forth"))
    start, goal = np.array([0.8, 3.5, 0.0]), np.array([9.8, 3.5, 0.0])
    return Meeting(make_room_walls((0.0, 0.0), (10.6, 7.0)), start, goal, people, draw_mode(generator, ("make room", "stop")))


def _stand_in_doorway(generator: np.random.Generator) -> Meeting:
    """Somebody stands in the only doorway and leaves late."""
    width, y = float(generator.uniform(0.8, 0.95)), float(generator.uniform(1.4, 2.6))
    solids = make_room_walls((0.0, 0.0), (8.0, 4.0))
    solids.append(make_block("wall south", 3.95, 0.0, 4.05, y - 0.5 * width))
    solids.append(make_block("wall north", 3.95, y + 0.5 * width, 4.05, 4.0))
    leaves_s = float(generator.uniform(6.0, 16.0))
    ahead = 1.0 if generator.random() < 0.5 else -1.0
    # They step out of the doorway and aside, clear of the robot's goal; on the other side when the robot waits on this one.
    corner = 0.5 if y > 2.0 else 3.5
    ways = [make_walker(0, [(4.0, y), (4.0 + 0.75 * to, y), (4.0 + 1.2 * to, corner)], 0.7, leaves_s) for to in (ahead, -ahead)]
    start, goal = np.array([0.9, float(generator.uniform(1.0, 3.0)), 0.0]), np.array([7.0, 4.0 - corner, 0.0])
    behaviour = TwoWaysOut(ways[0].motion, ways[1].motion)  # type: ignore[arg-type]  # walkers have scripts
    return Meeting(solids, start, goal, ways[:1], "stop", {ways[0].name: behaviour})


def _sit_down(generator: np.random.Generator) -> Meeting:
    """Somebody walks across the room and sits down on a chair near the robot's way."""
    solids = make_room_walls((0.0, 0.0), (8.0, 5.0))
    x = float(generator.uniform(3.5, 5.0))
    solids += make_piece("table", "table", (x, 4.0), 0.0, (1.6, 0.9, 0.74))
    seats = []
    for number, shift in enumerate((-0.4, 0.4)):
        at = (x + shift, 4.0 - 0.45 - float(generator.uniform(0.35, 0.55)))
        solids += make_piece("chair", f"chair {number + 1}", at, -0.5 * math.pi + float(generator.normal(0.0, 0.1)))
        seats.append((at[0], at[1] - 0.47))
    solids += make_piece("sofa", "sofa", (x, 0.5), 0.0, (1.8, 0.85, 0.8))
    seat = seats[int(generator.integers(2))]
    comes_from = (7.4, 0.6) if generator.random() < 0.5 else (1.2, 4.4)
    waits_s = float(generator.uniform(0.0, 3.0))
    walker = make_walker(0, [comes_from, (seat[0], 2.0), seat], float(generator.uniform(0.6, 0.9)), waits_s)
    start, goal = np.array([0.8, generator.uniform(1.4, 2.4), 0.0]), np.array([7.2, generator.uniform(1.6, 2.6), 0.0])
    return Meeting(solids, start, goal, [walker], "stop")


BUILDERS: dict[str, Callable[[np.random.Generator], Meeting]] = {
    "crossing": _cross,
    "oncoming": _come_towards,
    "overtaking": _overtake,
    "corner": _step_out,
    "group": _meet_group,
    "crowd": _meet_crowd,
    "doorway": _stand_in_doorway,
    "sitting down": _sit_down,
}
