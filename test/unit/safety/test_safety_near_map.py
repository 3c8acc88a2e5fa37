"""What the near map remembers, forgets and sees moving."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from reference.safety_world import Disc, Wall, World, room

from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.moving_things import make_rest
from astro_nav.safety.near_map import NearMap
from astro_nav.safety.odometry_history import OdometryHistory
from astro_nav.safety.outline import Outline
from astro_nav.safety.view import View
from astro_nav.types import FREE, OCCUPIED, Odometry, Scan

PARAMS = load_params(SafetyControllerParams, "safety_controller")
LASER = np.zeros(3)


@pytest.fixture
def history() -> OdometryHistory:
    return OdometryHistory(PARAMS.odometry, PARAMS.robot.limits)


@pytest.fixture
def near_map() -> NearMap:
    return NearMap(PARAMS.map, PARAMS.motion, Outline(PARAMS.robot.footprint), PARAMS.reaction_s)


def has_point(near_map: NearMap, x: float, y: float, now_s: float, within_m: float = 0.06) -> bool:
    near = near_map.collect_points(now_s)
    points, is_real = near.points_odom, near.origins < 0
    return bool((np.hypot(points[is_real, 0] - x, points[is_real, 1] - y) < within_m).any())


def feed(world: World, near_map: NearMap, history: OdometryHistory, change=None) -> str:
    history.add(world.odometry())
    scan = world.scan()
    problem = near_map.add_scan(change(scan) if change else scan, LASER, "scan", history)
    world.step(0.1)
    return problem


def blind(scan: Scan, value: float = np.nan) -> Scan:
    """No answer from ahead."""
    ranges = scan.ranges_m.copy()
    ranges[150:210] = value
    return replace(scan, ranges_m=ranges)


def test_points_are_placed_where_the_lidar_was_when_each_ray_was_measured(near_map: NearMap, history: OdometryHistory) -> None:
    """The robot turns while the lidar looks round; the wall must come out straight."""
    turn_rate, count, lasts_s = 1.5, 360, 0.1
    stamps = np.arange(0.0, 0.4, 0.02)
    for stamp in stamps:
        history.add(Odometry(10.0 + stamp, np.array([0.0, 0.0, turn_rate * stamp]), np.array([0.0, turn_rate])))
    step = 2.0 * math.pi / count
    times = 0.2 + lasts_s / count * np.arange(count)
    bearings = -math.pi + step * np.arange(count) + turn_rate * times
    with np.errstate(divide="ignore"):
        ranges = np.where(np.cos(bearings) > 0.3, 0.7 / np.cos(bearings), np.inf)
    scan = Scan(10.2, "laser", -math.pi, step, lasts_s / count, 0.05, 12.0, ranges.astype(np.float32))
    assert near_map.add_scan(scan, LASER, "scan", history) == ""
    points = near_map.collect_points(10.3).points_odom
    assert len(points) > 50
    np.testing.assert_allclose(points[:, 0], 0.7, atol=2e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.01])
def test_what_gives_no_answer_any_more_is_remembered_for_a_while(
    near_map: NearMap, history: OdometryHistory, value: float
) -> None:
    world = World(PARAMS.robot.footprint, [*room(6.0), Disc(0.6, 0.0, 0.05)])
    feed(world, near_map, history)
    assert has_point(near_map, 0.55, 0.0, world.now)
    feed(world, near_map, history, lambda scan: blind(scan, value))
    assert has_point(near_map, 0.55, 0.0, world.now)
    for _ in range(11):
        feed(world, near_map, history, lambda scan: blind(scan, value))
    assert not has_point(near_map, 0.55, 0.0, world.now)


def test_what_is_seen_through_is_forgotten_at_once(near_map: NearMap, history: OdometryHistory) -> None:
    world = World(PARAMS.robot.footprint, [*room(6.0), Disc(0.6, 0.0, 0.05)])
    feed(world, near_map, history)
    world.things.pop()
    feed(world, near_map, history)
    assert not has_point(near_map, 0.55, 0.0, world.now)


def test_what_is_hidden_behind_something_is_remembered(near_map: NearMap, history: OdometryHistory) -> None:
    world = World(PARAMS.robot.footprint, [*room(6.0), Disc(0.9, 0.0, 0.05)])
    feed(world, near_map, history)
    world.things.append(Disc(0.5, 0.0, 0.1))
    feed(world, near_map, history)
    assert has_point(near_map, 0.85, 0.0, world.now)


@pytest.mark.parametrize("speed", [0.25, 0.6, 1.2])
def test_something_that_comes_is_measured_and_its_way_blocked(near_map: NearMap, history: OdometryHistory, speed: float) -> None:
    world = World(PARAMS.robot.footprint, [*room(6.0), Disc(1.2, 0.0, 0.06, vx=-speed)])
    for _ in range(5):
        feed(world, near_map, history)
    near = near_map.collect_points(world.now)
    points, is_real = near.points_odom, near.origins < 0
    places = points[~is_real]
    assert len(places) > 0
    front = 1.2 - speed * 0.4 - 0.06
    reach = front - places[:, 0].min()
    assert reach == pytest.approx(speed * (PARAMS.motion.horizon_s + 0.1), rel=0.35)


def test_nothing_moves_in_a_room_through_which_the_robot_drives(near_map: NearMap, history: OdometryHistory) -> None:
    legs = [Disc(x, y, 0.015) for x in (0.5, 0.9, 1.3) for y in (-0.4, 0.35)]
    world = World(PARAMS.robot.footprint, [*room(5.0), *legs])
    world.send(0.5, 0.4)
    rng = np.random.default_rng(4)
    moving = 0
    for period in range(100):
        world.send(0.5, 0.4)
        history.add(world.odometry(rng, 0.001, 0.001, 0.01))
        if period % 5 == 0:
            near_map.add_scan(world.scan(rng, 0.008), LASER, "scan", history)
            origins = near_map.collect_points(world.now).origins
            is_real = origins < 0
            moving += int((~is_real).any())
        world.step(0.02)
    assert moving <= 2


def test_nothing_moves_where_wheels_slip_and_odometry_turns(near_map: NearMap, history: OdometryHistory) -> None:
    """Degrees within a moment, as on an uneven floor: edges and walls seen at flat angles shift by more than a leg's step."""
    legs = [Disc(x, y, 0.02) for x in (0.5, 1.3) for y in (-0.5, 0.45)]
    thick = [Wall(0.4, 2.5, 0.4, 0.6), Wall(0.4, 0.6, 0.5, 0.6), Wall(0.5, 0.6, 0.5, 2.5)]
    world = World(PARAMS.robot.footprint, [*room(5.0), Wall(0.9, -0.3, 2.5, -0.3), *thick, *legs])
    rng = np.random.default_rng(5)
    slipped, moving = 0.0, 0
    for period in range(100):
        world.send(0.4, 0.3)
        slipped += 0.005 * rng.standard_normal()
        odometry = world.odometry()
        history.add(replace(odometry, pose_odom_base=odometry.pose_odom_base + np.array([0.0, 0.0, slipped])))
        if period % 5 == 0:
            near_map.add_scan(world.scan(rng, 0.008), LASER, "scan", history)
            moving += int((near_map.collect_points(world.now).origins >= 0).any())
        world.step(0.02)
    assert moving == 0


@pytest.mark.parametrize("turn_rate", [1.0, -1.0])
def test_a_place_beside_the_seam_of_a_turning_scan_is_found_in_its_ray(history: OdometryHistory, turn_rate: float) -> None:
    """The scan ends where it begins, but a tenth of a second later: the robot has turned by several rays meanwhile."""
    for stamp in np.arange(0.0, 0.4, 0.02):
        history.add(Odometry(10.0 + stamp, np.array([0.0, 0.0, turn_rate * stamp]), np.array([0.0, turn_rate])))
    step = 2.0 * math.pi / 360
    stamps = 10.1 + 0.1 / 360 * np.arange(360)
    scan = Scan(10.1, "laser", -math.pi, step, 0.1 / 360, 0.08, 12.0, np.full(360, 2.0, dtype=np.float32))
    view = View(scan, LASER, np.zeros(3), np.empty((0, 2)), np.full(360, 2.0), 0, make_rest(0, PARAMS.motion))
    yaws = turn_rate * (stamps - 10.0) - math.pi + step * np.arange(360)
    angles = np.concatenate([yaws[[100, 180]], yaws[0] + step * np.arange(-7.0, 7.0, 0.25), yaws[-1] + step * np.arange(-7.0, 7.0, 0.25)])
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found, distances = view._find_rays(places, history)
    assert distances == pytest.approx(1.0)
    # Beside the seam both ends of the scan may have passed the place, or neither.
    assert found[:2].tolist() == [100, 180]
    for ray, place in zip(found, places):
        if ray >= 0:
            off = math.remainder(math.atan2(place[1], place[0]) - yaws[ray], 2.0 * math.pi)
            assert abs(off) <= 0.6 * step


def test_rays_that_hit_the_robot_itself_are_dropped_and_counted(near_map: NearMap, history: OdometryHistory) -> None:
    world = World(PARAMS.robot.footprint, room(3.0))

    def hit_own_mast(scan: Scan) -> Scan:
        ranges = scan.ranges_m.copy()
        ranges[100:104] = 0.09
        return replace(scan, ranges_m=ranges)

    feed(world, near_map, history, hit_own_mast)
    assert near_map.count_self_hits() == {"scan": 4}
    points = near_map.collect_points(world.now).points_odom
    assert np.hypot(points[:, 0], points[:, 1]).min() > 0.2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda scan: replace(scan, ranges_m=scan.ranges_m[:0]), "no rays"),
        (lambda scan: replace(scan, ranges_m=np.full(360, np.nan, dtype=np.float32)), "0 of the scan's 360 rays"),
        (lambda scan: replace(scan, angle_increment_rad=0.1), "more than one turn"),
        (lambda scan: replace(scan, angle_increment_rad=0.0), "more than one turn"),
        (lambda scan: replace(scan, range_max_m=0.01), "range_max"),
        (lambda scan: replace(scan, stamp_s=math.nan), "NaN"),
        (lambda scan: replace(scan, stamp_s=scan.stamp_s + 5.0), "no odometry around it"),
        (lambda scan: replace(scan, stamp_s=scan.stamp_s - 5.0), "from before the odometry"),
        (lambda scan: replace(scan, time_increment_s=0.1), "lasts"),
    ],
)
def test_bad_scans_are_refused_with_a_sentence(near_map: NearMap, history: OdometryHistory, change, words: str) -> None:
    world = World(PARAMS.robot.footprint, room(3.0))
    assert words in feed(world, near_map, history, change)


def test_a_scan_that_goes_back_in_time_is_refused(near_map: NearMap, history: OdometryHistory) -> None:
    world = World(PARAMS.robot.footprint, room(3.0))
    feed(world, near_map, history)
    assert "not newer" in feed(world, near_map, history, lambda scan: replace(scan, stamp_s=scan.stamp_s - 0.2))


def test_the_picture_has_occupied_and_free_cells_in_odom(near_map: NearMap, history: OdometryHistory) -> None:
    world = World(PARAMS.robot.footprint, [*room(6.0), Disc(0.6, 0.0, 0.05)])
    feed(world, near_map, history)
    grid = near_map.make_grid(history.pose_odom_base, world.now)

    def read(x: float, y: float) -> int:
        column, row = np.floor((np.array([x, y]) - grid.origin_odom) / grid.resolution_m).astype(int)
        return int(grid.occupancy[row, column])

    assert grid.occupancy.shape == (100, 100)
    assert read(0.555, 0.0) == OCCUPIED
    assert read(0.4, 0.0) == FREE


class Legs:
    """A person who walks along y: one leg stands while the other swings at twice the body's speed, as in the simulator."""

    def __init__(self, x: float, y: float, speed: float, step_m: float = 0.6, spread_m: float = 0.16) -> None:
        self.discs = [Disc(x - 0.5 * spread_m, y, 0.06), Disc(x + 0.5 * spread_m, y, 0.06)]
        self._y, self._speed, self._step_m, self._walked_m = y, speed, step_m, 0.0

    def walk(self, duration_s: float) -> None:
        self._walked_m += abs(self._speed) * duration_s
        for disc, shift in zip(self.discs, (0.0, 1.0)):
            phase = (self._walked_m / self._step_m + shift) % 2.0
            forward = self._step_m * (0.5 - phase if phase < 1.0 else phase - 1.5)
            disc.y = self._y + np.copysign(self._walked_m + forward, self._speed)


@pytest.mark.parametrize("speed", [-0.6, -1.0])
def test_a_walking_person_goes_on_while_a_leg_stands(near_map: NearMap, history: OdometryHistory, speed: float) -> None:
    """Where they will be lies ahead of them in every scan, not only while a leg swings."""
    legs = Legs(0.8, 1.2, speed)
    world = World(PARAMS.robot.footprint, [*room(6.0), *legs.discs])
    reaches = []
    for count in range(12):
        feed(world, near_map, history)
        legs.walk(0.1)
        near = near_map.collect_points(world.now)
        coming = near.points_odom[near.origins >= 0]
        if count >= 5:
            front = min(disc.y for disc in legs.discs)
            reaches.append(front - coming[:, 1].min() if len(coming) else 0.0)
    assert min(reaches) > 0.0
    assert np.mean(reaches) > 0.5 * abs(speed) * PARAMS.motion.horizon_s


def test_who_has_just_walked_may_take_a_step_and_what_was_put_down_may_not(near_map: NearMap, history: OdometryHistory) -> None:
    legs = Legs(0.8, 1.0, -0.8)
    world = World(PARAMS.robot.footprint, [*room(6.0), *legs.discs])
    for _ in range(8):
        feed(world, near_map, history)
        legs.walk(0.1)
    world.things.append(Disc(0.6, -0.6, 0.1))  # nobody's leg
    for _ in range(4):
        feed(world, near_map, history)  # they stand now
    near = near_map.collect_points(world.now)
    may_step = np.isfinite(near.unseen_s) & (near.origins < 0)
    is_person = np.min([np.hypot(near.points_odom[:, 0] - d.x, near.points_odom[:, 1] - d.y) for d in legs.discs], axis=0) < 0.1
    assert may_step[is_person & (near.origins < 0)].any()
    assert not may_step[np.hypot(near.points_odom[:, 0] - 0.6, near.points_odom[:, 1] + 0.6) < 0.15].any()
    for _ in range(round(PARAMS.motion.restless_s / 0.1) + 2):
        feed(world, near_map, history)
    assert np.isnan(near_map.collect_points(world.now).unseen_s).all()
