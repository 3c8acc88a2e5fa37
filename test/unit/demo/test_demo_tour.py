"""Start, goals, box and walk in a map that says nothing but where its walls are."""

import math

import numpy as np
import pytest

from astro_nav.demo.free_space import FreeSpace
from astro_nav.demo.goals import Goal
from astro_nav.demo.tour import check_goals, choose_box, choose_goals, choose_start, choose_walk
from astro_nav.errors import GoalError
from astro_nav.params.demo import DemoParams
from astro_nav.params.files import load_params
from astro_nav.types import FREE, OCCUPIED, UNKNOWN, OccupancyMap

PARAMS = load_params(DemoParams, "demo")
FOOTPRINT = PARAMS.robot.footprint


def make_two_rooms(door_cells: int) -> OccupancyMap:
    """Two rooms of 4 x 4 m side by side, a door of `door_cells` of 0.05 m between them, and a closed third room."""
    occupancy = np.full((84, 250), UNKNOWN, np.int8)
    for left in (0, 82, 164):
        occupancy[0:84, left : left + 84] = OCCUPIED
        occupancy[2:82, left + 2 : left + 82] = FREE
    occupancy[40 : 40 + door_cells, 80:86] = FREE
    return OccupancyMap(occupancy, 0.05, np.array([-1.0, -2.0, 0.0]))


@pytest.fixture
def space():
    return FreeSpace(make_two_rooms(door_cells=16), FOOTPRINT)


def test_start_and_goals_have_room_and_are_connected(space):
    start = choose_start(space, PARAMS.tour)
    goals = choose_goals(space, start, PARAMS.tour, seed=3)
    points = np.array([start[:2]] + [goal.pose_map[:2] for goal in goals])
    assert len(goals) == PARAMS.tour.goals
    assert (space.measure_clearance(points) >= space.circumscribed_radius_m + PARAMS.tour.margin_m - 0.05).all()
    assert (points[:, 0] < 7.5).all(), "the closed room cannot be reached"
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)[~np.eye(len(points), dtype=bool)]
    assert apart.min() >= PARAMS.tour.min_spacing_m
    check_goals(space, start, goals)


def test_the_same_seed_gives_the_same_tour_and_another_one_another(space):
    start = choose_start(space, PARAMS.tour)
    tours = [choose_goals(space, start, PARAMS.tour, seed) for seed in (3, 3, 4)]
    assert tours[0] == tours[1]
    assert tours[0] != tours[2]


def test_goals_use_both_rooms_only_where_the_door_is_wide_enough():
    for door_cells, used_rooms in ((12, 2), (6, 1)):  # 0.6 m and 0.3 m for a robot 0.25 m wide, 0.1 m to spare
        space = FreeSpace(make_two_rooms(door_cells), FOOTPRINT)
        goals = choose_goals(space, choose_start(space, PARAMS.tour), PARAMS.tour, seed=1)
        assert len({goal.x_m > 3.1 for goal in goals}) == used_rooms


def test_a_map_without_room_is_refused_with_the_figures():
    space = FreeSpace(OccupancyMap(np.full((40, 40), OCCUPIED, np.int8), 0.05, np.zeros(3)), FOOTPRINT)
    with pytest.raises(GoalError, match="needs 0.39 m to every side, the widest place has 0.00 m"):
        choose_start(space, PARAMS.tour)


@pytest.mark.parametrize(
    ("goal", "named"),
    [
        (Goal(99.0, 0.0, 0.0), "outside the map, which reaches from"),
        (Goal(11.45, 0.0, 0.0), "in unknown space"),
        (Goal(-0.95, 0.0, 0.0), "in an obstacle"),
        (Goal(-0.83, 0.0, 0.0), "from an obstacle, the robot needs 0.12 m"),
        (Goal(9.0, 0.0, 0.0), "cannot be reached from the start"),
    ],
)
def test_a_goal_that_cannot_be_driven_to_is_named_with_the_nearest_one_that_can(space, goal, named):
    start = np.array([1.0, 0.0, 0.0])
    with pytest.raises(GoalError) as error:
        check_goals(space, start, [Goal(0.5, 0.5, 0.0), goal])
    assert "goal 2" in str(error.value)
    assert named in str(error.value)
    assert "the nearest place that can be reached is" in str(error.value)


def test_the_box_stands_in_the_way_and_leaves_room_to_pass(space):
    way = np.column_stack([np.linspace(-0.4, 2.6, 60), np.zeros(60)])
    box = choose_box(space, way, way[[0, -1]], PARAMS.surprise)
    assert box is not None
    assert np.linalg.norm(way - box[:2], axis=1).min() < 1e-9
    assert np.linalg.norm(way[[0, -1]] - box[:2], axis=1).min() >= PARAMS.surprise.keep_away_m
    room_m = space.measure_clearance(box[np.newaxis, :2])[0] - 0.5 * math.sqrt(2.0) * PARAMS.surprise.box_length_m
    assert room_m >= 2.0 * space.inscribed_radius_m + PARAMS.surprise.box_passage_m


def test_no_box_where_it_would_block_the_way(space):
    corridor = np.column_stack([np.linspace(3.0, 3.3, 10), np.full(10, 0.4)])  # in the door
    assert choose_box(space, corridor, np.array([[0.0, 0.0]]), PARAMS.surprise) is None


def test_the_walk_crosses_the_way_and_ends_beside_it(space):
    way = np.column_stack([np.linspace(-0.4, 2.6, 60), np.zeros(60)])
    walk = choose_walk(space, way, way[[0, -1]], PARAMS.surprise, seed=2)
    assert walk is not None
    line = np.linspace(walk.start_map, walk.end_map, 100)
    assert walk.start_map[1] * walk.end_map[1] < 0.0
    ends = np.stack([walk.start_map, walk.end_map])
    assert np.linalg.norm(ends[:, None] - way[None], axis=2).min() >= PARAMS.surprise.walk_aside_m
    assert space.measure_clearance(line).min() >= 0.3 + PARAMS.surprise.walk_room_m
    assert np.linalg.norm(line[:, None] - way[[0, -1]][None], axis=2).min() >= PARAMS.surprise.keep_away_m - 1e-6
    assert np.linalg.norm(walk.end_map - walk.start_map) <= PARAMS.surprise.walk_length_m + 1e-9


def test_no_walk_where_the_person_could_only_stand_in_the_way(space):
    corridor = np.column_stack([np.linspace(3.0, 3.3, 10), np.full(10, 0.4)])  # in the door
    assert choose_walk(space, corridor, np.array([[0.0, 0.0]]), PARAMS.surprise, seed=2) is None
