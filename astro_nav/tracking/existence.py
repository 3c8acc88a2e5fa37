"""Whether a track is real: what the scan should have seen of it, and what it did see."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.kernels.track_visibility import count_rays
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import ExistenceParams
from astro_nav.tracking.track_table import TrackTable
from astro_nav.types import FloatArray

_HARDLY = 0.02  # odds must stay finite: nothing is impossible to see, and nothing is certain to be seen


def estimate_detection_probability(
    table: TrackTable, points: ScanPoints, ray_step_rad: float, robot_odom: FloatArray, params: ExistenceParams
) -> FloatArray:
    """Chance (M,) that each track, if it is real, is seen in this scan.

    It is the share of the rays towards the track that come as far as the track: what is hidden behind something, or
    out of the field of view, cannot be missed.

    Args:
        table: M tracks, predicted to the time of the scan.
        points: the scan.
        ray_step_rad: angle between neighbouring rays.
        robot_odom: (2,) where the lidar is [m].
        params: chance in plain view.
    """
    rows = table.rows
    positions = np.ascontiguousarray(table.states[rows, :2])
    deviation = np.sqrt(0.5 * (table.covariances[rows, 0, 0] + table.covariances[rows, 1, 1]))
    radii = np.minimum(params.search_radius_m + deviation, params.max_search_radius_m)
    counts = np.empty((table.count, 3), dtype=np.int64)
    count_rays(points.points_odom, points.origins_odom, points.ranges_m, positions, radii, counts)
    ranges = np.maximum(np.linalg.norm(positions - robot_odom, axis=1), radii)
    expected = np.maximum(2.0 * np.arcsin(radii / ranges) / ray_step_rad, 1.0)
    # Rays that said nothing are missing from all three counts; so are those outside the field of view.
    share = (counts[:, 1] + counts[:, 2]) / np.maximum(expected, counts.sum(axis=1))
    return np.clip(params.detection_probability * share, _HARDLY, 1.0 - _HARDLY)


def estimate_reappearance_probability(table: TrackTable, detection_probability: FloatArray, params: ExistenceParams) -> FloatArray:
    """Chance (M,) that each track is seen somewhere in this scan, though perhaps not where it is expected.

    The longer a person has been hidden, the less is known about where they are, and the less it means that the middle
    of that region is out of view: they may come out anywhere.
    """
    rows = table.rows
    deviation = np.sqrt(0.5 * (table.covariances[rows, 0, 0] + table.covariances[rows, 1, 1]))
    elsewhere = 0.5 * np.minimum(deviation / params.max_search_radius_m, 1.0)
    return 1.0 - (1.0 - detection_probability) * (1.0 - elsewhere)


def update_existence(
    table: TrackTable,
    seen: NDArray[np.bool_],
    weights: FloatArray,
    detection_probability: FloatArray,
    stamp_s: float,
    camera_trust_s: float,
    params: ExistenceParams,
) -> None:
    """Weigh the scan's evidence for and against every track.

    Args:
        table: M tracks; changed.
        seen: (M,) whether each was found in this scan.
        weights: (M,) how much that proves, 0 (as if it had been missed) to 1.
        detection_probability: (M,) of this scan.
        stamp_s: time of the scan.
        camera_trust_s: for so long the lidar cannot deny what a camera saw.
        params: gains and limits.
    """
    rows = table.rows
    denied = np.log(1.0 - detection_probability)
    denied = np.where(stamp_s - table.camera_s[rows] <= camera_trust_s, 0.0, denied)
    changed = table.existence[rows] + weights * params.hit_gain + (1.0 - weights) * denied
    table.existence[rows] = np.minimum(changed, params.limit)
    # Once confirmed stays confirmed until deletion, so that a person does not flicker while hidden.
    table.confirmed[rows] |= table.existence[rows] >= params.confirmed
    table.seen_s[rows][seen] = stamp_s


def find_living(
    table: TrackTable, stamp_s: float, least_person_odds: float, params: ExistenceParams
) -> NDArray[np.bool_]:
    """(M,) False for tracks to be given up: denied by what was seen, hidden for too long, or too uncertain."""
    rows = table.rows
    confirmed = find_confirmed(table, least_person_odds)
    patience = np.where(table.moving[rows], params.max_hidden_s, params.max_hidden_standing_s)
    patience = np.where(confirmed, patience, params.max_tentative_s)
    variance = np.maximum(table.covariances[rows, 0, 0], table.covariances[rows, 1, 1])
    living = (table.existence[rows] >= params.deleted) & (stamp_s - table.seen_s[rows] <= patience)
    living &= variance <= params.max_position_deviation_m**2
    return living & np.isfinite(table.states[rows]).all(axis=1)


def find_proven(table: TrackTable) -> NDArray[np.bool_]:
    """(M,) True for tracks that were seen to move or are known from a camera."""
    rows = table.rows
    return table.moved[rows] | np.isfinite(table.camera_s[rows])


def find_confirmed(table: TrackTable, least_person_odds: float = np.inf) -> NDArray[np.bool_]:
    """(M,) True for tracks that count: seen often enough once, and proven or with these odds of being a person."""
    rows = table.rows
    return table.confirmed[rows] & (find_proven(table) | (table.person_odds[rows] >= least_person_odds))
