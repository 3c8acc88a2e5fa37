"""A world from any occupancy map: its occupied cells, merged into few boxes, become walls.

Unknown cells are not solid: nobody knows what is there, and a map's unknown cells often are places that the lidar looked
into without an answer. Known rooms are closed by their occupied cells.
"""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World
from astro_nav.types import FloatArray, OccupancyMap

# Cells of a scale map are solid from here on, as Nav2's costmap takes them for lethal.
SOLID_OCCUPANCY = 65
WALL_TOP_M = 2.0


def world_from_map(occupancy_map: OccupancyMap, name: str = "map", start_pose_map: FloatArray | None = None) -> World:
    """Make a world of a map.

    Args:
        occupancy_map: any map.
        name: of the world.
        start_pose_map: (3,) where the robot starts; the free place with the most room around it when None.
    """
    resolution_m = occupancy_map.resolution_m
    solids = []
    for row, column, height, width in merge_cells(occupancy_map.occupancy >= SOLID_OCCUPANCY):
        middle = np.array([(column + 0.5 * width) * resolution_m, (row + 0.5 * height) * resolution_m])
        x, y = se2.transform_points(occupancy_map.pose_map_origin, middle).tolist()
        solids.append(
            Solid(
                name="map",
                kind="wall",
                center_map=(x, y),
                yaw_rad=float(occupancy_map.pose_map_origin[2]),
                size_m=(width * resolution_m, height * resolution_m),
                top_m=WALL_TOP_M,
                color="wall",
            )
        )
    start = find_roomiest_pose(occupancy_map) if start_pose_map is None else np.asarray(start_pose_map, dtype=np.float64)
    return World(name=name, solids=tuple(solids), start_pose_map=start, source_map=occupancy_map)


def merge_cells(solid: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Cover exactly the True cells with rectangles that do not overlap.

    Greedy: from the first uncovered cell, grow a rectangle to the right and then down, or down and then to the right,
    and keep the larger one.

    Args:
        solid: (H, W) bool.

    Returns:
        Rows, columns, heights and widths of the rectangles, in cells.
    """
    rest = solid.astype(bool).copy()
    height, width = rest.shape
    rectangles = []
    for row in range(height):
        column = 0
        while column < width:
            ahead = int(np.argmax(rest[row, column:]))
            column += ahead
            if not rest[row, column]:
                break
            across = _grow(rest, row, column, across_first=True)
            down = _grow(rest, row, column, across_first=False)
            rows, columns = max(across, down, key=lambda size: size[0] * size[1])
            rest[row : row + rows, column : column + columns] = False
            rectangles.append((row, column, rows, columns))
            column += columns
    return rectangles


def _grow(rest: np.ndarray, row: int, column: int, across_first: bool) -> tuple[int, int]:
    """Height and width of the rectangle of True cells that grows from a cell in one direction and then the other."""
    if not across_first:
        columns, rows = _grow(rest.T, column, row, across_first=True)
        return rows, columns
    line = rest[row, column:]
    columns = int(np.argmin(line)) if not line.all() else len(line)
    full = rest[row:, column : column + columns].all(axis=1) if columns < 64 else _find_full_rows(rest, row, column, columns)
    rows = int(np.argmin(full)) if not full.all() else len(full)
    return rows, columns


def _find_full_rows(rest: np.ndarray, row: int, column: int, columns: int) -> np.ndarray:
    """Which rows from `row` on are full; looks at a few rows at a time, since wide rectangles are seldom high."""
    full: list[bool] = []
    while row + len(full) < rest.shape[0]:
        start = row + len(full)
        block = rest[start : start + 16, column : column + columns].all(axis=1)
        full.extend(block.tolist())
        if not block.all():
            break
    return np.array(full, dtype=bool)


def find_roomiest_pose(occupancy_map: OccupancyMap) -> FloatArray:
    """The free cell farthest from everything that is not free, in the largest connected free space; heading 0 in the map."""
    from scipy import ndimage  # only worlds without a start need it

    free = (occupancy_map.occupancy >= 0) & (occupancy_map.occupancy < SOLID_OCCUPANCY)
    labels, count = ndimage.label(free)
    if count == 0:
        return occupancy_map.pose_map_origin.copy()
    largest = 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
    padded = np.pad(labels == largest, 1)
    room = ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(room)), room.shape)
    resolution_m = occupancy_map.resolution_m
    point = np.array([(column + 0.5) * resolution_m, (row + 0.5) * resolution_m])
    x, y = se2.transform_points(occupancy_map.pose_map_origin, point).tolist()
    return np.array([x, y, 0.0])
