"""Where people are predicted to be, in the open and among walls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scenes.people import make_prediction_params, make_track, make_walled_grid

from astro_nav.prediction.predictor import predict_tracks

PARAMS = make_prediction_params()


def predict(tracks, grid=None, robot=None, start_s=0.0, steps=31, step_s=0.1, params=PARAMS):
    return predict_tracks(tracks, start_s, steps, step_s, params, grid, robot)


def test_shapes_numbers_and_radii():
    tracks = [make_track(7), replace(make_track(3), radius_m=0.4)]
    prediction = predict(tracks, steps=11, step_s=0.2)
    assert prediction.means_odom.shape == prediction.velocities_odom.shape == (2, 11, 2)
    assert prediction.covariances.shape == (2, 11, 2, 2)
    assert prediction.track_ids == (7, 3) and prediction.radii_m.tolist() == [0.3, 0.4]
    assert (prediction.start_s, prediction.step_s) == (0.0, 0.2)


def test_nobody_is_predicted_to_nowhere():
    prediction = predict([])
    assert prediction.means_odom.shape == (0, 31, 2) and prediction.covariances.shape == (0, 31, 2, 2)


def test_a_walking_person_goes_on_nearly_straight_and_uncertainty_grows():
    prediction = predict([make_track(state=(1.0, 2.0, 0.9, 0.6))])
    way = prediction.means_odom[0] - [1.0, 2.0]
    assert np.allclose(way[:, 1] / np.maximum(way[:, 0], 1e-9), 0.6 / 0.9, atol=1e-6) or way[0, 0] == 0.0
    assert 0.85 * 3.0 * np.hypot(0.9, 0.6) < np.hypot(*way[-1]) <= 3.0 * np.hypot(0.9, 0.6)
    areas = np.linalg.det(prediction.covariances[0])
    assert (np.diff(areas) > 0.0).all()


def test_latency_is_made_up_for_track_by_track():
    early = make_track(1, state=(0.0, 0.0, 1.0, 0.0), stamp_s=9.8)
    late = make_track(2, state=(0.1, 0.0, 1.0, 0.0), stamp_s=9.9)
    prediction = predict([early, late], start_s=10.2)
    assert np.allclose(prediction.means_odom[0, 0], [0.4, 0.0], atol=0.02)
    assert np.allclose(prediction.means_odom[1, 0], [0.4, 0.0], atol=0.02)
    assert np.linalg.det(prediction.covariances[0, 0]) > np.linalg.det(prediction.covariances[1, 0])


def test_a_track_from_the_future_is_carried_back():
    prediction = predict([make_track(state=(1.0, 0.0, 1.0, 0.0), stamp_s=10.2)], start_s=10.0)
    assert np.allclose(prediction.means_odom[0, 0], [0.8, 0.0])


def test_an_uncertain_velocity_fades_and_a_certain_one_does_not():
    sure, unsure = predict([make_track(deviation_mps=0.02), make_track(deviation_mps=0.9)]).means_odom
    assert sure[-1, 0] > 2.9
    assert unsure[-1, 0] < 2.2


def test_a_standing_person_may_start_and_a_standing_thing_hardly():
    person = make_track(state=(0.0, 0.0, 0.0, 0.0), deviation_mps=0.05)
    prediction = predict([person, replace(person, person=False)])
    assert np.allclose(prediction.means_odom, 0.0)
    deviations = np.sqrt(prediction.covariances[:, -1, 0, 0])
    assert deviations[0] > 0.6 > 0.3 > deviations[1]
    assert np.allclose(prediction.covariances[0, -1], prediction.covariances[0, -1, 0, 0] * np.eye(2))


def test_nobody_walks_through_a_wall_but_through_a_door():
    grid = make_walled_grid(1.5, door_y_m=-0.5)
    tracks = [
        make_track(1, state=(0.0, 1.5, 1.2, 0.0)), make_track(2, state=(0.0, 1.0, 1.0, 0.7)),
        make_track(3, state=(0.0, -0.5, 1.2, 0.0)),
    ]  # fmt: skip
    against, slanted, door = predict(tracks, grid).means_odom[np.argsort(predict(tracks, grid).track_ids)]
    assert against[:, 0].max() < 1.5 - 0.15
    assert slanted[:, 0].max() < 1.5 - 0.15
    assert slanted[-1, 1] > 2.3  # goes on along the wall
    assert door[-1, 0] > 2.3 and np.abs(door[:, 1] + 0.5).max() < 0.2


def test_uncertainty_does_not_leak_through_a_wall():
    track = make_track(state=(0.9, -1.5, 0.0, 0.8), deviation_mps=0.3)
    walled, free = predict([track], make_walled_grid(1.5)), predict([track])
    assert np.sqrt(walled.covariances[0, -1, 0, 0]) < 0.75 * np.sqrt(free.covariances[0, -1, 0, 0])
    beyond_m = 1.5 - walled.means_odom[0, -1, 0]
    assert beyond_m / np.sqrt(walled.covariances[0, -1, 0, 0]) > 1.2
    assert walled.covariances[0, -1, 1, 1] == pytest.approx(free.covariances[0, -1, 1, 1], rel=0.35)


def test_who_stands_in_the_map_as_an_obstacle_can_leave_it():
    grid = make_walled_grid(0.0)
    leaving = predict([make_track(state=(-0.03, 0.0, -1.0, 0.0))], grid)
    assert leaving.means_odom[0, -1, 0] < -2.0


def test_people_slow_down_in_front_of_the_robot_and_not_behind_it():
    robot = np.zeros((31, 3))
    robot[:, 0] = 1.0
    towards, away = make_track(1, state=(0.0, 0.0, 0.8, 0.0)), make_track(2, state=(1.3, 0.0, 0.8, 0.0))
    met, free = predict([towards, away], robot=robot), predict([towards, away])
    near, far = list(met.track_ids).index(1), list(met.track_ids).index(2)
    assert met.means_odom[near, 8, 0] < free.means_odom[0, 8, 0] - 0.02
    assert np.allclose(met.means_odom[far], free.means_odom[1])


def test_the_nearest_are_predicted_when_there_are_too_many():
    tracks = [make_track(k, state=(5.0 - k, 0.0, 0.0, 0.0)) for k in range(5)]
    params = make_prediction_params(max_tracks=2)
    robot = np.zeros((31, 3))
    assert predict(tracks, robot=robot, params=params).track_ids == (4, 3)
    assert predict(tracks, make_walled_grid(2.9), params=params).track_ids == (4, 3)
    assert predict(tracks, params=params).track_ids == (0, 1)


def test_tracks_with_nan_are_left_out():
    broken = replace(make_track(1), state_odom=np.array([0.0, np.nan, 0.0, 0.0]))
    wide = replace(make_track(2), covariance=np.full((4, 4), np.inf))
    assert predict([broken, make_track(3), wide]).track_ids == (3,)


def test_nothing_given_is_changed_and_everything_repeats_bit_for_bit():
    track, grid = make_track(state=(0.5, 0.3, 1.0, 0.4)), make_walled_grid(1.5)
    state, covariance, distance = track.state_odom.copy(), track.covariance.copy(), grid.distance_m.copy()
    first, second = predict([track], grid), predict([track], grid)
    assert np.array_equal(track.state_odom, state) and np.array_equal(track.covariance, covariance)
    assert np.array_equal(grid.distance_m, distance)
    assert np.array_equal(first.means_odom, second.means_odom) and np.array_equal(first.covariances, second.covariances)


def test_switched_off_everybody_stays_where_they_are():
    track = make_track(state=(1.0, 2.0, 1.2, 0.0))
    params = replace(PARAMS, enabled=False)
    prediction = predict([track], params=params)
    np.testing.assert_array_equal(prediction.means_odom, np.broadcast_to(track.state_odom[:2], (1, 31, 2)))
    np.testing.assert_array_equal(prediction.velocities_odom, 0.0)
    np.testing.assert_array_equal(prediction.covariances[0], np.broadcast_to(track.covariance[:2, :2], (31, 2, 2)))
