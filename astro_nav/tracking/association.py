"""Which detection belongs to which track: global nearest neighbour, two legs a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from astro_nav.kernels.track_filter import measure_innovations
from astro_nav.params.people import AssociationParams, MotionModelParams
from astro_nav.tracking.detection import Detections
from astro_nav.tracking.track_table import TrackTable
from astro_nav.types import FloatArray

_LOG_FOUR_PI_SQUARED = float(np.log(4.0 * np.pi**2))


def associate_legs(
    table: TrackTable,
    detections: Detections,
    detection_probability: FloatArray,
    least_person_odds: float,
    params: AssociationParams,
    model: MotionModelParams,
) -> NDArray[np.int64]:
    """Assign detections to tracks so that the whole is most likely.

    A track takes up to two detections, its legs. A pairing's price is minus twice the logarithm of how much likelier it
    is than its alternative, which is that the track was missed and the detection is something new; only pairings of
    negative price are made. A track that is hidden right now is thus slow to take somebody else's leg.

    Args:
        table: M tracks, predicted to the time of the scan.
        detections: L detections.
        detection_probability: (M,) chance to see each track in this scan, in (0, 1).
        least_person_odds: from these on what has never moved is followed although it is known to stand there.
        params, model: prices and noises.

    Returns:
        (M, 2) indices of the first and the second leg, -1 for none; a second one only beside a first one.

    Source: S. Blackman, R. Popoli, "Design and Analysis of Modern Tracking Systems", 1999, ch. 6 (assignment scores);
    the second leg is ours.
    """
    assigned = np.full((table.count, 2), -1, dtype=np.int64)
    if table.count == 0 or len(detections) == 0:
        return assigned
    prices = _price_legs(table, detections, detection_probability, params, model)
    possible = _find_possible(table, detections, least_person_odds, params)
    first = np.where(possible[0], prices, np.inf)
    odds = 2.0 * np.log(detection_probability / (1.0 - detection_probability))
    second = np.where(possible[1], prices + np.maximum(odds, 0.0)[:, np.newaxis] + params.second_leg_penalty, np.inf)
    prices = np.minimum(np.concatenate([first, second]), 0.0)
    rows, columns = linear_sum_assignment(prices)
    for row, column in zip(rows, columns):
        if prices[row, column] < 0.0:
            leg, track = divmod(int(row), table.count)
            assigned[track, leg] = column
    assigned[assigned[:, 0] < 0, 1] = -1  # what may only be a second leg is none without a first one
    _release_far_legs(table, detections, assigned, params.max_leg_spread_m)
    return assigned


def _price_legs(table, detections, detection_probability, params, model) -> FloatArray:
    """Prices (M, L) of taking each detection as a track's only measurement; +inf where it is too far away."""
    rows = table.rows
    noises = detections.noises + (detections.single_legs * model.leg_noise_m**2)[:, np.newaxis, np.newaxis] * np.eye(2)
    distances = np.empty((table.count, len(detections)))
    log_determinants = np.empty_like(distances)
    measure_innovations(
        table.states[rows], table.covariances[rows], detections.positions, noises, distances, log_determinants
    )
    missed_or_seen = 2.0 * np.log((1.0 - detection_probability) / detection_probability)
    prices = distances + log_determinants + _LOG_FOUR_PI_SQUARED + 2.0 * np.log(params.new_density_pm2)
    prices += missed_or_seen[:, np.newaxis]
    moving = table.moving[rows, np.newaxis]
    prices += params.furniture_penalty * moving * detections.furniture_shares
    return np.where(distances <= params.gate, prices, np.inf)


def _find_possible(table, detections, least_person_odds: float, params) -> NDArray[np.bool_]:
    """(2, M, L) whether each detection may be the first, and the second, leg of each track.

    What has never moved is followed only while it stands clear in free space, or looks like a person, of whom one leg may
    hide the other in part; and what moves never onto furniture that is seen in part: else tracks would wander along walls.
    """
    rows = table.rows
    moving = table.moving[rows, np.newaxis]
    proven = (table.moved[rows] | np.isfinite(table.camera_s[rows]))[:, np.newaxis]
    furniture = detections.furniture_shares >= 1.0 - params.birth_seen_free_share
    candidate = (table.person_odds[rows] >= least_person_odds)[:, np.newaxis]
    clear = detections.foreground & (candidate | ~furniture)
    of_proven = ~(moving & furniture & ~detections.foreground)
    return np.stack([np.where(proven, of_proven, clear), np.where(proven, of_proven, clear | candidate)])


def _release_far_legs(table, detections, assigned, max_spread_m: float) -> None:
    """Let go of the farther one of two legs that no one person has."""
    for track in np.flatnonzero((assigned >= 0).all(axis=1)):
        legs = detections.positions[assigned[track]]
        if np.hypot(*(legs[0] - legs[1])) > max_spread_m:
            away = np.linalg.norm(legs - table.states[track, :2], axis=1)
            assigned[track] = (assigned[track, int(away[1] < away[0])], -1)


def pair_new_legs(positions: FloatArray, single_legs: NDArray[np.bool_], pair_distance_m: float) -> list[tuple[int, ...]]:
    """Group detections that no track explains into new people.

    Args:
        positions: (L, 2) [m].
        single_legs: (L,) True where it may be one leg of two.
        pair_distance_m: legs nearer than this may be a pair.

    Returns:
        One tuple of one or two indices per new person; the nearest pairs are made first.
    """
    free = [True] * len(positions)
    groups: list[tuple[int, ...]] = []
    legs = np.flatnonzero(single_legs)
    if len(legs) > 1:
        gaps = np.linalg.norm(positions[legs, np.newaxis] - positions[np.newaxis, legs], axis=2)
        a, b = np.triu_indices(len(legs), k=1)
        near = np.flatnonzero(gaps[a, b] <= pair_distance_m)
        for k in near[np.argsort(gaps[a[near], b[near]], kind="stable")]:
            i, j = int(legs[a[k]]), int(legs[b[k]])
            if free[i] and free[j]:
                free[i] = free[j] = False
                groups.append((i, j))
    groups += [(i,) for i in range(len(positions)) if free[i]]
    return sorted(groups)
