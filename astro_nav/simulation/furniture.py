"""Pieces of furniture as the boxes and cylinders that the lidar sees and the robot hits."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from astro_nav.simulation.solids import ALWAYS, Solid

# Seats and table tops are boards of this thickness.
BOARD_M = 0.04
# A seat's underside lies above the robot, so that what the lidar cannot see does not stop it.
SEAT_M = 0.5


def build_furniture(values: dict[str, Any], mapped: bool) -> list[Solid]:
    """Build the solids of one piece.

    Args:
        values: checked by `world_schema.FURNITURE[values["type"]]`.
        mapped: whether the map shows it.
    """
    return _BUILDERS[values["type"]](_Piece(values, mapped))


class _Piece:
    """Places parts that are given in the piece's own frame: x along its length, y to the left."""

    def __init__(self, values: dict[str, Any], mapped: bool) -> None:
        self.values, self._mapped = values, mapped
        self._x, self._y = values["at_m"]
        self._yaw_rad = math.radians(values["yaw_deg"])
        span = (values["appears_s"], values["vanishes_s"])
        self._times_s = ALWAYS if span == ALWAYS[0] else (span,)

    def box(self, x: float, y: float, length: float, width: float, bottom: float, top: float, **more: Any) -> Solid:
        return self._solid(x, y, bottom, top, yaw_rad=self._yaw_rad, size_m=(length, width), **more)

    def cylinder(self, x: float, y: float, radius: float, bottom: float, top: float, **more: Any) -> Solid:
        return self._solid(x, y, bottom, top, radius_m=radius, **more)

    def legs(self, x: float, y: float, radius: float, top: float) -> list[Solid]:
        """Four legs at (+-x, +-y)."""
        return [self.cylinder(sx * x, sy * y, radius, 0.0, top) for sx in (1, -1) for sy in (1, -1)]

    def _solid(self, x: float, y: float, bottom: float, top: float, **more: Any) -> Solid:
        cos, sin = math.cos(self._yaw_rad), math.sin(self._yaw_rad)
        more.setdefault("color", self.values["color"])
        return Solid(
            name=self.values["name"],
            kind="object",
            center_map=(self._x + cos * x - sin * y, self._y + sin * x + cos * y),
            bottom_m=bottom,
            top_m=top,
            mapped=self._mapped,
            times_s=self._times_s,
            **more,
        )


def _build_box(piece: _Piece) -> list[Solid]:
    length, width, height = piece.values["size_m"]
    bottom = piece.values["bottom_m"]
    return [piece.box(0.0, 0.0, length, width, bottom, bottom + height, glass=piece.values["glass"])]


def _build_cylinder(piece: _Piece) -> list[Solid]:
    radius, height = piece.values["size_m"]
    bottom = piece.values["bottom_m"]
    return [piece.cylinder(0.0, 0.0, radius, bottom, bottom + height)]


def _build_table(piece: _Piece) -> list[Solid]:
    length, width, height = piece.values["size_m"]
    radius = piece.values["leg_radius_m"]
    inset = radius + 0.02
    top = piece.box(0.0, 0.0, length, width, height - BOARD_M, height)
    return [top, *piece.legs(0.5 * length - inset, 0.5 * width - inset, radius, height - BOARD_M)]


def _build_round_table(piece: _Piece) -> list[Solid]:
    radius, height = piece.values["size_m"]
    return [
        piece.cylinder(0.0, 0.0, radius, height - BOARD_M, height),
        piece.cylinder(0.0, 0.0, 0.04, 0.0, height - BOARD_M),
        piece.cylinder(0.0, 0.0, piece.values["foot_radius_m"], 0.0, 0.25, color="steel"),
    ]


def _build_chair(piece: _Piece) -> list[Solid]:
    """The back is at the negative end, so the yaw is where a sitting person looks."""
    length, width, height = piece.values["size_m"]
    radius = piece.values["leg_radius_m"]
    seat = piece.box(0.0, 0.0, length, width, SEAT_M - BOARD_M, SEAT_M)
    back = piece.box(-0.5 * length + 0.02, 0.0, 0.03, width, SEAT_M, height)
    return [seat, back, *piece.legs(0.5 * length - radius, 0.5 * width - radius, radius, SEAT_M - BOARD_M)]


def _build_sofa(piece: _Piece) -> list[Solid]:
    """The back is on the right-hand side of the length, so a sitting person looks to the left of the yaw."""
    length, width, height = piece.values["size_m"]
    seat, arm = 0.55 * height, 0.16
    return [
        piece.box(0.0, 0.0, length, width, 0.0, seat),
        piece.box(0.0, -0.5 * width + 0.1, length, 0.2, seat, height),
        piece.box(0.5 * (length - arm), 0.0, arm, width, seat, 0.78 * height),
        piece.box(-0.5 * (length - arm), 0.0, arm, width, seat, 0.78 * height),
    ]


def _build_bed(piece: _Piece) -> list[Solid]:
    """The head is at the negative end."""
    length, width, height = piece.values["size_m"]
    return [
        piece.box(0.0, 0.0, length, width, 0.0, 0.6 * height, color="wood"),
        piece.box(0.02, 0.0, length - 0.08, width - 0.06, 0.6 * height, height),
        piece.box(-0.5 * length + 0.02, 0.0, 0.04, width, height, 1.8 * height, color="wood"),
        piece.box(-0.5 * length + 0.3, 0.25 * width, 0.4, 0.4 * width, height, height + 0.1, color="white"),
        piece.box(-0.5 * length + 0.3, -0.25 * width, 0.4, 0.4 * width, height, height + 0.1, color="white"),
    ]


def _build_shelf(piece: _Piece) -> list[Solid]:
    length, width, height = piece.values["size_m"]
    return [piece.box(0.0, 0.0, length, width, 0.0, height)]


def _build_plant(piece: _Piece) -> list[Solid]:
    """A pot with leaves above the robot's reach."""
    radius, height = piece.values["size_m"]
    return [
        piece.cylinder(0.0, 0.0, radius, 0.0, height, color="cardboard"),
        piece.cylinder(0.0, 0.0, 1.6 * radius, max(height, 0.5), max(height, 0.5) + 0.6),
    ]


def _build_lamp(piece: _Piece) -> list[Solid]:
    """A foot, a pole and a shade."""
    radius, height = piece.values["size_m"]
    return [
        piece.cylinder(0.0, 0.0, radius, 0.0, 0.22),
        piece.cylinder(0.0, 0.0, 0.015, 0.22, height),
        piece.cylinder(0.0, 0.0, 1.3 * radius, height - 0.25, height, color="linen"),
    ]


_BUILDERS: dict[str, Callable[[_Piece], list[Solid]]] = {
    "box": _build_box,
    "cylinder": _build_cylinder,
    "table": _build_table,
    "round_table": _build_round_table,
    "chair": _build_chair,
    "sofa": _build_sofa,
    "armchair": _build_sofa,
    "bed": _build_bed,
    "shelf": _build_shelf,
    "plant": _build_plant,
    "lamp": _build_lamp,
}
