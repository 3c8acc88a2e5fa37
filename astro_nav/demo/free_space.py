"""Where in a map the robot can stand, and what is connected with what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.geometry.footprint import compute_edge_distances
from astro_nav.geometry.se2 import invert, transform_points
from astro_nav.kernels.distance_field import compute_signed_distances
from astro_nav.types import FloatArray, OccupancyMap

# As map_server's trinary maps have it: what is not surely free is not driven on.
MAX_FREE_OCCUPANCY = 25
FAR_M = 5.0


class FreeSpace:
    """Clearance of every cell of a map, unknown space and the map's border counting as obstacles.

    Args:
        occupancy_map: the map.
        footprint_m: (V, 2) outline of the robot in base_link.
    """

    def __init__(self, occupancy_map: OccupancyMap, footprint_m: FloatArray) -> None:
        self.map = occupancy_map
        origin = np.zeros((1, 2))
        self.inscribed_radius_m = float(compute_edge_distances(origin, footprint_m)[0])
        self.circumscribed_radius_m = float(np.linalg.norm(footprint_m, axis=1).max())
        occupancy = occupancy_map.occupancy
        blocked = np.pad((occupancy < 0) | (occupancy > MAX_FREE_OCCUPANCY), 1, constant_values=True)
        clearance = np.empty(blocked.shape, np.float32)
        compute_signed_distances(blocked, occupancy_map.resolution_m, FAR_M, clearance)
        self.clearance_m: NDArray[np.float32] = np.ascontiguousarray(clearance[1:-1, 1:-1])

    def find_cells(self, points_map: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Cells (N, 2) as (row, column) of points (N, 2) [m], and which of them lie in the map (N,)."""
        points = transform_points(invert(self.map.pose_map_origin), np.asarray(points_map, dtype=np.float64))
        columns_rows = np.floor(points / self.map.resolution_m).astype(np.int64)
        cells = columns_rows[:, ::-1]
        inside = ((cells >= 0) & (cells < self.map.shape)).all(axis=1)
        return cells, inside

    def find_points(self, cells: NDArray[np.int64]) -> FloatArray:
        """Middles (N, 2) [m] in the map of cells (N, 2)."""
        centres = (np.asarray(cells)[:, ::-1] + 0.5) * self.map.resolution_m
        return transform_points(self.map.pose_map_origin, centres)

    def measure_clearance(self, points_map: FloatArray) -> FloatArray:
        """Clearance (N,) [m] at points (N, 2); -inf outside the map."""
        cells, inside = self.find_cells(points_map)
        clearance = np.full(len(cells), -np.inf)
        clearance[inside] = self.clearance_m[cells[inside, 0], cells[inside, 1]]
        return clearance

    def label_regions(self, radius_m: float, extra_blocked: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """Number the connected regions (H, W) in which a disc can move; 0 where it does not fit.

        Args:
            radius_m: of the disc.
            extra_blocked: (H, W) cells that its middle must not enter either.
        """
        from scipy.ndimage import label  # imported here: it takes long, and few need it

        fits = self.clearance_m >= radius_m
        if extra_blocked is not None:
            fits &= ~extra_blocked
        return label(fits, structure=np.ones((3, 3), dtype=int))[0].astype(np.int32)

    def find_largest_region(self, radius_m: float) -> NDArray[np.bool_]:
        """The largest region (H, W) in which a disc can move; empty when it fits nowhere."""
        labels = self.label_regions(radius_m)
        if not labels.any():
            return np.zeros(labels.shape, dtype=bool)
        return labels == np.bincount(labels.ravel())[1:].argmax() + 1

    def find_region_around(self, point_map: FloatArray, radius_m: float) -> NDArray[np.bool_]:
        """The region (H, W) around a point (2,) in which a disc can move; empty when it does not fit there."""
        labels = self.label_regions(radius_m)
        cells, inside = self.find_cells(np.asarray(point_map)[np.newaxis, :2])
        number = labels[tuple(cells[0])] if inside[0] else 0
        return labels == number if number else np.zeros(labels.shape, dtype=bool)

    def find_nearest_fit(self, point_map: FloatArray, fits: NDArray[np.bool_]) -> FloatArray | None:
        """Middle (2,) of the cell of a mask that is nearest to a point, None when the mask is empty."""
        cells = np.argwhere(fits)
        if len(cells) == 0:
            return None
        points = self.find_points(cells)
        return points[np.linalg.norm(points - np.asarray(point_map)[:2], axis=1).argmin()]
