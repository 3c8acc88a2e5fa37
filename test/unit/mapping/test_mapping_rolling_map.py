"""The rolling map: it moves without smearing, remembers, forgets, and keeps thin things and moving ones apart."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.mapping.pose_history import PoseHistory
from astro_nav.mapping.rolling_map import RollingMap
from astro_nav.mapping.scan_points import project_scan
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, Odometry, Scan

PARAMS = load_params(LocalPlannerParams, "local_planner").map


def make_scan(ranges, stamp_s=0.0, time_increment_s=0.0):
    count = len(ranges)
    return Scan(stamp_s, "laser", -np.pi, 2.0 * np.pi / count, time_increment_s, 0.05, 12.0, np.array(ranges, np.float32))


def see(rolling_map, pose, circles, stamp_s, moving=None, rays=360, reach_m=12.0):
    """Let a lidar at `pose` see circles (x, y, radius)."""
    bearings = pose[2] - np.pi + 2.0 * np.pi / rays * np.arange(rays)
    ranges = np.full(rays, np.inf)
    for x, y, radius in circles:
        along = (x - pose[0]) * np.cos(bearings) + (y - pose[1]) * np.sin(bearings)
        square = radius**2 - ((x - pose[0]) ** 2 + (y - pose[1]) ** 2 - along**2)
        near = along - np.sqrt(np.maximum(square, 0.0))
        ranges = np.where((square > 0) & (near > 0) & (near < ranges) & (near < reach_m), near, ranges)
    points = project_scan(make_scan(ranges, stamp_s), np.array(pose), np.array(pose), PARAMS.free_range_m)
    rolling_map.move_to(np.array(pose[:2]))
    rolling_map.add_scan(points, np.zeros(rays, bool) if moving is None else points.hit & moving)
    return points


def find_state(rolling_map, x, y):
    grid = rolling_map.make_grid()
    column, row = np.floor((np.array([x, y]) - grid.origin_odom) / grid.resolution_m).astype(int)
    return grid.occupancy[row, column], grid.distance_m[row, column]


def test_what_is_seen_is_occupied_what_is_seen_through_is_free_and_behind_it_is_unknown():
    rolling_map = RollingMap(PARAMS)
    see(rolling_map, (0.0, 0.0, 0.0), [(1.5, 0.0, 0.2)], 0.0)
    assert find_state(rolling_map, 1.31, 0.0)[0] == OCCUPIED
    assert find_state(rolling_map, 0.8, 0.0)[0] == FREE
    assert find_state(rolling_map, 1.9, 0.0)[0] == UNKNOWN


def test_distance_is_to_the_measured_surface_and_not_to_a_cell():
    rolling_map = RollingMap(PARAMS)
    for surface_x in (1.303, 1.318, 1.333):
        rolling_map.clear()
        see(rolling_map, (0.0, 0.0, 0.0), [(surface_x + 0.5, 0.0, 0.5)], 0.0)
        grid = rolling_map.make_grid()
        column, row = np.floor((np.array([0.9, 0.0]) - grid.origin_odom) / grid.resolution_m).astype(int)
        middle = grid.origin_odom + (np.array([column, row]) + 0.5) * grid.resolution_m
        want = np.hypot(*(middle - (surface_x + 0.5, 0.0))) - 0.5
        assert grid.distance_m[row, column] == pytest.approx(want, abs=0.004)


def test_the_window_moves_with_the_robot_and_nothing_smears():
    rolling_map = RollingMap(PARAMS)
    for step in range(30):
        see(rolling_map, (0.037 * step, 0.021 * step, 0.1 * step), [(1.5, 0.6, 0.1)], 0.1 * step)
    grid = rolling_map.make_grid()
    rows, columns = np.nonzero(grid.occupancy == OCCUPIED)
    points = grid.origin_odom + (np.stack([columns, rows], axis=1) + 0.5) * grid.resolution_m
    assert len(points) > 0
    assert np.hypot(*(points - (1.5, 0.6)).T).max() < 0.1 + 0.06


def test_a_thin_leg_two_metres_away_is_not_lost():
    rolling_map = RollingMap(PARAMS)
    rng = np.random.default_rng(0)
    for step in range(50):  # turning a little, so that rays hit it now and then and graze it often
        see(rolling_map, (0.0, 0.0, rng.uniform(-0.02, 0.02)), [(2.0, 0.31, 0.015)], 0.1 * step)
        if step > 5:
            grid = rolling_map.make_grid()
            rows, columns = np.nonzero(grid.occupancy == OCCUPIED)
            points = grid.origin_odom + (np.stack([columns, rows], axis=1) + 0.5) * grid.resolution_m
            assert len(points) and np.hypot(*(points - (2.0, 0.31)).T).min() < 0.06


def test_what_has_gone_is_cleared_within_a_second():
    rolling_map = RollingMap(PARAMS)
    for step in range(10):
        see(rolling_map, (0.0, 0.0, 0.0), [(1.5, 0.0, 0.2)], 0.1 * step)
    assert find_state(rolling_map, 1.31, 0.0)[0] == OCCUPIED
    for step in range(10, 20):
        see(rolling_map, (0.0, 0.0, 0.0), [], 0.1 * step)
    assert find_state(rolling_map, 1.31, 0.0)[0] == FREE


def test_moving_things_leave_no_mark():
    rolling_map = RollingMap(PARAMS)
    see(rolling_map, (0.0, 0.0, 0.0), [(1.5, 0.0, 0.2)], 0.0, moving=np.ones(360, bool))
    assert (rolling_map.make_grid().occupancy != OCCUPIED).all()


def test_what_is_out_of_sight_is_remembered_for_a_while():
    rolling_map = RollingMap(PARAMS)
    for step in range(5):
        see(rolling_map, (0.0, 0.0, 0.0), [(1.5, 0.0, 0.2)], 0.1 * step)
    wall = [(0.7, 0.0, 0.3)]  # hides it
    for step in range(5, 100):
        see(rolling_map, (0.0, 0.0, 0.0), wall, 0.1 * step)
    assert find_state(rolling_map, 1.31, 0.0)[0] == OCCUPIED
    see(rolling_map, (0.0, 0.0, 0.0), wall, 10.0 + 5.0 * PARAMS.memory_s)
    assert find_state(rolling_map, 1.31, 0.0)[0] != OCCUPIED


def test_every_ray_starts_where_the_lidar_was():
    scan = make_scan(np.ones(4), time_increment_s=0.1)
    points = project_scan(scan, np.array([0.0, 0.0, 0.0]), np.array([0.3, 0.0, 0.0]), 6.0)
    np.testing.assert_allclose(points.origins_odom[:, 0], [0.0, 0.1, 0.2, 0.3])
    np.testing.assert_allclose(points.points_odom, [[-1, 0], [0.1, -1], [1.2, 0], [0.3, 1]], atol=1e-9)


def test_rays_without_a_measurement_say_what_they_can():
    scan = make_scan([np.nan, np.inf, 0.01, 20.0])
    points = project_scan(scan, np.zeros(3), np.zeros(3), 6.0)
    assert not points.hit.any()
    np.testing.assert_allclose(points.ranges_m, [0.0, 6.0, 0.0, 6.0])


def test_history_interpolates_extrapolates_a_little_and_no_more():
    history = PoseHistory(keep_s=1.0, max_extrapolation_s=0.2)
    assert history.look_up(0.0) is None
    history.add(Odometry(1.0, np.array([0.0, 0.0, 3.1]), np.array([1.0, 0.0])))
    history.add(Odometry(1.1, np.array([0.1, 0.0, -3.1]), np.array([1.0, 0.0])))
    np.testing.assert_allclose(history.look_up(1.05)[:2], [0.05, 0.0])
    assert abs(history.look_up(1.05)[2]) == pytest.approx(np.pi, abs=1e-6)
    np.testing.assert_allclose(history.look_up(1.2)[0], 0.1 + 0.1 * np.cos(-3.1), atol=1e-6)
    assert history.look_up(1.4) is None and history.look_up(0.9) is None
