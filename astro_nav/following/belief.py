"""Where the followed person may be: many guesses, moved on as people move and weighed by what is seen and by what is not.

A particle filter, for what has to be said is not a bell: behind a corner somebody may have gone left or right, rays that pass through
a place tell that nobody is there, and people do not walk through walls. While the person is in sight the guesses lie close together.

Source: N. Gordon, D. Salmond, A. Smith, "Novel approach to nonlinear/non-Gaussian Bayesian state estimation", IEE Proceedings F 140,
1993; likelihood of one target among false detections: Y. Bar-Shalom, T. Fortmann, "Tracking and Data Association", 1988, ch. 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astro_nav.following.scan_view import Candidates
from astro_nav.types import FloatArray

GUESSES = 400
SEED = 7  # equal news give equal beliefs
LONGEST_STEP_S = 0.1  # nobody jumps over a wall
CLOCK_BACK_S = 2.0
BODY_ROOM_M = 0.12  # people's middles keep so far from what the map shows
START_DEVIATION_M, START_DEVIATION_MPS = 0.15, 0.25
ACCELERATION_MPS_RT_S = 0.55  # deviation of the velocity after a second
STOP_RATE_HZ, START_RATE_HZ = 0.25, 0.4
START_SPEED_MPS = 0.7
STANDING_MPS = 0.1
FASTEST_MPS = 1.6
FALSE_DENSITY_PM2 = 1.0  # of candidates that are somebody or something else
MOST_LIKELY = 12.0  # one scan's word for a place against another: errors of neighbouring scans are alike
SEEN_EMPTY = 0.12  # likelihood of a place that rays pass through, against one that is out of view
MODE_M = 0.6  # guesses so near to each other are one place
CELL_M = 0.4
ROUGHNESS_M, ROUGHNESS_MPS = 0.02, 0.08  # between copies of one guess


@dataclass(frozen=True)
class Place:
    """Where the person most likely is.

    Attributes:
        position_map: (2,) [m].
        velocity_map: (2,) [m/s].
        share: of the belief that lies there, 0 to 1.
        deviation_m: of the position within it.
    """

    position_map: FloatArray
    velocity_map: FloatArray
    share: float
    deviation_m: float


class PersonBelief:
    """Guesses of position and velocity of one person.

    Args:
        measure_room: distance of points (N, 2) to what the map shows [m].
    """

    def __init__(self, measure_room: Callable[[FloatArray], FloatArray]) -> None:
        self._measure_room = measure_room
        self._generator = np.random.default_rng(SEED)
        self._states = np.zeros((GUESSES, 4))
        self._weights = np.full(GUESSES, 1.0 / GUESSES)
        self.stamp_s = 0.0

    @property
    def positions_map(self) -> FloatArray:
        """(N, 2) guesses [m]."""
        return self._states[:, :2]

    @property
    def weights(self) -> FloatArray:
        """(N,) of the guesses; they sum to 1."""
        return self._weights

    def begin(self, position_map: FloatArray, velocity_map: FloatArray, stamp_s: float) -> None:
        """They are here (2,), and move like this (2,)."""
        noise = self._generator.standard_normal((GUESSES, 4))
        self._states[:, :2] = position_map + START_DEVIATION_M * noise[:, :2]
        self._states[:, 2:] = velocity_map + START_DEVIATION_MPS * noise[:, 2:]
        self._weights[:] = 1.0 / GUESSES
        self.stamp_s = stamp_s

    def suppose(self, position_map: FloatArray, velocity_map: FloatArray, share: float) -> None:
        """Some of the guesses, those of least weight, are made anew: they may be here (2,), and move like this (2,)."""
        chosen = np.argsort(self._weights, kind="stable")[: int(share * GUESSES)]
        noise = self._generator.standard_normal((len(chosen), 4))
        self._states[chosen, :2] = position_map + START_DEVIATION_M * noise[:, :2]
        self._states[chosen, 2:] = velocity_map + START_DEVIATION_MPS * noise[:, 2:]
        self._weights[chosen] = 1.0 / GUESSES
        self._weights /= self._weights.sum()

    def move_on(self, stamp_s: float) -> None:
        """Predict to a later time; long silences are taken in steps. A clock that went back far begins anew."""
        if stamp_s < self.stamp_s - CLOCK_BACK_S:
            self.stamp_s = stamp_s
        while stamp_s - self.stamp_s > 1e-6:
            step_s = min(stamp_s - self.stamp_s, LONGEST_STEP_S)
            self._step(step_s)
            self.stamp_s += step_s

    def correct(self, candidates: Candidates, passed: FloatArray) -> None:
        """Weigh the guesses.

        Args:
            candidates: where somebody may stand.
            passed: (N,) how much of a person at each guess rays have passed through.
        """
        likelihoods = 1.0 - (1.0 - SEEN_EMPTY) * np.clip(2.0 * passed - 1.0, 0.0, 1.0)
        if len(candidates.weights):
            gaps = self._states[:, np.newaxis, :2] - candidates.positions_map
            variances = candidates.deviations_m**2
            peaks = candidates.weights / (2.0 * np.pi * variances * FALSE_DENSITY_PM2)
            seen = (peaks * np.exp(-0.5 * (gaps**2).sum(axis=2) / variances)).max(axis=1)
            likelihoods += np.minimum(seen, MOST_LIKELY)
        self._weights *= likelihoods
        total = float(self._weights.sum())
        self._weights = self._weights / total if total > 1e-12 else np.full(GUESSES, 1.0 / GUESSES)
        if 1.0 / np.square(self._weights).sum() < 0.5 * GUESSES:
            self._resample()

    def find_place(self) -> Place:
        """The place at which most of the belief lies."""
        positions = self._states[:, :2]
        cells = np.floor((positions - positions.min(axis=0)) / CELL_M).astype(np.int64)
        keys = cells[:, 0] * (int(cells[:, 1].max()) + 1) + cells[:, 1]
        heaviest = int(np.argmax(np.bincount(keys, self._weights)))
        middle = positions[keys == heaviest].mean(axis=0)
        for _ in range(2):
            near = np.hypot(*(positions - middle).T) <= MODE_M
            share = float(self._weights[near].sum())
            middle = self._weights[near] @ positions[near] / share
        variance = float(self._weights[near] @ np.square(positions[near] - middle).sum(axis=1)) / share
        return Place(middle, self._weights[near] @ self._states[near, 2:] / share, share, (0.5 * variance) ** 0.5)

    def _step(self, step_s: float) -> None:
        states, generator = self._states, self._generator
        noise = generator.standard_normal((GUESSES, 2))
        chance, direction = generator.random(GUESSES), generator.uniform(-np.pi, np.pi, GUESSES)
        speeds = np.hypot(*states[:, 2:].T)
        stands = speeds < STANDING_MPS
        states[:, 2:] += ACCELERATION_MPS_RT_S * step_s**0.5 * np.where(stands, 0.15, 1.0)[:, np.newaxis] * noise
        states[~stands & (chance < STOP_RATE_HZ * step_s), 2:] = 0.0
        starts = stands & (chance < START_RATE_HZ * step_s)
        states[starts, 2:] = START_SPEED_MPS * np.stack([np.cos(direction[starts]), np.sin(direction[starts])], axis=1)
        speeds = np.maximum(np.hypot(*states[:, 2:].T), 1e-9)
        states[:, 2:] *= np.minimum(1.0, FASTEST_MPS / speeds)[:, np.newaxis]
        there = states[:, :2] + step_s * states[:, 2:]
        self._slide(there, step_s, direction)

    def _slide(self, there: FloatArray, step_s: float, direction: FloatArray) -> None:
        """Take the step; who would walk into a wall turns somewhere else instead."""
        states = self._states
        room_there, room_here = self._measure_room(there), self._measure_room(states[:, :2])
        stopped = (room_there < BODY_ROOM_M) & (room_there < room_here)
        states[~stopped, :2] = there[~stopped]
        speeds = np.hypot(*states[stopped, 2:].T)[:, np.newaxis]
        states[stopped, 2:] = speeds * np.stack([np.cos(direction[stopped]), np.sin(direction[stopped])], axis=1)

    def _resample(self) -> None:
        """Systematic: guesses in proportion to their weights."""
        places = (self._generator.random() + np.arange(GUESSES)) / GUESSES
        chosen = np.minimum(np.searchsorted(np.cumsum(self._weights), places), GUESSES - 1)
        noise = np.array([ROUGHNESS_M, ROUGHNESS_M, ROUGHNESS_MPS, ROUGHNESS_MPS])
        self._states = self._states[chosen] + noise * self._generator.standard_normal((GUESSES, 4))
        self._weights = np.full(GUESSES, 1.0 / GUESSES)
