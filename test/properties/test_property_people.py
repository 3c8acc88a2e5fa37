"""What holds for every track and every prediction: shifted and turned worlds, positive covariances, walls."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes.lidar_scene import LidarScene, make_box, walk_along
from scenes.people import make_prediction_params, make_track, make_tracker, make_walled_grid

from astro_nav.kernels.track_filter import predict_states, update_state
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.prediction.predictor import predict_tracks

PARAMS = make_prediction_params()
seeds = st.integers(0, 2**32 - 1)


def draw_tracks(random, count):
    tracks = []
    for number in range(count):
        root = random.normal(0.0, 0.3, (4, 4))
        track = make_track(number, state=np.concatenate([random.uniform(-2.5, 2.5, 2), random.normal(0.0, 1.0, 2)]))
        track.covariance[...] = root @ root.T + 1e-4 * np.eye(4)
        tracks.append(track)
    return tracks


def turn(angle):
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(-0.5, 1.0), st.sampled_from([0.05, 0.1, 0.3]))
def test_predicted_covariances_are_positive_definite_and_finite(seed, lead_s, step_s):
    random = np.random.default_rng(seed)
    grid = make_walled_grid(random.uniform(-2.0, 2.0), random.uniform(-2.0, 2.0))
    prediction = predict_tracks(draw_tracks(random, 4), lead_s, 25, step_s, PARAMS, grid, None)
    assert np.isfinite(prediction.means_odom).all() and np.isfinite(prediction.velocities_odom).all()
    assert np.array_equal(prediction.covariances, prediction.covariances.transpose(0, 1, 3, 2))
    assert np.linalg.eigvalsh(prediction.covariances).min() > 0.0
    assert np.linalg.eigvalsh(prediction.covariances).max() <= PARAMS.max_deviation_m**2 * (1.0 + 1e-9)
    speeds = np.linalg.norm(prediction.velocities_odom[:, 1:], axis=2)
    assert speeds.max() <= PARAMS.max_speed_mps + 1e-9


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_no_mean_crosses_a_wall(seed):
    random = np.random.default_rng(seed)
    wall_x_m = random.uniform(-1.0, 2.0)
    tracks = [t for t in draw_tracks(random, 6) if t.state_odom[0] < wall_x_m - 0.25]
    prediction = predict_tracks(tracks, 0.0, 31, 0.1, PARAMS, make_walled_grid(wall_x_m), None)
    inside = (np.abs(prediction.means_odom) < 2.9).all(axis=(1, 2))
    assert (prediction.means_odom[inside, :, 0] < wall_x_m).all()


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(-3.0, 3.0), st.floats(-20.0, 20.0))
def test_prediction_turns_and_shifts_with_the_world(seed, angle, shift):
    random = np.random.default_rng(seed)
    tracks, rotation, offset = draw_tracks(random, 3), turn(angle), np.array([shift, -0.5 * shift])
    block = np.kron(np.eye(2), rotation)
    moved = [make_track(t.track_id, state=block @ t.state_odom) for t in tracks]
    for new, old in zip(moved, tracks):
        new.state_odom[:2] += offset
        new.covariance[...] = block @ old.covariance @ block.T
    before = predict_tracks(tracks, 0.2, 11, 0.2, PARAMS, None, None)
    after = predict_tracks(moved, 0.2, 11, 0.2, PARAMS, None, None)
    assert np.allclose(after.means_odom, before.means_odom @ rotation.T + offset, atol=1e-6)
    assert np.allclose(after.covariances, rotation @ before.covariances @ rotation.T, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_filter_covariances_stay_positive_definite_over_long_and_odd_sequences(seed):
    random = np.random.default_rng(seed)
    state, covariance = np.zeros((1, 4)), np.diag([0.1, 0.1, 0.6, 0.6])[None].copy()
    for _ in range(60):
        predict_states(state, covariance, float(random.choice([0.0, 0.01, 0.1, 1.0])), 0.2)
        noise = float(random.choice([1e-8, 1e-3, 10.0])) * np.eye(2)
        update_state(state[0], covariance[0], random.normal(0.0, 1.0, 2), noise, float(random.choice([0.0, 0.2, -0.1])))
        assert np.linalg.eigvalsh(covariance[0])[0] > 0.0
        assert np.array_equal(covariance[0], covariance[0].T)


@settings(max_examples=5, deadline=None)
@given(st.floats(-3.0, 3.0), st.integers(-40, 40))
def test_tracks_turn_and_shift_with_the_world(angle, cells):
    """Up to the cells of the memory, which do not turn: the same people, found at about the same time and place."""
    walker = walk_along([[-3.0, 2.0], [3.0, 1.0]], 1.0, start_s=0.5)
    rotation, offset = turn(angle), np.array([0.05 * cells, -0.1 * cells])
    scene, plain, moved = LidarScene(segments=make_box(0, 0, 9, 7), walkers=(walker,)), make_tracker(), make_tracker()
    for k in range(40):
        points = scene.scan(0.1 * k)
        other = ScanPoints(
            points.stamp_s, points.origins_odom @ rotation.T + offset, points.points_odom @ rotation.T + offset,
            points.ranges_m, points.hit,
        )  # fmt: skip
        for tracker, scan in ((plain, points), (moved, other)):
            tracker.update(scan, np.zeros(len(scan.hit), np.float32))
    (one,), (two,) = plain.list_tracks(4.0), moved.list_tracks(4.0)
    assert np.allclose(two.state_odom[:2], rotation @ one.state_odom[:2] + offset, atol=0.05)
    assert np.allclose(two.state_odom[2:], rotation @ one.state_odom[2:], atol=0.15)
