"""Keep-out and slow zones: read from a file, obeyed by ways, changed while the map stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_nav.errors import MapError
from astro_nav.global_planning.cost_map import CostMap
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.global_planning.zones import Zone, contain_points, find_speed_limit, read_zones
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

PARAMS = load_params(GlobalPlannerParams, "global_planner")
STAIRS = Zone("stairs", np.array([[2.5, 1.0], [3.5, 1.0], [3.5, 3.0], [2.5, 3.0]]))
START, GOAL = np.array([1.0, 2.0, 0.0]), np.array([5.0, 2.0, 0.0])


def make_planner() -> GlobalPlanner:
    planner = GlobalPlanner(PARAMS)
    planner.set_map(OccupancyMap(np.zeros((80, 120), np.int8), 0.05, np.zeros(3)))
    return planner


def test_a_way_keeps_the_robots_outline_out_of_a_zone_from_the_moment_it_is_set_until_it_is_lifted():
    planner = make_planner()
    before = planner.plan(START, GOAL, 0.0)
    planner.set_zones([STAIRS])
    around = planner.plan(START, GOAL, 0.0)
    assert around.length_m > before.length_m + 0.3
    assert not contain_points(STAIRS.polygon_map, around.path.poses_map[:, :2]).any()
    assert not planner.cost_map.fits(np.array([2.4, 2.0, 0.0])), "the outline, not only its middle"
    inside = planner.plan(START, np.array([3.0, 2.0, 0.0]), 0.0)
    assert not inside.is_found
    planner.set_zones([])
    after = planner.plan(START, GOAL, 0.0)
    np.testing.assert_array_equal(after.path.poses_map, before.path.poses_map)


def test_a_slow_zone_is_gone_round_when_that_is_quicker():
    for speed_mps, goes_round in ((0.9, False), (0.1, True)):
        planner = make_planner()
        planner.set_zones([Zone("nursery", STAIRS.polygon_map, speed_mps)])
        result = planner.plan(START, GOAL, 0.0)
        core = STAIRS.polygon_map.mean(axis=0) + 0.75 * (STAIRS.polygon_map - STAIRS.polygon_map.mean(axis=0))
        assert contain_points(core, result.path.poses_map[:, :2]).any() != goes_round, "a smoothed way may cut a corner"


def test_zones_set_live_equal_zones_of_a_new_map():
    rng = np.random.default_rng(2)
    occupancy = np.where(rng.random((80, 120)) < 0.01, 100, 0).astype(np.int8)
    occupancy_map = OccupancyMap(occupancy, 0.05, np.array([0.3, -0.2, 0.4]))
    zones = [STAIRS, Zone("slow", np.array([[0.0, 0.0], [2.0, 0.5], [1.0, 3.0]]), 0.4), Zone("far", STAIRS.polygon_map + 100.0)]
    live = CostMap(occupancy_map, PARAMS)
    live.set_zones([Zone("other", STAIRS.polygon_map - 1.0)])
    live.set_zones(zones)
    fresh = CostMap(occupancy_map, PARAMS, zones)
    np.testing.assert_array_equal(live.clearance_mm, fresh.clearance_mm)
    np.testing.assert_allclose(live.weights, fresh.weights, rtol=1e-6)
    assert live.weights.max() <= live.weight_range[1] * (1.0 + 1e-6)


def test_the_lowest_speed_of_all_zones_around_counts():
    zones = [STAIRS, Zone("a", STAIRS.polygon_map, 0.5), Zone("b", STAIRS.polygon_map, 0.2)]
    assert find_speed_limit(zones, np.array([3.0, 2.0])) == 0.2
    assert find_speed_limit(zones, np.array([0.0, 0.0])) == 0.0


def test_zones_are_read_and_what_is_wrong_is_named(tmp_path: Path):
    path = tmp_path / "zones.yaml"
    square = "[[0, 0], [1, 0], [1, 1]]"
    path.write_text(f"zones:\n  - {{id: a, polygon: {square}}}\n  - {{id: b, kind: slow, max_speed_mps: 0.3, polygon: {square}}}\n")
    zones = read_zones(path)
    assert [(zone.zone_id, zone.is_keep_out, zone.max_speed_mps) for zone in zones] == [("a", True, 0.0), ("b", False, 0.3)]
    path.write_text("")
    assert read_zones(path) == []
    for text, word in (
        (f"[{{id: a, kind: slow, polygon: {square}}}]", "max_speed_mps"),
        (f"[{{id: a, kind: fast, polygon: {square}}}]", "keep_out or slow"),
        (f"[{{id: a, polygons: {square}}}]", "zone 1"),
        (f"[{{id: a, colour: red, polygon: {square}}}]", "unknown colour"),
        ("[{id: a, polygon: [[0, 0], [1, .nan], [1, 1]]}]", "three corners"),
        ("[{id: a, polygon: [[0, 0], [1, 1]]}]", "three corners"),
        ("zones: 3", "list"),
        ("{", "cannot be read"),
    ):
        path.write_text(text)
        with pytest.raises(MapError, match=word):
            read_zones(path)
    with pytest.raises(MapError, match="cannot be read"):
        read_zones(tmp_path / "none.yaml")
