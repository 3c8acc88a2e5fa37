"""Things thrown before a robot whose planner is blind: what physics leaves, and what the safety controller makes of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_nav.evaluation.blind import draw_wish
from astro_nav.evaluation.episode import EpisodeName, run_episode
from astro_nav.evaluation.metrics import measure_episode
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites import get_suite
from astro_nav.evaluation.suites.judge import load_robot
from astro_nav.evaluation.suites.room_to_stop import REACTION_S, Motion, Pace, find_contact_s
from astro_nav.simulation.simulator import Simulator

ROBOT = load_robot()


def brake(speed: float, growth_hz: float, reaction_s: float, contact_m: float | None = None) -> tuple[float, float]:
    """Way until standstill, and speed at the contact, by small steps."""
    step_s, way, time_s, fastest = 1e-4, 0.0, 0.0, speed
    while fastest > 0.0:
        fastest += (growth_hz * speed if time_s < reaction_s else -ROBOT.limits.emergency_deceleration_mps2) * step_s
        way, time_s = way + fastest * step_s, time_s + step_s
        if contact_m is not None and way >= contact_m:
            return way, fastest
    return way, 0.0


@pytest.mark.parametrize(("speed", "growth_hz"), [(1.0, 0.0), (0.4, 0.0), (0.4, 2.0), (0.15, 5.0)])
def test_room_needed_and_speed_at_the_contact_are_those_of_small_steps(speed: float, growth_hz: float) -> None:
    motion = Motion(np.array([speed, 0.0]), growth_hz)
    needed_m, _ = brake(speed, growth_hz, REACTION_S)
    assert motion.needed_m == pytest.approx(needed_m, rel=0.01)
    for share in (0.2, 0.6, 0.9):
        _, left = brake(speed, growth_hz, REACTION_S, share * needed_m)
        assert speed * motion.compute_contact_share(share * needed_m / speed, REACTION_S) == pytest.approx(left, abs=0.02)
    assert motion.compute_contact_share(1.001 * motion.needed_s, REACTION_S) == 0.0


def test_a_standing_robot_needs_no_room() -> None:
    assert Motion(np.zeros(2)).needed_m == 0.0


def test_the_pace_is_how_fast_the_robot_is_getting_faster() -> None:
    pace = Pace()
    for step in range(12):
        motion = pace.watch(0.02 * step, np.array([0.3 + 0.8 * 0.02 * step, 0.0]))
    assert motion.growth_hz == pytest.approx(0.8 / motion.twist[0], rel=0.01)


def test_when_the_footprint_gets_there() -> None:
    pose = np.array([1.0, 2.0, 0.5 * math.pi])
    ahead = np.array([[1.0, 2.0 + 0.21 + 0.5]])
    assert find_contact_s(ROBOT.footprint, pose, np.array([0.5, 0.0]), ahead) == pytest.approx(1.0, abs=0.01)
    assert find_contact_s(ROBOT.footprint, pose, np.array([-0.25, 0.0]), ahead) == math.inf


def test_wishes_are_straight_and_bent_and_backwards_and_within_the_limits() -> None:
    wishes = np.array([draw_wish(seed, ROBOT.limits) for seed in range(200)])
    assert (wishes[:, 0] < 0.0).any() and (wishes[:, 1] == 0.0).any() and (wishes[:, 1] != 0.0).any()
    assert wishes[:, 0].max() <= ROBOT.limits.max_speed_mps and wishes[:, 0].min() >= -ROBOT.limits.max_reverse_speed_mps
    assert (wishes[3::4, 0] > 0.0).all() and (wishes[3::4, 1] == 0.0).all()


def measure(seed: int) -> dict:
    return measure_episode(run_episode(EpisodeName("thrown", seed, "blind")))


# Ahead with room on a line, on an arc, and backwards; beside; people who step in, slowly and fast.
@pytest.mark.parametrize("seed", [5, 12, 8, 1000254, 1000302, 1000123, 1000179])
def test_with_room_to_stop_nothing_is_touched_and_for_what_is_beside_it_does_not_stop(seed: int) -> None:
    row = measure(seed)
    assert row["facts"]["had_room"] and row["contact_despite_room"] is False
    assert row.get("needless_stop", False) is False


def test_with_less_room_it_is_no_faster_at_the_contact_than_braking_after_the_reaction_leaves() -> None:
    seen = 0
    for seed in (1, 2, 4, 1000012, 1000140):
        row = measure(seed)
        if "contact_speed_share" in row:
            seen += 1
            assert row["contact_speed_share"] <= row["contact_speed_best"] + 0.06
            assert row["contact_speed_ideal"] <= row["contact_speed_best"]
    assert seen >= 3


def test_a_thing_is_thrown_ahead_or_beside_and_the_episode_is_short() -> None:
    scenario = get_suite("thrown").make(5)
    assert scenario.orders == () and scenario.time_limit_s < 10.0
    record = run_episode(EpisodeName("thrown", 5, "blind"))
    assert record.times_s[-1] < 5.0 and len(record.candidates) > 5


def test_the_room_before_somebody_who_steps_in_ends_at_the_front_of_their_body() -> None:
    """When they come into the way the robot is beside them with a corner; once they are in it their whole body is."""
    scenario = get_suite("thrown").make(1000123)
    simulator = Simulator(scenario.world, load_settings({})[1], scenario.seed, dict(scenario.behaviours))
    front = float(ROBOT.footprint[:, 0].max())
    while scenario.facts.get("happened_s") is None:
        scenario.disturbances[0].before_step(simulator, simulator.time_s)
        simulator.set_command([0.5, 0.0])
        truth = simulator.truth()
        simulator.step(0.02)
        assert simulator.time_s < 5.0
    person = truth.people[0]
    expected = float(person.position_map[0] - truth.pose_map_base[0]) - person.radius_m - front
    assert scenario.facts["distance_m"] == pytest.approx(max(expected, 0.0), abs=0.02)
