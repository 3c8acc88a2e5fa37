"""Predicted ellipses against what recorded people did, on the half of them that no parameter was fitted to."""

from __future__ import annotations

import numpy as np
import pytest
from scenes.people import load_people_params, make_prediction_params

from astro_nav.kernels.track_filter import predict_states, update_state
from astro_nav.params.people import TrackingParams
from astro_nav.prediction.predictor import predict_tracks
from astro_nav.types import Track

PERIOD_S, SIGHT_S, HORIZON_S, EVERY_S = 0.1, 1.0, 3.0, 0.5
CHI_SQUARE_95 = 5.991  # two degrees of freedom


@pytest.fixture(scope="module")
def outcomes(data_folder):
    """Tracks of every second person, filtered as the tracker does from noisy positions, and where the people went."""
    path = data_folder / "pedestrians" / "zara01.csv"
    if not path.is_file():
        pytest.skip(f"no recorded people at {path}")
    rows = np.loadtxt(path, delimiter=",", skiprows=1)
    model = load_people_params(TrackingParams, "tracking").model
    random = np.random.default_rng(0)
    tracks, futures = [], []
    for number in np.unique(rows[:, 1])[1::2]:
        own = rows[rows[:, 1] == number]
        own = own[np.argsort(own[:, 0])]
        times = np.arange(own[0, 0], own[-1, 0], PERIOD_S)
        way = np.stack([np.interp(times, own[:, 0], own[:, axis]) for axis in (2, 3)], axis=1)
        state, covariance = np.zeros((1, 4)), np.zeros((1, 4, 4))
        noise = 0.5 * model.position_noise_m**2 * np.eye(2)
        covariance[0, :2, :2], covariance[0, 2:, 2:] = noise, model.start_speed_mps**2 * np.eye(2)
        measured = way + random.normal(0.0, 0.05, way.shape)
        state[0, :2] = measured[0]
        for k in range(1, len(times) - int(HORIZON_S / PERIOD_S)):
            predict_states(state, covariance, PERIOD_S, model.acceleration_noise_mps2**2)
            update_state(state[0], covariance[0], measured[k], noise, 0.0)
            if k * PERIOD_S >= SIGHT_S and k % int(EVERY_S / PERIOD_S) == 0:
                tracks.append(Track(len(tracks), 0.0, state[0].copy(), covariance[0].copy(), 0.3, True, True))
                futures.append(way[k + np.array([10, 20, 30])])
    return tracks, np.array(futures)


def measure_outcomes(outcomes, **changes):
    tracks, futures = outcomes
    params = make_prediction_params(max_tracks=256, **changes)
    errors, distances = [], []
    for first in range(0, len(tracks), 256):
        chosen = slice(first, first + 256)
        prediction = predict_tracks(tracks[chosen], 0.0, 31, PERIOD_S, params, None, None)
        error = futures[chosen] - prediction.means_odom[:, [10, 20, 30]]
        solved = np.linalg.solve(prediction.covariances[:, [10, 20, 30]], error[..., None])[..., 0]
        errors.append(error)
        distances.append((error * solved).sum(axis=2))
    return np.concatenate(errors), np.concatenate(distances)


def test_ellipses_of_95_percent_contain_90_to_99_percent_at_1_2_and_3_seconds(outcomes):
    _, distances = measure_outcomes(outcomes)
    assert len(distances) > 1000
    shares = (distances <= CHI_SQUARE_95).mean(axis=0)
    assert (shares >= 0.90).all() and (shares <= 0.99).all(), shares


def test_standing_people_are_no_exception(outcomes):
    _, distances = measure_outcomes(outcomes)
    standing = np.array([np.hypot(*track.state_odom[2:]) < 0.3 for track in outcomes[0]])
    assert standing.sum() > 50
    assert ((distances[standing] <= CHI_SQUARE_95).mean(axis=0) >= 0.90).all()


def test_the_mean_is_no_worse_than_going_straight_on_and_without_bias(outcomes):
    errors, _ = measure_outcomes(outcomes)
    tracks, futures = outcomes
    states = np.array([track.state_odom for track in tracks])
    straight = states[:, None, :2] + np.array([1.0, 2.0, 3.0])[None, :, None] * states[:, None, 2:]
    ours = np.sqrt((errors**2).sum(axis=2).mean(axis=0))
    theirs = np.sqrt(((futures - straight) ** 2).sum(axis=2).mean(axis=0))
    assert (ours <= 1.02 * theirs).all()
    speeds = np.linalg.norm(states[:, 2:], axis=1)
    walking = speeds > 0.6
    along = (errors[walking] * (states[walking, 2:] / speeds[walking, None])[:, None]).sum(axis=2)
    assert np.abs(along.mean(axis=0)).max() < 0.1
