"""What ends every motion: silent sensors, a silent planner, the emergency stop, the end of the controller."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference.safety_world import World, room
from scenes.safety_drive import PARAMS, PERIOD_S, TrajectoryDrive, make_trajectory

from astro_nav.safety.controller import SafetyController
from astro_nav.types import LimitedBy

WATCHDOG, LIMITS = PARAMS.watchdog, PARAMS.robot.limits
EMERGENCY = LIMITS.emergency_deceleration_mps2
SPEEDS = [0.3, 0.6, 1.0]


def driving(speed: float) -> TrajectoryDrive:
    """A robot in a large room, at speed."""
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(16.0)))
    drive.run(speed / 0.5 + 1.0, (speed, 0.0))
    assert drive.commands[-1, 0] > 0.95 * speed
    return drive


def run_to_zero_command(drive: TrajectoryDrive, speed: float) -> float:
    """Drive on until the command is zero; returns how long that took [s]."""
    begin_s = drive.world.now
    drive.run(5.0, (speed, 0.0), lambda: not drive.verdicts[-1].twist.any())
    assert not drive.verdicts[-1].twist.any()
    return drive.world.now - begin_s


@pytest.mark.parametrize("speed", SPEEDS)
def test_scans_too_old(speed: float) -> None:
    drive = driving(speed)
    drive.sends_scans = False
    # The last scan may be as old as its period already.
    assert run_to_zero_command(drive, speed) <= WATCHDOG.scan_stop_after_s + speed / EMERGENCY + 2 * PERIOD_S
    drive.run(0.5, (speed, 0.0))
    assert drive.stands and drive.verdicts[-1].limited_by is LimitedBy.SCAN_AGE and "scan is" in drive.verdicts[-1].reason
    drive.sends_scans = True
    drive.run(1.5, (speed, 0.0))
    assert drive.commands[-1, 0] > 0.2


@pytest.mark.parametrize("speed", SPEEDS)
def test_odometry_too_old(speed: float) -> None:
    drive = driving(speed)
    drive.sends_odometry = False
    assert run_to_zero_command(drive, speed) <= WATCHDOG.odometry_stop_after_s + speed / EMERGENCY + 2 * PERIOD_S
    drive.run(0.5, (speed, 0.0))
    assert drive.stands and drive.verdicts[-1].limited_by is LimitedBy.ODOM_AGE and "odom is" in drive.verdicts[-1].reason
    drive.sends_odometry = True
    drive.run(1.5, (speed, 0.0))
    assert drive.commands[-1, 0] > 0.2


@pytest.mark.parametrize("speed", SPEEDS)
def test_trajectory_too_old(speed: float) -> None:
    drive = driving(speed)
    drive.plans = False
    # Nothing is wrong with the sensors, so it brakes comfortably; the speed has faded since trajectory_slow_after_s.
    comfortable_s = speed / LIMITS.max_deceleration_mps2 + 2 * LIMITS.max_deceleration_mps2 / LIMITS.max_jerk_mps3
    assert run_to_zero_command(drive, speed) <= WATCHDOG.trajectory_stop_after_s + comfortable_s
    assert drive.verdicts[-1].limited_by is LimitedBy.TRAJECTORY_AGE and "local planner" in drive.verdicts[-1].reason


def test_no_command_before_there_is_data_of_every_kind() -> None:
    for missing in ("sends_odometry", "sends_scans"):
        drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(8.0)))
        setattr(drive, missing, False)
        drive.run(2.0, (0.5, 0.0))
        assert not drive.commands.any()
        assert "no message yet" in drive.verdicts[-1].reason or "no odometry" in drive.verdicts[-1].reason


@pytest.mark.parametrize("speed", SPEEDS)
def test_emergency_stop_brakes_hard_at_once_until_it_is_let_go(speed: float) -> None:
    drive = driving(speed)
    drive.controller.set_emergency_stop(True)
    assert run_to_zero_command(drive, speed) <= speed / EMERGENCY + 2 * PERIOD_S
    begin = len(drive.verdicts)
    drive.run(1.0, (speed, 0.0))
    assert not drive.commands[begin:].any() and drive.stands
    assert drive.verdicts[-1].limited_by is LimitedBy.EMERGENCY_STOP and drive.verdicts[-1].reason
    drive.controller.set_emergency_stop(False)
    drive.run(1.5, (speed, 0.0))
    assert drive.commands[-1, 0] > 0.2


def test_emergency_braking_stays_on_the_curve() -> None:
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(16.0)))
    drive.run(2.0, (0.6, 0.9))
    drive.controller.set_emergency_stop(True)
    begin = len(drive.verdicts)
    drive.run(1.0, (0.6, 0.9))
    braking = drive.commands[begin - 1 :]
    moving = braking[braking[:, 0] > 0.0]
    assert len(moving) > 3
    assert moving[:, 1] / moving[:, 0] == pytest.approx(np.full(len(moving), moving[0, 1] / moving[0, 0]))
    assert np.diff(braking[:, 0]).min() >= -EMERGENCY * PERIOD_S - 1e-9


def test_every_command_is_zero_after_the_shut_down_whatever_comes() -> None:
    drive = driving(0.6)
    drive.controller.shut_down()
    begin = len(drive.verdicts)
    drive.run(0.5, (0.6, 0.0))
    drive.controller.set_emergency_stop(False)
    drive.controller.set_teleop(np.array([0.5, 0.5]), drive.world.now)
    drive.decide()
    assert not drive.commands[begin:].any()
    assert {verdict.limited_by for verdict in drive.verdicts[begin:]} == {LimitedBy.SHUTDOWN}


def test_shut_down_before_any_data_is_zero() -> None:
    controller = SafetyController(PARAMS)
    controller.shut_down()
    assert not controller.step(100.0, 5.0).twist.any()


def test_a_jump_of_odometry_voids_trajectory_and_map() -> None:
    drive = driving(0.5)
    drive.plans = False
    drive.world.x += 1.0
    drive.run(0.1, (0.5, 0.0))
    assert any("odometry jumped by 1." in refusal for refusal in drive.refusals)
    run_to_zero_command(drive, 0.5)
    # A trajectory in the old place is no good any more, one from here is.
    now_s, x = drive.world.now, drive.world.x
    assert "away from the robot" in drive.controller.set_trajectory(make_trajectory(now_s, np.array([x - 1.0, 0.0, 0.0])), now_s)
    assert drive.controller.set_trajectory(make_trajectory(now_s, np.array([x, 0.0, 0.0])), now_s) == ""


def test_data_from_the_future_is_refused_and_does_not_count_as_fresh() -> None:
    drive = driving(0.5)
    late_s = drive.world.now
    drive.world.now += 1.0
    odometry, scan = drive.world.odometry(), drive.world.scan(rays=90)
    drive.world.now = late_s
    assert "1.00 s in the future" in drive.controller.add_odometry(odometry, late_s)
    assert "1.00 s in the future" in drive.controller.add_scan(scan, np.zeros(3), late_s)
    drive.sends_odometry = False
    assert run_to_zero_command(drive, 0.5) <= WATCHDOG.odometry_stop_after_s + 0.5 / EMERGENCY + 2 * PERIOD_S
    assert math.isfinite(drive.controller.report.odometry_age_s)


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_lidar_that_repeats_its_last_scan_counts_as_silent(speed: float) -> None:
    """A frozen driver sends old ranges with new stamps."""
    drive = driving(speed)
    frozen = drive.world.scan(rays=180)
    drive.sends_scans = False
    begin_s, problems = drive.world.now, []

    def repeat() -> bool:
        if drive.period % 5 == 0:
            problems.append(drive.controller.add_scan(replace(frozen, stamp_s=drive.world.now), np.zeros(3), drive.world.now))
        return not drive.verdicts[-1].twist.any()

    drive.run(5.0, (speed, 0.0), repeat)
    assert any("has the lidar's driver frozen" in problem for problem in problems)
    seen_after_s = 0.1 + 0.1 / speed
    assert drive.world.now - begin_s <= seen_after_s + WATCHDOG.scan_stop_after_s + speed / EMERGENCY + 2 * PERIOD_S
    assert drive.verdicts[-1].limited_by in (LimitedBy.SCAN_AGE, LimitedBy.BAD_INPUT)
    drive.sends_scans = True
    drive.run(1.5, (speed, 0.0))
    assert drive.commands[-1, 0] > 0.2


def test_equal_scans_are_no_fault_while_the_robot_stands() -> None:
    drive = TrajectoryDrive(World(PARAMS.robot.footprint, room(8.0)))
    drive.run(2.0, (0.0, 0.0))
    assert not any(drive.refusals)


@pytest.mark.parametrize("speed", SPEEDS)
def test_after_kill_9_the_bases_own_time_out_ends_the_motion(speed: float) -> None:
    """Nothing here can send a last command then; this is what README.md asks of the base."""
    drive = driving(speed)
    begin_s, begin_m = drive.world.now, drive.world.x
    while not drive.stands:
        drive.world.step(PERIOD_S)
        assert drive.world.now - begin_s < 2.0
    braking_m = 0.5 * speed**2 / drive.world.max_wheel_acceleration + speed * (drive.world.lag + drive.world.delay)
    assert drive.world.x - begin_m <= speed * drive.world.base_timeout + braking_m + 0.02
