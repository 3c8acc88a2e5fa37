"""Rooms of a home: a hall through the middle, rooms on both sides of it, doorways, doors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from astro_nav.evaluation.suites.pieces import WALL_THICKNESS_M, Point, make_wall
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door

OUTER_THICKNESS_M = 0.2
DOORWAY_M = (0.8, 0.95)  # width of a doorway, least and most
DOOR_FRAME_M = 0.12  # a doorway keeps so far from the room's corner
DOOR_ROOM_M = 1.0  # so far from the hall's wall a door of the hall reaches into a room


@dataclass(frozen=True)
class Rect:
    """An upright rectangle [m]."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def middle(self) -> Point:
        return 0.5 * (self.x0 + self.x1), 0.5 * (self.y0 + self.y1)

    def grow(self, by_m: float) -> Rect:
        """The rectangle with a border of `by_m` around it."""
        return Rect(self.x0 - by_m, self.y0 - by_m, self.x1 + by_m, self.y1 + by_m)

    def overlaps(self, other: Rect) -> bool:
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1

    def contains(self, other: Rect) -> bool:
        return self.x0 <= other.x0 and self.y0 <= other.y0 and self.x1 >= other.x1 and self.y1 >= other.y1


@dataclass
class Room:
    """A room.

    Attributes:
        kind: what it is used for.
        inside: between the faces of its walls.
        keep_free: where nothing may stand: in front of doorways, where doors turn.
    """

    kind: str
    inside: Rect
    keep_free: list[Rect] = field(default_factory=list)


@dataclass
class Layout:
    """Walls, doors and rooms of a home; the first room is the hall."""

    rooms: list[Room]
    walls: list[Solid]
    doors: list[Door]
    extent: Rect


@dataclass(frozen=True)
class _Wall:
    """The middle line of an inner wall along x (`is_level`) or y at `at`, from `start` to `end`, with its gaps."""

    name: str
    is_level: bool
    at: float
    start: float
    end: float
    gaps: tuple[tuple[float, float], ...] = ()

    def build(self) -> list[Solid]:
        solids, here = [], self.start
        for low, high in sorted(self.gaps) + [(self.end, self.end)]:
            if low - here > 0.02:
                ends = [(here, self.at), (low, self.at)] if self.is_level else [(self.at, here), (self.at, low)]
                solids.append(make_wall(self.name, *ends))
            here = high
        return solids


def make_layout(generator: np.random.Generator) -> Layout:
    """Draw a home of 60 to 120 m^2."""
    width = float(generator.uniform(8.5, 12.5))
    south, hall, north = (float(generator.uniform(*span)) for span in ((3.0, 4.2), (1.15, 1.6), (3.0, 4.2)))
    depth = south + hall + north
    end = 0.0
    if generator.random() < 0.5:  # a large room across the whole depth, at the east end of the hall
        end = float(generator.uniform(3.6, 4.8))
        width = max(width, end + 6.0)
    split = width - end
    layout = Layout([], [], [], Rect(0.0, 0.0, width, depth))
    _add_outer_walls(layout)
    half, outer = 0.5 * WALL_THICKNESS_M, 0.5 * OUTER_THICKNESS_M
    east = split - (half if end else outer)
    layout.rooms.append(Room("hall", Rect(outer, south + half, east, south + hall - half)))
    strips = [(0.0 + outer, south - half, south, "south"), (south + hall + half, depth - outer, south + hall, "north")]
    kinds = _draw_kinds(generator, bool(end))
    for (y0, y1, wall_y, side), strip_kinds in zip(strips, kinds):
        _add_strip(layout, generator, y0, y1, wall_y, split, east, side, strip_kinds)
    if end:
        _add_end_room(layout, generator, split, south, south + hall)
    return layout


def _add_outer_walls(layout: Layout) -> None:
    x, y = layout.extent.x1, layout.extent.y1
    corners = [(0.0, 0.0), (x, 0.0), (x, y), (0.0, y)]
    for number, name in enumerate(("south wall", "east wall", "north wall", "west wall")):
        layout.walls.append(make_wall(name, corners[number], corners[(number + 1) % 4], OUTER_THICKNESS_M))


def _draw_kinds(generator: np.random.Generator, has_end_room: bool) -> list[list[str]]:
    """What the rooms of the southern and of the northern strip are, from west to east."""
    first = ["kitchen", "bedroom" if has_end_room else "living room"]
    second = ["bedroom", "bathroom", "study" if generator.random() < 0.6 else "children's room"]
    for kinds in (first, second):
        generator.shuffle(kinds)
    return [first, second] if generator.random() < 0.5 else [second, first]


_SHARES = {"living room": 1.7, "kitchen": 1.1, "bedroom": 1.25, "bathroom": 0.75, "study": 1.0, "children's room": 1.1}


def _add_strip(
    layout: Layout, generator: np.random.Generator, y0: float, y1: float, wall_y: float, split: float, east: float,
    side: str, kinds: list[str],
) -> None:  # fmt: skip
    """Rooms beside each other on one side of the hall, each with a doorway to it."""
    shares = np.array([_SHARES[kind] for kind in kinds]) * generator.uniform(0.9, 1.15, len(kinds))
    borders = np.concatenate([[0.0], split * np.cumsum(shares) / shares.sum()])
    half, gaps, before = 0.5 * WALL_THICKNESS_M, [], None
    for number, kind in enumerate(kinds):
        x0 = borders[number] + (half if number else 0.5 * OUTER_THICKNESS_M)
        x1 = borders[number + 1] - half if number + 1 < len(kinds) else east
        room = Room(kind, Rect(float(x0), y0, float(x1), y1))
        layout.rooms.append(room)
        wide = kind == "living room" and generator.random() < 0.5
        gap = _draw_gap(generator, room.inside.x0, room.inside.x1, wide)
        gaps.append(gap)
        _open_to_hall(layout, generator, room, gap, wall_y, side == "south", wide)
        if number:
            border = float(borders[number])
            between = ()
            if before is not None and {before.kind, kind} <= {"kitchen", "living room", "study"} and generator.random() < 0.7:
                # Clear of doors that stand open at the wall between the rooms.
                low, high = (y0, y1 - DOOR_ROOM_M) if side == "south" else (y0 + DOOR_ROOM_M, y1)
                between = (_draw_gap(generator, low, high, generator.random() < 0.3),)
                _keep_doorway_free(before, border, between[0], False)
                _keep_doorway_free(room, border, between[0], False)
            name = f"{before.kind} {kind} wall"  # type: ignore[union-attr]  # there is a room before the second one
            layout.walls += _Wall(name, False, border, y0, y1, between).build()
        before = room
    layout.walls += _Wall(f"hall {side} wall", True, wall_y, 0.0, split, tuple(gaps)).build()


def _draw_gap(generator: np.random.Generator, low: float, high: float, wide: bool) -> tuple[float, float]:
    """Where a doorway is in a wall between two corners, often near one of them as in real homes."""
    width = float(generator.uniform(1.3, 1.8) if wide else generator.uniform(*DOORWAY_M))
    width = min(width, high - low - 2.0 * DOOR_FRAME_M)
    room = high - low - width - 2.0 * DOOR_FRAME_M
    place = generator.choice([0.0, 1.0, generator.random()]) * room
    start = low + DOOR_FRAME_M + float(place)
    return start, start + width


def _open_to_hall(
    layout: Layout, generator: np.random.Generator, room: Room, gap: tuple[float, float], wall_y: float,
    is_south: bool, wide: bool,
) -> None:  # fmt: skip
    for side in (layout.rooms[0], room):
        _keep_doorway_free(side, wall_y, gap, True)
    if wide or generator.random() < 0.25:
        return
    # The hinge is on the side of the nearer corner, and the door opens into the room, flat against the wall beside it.
    at_low = gap[0] - room.inside.x0 < room.inside.x1 - gap[1]
    hinge_x, inwards = (gap[0] if at_low else gap[1]), (-1.0 if is_south else 1.0)
    turn = math.radians(float(generator.uniform(84.0, 95.0)))
    layout.doors.append(
        Door(
            name=f"{room.kind} door {len(layout.doors) + 1}",
            hinge_map=(hinge_x + (0.02 if at_low else -0.02), wall_y + inwards * 0.5 * WALL_THICKNESS_M),
            width_m=gap[1] - gap[0] - 0.04,
            closed_yaw_rad=0.0 if at_low else math.pi,
            open_angle_rad=turn * inwards * (1.0 if at_low else -1.0),
        )
    )


def _add_end_room(layout: Layout, generator: np.random.Generator, split: float, hall_y0: float, hall_y1: float) -> None:
    """The large room into which the hall leads."""
    half, outer, extent = 0.5 * WALL_THICKNESS_M, 0.5 * OUTER_THICKNESS_M, layout.extent
    room = Room("living room", Rect(split + half, outer, extent.x1 - outer, extent.y1 - outer))
    layout.rooms.append(room)
    low, high = hall_y0 + half, hall_y1 - half
    gap = (low, high) if generator.random() < 0.4 else _draw_gap(generator, low, high, False)
    for side in (layout.rooms[0], room):
        _keep_doorway_free(side, split, gap, False)
    layout.walls += _Wall("living room wall", False, split, 0.0, extent.y1, (gap,)).build()


def _keep_doorway_free(room: Room, wall_at: float, gap: tuple[float, float], is_level: bool, depth_m: float = 0.95) -> None:
    """Nothing stands within a door's width of a doorway."""
    low, high, near, far = gap[0] - 0.1, gap[1] + 0.1, wall_at - depth_m, wall_at + depth_m
    room.keep_free.append(Rect(low, near, high, far) if is_level else Rect(near, low, far, high))
