"""Tracking kernels against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import tracking as oracle

from astro_nav.kernels.free_space_memory import add_rays_to_memory, classify_points
from astro_nav.kernels.scan_alignment import align_points, fit_lines, index_by_bearing
from astro_nav.kernels.scan_segments import allocate_segments, measure_inner_steps, segment_scan
from astro_nav.kernels.track_filter import measure_innovations, predict_states, update_state
from astro_nav.kernels.track_visibility import count_rays, mark_near_points, mark_occupied_places

seeds = st.integers(0, 2**32 - 1)


def draw_scan(random, rays=60):
    """A ragged scan with gaps, from a lidar that moves."""
    bearings = -np.pi + 2.0 * np.pi * np.arange(rays) / rays + random.uniform(-0.01, 0.01)
    ranges = np.repeat(random.uniform(0.5, 4.0, rays // 4 + 1), 4)[:rays] + random.normal(0.0, 0.03, rays)
    ranges[random.random(rays) < 0.1] = 0.0
    origins = np.linspace([0.0, 0.0], random.uniform(-0.1, 0.1, 2), rays)
    points = origins + ranges[:, None] * np.stack([np.cos(bearings), np.sin(bearings)], axis=1)
    return points, origins, ranges, (ranges > 0.0) & (random.random(rays) < 0.95)


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(0, 3))
def test_segments_and_their_features_equal_the_plain_loop(seed, max_missing):
    random = np.random.default_rng(seed)
    points, origins, ranges, usable = draw_scan(random)
    classes = random.integers(-1, 2, len(points)).astype(np.int8) * (random.random() < 0.5)
    classes = classes.astype(np.int8)
    labels, segments = np.empty(len(points), np.int32), allocate_segments(len(points))
    count = segment_scan(points, origins, ranges, usable, classes, 0.1, 2.0, max_missing, labels, segments)
    expected = oracle.cut_scan(points, origins, ranges, usable, classes, 0.1, 2.0, max_missing)
    assert [sorted(np.flatnonzero(labels == s)) for s in range(count)] == [sorted(s) for s in expected]
    assert (labels >= 0).tolist() == usable.tolist()
    for s, members in enumerate(expected):
        features = oracle.measure_segment(members, points, origins, ranges, usable, classes, 0.1)
        for name, value in features.items():
            assert getattr(segments, name)[s] == pytest.approx(value, abs=1e-9), name


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(0, 3))
def test_inner_steps_equal_the_plain_loop(seed, max_missing):
    random = np.random.default_rng(seed)
    points, origins, ranges, usable = draw_scan(random)
    classes, labels = np.zeros(len(points), np.int8), np.empty(len(points), np.int32)
    gap = float(random.choice([0.1, 0.5, 1.5]))
    segment_scan(points, origins, ranges, usable, classes, gap, 2.0, max_missing, labels, allocate_segments(len(points)))
    segments = oracle.cut_scan(points, origins, ranges, usable, classes, gap, 2.0, max_missing)
    steps, widths = np.empty(len(segments)), np.empty(len(segments))
    measure_inner_steps(points, origins, ranges, labels, np.arange(len(segments)), steps, widths)
    expected = np.array([oracle.find_inner_step(segment, points, origins, ranges) for segment in segments]).reshape(-1, 2)
    assert steps == pytest.approx(expected[:, 0], abs=1e-9)
    assert widths == pytest.approx(expected[:, 1], abs=1e-9)


def test_spacing_of_rays_is_range_times_their_angle():
    bearings = np.radians(np.arange(20.0))
    points = 3.0 * np.stack([np.cos(bearings), np.sin(bearings)], axis=1)
    labels, segments = np.empty(20, np.int32), allocate_segments(20)
    usable, classes = np.ones(20, bool), np.zeros(20, np.int8)
    assert segment_scan(points, np.zeros((20, 2)), np.full(20, 3.0), usable, classes, 0.1, 2.0, 0, labels, segments) == 1
    # The last ray's neighbour across the seam is far away; its sine is cut off at 0.2.
    assert segments.spacings[0] == pytest.approx((19 * 3.0 * np.sin(np.radians(1.0)) + 3.0 * 0.2) / 20)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(0, 2))
def test_memory_equals_the_plain_loop(seed, reach):
    random = np.random.default_rng(seed)
    size, resolution = 16, 0.25
    corner = random.integers(-20, 20, 2)
    origin = (corner[::-1] + size // 2 + random.uniform(0.2, 0.8, 2)) * resolution
    points = origin + random.uniform(-3.0, 3.0, (12, 2))
    origins, kinds = np.tile(origin, (12, 1)), random.integers(0, 3, 12).astype(np.uint8)
    memory = random.uniform(-1.0, 1.0, (size, size)).astype(np.float32)
    rows = range(corner[0], corner[0] + size)
    cells = {(r, c): float(memory[r % size, c % size]) for r in rows for c in range(corner[1], corner[1] + size)}
    window = (int(corner[0]), int(corner[1]), size)

    classes, usable = np.empty(12, np.int8), random.random(12) < 0.9
    reaches = np.full(12, reach)
    classify_points(memory, points, usable, reaches, corner[0], corner[1], resolution, -0.1, 0.3, classes)
    for i in range(12):
        expected = oracle.classify_point(cells, points[i], reach, window, resolution, np.float32(-0.1), np.float32(0.3))
        assert classes[i] == (expected if usable[i] else 0)

    marks = np.zeros((size, size), np.int64)
    add_rays_to_memory(memory, marks, 1, points, origins, kinds, corner[0], corner[1], resolution, np.float32(0.2), np.float32(0.1))
    expected = oracle.remember_rays(cells, points, origins, kinds, window, resolution, 0.2, 0.1)
    for (row, column), value in expected.items():
        assert memory[row % size, column % size] == pytest.approx(value, abs=1e-6)


def draw_tracks(random, count):
    roots = random.normal(0.0, 0.5, (count, 4, 4))
    return random.normal(0.0, 2.0, (count, 4)), roots @ roots.transpose(0, 2, 1) + 1e-3 * np.eye(4)


@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(0.0, 2.0), st.floats(0.0, 4.0))
def test_prediction_of_states_equals_the_matrices(seed, duration, noise):
    states, covariances = draw_tracks(np.random.default_rng(seed), 3)
    expected = [oracle.predict_state(s, c, duration, noise) for s, c in zip(states.copy(), covariances.copy())]
    predict_states(states, covariances, duration, noise)
    for m, (state, covariance) in enumerate(expected):
        assert np.allclose(states[m], state, atol=1e-9)
        assert np.allclose(covariances[m], covariance, rtol=1e-9, atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(seeds, st.floats(-0.5, 0.5))
def test_correction_equals_the_information_form(seed, delay):
    random = np.random.default_rng(seed)
    states, covariances = draw_tracks(random, 1)
    root = random.normal(0.0, 0.3, (2, 2))
    position, noise = random.normal(0.0, 2.0, 2), root @ root.T + 1e-3 * np.eye(2)
    state, covariance, distance = oracle.correct_state(states[0], covariances[0], position, noise, delay)
    assert update_state(states[0], covariances[0], position, noise, delay) == pytest.approx(distance, rel=1e-6)
    assert np.allclose(states[0], state, rtol=1e-6, atol=1e-6)
    assert np.allclose(covariances[0], covariance, rtol=1e-5, atol=1e-8)
    assert np.array_equal(covariances[0], covariances[0].T) and np.linalg.eigvalsh(covariances[0])[0] > 0.0


def test_innovations_equal_the_information_form():
    random = np.random.default_rng(1)
    states, covariances = draw_tracks(random, 4)
    positions, noises = random.normal(0.0, 2.0, (3, 2)), np.tile(0.1 * np.eye(2) + 0.03, (3, 1, 1))
    distances, determinants = np.empty((4, 3)), np.empty((4, 3))
    measure_innovations(states, covariances, positions, noises, distances, determinants)
    for m in range(4):
        for i in range(3):
            expected = oracle.correct_state(states[m], covariances[m], positions[i], noises[i], 0.0)[2]
            assert distances[m, i] == pytest.approx(expected)
            assert determinants[m, i] == pytest.approx(np.log(np.linalg.det(covariances[m][:2, :2] + noises[i])))


@settings(max_examples=50, deadline=None)
@given(seeds)
def test_visibility_equals_the_plain_loop(seed):
    random = np.random.default_rng(seed)
    points, origins, ranges, usable = draw_scan(random)
    middles, radii = random.uniform(-4.0, 4.0, (5, 2)), random.uniform(0.1, 0.6, 5)
    middles = middles[np.linalg.norm(middles, axis=1) > 0.8]  # the lidar is in none of the discs
    radii = radii[: len(middles)]
    counts = np.empty((len(middles), 3), np.int64)
    count_rays(points, origins, ranges, middles, radii, counts)
    for m, middle in enumerate(middles):
        assert counts[m].tolist() == oracle.count_rays_at_disc(points, origins, ranges, middle, radii[m])
    near = np.array(oracle.find_near(points, middles, radii)).reshape(len(points), len(middles))
    marked, occupied = np.zeros(len(points), bool), np.empty(len(middles), bool)
    mark_near_points(points, usable, middles, radii, marked)
    assert marked.tolist() == (near.any(axis=1) & usable).tolist()
    mark_occupied_places(points, middles, 0.3, occupied)
    assert occupied.tolist() == np.array(oracle.find_near(middles, points, np.full(len(points), 0.3))).any(axis=1).tolist()


def draw_room(random, rays=180):
    """Points on the walls of a rectangular room, seen from inside."""
    bearings = -np.pi + 2.0 * np.pi * (np.arange(rays) + 0.5) / rays
    cos, sin = np.cos(bearings), np.sin(bearings)
    lengths = np.minimum(3.0 / np.abs(cos), 2.0 / np.abs(sin))
    return lengths[:, None] * np.stack([cos, sin], axis=1) + random.normal(0.0, 0.003, (rays, 2))


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_alignment_finds_the_motion_and_ends_in_a_minimum(seed):
    random = np.random.default_rng(seed)
    reference, usable = draw_room(random), np.ones(180, bool)
    slots, normals = np.empty(180, np.int64), np.empty((180, 2))
    index_by_bearing(reference, usable, 0.0, 0.0, slots)
    assert slots.tolist() == list(range(180))  # one ray a slot, in order
    fit_lines(reference, slots, 0.5, normals)
    motion = random.uniform([-0.08, -0.08, -0.06], [0.08, 0.08, 0.06])
    cos, sin = np.cos(-motion[2]), np.sin(-motion[2])
    points = (draw_room(random) - motion[:2]) @ np.array([[cos, sin], [-sin, cos]])
    points[:18] += random.uniform(0.3, 0.6, (18, 2))  # somebody has come
    prior, correction = np.full(3, 1e-3), np.zeros(3)
    partners = align_points(
        points, usable, reference, slots, normals, 0.0, 0.0, 0.0, 0.0, prior, 8, 0.4, 0.03, 30, correction
    )
    assert partners > 120
    assert np.abs(correction - motion) == pytest.approx(0.0, abs=0.012)
    # With the partners of the end, no small change lowers the plain-loop cost by more than rounding.
    cos, sin = np.cos(correction[2]), np.sin(correction[2])
    moved = points @ np.array([[cos, sin], [-sin, cos]]) + correction[:2]
    good = np.isfinite(normals[:, 0])
    gaps = np.linalg.norm(moved[:, None] - reference[None, good], axis=2)
    nearest, close = np.flatnonzero(good)[gaps.argmin(axis=1)], gaps.min(axis=1) < 0.2
    arguments = (points[close], reference[nearest[close]], normals[nearest[close]], np.zeros(2), prior, 0.03)
    least = oracle.measure_misfit(correction, *arguments)
    for axis in range(3):
        for step in (-0.004, 0.004):
            other = correction.copy()
            other[axis] += step
            assert oracle.measure_misfit(other, *arguments) > least


def test_lines_have_no_normal_at_corners_and_ends():
    points = np.array([[2.0, y] for y in np.linspace(-0.5, 0.5, 11)] + [[2.5, 0.5], [3.0, 0.5]])
    slots, normals = np.empty(360, np.int64), np.empty((360, 2))
    index_by_bearing(points, np.ones(13, bool), 0.0, 0.0, slots)
    fit_lines(points, slots, 0.3, normals)
    found = {int(slots[b]): normals[b] for b in range(360) if slots[b] >= 0}
    assert all(abs(found[i][0]) == pytest.approx(1.0) for i in range(3, 8) if np.isfinite(found[i][0]))
    assert sum(np.isfinite(found[i][0]) for i in range(3, 8)) >= 3
    assert not np.isfinite(found[0][0])
