"""How close the robot came to people, in space and in time."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.types import FloatArray

TTC_HORIZON_S = 10.0
TTC_PERIOD_S = 0.1
TTC_TOUCH_M = 1e-3  # as close counts as touching
TTC_ROUNDS = 100


def measure_compliance(distances_m: FloatArray, space_m: float) -> float | None:
    """Share of time at least `space_m` from everybody; None without people.

    Source: A. Francis et al., "Principles and guidelines for evaluating social robot navigation", 2023, personal space
    compliance; distances are between footprint and body.

    Args:
        distances_m: (N,) +inf while nobody is there.
    """
    known = distances_m[np.isfinite(distances_m)]
    return float(np.mean(known >= space_m)) if len(known) else None


def measure_time_to_collision(
    times_s: FloatArray,
    poses_map: FloatArray,
    speeds_mps: FloatArray,
    people_map: FloatArray,
    people_radii_m: FloatArray,
    footprint: FloatArray,
) -> float | None:
    """Shortest time until the footprint would touch a body if everybody went on as they move now [s].

    Robot and people go on straight at their speeds. Found by conservative advancement: the distance over the closing
    speed can always be passed without touching.

    Args:
        times_s: (N,).
        poses_map: (N, 3).
        speeds_mps: (N,) forward speed.
        people_map: (N, M, 2), NaN where one is away.
        people_radii_m: (M,) of their bodies.
        footprint: (V, 2) in base_link.

    Returns:
        None when nobody would be touched within 10 s.
    """
    if people_map.shape[1] == 0 or len(times_s) < 3:
        return None
    velocities_map = np.gradient(people_map, times_s, axis=0)
    every = max(1, round(TTC_PERIOD_S / float(np.median(np.diff(times_s)))))
    poses, speeds = poses_map[::every, None, :], speeds_mps[::every, None]
    places_base = se2.transform_points(se2.invert(poses), people_map[::every])
    turned = np.zeros_like(poses)
    turned[..., 2] = -poses[..., 2]
    closing_base = se2.transform_points(turned, velocities_map[::every])
    closing_base[..., 0] -= speeds
    known = np.isfinite(places_base).all(axis=2) & np.isfinite(closing_base).all(axis=2)
    radii = np.broadcast_to(people_radii_m, known.shape)
    return _advance(places_base[known], closing_base[known], radii[known], footprint)


def _advance(places: FloatArray, velocities: FloatArray, radii: FloatArray, footprint: FloatArray) -> float | None:
    """Shortest time until discs at places (K, 2) with velocities (K, 2) and radii (K,) touch the polygon (V, 2)."""
    pace = np.hypot(velocities[:, 0], velocities[:, 1])
    reach = np.hypot(*footprint.T).max() + radii
    # Who comes no nearer than the robot's circle can be left out at once.
    with np.errstate(divide="ignore", invalid="ignore"):
        nearest_s = np.clip(-(places * velocities).sum(axis=1) / pace**2, 0.0, TTC_HORIZON_S)
    passing = places + np.nan_to_num(nearest_s)[:, None] * velocities
    chosen = (np.hypot(passing[:, 0], passing[:, 1]) <= reach) & (pace > 1e-3)
    places, velocities, radii, pace = places[chosen], velocities[chosen], radii[chosen], pace[chosen]
    elapsed, shortest = np.zeros(len(places)), np.inf
    for _ in range(TTC_ROUNDS):
        if not len(elapsed):
            break
        distances = compute_signed_distances(places + elapsed[:, None] * velocities, footprint) - radii
        touching = distances <= TTC_TOUCH_M
        if touching.any():
            shortest = min(shortest, float(elapsed[touching].min()))
        elapsed = elapsed + np.maximum(distances, 0.0) / pace
        going = ~touching & (elapsed < min(shortest, TTC_HORIZON_S))
        places, velocities, radii = places[going], velocities[going], radii[going]
        pace, elapsed = pace[going], elapsed[going]
    return shortest if np.isfinite(shortest) else None
