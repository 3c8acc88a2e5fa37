"""The track that has proved to be the followed person's: while it moves, it knows better than the belief where they are.

A belief can be caught by what somebody leaves behind or walks past, a leg of a chair that is taken for theirs, and then nothing denies
it. A track that was theirs while they walked, and walks on, is not caught like that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from astro_nav.following.sighting import Sighting
from astro_nav.types import FloatArray

PROVED_S = 1.0  # a track that was theirs and moved for so long is theirs
DISPUTED_S = 0.4  # and overrules a belief that is elsewhere for so long


class OwnTrack:
    """Remembers which track has proved to be theirs.

    Args:
        apart_m: a belief so far from the track is elsewhere.
    """

    def __init__(self, apart_m: float) -> None:
        self._apart_m = apart_m
        self.clear()

    def clear(self) -> None:
        """Begin anew with somebody else."""
        self._proved_id: int | None = None
        self._agreeing_id: int | None = None
        self._agreed_s = self._disputed_s = math.inf

    def note(self, own: Sighting | None, now_s: float) -> None:
        """This track agrees with a belief that is sure, None for none."""
        if own is None or not (own.moving and own.person):
            self._agreeing_id = None
        elif own.track_id != self._agreeing_id:
            self._agreeing_id, self._agreed_s = own.track_id, now_s
        elif now_s - self._agreed_s >= PROVED_S:
            self._proved_id = own.track_id

    def find_overruling(self, place_map: FloatArray, sound: Sequence[Sighting], now_s: float) -> Sighting | None:
        """The proved track when the belief has been elsewhere (2,) for long.

        Args:
            place_map: where the belief has them.
            sound: tracks of moving people that are where people can be.
            now_s: time.
        """
        away_m = {track.track_id: math.dist(track.predict(now_s), place_map) for track in sound}
        # Where somebody else walks the belief has reasons of its own: tracks of people who meet may be exchanged.
        is_disputed = away_m.get(self._proved_id, 0.0) > self._apart_m and min(away_m.values()) > self._apart_m
        if not is_disputed:
            self._disputed_s = math.inf
            return None
        self._disputed_s = min(self._disputed_s, now_s)
        if now_s - self._disputed_s < DISPUTED_S:
            return None
        self._disputed_s = math.inf
        return next(track for track in sound if track.track_id == self._proved_id)
