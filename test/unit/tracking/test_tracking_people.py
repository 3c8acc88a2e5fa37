"""The tracker on scans of people who walk, stop, hide and meet."""

from __future__ import annotations

import numpy as np
import pytest
from scenes.lidar_scene import LidarScene, Walker, make_box, make_legs, walk_along
from scenes.people import make_tracker, track_scene

ROOM = make_box(0.0, 0.0, 9.0, 7.0)
FURNITURE = np.vstack([make_legs(2.0, 0.9, 0.4, 0.4, 0.02), make_legs(-2.0, -2.3, 0.8, 1.2, 0.03)])


def make_scene(*walkers: Walker, **options) -> LidarScene:
    return LidarScene(segments=ROOM, discs=FURNITURE, walkers=walkers, **options)


def find_errors(results, walker, from_s, until_s):
    """Position and velocity errors of the nearest track, and the numbers of those tracks."""
    positions, velocities, numbers = [], [], []
    for stamp_s, tracks, _, _ in results:
        if from_s <= stamp_s <= until_s:
            true = walker.locate(stamp_s)
            assert tracks, f"nobody is tracked at {stamp_s:.2f} s"
            track = min(tracks, key=lambda t: np.hypot(*(t.state_odom[:2] - true)))
            positions.append(track.state_odom[:2] - true)
            velocities.append(track.state_odom[2:] - walker.measure_velocity(stamp_s, 0.2))
            numbers.append(track.track_id)
    return np.array(positions), np.array(velocities), numbers


def test_a_walking_person_is_found_within_a_second_and_followed_exactly():
    walker = walk_along([[-4.0, 2.0], [4.0, 2.0]], 1.2, start_s=1.0)
    results = track_scene(make_scene(walker), 7.0)
    positions, velocities, numbers = find_errors(results, walker, 2.3, 6.9)
    assert len(set(numbers)) == 1
    assert np.sqrt((positions**2).sum(axis=1).mean()) < 0.08
    assert np.sqrt((velocities[7:] ** 2).sum(axis=1).mean()) < 0.15
    assert all(len(tracks) <= 1 for _, tracks, _, _ in results)
    track = results[-5][1][0]
    assert track.person and track.moving and track.radius_m >= 0.25


def test_the_errors_are_what_the_covariance_says():
    """Normalized squared errors of the position over many walks: neither cocksure nor timid by more than a factor."""
    normalized = []
    for seed in range(4):
        walker = walk_along([[-4.0, 1.5], [4.0, 2.5 - seed]], 0.8 + 0.15 * seed, start_s=0.5, phase_rad=seed)
        for stamp_s, tracks, _, _ in track_scene(make_scene(walker, seed=seed), 5.0):
            if stamp_s > 2.5:
                (track,) = tracks
                error = track.state_odom[:2] - walker.locate(stamp_s)
                normalized.append(error @ np.linalg.solve(track.covariance[:2, :2], error))
    assert 0.3 < np.mean(normalized) < 5.0  # 2 for perfect honesty


def test_hits_on_a_walking_person_are_kept_out_of_the_map_and_others_are_not():
    walker = walk_along([[-4.0, 2.0], [4.0, 2.0]], 1.2, start_s=1.0)
    scene, tracker = make_scene(walker), make_tracker()
    found = missed = wrong = 0
    for k in range(65):
        points = scene.scan(0.1 * k)
        mask = tracker.update(points, np.zeros(len(points.hit), np.float32))
        on_person = scene.owners == 0
        assert not mask[~points.hit].any()
        if 2.5 < points.stamp_s:
            found, missed = found + (mask & on_person).sum(), missed + (~mask & on_person).sum()
            wrong += (mask & ~on_person).sum()
    assert found > 150
    assert missed <= 0.03 * found
    assert wrong <= 0.05 * found


def test_who_stops_stands_and_stays_known_and_who_goes_on_keeps_the_number():
    times = np.array([1.0, 4.0, 12.0, 15.0])
    walker = Walker(times, np.array([[-3.0, 2.0], [0.6, 2.0], [0.6, 2.0], [3.6, 2.0]]))
    results = track_scene(make_scene(walker), 14.9)
    numbers = {track.track_id for stamp_s, tracks, _, _ in results if stamp_s > 2.5 for track in tracks}
    assert len(numbers) == 1
    standing = [tracks[0].moving for stamp_s, tracks, _, _ in results if 6.0 < stamp_s < 11.9]
    assert standing and not any(standing)
    assert all(tracks[0].person for stamp_s, tracks, _, _ in results if 6.0 < stamp_s < 11.9)
    assert all(tracks[0].moving for stamp_s, tracks, _, _ in results if stamp_s > 13.2)
    # While standing the hits go into the map: the robot must not run into somebody whom the tracker loses.
    assert not any(mask.any() for stamp_s, _, _, mask in results if 6.0 < stamp_s < 11.9)


def test_a_second_behind_a_cupboard_is_bridged():
    walker = walk_along([[-3.5, 2.6], [3.5, 2.6]], 1.2, start_s=0.5)
    cupboard = make_box(0.1, 1.3, 0.8, 0.3)  # hides about 1.4 m of the way
    scene = LidarScene(segments=np.vstack([ROOM, cupboard]), walkers=(walker,))
    hidden_s = []
    results = track_scene(scene, 6.2, on_scan=lambda p, _: hidden_s.append(p.stamp_s) if (scene.owners != 0).all() else None)
    hidden_s = [s for s in hidden_s if 2.0 < s < 5.5]
    assert hidden_s[-1] - hidden_s[0] > 0.8
    _, _, numbers = find_errors(results, walker, 2.0, 5.8)
    assert len(set(numbers)) == 1


def test_two_people_who_pass_each_other_do_not_swap():
    first = walk_along([[-3.0, 1.6], [3.0, 1.6]], 1.0, start_s=0.5)
    second = walk_along([[3.0, 2.5], [-3.0, 2.5]], 1.1, start_s=0.5, phase_rad=1.0)
    results = track_scene(make_scene(first, second), 6.0)
    for walker in (first, second):
        positions, _, numbers = find_errors(results, walker, 2.0, 5.7)
        assert len(set(numbers)) == 1
        assert np.abs(positions).max() < 0.45  # one hides the other for half a second in the middle


def test_two_side_by_side_are_two_and_two_legs_are_one():
    first = walk_along([[-3.0, 1.8], [3.0, 1.8]], 1.0, start_s=0.5)
    second = walk_along([[-3.0, 2.6], [3.0, 2.6]], 1.0, start_s=0.5, phase_rad=0.7)
    counts = [len(tracks) for stamp_s, tracks, _, _ in track_scene(make_scene(first, second), 6.0) if 3.0 < stamp_s < 6.0]
    assert np.mean(np.array(counts) == 2) > 0.9 and max(counts) <= 3


def test_a_body_without_legs_is_followed_by_its_middle():
    walker = walk_along([[-3.0, 1.8], [3.0, 1.2]], 1.0, start_s=0.5, legs=False)
    positions, _, numbers = find_errors(track_scene(make_scene(walker), 6.0), walker, 2.0, 6.0)
    assert len(set(numbers)) == 1
    assert np.abs(positions.mean(axis=0)).max() < 0.06


def test_who_leaves_the_room_is_forgotten():
    walker = walk_along([[-3.0, 2.0], [0.0, 2.0]], 1.2, start_s=0.5)  # vanishes into thin air at the end
    results = track_scene(make_scene(walker), 6.0)
    assert any(tracks for stamp_s, tracks, _, _ in results if 2.0 < stamp_s < 2.9)
    assert not any(tracks for stamp_s, tracks, _, _ in results if stamp_s > 4.0)


@pytest.mark.parametrize("seed", [0, 1])
def test_furniture_does_not_move_when_the_robot_does(seed):
    """A drive past tables and chairs with wheels that slip by two hundredths of every turn."""
    random = np.random.default_rng(seed)
    times = np.arange(0.0, 30.0, 0.05)
    rate = np.interp(times, np.arange(0.0, 31.0, 1.5), random.uniform(-1.5, 1.5, 21))
    yaw = np.cumsum(rate) * 0.05
    x = 1.2 * np.sin(0.4 * times)
    drift = 0.02 * np.cumsum(rate) * 0.05 + 0.01 * np.cumsum(random.normal(0.0, 0.1, len(times)))

    def look_up(values):
        return lambda time_s: np.array([np.interp(time_s, times, x), -0.3, np.interp(time_s, times, values)])

    discs = np.vstack([FURNITURE, make_legs(3.2, -1.5, 0.4, 0.4, 0.018), make_legs(-3.0, 2.2, 0.9, 0.6, 0.03)])
    boxes = np.vstack([ROOM, make_box(1.0, 2.9, 1.2, 0.5), make_box(-1.0, -2.8, 0.6, 0.6, 0.4)])
    scene = LidarScene(
        segments=boxes, discs=discs, pose=look_up(yaw), believed_pose=look_up(yaw + drift), drop_share=0.01, seed=seed
    )
    results = track_scene(scene, 29.0)
    assert np.abs(np.diff(drift)).max() > 1e-3
    assert not any(tracks for _, tracks, _, _ in results)
    assert not any(mask.any() for _, _, _, mask in results)


def test_a_person_is_where_odometry_says_although_it_has_drifted():
    """Tracks come out in odom as it is now, and move as the person does, not as the drift."""
    walker = walk_along([[-3.0, 2.0], [3.0, 1.0]], 0.8, start_s=0.5)
    true = lambda t: np.array([0.05 * t, -0.5, 0.3 * t])  # noqa: E731
    false = lambda t: true(t) + [0.0, 0.02 * t, 0.03 * t]  # noqa: E731
    results = track_scene(make_scene(walker, pose=true, believed_pose=false), 7.0)
    for stamp_s, tracks, _, _ in results:
        if stamp_s > 3.0:
            (track,) = tracks
            t, f = true(stamp_s), false(stamp_s)
            turn = f[2] - t[2]
            rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
            expected = f[:2] + rotation @ (walker.locate(stamp_s) - t[:2])
            assert np.hypot(*(track.state_odom[:2] - expected)) < 0.25
            assert np.hypot(*(track.state_odom[2:] - rotation @ walker.measure_velocity(stamp_s))) < 0.5
