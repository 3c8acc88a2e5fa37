"""Maps as files: the map_server's YAML beside an image.

Source: Nav2's map_server (nav2_map_server, map_io.cpp), whose rules for trinary, scale and raw images are followed, so
that the same file gives the same map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from astro_nav.errors import MapError
from astro_nav.mapping.map_image import read_image, write_pgm
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, OccupancyMap

MODES = ("trinary", "scale", "raw")
MIN_RESOLUTION_M, MAX_RESOLUTION_M = 0.001, 10.0
DEFAULTS = {"mode": "trinary", "negate": 0, "occupied_thresh": 0.65, "free_thresh": 0.25}

# Grey values that the map_server's thresholds turn back into what they stand for.
OCCUPIED_SHADE, FREE_SHADE, UNKNOWN_SHADE = 0, 254, 205


@dataclass(frozen=True)
class _Description:
    """What the YAML file says."""

    image: Path
    mode: str
    resolution_m: float
    origin: tuple[float, float, float]
    negate: bool
    occupied_threshold: float
    free_threshold: float


def load_map(path: Path | str) -> OccupancyMap:
    """Load a map_server map.

    Args:
        path: the YAML file; the image's path in it is relative to the YAML file.

    Raises:
        MapError: when the file or its image is missing, cut off, empty or makes no sense; the sentence says what, where
            and what to do.
    """
    path = Path(path)
    description = _read_description(path)
    shades, opacity = read_image(description.image)
    occupancy = _interpret(shades, opacity, description)
    return OccupancyMap(
        # An image's first row is its top, a map's first row is at its origin.
        occupancy=np.ascontiguousarray(occupancy[::-1]),
        resolution_m=description.resolution_m,
        pose_map_origin=np.array(description.origin, dtype=np.float64),
    )


def save_map(occupancy_map: OccupancyMap, path: Path | str) -> None:
    """Write a map as YAML and a PGM image beside it, so that `load_map` and Nav2's map_server read back the same cells.

    Args:
        occupancy_map: what to write.
        path: the YAML file; the image gets its name with the ending .pgm.

    Raises:
        MapError: when the files cannot be written.
    """
    path = Path(path)
    occupancy = occupancy_map.occupancy
    is_trinary = bool(np.isin(occupancy, (UNKNOWN, FREE, OCCUPIED)).all())
    if is_trinary:
        shades = np.full(occupancy.shape, UNKNOWN_SHADE, dtype=np.uint8)
        shades[occupancy == FREE] = FREE_SHADE
        shades[occupancy == OCCUPIED] = OCCUPIED_SHADE
    else:
        shades = occupancy.astype(np.uint8)  # raw: the value itself, -1 becomes 255
    image = path.with_suffix(".pgm")
    description = {
        "image": image.name,
        "mode": "trinary" if is_trinary else "raw",
        "resolution": float(occupancy_map.resolution_m),
        "origin": [float(number) for number in occupancy_map.pose_map_origin],
        "negate": 0,
        "occupied_thresh": 0.65,
        "free_thresh": 0.196,
    }
    try:
        write_pgm(image, shades[::-1])
        path.write_text(yaml.safe_dump(description, sort_keys=False), encoding="utf-8")
    except OSError as error:
        raise MapError(f"{path}: cannot be written: {error.strerror}: choose another folder") from error


def _read_description(path: Path) -> _Description:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MapError(f"{path}: cannot be read: {error.strerror}: name a map_server YAML file") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise MapError(f"{path}: is no YAML: {reason}: name the map's .yaml file, not its image") from error
    if not isinstance(document, Mapping):
        raise MapError(f"{path}: holds no map: expected the keys image, resolution and origin")
    missing = [key for key in ("image", "resolution", "origin") if document.get(key) is None]
    if missing:
        raise MapError(f"{path}: {' and '.join(missing)} missing: a map_server YAML has image, resolution [m] and origin")
    values = {**DEFAULTS, **document}
    problems: list[str] = []
    description = _Description(
        image=path.parent / str(values["image"]),
        mode=_check_mode(values["mode"], problems),
        resolution_m=_check_resolution(values["resolution"], problems),
        origin=_check_origin(values["origin"], problems),
        negate=_check_negate(values["negate"], problems),
        occupied_threshold=_check_threshold("occupied_thresh", values["occupied_thresh"], problems),
        free_threshold=_check_threshold("free_thresh", values["free_thresh"], problems),
    )
    if not problems and description.free_threshold >= description.occupied_threshold:
        problems.append(
            f"free_thresh = {description.free_threshold:g} must be below occupied_thresh = {description.occupied_threshold:g}"
        )
    if problems:
        raise MapError(f"{path}: {'; '.join(problems)}")
    return description


def _read_number(value: Any) -> float:
    """The value as a number, NaN when it is none; YAML reads 1e-2 as text."""
    if isinstance(value, bool):
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _check_mode(value: Any, problems: list[str]) -> str:
    mode = str(value).lower()
    if mode not in MODES:
        problems.append(f"mode = {value!r} must be one of {', '.join(MODES)}")
    return mode


def _check_resolution(value: Any, problems: list[str]) -> float:
    resolution_m = _read_number(value)
    if not MIN_RESOLUTION_M <= resolution_m <= MAX_RESOLUTION_M:
        problems.append(
            f"resolution = {value!r} must be a number in [{MIN_RESOLUTION_M:g}, {MAX_RESOLUTION_M:g}] m: "
            "it is the edge length of a cell, often 0.05"
        )
    return resolution_m


def _check_origin(value: Any, problems: list[str]) -> tuple[float, float, float]:
    numbers = [_read_number(number) for number in value] if isinstance(value, (list, tuple)) else []
    if len(numbers) == 2:
        numbers.append(0.0)
    if len(numbers) != 3 or not all(math.isfinite(number) and abs(number) < 1e6 for number in numbers):
        problems.append(f"origin = {value!r} must be [x m, y m, yaw rad] of the lower left corner, finite numbers")
        return 0.0, 0.0, 0.0
    return numbers[0], numbers[1], numbers[2]


def _check_negate(value: Any, problems: list[str]) -> bool:
    if value not in (0, 1, True, False):
        problems.append(f"negate = {value!r} must be 0 or 1")
    return bool(value)


def _check_threshold(name: str, value: Any, problems: list[str]) -> float:
    threshold = _read_number(value)
    if not 0.0 <= threshold <= 1.0:
        problems.append(f"{name} = {value!r} must be a number in [0, 1]")
    return threshold


def _interpret(shades: np.ndarray, opacity: np.ndarray | None, description: _Description) -> np.ndarray:
    """Turn grey values into occupancy.

    Args:
        shades: (H, W) float64 brightness, 0 black to 1 white, or (H, W, C) channels.
        opacity: (H, W) float64, 0 transparent to 1 opaque, None when the image has none.
    """
    channels = shades.reshape(*shades.shape[:2], -1)
    if description.mode == "trinary" and opacity is not None:
        channels = np.concatenate([channels, opacity[..., None]], axis=2)
    brightness = channels.mean(axis=2)
    if description.mode == "raw":
        values = np.round(brightness * 255.0)
        return np.where((values >= FREE) & (values <= OCCUPIED), values, UNKNOWN).astype(np.int8)
    occupied = brightness if description.negate else 1.0 - brightness
    low, high = description.free_threshold, description.occupied_threshold
    between = np.rint((occupied - low) / (high - low) * 100.0) if description.mode == "scale" else float(UNKNOWN)
    cells = np.where(occupied > high, OCCUPIED, np.where(occupied < low, FREE, between))
    if description.mode == "scale" and opacity is not None:
        cells[opacity < 1.0] = UNKNOWN
    return cells.astype(np.int8)
