"""The robot's base: follows commands within its limits, and stops when they cease."""

import numpy as np
import pytest
from scenes.simulated import drive, make_params, make_simulator

from astro_nav.simulation.base import BaseController, ScreenController


def record_twists(simulator, twist, duration_s):
    twists = []
    for _ in range(round(duration_s / 0.005)):
        if twist is not None:
            simulator.set_command(np.array(twist))
        simulator.step(0.005)
        twists.append(simulator.truth().twist)
    return np.array(twists)


@pytest.mark.parametrize("twist", [(0.5, 0.0), (-0.2, 0.0), (0.3, 1.0), (0.0, -1.5), (1.0, 0.5)])
def test_the_robot_does_what_it_is_told(twist):
    simulator = make_simulator()
    drive(simulator, twist, 2.0)
    np.testing.assert_allclose(simulator.truth().twist, twist, atol=0.03)


def test_a_straight_command_drives_straight_and_a_turn_turns_on_the_spot():
    simulator = make_simulator()
    drive(simulator, (1.0, 0.0), 4.0)
    x, y, yaw = simulator.truth().pose_map_base
    assert x == pytest.approx(4.0 - 1.0 * 0.16, abs=0.1)  # ramp, delay and lag cost some of the way
    assert abs(y) < 0.01 and abs(yaw) < 0.01
    simulator = make_simulator()
    drive(simulator, (0.0, 2.0), 4.0)
    x, y, _ = simulator.truth().pose_map_base
    assert np.hypot(x, y) < 0.02


def test_nothing_moves_before_the_command_can_have_arrived():
    simulator = make_simulator(params=make_params(clean=True, base__command_delay_s=0.2))
    twists = record_twists(simulator, (1.0, 0.0), 0.4)
    assert np.abs(twists[:40, 0]).max() < 1e-3
    assert twists[-1, 0] > 0.5


def test_the_base_stops_by_itself_when_commands_cease():
    simulator = make_simulator()
    drive(simulator, (0.8, 0.0), 1.5)
    timeout_s = simulator.params.base.command_timeout_s
    simulator.step(timeout_s - 0.05)
    assert simulator.truth().twist[0] > 0.75
    simulator.step(0.6)
    before = simulator.truth()
    assert np.abs(before.twist).max() < 0.01
    simulator.step(2.0)
    assert np.linalg.norm(simulator.truth().pose_map_base[:2] - before.pose_map_base[:2]) < 0.002


@pytest.mark.parametrize(
    ("twist", "speed", "turn_rate"),
    [((9.0, 0.0), 1.0, 0.0), ((-9.0, 0.0), -0.25, 0.0), ((0.0, 99.0), 0.0, 2.0), ((0.0, -99.0), 0.0, -2.0)],
)
def test_commands_beyond_the_limits_are_cut(twist, speed, turn_rate):
    simulator = make_simulator()
    drive(simulator, twist, 2.5)
    np.testing.assert_allclose(simulator.truth().twist, [speed, turn_rate], atol=0.03)


def test_a_wheel_at_its_limit_slows_both_so_that_the_curve_stays():
    params = make_params(clean=True, robot__limits__max_wheel_speed_mps=1.0)
    simulator = make_simulator(params=params)
    drive(simulator, (1.0, 2.0), 3.0)
    speed, turn_rate = simulator.truth().twist
    half = 0.5 * params.robot.wheel_separation_m
    assert speed + half * turn_rate == pytest.approx(1.0, abs=0.02)
    assert turn_rate / speed == pytest.approx(2.0, rel=0.03)


def test_acceleration_stays_within_what_the_wheels_may_ramp():
    simulator = make_simulator(params=make_params(clean=True, base__max_wheel_acceleration_mps2=1.5))
    speeds = record_twists(simulator, (1.0, 0.0), 1.5)[:, 0]
    acceleration = (speeds[20:] - speeds[:-20]) / 0.1
    assert acceleration.max() < 1.5 * 1.1
    assert acceleration.max() > 1.5 * 0.8


def test_hard_braking_from_full_speed_does_not_tip_the_robot():
    simulator = make_simulator()
    drive(simulator, (1.0, 0.0), 2.0)
    start = simulator.truth().pose_map_base[0]
    drive(simulator, (0.0, 0.0), 1.0)
    assert simulator.truth().pose_map_base[0] - start < 0.35
    assert abs(simulator.physics.data.qpos[2]) < 0.005  # still on its wheels


@pytest.mark.parametrize("twist", [(np.nan, 0.0), (0.0, np.inf)])
def test_commands_that_are_no_numbers_are_refused(twist):
    simulator = make_simulator()
    with pytest.raises(ValueError, match="not finite"):
        simulator.set_command(np.array(twist))


def test_a_step_that_is_no_multiple_of_the_physics_is_refused():
    with pytest.raises(ValueError, match=r"multiple of physics.step_s = 0.005 s"):
        make_simulator().step(0.0126)


def test_the_newest_command_that_has_arrived_counts():
    controller = BaseController(make_params(base__command_delay_s=0.02))
    controller.add_command(np.array([0.5, 0.0]), 0.0)
    controller.add_command(np.array([0.2, 0.1]), 0.01)
    controller.step(0.02, (0.0, 0.0))
    assert controller.wanted_twist == (0.5, 0.0)
    controller.step(0.03, (0.0, 0.0))
    assert controller.wanted_twist == (0.2, 0.1)


def test_the_screen_goes_where_it_should_within_its_limits():
    simulator = make_simulator()
    screen = simulator.params.robot.screen
    angles = []
    for _ in range(400):
        simulator.set_command(np.zeros(2), 1.0)
        simulator.step(0.005)
        angles.append(simulator.truth().screen_rad)
    speed = np.diff(angles) / 0.005
    assert angles[-1] == pytest.approx(1.0, abs=0.01)
    assert max(angles) < 1.02
    assert 1.0 < speed.max() < 1.02 * screen.max_speed_radps
    simulator.set_command(np.zeros(2), 9.0)
    simulator.step(3.0)
    assert simulator.truth().screen_rad == pytest.approx(screen.max_pan_rad, abs=0.01)


def test_the_screen_follows_a_trajectory_in_time():
    params = make_params(clean=True, base__command_delay_s=0.0)
    simulator = make_simulator(params=params)
    simulator.set_screen_trajectory(0.5, np.array([0.0, 1.0, 2.0]), np.array([0.0, 0.6, 0.6]))
    simulator.step(0.5)
    assert abs(simulator.truth().screen_rad) < 0.01
    simulator.step(0.5)
    assert simulator.truth().screen_rad == pytest.approx(0.3, abs=0.08)
    simulator.step(2.0)
    assert simulator.truth().screen_rad == pytest.approx(0.6, abs=0.01)


def test_screen_trajectories_that_make_no_sense_are_refused():
    controller = ScreenController(make_params())
    with pytest.raises(ValueError, match="do not increase"):
        controller.add_trajectory(0.0, np.array([0.0, 0.0]), np.zeros(2), 0.0)
    with pytest.raises(ValueError, match="not finite"):
        controller.add_trajectory(0.0, np.zeros(1), np.array([np.nan]), 0.0)
    with pytest.raises(ValueError, match="one angle per time"):
        controller.add_trajectory(0.0, np.zeros(2), np.zeros(1), 0.0)


def test_a_robot_that_is_carried_stands_where_it_is_put():
    simulator = make_simulator()
    drive(simulator, (0.8, 0.0), 1.0)
    simulator.place_robot(np.array([2.0, -1.0, 2.5]))
    simulator.step(1.0)
    np.testing.assert_allclose(simulator.truth().pose_map_base, [2.0, -1.0, 2.5], atol=2e-3)
