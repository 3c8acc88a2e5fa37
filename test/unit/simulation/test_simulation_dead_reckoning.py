"""Odometry and localisation: exact when clean, wrong in the way and by the amount configured otherwise."""

import numpy as np
import pytest
from scenes.simulated import drive, make_params, make_simulator

from astro_nav.geometry import se2
from astro_nav.simulation.dead_reckoning import Localizer, WheelOdometry
from astro_nav.simulation.events import LocalizationEvent, OdometryEvent


def test_clean_odometry_is_the_truth_but_for_slip_of_the_tyres():
    simulator = make_simulator(start_pose_map=np.array([1.0, 2.0, 0.5]))
    for twist in [(0.5, 0.0), (0.3, 0.8), (0.0, -1.0), (0.6, 0.2)]:
        events = drive(simulator, twist, 3.0)
    odometry = [event for event in events if isinstance(event, OdometryEvent)][-1]
    simulator.step(0.005)
    driven = se2.relative(np.array([1.0, 2.0, 0.5]), simulator.truth().pose_map_base)
    np.testing.assert_allclose(odometry.odometry.pose_odom_base, driven, atol=0.03)
    np.testing.assert_allclose(odometry.odometry.twist, [0.6, 0.2], atol=0.02)
    np.testing.assert_allclose(odometry.pose_map_odom, [1.0, 2.0, 0.5], atol=0.03)


def run_odometry(seed, distance_m, params):
    """Final pose after driving straight, the wheels turning exactly."""
    odometry = WheelOdometry(params, np.random.Generator(np.random.PCG64(seed)))
    radius = params.robot.wheel_radius_m
    for step, distance in enumerate(np.linspace(0.0, distance_m, 100)):
        last = odometry.measure(0.02 * step, distance / radius, distance / radius)
    return last.pose_odom_base


def test_drift_has_the_configured_size():
    slip = 0.01
    params = make_params(**{
        "odometry__slip_stddev_per_sqrt_m": slip, "odometry__radius_error_stddev": 0.0,
        "odometry__separation_error_stddev": 0.0, "odometry__ticks_per_turn": 0,
    })  # fmt: skip
    final = np.array([run_odometry(seed, 9.0, params) for seed in range(400)])
    # Each wheel slips independently by slip * sqrt(distance); the middle by half the sum, the yaw by the difference.
    along = slip * np.sqrt(9.0) / np.sqrt(2.0)
    yaw = slip * np.sqrt(9.0) * np.sqrt(2.0) / params.robot.wheel_separation_m
    assert final[:, 2].std() == pytest.approx(yaw, rel=0.12)
    assert abs(final[:, 2].mean()) < 4.0 * yaw / np.sqrt(400)
    assert (final[:, 0] - 9.0).std() < 3.0 * along + 9.0 * yaw**2
    small = np.array([run_odometry(seed, 0.25, params) for seed in range(400)])
    assert small[:, 2].std() == pytest.approx(yaw / 6.0, rel=0.15)  # grows with the square root of the distance


def test_calibration_errors_are_drawn_once_per_run():
    params = make_params(**{
        "odometry__slip_stddev_per_sqrt_m": 0.0, "odometry__radius_error_stddev": 0.02,
        "odometry__separation_error_stddev": 0.0, "odometry__ticks_per_turn": 0,
    })  # fmt: skip
    lengths = np.array([run_odometry(seed, 0.1, params)[0] for seed in range(300)])
    assert lengths.std() == pytest.approx(0.1 * 0.02 / np.sqrt(2.0), rel=0.15)
    short, long = run_odometry(7, 0.1, params), run_odometry(7, 0.2, params)
    assert long[2] == pytest.approx(2.0 * short[2], rel=1e-9)


def test_encoders_count_whole_steps():
    params = make_params(clean=True, odometry__ticks_per_turn=0)
    exact = WheelOdometry(params, np.random.default_rng(0)).measure(0.0, 0.0, 0.0)
    assert exact.twist.tolist() == [0.0, 0.0]
    changes = {
        "odometry__ticks_per_turn": 20, "odometry__slip_stddev_per_sqrt_m": 0.0,
        "odometry__radius_error_stddev": 0.0, "odometry__separation_error_stddev": 0.0,
    }  # fmt: skip
    coarse = WheelOdometry(make_params(**changes), np.random.default_rng(0))
    coarse.measure(0.0, 0.0, 0.0)
    assert coarse.measure(0.1, 0.3, 0.3).pose_odom_base[0] == 0.0
    assert coarse.measure(0.2, 0.32, 0.32).pose_odom_base[0] == pytest.approx(2 * np.pi / 20 * 0.0625)


def walk_localizer(seed, steps=3000, **changes):
    """Errors of the believed pose in the true one, just after each correction."""
    params = make_params(**changes).localization
    localizer = Localizer(params, np.random.default_rng(seed))
    errors = []
    before = None
    for step in range(steps):
        pose = np.array([0.06 * step, 0.0, 0.0])
        pose_map_odom = localizer.correct(pose, pose)
        if before is None or not np.array_equal(pose_map_odom, before):
            errors.append(se2.relative(pose, se2.compose(pose_map_odom, pose)))
        before = pose_map_odom.copy()
    return np.array(errors), params


def test_the_localizer_s_error_stays_bounded_and_moves_in_small_steps():
    errors, params = walk_localizer(3)
    bound = params.max_stddevs * params.position_stddev_m
    assert len(errors) == pytest.approx(3000 / 4, abs=5)  # 0.24 m is the first multiple of 0.06 m past 0.2 m
    assert np.abs(errors[:, :2]).max() <= bound + 1e-9
    assert np.abs(errors[:, 2]).max() <= params.max_stddevs * params.yaw_stddev_rad + 1e-9
    assert errors[:, 0].std() == pytest.approx(params.position_stddev_m, rel=0.4)
    assert np.abs(np.diff(errors[:, 0])).max() < 2.5 * params.position_stddev_m
    assert np.abs(np.diff(errors[:, 0])).mean() < 0.5 * params.position_stddev_m


def test_a_clean_localizer_knows_where_the_robot_is():
    errors, _ = walk_localizer(3, localization__position_stddev_m=0.0, localization__yaw_stddev_rad=0.0)
    assert np.abs(errors).max() < 1e-9


def test_a_carried_robot_is_found_again():
    simulator = make_simulator()
    drive(simulator, (0.5, 0.3), 2.0)
    simulator.place_robot(np.array([3.0, -2.0, 1.0]))
    odometry = [event for event in simulator.step(0.1) if isinstance(event, OdometryEvent)][-1]
    believed = se2.compose(odometry.pose_map_odom, odometry.odometry.pose_odom_base)
    np.testing.assert_allclose(believed, [3.0, -2.0, 1.0], atol=0.01)


def test_rates_and_stamps():
    events = make_simulator().step(2.0)
    odometry = [event for event in events if isinstance(event, OdometryEvent)]
    stamps = np.array([event.odometry.stamp_s for event in odometry])
    np.testing.assert_allclose(np.diff(stamps), 0.02, atol=1e-9)
    assert all(event.arrives_s == pytest.approx(event.odometry.stamp_s + 0.01) for event in odometry)
    poses = [event for event in events if isinstance(event, LocalizationEvent)]
    assert len(poses) == 40
    assert all(event.stamp_s == pytest.approx(event.arrives_s + 0.1) for event in poses)
    arrivals = [event.arrives_s for event in events]
    assert arrivals == sorted(arrivals)
