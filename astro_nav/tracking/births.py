"""What begins a new track: what has come into free space, and what stands there and looks like a person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.params.people import AssociationParams, PersonEvidenceParams
from astro_nav.tracking.association import pair_new_legs
from astro_nav.tracking.detection import Detections
from astro_nav.tracking.person_evidence import measure_person_odds
from astro_nav.types import FloatArray


def find_newcomers(
    detections: Detections, free: NDArray[np.bool_], static_shares: FloatArray, params: AssociationParams
) -> NDArray[np.int64]:
    """Who has come into space that was seen free.

    Args:
        detections: L segments.
        free: (L,) True for those that no track explains and that are near nobody.
        static_shares: (L,) how much of each lies where the local map knows something.
        params: shares that make one new.

    Returns:
        (G, 2) segments of every newcomer, -1 for no second one.
    """
    least = params.birth_seen_free_share
    new = free & (detections.seen_free_shares >= least) & (static_shares < least) & detections.foreground
    return _group(detections, np.flatnonzero(new), params.pair_distance_m)


def find_standing(
    detections: Detections, free: NDArray[np.bool_], map_odds: FloatArray, pair_distance_m: float, params: PersonEvidenceParams
) -> NDArray[np.int64]:
    """Who may stand there, wherever the robot came to look: by shape alone.

    Args:
        detections, free: as above.
        map_odds: (L,) what the global map says of each, see `measure_map_odds`.
        pair_distance_m: legs nearer than this may be one person's.
        params: the evidence.

    Returns:
        (G, 2) segments of everybody, -1 for no second one.
    """
    chosen = np.flatnonzero(free & (detections.widths <= params.thing_width_m))
    groups = _group(detections, chosen, pair_distance_m)
    # One leg may hide the other in part; what is hidden altogether may be anything.
    groups = groups[np.append(detections.foreground, False)[groups].any(axis=1)]
    if len(groups) == 0:
        return groups
    return groups[measure_person_odds(detections, groups, map_odds, params) >= params.birth]


def find_free(detections: Detections, assigned: NDArray[np.int64], people: FloatArray, distance_m: float) -> NDArray[np.bool_]:
    """(L,) True for segments that no track explains and that are not near one of people (P, 2): a bag, a stick or a third
    leg is not another person."""
    free = np.ones(len(detections), dtype=bool)
    free[assigned[assigned >= 0]] = False
    if len(people):
        gaps = np.linalg.norm(detections.positions[:, np.newaxis] - people[np.newaxis], axis=2)
        free &= (gaps > distance_m).all(axis=1)
    return free


def _group(detections: Detections, chosen: NDArray[np.int64], pair_distance_m: float) -> NDArray[np.int64]:
    groups = pair_new_legs(detections.positions[chosen], detections.single_legs[chosen], pair_distance_m)
    rows = [(chosen[group[0]], chosen[group[1]] if len(group) == 2 else -1) for group in groups]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)
