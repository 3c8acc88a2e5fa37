"""Whatever a person does: the robot is sent to finite places that keep the distance, and never into what the map shows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_nav.evaluation.settings import load_settings
from astro_nav.following.follower import Follower
from astro_nav.following.sighting import Sighting
from astro_nav.global_planning.navigator import PublishPath
from astro_nav.types import OccupancyMap

PARAMS = load_settings({})[0].global_planner
HALL = np.full((160, 160), 100, np.int8)  # x and y from -4 to 4 m, walls of 0.5 m around
HALL[10:150, 10:150] = 0
places = st.floats(-3.2, 3.2)
speeds = st.floats(-1.2, 1.2)


@settings(max_examples=150, deadline=None)
@given(places, places, st.floats(-3.1, 3.1), st.lists(st.tuples(places, places, speeds, speeds, st.booleans()), min_size=1, max_size=12))
def test_goals_are_finite_free_and_not_upon_the_person(x, y, yaw, moments):
    follower = Follower(PARAMS)
    follower.set_map(OccupancyMap(HALL, 0.05, np.array([-4.0, -4.0, 0.0])))
    follower.accept("goal", "7", 0.0, 0.0)
    robot = np.array([x, y, yaw])
    for number, (px, py, vx, vy, moving) in enumerate(moments):
        now_s = 0.1 * number
        way = np.array([px, py]) + np.array([vx, vy]) * 0.1 * np.arange(31)[:, np.newaxis]
        person = Sighting(7, "", True, moving, now_s, way[0], np.array([vx, vy]), way, 0.1)
        follower.report_sightings([person], now_s)
        follower.step(now_s, robot, np.zeros(2))
        for effect in follower.take_effects():
            poses = effect.path.poses_map if isinstance(effect, PublishPath) else np.zeros((0, 3))
            assert np.isfinite(poses).all()
            if len(poses) == 0 or math.dist(poses[-1][:2], robot[:2]) < 1e-6:
                continue
            assert np.abs(poses[-1][:2]).max() < 3.5  # in the hall
            # From where it is going the robot does not press on towards a person who is nearer than the distance.
            if math.dist(robot[:2], way[0]) < 0.5 * PARAMS.follow.distance_m and not moving:
                assert math.dist(poses[-1][:2], way[0]) >= math.dist(robot[:2], way[0]) - 0.16
