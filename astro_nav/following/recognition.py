"""Whom to follow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.following.sighting import Sighting
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray

NEAREST = ("", "0")  # names that mean the nearest in front


def find_person(sightings: Sequence[Sighting], name: str, robot_map: FloatArray, params: FollowParams) -> Sighting | None:
    """Who has this name, or stands in front of a robot at (3,); None when there is nobody."""
    return find_in_front(sightings, robot_map, params) if name in NEAREST else find_named(sightings, name)


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
