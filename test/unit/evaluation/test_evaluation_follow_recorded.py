"""Recorded gaits: people are as fast on a way as they were when they were recorded."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.suites import SUITES
from astro_nav.evaluation.suites.follow_recorded import RecordedGait, measure_speeds
from astro_nav.evaluation.suites.recorded_people import has_tracks, load_tracks
from astro_nav.simulation.social_force import SocialForceParams
from astro_nav.simulation.world import RecordedTrack, Waypoint, WalkScript

SCRIPT = WalkScript((Waypoint((0.0, 0.0)), Waypoint((100.0, 0.0))), "once", 1.0)


def test_speeds_are_those_between_samples():
    track = RecordedTrack(np.array([2.0, 2.4, 3.2]), np.array([[0.0, 0.0], [0.4, 0.0], [0.4, 0.4]]))
    times_s, speeds_mps = measure_speeds(track)
    assert times_s == pytest.approx([0.2, 0.8])
    assert speeds_mps == pytest.approx([1.0, 0.5])


def test_somebody_walks_as_fast_as_was_recorded_and_begins_again_at_the_end():
    gait = RecordedGait(SCRIPT, SocialForceParams(), np.array([0.0, 4.0, 8.0]), np.array([1.2, 1.2, 0.4]))
    assert gait.find_speed(2.0) == pytest.approx(1.2)
    assert gait.find_speed(6.0) == pytest.approx(0.8)
    assert gait.find_speed(10.0) == pytest.approx(1.2)
    fast, slow = (gait.decide_velocity(now_s, (10.0, 0.0), 0.1)[0] for now_s in (2.0, 6.0))
    assert slow / fast == pytest.approx(0.8 / 1.2)  # from rest, so they have just begun


def test_indoors_the_same_people_walk_at_a_share_of_their_pace():
    if not has_tracks():
        with pytest.raises(EvaluationError, match="recorded people"):
            SUITES["follow-indoor"].make(1)
        pytest.skip("no recorded people: set ASTRO_NAV_DATA to the folder that holds pedestrians/")
    street, indoor = (SUITES[name].make(1).facts["speed_mps"] for name in ("follow-recorded", "follow-indoor"))
    assert indoor == pytest.approx(0.6 * street)
    recorded = [measure_speeds(track)[1].mean() for track in load_tracks().values()]
    assert min(recorded) < street < max(recorded)
