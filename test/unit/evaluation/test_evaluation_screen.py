"""Figures of the screen and of legibility, against plain loops and on motions whose figures are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference import screen_metrics as oracle

from astro_nav.evaluation.metrics import legibility, screen, summarize
from astro_nav.evaluation.metrics.legibility import Observer
from astro_nav.types import OccupancyMap

PERIOD_S = 0.02
FOOTPRINT = np.array([[0.2, 0.2], [-0.2, 0.2], [-0.2, -0.2], [0.2, -0.2]])


def make_room(wall=False) -> OccupancyMap:
    """10 x 8 m from (-1, -4) on; `wall` goes through it at x = 3 and leaves 1 m free at its upper end."""
    occupancy = np.zeros((160, 200), dtype=np.int8)
    occupancy[[0, -1]] = 100
    occupancy[:, [0, -1]] = 100
    if wall:
        occupancy[:140, 80] = 100
    return OccupancyMap(occupancy, 0.05, np.array([-1.0, -4.0, 0.0]))


def make_turn(lead_s, side=1, top_radps=0.8):
    """A base that turns from 5 s on for 2 s, and a screen that points there `lead_s` before."""
    times = PERIOD_S * np.arange(600)
    ramp = np.clip(np.minimum(times - 5.0, 7.0 - times) / 0.2, 0.0, 1.0)
    pan = np.where((times >= 5.0 - lead_s) & (times < 7.0), 0.5, 0.0)
    return times, side * top_radps * ramp, side * pan


@pytest.mark.parametrize("lead_s", [1.4, 0.5, 0.0, -0.6])
@pytest.mark.parametrize("side", [1, -1])
def test_the_lead_is_from_the_screens_turn_to_the_bases(lead_s, side):
    times, rates, pan = make_turn(lead_s, side)
    (turn,) = screen.find_turns(times, rates, pan)
    assert turn.side == side
    assert turn.lead_s == pytest.approx(lead_s, abs=0.08)
    loop = oracle.find_lead(times, pan, side, turn.first)
    assert loop == (pytest.approx(turn.lead_s) if lead_s > 0.1 else None) or lead_s == 0.0


def test_leads_of_any_motion_are_those_of_the_loop():
    generator = np.random.default_rng(3)
    compared = 0
    for _ in range(20):
        times = PERIOD_S * np.arange(1500)
        rates = np.convolve(generator.normal(0.0, 6.0, 1500), np.ones(100) / 100, mode="same")
        pan = np.convolve(generator.normal(0.0, 4.0, 1500), np.ones(100) / 100, mode="same")
        for turn in screen.find_turns(times, rates, pan):
            known = oracle.find_lead(times.tolist(), pan.tolist(), turn.side, turn.first)
            compared += known is not None
            assert turn.lead_s == pytest.approx(known) if known is not None else turn.lead_s <= 0.0
    assert compared > 10


def test_a_screen_that_looks_the_other_way_or_nowhere_has_not_announced():
    times, rates, pan = make_turn(1.0)
    for wrong in (-pan, 0.0 * pan):
        (turn,) = screen.find_turns(times, rates, wrong)
        assert turn.lead_s < -1.5
    row = screen.describe_turns(screen.find_turns(times, rates, -pan), np.ones(600, bool))
    assert (row["turns"], row["turns_announced"], row["screen_lead_share"]) == (1, 0, 0.0)
    assert screen.describe_turns([], np.ones(600, bool))["screen_lead_share"] is None


def test_small_corrections_are_no_turns():
    times = PERIOD_S * np.arange(600)
    assert screen.find_turns(times, 0.09 * np.ones(600), np.zeros(600)) == []
    assert screen.find_turns(times, np.where((times > 3) & (times < 3.3), 0.9, 0.0), np.zeros(600)) == []


def test_swings_are_those_of_the_loop():
    generator = np.random.default_rng(5)
    for _ in range(30):
        angles = np.cumsum(generator.normal(0.0, 0.02, 300))
        assert screen.count_swings(angles) == oracle.count_swings(angles.tolist())
    assert screen.count_swings(0.02 * np.sin(np.arange(0, 60, 0.1))) == 0
    times = np.arange(0.0, 60.0, PERIOD_S)
    row = screen.measure_calmness(times, 0.3 * np.sin(2 * math.pi * times / 6.0), PERIOD_S)
    assert row["screen_reversals_per_minute"] == pytest.approx(20.0, abs=1.1)
    assert row["peak_screen_speed_radps"] == pytest.approx(0.3 * 2 * math.pi / 6.0, rel=0.01)


def test_whoever_crosses_the_way_is_found_as_by_the_loop():
    generator = np.random.default_rng(8)
    found = 0
    for _ in range(20):
        robot, person = (np.cumsum(generator.normal(0.0, 0.1, (60, 2)), axis=0) for _ in range(2))
        moments = screen._find_crossings(screen.STEP_S * np.arange(60), robot, person)
        known = oracle.find_crossing_moments(robot.tolist(), person.tolist(), round(screen.CROSSING_S / screen.STEP_S))
        assert moments.tolist() == known
        found += any(known)
    assert found > 5


def test_a_glance_is_seen_and_a_stare_ahead_is_none():
    times = PERIOD_S * np.arange(400)
    poses = np.column_stack([0.5 * times, 0.0 * times, 0.0 * times])
    person = np.column_stack([2.03 + 0.0 * times, 3.0 - 0.8 * times])  # crosses in front of the robot
    bearing = np.arctan2(person[:, 1], person[:, 0] - poses[:, 0])
    glance = np.where((times > 1.5) & (times < 2.0), bearing, 0.0)
    assert screen.measure_glances(times, poses, glance, person[:, None])["crossings_seen"] == 1
    aside = screen.measure_glances(times, poses, 0.0 * times + 1.2, person[:, None])
    assert (aside["crossings"], aside["crossings_seen"], aside["glance_share"]) == (1, 0, 0.0)
    far = screen.measure_glances(times, poses, glance, person[:, None] + [0.0, 9.0])
    assert far["crossings"] == 0 and far["glance_share"] is None


# --- legibility -----------------------------------------------------------------------------------------------------


def drive(end, bend=0.0):
    times = np.arange(0.0, 8.0 + 1e-9, 0.2)
    share = times / times[-1]
    places = share[:, None] * np.array(end) + bend * np.sin(math.pi * share)[:, None] * np.array([-end[1], end[0]]) / 5.0
    return times, places


@pytest.mark.parametrize("bend", [0.0, 0.8, -0.8])
def test_legibility_in_an_empty_room_is_that_of_the_loops(bend):
    observer = Observer(make_room(), FOOTPRINT)
    times, places = drive((5.0, 1.0), bend)
    gaze = 0.4 * np.cos(times)
    figures = observer.judge(times, places, gaze, np.array([5.0, 1.0]))
    start, goal = observer._to_grid(places[:1])[0], observer._to_grid(np.array([[5.0, 1.0]]))[0]
    goals = [goal, *observer._find_others(start, goal)]
    assert len(goals) == 6
    grid_places = observer._to_grid(places)[:-1]
    for figure, with_gaze in zip(figures, (True, False)):
        known = oracle.infer_legibility(grid_places.tolist() + [goal.tolist()], gaze.tolist(), goals, times.tolist(), with_gaze)
        assert figure == pytest.approx(known, abs=0.02)


def test_other_goals_are_as_far_and_apart():
    observer = Observer(make_room(wall=True), FOOTPRINT)
    start, goal = np.array([2.0, 1.0]), np.array([7.0, 2.0])
    ways = observer._measure_ways(start)
    places = [goal, *observer._find_others(start, goal)]
    lengths = observer._look_up(ways, np.array(places))
    assert len(places) > 2 and np.abs(lengths / lengths[0] - 1.0).max() < 0.26
    assert min(np.hypot(*(a - b)) for k, a in enumerate(places) for b in places[:k]) >= legibility.APART_M - 1e-9


def test_ways_go_round_walls():
    observer = Observer(make_room(wall=True), FOOTPRINT)
    # Round the wall's upper end, which is kept away from by half the robot's width.
    start, goal = np.array([2.0, 4.0]), np.array([6.0, 4.0])
    corner = math.hypot(4.05 - 2.0, 7.1 - 4.0) + math.hypot(6.0 - 4.05, 7.1 - 4.0)
    assert observer._look_up(observer._measure_ways(goal), start[None])[0] == pytest.approx(corner, rel=0.06)
    bearing = observer._find_bearings(observer._measure_ways(goal), start[None], goal)[0]
    assert 0.6 < bearing < 1.4, "towards the gap, not through the wall"


def test_who_looks_and_goes_straight_to_the_goal_is_legible_and_who_looks_away_is_not():
    observer, goal = Observer(make_room(), FOOTPRINT), np.array([5.0, 1.0])
    times, places = drive(goal)
    bearing = math.atan2(1.0, 5.0)
    clear, way = observer.judge(times, places, np.full(len(times), bearing), goal)
    away, _ = observer.judge(times, places, np.full(len(times), bearing + 2.0), goal)
    assert clear > way > away
    _, bent = observer.judge(*drive(goal, 1.5), np.full(len(times), bearing), goal)
    assert bent < way
    assert observer.judge(times, 0.1 * places, np.zeros(len(times)), 0.1 * goal) is None, "half a metre says nothing"


def test_a_map_that_is_turned_and_cut_from_elsewhere_makes_no_difference():
    turn = np.array([3.0, -2.0, 0.7])
    room = make_room()
    from astro_nav.geometry import se2

    moved = OccupancyMap(room.occupancy, room.resolution_m, se2.compose(turn, room.pose_map_origin))
    times, places = drive((5.0, 1.0), 0.5)
    gaze, goal = 0.3 * np.sin(times), np.array([5.0, 1.0])
    here = Observer(room, FOOTPRINT).judge(times, places, gaze, goal)
    there = Observer(moved, FOOTPRINT).judge(times, se2.transform_points(turn, places), gaze + 0.7, se2.transform_points(turn, goal[None])[0])
    np.testing.assert_allclose(here, there, atol=1e-6)


def test_a_run_counts_turns_and_not_episodes():
    rows = [
        {"screen_lead_share": 0.5, "turns_announced": 1, "turns": 2, "success": True},
        {"screen_lead_share": 1.0, "turns_announced": 8, "turns": 8, "success": True},
        {"screen_lead_share": None, "turns_announced": 0, "turns": 0, "success": True},
    ]
    assert summarize(rows)["screen_lead_share"] == pytest.approx(0.9)
