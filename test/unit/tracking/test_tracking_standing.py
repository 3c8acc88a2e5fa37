"""People who have never moved, told from furniture by shape and by the global map."""

from __future__ import annotations

import numpy as np
import pytest
from scenes.lidar_scene import LidarScene, Walker, make_box, make_legs
from scenes.people import load_people_params, make_tracker

from astro_nav.mapping.known_places import EMPTY, KNOWN
from astro_nav.params.people import TrackingParams
from astro_nav.tracking.person_evidence import find_person_chances, measure_leg_odds
from astro_nav.tracking.track_table import TrackTable

ROOM = make_box(0.0, 0.0, 9.0, 7.0)
CHAIR = make_legs(2.0, -1.0, 0.4, 0.4, 0.02)
TABLE = make_legs(-2.0, 1.6, 0.8, 1.2, 0.03)


def stand(x_m: float, y_m: float, **options) -> Walker:
    return Walker(np.array([0.0, 60.0]), np.array([[x_m, y_m], [x_m, y_m]]), **options)


def drive(time_s: float):
    """Slowly to and fro, so that furniture is seen from several places."""
    return np.array([0.6 * np.sin(0.5 * time_s), 0.0, 0.4 * np.sin(0.8 * time_s)])


def follow(scene: LidarScene, duration_s: float, tracker=None, show_on_map=lambda points: None):
    """Tracks after every scan."""
    tracker, results = tracker or make_tracker(), []
    for k in range(int(10 * duration_s)):
        points = scene.scan(0.1 * k)
        tracker.update(points, np.zeros(len(points.hit), np.float32), show_on_map(points))
        results.append(tracker.list_tracks(points.stamp_s))
    return results


@pytest.mark.parametrize("place", [(1.5, 0.6), (2.2, -0.4), (1.0, 1.4)])
def test_somebody_who_has_always_stood_there_is_found(place):
    person = stand(*place)
    results = follow(LidarScene(segments=ROOM, discs=np.vstack([CHAIR, TABLE]), walkers=(person,), pose=drive), 4.0)
    (track,) = results[-1]
    assert track.person and not track.moving and 0.6 < track.chance < 1.0
    assert np.hypot(*(track.state_odom[:2] - place)) < 0.12
    assert track.radius_m >= 0.25


def test_the_chance_grows_scan_by_scan():
    results = follow(LidarScene(segments=ROOM, walkers=(stand(1.5, 0.6),), pose=drive), 4.0)
    chances = np.array([tracks[0].chance if tracks else 0.0 for tracks in results])
    known = np.flatnonzero(chances > 0.0)
    assert known[0] <= 5 and chances[-1] > 0.8
    assert (np.diff(chances[known]) < 0.2).all() and (np.diff(chances[known][:10]) > 0.0).all()


def test_chairs_and_tables_are_nobody():
    for seed in range(3):
        discs = np.vstack([CHAIR, TABLE, make_legs(1.2, 2.2, 0.45, 0.42, 0.018), make_legs(-1.6, -1.9, 0.4, 0.4, 0.025)])
        results = follow(LidarScene(segments=ROOM, discs=discs, pose=drive, seed=seed), 12.0)
        assert max((track.chance for tracks in results for track in tracks), default=0.0) < 0.2


def test_the_map_tells_a_post_from_a_leg():
    """Two posts as thick as legs, in the map or not."""
    posts = np.array([[1.8, -0.12, 0.06], [1.8, 0.12, 0.06]])
    scene = LidarScene(segments=ROOM, discs=posts, pose=drive)

    def show(value):
        def classify(points):
            near = np.hypot(points.points_odom[:, 0] - 1.8, points.points_odom[:, 1]) < 0.4
            return np.where(near, value, KNOWN).astype(np.int8)

        return classify

    without = follow(scene, 3.0)[-1]
    absent, present = follow(scene, 3.0, show_on_map=show(EMPTY))[-1], follow(scene, 3.0, show_on_map=show(KNOWN))[-1]
    assert 0.6 < without[0].chance < absent[0].chance
    assert present == []


def test_who_stands_and_then_walks_keeps_the_number():
    walker = Walker(np.array([0.0, 4.0, 8.0]), np.array([[1.5, 1.2], [1.5, 1.2], [1.5, -2.4]]))
    results = follow(LidarScene(segments=ROOM, walkers=(walker,)), 8.0)
    standing, walking = results[38], results[70]
    assert len(standing) == 1 and not standing[0].moving
    assert len(walking) == 1 and walking[0].moving and walking[0].chance == 1.0
    assert walking[0].track_id == standing[0].track_id
    assert np.hypot(*(walking[0].state_odom[2:] - [0.0, -0.9])) < 0.25


def test_who_leaves_leaves_nobody_behind():
    walker = Walker(np.array([0.0, 4.0, 5.0]), np.array([[1.5, 1.2], [1.5, 1.2], [1.5, 0.2]]))  # then out of the world
    results = follow(LidarScene(segments=ROOM, walkers=(walker,)), 8.0)
    assert results[38] and results[-1] == []


def test_widths_speak_less_from_afar():
    params = load_people_params(TrackingParams, "tracking").evidence
    spacings = np.array([0.02, 0.05, 0.1])
    legs = measure_leg_odds(np.full(3, params.leg_width_m), spacings, params)
    chairs = measure_leg_odds(params.thin_width_m + 0.5 * spacings, spacings, params)
    assert (np.diff(legs) < 0.0).all() and legs[0] > 2.0
    assert chairs[0] < -1.0 and (legs > chairs).all()
    assert legs[2] - chairs[2] < 0.5 * (legs[0] - chairs[0])


def test_who_has_always_stood_there_is_not_taken_to_have_come_into_free_space():
    """Else legs of a table that come into view one after the other would be somebody who walks."""
    scene, tracker = LidarScene(segments=ROOM, walkers=(stand(1.5, 0.6),)), make_tracker()
    follow(scene, 0.2, tracker)
    table = tracker._table
    assert table.count == 1 and table.seen_free_share[0] < 0.1


def test_that_something_moved_once_says_less_the_longer_it_stands():
    params, table = load_people_params(TrackingParams, "tracking").evidence, TrackTable(4)
    for odds in (-2.0, -2.0, 2.0, -2.0):
        table.add(np.zeros(2), 0.01 * np.eye(2), 0.5, 0.0, odds)
    table.moved[:] = (True, True, True, False)
    table.moving[0] = True
    table.still_s[:] = (0.0, 10.0 * params.proof_s, 10.0 * params.proof_s, 0.0)
    by_shape = 1.0 / (1.0 + np.exp(2.0))
    moving, chair, person, never = find_person_chances(table, params)
    assert moving == 1.0
    assert chair == pytest.approx(by_shape) and never == pytest.approx(by_shape)
    assert person == pytest.approx(1.0 - by_shape)
    table.still_s[1] = 0.1 * params.proof_s  # it has just come to a stop: it is still who it was
    assert find_person_chances(table, params)[1] > 0.9
    table.camera_s[1], table.still_s[1] = 0.0, 10.0 * params.proof_s
    assert find_person_chances(table, params)[1] == 1.0
