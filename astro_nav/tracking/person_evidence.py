"""Whether what stands there is a person: evidence from what it looks like, and from what the map shows at its place.

Somebody who has never moved can be told from furniture by shape only. A leg is about 12 cm wide, a chair's or a table's is
much thinner; legs come in pairs, a hand's breadth or a stride apart; people stand clear of what the map shows. Each of
these is weak, and what is a leg at two metres is a blur at six, so the evidence is a logarithm of odds and never a yes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.mapping.known_places import EMPTY, KNOWN
from astro_nav.params.people import PersonEvidenceParams
from astro_nav.tracking.detection import Detections
from astro_nav.tracking.track_table import TrackTable
from astro_nav.types import FloatArray

_LEAST_DENSITY = 1e-6  # keeps logarithms finite


def measure_leg_odds(widths_m: FloatArray, spacings_m: FloatArray, params: PersonEvidenceParams) -> FloatArray:
    """Log odds that segments of these widths [m], arrays of any shape, are legs and not the thin legs of furniture or anything else.

    Args:
        widths_m: extent across the line of sight, one spacing of the rays included.
        spacings_m: of neighbouring rays [m]; no width is known better than a share of it.
    """
    blur = params.spacing_share * spacings_m
    person = _measure_density(widths_m, params.leg_width_m, np.hypot(params.leg_deviation_m, blur))
    # Whatever is hit by one ray alone is one spacing wide.
    thin_width = np.maximum(params.thin_width_m, spacings_m)
    thin = _measure_density(widths_m, thin_width, np.hypot(params.thin_deviation_m, blur))
    thing = params.thin_share * thin + (1.0 - params.thin_share) / params.thing_width_m
    return np.log(person + _LEAST_DENSITY) - np.log(thing)


def measure_person_odds(
    detections: Detections, legs: NDArray[np.int64], map_odds: FloatArray, params: PersonEvidenceParams
) -> FloatArray:
    """Log odds (G,) that groups of one or two segments are people.

    Args:
        detections: L segments.
        legs: (G, 2) the segments of each group, -1 for no second one; the first is always there.
        map_odds: (L,) from `measure_map_odds`.
        params: weights.
    """
    is_pair = legs[:, 1] >= 0
    first, second = legs[:, 0], np.where(is_pair, legs[:, 1], legs[:, 0])
    # What something nearer hides in part, as one leg does the other, says nothing by its width.
    clear = np.stack([detections.foreground[first], detections.foreground[second]], axis=1)
    widths = np.stack([detections.widths[first], detections.widths[second]], axis=1)
    spacings = np.stack([detections.spacings[first], detections.spacings[second]], axis=1)
    shape = (clear * measure_leg_odds(widths, spacings, params)).sum(axis=1) / np.maximum(clear.sum(axis=1), 1)
    kind_odds = np.where(is_pair, np.where(clear.all(axis=1), params.pair_odds, params.hidden_odds), params.single_odds)
    odds = np.where(is_pair | detections.single_legs[first], kind_odds + params.shape_weight * shape, params.body_odds)
    # Both legs in one segment, of which one hides the other in part: a step within, which no box or pot has.
    front = measure_leg_odds(detections.front_widths[first], detections.spacings[first], params)
    in_one = ~is_pair & (detections.inner_steps[first] >= params.inner_step_m)
    odds = np.where(in_one, np.maximum(odds, params.hidden_odds + params.shape_weight * front), odds)
    odds = odds + np.minimum(map_odds[first], map_odds[second])
    return np.clip(odds, -params.limit, params.limit)


def measure_map_odds(
    detections: Detections, map_classes: NDArray[np.int8] | None, params: PersonEvidenceParams
) -> FloatArray:
    """Log odds (L,) that segments are people, by what the global map shows at their places.

    Args:
        detections: L segments.
        map_classes: (N,) of the rays' ends, from `KnownPlaces.classify`; None without a map.
        params: weights.
    """
    if map_classes is None:
        return np.zeros(len(detections))
    known = detections.measure_share(map_classes == KNOWN)
    empty = detections.measure_share(map_classes == EMPTY)
    return params.mapped_odds * known + params.unmapped_odds * empty


def update_person_odds(
    table: TrackTable,
    assigned: NDArray[np.int64],
    detections: Detections,
    map_odds: FloatArray,
    step_s: float,
    params: PersonEvidenceParams,
) -> None:
    """Let the newest scan speak for or against every track that was seen in it.

    Scans of the same thing from the same place repeat each other, so their evidence is averaged and not added. Who
    is hidden in part keeps what was known.

    Args:
        table: M tracks; changed.
        assigned: (M, 2) segments of each track, -1 for none.
        detections, map_odds: see `measure_person_odds`.
        step_s: since the last scan.
        params: weights, and the time over which to average.
    """
    clear = np.append(detections.foreground, False)[assigned].any(axis=1)
    rows = np.flatnonzero((assigned[:, 0] >= 0) & clear)
    if len(rows) == 0:
        return
    odds = measure_person_odds(detections, assigned[rows], map_odds, params)
    share = 1.0 - np.exp(-step_s / params.memory_s)
    table.person_odds[rows] += share * (odds - table.person_odds[rows])


def find_person_chances(table: TrackTable, params: PersonEvidenceParams) -> FloatArray:
    """Chance (M,) that each track is a person or something else that moves, and not furniture.

    That something moved is proof while it does and fades while it stands: furniture of which now this and now that edge is
    seen may seem to move once, and must not keep a robot from a table for ever.
    """
    rows = table.rows
    by_shape = 1.0 / (1.0 + np.exp(-table.person_odds[rows]))
    by_motion = np.where(table.moving[rows], 1.0, np.exp(-table.still_s[rows] / params.proof_s)) * table.moved[rows]
    return np.where(np.isfinite(table.camera_s[rows]), 1.0, np.maximum(by_shape, by_motion))


def _measure_density(values: FloatArray, mean: FloatArray | float, deviation: FloatArray) -> FloatArray:
    """Normal density."""
    return np.exp(-0.5 * ((values - mean) / deviation) ** 2) / (np.sqrt(2.0 * np.pi) * deviation)
