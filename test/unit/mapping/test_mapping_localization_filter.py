"""The localizer's jumps are taken out, its corrections are not."""

import dataclasses
import math

import numpy as np
import pytest

from astro_nav.geometry import se2
from astro_nav.mapping.localization_filter import LocalizationFilter
from astro_nav.params.robot import LocalizationParams

PARAMS = LocalizationParams(
    position_stddev_m=0.06, yaw_stddev_rad=0.03, drift_m=0.015, drift_rad=0.01, creep_m=0.002, creep_rad=0.001, gate=3.5
)


def test_the_first_word_is_believed():
    said = np.array([3.0, -2.0, 1.0])
    assert np.allclose(LocalizationFilter(PARAMS).update(said, np.array([1.0, 1.0, 0.5]), 0.0), said)


def test_turning_on_the_spot_with_an_error_fixed_to_the_robot_moves_the_goal_less():
    """A localizer whose error of 3 cm turns with the robot: half a turn moves a goal by 6 cm."""
    localization, error = LocalizationFilter(PARAMS), np.array([0.03, 0.0, 0.0])
    goal_map, believed_goals, said_goals = np.array([0.5, 0.0]), [], []
    for step in range(40):  # it has come some way
        odom = np.array([0.1 * step - 4.0, 0.0, 0.0])
        localization.update(se2.compose(se2.compose(odom, error), se2.invert(odom)), odom, 0.1 * step)
    for step in range(61):
        odom = np.array([0.0, 0.0, math.pi * step / 60])
        said = se2.compose(se2.compose(odom, error), se2.invert(odom))
        believed = localization.update(said, odom, 4.0 + 0.05 * step)
        said_goals.append(se2.transform_points(se2.invert(said), goal_map))
        believed_goals.append(se2.transform_points(se2.invert(believed), goal_map))
    assert np.ptp(said_goals, axis=0).max() > 0.055
    assert np.ptp(believed_goals, axis=0).max() < 0.03


def test_noise_at_rest_is_averaged_and_a_lasting_error_is_corrected():
    localization, rng = LocalizationFilter(PARAMS), np.random.default_rng(3)
    localization.update(np.array([0.1, 0.0, 0.0]), np.zeros(3), 0.0)
    errors = []
    for step in range(1, 400):
        said = rng.normal(0.0, [0.02, 0.02, 0.01])
        errors.append(localization.update(said, np.zeros(3), 0.1 * step))
    assert np.abs(np.array(errors[100:])).max(axis=0) == pytest.approx(np.zeros(3), abs=0.02)
    assert np.array(errors[100:])[:, 0].std() < 0.25 * 0.02


def test_a_robot_that_was_carried_is_believed_at_once():
    localization = LocalizationFilter(PARAMS)
    for step in range(20):
        localization.update(np.zeros(3), np.zeros(3), 0.1 * step)
    elsewhere = np.array([2.0, 1.0, 0.7])
    assert np.allclose(localization.update(elsewhere, np.zeros(3), 2.0), elsewhere)


def test_without_noise_every_word_is_followed():
    localization = LocalizationFilter(dataclasses.replace(PARAMS, position_stddev_m=0.0))
    for step in range(5):
        said = np.array([0.01 * step, 0.0, 0.0])
        assert np.array_equal(localization.update(said, np.zeros(3), 0.1 * step), said)


def test_the_same_word_again_is_no_news():
    localization, said = LocalizationFilter(PARAMS), np.array([0.04, 0.0, 0.0])
    localization.update(np.zeros(3), np.zeros(3), 0.0)
    once = localization.update(said, np.zeros(3), 0.1)
    assert np.array_equal(localization.update(said, np.array([0.3, 0.0, 0.0]), 0.4), once)


def test_it_agrees_with_a_scalar_filter_along_a_line():
    rng, localization = np.random.default_rng(5), LocalizationFilter(PARAMS)
    believed, variance = 0.0, PARAMS.position_stddev_m**2
    localization.update(np.zeros(3), np.zeros(3), 0.0)
    for step in range(1, 50):
        said = float(rng.normal(0.0, 0.05))
        variance += PARAMS.drift_m**2 * 0.1 + PARAMS.creep_m**2 * 0.2
        gain = variance / (variance + PARAMS.position_stddev_m**2)
        believed, variance = believed + gain * (said - believed), (1.0 - gain) * variance
        result = localization.update(np.array([said, 0.0, 0.0]), np.array([0.1 * step, 0.0, 0.0]), 0.2 * step)
        assert result[0] == pytest.approx(believed, abs=1e-12)
