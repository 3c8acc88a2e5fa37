"""The least error of following, where it is known."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.metrics.following_bound import compute_least_error
from astro_nav.types import OccupancyMap

TIMES_S = np.arange(0.0, 10.0, 0.1)


def compute(person_mps, robot_mps=1.0, half_width_m=4.0):
    """A person walks along x from 1.2 m ahead of the robot on, in a corridor of this half width."""
    occupancy = np.zeros((160, 600), np.int8)
    rows = np.abs(-4.0 + 0.05 * (np.arange(160) + 0.5))
    occupancy[rows > half_width_m] = 100
    person = np.column_stack([1.2 + person_mps * TIMES_S, np.zeros_like(TIMES_S)])
    world = OccupancyMap(occupancy, 0.05, np.array([-5.0, -4.0, 0.0]))
    return compute_least_error(TIMES_S, person, np.zeros(2), world, robot_mps, 1.2, 0.2, 0.45)


def test_who_is_slower_than_the_robot_can_be_followed_without_an_error():
    assert compute(0.8) < 0.03


def test_who_is_faster_runs_away_at_the_difference():
    # The gap grows by 0.4 m/s, and the robot may begin 0.05 m nearer: the grid.
    sharp = 0.4 * TIMES_S[-1] / np.sqrt(3.0)
    assert sharp - 0.1 < compute(1.4) <= sharp


def test_a_slower_robot_has_a_higher_bound():
    assert compute(1.4, 0.5) > compute(1.4, 1.0)


def test_where_the_robot_does_not_fit_there_is_no_way():
    assert compute(0.5, half_width_m=0.1) > 100.0
