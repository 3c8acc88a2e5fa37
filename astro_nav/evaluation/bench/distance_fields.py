"""Distance fields: exact Euclidean distance of every cell to the nearest occupied one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from astro_nav.evaluation.bench.measure import Contender, Group
from astro_nav.evaluation.bench.optional import load_peer
from astro_nav.kernels.distance_field import compute_squared_distances


def make_blocks(size: int, seed: int = 1) -> np.ndarray:
    """Occupancy (size, size) bool: walls of rooms with doors, and furniture."""
    rng = np.random.Generator(np.random.PCG64(seed))
    occupied = np.zeros((size, size), dtype=np.bool_)
    room = max(size // 10, 24)
    occupied[::room] = occupied[:, ::room] = True
    for row in range(0, size, room):
        for column in range(0, size, room):
            for axis in range(2):
                at = int(rng.integers(3, room - 12))
                first = (row, column + at) if axis == 0 else (row + at, column)
                end = (first[0] + (1 if axis == 0 else 9), first[1] + (9 if axis == 0 else 1))
                if first[0] and first[1]:
                    occupied[first[0] : end[0], first[1] : end[1]] = False
    for _ in range((size // room) ** 2 * 3):
        top, left = rng.integers(0, size, 2)
        height, width = rng.integers(2, 9, 2)
        occupied[top : top + height, left : left + width] = True
    occupied[:2, :2] = occupied[-2:, -2:] = False
    return occupied


def make_groups() -> list[Group]:
    """Fields of the local map's size and of a large building's."""
    return [_make_group(size) for size in (120, 2000)]


def _make_group(size: int) -> Group:
    occupied = make_blocks(size)
    squared = np.empty(occupied.shape, dtype=np.float32)

    def compute_own() -> np.ndarray:
        compute_squared_distances(occupied, squared)
        return squared

    free = ~occupied
    compute_own()
    exact = np.sqrt(squared)

    def describe(result: object) -> dict[str, object]:
        return {"max_error_cells": float(np.abs(np.asarray(result) - exact).max())}

    contenders = [Contender("astro", compute_own, is_peer=False)]
    peers: dict[str, Callable[[], object] | None] = {"scipy": lambda: ndimage.distance_transform_edt(free)}
    cv2, edt = load_peer("opencv-python-headless"), load_peer("edt")
    if cv2 is not None:
        cv2.setNumThreads(1)
        image = free.astype(np.uint8)
        peers["opencv exact"] = lambda: cv2.distanceTransform(image, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        peers["opencv 5x5"] = lambda: cv2.distanceTransform(image, cv2.DIST_L2, cv2.DIST_MASK_5)
    if edt is not None:
        peers["edt"] = lambda: edt.edt(free, black_border=False, parallel=1)
    contenders += [Contender(name, run, describe=describe) for name, run in peers.items()]
    absent = [name for name, module in (("opencv-python-headless", cv2), ("edt", edt)) if module is None]
    return Group(f"distance field {size} x {size}", "ms", contenders, absent)
