"""Trajectories that lead into a wall or past one: the robot stops before the one and is not held up by the other."""

from __future__ import annotations

import numpy as np
import pytest
from reference.safety_world import Wall, World, room
from scenes.safety_drive import PARAMS, PERIOD_S, TrajectoryDrive

from astro_nav.types import LimitedBy

FOOTPRINT = PARAMS.robot.footprint
FRONT_M, SIDE_M = float(FOOTPRINT[:, 0].max()), float(FOOTPRINT[:, 1].max())


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("speed", [0.15, 0.4, 0.7, 1.0])
def test_stops_before_a_wall(speed: float, seed: int | None) -> None:
    wall_x = FRONT_M + 1.2 * speed**2 + 0.5
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), Wall(wall_x, -1.5, wall_x, 1.5)]), seed=seed)
    drive.run(8.0, (speed, 0.0))
    assert drive.commands[:, 0].max() > 0.9 * speed
    assert drive.world.least_clearance > 0.0
    assert drive.stands and drive.world.measure_clearance() < 0.1
    assert not drive.commands[-25:].any(), "it trembles before the wall"
    verdict = drive.verdicts[-1]
    assert verdict.limited_by is LimitedBy.OBSTACLE and "ahead" in verdict.reason
    if seed is None:
        assert verdict.scale == 0.0 and verdict.allowed_speed_mps == 0.0
    assert verdict.contact_point_odom[0] == pytest.approx(wall_x, abs=0.05)
    slowing = np.diff(drive.commands[:, 0]) / PERIOD_S
    # Within the last centimetres noise of lidar and odometry may ask for a full stop from a crawl.
    slowing = slowing[drive.commands[:-1, 0] > 0.1]
    assert slowing.min() > -1.5 * PARAMS.robot.limits.max_deceleration_mps2, "a wall that was seen in time needs no emergency"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("speed", [0.4, 1.0])
def test_rough_odometry_does_not_lead_into_the_wall(speed: float, seed: int) -> None:
    """Poses jitter by 5 mm and 0.3 degrees, speeds by 2 cm/s."""
    wall_x = FRONT_M + 1.2 * speed**2 + 0.5
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), Wall(wall_x, -1.5, wall_x, 1.5)]), seed=seed, odometry_noise=0.005)
    drive.run(8.0, (speed, 0.0))
    assert 0.0 < drive.world.least_clearance < 0.1
    assert np.diff(drive.commands[:, 0]).min() >= -PARAMS.robot.limits.emergency_deceleration_mps2 * PERIOD_S - 1e-9


@pytest.mark.parametrize(("speed", "seed"), [(0.4, 2), (1.0, 0)])
def test_noise_of_odometry_does_not_make_it_creep_on_before_a_wall(speed: float, seed: int) -> None:
    wall_x = FRONT_M + 1.2 * speed**2 + 0.5
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), Wall(wall_x, -1.5, wall_x, 1.5)]), seed=seed, odometry_noise=0.005)
    drive.run(14.0, (speed, 0.0))
    stopped = int(np.flatnonzero((drive.commands == 0.0).all(axis=1) & (np.arange(len(drive.commands)) > 100))[0])
    assert stopped < 200
    assert not drive.commands[stopped:].any()


def test_what_is_said_to_be_allowed_is_zero_while_an_obstacle_keeps_the_command_at_zero() -> None:
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), Wall(0.9, -1.5, 0.9, 1.5)]), seed=1, odometry_noise=0.005)
    drive.run(8.0, (0.4, 0.0))
    standing = [verdict for verdict in drive.verdicts[150:] if not verdict.twist.any()]
    assert len(standing) > 100
    assert {(verdict.scale, verdict.allowed_speed_mps) for verdict in standing} == {(0.0, 0.0)}


@pytest.mark.parametrize("speed", [0.15, 0.4, 0.7])
def test_stops_before_a_wall_on_a_curve(speed: float) -> None:
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), Wall(-2.0, 1.0, 3.0, 1.0)]))
    drive.run(13.0, (speed, 0.8 * speed))
    assert drive.world.least_clearance > 0.0
    assert drive.stands and drive.world.measure_clearance() < 0.1
    assert drive.verdicts[-1].limited_by is LimitedBy.OBSTACLE


@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("speed", [0.3, 0.6, 1.0])
def test_passes_beside_a_wall_with_five_centimetres_to_spare(speed: float, side: float) -> None:
    wall_y = side * (SIDE_M + 0.05)
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(16.0), Wall(-1.0, wall_y, 7.0, wall_y)]))
    drive.run(2.5, (speed, 0.0))
    begin_m = drive.world.x
    drive.run(2.0, (speed, 0.0))
    assert drive.world.x - begin_m > 0.9 * speed * 2.0
    assert 0.03 < drive.world.least_clearance < 0.06


def test_a_gap_narrower_than_the_robot_is_not_entered() -> None:
    walls = [Wall(1.2, SIDE_M - 0.02, 1.2, 4.0), Wall(1.2, -SIDE_M + 0.02, 1.2, -4.0)]
    drive = TrajectoryDrive(World(FOOTPRINT, [*room(10.0), *walls]))
    drive.run(6.0, (0.5, 0.0))
    assert drive.world.least_clearance > 0.0 and drive.stands
    assert drive.world.x + FRONT_M < 1.2
