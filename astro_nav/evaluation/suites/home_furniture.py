"""Furniture for the rooms of a home, where people would put it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from astro_nav.evaluation.suites.home_layout import Layout, Rect, Room
from astro_nav.evaluation.suites.pieces import Point, make_piece
from astro_nav.simulation.solids import Solid

# Walls of a room: where somebody looks who stands with their back to it.
FACINGS = {"south": 0.5 * math.pi, "east": math.pi, "north": -0.5 * math.pi, "west": 0.0}
TRIES = 30


def furnish(layout: Layout, generator: np.random.Generator) -> list[Solid]:
    """Furnish every room."""
    solids = []
    for room in layout.rooms:
        furnisher = Furnisher(room, generator)
        _RECIPES[room.kind](furnisher)
        solids += furnisher.solids
    return solids


def strew(layout: Layout, solids: list[Solid], generator: np.random.Generator, count: int) -> list[Solid]:
    """Leave `count` things on the floor that the map does not show, where there is room for them."""
    strewn: list[Solid] = []
    for number in range(count):
        room = layout.rooms[int(generator.integers(len(layout.rooms)))]
        furnisher = Furnisher(room, generator)
        furnisher.taken = [_bound(solid) for solid in solids + strewn if solid.bottom_m < 0.5]
        kind, size, radius, name, color = _draw_thing(generator)
        in_hall = room.kind == "hall"
        rect = furnisher.find_free(2.0 * radius, 2.0 * radius, 0.02 if in_hall else 0.1, near_wall=in_hall)
        if rect is not None:
            yaw = float(generator.uniform(0.0, 2.0 * math.pi))
            strewn += make_piece(kind, f"{name} {number + 1}", rect.middle, yaw, size, mapped=False, color=color)
    return strewn


def _draw_thing(generator: np.random.Generator) -> tuple[str, tuple[float, ...], float, str, str]:
    """Type, size, radius of the circle around it, name and colour of something left on the floor."""
    a, b = float(generator.uniform(0.22, 0.42)), float(generator.uniform(0.18, 0.34))
    height = float(generator.uniform(0.26, 0.45))
    things = [
        ("box", (a, b, height), 0.5 * math.hypot(a, b), "parcel", "cardboard"),
        ("box", (a, 0.5 * b, height), 0.5 * math.hypot(a, 0.5 * b), "bag", "fabric"),
        ("box", (0.4, 0.3, 0.3), 0.25, "toy box", "red"),
        ("cylinder", (0.5 * b, height), 0.5 * b, "basket", "linen"),
        ("cylinder", (0.11, 0.3), 0.11, "ball", "red"),
        ("chair", (0.42, 0.42, 0.9), 0.3, "moved chair", "dark_wood"),
        ("box", (0.3, 0.3, 0.42), 0.21, "stool", "wood"),
    ]
    return things[int(generator.integers(len(things)))]


def _bound(solid: Solid) -> Rect:
    outline = solid.compute_outline()
    (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
    return Rect(float(x0), float(y0), float(x1), float(y1))


class Furnisher:
    """Puts pieces into one room, never onto each other nor where the room has to stay free."""

    def __init__(self, room: Room, generator: np.random.Generator) -> None:
        self.room, self.generator = room, generator
        self.taken: list[Rect] = []
        self.solids: list[Solid] = []

    def draw(self, low: float, high: float) -> float:
        return float(self.generator.uniform(low, high))

    def find_at_wall(
        self, along: float, depth: float, gap_m: float = 0.02, free_in_front_m: float = 0.5, corner: bool = False, wall: str = ""
    ) -> tuple[Rect, str] | None:
        """A place of this size with its back to a wall; None when there is none.

        Args:
            along, depth: size along and away from the wall [m].
            gap_m: between wall and piece.
            free_in_front_m: nothing else may be this close in front.
            corner: in a corner of the room.
            wall: which one; any when empty.
        """
        inside = self.room.inside
        for _ in range(TRIES):
            side = wall or list(FACINGS)[int(self.generator.integers(4))]
            level = side in ("south", "north")
            low, high = (inside.x0, inside.x1) if level else (inside.y0, inside.y1)
            room = high - low - along - 2.0 * gap_m
            if room < 0.0:
                continue
            share = float(self.generator.integers(2)) if corner else float(np.clip(self.generator.uniform(-0.2, 1.2), 0.0, 1.0))
            a = low + gap_m + share * room
            front = depth + gap_m + free_in_front_m
            rect, ahead = self._lay(side, a, along, gap_m, depth), self._lay(side, a, along, gap_m, front)
            if self.is_free(rect, 0.0) and not any(ahead.overlaps(other) for other in self.taken):
                self.taken.append(rect)
                return rect, side
        return None

    def _lay(self, side: str, start: float, along: float, gap_m: float, depth: float) -> Rect:
        inside = self.room.inside
        if side == "south":
            return Rect(start, inside.y0 + gap_m, start + along, inside.y0 + gap_m + depth)
        if side == "north":
            return Rect(start, inside.y1 - gap_m - depth, start + along, inside.y1 - gap_m)
        if side == "west":
            return Rect(inside.x0 + gap_m, start, inside.x0 + gap_m + depth, start + along)
        return Rect(inside.x1 - gap_m - depth, start, inside.x1 - gap_m, start + along)

    def find_free(self, width: float, height: float, room_m: float, near_wall: bool = False) -> Rect | None:
        """A place anywhere in the room, `room_m` from everything else."""
        inside = self.room.inside
        for _ in range(TRIES):
            x = self.draw(inside.x0 + room_m, max(inside.x1 - width - room_m, inside.x0 + room_m))
            y = self.draw(inside.y0 + room_m, max(inside.y1 - height - room_m, inside.y0 + room_m))
            if near_wall:
                y = inside.y0 + 0.03 if self.generator.random() < 0.5 else inside.y1 - height - 0.03
            rect = Rect(x, y, x + width, y + height)
            if self.is_free(rect, room_m):
                self.taken.append(rect)
                return rect
        return None

    def is_free(self, rect: Rect, room_m: float) -> bool:
        if not self.room.inside.contains(rect) or any(rect.overlaps(other) for other in self.room.keep_free):
            return False
        return not any(rect.grow(room_m).overlaps(other) for other in self.taken)

    def put(self, kind: str, name: str, at: Point, yaw_rad: float, size: tuple[float, ...] = (), **more) -> None:
        """Put a piece down, a little crooked as things are."""
        yaw_rad += float(self.generator.normal(0.0, 0.01))
        self.solids += make_piece(kind, f"{self.room.kind} {name}", at, yaw_rad, size, **more)

    def add_at_wall(self, kind: str, name: str, size: tuple[float, float, float], turned: bool = False, **more) -> Rect | None:
        """A piece whose length lies along a wall, or points away from it when `turned`."""
        options = {key: more.pop(key) for key in ("free_in_front_m", "corner", "wall", "gap_m") if key in more}
        along, depth = (size[1], size[0]) if turned else (size[0], size[1])
        place = self.find_at_wall(along, depth, **options)
        if place is None:
            return None
        rect, side = place
        self.side = side
        self.put(kind, name, rect.middle, FACINGS[side] - (0.0 if turned else 0.5 * math.pi), size, **more)
        return rect

    def add_round(self, kind: str, name: str, radius: float, height: float, corner: bool = True, **more) -> None:
        """A round piece, in a corner or anywhere at a wall."""
        place = self.find_at_wall(2.0 * radius, 2.0 * radius, 0.06, 0.1, corner)
        if place is not None:
            self.put(kind, name, place[0].middle, 0.0, (radius, height), **more)

    def add_table(self, name: str, length: float, width: float, chairs: int, kind: str = "table") -> None:
        """A table with chairs around it, pulled out a little, each differently."""
        if self.generator.random() < 0.5:
            length, width = width, length
        rect = self.find_free(length + 0.5, width + 0.5, 0.3)
        if rect is None:
            return
        x, y = rect.middle
        round_radius = 0.5 * min(length, width)
        self.put(kind, name, (x, y), 0.0, (length, width, 0.74) if kind == "table" else (round_radius, 0.74))
        places = [(0.0, -1.0), (0.0, 1.0), (-1.0, 0.0), (1.0, 0.0)]
        if kind == "table" and max(length, width) > 1.25:
            step = 0.25 * max(length, width)
            level = length > width
            places = [(s * step if level else t, s * step if not level else t) for s in (-1.0, 1.0) for t in (-1.0, 1.0)]
        for number, (px, py) in enumerate(places[:chairs]):
            out = self.draw(0.02, 0.22)
            cx = px if abs(px) not in (0.0, 1.0) else px * (0.5 * length + out)
            cy = py if abs(py) not in (0.0, 1.0) else py * (0.5 * width + out)
            yaw = math.atan2(-py if abs(py) in (0.0, 1.0) else 0.0, -px if abs(px) in (0.0, 1.0) else 0.0)
            self.put("chair", f"chair {number + 1}", (x + cx, y + cy), yaw + float(self.generator.normal(0.0, 0.12)))


def _furnish_hall(f: Furnisher) -> None:
    if f.room.inside.height > 1.25:
        f.add_at_wall("shelf", "shoe cabinet", (f.draw(0.6, 1.1), 0.25, 0.9), free_in_front_m=0.75)
    f.add_round("lamp", "coat stand", 0.14, 1.7, color="dark_wood")


def _furnish_kitchen(f: Furnisher) -> None:
    longest = "south" if f.room.inside.y0 < 1.0 else "north"
    size = (min(f.draw(1.8, 3.0), f.room.inside.width - 0.75), 0.6, 0.9)
    if f.add_at_wall("box", "counter", size, wall=longest, corner=True, color="white"):
        f.add_at_wall("box", "fridge", (0.6, 0.62, 1.8), color="steel", free_in_front_m=0.7)
    kind = "table" if f.generator.random() < 0.7 else "round_table"
    f.add_table("table", f.draw(0.8, 1.3), f.draw(0.75, 0.85), int(f.generator.integers(2, 5)), kind)
    f.add_round("cylinder", "bin", 0.15, 0.5, color="steel")


def _furnish_living_room(f: Furnisher) -> None:
    sofa = f.add_at_wall("sofa", "sofa", (f.draw(1.7, 2.3), f.draw(0.8, 0.95), 0.8), free_in_front_m=1.1)
    if sofa is not None:
        facing, side = FACINGS[f.side], f.side
        level = side in ("south", "north")
        long, short = f.draw(0.7, 1.1), f.draw(0.4, 0.55)
        out = 0.5 * (sofa.height if level else sofa.width) + f.draw(0.35, 0.45) + 0.5 * short
        x, y = sofa.middle[0] + out * math.cos(facing), sofa.middle[1] + out * math.sin(facing)
        dx, dy = (long, short) if level else (short, long)
        rect = Rect(x - 0.5 * dx, y - 0.5 * dy, x + 0.5 * dx, y + 0.5 * dy)
        if f.is_free(rect, 0.1):
            f.taken.append(rect)
            f.put("box", "coffee table", (x, y), 0.0 if level else 0.5 * math.pi, (long, short, 0.4), color="dark_wood")
        opposite = {"south": "north", "north": "south", "east": "west", "west": "east"}[side]
        f.add_at_wall("shelf", "television bench", (f.draw(1.1, 1.6), 0.38, 0.5), wall=opposite, color="dark_wood")
    f.add_at_wall("armchair", "armchair", (0.8, 0.8, 0.8))
    f.add_at_wall("shelf", "bookcase", (f.draw(0.8, 1.6), 0.32, 1.9))
    if f.room.inside.area > 15.0:
        f.add_table("dining table", f.draw(1.3, 1.7), f.draw(0.8, 0.9), 4)
    f.add_round("plant", "plant", 0.17, 0.4)
    f.add_round("lamp", "floor lamp", 0.14, 1.6)


def _furnish_bedroom(f: Furnisher) -> None:
    width = f.draw(1.4, 1.8)
    bed = f.add_at_wall("bed", "bed", (2.05, width, 0.5), turned=True, free_in_front_m=0.6)
    if bed is not None:
        for number in (1, 2):
            f.add_at_wall("box", f"night stand {number}", (0.42, 0.4, 0.5), wall=f.side, free_in_front_m=0.2)
    f.add_at_wall("shelf", "wardrobe", (f.draw(1.2, 2.0), 0.6, 2.1), color="white", free_in_front_m=0.6)
    f.add_at_wall("shelf", "chest of drawers", (f.draw(0.8, 1.2), 0.45, 0.85))
    f.add_round("cylinder", "laundry basket", 0.2, 0.55, color="linen")


def _furnish_bathroom(f: Furnisher) -> None:
    f.add_at_wall("box", "bathtub", (1.7, 0.72, 0.55), corner=True, color="white", free_in_front_m=0.6)
    f.add_at_wall("box", "wash basin", (0.7, 0.45, 0.85), color="white", free_in_front_m=0.6)
    f.add_at_wall("box", "toilet", (0.62, 0.4, 0.42), turned=True, color="white", free_in_front_m=0.5)
    f.add_round("cylinder", "laundry basket", 0.18, 0.5, color="linen")


def _furnish_study(f: Furnisher) -> None:
    length, depth = f.draw(1.3, 1.7), f.draw(0.65, 0.8)
    desk = f.add_at_wall("table", "desk", (length, depth, 0.74), free_in_front_m=0.8)
    if desk is not None:
        facing, level = FACINGS[f.side], f.side in ("south", "north")
        out = 0.5 * (desk.height if level else desk.width) + f.draw(0.1, 0.3)
        at = (desk.middle[0] + out * math.cos(facing), desk.middle[1] + out * math.sin(facing))
        f.put("round_table", "office chair", at, 0.0, (0.24, 0.5), foot_radius_m=0.26, color="fabric")
        f.taken.append(Rect(at[0] - 0.27, at[1] - 0.27, at[0] + 0.27, at[1] + 0.27))
    f.add_at_wall("shelf", "shelf", (f.draw(0.8, 1.6), 0.35, 1.8))
    f.add_at_wall("box", "printer cabinet", (0.5, 0.5, 0.6), color="white")
    f.add_round("plant", "palm", 0.18, 0.4)


def _furnish_childrens_room(f: Furnisher) -> None:
    f.add_at_wall("bed", "bed", (2.0, 0.95, 0.45), corner=True)
    f.add_at_wall("table", "desk", (1.1, 0.6, 0.7), free_in_front_m=0.7)
    f.add_at_wall("shelf", "shelf", (f.draw(0.7, 1.1), 0.35, 1.2))
    f.add_at_wall("shelf", "wardrobe", (1.0, 0.58, 2.0), color="white", free_in_front_m=0.6)
    f.add_at_wall("box", "toy box", (0.6, 0.4, 0.4), color="red")


_RECIPES: dict[str, Callable[[Furnisher], None]] = {
    "hall": _furnish_hall,
    "kitchen": _furnish_kitchen,
    "living room": _furnish_living_room,
    "bedroom": _furnish_bedroom,
    "bathroom": _furnish_bathroom,
    "study": _furnish_study,
    "children's room": _furnish_childrens_room,
}
