"""Whom to follow, and whether somebody who appears is the one that was lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np

from astro_nav.following.sighting import Sighting
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.following import FollowParams
from astro_nav.types import FloatArray


SURE_ROOM_M = 0.35  # a track that has so much room is no furniture


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


def find_again(
    sightings: Sequence[Sighting], lost: Sighting, params: FollowParams, others: Collection[int] = ()
) -> Sighting | None:
    """The person that was seen last as `lost` says, tracked under another number.

    Somebody appears near to where they are thought to be by now, and is nearest to that: it is them. A label decides alone.

    Args:
        sightings: what is tracked now.
        lost: their last sighting.
        params: of following.
        others: numbers of those who were seen together with them: they are somebody else.
    """
    best_m, chosen = np.inf, None
    for sighting in sightings:
        if lost.label and sighting.label:
            if sighting.label == lost.label:
                return sighting
            continue
        if not (sighting.person or sighting.moving) or sighting.track_id in others:
            continue
        hidden_s = max(sighting.stamp_s - lost.stamp_s, 0.0)
        expected = lost.predict(sighting.stamp_s)
        # They may have stopped on the way: any place between last sight and expectation is as likely.
        way = lost.position_map + np.linspace(0.0, 1.0, 6)[:, np.newaxis] * (expected - lost.position_map)
        off_m = float(np.hypot(*(way - sighting.position_map).T).min())
        if off_m <= params.again_m + params.again_mps * hidden_s and off_m < best_m:
            best_m, chosen = off_m, sighting
    return chosen


class Identity:
    """Keeps to one person although the tracker may not.

    A track can slip from a person who passes close by furniture onto the furniture; the person is then tracked under a new number.
    So whoever is followed is doubted while they are where the map shows no room for a person, and a moving person who turns up then,
    near to where they were last without doubt, is them. Whoever was seen together with them while there was no doubt is not.

    Args:
        params: of following.
        measure_room: distance of points (N, 2) to what the map shows [m].
    """

    def __init__(self, params: FollowParams, measure_room: Callable[[FloatArray], FloatArray]) -> None:
        self.params, self._measure_room = params, measure_room
        self._others: set[int] = set()
        self._certain: Sighting | None = None

    def update(self, known: Sighting, sightings: Sequence[Sighting]) -> Sighting | None:
        """Find the followed person, seen last as `known` says, among what is tracked now; None when they are out of sight."""
        certain = self._certain or known
        found = next((sighting for sighting in sightings if sighting.track_id == known.track_id), None)
        if found is None:
            found = find_again(sightings, known, self.params, self._others) or find_again(sightings, certain, self.params, self._others)
        elif self._is_doubtful(found):
            moving = [sighting for sighting in sightings if sighting.moving and sighting.track_id != found.track_id]
            better = find_again(moving, certain, self.params, self._others)
            if better is not None and not self._is_doubtful(better):
                found = better
        if found is not None and not self._is_doubtful(found):
            self._certain = found
            if self._measure_room(found.position_map[np.newaxis])[0] >= SURE_ROOM_M:
                apart = {s.track_id for s in sightings if np.hypot(*(s.position_map - found.position_map)) > self.params.again_m}
                self._others = (self._others | apart) - {found.track_id}
        return found

    def _is_doubtful(self, sighting: Sighting) -> bool:
        return bool(self._measure_room(sighting.position_map[np.newaxis])[0] < self.params.doubt_room_m)
