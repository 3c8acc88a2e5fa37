"""Where the global map shows something, asked for ends of rays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry import se2
from astro_nav.types import FloatArray, OccupancyMap, UNKNOWN

EMPTY, UNMAPPED, KNOWN = -1, 0, 1


class KnownPlaces:
    """Looks places up in an occupancy map, with some tolerance for where the robot is believed to be.

    Nothing is computed ahead: a map may be large, and a new one may come every second.

    Args:
        occupancy_map: the map.
        occupied_from: cells of at least this occupancy are something, 1 .. 100.
        distance_m: a place this near to such a cell's middle is at it.
    """

    def __init__(self, occupancy_map: OccupancyMap, occupied_from: int, distance_m: float) -> None:
        self._map, self._occupied_from = occupancy_map, occupied_from
        reach = int(np.ceil(distance_m / occupancy_map.resolution_m))
        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
        near = np.hypot(rows, columns) * occupancy_map.resolution_m <= distance_m
        self._rows, self._columns = rows[near], columns[near]

    def classify(self, places_map: FloatArray) -> NDArray[np.int8]:
        """Class of every place (N, 2) [m] in the map's frame: KNOWN, EMPTY, or UNMAPPED where the map says nothing."""
        height, width = self._map.shape
        classes = np.full(len(places_map), UNMAPPED, dtype=np.int8)
        finite = np.flatnonzero(np.isfinite(places_map).all(axis=1))
        local = se2.transform_points(se2.invert(self._map.pose_map_origin), places_map[finite]) / self._map.resolution_m
        inside = ((local >= 0.0) & (local < [width, height])).all(axis=1)
        chosen = finite[inside]
        cells = local[inside].astype(np.int64)
        rows = np.clip(cells[:, 1:] + self._rows, 0, height - 1)
        columns = np.clip(cells[:, :1] + self._columns, 0, width - 1)
        known = (self._map.occupancy[rows, columns] >= self._occupied_from).any(axis=1)
        seen = self._map.occupancy[cells[:, 1], cells[:, 0]] != UNKNOWN
        classes[chosen] = np.where(known, KNOWN, np.where(seen, EMPTY, UNMAPPED))
        return classes
