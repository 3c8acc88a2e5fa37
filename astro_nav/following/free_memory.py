"""Which places have been seen free, and where something has stood for long: who comes is where it was free before."""

from __future__ import annotations

import numpy as np

from astro_nav.following.scan_view import ScanView
from astro_nav.types import FloatArray, OccupancyMap

CELL_M = 0.1
REACH_M = 6.0  # around the lidar
BEYOND_M = 0.15  # a ray that goes on for so far behind a cell has passed it
ABSORB_S, CLEAR_S = 3.0, 1.0  # until what stands counts as furniture, and what is seen through as free
FREE, FURNITURE = -0.3, 0.6  # of a memory between -1, free, and 1, occupied
LONGEST_STEP_S = 0.3


class FreeMemory:
    """A coarse grid over the map that learns from scans."""

    def __init__(self) -> None:
        self._memory = np.zeros((0, 0), dtype=np.float32)
        self._corner = np.zeros(2)
        self._stamp_s = -np.inf

    def begin(self, occupancy_map: OccupancyMap | None) -> None:
        """Forget everything; know the area of the map, whatever its heading."""
        self._stamp_s = -np.inf
        if occupancy_map is None:
            self._memory = np.zeros((0, 0), dtype=np.float32)
            return
        rows, columns = occupancy_map.shape
        x, y, yaw = occupancy_map.pose_map_origin
        along = occupancy_map.resolution_m * columns * np.array([np.cos(yaw), np.sin(yaw)])
        across = occupancy_map.resolution_m * rows * np.array([-np.sin(yaw), np.cos(yaw)])
        corners = np.array([x, y]) + np.array([np.zeros(2), along, across, along + across])
        self._corner = corners.min(axis=0)
        width, height = np.ceil((corners.max(axis=0) - self._corner) / CELL_M).astype(np.int64) + 1
        self._memory = np.zeros((height, width), dtype=np.float32)

    def add_scan(self, view: ScanView, ends_map: FloatArray, person_map: FloatArray, person_m: float) -> None:
        """Learn from a scan.

        Args:
            view: the scan.
            ends_map: (N, 2) where rays ended.
            person_map: (2,) where the person is thought to be.
            person_m: nearer to that than this nothing becomes furniture.
        """
        step_s = min(max(view.stamp_s - self._stamp_s, 0.0), LONGEST_STEP_S)
        self._stamp_s = view.stamp_s
        memory, (rows, columns, centres) = self._memory, self._cut_window(view.origin_map)
        if centres.size == 0:
            return
        window = memory[rows, columns]
        passed = view.find_passed(centres.reshape(-1, 2), BEYOND_M).reshape(window.shape)
        np.maximum(window - np.float32(step_s / CLEAR_S), -1.0, out=window, where=passed)
        others = ends_map[np.hypot(*(ends_map - person_map).T) > person_m]
        hit = self._find_cells(others)
        hit = np.unique(hit[self._is_inside(hit)], axis=0)
        memory[hit[:, 1], hit[:, 0]] = np.minimum(memory[hit[:, 1], hit[:, 0]] + np.float32(step_s / ABSORB_S), 1.0)

    def look_up(self, points_map: FloatArray) -> FloatArray:
        """Memory at points (N, 2), of the most occupied of nine cells if that is furniture, else of the freest; 0 where nothing is known."""
        cells = self._find_cells(points_map)
        found = np.zeros((9, len(cells)))
        for number, shift in enumerate(np.ndindex(3, 3)):
            beside = cells + np.array(shift) - 1
            inside = self._is_inside(beside)
            found[number, inside] = self._memory[beside[inside, 1], beside[inside, 0]]
        if len(cells) == 0:
            return np.zeros(0)
        highest = found.max(axis=0)
        return np.where(highest >= FURNITURE, highest, found.min(axis=0))

    def _cut_window(self, middle_map: FloatArray) -> tuple[slice, slice, FloatArray]:
        """Rows, columns and the middles (H, W, 2) of the cells around a point."""
        height, width = self._memory.shape
        column, row = self._find_cells(middle_map[np.newaxis])[0]
        reach = int(REACH_M / CELL_M)
        rows = slice(min(max(row - reach, 0), height), min(max(row + reach + 1, 0), height))
        columns = slice(min(max(column - reach, 0), width), min(max(column + reach + 1, 0), width))
        x = self._corner[0] + CELL_M * (np.arange(columns.start, columns.stop) + 0.5)
        y = self._corner[1] + CELL_M * (np.arange(rows.start, rows.stop) + 0.5)
        return rows, columns, np.stack(np.meshgrid(x, y), axis=-1)

    def _find_cells(self, points_map: FloatArray) -> np.ndarray:
        return np.floor((points_map - self._corner) / CELL_M).astype(np.int64)

    def _is_inside(self, cells: np.ndarray) -> np.ndarray:
        return ((cells >= 0) & (cells < np.array(self._memory.shape[::-1]))).all(axis=1)
