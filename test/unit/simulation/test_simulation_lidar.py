"""The lidar: every ray from where the lidar was at that moment; noise, losses and latency as configured."""

import math

import numpy as np
import pytest
from reference import shape_queries as oracle
from scenes.simulated import drive, make_params, make_room, make_simulator

from astro_nav.geometry import se2
from astro_nav.simulation.events import ScanEvent
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door, PersonScript, WalkScript, Waypoint


def list_scans(events):
    return [event.scan for event in events if isinstance(event, ScanEvent)]


def make_cluttered_room():
    pole = Solid("pole", "object", (1.5, 0.7), radius_m=0.03)
    box = Solid("box", "object", (-1.0, 1.5), yaw_rad=0.4, size_m=(0.5, 0.3))
    return (*make_room(), pole, box)


def cast_from(simulator, pose_map_base, bearing_rad, solids):
    """The oracle's range of one ray from the lidar of a robot at a pose."""
    pose = se2.compose(pose_map_base, simulator.pose_base_laser)
    angle = pose[2] + bearing_rad
    rectangles = [s.compute_rectangle() for s in solids if not s.is_cylinder]
    discs = [s.compute_disc() for s in solids if s.is_cylinder]
    limit = simulator.params.lidar.range_max_m
    return oracle.cast_ray(pose[:2], (math.cos(angle), math.sin(angle)), limit, rectangles, discs)


def test_a_resting_lidar_sees_what_an_independent_ray_caster_sees():
    solids = make_cluttered_room()
    simulator = make_simulator(*solids, start_pose_map=np.array([0.3, -0.4, 0.7]))
    simulator.step(1.0)  # the suspension settles
    scan = list_scans(simulator.step(0.2))[-1]
    pose = simulator.truth().pose_map_base
    bearings = scan.angle_min_rad + scan.angle_increment_rad * np.arange(len(scan.ranges_m))
    expected = [cast_from(simulator, pose, bearing, solids) for bearing in bearings]
    # A ray that grazes an edge may fall on either side of it when the robot sways by a micrometre.
    close = np.isclose(scan.ranges_m, expected, atol=2e-3)
    assert close.mean() > 0.98
    assert len(scan.ranges_m) == 360
    assert scan.duration_s == pytest.approx(0.1 * 359 / 360)


@pytest.mark.parametrize("twist", [(0.8, 0.0), (0.0, 2.0), (0.5, 1.5)])
def test_a_moving_lidar_looks_from_where_it_is_at_each_ray(twist):
    solids = make_cluttered_room()
    simulator = make_simulator(*solids, start_pose_map=np.array([-1.5, -1.0, 0.0]))
    times_s, poses, scans = [], [], []
    for _ in range(300):
        simulator.set_command(np.array(twist))
        scans += list_scans(simulator.step(0.005))
        times_s.append(simulator.time_s)
        poses.append(simulator.truth().pose_map_base)
    poses = np.array(poses)
    poses[:, 2] = np.unwrap(poses[:, 2])
    scan = [s for s in scans if s.stamp_s > 0.5][0]
    assert scan.ranges_m.min() > 0.3
    close = 0
    for ray, measured in enumerate(scan.ranges_m):
        moment = scan.stamp_s + ray * scan.time_increment_s
        pose = np.array([np.interp(moment, times_s, poses[:, column]) for column in range(3)])
        bearing = scan.angle_min_rad + ray * scan.angle_increment_rad
        close += abs(cast_from(simulator, pose, bearing, solids) - measured) < 3e-3
    assert close > 0.97 * len(scan.ranges_m)
    # Without deskewing the same scan is wrong: the effect is really there.
    late = np.array([np.interp(scan.stamp_s + 0.1, times_s, poses[:, column]) for column in range(3)])
    first = cast_from(simulator, late, scan.angle_min_rad, solids)
    assert abs(first - scan.ranges_m[0]) > 5e-3


def test_legs_doors_and_glass():
    person = PersonScript("Anna", WalkScript((Waypoint((2.0, 0.0)),)))
    door = Door("door", (0.0, 2.0), 1.0, 0.0, starts_open=False)
    pane = Solid("pane", "object", (-2.0, 0.0), yaw_rad=0.5 * math.pi, size_m=(2.0, 0.02), glass=True)
    shelf = Solid("high shelf", "object", (0.0, -2.0), size_m=(2.0, 0.3), bottom_m=1.2, top_m=1.5)
    simulator = make_simulator(*make_room(), pane, shelf, people=(person,), doors=(door,))
    scan = list_scans(simulator.step(0.3))[-1]
    x, y, _ = simulator.pose_base_laser

    def read(bearing_rad):
        return float(scan.ranges_m[round((bearing_rad - scan.angle_min_rad) / scan.angle_increment_rad) % 360])

    bearing_of_leg = math.atan2(0.5 * simulator.params.people.leg_spread_m, 2.0 - x)
    assert read(bearing_of_leg) == pytest.approx(math.hypot(2.0 - x, 0.1) - 0.06, abs=0.02)
    assert read(0.0) == pytest.approx(3.95 - x, abs=0.02)  # between the legs
    assert read(math.atan2(2.0, 0.5 - x)) == pytest.approx(math.hypot(2.0 - 0.02, 0.5 - x), abs=0.05)  # the closed door
    assert read(math.pi) == pytest.approx(3.95 + x, abs=0.02)  # through the glass
    assert read(-0.5 * math.pi) == pytest.approx(3.95 + y, abs=0.02)  # below the shelf


def test_noise_and_losses_are_as_configured():
    params = make_params(lidar__noise_stddev_m=0.02, lidar__noise_stddev_relative=0.0, lidar__dropout_probability=0.03)
    simulator = make_simulator(*make_room(), params=params)
    scans = np.array([scan.ranges_m for scan in list_scans(simulator.step(60.0))])
    lost = np.isnan(scans)
    assert lost.mean() == pytest.approx(0.03, abs=0.003)
    spread = np.nanstd(scans, axis=0)
    assert np.mean(spread) == pytest.approx(0.02, rel=0.05)
    assert scans.dtype == np.float32


def test_what_is_too_near_or_too_far_is_no_measurement():
    near = Solid("near", "object", (0.2, 0.0), size_m=(0.02, 1.0))
    params = make_params(clean=True, lidar__range_min_m=0.3, lidar__range_max_m=3.0)
    simulator = make_simulator(*make_room(), near, params=params)
    scan = list_scans(simulator.step(0.2))[-1]
    assert np.isnan(scan.ranges_m[180])
    assert scan.ranges_m[0] == np.inf


def test_scans_arrive_late_and_some_never():
    params = make_params(lidar__latency_s=0.05, lidar__latency_jitter_s=0.02, lidar__scan_loss_probability=0.2)
    simulator = make_simulator(*make_room(), params=params)
    events = [event for event in simulator.step(60.0) if isinstance(event, ScanEvent)]
    delays = np.array([event.arrives_s - (event.scan.stamp_s + event.scan.duration_s) for event in events])
    assert delays.min() >= 0.05 - 1e-9 and delays.max() <= 0.07 + 1e-9
    assert delays.std() > 0.003
    assert len(events) == pytest.approx(600 * 0.8, abs=45)


def test_the_lidar_does_not_see_its_own_robot():
    simulator = make_simulator()
    scans = list_scans(drive(simulator, (0.3, 0.5), 1.0))
    assert len(scans) >= 9
    assert all(np.isinf(scan.ranges_m).all() for scan in scans)
