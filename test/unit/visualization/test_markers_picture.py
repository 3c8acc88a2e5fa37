"""The published picture shows what it should, as plain arrays."""

from __future__ import annotations

import numpy as np

from astro_nav.types import Prediction, Track, Trajectory
from astro_nav.visualization.markers import (
    CANDIDATE_STEPS,
    draw_candidates,
    draw_guidance,
    draw_people,
    draw_reason,
    draw_robot,
    draw_trajectory,
)

FOOTPRINT = np.array([[0.21, 0.125], [-0.21, 0.125], [-0.21, -0.125], [0.21, -0.125]])


def make_trajectory(poses: np.ndarray) -> Trajectory:
    return Trajectory(1.0, 1.1, 0.1, poses, np.zeros((len(poses), 2)), np.zeros((len(poses), 2)))


def make_track(track_id: int, moving: bool, label: str = "") -> Track:
    return Track(track_id, 1.0, np.array([2.0, 1.0, 0.6, -0.8]), np.eye(4), 0.3, moving, True, label)


def test_candidates_go_from_green_to_red_with_the_best_on_top() -> None:
    poses = np.zeros((4, 31, 3), dtype=np.float32)
    poses[:, :, 0] = np.arange(31)
    poses[:, :, 1] = np.arange(4)[:, np.newaxis]
    lines = draw_candidates(poses, np.array([0.5, 0.1, np.inf, 0.9], dtype=np.float32))
    per_candidate = lines.points.reshape(4, -1, 2, 3)
    # From the one that touches something over the worst to the best; every way from its first to its last state.
    assert per_candidate[:, 0, 0, 1].tolist() == [2.0, 3.0, 0.0, 1.0]
    assert (per_candidate[:, 0, 0, 0] == 0.0).all() and (per_candidate[:, -1, 1, 0] == 30.0).all()
    np.testing.assert_array_equal(per_candidate[:, 1:, 0], per_candidate[:, :-1, 1])
    assert per_candidate.shape[1] <= CANDIDATE_STEPS
    colors = lines.colors.reshape(4, -1, 4)
    assert (colors == colors[:, :1]).all()
    touching, worst, middle, best = colors[:, 0]
    assert best[1] > 0.7 and best[0] < 0.1
    assert worst[0] > 0.7 and worst[1] < 0.1
    assert middle[0] > 0.7 and middle[1] > 0.7
    assert touching[1] == 0.0 and touching[3] < worst[3] < best[3]


def test_one_candidate_all_of_them_bad_and_none_at_all() -> None:
    poses = np.zeros((2, 5, 3), dtype=np.float32)
    assert draw_candidates(poses[:1], np.zeros(1, dtype=np.float32)).colors[0, 1] > 0.7
    assert (draw_candidates(poses, np.full(2, np.inf, dtype=np.float32)).colors[:, 1] == 0.0).all()
    assert draw_candidates(np.zeros((0, 0, 3), dtype=np.float32), np.zeros(0, dtype=np.float32)).points.shape == (0, 3)


def test_robot_is_a_closed_magenta_box_with_a_screen_that_turns() -> None:
    here, there = np.array([1.0, 2.0, 0.0]), np.array([3.0, 2.0, np.pi / 2])
    lines = draw_robot(here, make_trajectory(np.array([here, there])), FOOTPRINT, 0.0)
    boxes = lines.points.reshape(4, 4, 2, 3)
    for box in boxes:
        np.testing.assert_array_equal(box[:, 1, :], np.roll(box[:, 0, :], -1, axis=0))
    np.testing.assert_allclose(boxes[0, :, 0, :2], FOOTPRINT + [1.0, 2.0])
    np.testing.assert_allclose(boxes[2, :, 0, :2].mean(axis=0), [3.0, 2.0], atol=1e-9)
    screen = boxes[1, :, 0, :2] - [1.0, 2.0]
    assert np.ptp(screen, axis=0).max() < np.ptp(FOOTPRINT, axis=0).min()
    assert screen[:, 0].mean() > 0.0, "it stands in the robot's front half"
    colors = lines.colors.reshape(4, 8, 4)
    assert (colors[..., 0] > 0.8).all() and (colors[..., 1] == 0.0).all() and (colors[0, :, 3] > colors[2, :, 3]).all()
    turned = draw_robot(here, None, FOOTPRINT, np.pi / 2).points.reshape(2, 4, 2, 3)[1, :, 0]
    assert np.ptp(turned[:, 0]) > np.ptp(screen[:, 0])
    assert len(draw_robot(here, None, FOOTPRINT, None).points) == 8, "a robot without a screen shows none"


def test_guidance_is_arrows_along_the_way() -> None:
    way = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    arrows = draw_guidance(way).points.reshape(-1, 3, 2, 3)
    directions = arrows[:, 0, 1, :2] - arrows[:, 0, 0, :2]
    assert len(arrows) == 6
    np.testing.assert_allclose(directions[0] / np.linalg.norm(directions[0]), [1.0, 0.0])
    np.testing.assert_allclose(directions[-1] / np.linalg.norm(directions[-1]), [0.0, 1.0])
    # Barbs begin at the tip and point back.
    np.testing.assert_array_equal(arrows[:, 1, 0], arrows[:, 0, 1])
    assert (np.sum((arrows[:, 1, 1, :2] - arrows[:, 1, 0, :2]) * directions, axis=1) < 0.0).all()
    for empty in (np.zeros((0, 2)), np.zeros((1, 2)), np.zeros((2, 2))):
        assert np.isfinite(draw_guidance(empty).points).all()


def test_people_have_names_velocities_and_ellipses_that_hold_their_share() -> None:
    steps = 31
    covariance = np.array([[0.09, 0.03], [0.03, 0.04]])
    means = np.tile([2.0, 1.0], (1, steps, 1)) + 0.1 * np.arange(steps)[:, np.newaxis] * [0.6, -0.8]
    prediction = Prediction(
        1.0, 0.1, means, np.tile(covariance, (1, steps, 1, 1)), np.array([0.3]), np.zeros((1, steps, 2)), (4,)
    )
    lines, labels = draw_people([make_track(4, True, "Ann"), make_track(5, False)], prediction)
    assert [(label.number, label.text) for label in labels] == [(4, "Ann\n1.0 m/s"), (5, "person 5")]
    starts = lines.points[::2, :2]
    circle, ellipses, other = starts[:24], starts[25 : 25 + 72].reshape(3, 24, 2), starts[97:]
    np.testing.assert_allclose(np.linalg.norm(circle - [2.0, 1.0], axis=1), 0.3)
    np.testing.assert_allclose(lines.points[48:50, :2], [[2.0, 1.0], [2.6, 0.2]])
    for second, ellipse in enumerate(ellipses, start=1):
        offset = ellipse - means[0, 10 * second]
        squared = np.einsum("ij,jk,ik->i", offset, np.linalg.inv(covariance), offset)
        np.testing.assert_allclose(squared, 2.45**2)
    assert len(other) == 24, "somebody who stands has neither velocity nor ellipses"
    assert draw_people([], None)[0].points.shape == (0, 3)


def test_trajectory_is_one_line() -> None:
    poses = np.cumsum(np.ones((31, 3)), axis=0)
    points = draw_trajectory(make_trajectory(poses)).points.reshape(-1, 2, 3)
    np.testing.assert_array_equal(points[:, 0, :2], poses[:-1, :2])
    np.testing.assert_array_equal(points[:, 1, :2], poses[1:, :2])


def test_the_reason_stands_above_the_robot_in_short_lines():
    assert draw_reason(np.array([1.0, 2.0, 0.5]), "") == ()
    (label,) = draw_reason(np.array([1.0, 2.0, 0.5]), "slow because of person 3, 0.9 m ahead, who crosses the way in 1.2 s")
    np.testing.assert_allclose(label.position[:2], [1.0, 2.0])
    assert label.text.count("\n") == 1 and max(map(len, label.text.split("\n"))) <= 40
    assert label.text.replace("\n", " ").startswith("slow because of person 3")
