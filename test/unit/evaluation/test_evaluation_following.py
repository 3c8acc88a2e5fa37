"""Figures of following, on motions whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.evaluation.metrics.following import count_losses, measure_leash

TIMES_S = np.arange(0.0, 20.0, 0.02)


def measure(gap_m=1.2, screen_rad=0.0, followed_map=None):
    """A person who walks along x at 0.5 m/s and a robot behind them."""
    person = np.column_stack([2.0 + 0.5 * TIMES_S, np.zeros_like(TIMES_S)])
    poses = np.column_stack([person[:, 0] - gap_m, np.zeros_like(TIMES_S), np.zeros_like(TIMES_S)])
    believed = person if followed_map is None else followed_map(person)
    return measure_leash(TIMES_S, poses, np.full_like(TIMES_S, screen_rad), person, believed, 1.2)


def test_a_constant_error_is_that_error():
    row = measure(gap_m=1.4)
    assert row["follow_distance_error_m"] == pytest.approx(0.2)
    assert row["follow_walked_m"] == pytest.approx(0.5 * TIMES_S[-1])
    assert row["follow_lost"] == 0 and row["follow_tracked"] == 1.0


def test_the_screen_is_on_target_within_its_tolerance():
    assert measure(screen_rad=0.15)["follow_on_target"] == 1.0
    assert measure(screen_rad=0.25)["follow_on_target"] == 0.0


def test_who_is_not_tracked_for_long_or_taken_for_somebody_else_is_lost():
    def lose(begin_s, end_s, to):
        def change(person):
            believed = person.copy()
            believed[(TIMES_S >= begin_s) & (TIMES_S < end_s)] = to
            return believed

        return change

    assert measure(followed_map=lose(5.0, 7.0, np.nan))["follow_lost"] == 0
    assert measure(followed_map=lose(5.0, 9.0, np.nan))["follow_lost"] == 1
    assert measure(followed_map=lose(5.0, 9.0, 50.0))["follow_lost"] == 1
    # Nobody can be lost before they were found.
    assert measure(followed_map=lose(0.0, 6.0, np.nan))["follow_lost"] == 0
    assert measure(followed_map=lose(15.0, 99.0, np.nan))["follow_lost"] == 1


def test_losses_are_counted_once_each():
    tracked = np.ones(1000, dtype=bool)
    tracked[100:300] = tracked[400:410] = tracked[500:700] = False
    assert count_losses(TIMES_S, tracked) == 2
