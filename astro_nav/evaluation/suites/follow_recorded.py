"""Recorded people walk through homes, and the robot follows them.

What was recorded is a street; it has no rooms and no corners. So the ways are those of `follow`, and how fast somebody is on them, from
moment to moment, is what one recorded person after another did: their pace, its unsteadiness, where they slowed and stopped. As in
`follow` they walk by social forces, keep off walls and make room. The pace of the street is above the limit of the robot, 1.0 m/s, for
more than two in three; in homes people walk at about half of it: J. Kaye et al., "One walk a year to 1000 within a year: continuous
in-home unobtrusive gait assessment of older adults", Gait & Posture 35, 2012 (0.61 m/s).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.scenario import Scenario
from astro_nav.evaluation.suites.data import explain_absence
from astro_nav.evaluation.suites.follow import Gait, make_walk
from astro_nav.evaluation.suites.recorded_people import TRACKS_FILE, has_tracks, load_tracks
from astro_nav.evaluation.suites.suite import Suite
from astro_nav.simulation.social_force import SocialForceBehaviour, SocialForceParams
from astro_nav.simulation.world import RecordedTrack, WalkScript
from astro_nav.types import FloatArray

WALKERS = 20  # recorded people, one after the other; then the first again
LEAST_PACE_MPS = 0.2  # who is slower on the average stands and talks
INDOOR_PACE = 0.6  # of that in the street


class RecordedGait(SocialForceBehaviour):
    """Walks a script as fast as recorded people were, one after the other.

    Args:
        script: waypoints.
        params: of the social forces.
        times_s: (N,) from 0 on.
        speeds_mps: (N,) at these times.
    """

    def __init__(self, script: WalkScript, params: SocialForceParams, times_s: FloatArray, speeds_mps: FloatArray) -> None:
        super().__init__(script, params)
        self._times_s, self._speeds_mps = times_s, speeds_mps

    def find_speed(self, now_s: float) -> float:
        return float(np.interp(math.fmod(now_s, float(self._times_s[-1])), self._times_s, self._speeds_mps))


def measure_speeds(track: RecordedTrack) -> tuple[FloatArray, FloatArray]:
    """Times (N,) from 0 on, in the middles between samples, and speeds (N,) of a recorded person."""
    steps_m = np.hypot(*np.diff(track.positions_map, axis=0).T)
    middles_s = 0.5 * (track.times_s[1:] + track.times_s[:-1])
    return middles_s - track.times_s[0], steps_m / np.diff(track.times_s)


def draw_gait(generator: np.random.Generator, pace: float) -> Gait:
    """The gaits of drawn people, at a share of their pace."""
    tracks = load_tracks()
    times, speeds = [np.zeros(1)], [np.zeros(0)]
    for number in generator.permutation(sorted(tracks)).tolist():
        track_times_s, track_speeds_mps = measure_speeds(tracks[number])
        if track_speeds_mps.mean() < LEAST_PACE_MPS:
            continue
        times.append(times[-1][-1] + track_times_s + (track_times_s[0] if len(times) > 1 else 0.0))
        speeds.append(pace * track_speeds_mps)
        if len(times) > WALKERS:
            break
    all_times_s, all_speeds_mps = np.concatenate(times[1:]), np.concatenate(speeds)
    make = partial(RecordedGait, times_s=all_times_s - all_times_s[0], speeds_mps=all_speeds_mps)
    return Gait(float(all_speeds_mps.mean()), make)


def _make(seed: int, suite: str, pace: float) -> Scenario:
    if not has_tracks():
        raise EvaluationError(f"suite {suite} needs recorded people: {explain_absence(TRACKS_FILE)}")
    return make_walk(seed, suite, lambda generator: draw_gait(generator, pace))


FOLLOW_RECORDED = Suite(
    "follow-recorded", "as follow, and people walk as fast as recorded people in a street did", 40, lambda seed: _make(seed, "follow-recorded", 1.0)
)
FOLLOW_INDOOR = Suite(
    "follow-indoor", "as follow-recorded at 0.6 of their pace, that of homes", 40, lambda seed: _make(seed, "follow-indoor", INDOOR_PACE)
)
