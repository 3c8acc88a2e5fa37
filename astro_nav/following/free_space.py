"""Room on the map around the robot: is a place free, and a straight line to it?"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astro_nav.geometry import se2
from astro_nav.global_planning.zones import Zone, contain_points
from astro_nav.types import Float32Array, FloatArray, OccupancyMap, UNKNOWN

REACH_M = 6.0  # half the edge of the window in which room is known
RENEW_M = 2.0  # the window is computed anew when it is asked for so far from its middle
STRIDE_M = 0.05
THINNING = 2  # the window for ways is coarser
OUTLINE_POINTS = 12  # of the circle that stands for the robot at the border of a keep-out zone
PLACE_STEP_M = 0.15
NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Places:
    """Places around the robot and the ways to them.

    Attributes:
        points_map: (N, 2) of a grid [m].
        lengths_m: (N,) of the way there, inf where there is none.
        parents: (N,) the place before on that way, -1 for none.
        reached: indices of the places that can be reached.
    """

    points_map: FloatArray
    lengths_m: FloatArray
    parents: np.ndarray
    reached: np.ndarray

    def list_way(self, place: int) -> FloatArray:
        """Points (K, 2) from the start to a place."""
        way = [place]
        while self.parents[way[-1]] >= 0:
            way.append(int(self.parents[way[-1]]))
        return self.points_map[way[::-1]]


@dataclass(frozen=True)
class Window:
    """Room around the robot on a grid that lies like the map's cells.

    Attributes:
        distance_m: (H, W) float32 to the nearest obstacle, below 0 in one.
        origin: (2,) lower left corner in the map's own axes [m].
        resolution_m: edge of a cell.
        pose_map_axes: (3,) pose of these axes.
    """

    distance_m: Float32Array
    origin: FloatArray
    resolution_m: float
    pose_map_axes: FloatArray

    def to_local(self, points_map: FloatArray) -> FloatArray:
        """Points (N, 2) of the map in its own axes."""
        return se2.transform_points(se2.invert(self.pose_map_axes), points_map)

    def to_map(self, points: FloatArray) -> FloatArray:
        """And back."""
        return se2.transform_points(self.pose_map_axes, points)


class FreeSpace:
    """Distances to what the map shows, in a window that moves along: a large map costs no more than a small one.

    Args:
        occupied_threshold: cells of at least this occupancy are obstacles.
        is_unknown_blocked: whether unknown cells are, too.
    """

    def __init__(self, occupied_threshold: int, is_unknown_blocked: bool) -> None:
        self._threshold, self._is_unknown_blocked = occupied_threshold, is_unknown_blocked
        self._map: OccupancyMap | None = None
        self._middle: FloatArray | None = None
        self._corner = (0, 0)
        self._distance_m = np.zeros((1, 1))
        self._polygons: list[FloatArray] = []
        self._window: Window | None = None

    @property
    def window(self) -> Window | None:
        """Every second cell of the room around the robot; None where no map is known."""
        return self._window

    @property
    def occupancy_map(self) -> OccupancyMap | None:
        """The map, None before the first."""
        return self._map

    def set_map(self, occupancy_map: OccupancyMap) -> None:
        """Use another map."""
        self._map, self._middle, self._window = occupancy_map, None, None

    def set_zones(self, zones: Sequence[Zone]) -> None:
        """Stay out of other keep-out zones."""
        self._polygons = [zone.polygon_map for zone in zones if zone.is_keep_out]

    def cut_way(self, way_map: FloatArray, radius_m: float) -> FloatArray:
        """A way (N, 3) up to where a robot of this radius would enter a keep-out zone; a robot that stands in one may leave it.

        Wherever a person goes: nobody is followed down the stairs.
        """
        if not self._polygons or len(way_map) == 0:
            return way_map
        turns = np.linspace(0.0, 2.0 * np.pi, OUTLINE_POINTS, endpoint=False)
        outline = radius_m * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        points = np.concatenate([way_map[:, :2], *(way_map[:, :2] + corner for corner in outline)])
        inside = np.zeros(len(points), dtype=bool)
        for polygon in self._polygons:
            inside |= contain_points(polygon, points)
        entered = inside.reshape(-1, len(way_map)).any(axis=0)
        if not entered.any() or entered[0]:
            return way_map if not entered[-1] else way_map[:1]
        return way_map[: int(np.argmax(entered))]

    def move_to(self, point_map: FloatArray) -> None:
        """Know the room around a point (2,)."""
        occupancy_map = self._map
        if occupancy_map is None or (self._middle is not None and math.dist(self._middle, point_map[:2]) < RENEW_M):
            return
        from scipy import ndimage  # only who follows a person needs it: 25 MB less for everybody else

        self._middle = np.array(point_map[:2])
        column, row = self._find_cells(self._middle[np.newaxis])[0]
        reach = int(math.ceil((REACH_M + RENEW_M) / occupancy_map.resolution_m))
        rows, columns = occupancy_map.shape
        first_row, first_column = max(row - reach, 0), max(column - reach, 0)
        window = occupancy_map.occupancy[first_row : max(row + reach, 0) + 1, first_column : max(column + reach, 0) + 1]
        blocked = window >= self._threshold
        if self._is_unknown_blocked:
            blocked |= window == UNKNOWN
        self._corner = (first_row, first_column)
        self._distance_m = (
            (ndimage.distance_transform_edt(~np.pad(blocked, 1, constant_values=True))[1:-1, 1:-1] - 0.5) * occupancy_map.resolution_m
            if window.size
            else np.zeros((0, 0))
        )
        thinned = np.ascontiguousarray(self._distance_m[::THINNING, ::THINNING], dtype=np.float32)
        # The middle of a thinned cell is that of the cell which it stands for.
        shift = 0.5 * (1 - THINNING)
        origin = (np.array([first_column, first_row]) + shift) * occupancy_map.resolution_m
        self._window = Window(thinned, origin, THINNING * occupancy_map.resolution_m, occupancy_map.pose_map_origin) if window.size else None

    def measure_room(self, points_map: FloatArray) -> FloatArray:
        """Distance of points (N, 2) to the nearest obstacle (N,) [m]; below 0 in one and outside of the window, inf without a map."""
        if self._map is None or self._middle is None:
            return np.full(len(points_map), np.inf)
        cells = self._find_cells(points_map)
        rows, columns = cells[:, 1] - self._corner[0], cells[:, 0] - self._corner[1]
        height, width = self._distance_m.shape
        inside = (rows >= 0) & (columns >= 0) & (rows < height) & (columns < width)
        room = np.full(len(points_map), -0.5 * self._map.resolution_m)
        room[inside] = self._distance_m[rows[inside], columns[inside]]
        return room

    def is_line_free(self, begin_map: FloatArray, end_map: FloatArray, room_m: float, skip_m: float = 0.0) -> bool:
        """Whether there is so much room all along the line between two points (2,), but for its first `skip_m`."""
        length_m = math.dist(begin_map[:2], end_map[:2])
        if length_m <= skip_m:
            return True
        shares = np.linspace(skip_m / length_m, 1.0, max(int(length_m / STRIDE_M), 1) + 1)[:, np.newaxis]
        return bool((self.measure_room(begin_map[:2] + shares * (end_map[:2] - begin_map[:2])) >= room_m).all())

    def find_places(
        self, start_map: FloatArray, reach_m: float, room_m: float, avoid_map: FloatArray, avoid_m: float, step_m: float = PLACE_STEP_M
    ) -> Places:
        """Everywhere that can be driven to with so much room, by ways around `avoid_map` (2,) that keep `avoid_m` from it.

        A robot that is nearer to something than that may get away from it.
        """
        count = int(reach_m / step_m)
        offsets = step_m * np.arange(-count, count + 1)
        grid = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2) + start_map[:2]
        from_start = np.hypot(*(grid - start_map[:2]).T)
        gaps = np.hypot(*(grid - avoid_map).T)
        start_gap_m = math.dist(start_map[:2], avoid_map)
        free = (self.measure_room(grid) >= room_m) | (from_start < 0.3)
        free &= (gaps >= min(avoid_m, start_gap_m - 1e-6)) & (from_start <= reach_m)
        width = 2 * count + 1
        lengths, parents = np.full(len(grid), np.inf), np.full(len(grid), -1)
        begin = count * width + count
        lengths[begin], queue = 0.0, [(0.0, begin)]
        while queue:
            length, cell = heapq.heappop(queue)
            if length > lengths[cell]:
                continue
            row, column = divmod(cell, width)
            for down, right in NEIGHBOURS:
                if not (0 <= row + down < width and 0 <= column + right < width):
                    continue
                other = cell + down * width + right
                further = length + step_m * math.hypot(down, right)
                if free[other] and further < lengths[other]:
                    lengths[other], parents[other] = further, cell
                    heapq.heappush(queue, (further, other))
        reached = np.flatnonzero(np.isfinite(lengths))
        return Places(grid, lengths, parents, reached)

    def _find_cells(self, points_map: FloatArray) -> np.ndarray:
        assert self._map is not None
        local = se2.transform_points(se2.invert(self._map.pose_map_origin), points_map)
        return np.floor(local / self._map.resolution_m).astype(np.int64)
