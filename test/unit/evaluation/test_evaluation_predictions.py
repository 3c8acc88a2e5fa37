"""Predictions against what people did: promises that are kept, broken ones, and what was no person."""

from __future__ import annotations

import json

import numpy as np

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.episode import EpisodeName, make_plain, make_scenario
from astro_nav.evaluation.forecasts import HORIZONS_S, Forecast
from astro_nav.evaluation.metrics import measure_episode
from astro_nav.evaluation.metrics.predictions import PROMISES, add_kept_promises, count_kept_promises
from astro_nav.evaluation.reports.run_page import _make_reliability

TIMES = np.arange(0.0, 10.0, 0.02)


def make_people(speed_mps):
    """Two people (N, 2, 2), one of them far away, then gone."""
    walker = np.stack([speed_mps * TIMES, np.zeros(len(TIMES))], axis=1)
    other = np.where(TIMES[:, None] < 1.0, np.array([5.0, 5.0]), np.nan)
    return np.stack([walker, other], axis=1)


def foretell(start_s, place, speed_mps, spread_m):
    means = np.array([[place[0] + speed_mps * h, place[1]] for h in HORIZONS_S])
    return Forecast(start_s, np.array(place, dtype=float), means, np.tile(spread_m**2 * np.eye(2), (len(HORIZONS_S), 1, 1)))


def test_an_honest_prediction_keeps_its_promises_as_often_as_it_says():
    random = np.random.default_rng(1)
    forecasts = [foretell(1.0, (1.0, 0.0), 1.0, 0.2) for _ in range(2000)]
    forecasts = [Forecast(f.start_s, f.start_map, f.means_map + random.normal(0.0, 0.2, (3, 2)), f.covariances_map) for f in forecasts]
    kept = count_kept_promises(forecasts, TIMES, make_people(1.0))
    assert set(kept) == {"1", "2", "3"}
    for counts in kept.values():
        np.testing.assert_allclose(np.array(counts["kept"]) / counts["count"], PROMISES, atol=0.04)


def test_who_turns_out_faster_than_promised_is_outside():
    kept = count_kept_promises([foretell(1.0, (1.0, 0.0), 0.5, 0.1)], TIMES, make_people(1.0))
    assert kept["1"] == {"count": 1, "kept": [0] * len(PROMISES)}


def test_what_is_no_person_and_what_nobody_saw_the_end_of_do_not_count():
    forecasts = [foretell(1.0, (3.0, 3.0), 0.0, 1.0), foretell(0.5, (5.0, 5.0), 0.0, 1.0), foretell(9.9, (9.9, 0.0), 1.0, 1.0)]
    assert count_kept_promises(forecasts, TIMES, make_people(1.0)) is None
    assert count_kept_promises(forecasts, TIMES, np.zeros((len(TIMES), 0, 2))) is None


def test_an_episode_with_people_is_counted_and_shown():
    scenario = make_scenario(EpisodeName("people", 2001))
    row = make_plain(measure_episode(ClosedLoop(scenario).run()))
    kept = add_kept_promises([json.loads(json.dumps(row)), row, {"predictions": None}])
    assert kept["1"]["count"] == 2 * row["predictions"]["1"]["count"] > 10
    share = kept["1"]["kept"][PROMISES.index(0.95)] / kept["1"]["count"]
    assert 0.5 < share <= 1.0  # one episode; a frame mixed up would make it nothing
    assert f"{100.0 * share:.1f} %" in _make_reliability(kept)
