"""Disturbances of the suites faults and surprise, without a robot's stack."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites.faults import FAULTS_NAMES, LatencySpike, OdometryJump, make_fault
from astro_nav.evaluation.suites.suite import make_generator
from astro_nav.evaluation.suites.surprise import make_surprise
from astro_nav.geometry import se2
from astro_nav.simulation.events import LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.simulation.simulator import Simulator
from astro_nav.types import Odometry, Scan

PERIOD_S = 0.02


def make_events(now_s: float) -> list:
    ranges = np.full(8, now_s, np.float32)
    scan = Scan(now_s, "laser", -np.pi, np.pi / 4, 0.0, 0.1, 12.0, ranges)
    odometry = Odometry(now_s, np.array([now_s, 0.0, 0.0]), np.array([1.0, 0.0]))
    return [
        ScanEvent(now_s, scan),
        OdometryEvent(now_s, odometry, np.zeros(3)),
        LocalizationEvent(now_s, now_s, np.zeros(3)),
    ]


def play(disturbance, until_s: float) -> list[tuple[float, list, list]]:
    """Time, what was sent and what arrived."""
    steps = [round(i * PERIOD_S, 6) for i in range(int(until_s / PERIOD_S))]
    played = []
    for now_s in steps:
        sent = make_events(now_s)
        played.append((now_s, sent, disturbance.filter_events(list(sent), now_s)))
    return played


def is_same(sent: list, arrived: list) -> bool:
    return len(sent) == len(arrived) and all(a is b for a, b in zip(sent, arrived))


@pytest.mark.parametrize("name", FAULTS_NAMES)
def test_every_fault_begins_does_something_and_ends(name):
    fault, begins_s, lasts_s = make_fault(name, make_generator(1, 5))
    played = play(fault, 13.0)
    assert all(is_same(sent, arrived) for now_s, sent, arrived in played if now_s < begins_s)
    during = [(sent, arrived) for now_s, sent, arrived in played if begins_s <= now_s < begins_s + max(lasts_s, 0.1)]
    assert any(not is_same(sent, arrived) for sent, arrived in during)
    if name != "odometry jump":
        assert all(is_same(sent, arrived) for now_s, sent, arrived in played if now_s > begins_s + lasts_s + PERIOD_S)


def test_late_messages_all_arrive_once_and_in_order():
    spike = LatencySpike(ScanEvent, 1.0, 1.0, 0.3)
    played = play(spike, 4.0)
    arrived = [event.scan.stamp_s for _, _, events in played for event in events if isinstance(event, ScanEvent)]
    assert arrived == [now_s for now_s, _, _ in played]
    ages = [now_s - e.scan.stamp_s for now_s, _, events in played for e in events if isinstance(e, ScanEvent) and 1.4 < now_s < 1.9]
    assert min(ages) >= 0.3 - 1e-9
    assert all(event.arrives_s == now_s for now_s, _, events in played for event in events)


def test_after_a_jump_of_the_odometry_the_robot_still_is_where_it_is_in_the_map():
    jump = OdometryJump(1.0, np.array([0.4, -0.3, 0.2]))
    played = play(jump, 2.0)
    _, sent, arrived = played[-1]
    before, after = sent[1], arrived[1]
    assert np.linalg.norm(after.odometry.pose_odom_base[:2] - before.odometry.pose_odom_base[:2]) > 0.2
    place = se2.compose(after.pose_map_odom, after.odometry.pose_odom_base)
    np.testing.assert_allclose(place, se2.compose(before.pose_map_odom, before.odometry.pose_odom_base), atol=1e-12)
    np.testing.assert_allclose(arrived[2].pose_map_odom, after.pose_map_odom, atol=1e-12)


def drive_blindly(seed: int):
    """Drive straight ahead through a surprise, as the scenario's simulator has it."""
    scenario = make_surprise(seed)
    simulator = Simulator(scenario.world, load_settings({})[1], seed, dict(scenario.behaviours))
    while simulator.time_s < 12.0 and simulator.truth().pose_map_base[0] < 7.0:
        for disturbance in scenario.disturbances:
            disturbance.before_step(simulator, simulator.time_s)
        simulator.set_command([0.6, 0.0])
        simulator.step(PERIOD_S)
    return scenario, simulator.truth()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_appears_ahead_is_hit_by_a_robot_that_does_not_brake(seed):
    scenario, truth = drive_blindly(seed)
    assert not scenario.facts["beside"]
    assert scenario.facts["had_room"] is (scenario.facts["distance_m"] >= scenario.facts["room_needed_m"])
    assert any(contact.kind in ("object", "person") for contact in truth.contacts)


def test_what_appears_beside_is_not_in_the_way():
    seeds = [seed for seed in range(40) if make_surprise(seed).facts["beside"]][:3]
    assert len(seeds) == 3
    for seed in seeds:
        _, truth = drive_blindly(seed)
        assert truth.contacts == (), seed
