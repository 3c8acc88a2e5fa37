"""Narrow passages between rooms: found in a map by themselves, or named by the user in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

from astro_nav.errors import MapError
from astro_nav.global_planning.cost_map import CostMap
from astro_nav.kernels.passages import find_meeting_cells, label_basins
from astro_nav.params.global_planner import MemoryParams
from astro_nav.types import FloatArray, OccupancyMap

SAME_PLACE_M = 0.5  # two passages whose middles are nearer than this are one


@dataclass(frozen=True)
class Passage:
    """A gate between two ends.

    Attributes:
        passage_id: names it in commands and in the memory's file.
        ends_map: (2, 2) [m] its two jambs.
        name: the user's word for it, "" for none.
    """

    passage_id: str
    ends_map: FloatArray
    name: str = ""

    @property
    def middle_map(self) -> FloatArray:
        """(2,) [m]."""
        return self.ends_map.mean(axis=0)

    @property
    def width_m(self) -> float:
        """Between the jambs."""
        return float(np.hypot(*(self.ends_map[1] - self.ends_map[0])))

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or self.passage_id


def compute_map_key(occupancy_map: OccupancyMap) -> str:
    """Name of a map by its content, 16 hexadecimal digits: the same map from another file or topic is the same."""
    digest = hashlib.sha256(f"{occupancy_map.shape} {occupancy_map.resolution_m:.9g}".encode())
    digest.update(np.round(occupancy_map.pose_map_origin, 6).astype(np.float64).tobytes())
    digest.update(np.ascontiguousarray(occupancy_map.occupancy, np.int8).tobytes())
    return digest.hexdigest()[:16]


def find_passages(cost_map: CostMap, params: MemoryParams) -> list[Passage]:
    """Find the doors of a map, numbered from its lower left.

    Args:
        cost_map: of the map.
        params: how narrow a door is and what a room is.
    """
    resolution_m = cost_map.map.resolution_m
    clearance_mm = np.where(cost_map.weights > 0.0, cost_map.clearance_mm, np.int16(-1))
    smallest_mm = max(int(1000.0 * cost_map.body_radius_m) - 1, 1)
    widest_mm = max(int(500.0 * params.max_width_m), smallest_mm)
    labels = np.empty(clearance_mm.shape, np.int32)
    min_cells = max(int(params.min_room_m2 / resolution_m**2), 1)
    label_basins(clearance_mm, smallest_mm, widest_mm, int(1000.0 * params.prominence_m), min_cells, labels)
    cells = find_meeting_cells(clearance_mm, labels)
    passages: list[Passage] = []
    for row, column in zip(*np.divmod(cells, clearance_mm.shape[1])):
        ends = _find_jambs(cost_map, int(row) - 1, int(column) - 1, params.max_width_m)
        if ends is not None and all(np.hypot(*(passage.middle_map - ends.mean(axis=0))) >= SAME_PLACE_M for passage in passages):
            passages.append(Passage(f"door-{len(passages) + 1}", ends))
    return passages


def _find_jambs(cost_map: CostMap, row: int, column: int, max_width_m: float) -> FloatArray | None:
    """The two obstacles between which a cell is narrowest: (2, 2) [m], None when there is only one."""
    resolution_m = cost_map.map.resolution_m
    reach = int(np.ceil(max_width_m / resolution_m)) + 1
    rows, columns = cost_map.map.shape
    top, left = max(row - reach, 0), max(column - reach, 0)
    window = cost_map.clearance_mm[1:-1, 1:-1][top : min(row + reach + 1, rows), left : min(column + reach + 1, columns)]
    cells = np.argwhere(window <= 0)[:, ::-1] + np.array([left, top])
    if len(cells) == 0:
        return None
    offsets = cells - np.array([column, row], float)
    lengths = np.linalg.norm(offsets, axis=1)
    first = int(np.argmin(lengths))
    opposite = offsets @ offsets[first] < -0.7 * lengths * lengths[first]
    if not opposite.any():
        return None
    second = int(np.flatnonzero(opposite)[np.argmin(lengths[opposite])])
    # The surface lies half a cell before the middle of the obstacle's cell.
    ends = np.array([offsets[k] * (1.0 - 0.5 / max(lengths[k], 0.5)) for k in (first, second)])
    if np.hypot(*(ends[1] - ends[0])) * resolution_m > max_width_m:
        return None
    return cost_map.find_points_map(ends + np.array([column + 0.5, row + 0.5]))


def read_passages(path: Path) -> list[Passage]:
    """Read doors that the user has named: a list of `{id: bedroom, from: [x, y], to: [x, y]}` in metres of the map.

    Raises:
        MapError: with what is wrong with which entry.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MapError(f"the doors in {path} cannot be read: {error}") from error
    entries = document.get("doors") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise MapError(f"{path} must hold a list `doors:` of entries {{id: bedroom, from: [x, y], to: [x, y]}}")
    passages: list[Passage] = []
    for number, entry in enumerate(entries, start=1):
        try:
            ends = np.array([entry["from"], entry["to"]], dtype=np.float64)
            passage = Passage(str(entry["id"]), ends, str(entry.get("name", entry["id"])))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise MapError(f"door {number} in {path} must be {{id: bedroom, from: [x, y], to: [x, y]}}: {error!r}") from error
        if ends.shape != (2, 2) or not np.isfinite(ends).all() or passage.width_m < 0.05:
            raise MapError(f"door {passage.passage_id!r} in {path}: from and to must be two points [x, y] in metres, apart from each other")
        if any(other.passage_id == passage.passage_id for other in passages):
            raise MapError(f"there are two doors {passage.passage_id!r} in {path}: an id names one door")
        passages.append(passage)
    return passages


def merge_passages(named: Sequence[Passage], found: Sequence[Passage], known: Sequence[Passage]) -> list[Passage]:
    """All passages of a map: the user's, then those found, with the ids and names under which the memory knows them.

    Args:
        named: of the user's file; they replace what was found at the same place.
        found: in the map.
        known: of the memory, for the same or a similar map.
    """
    merged, taken = list(named), {passage.passage_id for passage in named}
    fresh = []
    for passage in found:
        if _find_near(passage, merged) is not None:
            continue
        old = _find_near(passage, known)
        if old is not None and old.passage_id not in taken:
            merged.append(replace(passage, passage_id=old.passage_id, name=old.name))
            taken.add(old.passage_id)
        else:
            fresh.append(passage)
    number = 0
    for passage in fresh:
        while (passage_id := f"door-{(number := number + 1)}") in taken:
            pass
        taken.add(passage_id)
        merged.append(replace(passage, passage_id=passage_id))
    return merged


def _find_near(passage: Passage, others: Sequence[Passage]) -> Passage | None:
    near = [other for other in others if np.hypot(*(other.middle_map - passage.middle_map)) < SAME_PLACE_M]
    return min(near, key=lambda other: float(np.hypot(*(other.middle_map - passage.middle_map))), default=None)
