"""What stands in a world: upright boxes and cylinders, and the flat index through which rays and distances find them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from astro_nav.kernels import shape_queries
from astro_nav.types import FloatArray

ALWAYS = ((0.0, math.inf),)


@dataclass(frozen=True)
class Solid:
    """An upright box, or an upright cylinder when `radius_m` is positive, that never moves.

    Attributes:
        name: what contacts with it are reported as.
        kind: "wall" or "object".
        center_map: (x, y) [m].
        yaw_rad: direction of the box's length.
        size_m: length and width of the box; ignored for a cylinder.
        radius_m: radius of the cylinder, 0 for a box.
        bottom_m, top_m: height of its ends above the floor.
        mapped: whether a map of this world shows it.
        times_s: (from, to) spans in which it is there.
        glass: whether the lidar looks through it.
        color: what to paint it with, a name of `simulation.colors`.
    """

    name: str
    kind: str
    center_map: tuple[float, float]
    yaw_rad: float = 0.0
    size_m: tuple[float, float] = (0.0, 0.0)
    radius_m: float = 0.0
    bottom_m: float = 0.0
    top_m: float = 1.0
    mapped: bool = True
    times_s: tuple[tuple[float, float], ...] = ALWAYS
    glass: bool = False
    color: str = "wood"

    @property
    def is_cylinder(self) -> bool:
        return self.radius_m > 0.0

    @property
    def is_timed(self) -> bool:
        return self.times_s != ALWAYS

    def is_present(self, time_s: float) -> bool:
        """Whether it is there at a time."""
        return any(start <= time_s < end for start, end in self.times_s)

    def overlaps_heights(self, bottom_m: float, top_m: float) -> bool:
        """Whether any part of it lies between two heights."""
        return self.bottom_m < top_m and self.top_m > bottom_m

    def compute_rectangle(self) -> tuple[float, float, float, float, float, float]:
        """Row of a kernel's rectangles."""
        return (
            self.center_map[0],
            self.center_map[1],
            math.cos(self.yaw_rad),
            math.sin(self.yaw_rad),
            0.5 * self.size_m[0],
            0.5 * self.size_m[1],
        )

    def compute_disc(self) -> tuple[float, float, float]:
        """Row of a kernel's discs."""
        return (self.center_map[0], self.center_map[1], self.radius_m)

    def compute_outline(self) -> FloatArray:
        """Vertices (N, 2) in the map, counter-clockwise; a cylinder becomes a polygon of 24 vertices."""
        if self.is_cylinder:
            return compute_disc_outline(self.center_map, self.radius_m)
        return compute_box_outline(self.center_map, self.yaw_rad, self.size_m)


@dataclass(frozen=True)
class Shape:
    """The flat outline of anything in a world at one moment, for drawing and for measuring.

    Attributes:
        name: of the thing.
        kind: "wall", "object", "door" or "person".
        outline_map: (N, 2) vertices, counter-clockwise [m].
        center_map: (x, y) [m].
        radius_m: positive for discs; the outline then is a polygon near the disc.
        bottom_m, top_m: heights above the floor.
        mapped: whether a map of the world shows it.
        color: a name of `simulation.colors`.
    """

    name: str
    kind: str
    outline_map: FloatArray
    center_map: tuple[float, float]
    radius_m: float
    bottom_m: float
    top_m: float
    mapped: bool
    color: str


def compute_box_outline(center: tuple[float, float], yaw_rad: float, size_m: tuple[float, float]) -> FloatArray:
    """Corners (4, 2) of a turned rectangle, counter-clockwise."""
    half = 0.5 * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.asarray(size_m)
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.asarray(center) + half @ np.array([[cos, sin], [-sin, cos]])


def compute_disc_outline(center: tuple[float, float], radius_m: float, count: int = 24) -> FloatArray:
    """Vertices (count, 2) on a circle, counter-clockwise."""
    angle = 2.0 * np.pi * np.arange(count) / count
    return np.asarray(center) + radius_m * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def describe_solid(solid: Solid) -> Shape:
    """The shape of a solid."""
    return Shape(
        name=solid.name,
        kind=solid.kind,
        outline_map=solid.compute_outline(),
        center_map=solid.center_map,
        radius_m=solid.radius_m,
        bottom_m=solid.bottom_m,
        top_m=solid.top_m,
        mapped=solid.mapped,
        color=solid.color,
    )


class SolidIndex:
    """The solids that matter to one question (what the lidar sees, what the robot hits, where people cannot go).

    Args:
        solids: all solids of the world.
        wanted: which of them belong in; all of them are there at first.
    """

    def __init__(self, solids: Sequence[Solid], wanted: Callable[[Solid], bool]) -> None:
        chosen = [solid for solid in solids if wanted(solid)]
        self.solids = [s for s in chosen if not s.is_cylinder] + [s for s in chosen if s.is_cylinder]
        self.rectangles = np.array([s.compute_rectangle() for s in self.solids if not s.is_cylinder]).reshape(-1, 6)
        self.discs = np.array([s.compute_disc() for s in self.solids if s.is_cylinder]).reshape(-1, 3)
        self.active = np.ones(len(self.solids), dtype=np.bool_)
        self._place_of = {id(solid): place for place, solid in enumerate(self.solids)}
        self._build_grid()

    def set_presence(self, solid: Solid, present: bool) -> None:
        """Let a solid appear or vanish; nothing happens when it is none of this index."""
        place = self._place_of.get(id(solid))
        if place is not None:
            self.active[place] = present

    def cast_rays(
        self,
        origins: FloatArray,
        directions: FloatArray,
        max_range_m: float,
        snapshots: FloatArray,
        moving_rectangles: FloatArray,
        moving_discs: FloatArray,
    ) -> FloatArray:
        """Distances (N,) along rays, inf where nothing is hit; see the kernel for the arguments."""
        out = np.empty(len(origins))
        shape_queries.cast_rays(
            origins, directions, max_range_m, self.rectangles, self.discs, self.active, *self._grid,
            snapshots, moving_rectangles, moving_discs, out,
        )  # fmt: skip
        return out

    def measure_point_distances(self, points: FloatArray, limit_m: float) -> FloatArray:
        """Distance of points (N, 2) to the nearest solid, 0 inside, at most `limit_m`; returns (N,) [m]."""
        out = np.empty(len(points))
        shape_queries.measure_point_distances(
            points, limit_m, self.rectangles, self.discs, self.active, *self._grid, out
        )
        return out

    def measure_polygon_clearance(
        self, vertices: FloatArray, moving_rectangles: FloatArray, moving_discs: FloatArray
    ) -> tuple[float, int]:
        """Distance of a polygon to the nearest shape [m] and its number; see the kernel."""
        return shape_queries.measure_polygon_clearance(
            vertices, self.rectangles, self.discs, self.active, moving_rectangles, moving_discs
        )

    def _build_grid(self) -> None:
        """Sort the items into cells, about as many as there are items and never finer than 0.2 m."""
        reach = np.abs(self.rectangles[:, 2:4])
        half_x = reach[:, 0] * self.rectangles[:, 4] + reach[:, 1] * self.rectangles[:, 5]
        half_y = reach[:, 1] * self.rectangles[:, 4] + reach[:, 0] * self.rectangles[:, 5]
        half = np.concatenate([np.stack([half_x, half_y], axis=1), np.repeat(self.discs[:, 2:], 2, axis=1)])
        centers = np.concatenate([self.rectangles[:, :2], self.discs[:, :2]])
        low = (centers - half).min(axis=0) - 1e-3 if len(centers) else np.zeros(2)
        high = (centers + half).max(axis=0) + 1e-3 if len(centers) else np.ones(2)
        area = float(np.prod(high - low))
        cell_m = max(0.2, math.sqrt(area / (4.0 * len(centers) + 1000.0)))
        width, height = (max(1, int(math.ceil(extent / cell_m))) for extent in high - low)
        counts = np.zeros(width * height, dtype=np.int64)
        shape_queries.count_cell_items(self.rectangles, self.discs, low, cell_m, width, height, counts)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
        items = np.empty(int(starts[-1]), dtype=np.int64)
        counts[:] = 0
        shape_queries.fill_cell_items(self.rectangles, self.discs, low, cell_m, width, height, starts, counts, items)
        self._grid = (low, cell_m, width, height, starts, items)
