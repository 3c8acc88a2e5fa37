"""Plans on small maps: where they lead, what they keep clear of, what is said when there is none."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.errors import MapError
from astro_nav.global_planning.cost_map import CostMap, MapChange
from astro_nav.global_planning.plan_result import ErrorCode
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

RESOLUTION_M = 0.05


def make_params(**changes) -> GlobalPlannerParams:
    return load_params(GlobalPlannerParams, "global_planner", changes={name.replace("__", "."): v for name, v in changes.items()})


def make_room(width_m: float = 6.0, height_m: float = 4.0) -> np.ndarray:
    occupancy = np.zeros((round(height_m / RESOLUTION_M), round(width_m / RESOLUTION_M)), np.int8)
    occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = 100
    return occupancy


def make_planner(occupancy: np.ndarray, origin=(0.0, 0.0, 0.0), **changes) -> GlobalPlanner:
    planner = GlobalPlanner(make_params(**changes))
    planner.set_map(OccupancyMap(occupancy, RESOLUTION_M, np.array(origin)))
    return planner


def split_room(gap_m: tuple[float, float] | None) -> np.ndarray:
    """A wall of 0.1 m at x = 3, with a gap between two y."""
    occupancy = make_room()
    occupancy[:, 60:62] = 100
    if gap_m is not None:
        occupancy[round(gap_m[0] / RESOLUTION_M) : round(gap_m[1] / RESOLUTION_M), 60:62] = 0
    return occupancy


def measure_clearance(planner: GlobalPlanner, poses: np.ndarray) -> float:
    """Smallest distance of the way to an obstacle's cell, by looking at every pair."""
    occupied = np.argwhere(planner.cost_map.map.occupancy >= 65)[:, ::-1] + 0.5
    points = planner.cost_map.find_points(poses[:, :2])
    gaps = np.abs(points[:, None, :] - occupied[None, :, :]) - 0.5
    return float(np.hypot(*np.moveaxis(np.maximum(gaps, 0.0), 2, 0)).min() * RESOLUTION_M)


def test_open_space_is_crossed_straight():
    result = make_planner(make_room()).plan(np.array([1.0, 1.5, 0.0]), np.array([5.0, 2.5, 1.2]), 7.0)
    assert result.error_code is ErrorCode.NONE and result.message == ""
    assert result.length_m == pytest.approx(np.hypot(4.0, 1.0), rel=1e-3)
    poses = result.path.poses_map
    np.testing.assert_allclose(poses[0, :2], [1.0, 1.5], atol=1e-9)
    np.testing.assert_allclose(poses[-1], [5.0, 2.5, 1.2], atol=1e-9)
    np.testing.assert_allclose(poses[:-1, 2], np.arctan2(1.0, 4.0), atol=0.02)
    assert result.path.stamp_s == 7.0 and result.path.frame_id == "map"


def test_poses_are_spaced_as_told_and_distances_to_go_fall_to_zero():
    result = make_planner(split_room((1.0, 1.9)), way__spacing_m=0.1).plan(np.array([1.0, 3.0, 0]), np.array([5.0, 3.0, 0]), 0.0)
    steps = np.linalg.norm(np.diff(result.path.poses_map[:, :2], axis=0), axis=1)
    assert steps.max() < 0.13
    assert (np.diff(result.distances_to_go_m) <= 0.0).all() and result.distances_to_go_m[-1] == 0.0
    assert (np.diff(result.costs_to_go_m) <= 0.0).all() and result.costs_to_go_m[-1] == 0.0
    assert (result.costs_to_go_m >= result.distances_to_go_m - 1e-6).all()
    assert result.length_m == pytest.approx(steps.sum())


def test_doors_are_crossed_in_the_middle_and_straight():
    planner = make_planner(split_room((1.0, 1.9)))
    poses = planner.plan(np.array([1.0, 3.0, 0.0]), np.array([5.0, 3.0, 0.0]), 0.0).path.poses_map
    in_door = poses[np.abs(poses[:, 0] - 3.05) < 0.05]
    assert len(in_door) > 0
    assert (np.abs(in_door[:, 1] - 1.45) < 0.06).all()
    assert (np.abs(in_door[:, 2]) < 0.35).all()
    assert measure_clearance(planner, poses) > 0.35


def test_a_gap_that_the_robot_fits_lengthwise_is_used_although_its_circumscribed_circle_does_not_fit():
    """The shipped robot is 0.25 m wide and 0.42 m long: 0.24 m around its middle."""
    planner = make_planner(split_room((2.0, 2.35)))
    result = planner.plan(np.array([1.0, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.is_found
    assert measure_clearance(planner, result.path.poses_map) >= 0.125


def test_a_gap_narrower_than_the_robot_is_no_way():
    result = make_planner(split_room((2.0, 2.2))).plan(np.array([1.0, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.error_code is ErrorCode.NO_VALID_PATH
    assert "no way from (1.00, 2.00) m to (5.00, 2.00) m" in result.message
    assert len(result.path.poses_map) == 0 and result.cost_m == float("inf")


@pytest.mark.parametrize("yaw_rad", [0.0, 0.5, 2.6, -1.57])
def test_a_rotated_map_gives_the_same_way_in_its_own_frame(yaw_rad):
    occupancy, start, goal = split_room((1.0, 1.9)), np.array([1.0, 3.0, 0.0]), np.array([5.0, 3.0, 0.3])
    plain = make_planner(occupancy).plan(start, goal, 0.0)
    origin = np.array([-4.0, 7.0, yaw_rad])
    from astro_nav.geometry.se2 import compose

    turned = make_planner(occupancy, origin).plan(compose(origin, start), compose(origin, goal), 0.0)
    np.testing.assert_allclose(turned.path.poses_map[:, :2], compose(origin, plain.path.poses_map)[:, :2], atol=1e-6)
    assert turned.cost_m == pytest.approx(plain.cost_m)


def test_ends_outside_the_map_are_told_apart():
    planner = make_planner(make_room())
    inside, outside = np.array([1.0, 1.0, 0.0]), np.array([1.0, -3.0, 0.0])
    assert planner.plan(outside, inside, 0.0).error_code is ErrorCode.START_OUTSIDE_MAP
    result = planner.plan(inside, outside, 0.0)
    assert result.error_code is ErrorCode.GOAL_OUTSIDE_MAP
    assert "(1.00, -3.00) m" in result.message and "y 0.00 to 4.00 m" in result.message
    far = planner.plan(inside, np.array([1e300, -3.0, 0.0]), 0.0)
    assert far.error_code is ErrorCode.GOAL_OUTSIDE_MAP and "(1e+300, -3.00) m" in far.message


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_ends_that_are_not_finite_are_refused_with_a_sentence(bad):
    planner = make_planner(make_room())
    good = np.array([1.0, 1.0, 0.0])
    for start, goal in ((good, np.array([bad, 1.0, 0.0])), (np.array([1.0, 1.0, bad]), good)):
        result = planner.plan(start, goal, 0.0)
        assert result.error_code is ErrorCode.UNKNOWN and "finite" in result.message


def test_without_a_map_there_is_a_sentence():
    result = GlobalPlanner(make_params()).plan(np.zeros(3), np.zeros(3), 0.0)
    assert result.error_code is ErrorCode.UNKNOWN and "no map yet" in result.message


def test_an_occupied_goal_is_replaced_by_the_nearest_place_and_said_so():
    occupancy = make_room()
    occupancy[38:42, 78:82] = 100  # a pillar of 0.2 m around (4, 2)
    result = make_planner(occupancy).plan(np.array([1.0, 2.0, 0.0]), np.array([4.0, 2.0, 0.0]), 0.0)
    assert result.is_found
    assert "the goal at (4.00, 2.00) m is occupied: going to" in result.message
    end = result.path.poses_map[-1]
    assert 0.2 < np.hypot(end[0] - 4.0, end[1] - 2.0) < 0.45
    assert result.goal_distance_m == pytest.approx(np.hypot(end[0] - 4.0, end[1] - 2.0))
    assert end[2] == 0.0


def test_an_occupied_goal_with_nothing_near_is_refused():
    occupancy = make_room()
    occupancy[20:60, 60:100] = 100
    result = make_planner(occupancy).plan(np.array([1.0, 2.0, 0.0]), np.array([4.0, 2.0, 0.0]), 0.0)
    assert result.error_code is ErrorCode.GOAL_OCCUPIED
    assert "search.goal_tolerance_m = 0.5 m" in result.message


def test_the_place_instead_of_an_occupied_goal_is_on_the_robots_side_of_a_wall():
    planner = make_planner(split_room(None))
    for robot_x in (1.0, 5.0):
        result = planner.plan(np.array([robot_x, 2.0, 0.0]), np.array([3.05, 2.0, 1.57]), 0.0)
        assert result.is_found
        assert (result.path.poses_map[-1, 0] < 3.0) == (robot_x < 3.0)


def test_a_free_goal_where_the_heading_does_not_fit_is_moved():
    """0.15 m beside a wall the robot fits along it, not across."""
    planner = make_planner(make_room())
    along = planner.plan(np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.225, 0.0]), 0.0)
    assert along.is_found and along.message == ""
    across = planner.plan(np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.225, 1.5708]), 0.0)
    assert across.is_found and "does not fit with that heading" in across.message
    assert across.path.poses_map[-1, 1] > 0.25


def test_unknown_space_is_treated_as_told():
    occupancy = make_room()
    occupancy[1:-1, 50:70] = -1
    start, goal = np.array([1.0, 2.0, 0.0]), np.array([5.0, 2.0, 0.0])
    blocked = make_planner(occupancy).plan(start, goal, 0.0)
    assert blocked.error_code is ErrorCode.NO_VALID_PATH and "unknown space" in blocked.message
    free = make_planner(occupancy, cost__unknown="free").plan(start, goal, 0.0)
    assert free.is_found and free.cost_m == pytest.approx(4.0, rel=0.02)
    discouraged = make_planner(occupancy, cost__unknown="discouraged").plan(start, goal, 0.0)
    assert discouraged.is_found and discouraged.cost_m == pytest.approx(3.0 + 4.0, rel=0.05)
    in_unknown = make_planner(occupancy).plan(start, np.array([3.0, 2.0, 0.0]), 0.0)
    assert in_unknown.error_code is ErrorCode.GOAL_OCCUPIED and "in unknown space" in in_unknown.message


def test_specks_of_unknown_cells_are_no_obstacles():
    occupancy = make_room()
    occupancy[38:42:2, 20:100:3] = -1
    result = make_planner(occupancy).plan(np.array([1.0, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.is_found and result.length_m < 4.2


def test_a_robot_that_touches_an_obstacle_leaves_by_the_shortest_free_way():
    result = make_planner(make_room()).plan(np.array([0.08, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.is_found
    assert result.length_m == pytest.approx(4.92, abs=0.05)


def test_a_robot_inside_an_obstacle_leaves_it_on_the_nearest_side():
    occupancy = make_room()
    occupancy[30:50, 40:60] = 100  # x 2 to 3, y 1.5 to 2.5
    result = make_planner(occupancy).plan(np.array([2.2, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.is_found
    poses = result.path.poses_map
    inside = (poses[:, 0] > 2.0) & (poses[:, 0] < 3.0) & (np.abs(poses[:, 1] - 2.0) < 0.5)
    left = poses[np.flatnonzero(~inside)[0]]
    assert left[0] < 2.05, "it is 0.2 m to the left side, 0.5 m to the others"


def test_the_way_out_of_an_obstacles_neighbourhood_does_not_lead_through_a_wall():
    occupancy = split_room((0.3, 1.2))
    result = make_planner(occupancy).plan(np.array([2.95, 3.0, 0.0]), np.array([3.4, 3.0, 0.0]), 0.0)
    assert result.is_found
    assert result.length_m > 4.0


def test_a_robot_buried_deep_is_told_so():
    occupancy = np.full((100, 100), 100, np.int8)
    occupancy[60:90, 60:90] = 0
    result = make_planner(occupancy).plan(np.array([0.5, 0.5, 0.0]), np.array([3.7, 3.7, 0.0]), 0.0)
    assert result.error_code is ErrorCode.START_OCCUPIED
    assert "search.escape_distance_m = 1 m" in result.message


def test_a_robot_with_a_free_start_behind_a_wall_is_not_said_to_stand_badly():
    result = make_planner(split_room(None)).plan(np.array([2.95, 2.0, 0.0]), np.array([5.0, 2.0, 0.0]), 0.0)
    assert result.error_code is ErrorCode.NO_VALID_PATH


def test_blocked_discs_send_the_way_round_and_leave_no_trace():
    occupancy = split_room((0.5, 1.4))
    occupancy[round(2.6 / RESOLUTION_M) : round(3.5 / RESOLUTION_M), 60:62] = 0  # a second door, farther away
    planner = make_planner(occupancy)
    start, goal = np.array([2.0, 1.0, 0.0]), np.array([4.0, 1.0, 0.0])
    before = planner.plan(start, goal, 0.0)
    weights, clearance_mm = planner.cost_map.weights.copy(), planner.cost_map.clearance_mm.copy()
    disc = np.array([[3.05, 0.95, 0.3]])
    round_way = planner.plan(start, goal, 0.0, blocked_discs_map=disc)
    assert before.length_m < 2.3 < 3.0 < round_way.length_m
    assert np.array_equal(planner.cost_map.weights, weights)
    assert np.array_equal(planner.cost_map.clearance_mm, clearance_mm)
    assert planner.measure_path(before.path) == pytest.approx(before.cost_m, rel=1e-6)
    assert planner.measure_path(before.path, disc) == float("inf")
    assert planner.measure_path(round_way.path, disc) == pytest.approx(round_way.cost_m, rel=1e-6)


def test_discs_beyond_the_map_do_no_harm():
    discs = np.array([[-50.0, 2.0, 0.3], [6.1, 4.1, 0.3], [np.nan, 0.0, 0.3]])
    assert make_planner(make_room()).plan(np.array([1.0, 1.0, 0]), np.array([5.0, 3.0, 0]), 0.0, blocked_discs_map=discs).is_found


def test_start_and_goal_may_be_the_same():
    result = make_planner(make_room()).plan(np.array([2.0, 2.0, 0.4]), np.array([2.0, 2.0, -1.0]), 0.0)
    assert result.is_found and result.length_m == 0.0
    np.testing.assert_allclose(result.path.poses_map[-1], [2.0, 2.0, -1.0])
    near = make_planner(make_room()).plan(np.array([2.0, 2.0, 0.4]), np.array([2.01, 2.01, -1.0]), 0.0)
    assert near.length_m == pytest.approx(np.hypot(0.01, 0.01))


def test_a_cancelled_search_says_so():
    occupancy = np.zeros((1000, 1000), np.int8)
    occupancy[::2, :-20] = 0
    for row in range(20, 980, 40):
        occupancy[row : row + 2, (0 if row % 80 else 20) : (980 if row % 80 else 1000)] = 100
    planner = make_planner(occupancy)
    ends = np.array([1.0, 0.4, 0.0]), np.array([1.0, 49.5, 0.0])
    assert planner.plan(*ends, 0.0, cancelled=lambda: True).error_code is ErrorCode.TIMEOUT
    assert planner.plan(*ends, 0.0).is_found


@pytest.mark.parametrize(
    "shape, resolution_m, origin, words",
    [
        ((0, 0), 0.05, (0, 0, 0), "0 x 0 cells"),
        ((5, 5), 0.0, (0, 0, 0), "resolution is 0.0 m"),
        ((5, 5), float("nan"), (0, 0, 0), "resolution is nan m"),
        ((5, 5), 0.05, (0, float("inf"), 0), "origin"),
        ((3000, 9000), 0.05, (0, 0, 0), "search.max_map_cells = 25000000"),
    ],
)
def test_maps_on_which_nothing_can_be_planned_are_refused_and_the_one_before_stays(shape, resolution_m, origin, words):
    planner = make_planner(make_room())
    with pytest.raises(MapError, match=words.replace(".", r"\.")):
        planner.set_map(OccupancyMap(np.zeros(shape, np.int8), resolution_m, np.array(origin, float)))
    assert planner.plan(np.array([1.0, 1.0, 0.0]), np.array([5.0, 3.0, 0.0]), 0.0).is_found


def test_a_map_of_one_cell_can_be_stood_on():
    planner = make_planner(np.zeros((1, 1), np.int8), cost__unknown="free")
    assert planner.plan(np.array([0.02, 0.02, 0.0]), np.array([0.03, 0.03, 1.0]), 0.0).is_found


def test_a_changed_map_is_computed_again_where_it_changed_and_equals_a_new_one():
    generator = np.random.default_rng(4)
    occupancy = np.where(generator.random((150, 210)) < 0.02, 100, np.where(generator.random((150, 210)) < 0.05, -1, 0))
    occupancy = occupancy.astype(np.int8)
    params = make_params()
    cost_map = CostMap(OccupancyMap(occupancy, RESOLUTION_M, np.zeros(3)), params)
    for top, left, size in ((40, 60, 30), (0, 0, 10), (140, 200, 40), (70, 5, 1)):
        changed = occupancy.copy()
        block = changed[top : top + size, left : left + size]
        block[...] = generator.choice(np.array([-1, 0, 0, 0, 100], np.int8), block.shape)
        occupancy = changed
        assert cost_map.update(OccupancyMap(occupancy, RESOLUTION_M, np.zeros(3))) is MapChange.CELLS
        fresh = CostMap(OccupancyMap(occupancy, RESOLUTION_M, np.zeros(3)), params)
        assert np.array_equal(cost_map.weights, fresh.weights)
        assert np.array_equal(cost_map.clearance_mm, fresh.clearance_mm)
    assert cost_map.update(OccupancyMap(occupancy.copy(), RESOLUTION_M, np.zeros(3))) is MapChange.NOTHING
    assert cost_map.update(OccupancyMap(occupancy, 0.1, np.zeros(3))) is MapChange.EVERYTHING


def test_memory_stays_within_sixteen_bytes_a_cell():
    planner = make_planner(np.zeros((1000, 1000), np.int8))
    planner.plan(np.array([1.0, 1.0, 0.0]), np.array([49.0, 49.0, 0.0]), 0.0)
    assert planner.memory_bytes < 16 * 1000 * 1000


def test_the_same_question_has_the_same_answer_bit_for_bit():
    planner, other = make_planner(split_room((1.0, 1.9))), make_planner(split_room((1.0, 1.9)))
    start, goal = np.array([1.0, 3.0, 0.0]), np.array([5.0, 3.0, 0.0])
    first = planner.plan(start, goal, 0.0)
    planner.plan(goal, start, 0.0)
    for again in (planner.plan(start, goal, 0.0), other.plan(start, goal, 0.0)):
        assert np.array_equal(first.path.poses_map, again.path.poses_map)


def make_bend(width_m: float) -> np.ndarray:
    """A room at the left and a room at the right, joined by a corridor with two right-angled bends."""
    occupancy = np.full((120, 160), 100, np.int8)
    occupancy[10:110, 5:40] = occupancy[10:110, 120:155] = 0
    half = round(0.5 * width_m / RESOLUTION_M)
    occupancy[30 - half : 30 + half, 40 : 80 + half] = 0
    occupancy[30 - half : 90 + half, 80 - half : 80 + half] = 0
    occupancy[90 - half : 90 + half, 80 - half : 120] = 0
    return occupancy


def test_a_bend_too_tight_for_the_robots_length_is_no_way_and_named():
    """The corridor is 0.3 m wide: the robot, 0.25 m wide, drives straight in it, but 0.42 m long it cannot turn."""
    ends = np.array([1.0, 1.5, 0.0]), np.array([7.0, 4.5, 0.0])
    refused = make_planner(make_bend(0.3)).plan(*ends, 0.0)
    assert refused.error_code is ErrorCode.NO_VALID_PATH
    assert "does not fit round the bend at" in refused.message
    assert make_planner(make_bend(0.6)).plan(*ends, 0.0).is_found
    straight = np.full((120, 160), 100, np.int8)
    straight[10:110, 5:40] = straight[10:110, 120:155] = 0
    straight[27:33, 40:120] = 0
    assert make_planner(straight).plan(*ends, 0.0).is_found, "the same width without a bend"


def test_a_wide_detour_is_taken_instead_of_a_bend_too_tight():
    occupancy = make_bend(0.3)
    occupancy[98:110, 40:120] = 0  # a corridor of 0.6 m, farther round
    planner = make_planner(occupancy)
    result = planner.plan(np.array([1.0, 1.5, 0.0]), np.array([7.0, 4.5, 0.0]), 0.0)
    assert result.is_found
    assert result.path.poses_map[:, 1].max() > 4.8
    weights = planner.cost_map.weights.copy()
    fresh = make_planner(occupancy).cost_map.weights
    assert np.array_equal(weights, fresh), "closed places are opened again"


def test_a_goal_on_which_something_stands_is_replaced_by_a_place_beside_it_and_said_so():
    planner = make_planner(make_room())
    disc = np.array([[3.0, 2.0, 0.25]])
    result = planner.plan(np.array([1.0, 2.0, 0.0]), np.array([3.0, 2.0, 0.0]), 0.0, blocked_discs_map=disc)
    assert result.is_found and "something stands there" in result.message
    end = result.path.poses_map[-1]
    assert 0.37 < np.hypot(*(end[:2] - disc[0, :2])) <= planner.params.search.goal_tolerance_m
    covered = np.array([[3.0, 2.0, 0.9]])
    result = planner.plan(np.array([1.0, 2.0, 0.0]), np.array([3.0, 2.0, 0.0]), 0.0, blocked_discs_map=covered)
    assert result.error_code is ErrorCode.GOAL_OCCUPIED


def test_headings_where_the_outline_touches_are_turned_to_where_it_fits():
    """Along every way the outline fits with the heading that the way hands out, away from its ends."""
    rng = np.random.default_rng(3)
    occupancy = np.zeros((80, 80), np.int8)
    occupancy[rng.integers(5, 75, 45), rng.integers(5, 75, 45)] = 100
    planner = make_planner(occupancy)
    found = 0
    for _ in range(25):
        start, goal = np.append(rng.uniform(0.4, 3.6, 2), 0.0), np.append(rng.uniform(0.4, 3.6, 2), 0.0)
        result = planner.plan(start, goal, 0.0)
        if not result.is_found:
            continue
        found += 1
        to_go = result.distances_to_go_m
        radius_m = planner.params.robot.circumscribed_radius_m
        way_out_m = planner.params.search.escape_distance_m
        inner = (to_go > radius_m) & (to_go < to_go[0] - radius_m - way_out_m)
        assert all(planner.cost_map.fits(pose) for pose in result.path.poses_map[inner])
    assert found > 10


def test_a_rectangle_is_not_sent_into_a_pocket_to_face_across_it():
    """A dead end 0.35 m wide and 0.8 m deep: the robot can stand in it lengthwise, but cannot face its side wall."""
    occupancy = make_room()
    occupancy[20:36, 40:46] = 100
    occupancy[20:36, 53:59] = 100
    occupancy[36, 40:59] = 100
    planner = make_planner(occupancy)
    pocket = np.array([0.05 * 49.5, 0.05 * 30.0])
    start = np.array([2.0, 0.5, 0.0])
    assert planner.plan(start, np.array([*pocket, np.pi / 2]), 0.0).message == ""
    across = planner.plan(start, np.array([*pocket, 0.0]), 0.0)
    assert not across.is_found or across.goal_distance_m > 0.1
