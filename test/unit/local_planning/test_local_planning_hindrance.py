"""A robot that does not get on: what it makes of that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_nav.local_planning.hindrance import Hindrance
from astro_nav.local_planning.hypotheses import arrange_people
from astro_nav.local_planning.weights import adapt_weights, make_weights
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.prediction.predictor import predict_tracks
from astro_nav.types import Track

PARAMS = load_params(LocalPlannerParams, "local_planner")
STANDING, DRIVING = np.zeros(2), np.array([0.4, 0.0])


def run(hindrance: Hindrance, duration_s: float, twist, wants: bool, begin_s: float = 0.0) -> float:
    for now_s in begin_s + np.arange(0.0, duration_s + 1e-9, 0.1):
        hindrance.update(float(now_s), twist, wants)
    return begin_s + duration_s


def test_a_robot_that_is_held_grows_cautious_and_then_says_that_the_way_is_blocked():
    hindrance = Hindrance(PARAMS.hindrance)
    now_s = run(hindrance, PARAMS.hindrance.patience_s, STANDING, True)
    assert hindrance.caution == 0.0 and not hindrance.is_blocked
    now_s = run(hindrance, PARAMS.hindrance.full_caution_s, STANDING, True, now_s)
    assert hindrance.caution == pytest.approx(1.0, abs=0.05) and not hindrance.is_blocked
    run(hindrance, PARAMS.hindrance.blocked_after_s, STANDING, True, now_s)
    assert hindrance.is_blocked


def test_caution_fades_while_the_robot_moves_and_goes_with_the_goal():
    hindrance = Hindrance(PARAMS.hindrance)
    now_s = run(hindrance, 3.0, STANDING, True)
    held_s = hindrance.held_s
    run(hindrance, PARAMS.hindrance.forget_s, DRIVING, True, now_s)
    assert hindrance.held_s == pytest.approx(held_s / np.e, rel=0.02)
    hindrance.clear()
    assert hindrance.held_s == 0.0 and hindrance.caution == 0.0


def test_a_robot_that_waits_asks_for_less_room_but_not_for_less_safety_and_parks_more_exactly():
    weights = make_weights(PARAMS, None)
    usual = adapt_weights(weights, PARAMS.hindrance, 0.0, 0.0)
    assert usual == weights
    waiting = adapt_weights(weights, PARAMS.hindrance, 0.0, 10.0)
    assert PARAMS.hindrance.least_room * weights.people.space < waiting.people.space < 0.7 * weights.people.space
    assert waiting.people._replace(space=weights.people.space) == weights.people
    assert waiting.progress.goal_ease_turned == pytest.approx(PARAMS.hindrance.least_ease * weights.progress.goal_ease_turned, rel=1e-3)
    assert waiting.progress._replace(goal_ease_turned=weights.progress.goal_ease_turned) == weights.progress
    held = adapt_weights(weights, PARAMS.hindrance, 1.0, 0.0)
    assert held.collision.wary_per_metre > 0.0 and held.collision.wary_sigma > 0.0
    assert held.collision.per_metre == weights.collision.per_metre


def test_a_robot_that_waits_minds_less_and_less_what_moving_costs():
    weights = make_weights(PARAMS, None)
    after = [adapt_weights(weights, PARAMS.hindrance, 0.0, waiting_s) for waiting_s in (0.0, 1.0, 3.0, 100.0)]
    for get in (lambda w: w.comfort.jerk, lambda w: w.comfort.reverse, lambda w: w.collision.per_metre):
        assert np.all(np.diff([get(weights) for weights in after]) < 0.0)
        assert get(after[-1]) == pytest.approx(PARAMS.hindrance.least_price * get(weights), rel=1e-3)


def test_the_way_in_which_the_robot_is_held_up_is_known():
    hindrance = Hindrance(PARAMS.hindrance)
    for now_s in np.arange(0.0, 3.0, 0.1):
        hindrance.update(float(now_s), STANDING, True, 1.0)
    assert hindrance.held_direction == 1.0
    for now_s in np.arange(3.0, 5.0, 0.1):
        hindrance.update(float(now_s), STANDING, False, 0.0)  # it waits by its own choice: what held it is still there
    assert hindrance.held_direction == 1.0
    hindrance.clear()
    assert hindrance.held_direction == 0.0


def test_who_stands_may_stay_or_start_and_the_chances_add_up():
    track = Track(1, 0.0, np.array([1.0, 2.0, 0.0, 0.0]), 0.01 * np.eye(4), 0.3, moving=False, person=True)
    walker = replace(track, track_id=2, state_odom=np.array([3.0, 2.0, 1.0, 0.0]), moving=True)
    prediction = predict_tracks((track, walker), 0.0, 31, 0.1, PARAMS.prediction, None, None)
    rows = arrange_people(prediction, (track, walker), PARAMS.prediction.start_rate_hz, np.array([-1.0, -1.0]))
    assert rows["people_x"].shape == (3, 30)
    starts, walks, stays = rows["people_weight"]
    np.testing.assert_allclose(starts + stays, 1.0, atol=1e-6)
    np.testing.assert_array_equal(walks, 1.0)
    assert np.all(np.diff(stays) < 0.0) and stays[0] > 0.9
    np.testing.assert_allclose(rows["people_x"][2], 2.0, atol=1e-6)
    np.testing.assert_allclose(rows["people_variance"][2], 0.01, atol=1e-6)
    assert rows["people_variance"][0, -1] > 0.1


def test_nobody_is_no_row():
    prediction = predict_tracks((), 0.0, 31, 0.1, PARAMS.prediction, None, None)
    rows = arrange_people(prediction, (), 0.3, np.zeros(2))
    assert rows["people_x"].shape == (0, 30) and rows["people_weight"].shape == (0, 30)
