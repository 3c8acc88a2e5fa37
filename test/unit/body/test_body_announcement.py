"""A turn from rest waits for the screen, once, and never for long; nothing else waits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_nav.body.announcement import MOST_S, TurnAnnouncer, delay_start, find_first_turn
from astro_nav.body.screen import ScreenPlanner
from astro_nav.params.files import load_params
from astro_nav.params.local_planner import LocalPlannerParams
from astro_nav.types import Trajectory

PARAMS = load_params(LocalPlannerParams, "local_planner")
GAZE = replace(PARAMS.gaze, announce_s=0.5)


def make_turn(now_s: float, rate_radps: float = 0.8, begins_s: float = 0.0, first_radps: float = 0.0, duration_s: float = 2.0) -> Trajectory:
    """From rest: after `begins_s` on the spot."""
    times = 0.1 * np.arange(31)
    rates = np.where((times > begins_s) & (times <= begins_s + duration_s), rate_radps, 0.0)
    rates[0] = first_radps
    poses = np.column_stack([np.zeros((31, 2)), np.concatenate([[0.0], np.cumsum(rates[:-1]) * 0.1])])
    return Trajectory(now_s, now_s + 0.1, 0.1, poses, np.column_stack([np.zeros(31), rates]), np.zeros((31, 2)))


def find_begin(trajectory: Trajectory) -> float:
    return trajectory.start_s + find_first_turn(trajectory)[1]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_base_turns_half_a_second_after_the_screen_shows_it(side: float) -> None:
    announcer, screen = TurnAnnouncer(GAZE), ScreenPlanner(PARAMS.robot.screen, GAZE)
    shown_s = None
    for cycle in range(40):
        now_s = 0.1 * cycle
        held = announcer.hold(make_turn(now_s, 0.8 * side), screen.angle_rad)
        screen.plan(held, now_s)
        if shown_s is None and side * screen.angle_rad >= 0.1:
            shown_s = now_s
        if find_begin(held) <= now_s + 0.25:
            break
        assert not held.twists[0].any() and len(held.poses_odom) == 31 and held.reason
    assert shown_s is not None
    assert 0.5 - 1e-9 <= find_begin(held) - shown_s <= 0.75
    assert now_s <= 1.1, "it does not stand about"


def test_a_screen_that_does_not_turn_keeps_the_base_only_so_long() -> None:
    announcer = TurnAnnouncer(GAZE)
    for cycle in range(40):
        held = announcer.hold(make_turn(0.1 * cycle), 0.0)
        if find_begin(held) <= 0.1 * cycle + 0.25:
            break
    assert 0.1 * cycle <= GAZE.announce_s + MOST_S


@pytest.mark.parametrize(
    "trajectory",
    [
        make_turn(0.0, first_radps=0.4),
        make_turn(0.0, duration_s=0.2),
        make_turn(0.0, begins_s=1.5),
        make_turn(0.0, rate_radps=0.0),
        Trajectory(0.0, 0.0, 0.1, np.zeros((0, 3)), np.zeros((0, 2)), np.zeros((0, 2))),
    ],
    ids=["turns already", "small", "later", "none", "empty"],
)
def test_what_needs_no_announcement_is_left_alone(trajectory: Trajectory) -> None:
    assert TurnAnnouncer(GAZE).hold(trajectory, 0.0) is trajectory


def test_nothing_waits_when_it_is_switched_off_or_on_the_way() -> None:
    turn = make_turn(0.0)
    assert TurnAnnouncer(replace(GAZE, announce_s=0.0)).hold(turn, 0.0) is turn
    announcer = TurnAnnouncer(GAZE)
    announcer.hold(make_turn(5.0, first_radps=0.5), 0.0)
    soon = make_turn(5.5)
    assert announcer.hold(soon, 0.0) is soon, "a rest between manoeuvres is not drawn out"
    assert announcer.hold(make_turn(6.1), 0.0).reason, "but a new start is announced"


def test_what_waits_is_the_same_motion_later() -> None:
    turn = make_turn(0.0)
    later = delay_start(turn, 0.35)
    np.testing.assert_array_equal(later.poses_odom[4:], turn.poses_odom[:27])
    np.testing.assert_array_equal(later.poses_odom[:4], np.zeros((4, 3)))
    assert later.start_s == turn.start_s and delay_start(turn, 0.0) is turn
