"""The map that a robot with a lidar would have made of a world."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.geometry.footprint import is_inside, sample_outline
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import World
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, FloatArray, OccupancyMap

# Free border of the map around the outermost solid.
MARGIN_M = 0.5
# Outlines are drawn just inside, so that a wall that ends on a cell's edge does not fill the cell beyond it.
SHRINK_M = 1e-3


def rasterize_world(world: World, resolution_m: float, laser_height_m: float) -> OccupancyMap:
    """Draw what is mapped at the lidar's height.

    Occupied is every cell that a mapped solid touches. Free is what hangs together with the robot's start without
    crossing an occupied cell; everything else stays unknown, like the inside of thick walls and the garden behind them.
    Doors are not in the map: it was made with open doors.

    Args:
        world: a world; when it was made from a map, that map is returned.
        resolution_m: edge length of a cell.
        laser_height_m: only solids that reach this height are seen.
    """
    if world.source_map is not None:
        return world.source_map
    solids = [s for s in world.solids if s.mapped and not s.glass and s.bottom_m <= laser_height_m <= s.top_m]
    outlines = [solid.compute_outline() for solid in solids]
    corners = np.concatenate([*outlines, world.start_pose_map[None, :2]])
    low = np.floor((corners.min(axis=0) - MARGIN_M) / resolution_m) * resolution_m
    width, height = (int(math.ceil(extent / resolution_m)) for extent in corners.max(axis=0) + MARGIN_M - low)
    occupied = np.zeros((height, width), dtype=bool)
    for solid, outline in zip(solids, outlines):
        _draw_solid(occupied, solid, outline, low, resolution_m)
    occupancy = np.full((height, width), UNKNOWN, dtype=np.int8)
    occupancy[_find_free_cells(occupied, world.start_pose_map, low, resolution_m)] = FREE
    occupancy[occupied] = OCCUPIED
    return OccupancyMap(occupancy, resolution_m, np.array([low[0], low[1], 0.0]))


def _draw_solid(occupied: np.ndarray, solid: Solid, outline: FloatArray, low: FloatArray, resolution_m: float) -> None:
    """Mark the cells that a solid touches: those on its outline and those with their middle inside."""
    if solid.is_cylinder:
        angle = 2.0 * np.pi * np.arange(64) / 64
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        outline = np.asarray(solid.center_map) + max(solid.radius_m - SHRINK_M, 0.0) * circle
    else:
        center = np.asarray(solid.center_map)
        half = 0.5 * np.asarray(solid.size_m)
        outline = center + (outline - center) * (1.0 - min(SHRINK_M / float(half.min()), 0.5))
    points = sample_outline(outline, 0.2 * resolution_m)
    cells = np.floor((points - low) / resolution_m).astype(int)
    occupied[cells[:, 1], cells[:, 0]] = True
    first, last = cells.min(axis=0), cells.max(axis=0)
    columns, rows = np.meshgrid(np.arange(first[0], last[0] + 1), np.arange(first[1], last[1] + 1))
    middles = low + (np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5) * resolution_m
    inside = is_inside(middles, outline)
    occupied[rows.ravel()[inside], columns.ravel()[inside]] = True


def _find_free_cells(occupied: np.ndarray, start_pose_map: FloatArray, low: FloatArray, resolution_m: float) -> np.ndarray:
    """Cells (H, W) bool that hang together with the start."""
    from scipy import ndimage  # the map is drawn once, when a world is published or evaluated

    labels, _ = ndimage.label(~occupied)
    column, row = np.floor((start_pose_map[:2] - low) / resolution_m).astype(int)
    label = labels[row, column]
    return labels == label if label > 0 else np.zeros_like(occupied)

