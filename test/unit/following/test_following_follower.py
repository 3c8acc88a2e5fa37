"""The state machine of following: finding, keeping the distance, standing, making way, searching, giving up; without ROS."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from astro_nav.evaluation.settings import load_settings
from astro_nav.following.follow_task import FollowState
from astro_nav.following.follower import Follower
from astro_nav.following.goal_keeper import REPLACED, GoalKeeper
from astro_nav.following.sighting import Sighting
from astro_nav.global_planning.navigator import EndGoal, Ending, Navigator, PublishPath
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.zones import Zone
from astro_nav.types import OccupancyMap

PARAMS = load_settings({})[0].global_planner
STEP_S = 0.1
REST = np.zeros(2)


def see(number, x, y, vx=0.0, vy=0.0, stamp_s=0.0, label="", person=True):
    """A person at a place with a velocity, predicted to go straight on for 3 s."""
    velocity = np.array([vx, vy])
    way = np.array([x, y]) + velocity * STEP_S * np.arange(31)[:, np.newaxis]
    return Sighting(number, label, person, bool(np.hypot(vx, vy) > 0.2), stamp_s, way[0], velocity, way, STEP_S)


def make_follower(occupancy=None, origin=(-6.0, -6.0)):
    follower = Follower(PARAMS)
    occupancy = np.zeros((240, 400), np.int8) if occupancy is None else occupancy
    follower.set_map(OccupancyMap(occupancy, 0.05, np.array([*origin, 0.0])))
    return follower


def paths(effects):
    return [effect.path.poses_map for effect in effects if isinstance(effect, PublishPath)]


def endings(effects):
    return [effect for effect in effects if isinstance(effect, EndGoal)]


class Walker:
    """A follower and a robot that is at once where it is sent to, at most `speed_mps`."""

    def __init__(self, follower, pose=(0.0, 0.0, 0.0), speed_mps=1.0):
        self.follower, self.pose, self.speed_mps = follower, np.array(pose, float), speed_mps
        self.now_s, self.way, self.twist, self.ended, self.published = 0.0, np.empty((0, 3)), np.zeros(2), [], 0

    def tick(self, *sightings):
        self.now_s += STEP_S
        self.follower.report_sightings([replace(s, stamp_s=self.now_s) for s in sightings], self.now_s)
        self.follower.step(self.now_s, self.pose, self.twist)
        effects = self.follower.take_effects()
        self.ended += endings(effects)
        for way in paths(effects):
            self.way, self.published = way, self.published + 1
        self._drive()

    def _drive(self):
        before = self.pose.copy()
        if len(self.way):
            goal = self.way[-1]
            gap = goal[:2] - self.pose[:2]
            away = float(np.hypot(*gap))
            share = min(1.0, self.speed_mps * STEP_S / away) if away > 0.0 else 1.0
            self.pose = np.array([*(self.pose[:2] + share * gap), goal[2] if share == 1.0 else math.atan2(gap[1], gap[0])])
        self.twist = np.array([np.hypot(*(self.pose - before)[:2]) / STEP_S, (self.pose - before)[2] / STEP_S])


def test_the_nearest_person_in_front_is_followed_at_the_configured_distance():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(100):
        robot.tick(see(7, 2.0 + 0.06 * k, 0.0, 0.6), see(3, -1.0, 0.0), see(4, 4.0, 3.0, 0.3, 0.0))
    feedback = robot.follower.make_feedback()
    assert (feedback.state, feedback.track_id, feedback.is_visible) == (FollowState.FOLLOWING, 7, True)
    # A robot that drives without inertia runs ahead by what a real one needs for braking.
    lead_m = 0.6 * PARAMS.follow.lead_s
    assert PARAMS.follow.distance_m - lead_m - 0.1 < feedback.distance_m < PARAMS.follow.distance_m + 0.1
    assert robot.ended == []


@pytest.mark.parametrize("name", ["Anna", "9"])
def test_a_person_is_chosen_by_label_or_number(name):
    robot = Walker(make_follower())
    robot.follower.accept("goal", name, 0.0, 0.0)
    robot.tick(see(7, 1.5, 0.0), see(9, -2.0, 1.0, label="Anna"))
    assert robot.follower.track_id == 9


def test_nobody_in_front_ends_with_a_sentence_and_a_code():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "0", 0.0, 0.0)
    for _ in range(int(PARAMS.follow.find_s / STEP_S) + 2):
        robot.tick(see(3, -1.5, 0.0))
    assert [e.error_code for e in robot.ended] == [ErrorCode.PERSON_NOT_FOUND]
    assert "nobody is in front" in robot.ended[0].message and len(robot.way) == 0


def test_an_unknown_person_is_answered_with_who_is_there():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "Carl", 0.0, 0.0)
    for _ in range(int(PARAMS.follow.find_s / STEP_S) + 2):
        robot.tick(see(3, 1.5, 0.0, label="Anna"), see(5, 2.5, 0.0))
    assert robot.ended[0].error_code is ErrorCode.PERSON_NOT_FOUND
    assert "'Carl'" in robot.ended[0].message and "Anna, 5" in robot.ended[0].message


@pytest.mark.parametrize("distance_m", [-1.0, math.nan, math.inf])
def test_a_malformed_distance_is_refused(distance_m):
    follower = make_follower()
    follower.accept("goal", "", distance_m, 0.0)
    effects = follower.take_effects()
    assert endings(effects)[0].error_code is ErrorCode.UNKNOWN and not follower.is_busy
    assert "distance_m" in endings(effects)[0].message


def test_a_robot_before_a_standing_person_stands_calmly_turned_to_them():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for _ in range(60):
        robot.tick(see(7, 3.0, 0.5))
    assert robot.follower.state is FollowState.STANDING and len(robot.way) == 0
    bearing = math.atan2(0.5 - robot.pose[1], 3.0 - robot.pose[0])
    assert abs(bearing - robot.pose[2]) <= PARAMS.follow.facing_rad
    pose, published = robot.pose.copy(), robot.published
    rng = np.random.default_rng(1)
    for _ in range(100):  # the tracker's noise
        robot.tick(see(7, 3.0 + 0.05 * rng.standard_normal(), 0.5 + 0.05 * rng.standard_normal()))
    assert robot.follower.state is FollowState.STANDING
    assert robot.published == published and (robot.pose == pose).all()


def test_it_turns_after_a_person_who_goes_round_it_and_goes_on_when_they_go_away():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for _ in range(30):
        robot.tick(see(7, 1.2, 0.0))
    assert robot.follower.state is FollowState.STANDING
    for _ in range(30):
        robot.tick(see(7, 0.0, 1.2))
    assert abs(robot.pose[2] - 0.5 * math.pi) < 0.2 and np.hypot(*robot.pose[:2]) < 0.1
    for _ in range(60):
        robot.tick(see(7, 0.0, 2.2))
    assert abs(np.hypot(*(robot.pose[:2] - [0.0, 2.2])) - PARAMS.follow.distance_m) < PARAMS.follow.tolerance_m + 0.01


def test_a_person_nearer_than_the_distance_is_not_fled_from():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 2.0, 0.0)
    for _ in range(100):
        robot.tick(see(7, 1.2, 0.0))
    assert np.hypot(*robot.pose[:2]) < 0.05 and robot.follower.state is FollowState.STANDING


def test_who_comes_towards_the_robot_is_given_room():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    states = set()
    for k in range(40):
        robot.tick(see(7, 3.0 - 0.07 * k, 0.0, -0.7, 0.0))
        states.add(robot.follower.state)
    assert FollowState.MAKING_WAY in states
    assert abs(robot.pose[1]) > 0.5


def test_a_lost_person_is_looked_for_where_they_would_have_gone_found_again_and_followed():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(30):
        robot.tick(see(7, 1.5 + 0.07 * k, 0.0, 0.7))
    for k in range(30):
        robot.tick()
        assert robot.follower.state is FollowState.SEARCHING
    assert robot.way[-1][0] > 3.5 + 3.0 * 0.7  # beyond the end of the prediction
    assert "seen last" in robot.follower.make_feedback().sentence and robot.follower.track_id == 0
    for k in range(10):
        robot.tick(see(12, 5.8 + 0.07 * k, 0.3, 0.7))
    assert robot.follower.track_id == 12 and robot.follower.state is FollowState.FOLLOWING


def test_who_was_seen_together_with_the_lost_one_is_not_taken_for_them():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(30):
        robot.tick(see(7, 1.5 + 0.05 * k, 0.0, 0.5), see(8, 1.5 + 0.05 * k, 1.0, 0.5))
    for k in range(20):
        robot.tick(see(8, 3.0 + 0.05 * k, 1.0, 0.5))
    assert robot.follower.state is FollowState.SEARCHING


def test_a_track_that_slipped_onto_a_wall_is_left_for_the_person():
    occupancy = np.zeros((240, 400), np.int8)
    occupancy[130:134] = 100  # a wall at y = 0.5 to 0.7
    robot = Walker(make_follower(occupancy))
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(20):
        robot.tick(see(7, 1.5 + 0.05 * k, 0.0, 0.5))
    for k in range(10):
        robot.tick(see(7, 2.6, 0.48, 0.1), see(11, 2.5 + 0.05 * k, -0.1, 0.5))
    assert robot.follower.track_id == 11


def test_it_gives_up_a_lost_person_with_place_and_time():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(20):
        robot.tick(see(7, 1.5 + 0.07 * k, 0.0, 0.7, label="Anna"))
    for _ in range(int(PARAMS.follow.search_s / STEP_S) + 5):
        robot.tick()
    assert [e.error_code for e in robot.ended] == [ErrorCode.PERSON_LOST]
    assert "lost sight of Anna" in robot.ended[0].message and "follow.search_s" in robot.ended[0].message
    assert len(robot.way) == 0 and not robot.follower.is_busy


def test_it_gives_up_a_person_whom_it_cannot_reach():
    robot = Walker(make_follower(), speed_mps=0.0)
    robot.follower.accept("goal", "", 0.0, 0.0)
    robot.follower.report_local_status(True, "a box stands in the door")
    for _ in range(int(PARAMS.follow.give_up_s / STEP_S) + 5):
        robot.tick(see(7, 4.0, 0.0))
    assert [e.error_code for e in robot.ended] == [ErrorCode.FAILED_TO_MAKE_PROGRESS]
    assert "a box stands in the door" in robot.ended[0].message


def test_behind_a_corner_the_way_is_the_persons_own():
    occupancy = np.zeros((240, 400), np.int8)
    occupancy[140:, 160:164] = 100  # a wall at x = 2.0 to 2.2, from y = 1.0 upwards
    robot = Walker(make_follower(occupancy), speed_mps=0.0)
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(40):  # along y = 0.3 past the wall's end
        robot.tick(see(7, 0.8 + 0.06 * k, 0.3, 0.6))
    for k in range(40):  # and up behind it
        robot.tick(see(7, 3.2, 0.3 + 0.06 * k, 0.0, 0.6))
    way = robot.way
    assert len(way) > 5 and way[-1, 0] > 2.6
    crossing = way[np.argmin(np.abs(way[:, 0] - 2.1))]
    assert crossing[1] < 0.9  # round the wall's end, not through it


def test_nobody_is_followed_into_a_keep_out_zone():
    robot = Walker(make_follower())
    robot.follower.set_zones([Zone("stairs", np.array([[3.0, -1.0], [6.0, -1.0], [6.0, 1.0], [3.0, 1.0]]))])
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(60):
        robot.tick(see(7, 1.5 + 0.07 * k, 0.0, 0.7))
        assert robot.pose[0] + PARAMS.robot.circumscribed_radius_m < 3.0 + 1e-6
    assert robot.pose[0] > 2.4 and "keep-out zone" in robot.follower.sentence


def test_positions_that_are_no_numbers_are_left_out():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    robot.tick(see(6, math.nan, 0.0), see(7, 1.5, 0.0))
    assert robot.follower.track_id == 7
    for _ in range(5):
        robot.tick(see(7, math.nan, 0.0))
    assert robot.follower.state is FollowState.SEARCHING


def test_without_a_pose_it_waits_and_gives_up():
    follower = make_follower()
    follower.accept("goal", "", 0.0, 0.0)
    follower.step(1.0, None, None, "no transform map <- odom")
    assert follower.is_busy and "no transform" in follower.make_feedback().sentence
    follower.step(PARAMS.follow.find_s + 1.0, None, None, "no transform map <- odom")
    assert endings(follower.take_effects())[0].error_code is ErrorCode.TF_ERROR


def test_cancel_stops_and_only_the_own_goal_is_canceled():
    robot = Walker(make_follower())
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(10):
        robot.tick(see(7, 1.5 + 0.07 * k, 0.0, 0.7))
    assert not robot.follower.cancel("another", 1.0) and robot.follower.is_busy
    assert robot.follower.cancel("goal", 1.0)
    effects = robot.follower.take_effects()
    assert endings(effects)[0].ending is Ending.CANCELED and len(paths(effects)[-1]) == 0


def test_goals_of_both_kinds_replace_each_other_without_a_stop():
    navigator, follower = Navigator(PARAMS), make_follower()
    keeper = GoalKeeper(navigator, follower)
    keeper.follow("follow", "", 0.0, 0.0)
    follower.report_sightings([see(7, 1.5, 0.0, 0.7)], 0.0)
    for now_s in (0.1, 0.2):
        keeper.step(now_s, np.zeros(3), REST)
    assert paths(keeper.take_effects()) and keeper.is_busy
    keeper.navigate("drive", np.array([[3.0, 0.0, 0.0]]), 0.3)
    effects = keeper.take_effects()
    assert [(e.goal_id, e.message) for e in endings(effects)] == [("follow", REPLACED)] and paths(effects) == []
    # The way that is being driven is taken back when the new goal has none.
    keeper.navigator.abort(ErrorCode.NO_VALID_PATH, "no way", 0.4)
    assert len(paths(keeper.take_effects())[-1]) == 0
    keeper.navigate("drive again", np.array([[3.0, 0.0, 0.0]]), 0.5)
    keeper.take_effects()
    keeper.follow("follow again", "7", 0.0, 0.6)
    effects = keeper.take_effects()
    assert [e.goal_id for e in endings(effects)] == ["drive again"] and follower.is_busy and not navigator.is_busy


def test_the_search_goes_on_round_the_corner_where_the_prediction_was_wrong():
    occupancy = np.full((240, 400), 100, np.int8)
    occupancy[110:130, 100:300] = 0  # a corridor along y = -0.5 to 0.5
    occupancy[60:130, 180:200] = 0  # and one that goes off downwards at x = 3 to 4
    occupancy[60:80, 120:200] = 0  # and bends to the left at y = -3 to -2
    robot = Walker(make_follower(occupancy))
    robot.follower.accept("goal", "", 0.0, 0.0)
    for k in range(25):
        robot.tick(see(7, 1.5 + 0.07 * k, 0.0, 0.7))
    reached = []
    for _ in range(200):  # they turned down and left, out of sight
        robot.tick()
        reached.append(robot.pose[:2].copy())
    assert max(x for x, _ in reached) > 3.0 and min(y for _, y in reached) < -1.5
