"""At whom the screen looks, for how long, and that it does not waver."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from astro_nav.body.gaze import GazeChooser, LookAt, find_crossing
from astro_nav.body.screen import ScreenPlanner
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import Prediction, Track, Trajectory

PARAMS = load_params(LocalPlannerParams, "local_planner")
CYCLE_S = 0.1
STEPS = np.arange(31)


def drive_along_x(now_s: float, speed_mps: float = 0.6) -> Trajectory:
    x = speed_mps * (now_s + 0.1 * STEPS)
    poses = np.column_stack([x, 0.0 * x, 0.0 * x])
    return Trajectory(now_s, now_s, 0.1, poses, np.zeros((31, 2)), np.zeros((31, 2)))


def see(now_s: float, people: dict[int, tuple[float, float, float, float]], person: bool = True):
    """Tracks and prediction of people (x, y, vx, vy) at time 0 who go on straight."""
    tracks, means = [], []
    for number, (x, y, vx, vy) in people.items():
        state = np.array([x + vx * now_s, y + vy * now_s, vx, vy])
        tracks.append(Track(number, now_s, state, np.eye(4), 0.3, math.hypot(vx, vy) > 0.2, person))
        means.append(state[:2] + np.outer(0.1 * STEPS, state[2:]))
    shape = (len(people), 31, 2)
    prediction = Prediction(
        now_s, 0.1, np.array(means).reshape(shape), np.zeros((*shape, 2)), np.full(len(people), 0.3), np.zeros(shape), tuple(people)
    )
    return tracks, prediction


def watch(people, duration_s=6.0, followed=None, person=True, speed_mps=0.6, params=PARAMS.gaze, hidden=lambda t: False):
    """Drive along x past people; returns times, angles of the screen and whether it looked at somebody."""
    chooser, planner = GazeChooser(params), ScreenPlanner(PARAMS.robot.screen, params)
    times, angles, looks = [], [], []
    for k in range(round(duration_s / CYCLE_S)):
        now_s = k * CYCLE_S
        seen = {} if hidden(now_s) else people
        tracks, prediction = see(now_s, seen, person)
        trajectory = drive_along_x(now_s, speed_mps)
        look_at = chooser.choose(tracks, prediction, trajectory, followed, now_s, planner.angle_rad)
        planner.plan(trajectory, now_s, look_at)
        times.append(now_s), angles.append(planner.angle_rad), looks.append(look_at is not None)
    return np.array(times), np.array(angles), np.array(looks)


CROSSING = (3.0, 3.0, 0.0, -0.8)  # is at the robot's way after 3.75 s, the robot there after 5 s


def find_bearings(times, person, speed_mps=0.6):
    x, y, vx, vy = person
    return np.arctan2(y + vy * times, x + vx * times - speed_mps * times)


def test_whose_way_is_crossed_is_looked_at_before_and_then_the_way_again():
    times, angles, looks = watch({7: CROSSING}, 8.0)
    on_target = np.abs(angles - find_bearings(times, CROSSING)) < 0.2
    before = on_target & (times < 3.75) & (angles > 0.3)
    assert before.sum() * CYCLE_S >= PARAMS.gaze.glance_s
    assert np.abs(angles[times > 5.5]).max() <= PARAMS.gaze.play_rad + 1e-6, "it looks ahead again"
    assert np.count_nonzero(np.diff(looks.astype(int)) == 1) == 1, "one glance, not two"


@pytest.mark.parametrize(
    "person",
    [(3.0, 3.0, 0.0, 0.8), (-2.0, 1.5, -0.5, 0.0), (3.0, 2.0, 0.0, 0.0), (2.0, 2.0, 0.6, 0.0)],
    ids=["walks away", "is behind", "stands", "walks beside"],
)
def test_who_does_not_cross_is_not_stared_at(person):
    _, angles, looks = watch({7: person})
    assert not looks.any() and np.abs(angles).max() <= 1e-9


def test_things_are_not_glanced_at_and_glances_can_be_switched_off():
    assert not watch({7: CROSSING}, person=False)[2].any()
    assert not watch({7: CROSSING}, params=replace(PARAMS.gaze, glance_s=0.0))[2].any()


def test_a_robot_that_stands_does_not_turn_after_everybody():
    assert not watch({7: CROSSING}, speed_mps=0.0)[2].any()


def test_two_people_at_once_are_not_hunted():
    other = (4.0, -3.6, 0.0, 0.8)
    times, angles, looks = watch({7: CROSSING, 8: other}, 8.0)
    begins = times[1:][np.diff(looks.astype(int)) == 1]
    ends = times[1:][np.diff(looks.astype(int)) == -1]
    assert len(begins) <= 2
    if len(begins) == 2:
        assert begins[1] - ends[0] >= PARAMS.gaze.glance_pause_s - 1e-6
    turns = np.diff(np.sign(np.diff(angles[np.abs(np.diff(angles, prepend=0.0)) > 1e-4])))
    assert np.count_nonzero(turns) <= 4, "out and back for each"


def test_whoever_follows_in_the_predictions_flicker_is_glanced_at_once():
    _, _, looks = watch({7: CROSSING}, 8.0, hidden=lambda t: round(10 * t) % 7 == 6)
    assert np.count_nonzero(np.diff(looks.astype(int)) == 1) <= 1


def test_a_followed_person_who_is_hidden_for_a_moment_is_looked_at_where_they_are_expected():
    person = (2.0, 1.0, 0.6, 0.0)
    hidden = lambda t: 2.0 <= t < 3.5  # noqa: E731
    times, angles, looks = watch({7: person}, followed=7, hidden=hidden)
    assert looks.all()
    steady = np.abs(angles - math.atan2(1.0, 2.0))[times > 1.5]
    assert steady.max() < 0.1, "it does not turn ahead and back"
    # Who stays away is not stared after for ever.
    times, angles, looks = watch({7: person}, 8.0, followed=7, hidden=lambda t: t >= 2.0)
    assert not looks[times > 2.0 + PARAMS.gaze.hold_s + 0.1].any() and abs(angles[-1]) <= PARAMS.gaze.play_rad + 1e-6


def test_following_has_no_glances():
    _, angles, _ = watch({7: (3.0, 0.0, 0.6, 0.0), 8: CROSSING}, followed=7)
    assert np.abs(angles).max() < 0.05


def test_the_chooser_starts_anew_when_the_clock_is_set_back():
    chooser = GazeChooser(PARAMS.gaze)
    for now_s in (100.0, 100.1, 5.0):
        tracks, prediction = see(0.6, {7: CROSSING})
        prediction = replace(prediction, start_s=now_s)
        trajectory = replace(drive_along_x(0.0), start_s=now_s)
        assert isinstance(chooser.choose(tracks, prediction, trajectory, None, now_s, 0.0), LookAt)


def test_nothing_known_is_nobody_to_look_at():
    chooser = GazeChooser(PARAMS.gaze)
    assert chooser.choose((), None, None, None, 0.0, 0.0) is None
    assert chooser.choose((), None, drive_along_x(0.0), 3, 0.1, 0.0) is None


def test_the_crossing_is_when_the_first_of_both_is_there():
    _, prediction = see(0.0, {7: (1.5, 1.6, 0.0, -0.8)})
    assert find_crossing(drive_along_x(0.0), prediction.means_odom[0], 0.1) == pytest.approx(1.6, abs=0.6)
    _, far = see(0.0, {7: (1.5, 9.0, 0.0, -0.8)})
    assert find_crossing(drive_along_x(0.0), far.means_odom[0], 0.1) == math.inf
