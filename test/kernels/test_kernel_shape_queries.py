"""Rays and distances against shapes: the kernels equal an oracle that knows neither grid nor slabs."""

import math

import numpy as np
import pytest
from reference import shape_queries as oracle

from astro_nav.kernels import shape_queries
from astro_nav.simulation.solids import Solid, SolidIndex

NO_RECTANGLES, NO_DISCS = np.zeros((1, 0, 6)), np.zeros((1, 0, 3))


def make_scene(seed: int, boxes: int = 40, cylinders: int = 30) -> SolidIndex:
    generator = np.random.default_rng(seed)
    solids = [
        Solid(
            name=f"box {i}",
            kind="object",
            center_map=tuple(generator.uniform(-8.0, 8.0, 2)),
            yaw_rad=float(generator.choice([0.0, math.pi / 2, generator.uniform(-3.0, 3.0)])),
            size_m=tuple(generator.uniform(0.02, 3.0, 2)),
        )
        for i in range(boxes)
    ]
    solids += [
        Solid(
            name=f"cylinder {i}",
            kind="object",
            center_map=tuple(generator.uniform(-8.0, 8.0, 2)),
            radius_m=float(generator.uniform(0.01, 0.5)),
        )
        for i in range(cylinders)
    ]
    return SolidIndex(solids, lambda solid: True)


def make_rays(generator: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    origins = generator.uniform(-12.0, 12.0, (count, 2))
    angles = np.concatenate([generator.uniform(-np.pi, np.pi, count - 4), [0.0, np.pi / 2, np.pi, -np.pi / 2]])
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    directions[-4:] = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]
    return origins, directions


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("max_range_m", [3.0, 30.0])
def test_rays_equal_the_oracle(seed, max_range_m):
    index = make_scene(seed)
    origins, directions = make_rays(np.random.default_rng(100 + seed), 300)
    measured = index.cast_rays(origins, directions, max_range_m, np.zeros(300), NO_RECTANGLES, NO_DISCS)
    expected = [oracle.cast_ray(o, u, max_range_m, index.rectangles, index.discs) for o, u in zip(origins, directions)]
    assert np.isfinite(measured).sum() > 50
    np.testing.assert_allclose(measured, expected, atol=1e-9)


def test_rays_see_moving_shapes_where_they_are_at_the_ray_s_time():
    index = SolidIndex([], lambda solid: True)
    legs = np.array([[[2.0, 0.0, 0.1]], [[4.0, 0.0, 0.1]], [[8.0, 0.0, 0.1]]])
    panels = np.zeros((3, 0, 6))
    times = np.array([0.0, 0.5, 1.0, 1.25, 2.0])
    origins, directions = np.zeros((5, 2)), np.tile([1.0, 0.0], (5, 1))
    measured = index.cast_rays(origins, directions, 20.0, times, panels, legs)
    np.testing.assert_allclose(measured, [1.9, 2.9, 3.9, 4.9, 7.9], atol=1e-12)


def test_rays_look_through_what_is_absent():
    index = make_scene(3)
    index.active[:] = False
    absent_leg = np.array([[[2.0, 0.0, 0.0]]])
    origins, directions = make_rays(np.random.default_rng(0), 100)
    measured = index.cast_rays(origins, directions, 20.0, np.zeros(100), NO_RECTANGLES, absent_leg)
    assert np.isinf(measured).all()


@pytest.mark.parametrize("seed", range(6))
def test_point_distances_equal_the_oracle(seed):
    index = make_scene(seed)
    points = np.random.default_rng(seed).uniform(-10.0, 10.0, (200, 2))
    measured = index.measure_point_distances(points, 1.5)
    expected = [min(oracle.measure_point(point, index.rectangles, index.discs), 1.5) for point in points]
    np.testing.assert_allclose(measured, expected, atol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_polygon_clearance_equals_the_oracle(seed):
    index = make_scene(seed, boxes=12, cylinders=8)
    generator = np.random.default_rng(seed)
    outcomes = set()
    for _ in range(60):
        half = generator.uniform(0.05, 0.5, 2)
        rectangle = (*generator.uniform(-10.0, 10.0, 2), math.cos(a := generator.uniform(-3, 3)), math.sin(a), *half)
        corners = oracle.list_corners(rectangle)
        measured, which = index.measure_polygon_clearance(np.array(corners), np.zeros((0, 6)), np.zeros((0, 3)))
        expected = oracle.measure_polygon(corners, index.rectangles, index.discs)
        assert measured == pytest.approx(expected, abs=1e-9)
        assert 0 <= which < len(index.solids)
        outcomes.add(measured == 0.0)
    assert outcomes == {True, False}  # both overlaps and gaps were among them


def test_polygons_that_cross_without_a_vertex_inside_each_other_overlap():
    cross = np.array([[2.0, 0.1], [-2.0, 0.1], [-2.0, -0.1], [2.0, -0.1]])
    upright = np.array([[0.0, 0.0, 0.0, 1.0, 2.0, 0.1]])
    distance, _ = shape_queries.measure_polygon_clearance(
        cross, upright, np.zeros((0, 3)), np.ones(1, dtype=bool), np.zeros((0, 6)), np.zeros((0, 3))
    )
    assert distance == 0.0


def test_clearance_of_nothing_is_infinite():
    index = SolidIndex([], lambda solid: True)
    square = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
    assert index.measure_polygon_clearance(square, np.zeros((0, 6)), np.zeros((0, 3))) == (math.inf, -1)
