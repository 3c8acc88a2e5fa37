"""Whether the outline touches, against the plain distances of geometry.footprint."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.geometry.se2 import invert, transform_points
from astro_nav.global_planning.cost_map import CostMap
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

OUTLINES = ("[[0.21, 0.125], [-0.21, 0.125], [-0.21, -0.125], [0.21, -0.125]]", "[[0.3, 0.0], [0.0, 0.2], [-0.1, 0.05], [-0.2, -0.2]]")


@pytest.mark.parametrize("outline", OUTLINES)
@pytest.mark.parametrize("origin", [(0.0, 0.0, 0.0), (-3.0, 7.0, 2.1)])
def test_an_outline_fits_exactly_where_no_obstacles_surface_is_in_it(outline, origin):
    params = load_params(GlobalPlannerParams, "global_planner", changes={"robot.footprint_m": outline})
    generator = np.random.default_rng(5)
    occupancy = np.where(generator.random((60, 80)) < 0.03, 100, 0).astype(np.int8)
    cost_map = CostMap(OccupancyMap(occupancy, 0.05, np.array(origin)), params)
    obstacles_map = cost_map.find_points_map(np.argwhere(occupancy == 100)[:, ::-1] + 0.5)
    answers = []
    for point_map in cost_map.find_points_map(generator.uniform(0.0, 1.0, (400, 2)) * [80.0, 60.0]):
        pose_map = np.array([*point_map, generator.uniform(-4.0, 4.0)])
        distances_m = compute_signed_distances(transform_points(invert(pose_map), obstacles_map), params.robot.footprint)
        answers.append(bool((distances_m >= 0.025 - 1e-6).all()))
        assert cost_map.fits(pose_map) == answers[-1]
    assert 40 < sum(answers) < 360
