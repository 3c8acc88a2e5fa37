"""Guesses of where a person is: they follow what is seen, leave what is seen empty, and keep out of walls."""

from __future__ import annotations

import numpy as np

from astro_nav.following.belief import BODY_ROOM_M, GUESSES, PersonBelief
from astro_nav.following.scan_view import NO_CANDIDATES, Candidates

NOTHING_PASSED = np.zeros(GUESSES)


def in_the_open(points):
    return np.full(len(points), 9.0)


def see(x, y, deviation_m=0.1, weight=1.0):
    place = np.array([[x, y]])
    return Candidates(place, np.array([deviation_m]), np.array([weight]), place, np.zeros((0, 2)))


def walk(belief, steps, speed_mps=0.7, noise_m=0.05, seed=1):
    """Along x, seen ten times a second; returns the errors of the place."""
    generator, errors = np.random.default_rng(seed), []
    for step in range(1, steps + 1):
        x = 0.1 * step * speed_mps
        belief.move_on(0.1 * step)
        belief.correct(see(*(np.array([x, 0.0]) + noise_m * generator.standard_normal(2))), NOTHING_PASSED)
        errors.append(np.hypot(*(belief.find_place().position_map - [x, 0.0])))
    return errors


def test_who_walks_is_followed_with_their_velocity():
    belief = PersonBelief(in_the_open)
    belief.begin(np.zeros(2), np.zeros(2), 0.0)
    errors = walk(belief, 60)
    place = belief.find_place()
    assert np.sqrt(np.mean(np.square(errors))) < 0.1
    assert np.hypot(*(place.velocity_map - [0.7, 0.0])) < 0.25
    assert place.share > 0.95 and place.deviation_m < 0.2


def test_equal_news_give_equal_beliefs():
    beliefs = [PersonBelief(in_the_open) for _ in range(2)]
    for belief in beliefs:
        belief.begin(np.zeros(2), np.zeros(2), 0.0)
        walk(belief, 20)
    assert (beliefs[0].positions_map == beliefs[1].positions_map).all()


def test_out_of_sight_it_goes_on_and_widens():
    belief = PersonBelief(in_the_open)
    belief.begin(np.zeros(2), np.zeros(2), 0.0)
    walk(belief, 30)
    narrow_m = belief.find_place().deviation_m
    belief.move_on(4.0)
    spread_m = belief.positions_map.std(axis=0)
    assert np.hypot(*spread_m) > 2.0 * narrow_m
    assert 2.2 < np.median(belief.positions_map[:, 0]) < 3.0  # seen last at 2.1 m, at 0.7 m/s; some have stopped


def test_a_place_that_is_seen_empty_is_left():
    belief = PersonBelief(in_the_open)
    belief.begin(np.zeros(2), np.zeros(2), 0.0)
    belief.move_on(3.0)
    for step in range(5):
        belief.move_on(3.0 + 0.1 * step)
        belief.correct(NO_CANDIDATES, (belief.positions_map[:, 0] < 0.0).astype(float))
    assert belief.weights[belief.positions_map[:, 0] > -0.1].sum() > 0.95


def test_nobody_walks_through_walls():
    def measure_room(points):  # a wall at x = 1 to 1.2
        return np.maximum(1.0 - points[:, 0], points[:, 0] - 1.2)

    belief = PersonBelief(measure_room)
    belief.begin(np.zeros(2), np.array([0.7, 0.0]), 0.0)
    belief.move_on(6.0)
    assert belief.positions_map[:, 0].max() <= 1.0 - BODY_ROOM_M + 1e-9


def test_things_that_stand_do_not_hold_back_who_walks():
    """A chair beside the way is worth as little as it is believed to be a person."""
    belief = PersonBelief(in_the_open)
    belief.begin(np.zeros(2), np.array([0.7, 0.0]), 0.0)
    for step in range(1, 50):
        x = 0.07 * step
        belief.move_on(0.1 * step)
        both = Candidates(
            np.array([[x, 0.0], [1.5, 0.2]]), np.array([0.17, 0.1]), np.array([0.5, 0.01]), np.array([[x, 0.0], [1.5, 0.2]]), np.zeros((0, 2))
        )
        belief.correct(both, NOTHING_PASSED)
    assert np.hypot(*(belief.find_place().position_map - [x, 0.0])) < 0.15


def test_a_clock_that_goes_back_does_not_stop_it():
    belief = PersonBelief(in_the_open)
    belief.begin(np.zeros(2), np.zeros(2), 100.0)
    belief.move_on(1.0)
    assert belief.stamp_s == 1.0
    belief.move_on(1.2)
    assert belief.stamp_s == 1.2 or abs(belief.stamp_s - 1.2) < 1e-9
