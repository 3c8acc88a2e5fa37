"""Zones that the user draws on the map: keep-out, where the robot's outline may not be, and slow, with a speed of their own.

    zones:
      - {id: stairs, kind: keep_out, polygon: [[1.0, 2.0], [2.0, 2.0], [2.0, 3.0]]}
      - {id: nursery, kind: slow, max_speed_mps: 0.3, polygon: [[4.0, 0.0], [7.0, 0.0], [7.0, 3.0], [4.0, 3.0]]}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from astro_nav.errors import MapError
from astro_nav.types import FloatArray

KEEP_OUT, SLOW = "keep_out", "slow"
MIN_SPEED_MPS = 0.02


@dataclass(frozen=True)
class Zone:
    """One polygon.

    Attributes:
        zone_id: the user's word for it.
        polygon_map: (N, 2) corners [m], either way round.
        max_speed_mps: 0 = keep out.
    """

    zone_id: str
    polygon_map: FloatArray
    max_speed_mps: float = 0.0

    @property
    def is_keep_out(self) -> bool:
        """Whether the robot may not be there at all."""
        return self.max_speed_mps <= 0.0


def read_zones(path: Path) -> list[Zone]:
    """Read zones.

    Raises:
        MapError: with what is wrong with which zone.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MapError(f"the zones in {path} cannot be read: {error}") from error
    if document is None:
        return []
    entries = document.get("zones") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise MapError(f"{path} must hold a list `zones:` of entries {{id: stairs, kind: keep_out, polygon: [[x, y], ...]}}")
    return [_read_zone(entry, f"zone {number} in {path}") for number, entry in enumerate(entries, start=1)]


def _read_zone(entry: Any, where: str) -> Zone:
    if not isinstance(entry, dict) or "polygon" not in entry:
        raise MapError(f"{where} must be {{id: stairs, kind: keep_out, polygon: [[x, y], ...]}}")
    unknown = sorted(set(map(str, entry)) - {"id", "kind", "polygon", "max_speed_mps"})
    if unknown:
        raise MapError(f"{where}: unknown {', '.join(unknown)}; there are id, kind, polygon, max_speed_mps")
    kind = entry.get("kind", KEEP_OUT)
    if kind not in (KEEP_OUT, SLOW):
        raise MapError(f"{where}: kind {kind!r} must be {KEEP_OUT} or {SLOW}")
    try:
        polygon = np.array(entry["polygon"], dtype=np.float64)
        speed_mps = float(entry.get("max_speed_mps", 0.0))
    except (TypeError, ValueError) as error:
        raise MapError(f"{where}: polygon must be corners [x, y] in metres, max_speed_mps a number: {error}") from error
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3 or not np.isfinite(polygon).all():
        raise MapError(f"{where}: polygon must be at least three corners [x, y] in metres of the map")
    if kind == SLOW and not (MIN_SPEED_MPS <= speed_mps < np.inf):
        raise MapError(f"{where}: a slow zone needs max_speed_mps of at least {MIN_SPEED_MPS:g}, got {speed_mps:g}")
    return Zone(str(entry.get("id", where)), polygon, speed_mps if kind == SLOW else 0.0)


def contain_points(polygon: FloatArray, points: FloatArray) -> np.ndarray:
    """Which points (N, 2) lie in a polygon (M, 2), by the even-odd rule; (N,) bool."""
    inside = np.zeros(len(points), dtype=bool)
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0)):
        spans = (y1 > points[:, 1]) != (y2 > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= spans & (points[:, 0] < x1 + (points[:, 1] - y1) / (y2 - y1) * (x2 - x1))
    return inside


def find_speed_limit(zones: Sequence[Zone], place_map: FloatArray) -> float:
    """The lowest speed [m/s] of the slow zones around a place (2,), 0 where there is none."""
    place = np.asarray(place_map, float)[np.newaxis, :2]
    speeds = [zone.max_speed_mps for zone in zones if not zone.is_keep_out and contain_points(zone.polygon_map, place)[0]]
    return min(speeds, default=0.0)
