"""One person, whatever the tracker makes of them: scans and tracks as news to one belief."""

from __future__ import annotations

import numpy as np
from scenes.ring_scan import make_legs, make_scan

from astro_nav.evaluation.settings import load_settings
from astro_nav.following.person_keeper import PersonKeeper
from astro_nav.following.sighting import Sighting
from astro_nav.types import OccupancyMap

PARAMS = load_settings({})[0].global_planner.follow
MAP = OccupancyMap(np.zeros((160, 160), np.int8), 0.05, np.array([-4.0, -4.0, 0.0]))
WALLS = [(-4.0, -4.0, 4.0, -4.0), (4.0, -4.0, 4.0, 4.0), (4.0, 4.0, -4.0, 4.0), (-4.0, 4.0, -4.0, -4.0)]


def measure_room(points):
    return 4.0 - np.abs(points).max(axis=1)


def see(number, x, y, vx=0.0, vy=0.0, stamp_s=0.0):
    velocity = np.array([vx, vy])
    way = np.array([x, y]) + velocity * 0.1 * np.arange(31)[:, np.newaxis]
    return Sighting(number, "", True, bool(np.hypot(vx, vy) > 0.15), stamp_s, way[0], velocity, way, 0.1)


class Home:
    """A keeper that gets a scan from the origin ten times a second, and tracks."""

    def __init__(self, x=1.2, y=0.0):
        self.now_s = 0.0
        self.keeper = PersonKeeper(PARAMS, measure_room, MAP)
        self.keeper.begin(see(1, x, y))

    def tick(self, people, tracks=(), things=()):
        self.now_s += 0.1
        discs = [disc for x, y in people for disc in make_legs(x, y, (x, y))]
        self.keeper.take_tracks([see(*track, stamp_s=self.now_s) for track in tracks], self.now_s)
        self.keeper.take_scan(make_scan((0.0, 0.0), discs + list(things), WALLS, self.now_s))

    def find_error(self, x, y):
        return float(np.hypot(*(self.keeper.make_sighting(self.now_s).predict(self.now_s) - [x, y])))


def test_who_stands_is_kept_when_their_track_ends():
    home = Home()
    for _ in range(10):
        home.tick([(1.2, 0.0)], [(1, 1.2, 0.0)])
    for _ in range(80):
        home.tick([(1.2, 0.0)])
    assert home.keeper.is_visible and home.find_error(1.2, 0.0) < 0.15


def test_a_track_that_stays_behind_on_a_thing_is_left():
    home, thing = Home(), (1.0, 1.0, 0.15)
    for _ in range(40):
        home.tick([(1.2, 0.0)], [(1, 1.2, 0.0)], [thing])
    for step in range(60):  # past the thing; the track stays with it
        y = 0.06 * step
        x = 1.5
        slipped = (1, x, y, 0.0, 0.6) if y < 0.8 else (1, 1.0, 1.0)
        home.tick([(x, y)] if y < 3.2 else [], [slipped], [thing])
        if y < 3.0:
            assert home.find_error(x, y) < 0.35
    assert not home.keeper.is_visible or home.find_error(1.0, 1.0) > 0.8


def test_who_passes_by_is_not_taken_for_them():
    home = Home()
    for step in range(60):
        x = 3.0 - 0.08 * step
        home.tick([(1.2, 0.0), (x, 1.2)], [(1, 1.2, 0.0), (2, x, 1.2, -0.8, 0.0)])
    for step in range(30):  # and their track ends meanwhile
        home.tick([(1.2, 0.0), (-1.8 + 0.08 * step, 1.2)], [(2, -1.8 + 0.08 * step, 1.2, 0.8, 0.0)])
    assert home.keeper.is_visible and home.find_error(1.2, 0.0) < 0.2


def test_who_is_nowhere_in_view_is_not_believed_to_be_there():
    home = Home()
    for _ in range(10):
        home.tick([(1.2, 0.0)], [(1, 1.2, 0.0)])
    for _ in range(10):
        home.tick([])
    assert not home.keeper.is_visible
    for _ in range(30):
        home.tick([])
    assert not home.keeper.is_believed


def test_tracks_alone_will_do():
    keeper = PersonKeeper(PARAMS, measure_room, None)
    keeper.begin(see(1, 0.0, 0.0))
    for step in range(1, 40):
        keeper.take_tracks([see(1, 0.05 * step, 0.0, 0.5, 0.0, 0.1 * step)], 0.1 * step)
    assert keeper.is_visible and keeper.make_sighting(3.9).track_id == 1


def leave_a_ghost_behind(other=None):
    """They walk, stand, and walk on while something like legs stays where they stood; their track is slow to be called moving."""
    home = Home(x=1.2, y=-2.0)
    for step in range(25):
        home.tick([(1.2, -2.0 + 0.06 * step)], [(1, 1.2, -2.0 + 0.06 * step, 0.0, 0.6)])
    y = -2.0 + 0.06 * 24
    for _ in range(15):
        home.tick([(1.2, y)], [(1, 1.2, y)])
    for step in range(45):
        x = 1.2 + 0.05 * step
        vx = 0.1 if step < 14 else 0.5
        tracks = [(1, x, y, vx, 0.0), (11, 1.2, y, 0.0, 0.0) if other is None else other]
        home.tick([(1.2, y), (x, y)], tracks)
    return home, x, y


def test_a_proved_track_that_moves_overrules_a_belief_that_is_caught():
    home, x, y = leave_a_ghost_behind()
    assert home.find_error(x, y) < 0.45
    assert home.keeper.make_sighting(home.now_s).track_id == 1


def test_where_somebody_else_walks_the_belief_is_not_overruled():
    home, x, y = leave_a_ghost_behind(other=(11, 1.2, -0.56, 0.0, 0.2))
    assert home.find_error(1.2, y) < 0.45


def test_a_track_that_goes_on_where_rays_find_nobody_does_not_take_the_belief_along():
    home = Home(x=1.2, y=-2.0)
    for step in range(25):
        home.tick([(1.2, -2.0 + 0.06 * step)], [(1, 1.2, -2.0 + 0.06 * step, 0.0, 0.6)])
    y = -2.0 + 0.06 * 24
    for step in range(20):  # they turned aside and stand; the track goes on
        home.tick([(1.5, y)], [(1, 1.2, y + 0.09 * step, 0.0, 0.9)])
    assert home.keeper.is_visible and home.find_error(1.5, y) < 0.3


def test_who_turns_up_where_they_can_have_come_to_is_found_again_though_they_may_still_be_hidden():
    home, cupboard = Home(x=1.2, y=-1.2), (1.5, 0.0, 0.45)
    for step in range(20):  # behind a cupboard
        home.tick([(1.2 + 0.06 * step, -1.2 + 0.05 * step)], [(1, 1.2 + 0.06 * step, -1.2 + 0.05 * step, 0.6, 0.5)], [cupboard])
    for _ in range(25):
        home.tick([], [], [cupboard])
    assert not home.keeper.is_visible
    for _ in range(12):
        home.tick([(1.0, 1.6)], [(7, 1.0, 1.6)], [cupboard])
    assert home.keeper.is_visible and home.find_error(1.0, 1.6) < 0.3
