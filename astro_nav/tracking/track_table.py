"""All tracks as a structure of arrays, so that a scan costs a few array operations whatever the number of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_nav.types import FloatArray

HISTORY = 20  # remembered positions per track
SURFACES = 2  # remembered segments per position: two legs


class TrackTable:
    """M tracks in rows of arrays of a fixed capacity; `rows` of every array is the live part.

    Attributes:
        count: number of tracks.
        track_ids: (C,) int64.
        states: (C, 4) [x m, y m, vx m/s, vy m/s] in odom.
        covariances: (C, 4, 4).
        existence: (C,) logarithm of the odds that it is real.
        born_s, seen_s: (C,) times of the first and the last measurement.
        person_odds: (C,) logarithm of the odds that it is a person, by what it looks like.
        seen_free_share: (C,) share of recent measurements in space that was seen free.
        widths: (C,) largest width that was seen, slowly forgotten [m].
        confirmed: (C,) bool; it has been seen often enough once.
        moving: (C,) bool; it moves now.
        moved: (C,) bool; it has moved at least once.
        camera_s: (C,) when another sensor last saw it as a person, -inf for never.
        moving_scans: (C,) int64, scans in a row that look like moving.
        still_s: (C,) for how long it has looked still.
        near_s: (C, C) for how long two tracks have been as near to each other as one person is to itself.
        labels: list of C names.
        surfaces: (C, 2, 2) where its newest segments were [m], NaN for none.
        history_s: (C, H) times of remembered positions, -inf for none; a ring.
        history_positions: (C, H, 2) estimated positions [m].
        history_variances: (C, H) their variance per axis [m^2].
        history_surfaces: (C, H, 2, 2) where the segments were [m], NaN for none.
        history_next: (C,) int64, row of the ring to be written next.
    """

    _ARRAYS = (
        "track_ids", "states", "covariances", "existence", "born_s", "seen_s", "person_odds", "seen_free_share", "widths",
        "confirmed", "moving", "moved", "camera_s", "moving_scans", "still_s", "near_s", "surfaces", "history_s", "history_positions",
        "history_variances", "history_surfaces", "history_next",
    )  # fmt: skip

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        self._next_id = 1
        self.track_ids = np.zeros(capacity, dtype=np.int64)
        self.states = np.zeros((capacity, 4))
        self.covariances = np.zeros((capacity, 4, 4))
        self.existence = np.zeros(capacity)
        self.born_s = np.zeros(capacity)
        self.seen_s = np.zeros(capacity)
        self.person_odds = np.zeros(capacity)
        self.seen_free_share = np.zeros(capacity)
        self.widths = np.zeros(capacity)
        self.confirmed = np.zeros(capacity, dtype=bool)
        self.moving = np.zeros(capacity, dtype=bool)
        self.moved = np.zeros(capacity, dtype=bool)
        self.camera_s = np.full(capacity, -np.inf)
        self.moving_scans = np.zeros(capacity, dtype=np.int64)
        self.still_s = np.zeros(capacity)
        self.near_s = np.zeros((capacity, capacity))
        self.labels = [""] * capacity
        self.surfaces = np.full((capacity, SURFACES, 2), np.nan)
        self.history_s = np.full((capacity, HISTORY), -np.inf)
        self.history_positions = np.zeros((capacity, HISTORY, 2))
        self.history_variances = np.zeros((capacity, HISTORY))
        self.history_surfaces = np.full((capacity, HISTORY, SURFACES, 2), np.nan)
        self.history_next = np.zeros(capacity, dtype=np.int64)

    @property
    def rows(self) -> slice:
        """The live part of every array."""
        return slice(0, self.count)

    @property
    def is_full(self) -> bool:
        return self.count >= self.capacity

    def add(self, position: FloatArray, noise: FloatArray, start_speed_mps: float, stamp_s: float, person_odds: float) -> int:
        """Begin a track at rest with an uncertain velocity; returns its row.

        Args:
            position: (2,) [m].
            noise: (2, 2) its covariance [m^2].
            start_speed_mps: standard deviation of the velocity.
            stamp_s: when it was measured.
            person_odds: logarithm of the odds that it is a person.
        """
        row = self.count
        self.count += 1
        self.track_ids[row] = self._next_id
        self._next_id += 1
        self.states[row] = (position[0], position[1], 0.0, 0.0)
        self.covariances[row] = 0.0
        self.covariances[row, :2, :2] = noise
        self.covariances[row, 2, 2] = self.covariances[row, 3, 3] = start_speed_mps**2
        for array in (self.existence, self.widths, self.still_s, self.moving_scans, self.history_next):
            array[row] = 0
        self.confirmed[row] = self.moving[row] = self.moved[row] = False
        self.camera_s[row] = -np.inf
        self.person_odds[row] = person_odds
        self.seen_free_share[row] = 1.0
        self.near_s[row, :] = self.near_s[:, row] = 0.0
        self.born_s[row] = self.seen_s[row] = stamp_s
        self.labels[row] = ""
        self.history_s[row] = -np.inf
        return row

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop the rows (M,) that are False; the order of the others stays."""
        rows = np.flatnonzero(kept)
        if len(rows) == self.count:
            return
        for name in self._ARRAYS:
            array = getattr(self, name)
            array[: len(rows)] = array[rows]
        self.near_s[: len(rows), : len(rows)] = self.near_s[: len(rows), rows]
        self.labels[: len(rows)] = [self.labels[row] for row in rows]
        self.count = len(rows)

    def remember(self, row: int, stamp_s: float, surfaces: FloatArray, min_step_s: float) -> None:
        """Note where the row's segments (1 or 2, 2) are, and append it to its history when `min_step_s` has passed."""
        self.surfaces[row] = np.nan
        self.surfaces[row, : len(surfaces)] = surfaces
        place = self.history_next[row]
        if stamp_s - self.history_s[row, place - 1] < min_step_s:
            return
        self.history_s[row, place] = stamp_s
        self.history_positions[row, place] = self.states[row, :2]
        self.history_variances[row, place] = 0.5 * (self.covariances[row, 0, 0] + self.covariances[row, 1, 1])
        self.history_surfaces[row, place] = self.surfaces[row]
        self.history_next[row] = (place + 1) % HISTORY
