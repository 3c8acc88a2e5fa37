"""Where in the space of candidates the optimizer looks.

A candidate is z = (x, y, heading, speed): the target pose in the robot's frame [m, m, rad] and the signed top speed [m/s].
Every function returns (K, 4) float64 arrays of z.
"""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.types import FloatArray

# Share of the global samples that drive backwards.
REVERSE_SHARE = 0.12


def draw_low_discrepancy(count: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Points that fill the unit cube evenly, (count, dimensions).

    Source: the R_d sequence of M. Roberts 2018 (powers of the generalised golden ratio), shifted at random
    (Cranley, Patterson 1976).
    """
    ratio = 2.0
    for _ in range(30):
        ratio = (1.0 + ratio) ** (1.0 / (dimensions + 1))
    steps = ratio ** -np.arange(1.0, dimensions + 1.0)
    return (rng.random(dimensions) + np.arange(1, count + 1)[:, np.newaxis] * steps) % 1.0


def sample_globally(
    count: int, max_distance_m: float, max_speed_mps: float, max_reverse_mps: float, rng: np.random.Generator
) -> FloatArray:
    """Candidates from the whole space: r in [0, max], |bearing| and heading as in IROS 2012, some of them backwards."""
    u = draw_low_discrepancy(count, 4, rng)
    backwards = u[:, 3] < (REVERSE_SHARE if max_reverse_mps > 0.0 else 0.0)
    distance = max_distance_m * u[:, 0] * np.where(backwards, 0.3, 1.0)
    bearing = 1.8 * (2.0 * u[:, 1] - 1.0)
    heading = bearing + 1.2 * (2.0 * u[:, 2] - 1.0)
    pace = np.clip((u[:, 3] - REVERSE_SHARE) / (1.0 - REVERSE_SHARE), 0.0, 1.0)
    direction = np.where(backwards, -1.0, 1.0)
    speed = np.where(backwards, -max_reverse_mps * u[:, 3] / REVERSE_SHARE, max_speed_mps * np.sqrt(pace))
    # Backwards the same fan opens behind the robot, mirrored.
    return np.stack(
        [direction * distance * np.cos(bearing), distance * np.sin(bearing), wrap_angle(direction * heading), speed], axis=1
    )


def sample_along_way(count: int, way_base: FloatArray, max_speed_mps: float, rng: np.random.Generator) -> FloatArray:
    """Candidates around the guidance.

    Args:
        count: how many.
        way_base: (G, 2) the way in the robot's frame, from the robot on.
        max_speed_mps: fastest.
        rng: source of randomness.
    """
    u = draw_low_discrepancy(count, 2, rng)
    noise = rng.standard_normal((count, 2))
    # Nearer targets matter more, since the way bends.
    index = np.minimum((len(way_base) * u[:, 0] ** 1.5).astype(np.int64), len(way_base) - 1)
    bearing = _find_bearings(way_base)[index]
    aside = noise[:, 0] * (0.05 + 0.12 * np.hypot(*way_base[index].T))
    return np.stack(
        [
            way_base[index, 0] - aside * np.sin(bearing),
            way_base[index, 1] + aside * np.cos(bearing),
            wrap_angle(bearing + 0.35 * noise[:, 1]),
            max_speed_mps * np.sqrt(u[:, 1]),
        ],
        axis=1,
    )


def list_seeds(
    way_base: FloatArray,
    goal_base: FloatArray | None,
    previous_base: FloatArray | None,
    max_speed_mps: float,
    max_reverse_mps: float,
) -> FloatArray:
    """Candidates that are always tried; the first one is the stop.

    Args:
        way_base: (G, 2) the way in the robot's frame, G may be 0.
        goal_base: (3,) the goal pose in the robot's frame when it is in the map.
        previous_base: (4,) the previous optimum, moved into the robot's frame.
        max_speed_mps, max_reverse_mps: limits.
    """
    seeds: list[tuple[float, float, float, float]] = [(0.5, 0.0, 0.0, 0.0)]
    for heading in (-2.6, -1.6, -0.8, -0.3, 0.3, 0.8, 1.6, 2.6):
        seeds.append((0.0, 0.0, heading, max_speed_mps))  # turning on the spot
    for bearing in (-1.2, -0.5, 0.0, 0.5, 1.2):
        for pace in (0.3, 1.0):
            heading = 1.6 * bearing
            seeds.append((1.2 * np.cos(bearing), 1.2 * np.sin(bearing), heading, pace * max_speed_mps))
    if max_reverse_mps > 0.0:
        for heading in (-0.5, 0.0, 0.5):
            seeds.append((-0.5, 0.0, heading, -max_reverse_mps))
    if len(way_base):
        bearings = _find_bearings(way_base)
        for share in (0.1, 0.25, 0.5, 0.75, 1.0):
            index = min(int(share * len(way_base)), len(way_base) - 1)
            for pace in (0.25, 0.6, 1.0):
                seeds.append((*way_base[index], bearings[index], pace * max_speed_mps))
        first = bearings[min(4, len(bearings) - 1)]
        seeds.append((0.0, 0.0, first, max_speed_mps))
    if goal_base is not None:
        for pace in (0.15, 0.4, 1.0):
            seeds.append((*goal_base, pace * max_speed_mps))
        seeds.append((0.0, 0.0, goal_base[2], max_speed_mps))
        if max_reverse_mps > 0.0:
            seeds.append((*goal_base, -max_reverse_mps))
    if previous_base is not None:
        seeds.append(tuple(previous_base))
    return np.array(seeds, dtype=np.float64)


def sample_around(elites: FloatArray, count: int, spread: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Gaussian neighbours of the best candidates so far, shared out evenly.

    Args:
        elites: (E, 4).
        count: how many.
        spread: (4,) standard deviations.
        rng: source of randomness.
    """
    centres = elites[np.arange(count) % len(elites)]
    return centres + spread * rng.standard_normal((count, 4))


def limit_candidates(z: FloatArray, max_distance_m: float, max_speed_mps: float, max_reverse_mps: float) -> FloatArray:
    """Bring candidates back into the space: distance and speed within bounds, heading wrapped."""
    distance = np.hypot(z[:, 0], z[:, 1])
    shrink = np.minimum(max_distance_m / np.maximum(distance, 1e-9), 1.0)
    return np.stack(
        [z[:, 0] * shrink, z[:, 1] * shrink, wrap_angle(z[:, 2]), np.clip(z[:, 3], -max_reverse_mps, max_speed_mps)], axis=1
    )


def move_candidate(z: FloatArray, pose_odom_before: FloatArray, pose_odom_now: FloatArray) -> FloatArray:
    """Express a candidate (4,) given in the robot's frame at one pose in its frame at another."""
    target = se2.compose(se2.relative(pose_odom_now, pose_odom_before), z[:3])
    return np.array([*target, z[3]])


def _find_bearings(way: FloatArray) -> FloatArray:
    """Direction of the way at each of its points (G, 2), smoothed over a few points; returns (G,)."""
    last = len(way) - 1
    if last == 0:
        return np.arctan2(way[:, 1], way[:, 0])
    ahead = way[np.minimum(np.arange(len(way)) + 3, last)] - way[np.maximum(np.arange(len(way)) - 3, 0)]
    return np.arctan2(ahead[:, 1], ahead[:, 0])
