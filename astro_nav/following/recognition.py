"""Whom to follow, and whether somebody who appears is the one that was lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.following.sighting import Sighting
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray


def find_named(sightings: Sequence[Sighting], name: str) -> Sighting | None:
    """Who has this label, or else this number; None when nobody has."""
    by_label = [sighting for sighting in sightings if sighting.label and sighting.label == name]
    by_number = [sighting for sighting in sightings if str(sighting.track_id) == name]
    return (by_label or by_number or [None])[0]


def find_in_front(sightings: Sequence[Sighting], robot_map: FloatArray, params: FollowParams) -> Sighting | None:
    """The nearest person in front of the robot; what moves and is not known to be a person counts when there is no other."""
    best: tuple[bool, float] | None = None
    chosen = None
    for sighting in sightings:
        if not (sighting.person or sighting.moving):
            continue
        x, y = sighting.position_map - robot_map[:2]
        away_m, bearing_rad = float(np.hypot(x, y)), abs(float(wrap_angle(np.arctan2(y, x) - robot_map[2])))
        rank = (not sighting.person, away_m)
        if away_m <= params.find_range_m and bearing_rad <= params.front_rad and (best is None or rank < best):
            best, chosen = rank, sighting
    return chosen


def find_again(sightings: Sequence[Sighting], lost: Sighting, params: FollowParams) -> Sighting | None:
    """The person that was seen last as `lost` says, tracked under another number.

    Somebody appears near to where they are thought to be by now, and is nearest to that: it is them. A label decides alone.
    """
    best_m, chosen = np.inf, None
    for sighting in sightings:
        if lost.label and sighting.label:
            if sighting.label == lost.label:
                return sighting
            continue
        if not (sighting.person or sighting.moving):
            continue
        hidden_s = max(sighting.stamp_s - lost.stamp_s, 0.0)
        expected = lost.predict(sighting.stamp_s)
        # They may have stopped on the way: any place between last sight and expectation is as likely.
        way = lost.position_map + np.linspace(0.0, 1.0, 6)[:, np.newaxis] * (expected - lost.position_map)
        off_m = float(np.hypot(*(way - sighting.position_map).T).min())
        if off_m <= params.again_m + params.again_mps * hidden_s and off_m < best_m:
            best_m, chosen = off_m, sighting
    return chosen
