"""Commands in ordinary tracking keep the comfortable limits of acceleration and jerk, with noise and without."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.safety_world import World, room
from scenes.safety_drive import PARAMS, PERIOD_S, TrajectoryDrive

from astro_nav.safety.clock_watch import ClockWatch

LIMITS = PARAMS.robot.limits
WISHES = [(0.5, 0.0), (1.0, 0.0), (0.5, 0.8), (0.0, 1.2), (-0.2, 0.3)]
ROUNDING = 1e-6


def drive_with(wishes: list[tuple[float, float]], seed: int | None, each_s: float = 2.5) -> TrajectoryDrive:
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(16.0)), seed=seed, odometry_noise=0.005)
    for wish in wishes:
        drive.run(each_s, wish)
    assert not any(drive.refusals), [refusal for refusal in drive.refusals if refusal]
    return drive


def differentiate(commands: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) accelerations and jerks of commands that begin at rest."""
    begun = np.concatenate([np.zeros((2, 2)), commands])
    accelerations = np.diff(begun, axis=0) / PERIOD_S
    return accelerations[1:], np.diff(accelerations, axis=0) / PERIOD_S


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize("wish", WISHES)
def test_starting_and_driving_keeps_acceleration_and_jerk(wish: tuple[float, float], seed: int | None) -> None:
    commands = drive_with([wish], seed).commands
    accelerations, jerks = differentiate(commands)
    assert np.abs(commands).max(axis=0) == pytest.approx(np.abs(wish), abs=0.12)
    assert np.abs(accelerations[:, 0]).max() <= max(LIMITS.max_acceleration_mps2, LIMITS.max_deceleration_mps2) + ROUNDING
    assert np.abs(accelerations[:, 1]).max() <= LIMITS.max_turn_acceleration_radps2 + ROUNDING
    assert np.abs(jerks[:, 0]).max() <= LIMITS.max_jerk_mps3 + ROUNDING
    assert np.abs(jerks[:, 1]).max() <= LIMITS.max_turn_jerk_radps3 + ROUNDING


@pytest.mark.parametrize("seed", range(3, 8))
def test_top_speed_is_approached_and_never_run_into(seed: int) -> None:
    """Noise may push the wish beyond the robot's top speed; the command must not be cut off there."""
    drive = drive_with([(1.0, 0.0)], seed, each_s=3.5)
    accelerations, jerks = differentiate(drive.commands)
    assert 0.97 < drive.commands[:, 0].max() <= LIMITS.max_speed_mps
    assert np.abs(accelerations[:, 0]).max() <= LIMITS.max_acceleration_mps2 + ROUNDING
    assert np.abs(jerks[:, 0]).max() <= LIMITS.max_jerk_mps3 + ROUNDING
    assert drive.controller.hard_braking.count == 0


@pytest.mark.parametrize("seed", [None, 1])
def test_coming_to_rest_keeps_jerk(seed: int | None) -> None:
    drive = drive_with([(0.6, 0.4)], seed)
    begin = len(drive.verdicts)
    drive.run(2.5, (0.0, 0.0))
    _, jerks = differentiate(drive.commands)
    assert not drive.commands[-1].any()
    assert np.abs(jerks[begin:, 0]).max() <= LIMITS.max_jerk_mps3 + ROUNDING
    assert np.abs(jerks[begin:, 1]).max() <= LIMITS.max_turn_jerk_radps3 + ROUNDING


def test_hard_braking_is_counted_and_ends_with_the_emergency() -> None:
    drive = drive_with([(0.6, 0.0)], None)
    assert drive.controller.hard_braking.count == 0
    drive.controller.set_emergency_stop(True)
    drive.run(0.1, (0.6, 0.0))
    assert drive.controller.hard_braking.is_on and drive.controller.hard_braking.count == 1
    drive.run(1.0, (0.6, 0.0))
    assert not drive.controller.hard_braking.is_on and drive.controller.hard_braking.count == 1


@pytest.mark.parametrize("clock_step_s", [0.01, 0.02, 0.025])
def test_a_simulated_clock_in_steps_does_not_become_steps_of_the_command(clock_step_s: float) -> None:
    """The clock's steps beat against the periods of the loop: sometimes none falls into one, sometimes two."""
    rng = np.random.default_rng(1)
    watch = ClockWatch(PARAMS.watchdog, PERIOD_S)
    steady_s, durations, gaps = 5.0, [], []
    for _ in range(200):
        gap_s = PERIOD_S + float(rng.uniform(-0.003, 0.003))
        steady_s += gap_s
        durations.append(watch.tick(100.0 + clock_step_s * math.floor(steady_s / clock_step_s), steady_s).duration_s)
        gaps.append(gap_s)
    assert durations[1:] == pytest.approx(gaps[1:], abs=1e-9)


def test_a_clock_at_half_the_pace_gives_half_the_time() -> None:
    watch = ClockWatch(PARAMS.watchdog, PERIOD_S)
    durations = [watch.tick(100.0 + 0.5 * PERIOD_S * tick, 5.0 + PERIOD_S * tick).duration_s for tick in range(100)]
    assert durations[50:] == pytest.approx([0.5 * PERIOD_S] * 50)


@pytest.mark.parametrize("seed", [None, 1])
def test_changing_between_speeds_keeps_acceleration_and_jerk(seed: int | None) -> None:
    commands = drive_with([(0.3, 0.0), (0.9, 0.3), (0.4, -0.6), (0.6, 0.0)], seed).commands
    accelerations, jerks = differentiate(commands)
    assert accelerations[:, 0].max() <= LIMITS.max_acceleration_mps2 + ROUNDING
    assert accelerations[:, 0].min() >= -LIMITS.max_deceleration_mps2 - ROUNDING
    assert np.abs(accelerations[:, 1]).max() <= LIMITS.max_turn_acceleration_radps2 + ROUNDING
    assert np.abs(jerks[:, 0]).max() <= LIMITS.max_jerk_mps3 + ROUNDING
    assert np.abs(jerks[:, 1]).max() <= LIMITS.max_turn_jerk_radps3 + ROUNDING


@pytest.mark.parametrize("seed", range(4))
def test_noise_of_odometry_hardly_reaches_the_commands(seed: int) -> None:
    """Poses jitter by 5 mm and 0.3 degrees, speeds by 2 cm/s, and every trajectory begins at such a pose."""
    drive = drive_with([(0.6, 0.0)], seed, each_s=5.0)
    steady = drive.commands[150:]
    accelerations, jerks = (values[150:] for values in differentiate(drive.commands))
    assert steady[:, 0].mean() == pytest.approx(0.6, abs=0.01)
    assert steady.std(axis=0)[0] < 0.02 and steady.std(axis=0)[1] < 0.06
    assert math.sqrt(np.mean(accelerations[:, 0] ** 2)) < 0.25 * LIMITS.max_acceleration_mps2
    assert math.sqrt(np.mean(jerks[:, 0] ** 2)) < 0.6 * LIMITS.max_jerk_mps3
    assert math.sqrt(np.mean(accelerations[:, 1] ** 2)) < 0.25 * LIMITS.max_turn_acceleration_radps2


def test_without_noise_the_trajectory_is_followed_to_the_millimetre() -> None:
    drive = drive_with([(0.6, 0.0)], None, each_s=4.0)
    assert abs(drive.world.y) < 1e-3 and abs(drive.world.yaw) < 1e-3
    assert drive.commands[-50:, 0] == pytest.approx(np.full(50, 0.6), abs=2e-3)


def test_a_stop_is_comfortable_and_ends_in_exact_rest() -> None:
    drive = drive_with([(0.6, 0.4)], None)
    begin = len(drive.verdicts)
    drive.run(2.5, (0.0, 0.0))
    accelerations, _ = differentiate(drive.commands)
    assert accelerations[begin:, 0].min() >= -LIMITS.max_deceleration_mps2 - ROUNDING
    assert drive.commands[begin:, 0].min() >= 0.0
    assert not drive.commands[-10:].any() and drive.stands


def test_the_same_messages_give_the_same_commands_bit_for_bit() -> None:
    first, second = (drive_with([(0.5, 0.4), (0.2, 0.0)], 7, each_s=1.5).commands for _ in range(2))
    assert np.array_equal(first, second)
