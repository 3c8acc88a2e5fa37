"""Suites: the same seed gives the same episode, and every episode is fair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.scenario import Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites import SUITES, get_suite
from astro_nav.evaluation.suites.barn import START, BarnReferee
from astro_nav.evaluation.suites.data import find_data_file
from astro_nav.evaluation.suites.doors import DailySchedule, make_scheduled_home
from astro_nav.evaluation.suites.home_world import make_home
from astro_nav.evaluation.suites.judge import PERSON_BOTTOM_M, PERSON_TOP_M, Judge
from astro_nav.evaluation.suites.parking import ParkingReferee
from astro_nav.evaluation.suites.recorded_people import has_tracks
from astro_nav.evaluation.suites.suite import make_generator
from astro_nav.mapping.map_file import save_map
from astro_nav.simulation.behaviours import WalkBehaviour
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.solids import SolidIndex
from astro_nav.simulation.world import WalkScript
from astro_nav.types import OccupancyMap

SEEDS = (1, 10_000_031)


def make(name: str, seed: int) -> Scenario:
    if name == "barn" and find_data_file("barn/barn_50.npz") is None:
        pytest.skip("no BARN worlds: set ASTRO_NAV_DATA to the folder that holds barn/")
    if name in ("follow-recorded", "follow-indoor") and not has_tracks():
        pytest.skip("no recorded people: set ASTRO_NAV_DATA to the folder that holds pedestrians/")
    return SUITES[name].make(seed)


def describe(scenario: Scenario) -> str:
    """Everything that is drawn, as text."""
    orders = [(order.goals_map.tolist(), order.time_s) for order in scenario.orders]
    world = scenario.world
    return repr(
        (world.solids, world.doors, [repr(p.motion) for p in world.people], world.people, world.start_pose_map.tolist(), orders,
         scenario.time_limit_s, dict(scenario.facts), dict(scenario.changes), sorted(scenario.behaviours))
    )  # fmt: skip


def test_there_are_the_suites_that_were_promised():
    promised = "homes people doors narrow clutter surprise retask faults barn parking follow smoke thrown follow-recorded follow-indoor".split()
    assert list(SUITES) == promised
    assert all(SUITES[name].name == name and SUITES[name].help and SUITES[name].episodes > 0 for name in promised)


@pytest.mark.parametrize("name", list(SUITES))
def test_the_same_seed_gives_the_same_episode_and_another_seed_another(name):
    first = make(name, 5)
    make_scheduled_home.cache_clear()
    again, other = make(name, 5), make(name, 6)
    assert describe(first) == describe(again)
    assert describe(first) != describe(other)
    assert (first.suite, first.seed) == (name, 5)


@pytest.mark.parametrize("name", list(SUITES))
def test_nothing_and_nobody_begins_inside_anything(name):
    for seed in SEEDS:
        scenario = make(name, seed)
        stack, _ = load_settings(scenario.changes)
        judge = Judge(scenario.world, stack.local_planner.robot)
        assert judge.measure_room(scenario.world.start_pose_map) > 0.03, seed
        for order in scenario.orders:
            for goal in order.goals_map:
                assert judge.measure_room(goal) > 0.03, seed
        index = SolidIndex(scenario.world.solids, lambda s: s.overlaps_heights(PERSON_BOTTOM_M, PERSON_TOP_M))
        for person in scenario.world.people:
            motion = person.motion
            if not isinstance(motion, WalkScript):
                continue
            behaviour = scenario.behaviours.get(person.name) or WalkBehaviour(motion)
            point = np.array(behaviour.find_start())
            assert index.measure_point_distances(point[None, :], 1.0)[0] >= person.radius_m - 1e-9, (seed, person.name)
            assert np.linalg.norm(point - scenario.world.start_pose_map[:2]) > person.radius_m + judge.robot.circumscribed_radius_m


@pytest.mark.parametrize("name", [name for name in SUITES if name != "barn"])
def test_every_goal_can_be_reached_from_the_start_and_from_the_goal_before(name):
    for seed in SEEDS[:1]:
        scenario = make(name, seed)
        world = scenario.world
        # A door that opens late is waited for.
        world = replace(world, doors=tuple(replace(d, starts_open=d.starts_open or bool(d.schedule)) for d in world.doors))
        judge, here = Judge(world), world.start_pose_map
        for order in scenario.orders:
            for goal in order.goals_map:
                assert judge.reaches(here, goal) is not None, (seed, goal)
                here = goal


@pytest.mark.parametrize("name", [name for name in SUITES if name != "smoke"])
def test_an_episode_of_each_begins(name):
    scenario = replace(make(name, 4), time_limit_s=1.2)
    record = ClosedLoop(scenario).run()
    assert record.timed_out and record.contacts == () and record.times_s[-1] >= 1.2
    assert np.isfinite(record.poses_map).all()


def test_homes_are_furnished_homes_with_goals_4_to_12_m_away():
    names = set()
    for seed in SEEDS:
        scenario = make("homes", seed)
        assert 4.0 <= scenario.facts["way_m"] <= 12.0
        names |= {solid.name for solid in scenario.world.solids}
    for piece in ("bedroom bed", "kitchen counter", "living room sofa", "bathroom toilet", "hall south wall"):
        assert piece in names
    doorways = [door.width_m + 0.04 for seed in SEEDS for door in make_home(seed).world.doors]
    assert doorways and all(0.8 - 1e-9 <= width <= 0.95 + 1e-9 for width in doorways)


def test_unknown_suites_are_answered_with_what_there_is():
    with pytest.raises(EvaluationError, match="did you mean homes.*narrow"):
        get_suite("hoems")
    with pytest.raises(EvaluationError, match="only homes"):
        get_suite("narrow", folder="maps")


def test_maps_without_room_are_skipped_counted_and_named(tmp_path):
    roomy = np.full((120, 160), 100, np.int8)
    roomy[5:-5, 5:-5] = 0
    shaft = np.full((120, 160), 100, np.int8)
    shaft[5:-5, 40:44] = 0  # 0.2 m wide
    for name, occupancy in (("roomy", roomy), ("shaft", shaft)):
        save_map(OccupancyMap(occupancy, 0.05, np.zeros(3)), tmp_path / f"{name}.yaml")
    (tmp_path / "broken.yaml").write_text("image: nowhere.pgm\n")
    suite = get_suite("homes", tmp_path)
    assert suite.notes[0] == "2 of 3 maps skipped"
    assert any("shaft.yaml" in note for note in suite.notes) and any("broken.yaml" in note for note in suite.notes)
    scenario = suite.make(3)
    assert scenario.facts["map"] == "roomy" and 4.0 <= scenario.facts["way_m"] <= 12.0
    assert describe(scenario) == describe(suite.make(3))


def test_a_folder_without_a_usable_map_is_an_error(tmp_path):
    with pytest.raises(EvaluationError, match="no .yaml file"):
        get_suite("homes", tmp_path)


def test_narrow_passages_leave_exactly_0_05_m_on_each_side():
    for seed in range(4):
        scenario = make("narrow", seed)
        assert scenario.facts["passage_m"] == pytest.approx(0.25 + 0.1)
    door = make("narrow", 0)
    gap = [solid for solid in door.world.solids if solid.name.startswith("passage")]
    outlines = [solid.compute_outline() for solid in gap]
    along = min(np.linalg.norm(a - b) for a in outlines[0] for b in outlines[1])
    assert along == pytest.approx(0.35)


def test_the_barn_robot_is_the_one_of_the_benchmark_in_the_physics_too():
    scenario = make("barn", 0)
    stack, simulator_params = load_settings(scenario.changes)
    simulator = Simulator(scenario.world, simulator_params, 0)
    hull = simulator.physics.model.geom("hull")
    assert 2.0 * hull.size[:2] == pytest.approx([0.508, 0.4318])
    simulator.place_robot(np.array([-2.25, 12.0, 1.57]))
    for _ in range(100):
        simulator.set_command([2.0, 0.0])
        events = simulator.step(0.02)
    assert simulator.truth().twist[0] == pytest.approx(2.0, abs=0.05)
    scans = [event.scan for event in events if hasattr(event, "scan")]
    assert scans and len(scans[0].ranges_m) == 720 and scans[0].range_max_m == 30.0
    assert 719 * scans[0].angle_increment_rad == pytest.approx(np.radians(270.0))
    assert scans[0].angle_min_rad == pytest.approx(-np.radians(135.0))
    assert stack.global_planner.robot.limits.max_turn_rate_radps == 4.0
    # The robot is told nothing of the cylinders.
    assert (scenario.occupancy_map.occupancy == 0).all()


def test_the_barn_referee_ends_as_the_rules_say():
    referee, start = BarnReferee(), np.array(START)
    assert referee(500.0, start) is None  # the clock starts with the first motion
    assert referee(501.0, start + [0.0, 0.2, 0.0]) is None
    assert referee(600.9, start + [0.0, 3.0, 0.0]) is None
    assert referee(601.1, start + [0.0, 3.0, 0.0]) is False
    assert BarnReferee()(20.0, np.array([-2.25, 12.1, 0.0])) is True


def test_only_a_robot_that_rests_where_it_was_sent_has_parked():
    goal = np.array([1.0, 2.0, 3.1])
    near, far = goal + [0.05, 0.05, 0.1], goal + [0.3, 0.0, 0.0]  # the heading wraps
    assert [ParkingReferee(goal)(0.0, near), ParkingReferee(goal)(99.0, far)] == [None, None]
    referee = ParkingReferee(goal)
    assert [referee(t, far) for t in (0.0, 5.0)] == [None, None]
    assert [referee(t, near) for t in (6.0, 7.0, 7.6)] == [None, None, True]
    passing = ParkingReferee(goal)
    assert [passing(0.2 * i, goal + [0.02 * i - 0.1, 0.0, 0.0]) for i in range(12)] == [None] * 12


def test_daily_schedules_also_close_over_midnight():
    night = DailySchedule(closes_s=22 * 3600.0, opens_s=6 * 3600.0)
    assert not night.is_open(23 * 3600.0) and not night.is_open(3600.0) and night.is_open(12 * 3600.0)
    noon = DailySchedule(closes_s=11 * 3600.0, opens_s=13 * 3600.0)
    assert not noon.is_open(12 * 3600.0) and noon.is_open(0.0)


def test_streams_of_random_numbers_of_one_episode_differ():
    assert make_generator(1, 2).random() == make_generator(1, 2).random() != make_generator(1, 3).random()
