"""The safety controller against an independent kinematic world: it never drives into anything that it can see."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference.safety_world import Disc, Wall, World, room

from astro_nav.params.files import load_params
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.safety.controller import SafetyController
from astro_nav.types import Verdict

PARAMS = load_params(SafetyControllerParams, "safety_controller")
PERIOD_S = 0.02
LASER = np.zeros(3)
TRIANGLE = "[[0.3, 0.0], [-0.15, 0.2], [-0.15, -0.2]]"


class Drive:
    """Controller and world in closed loop, with the delays of a robot."""

    def __init__(self, world: World, params: SafetyControllerParams = PARAMS, seed: int = 0, noise_m: float = 0.008) -> None:
        self.world, self.controller = world, SafetyController(params)
        self.rng, self.noise_m = np.random.default_rng(seed), noise_m
        self.period = 0
        self.arriving: list = []
        self.verdicts: list[Verdict] = []
        self.sensing = True

    def run(self, duration_s: float, twist: tuple[float, float] | None, until=None) -> None:
        """Drive by joystick; `until` ends early."""
        for _ in range(round(duration_s / PERIOD_S)):
            self.sense()
            if twist is not None:
                self.controller.set_teleop(np.array(twist), self.world.now)
            self.decide()
            if until is not None and until(self):
                return

    def sense(self) -> None:
        world, now = self.world, self.world.now
        if self.sensing:
            self.arriving.append((now + 0.01, "odometry", world.odometry(self.rng, 0.001, 0.001, 0.01)))
            if self.period % 5 == 0:
                self.arriving.append((now + 0.02, "scan", world.scan(self.rng, self.noise_m, rays=180)))
        self.period += 1
        for entry in [entry for entry in self.arriving if entry[0] <= now + 1e-9]:
            self.arriving.remove(entry)
            if entry[1] == "odometry":
                self.controller.add_odometry(entry[2], now)
            else:
                self.controller.add_scan(entry[2], LASER, now)

    def decide(self) -> None:
        verdict = self.controller.step(self.world.now, self.world.now)
        self.verdicts.append(verdict)
        self.world.send(*verdict.twist)
        self.world.step(PERIOD_S)

    @property
    def stands(self) -> bool:
        return abs(self.world.v) < 2e-3 and abs(self.world.w) < 5e-3


@pytest.mark.parametrize("seed", range(16))
def test_any_joystick_among_any_things_never_touches(seed: int) -> None:
    rng = np.random.default_rng(seed)
    footprint = PARAMS.robot.footprint if seed % 4 else np.array([[0.3, 0.0], [-0.15, 0.2], [-0.15, -0.2]])
    params = (
        PARAMS if seed % 4 else load_params(SafetyControllerParams, "safety_controller", changes={"robot.footprint_m": TRIANGLE})
    )
    things = room(5.0)
    for _ in range(14):
        x, y = rng.uniform(-2.2, 2.2, 2)
        if math.hypot(x, y) > 0.6:
            things.append(Disc(x, y, float(rng.choice([0.015, 0.04, 0.2]))))
    drive = Drive(World(footprint, things, yaw=rng.uniform(-3.0, 3.0)), params, seed)
    for _ in range(7):
        drive.run(1.0, (rng.uniform(-0.4, 1.3), rng.uniform(-2.5, 2.5)))
    assert drive.world.least_clearance > 0.0
    assert max(abs(verdict.twist[0]) for verdict in drive.verdicts) > 0.05


@pytest.mark.parametrize("speed", [0.3, 0.6, 1.0])
def test_stands_in_front_of_a_wall_and_says_why(speed: float) -> None:
    drive = Drive(World(PARAMS.robot.footprint, [*room(8.0), Wall(1.5, -1.0, 1.5, 1.0)]))
    drive.run(6.0, (speed, 0.0))
    assert 0.0 < drive.world.measure_clearance() < 0.1
    assert drive.stands
    assert all(not verdict.twist.any() for verdict in drive.verdicts[-25:]), "noise makes it tremble"
    assert "ahead" in drive.verdicts[-1].reason and "m from the outline" in drive.verdicts[-1].reason
    braking = np.diff([verdict.twist[0] for verdict in drive.verdicts]) / PERIOD_S
    assert braking.min() > -1.5 * PARAMS.robot.limits.max_deceleration_mps2, "a wall that was seen in time needs no emergency"


def test_backs_away_and_turns_from_what_it_stands_before() -> None:
    drive = Drive(World(PARAMS.robot.footprint, [*room(8.0), Wall(1.0, -1.0, 1.0, 1.0)]))
    drive.run(4.0, (0.5, 0.0))
    near = drive.world.measure_clearance()
    drive.run(3.0, (-0.2, 0.0))
    assert drive.world.measure_clearance() > near + 0.15
    heading = drive.world.yaw
    drive.run(2.0, (0.0, 1.0))
    assert drive.world.yaw > heading + 1.0
    assert drive.world.least_clearance > 0.0


def test_passes_with_five_centimetres_on_each_side_without_slowing() -> None:
    walls = [Wall(-1.0, 0.175, 5.0, 0.175), Wall(-1.0, -0.175, 5.0, -0.175)]
    drive = Drive(World(PARAMS.robot.footprint, [*room(12.0), *walls]))
    drive.run(5.0, (0.8, 0.0))
    speeds = np.array([verdict.twist[0] for verdict in drive.verdicts[100:]])
    assert speeds.mean() > 0.97 * 0.8


@pytest.mark.parametrize("seed", range(12))
def test_what_appears_ahead_with_room_to_stop_is_not_touched(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drive = Drive(World(PARAMS.robot.footprint, room(12.0)), seed=seed)
    speed, approach = float(rng.uniform(0.3, 1.0)), float(rng.choice([0.0, 0.5, 1.0]))
    drive.run(1.9 + rng.uniform(0.0, 0.1), (speed, 0.0))
    # A scan, its way, one period, the wheels' delay; then braking. Meanwhile the thing comes on.
    reaction_s = 0.1 + 0.02 + 0.02 + 0.06
    deceleration = PARAMS.robot.limits.emergency_deceleration_mps2
    room_m = speed * reaction_s + 0.5 * speed**2 / deceleration + approach * (reaction_s + speed / deceleration) + 0.03
    radius = 0.05
    thing = Disc(drive.world.x + 0.21 + room_m + radius, float(rng.uniform(-0.1, 0.1)), radius, vx=-approach)
    drive.world.things.append(thing)

    def has_stopped(running: Drive) -> bool:
        if running.stands:
            thing.until_s = min(thing.until_s, running.world.now)
        return False

    drive.run(2.5, (speed, 0.0), has_stopped)
    assert drive.world.contact_speed < 0.02, "whoever still moves when it is reached would have touched"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("distance_m", [0.27, 0.32, 0.36])
def test_what_appears_without_room_to_stop_is_hit_no_faster_than_emergency_braking_leaves(distance_m: float, seed: int) -> None:
    """From the reaction on the robot brakes as hard as robot.yaml says that it can."""
    drive = Drive(World(PARAMS.robot.footprint, room(12.0)), seed=seed)
    drive.run(2.0 + 0.03 * seed, (1.0, 0.0))
    speed = drive.world.v
    drive.world.things.append(Disc(drive.world.x + 0.21 + distance_m + 0.05, 0.0, 0.05))
    drive.run(1.5, (1.0, 0.0))
    reaction_s = 0.1 + 0.02 + 0.02 + 0.06
    braking_m = distance_m - speed * reaction_s
    left = math.sqrt(max(speed**2 - 2.0 * PARAMS.robot.limits.emergency_deceleration_mps2 * braking_m, 0.0))
    assert drive.world.contact_speed <= left + 0.03
    # From three quarters of the braking distance on that is less than half.
    if braking_m > 0.375 * speed**2 / PARAMS.robot.limits.emergency_deceleration_mps2:
        assert drive.world.contact_speed <= 0.5 * speed


def test_somebody_who_walks_up_from_behind_does_not_make_it_brake() -> None:
    """Braking would bring about the contact."""
    drive = Drive(World(PARAMS.robot.footprint, room(16.0)))
    drive.run(2.0, (0.6, 0.0))
    drive.world.things.append(Disc(drive.world.x - 2.0, 0.05, 0.1, vx=1.3))
    begin = len(drive.verdicts)
    drive.run(3.5, (0.6, 0.0), lambda running: running.world.measure_clearance() < 0.03)
    assert drive.world.measure_clearance() < 0.03, "nobody has come near"
    assert min(verdict.twist[0] for verdict in drive.verdicts[begin:]) > 0.55


@pytest.mark.parametrize("approach", [0.5, 1.0, 1.4])
def test_it_stands_before_somebody_who_comes_straight_at_it_arrives(approach: float) -> None:
    """The time to contact bounds the speed of approach, from `motion.horizon_s` on; braking takes the rest of it."""
    drive = Drive(World(PARAMS.robot.footprint, room(16.0)))
    drive.run(2.0, (0.7, 0.0))
    drive.world.things.append(Disc(drive.world.x + 3.2, 0.0, 0.15, vx=-approach))
    times_to_contact = []

    def watch(running: Drive) -> bool:
        clearance = running.world.measure_clearance()
        if running.world.v > 0.05:
            times_to_contact.append(clearance / (running.world.v + approach))
        return clearance < 0.02

    drive.run(4.0, (0.7, 0.0), watch)
    assert drive.world.measure_clearance() < 0.02 and drive.stands
    assert min(times_to_contact) > 0.25 * PARAMS.motion.horizon_s


@pytest.mark.parametrize("seed", range(6))
def test_what_appears_beside_does_not_stop_the_robot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drive = Drive(World(PARAMS.robot.footprint, room(12.0)), seed=seed)
    drive.run(2.0, (0.5, 0.0))
    side = float(rng.choice([-1.0, 1.0]))
    drive.world.things.append(Disc(drive.world.x + rng.uniform(0.0, 0.6), side * (0.125 + rng.uniform(0.08, 0.3) + 0.05), 0.05))
    count = len(drive.verdicts)
    drive.run(2.0, (0.5, 0.0))
    assert min(verdict.twist[0] for verdict in drive.verdicts[count:]) > 0.4


def test_without_sensors_it_stands_within_the_stated_bounds_and_resumes() -> None:
    speed, limits, watchdog = 0.9, PARAMS.robot.limits, PARAMS.watchdog
    drive = Drive(World(PARAMS.robot.footprint, room(20.0)))
    drive.run(2.5, (speed, 0.0))
    drive.sensing = False
    lost_s, place = drive.world.now, drive.world.x
    drive.run(3.0, (speed, 0.0), lambda running: running.stands)
    bound_s = (
        watchdog.scan_stop_after_s + speed / limits.emergency_deceleration_mps2 + 0.1 + PARAMS.robot.latency.actuation_s + 0.2
    )
    assert drive.world.now - lost_s < bound_s
    assert drive.world.x - place < speed * bound_s
    assert "old" in drive.verdicts[-1].reason
    drive.sensing = True
    drive.run(2.0, (speed, 0.0))
    assert drive.verdicts[-1].twist[0] > 0.5
