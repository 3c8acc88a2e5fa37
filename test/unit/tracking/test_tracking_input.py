"""The tracker on input that is late, broken, too much, or from a camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scenes.lidar_scene import LidarScene, make_box, walk_along
from scenes.people import load_people_params, make_tracker, track_scene

from astro_nav.errors import ParameterError
from astro_nav.mapping.scan_points import ScanPoints
from astro_nav.params.people import TrackingParams
from astro_nav.tracking.association import pair_new_legs

ROOM = make_box(0.0, 0.0, 9.0, 7.0)
WALK = walk_along([[-3.5, 2.0], [3.5, 1.5]], 1.1, start_s=0.5)


def no_evidence(points: ScanPoints):
    return np.zeros(len(points.hit), np.float32)


def list_states(tracker, now_s):
    return [(t.track_id, t.stamp_s, t.state_odom.tolist(), t.covariance.tolist(), t.moving) for t in tracker.list_tracks(now_s)]


def test_the_same_scans_give_the_same_tracks_bit_for_bit():
    runs = []
    for _ in range(2):
        tracker = make_tracker()
        track_scene(LidarScene(segments=ROOM, walkers=(WALK,), seed=3, drop_share=0.05), 4.0, tracker)
        runs.append(list_states(tracker, 4.0))
    assert runs[0] and runs[0] == runs[1]


def test_rays_of_nan_infinity_and_nothing_are_survived_and_the_person_kept():
    scene, tracker = LidarScene(segments=ROOM, walkers=(WALK,)), make_tracker()
    track_scene(scene, 3.0, tracker)
    before = [t.track_id for t in tracker.list_tracks(3.0)]
    points = scene.scan(3.0)
    ends, ranges = points.points_odom.copy(), points.ranges_m.copy()
    ends[::7], ends[3::11], ranges[5::13] = np.nan, np.inf, np.nan
    broken = replace(points, points_odom=ends, ranges_m=ranges)
    tracker.update(broken, np.full(len(ends), np.nan, np.float32))
    nothing = ScanPoints(3.15, np.zeros((360, 2)), np.zeros((360, 2)), np.zeros(360), np.zeros(360, bool))
    assert not tracker.update(nothing, no_evidence(nothing)).any()
    empty = ScanPoints(3.25, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool))
    assert tracker.update(empty, no_evidence(empty)).shape == (0,)
    tracks = tracker.list_tracks(3.25)
    assert [t.track_id for t in tracks] == before
    assert all(np.isfinite(t.state_odom).all() and np.isfinite(t.covariance).all() for t in tracks)


def test_a_scan_out_of_order_changes_nothing_but_is_masked():
    scene, tracker = LidarScene(segments=ROOM, walkers=(WALK,)), make_tracker()
    track_scene(scene, 3.0, tracker)
    before = list_states(tracker, 3.0)
    late = scene.scan(2.8)
    mask = tracker.update(late, no_evidence(late))
    assert list_states(tracker, 3.0) == before
    assert mask[scene.owners == 0].mean() > 0.5 and not mask[scene.owners < 0].any()


@pytest.mark.parametrize("jump_s", [-100.0, 50.0])
def test_a_jump_of_the_clock_begins_anew(jump_s):
    scene, tracker = LidarScene(segments=ROOM, walkers=(WALK,)), make_tracker()
    track_scene(scene, 3.0, tracker)
    (old,) = tracker.list_tracks(3.0)
    later = replace(scene.scan(3.0), stamp_s=3.05 + jump_s)
    assert not tracker.update(later, no_evidence(later)).any()
    assert tracker.list_tracks(later.stamp_s) == []
    for k in range(31, 50):
        points = scene.scan(0.1 * k)
        tracker.update(replace(points, stamp_s=points.stamp_s + jump_s), no_evidence(points))
    (new,) = tracker.list_tracks(tracker.stamp_s)
    assert new.track_id > old.track_id


def test_tracks_fade_from_the_list_when_scans_fail():
    tracker = make_tracker()
    track_scene(LidarScene(segments=ROOM, walkers=(WALK,)), 3.0, tracker)
    assert len(tracker.list_tracks(4.0)) == 1
    assert tracker.list_tracks(5.0) == []


def test_fifty_people_stay_within_the_bounds():
    random = np.random.default_rng(0)
    walkers = []
    for k in range(50):
        start, end = random.uniform(-4.0, 4.0, (2, 2)) * [1.0, 0.8]
        walkers.append(walk_along([start, end], random.uniform(0.6, 1.5), start_s=0.5, phase_rad=k))
    tracker = make_tracker(existence__max_tracks=8, segmentation__max_candidates=20)
    results = track_scene(LidarScene(segments=ROOM, walkers=walkers), 5.0, tracker)
    counts = [len(tracks) for _, tracks, _, _ in results]
    assert 3 <= max(counts) <= 8
    for _, tracks, _, _ in results:
        for track in tracks:
            assert np.linalg.eigvalsh(track.covariance)[0] > 0.0


def test_where_the_map_knows_something_nobody_has_come_in():
    body = replace(WALK, legs=False)  # legs would speak for themselves, see test_tracking_standing.py
    scene, tracker = LidarScene(segments=ROOM, walkers=(body,)), make_tracker()
    for k in range(40):
        points = scene.scan(0.1 * k)
        evidence = np.where(scene.owners == 0, 3.0, 0.0).astype(np.float32)
        tracker.update(points, evidence)
    assert tracker.list_tracks(4.0) == []


# ---------------------------------------------------------------------------------------------------- camera


def test_a_person_from_the_camera_counts_at_once_and_keeps_the_name():
    tracker = make_tracker()
    scene = LidarScene(segments=ROOM)
    track_scene(scene, 1.0, tracker)
    tracker.add_people(0.9, [[1.0, 1.0], [np.nan, 0.0]], [0.01 * np.eye(2), np.eye(2)], ["Anna", "Ben"])
    (track,) = tracker.list_tracks(1.0)
    assert track.person and track.label == "Anna"
    assert np.allclose(track.state_odom[:2], [1.0, 1.0], atol=1e-6)


def test_the_same_person_from_camera_and_scan_is_one_and_better_known():
    both, alone = make_tracker(), make_tracker()
    for tracker, with_camera in ((both, True), (alone, False)):
        scene = LidarScene(segments=ROOM, walkers=(WALK,), seed=2)

        def report(points, tracker, with_camera=with_camera):
            if with_camera:  # 0.15 s old, as pictures are
                seen_s = points.stamp_s - 0.15
                if WALK.is_present(seen_s):
                    tracker.add_people(seen_s, [WALK.locate(seen_s)], [0.05**2 * np.eye(2)], ["Anna"])

        results = track_scene(scene, 4.0, tracker, on_scan=report)
        assert all(len(tracks) <= 1 for _, tracks, _, _ in results)
    (fused,), (single,) = both.list_tracks(4.0), alone.list_tracks(4.0)
    assert fused.label == "Anna" and single.label == ""
    assert np.linalg.det(fused.covariance) < np.linalg.det(single.covariance)
    assert np.hypot(*(fused.state_odom[:2] - WALK.locate(fused.stamp_s))) < 0.1
    assert np.hypot(*(fused.state_odom[2:] - WALK.measure_velocity(fused.stamp_s))) < 0.15


def test_a_name_belongs_to_one_track_only():
    tracker = make_tracker()
    track_scene(LidarScene(segments=ROOM), 1.0, tracker)
    tracker.add_people(1.0, [[1.0, 1.0]], [0.01 * np.eye(2)], ["Anna"])
    tracker.add_people(1.0, [[-2.0, 1.0]], [0.01 * np.eye(2)], ["Anna"])
    tracks = tracker.list_tracks(1.0)
    assert sorted(track.label for track in tracks) == ["", "Anna"]
    assert [t.label for t in tracks if t.state_odom[0] < 0.0] == ["Anna"]


@pytest.mark.parametrize("covariance", [np.full((2, 2), np.nan), -np.eye(2), np.zeros((2, 2)), [[1.0, 5.0], [5.0, 1.0]]])
def test_what_is_no_covariance_counts_as_the_least_exact(covariance):
    tracker = make_tracker()
    track_scene(LidarScene(segments=ROOM), 1.0, tracker)
    tracker.add_people(1.0, [[1.0, 1.0]], [covariance], [""])
    (track,) = tracker.list_tracks(1.0)
    assert np.sqrt(track.covariance[0, 0]) == pytest.approx(1.0, abs=0.1)


def test_old_reports_are_left_out():
    tracker = make_tracker()
    track_scene(LidarScene(segments=ROOM), 2.0, tracker)
    tracker.add_people(0.5, [[1.0, 1.0]], [0.01 * np.eye(2)], ["Anna"])
    tracker.add_people(np.nan, [[1.0, 1.0]], [0.01 * np.eye(2)], ["Anna"])
    assert tracker.list_tracks(2.0) == []


# ------------------------------------------------------------------------------------------------- parts, parameters


def test_new_legs_pair_with_their_nearest_neighbours():
    positions = np.array([[0.0, 0.0], [0.3, 0.0], [0.7, 0.0], [5.0, 0.0]])
    assert pair_new_legs(positions, np.ones(4, bool), 0.5) == [(0, 1), (2,), (3,)]
    assert pair_new_legs(positions, np.array([True, False, True, True]), 0.5) == [(0,), (1,), (2,), (3,)]
    assert pair_new_legs(np.zeros((0, 2)), np.zeros(0, bool), 0.5) == []


def test_contradicting_parameters_are_named_together():
    with pytest.raises(ParameterError) as caught:
        load_people_params(
            TrackingParams, "tracking", motion__stop_speed_mps=0.5, existence__confirmed=9.0, motion__min_rest_s=2.0
        )
    assert "stop_speed_mps" in str(caught.value) and "existence.confirmed" in str(caught.value)
    assert "min_rest_s" in str(caught.value)
