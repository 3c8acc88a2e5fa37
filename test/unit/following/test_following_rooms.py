"""Ways to a person, what was seen free, and whether a robot shuts somebody in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scenes.ring_scan import make_legs, make_scan

from astro_nav.following.free_memory import FREE, FURNITURE, FreeMemory
from astro_nav.following.free_space import FreeSpace
from astro_nav.following.passing import BODY_M, REACH_M, Passing
from astro_nav.following.route import RouteFinder
from astro_nav.following.scan_view import ScanView
from astro_nav.types import OccupancyMap

RESOLUTION_M = 0.05


def make_space(occupancy, pose=(0.0, 0.0, 0.0), middle=(3.0, 2.0)):
    space = FreeSpace(65, True)
    space.set_map(OccupancyMap(occupancy, RESOLUTION_M, np.array(pose)))
    space.move_to(np.array(middle))
    return space


def draw_two_rooms():
    """6 m by 4 m, a wall at x = 3.0 to 3.1 with a door from y = 0.5 to 1.4."""
    occupancy = np.zeros((80, 120), np.int8)
    occupancy[[0, -1]], occupancy[:, [0, -1]] = 100, 100
    occupancy[:, 60:62] = 100
    occupancy[10:28, 60:62] = 0
    return occupancy


@pytest.mark.parametrize("yaw", [0.0, 0.7])
def test_the_way_to_a_person_in_the_next_room_leads_through_the_door(yaw):
    turn = np.array([[math.cos(yaw), -math.sin(yaw)], [math.sin(yaw), math.cos(yaw)]])
    robot, person = turn @ [1.5, 3.2], turn @ [4.5, 3.2]
    space = make_space(draw_two_rooms(), (0.0, 0.0, yaw), turn @ [3.0, 2.0])
    way = RouteFinder(space, 0.125).find(robot, person, np.zeros((0, 2)))
    assert (way[0] == robot).all() and (way[-1] == person).all()
    local = way @ turn
    through = local[(local[:, 0] > 2.95) & (local[:, 0] < 3.15)]
    assert len(through) and (through[:, 1] > 0.5).all() and (through[:, 1] < 1.4).all()
    length_m = np.hypot(*np.diff(way, axis=0).T).sum()
    # Through the middle of the door, for there is room.
    assert length_m < 1.08 * (math.dist([1.5, 3.2], [3.0, 0.95]) + 0.1 + math.dist([3.1, 0.95], [4.5, 3.2]))
    assert space.measure_room(way).min() > 0.125


def test_where_the_person_walked_there_is_a_way_although_the_map_shows_none():
    occupancy = draw_two_rooms()
    occupancy[10:28, 60:62] = 100  # the door was closed when the map was made
    trail = np.stack([np.linspace(2.0, 4.0, 60), np.full(60, 1.0)], axis=1)
    way = RouteFinder(make_space(occupancy), 0.125).find(np.array([1.5, 3.2]), np.array([4.5, 3.2]), trail)
    crossing = way[np.argmin(np.abs(way[:, 0] - 3.05))]
    assert abs(crossing[1] - 1.0) < 0.2


def test_without_a_map_the_way_is_straight():
    way = RouteFinder(FreeSpace(65, True), 0.125).find(np.zeros(3), np.ones(2), np.zeros((0, 2)))
    assert way.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_a_robot_in_the_door_shuts_in_and_beside_it_does_not():
    passing = Passing(make_space(draw_two_rooms()), np.array([1.5, 2.0]), 0.8)
    assert passing.measure_shut_in(np.array([3.05, 0.95])) > 0.3
    assert passing.measure_shut_in(np.array([2.2, 3.4])) < 0.05
    assert passing.measure_shut_in(np.array([4.5, 3.0])) < 0.05


def test_shut_in_agrees_with_a_plain_flood():
    space, person, keep_m = make_space(draw_two_rooms()), np.array([1.5, 2.0]), 0.8
    window = space.window
    height, width = window.distance_m.shape

    def flood(free):
        start = min(free, key=lambda cell: math.dist(middle(cell), person))
        reached, waiting = {start}, [start]
        while waiting:
            row, column = waiting.pop()
            for other in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if other in free and other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return reached

    def middle(cell):
        return window.origin + window.resolution_m * (np.array(cell[::-1]) + 0.5)

    cells = [(row, column) for row in range(height) for column in range(width)]
    area = flood({cell for cell in cells if window.distance_m[cell] >= BODY_M and math.dist(middle(cell), person) <= REACH_M})
    for robot in ([3.05, 0.95], [2.6, 1.0], [1.5, 1.2], [2.9, 1.9]):
        kept = min(keep_m, math.dist(robot, person) - 0.1)
        left = {cell for cell in area if math.dist(middle(cell), robot) > kept}
        expected = 1.0 - len(flood(left)) / len(left)
        assert Passing(space, person, keep_m).measure_shut_in(np.array(robot)) == pytest.approx(expected, abs=0.02)


def test_what_comes_where_it_was_free_differs_from_what_has_always_stood_there():
    memory, thing = FreeMemory(), (1.5, 1.0, 0.15)
    memory.begin(OccupancyMap(np.zeros((100, 100), np.int8), 0.05, np.array([-2.5, -2.5, 0.3])))
    walls = [(-3.0, 2.2, 3.0, 2.2), (2.4, -3.0, 2.4, 3.0), (-3.0, -2.2, 3.0, -2.2)]
    away, nobody = np.array([9.0, 9.0]), 0.7
    for step in range(40):
        scan = make_scan((0.0, 0.0), [thing], walls, 0.1 * step)
        memory.add_scan(ScanView(scan), scan.points_odom[scan.hit], away, nobody)
    legs = make_legs(1.2, -0.5)
    for step in range(40, 100):
        scan = make_scan((0.0, 0.0), [thing, *legs], walls, 0.1 * step)
        memory.add_scan(ScanView(scan), scan.points_odom[scan.hit], np.array([1.2, -0.5]), nobody)
    surfaces = np.array([[1.4, 0.9], [1.15, -0.45], [2.45, 2.6], [50.0, 50.0]])
    at_thing, at_person, behind, outside = memory.look_up(surfaces)
    assert at_thing >= FURNITURE and at_person <= FREE and behind == 0.0 and outside == 0.0
