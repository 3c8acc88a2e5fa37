"""The peers' kernels against plain loops, and the limits that every one of their motions keeps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference import peers as reference
from scenes.planning import load_weights, make_start

from astro_nav.evaluation.peers.path_integral import make_batch
from astro_nav.kernels.lanes import BLOCK
from astro_nav.kernels.peers.path_integral import (
    PathIntegralScene,
    PathIntegralWeights,
    blend_controls,
    evaluate_path_integral,
)
from astro_nav.kernels.peers.velocity_rollout import roll_out_velocities
from astro_nav.kernels.peers.window_costs import WINDOW_TERMS, score_window

LIMITS = load_weights().limits
STEPS, RESOLUTION_M = 24, 0.05
single = np.float32


def drive_all(start, wanted_v, wanted_omega, steps=STEPS, step_s=0.1):
    count = wanted_v.shape[1]
    rows = np.zeros((8, steps, count), dtype=np.float32)
    for first in range(0, count, BLOCK):
        last = min(first + BLOCK, count)
        roll_out_velocities(start, wanted_v, wanted_omega, first, last, LIMITS, single(step_s), *rows)
    return rows


@pytest.fixture(name="field", scope="module")
def make_field():
    """A wavy distance field of 6 m."""
    middles = (np.arange(120) + 0.5) * RESOLUTION_M
    x, y = np.meshgrid(middles, middles)
    return (0.35 + 0.3 * np.sin(1.7 * x) * np.cos(1.3 * y) + 0.02 * x).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_velocities_are_driven_as_the_plain_loop_drives_them(seed):
    rng = np.random.default_rng(seed)
    wanted = rng.uniform((-0.5, -3.0), (1.5, 3.0), (STEPS // 2, 70, 2)).astype(np.float32)
    start = make_start(3.0, 3.0, 0.4, rng.uniform(-0.2, 0.8), rng.uniform(-1.0, 1.0))
    rows = drive_all(start, wanted[..., 0].copy(), wanted[..., 1].copy())
    for k in range(70):
        one = (3.0, 3.0, 0.4, *start[4:].tolist())
        want = reference.drive_one(one, wanted[:, k].tolist(), LIMITS, 0.1, STEPS)
        for t, (x, y, yaw, *rest) in enumerate(want):
            got = rows[:, t, k]
            assert [got[0], got[1], *got[4:]] == pytest.approx([x, y, *rest], abs=4e-3)
            assert math.cos(yaw) * got[3] - math.sin(yaw) * got[2] == pytest.approx(0.0, abs=2e-3)


def test_whatever_is_wanted_the_limits_are_kept():
    rng = np.random.default_rng(5)
    wanted = rng.uniform((-9.0, -9.0), (9.0, 9.0), (STEPS, 300, 2)).astype(np.float32)
    v, omega, a, alpha = drive_all(make_start(), wanted[..., 0].copy(), wanted[..., 1].copy())[4:]
    slack = 1.0 + 1e-4
    assert v.max() <= LIMITS.max_speed * slack and v.min() >= -LIMITS.max_reverse_speed * slack
    assert np.abs(omega).max() <= LIMITS.max_turn_rate * slack
    assert (np.abs(v) + LIMITS.half_separation * np.abs(omega)).max() <= LIMITS.max_wheel_speed * 1.01
    assert np.abs(a).max() <= LIMITS.deceleration * slack and np.abs(alpha).max() <= LIMITS.turn_acceleration * slack
    assert np.abs(np.diff(a, axis=0)).max() <= LIMITS.jerk * 0.1 * slack
    assert np.abs(np.diff(alpha, axis=0)).max() <= LIMITS.turn_jerk * 0.1 * slack


def test_window_terms_equal_the_plain_loop(field):
    rng = np.random.default_rng(7)
    count = 40
    x, y = rng.uniform(1.0, 5.0, (2, 6, count)).astype(np.float32)
    yaw, v = rng.uniform(-3.0, 3.0, (6, count)), rng.uniform(-0.25, 1.0, (6, count)).astype(np.float32)
    cos, sin = np.cos(yaw).astype(np.float32), np.sin(yaw).astype(np.float32)
    clearance = rng.uniform(0.0, 0.4, (6, count)).astype(np.float32)
    path = np.array([[1.0, 1.2], [1.5, 1.6], [2.5, 1.6], [3.0, 3.0]], dtype=np.float32)
    terms, valid = np.empty((len(WINDOW_TERMS), count), dtype=np.float32), np.empty(count, dtype=np.bool_)
    score_window(
        x, y, cos, sin, v, clearance, single(0.02), path[:, 0].copy(), path[:, 1].copy(), field, single(RESOLUTION_M), single(0.3),
        single(10.0), terms, valid,
    )  # fmt: skip
    for k in range(count):
        ahead = (x[-1, k] + 0.3 * cos[-1, k], y[-1, k] + 0.3 * sin[-1, k])
        want = (
            reference.decay(10.0 * clearance[:, k].min()),
            reference.measure_path_distance(x[-1, k], y[-1, k], path.tolist()),
            reference.interpolate(field, RESOLUTION_M, x[-1, k], y[-1, k]),
            reference.measure_path_distance(*ahead, path.tolist()),
            reference.interpolate(field, RESOLUTION_M, *ahead),
            max(-v[-1, k], 0.0),
        )
        assert terms[:, k] == pytest.approx(want, abs=1e-4)
        assert valid[k] == (clearance[:, k].min() >= 0.02)
    assert 0 < valid.sum() < count


def make_scene(field, start):
    along = np.linspace(0.0, 2.5, 51)
    path = np.stack([2.0 + along, 3.0 + 0.3 * np.sin(along)], axis=1).astype(np.float32)
    free = np.ones(51, dtype=np.uint8)
    free[24:31] = 0
    return PathIntegralScene(
        start, single(0.05), single(RESOLUTION_M), field, single([0.12, -0.12]), single([0.0, 0.0]), single(0.14), single(0.01),
        path[:, 0].copy(), path[:, 1].copy(), single(0.05), free, single(4.0), single(3.2), single(math.cos(0.5)),
        single(math.sin(0.5)),
    )  # fmt: skip


WEIGHTS = PathIntegralWeights(
    constraint=4.0, obstacle=3.8, critical=1.2, critical_below=0.05, inflation=10.0, goal=5.0, goal_angle=3.0, prefer_forward=5.0,
    path_align=14.0, path_follow=5.0, path_angle=2.0, gamma_v=0.4, gamma_omega=0.1,
)  # fmt: skip
WEIGHTS = PathIntegralWeights(*(single(value) for value in WEIGHTS))
OFFSETS = (5, 6, 4, 3)


def evaluate(field, samples=150, seed=3):
    rng = np.random.default_rng(seed)
    controls = np.stack([np.full(STEPS, 0.5), np.linspace(0.3, -0.3, STEPS)]).astype(np.float32)
    noise = (rng.standard_normal((2, STEPS, samples)) * np.array([0.3, 0.8])[:, None, None]).astype(np.float32)
    scene = make_scene(field, make_start(2.0, 3.0, 0.1, 0.4, 0.0))
    batch = make_batch(samples, STEPS)
    furthest = evaluate_path_integral(*controls, *noise, scene, WEIGHTS, LIMITS, OFFSETS, batch)
    return controls, noise, scene, batch, furthest


def test_a_batch_is_judged_as_the_plain_loop_judges_it(field):
    controls, noise, scene, batch, furthest = evaluate(field)
    path = np.stack([scene.path_x, scene.path_y], axis=1).tolist()
    view = dict(
        path=path, spacing=0.05, free=scene.path_free.astype(bool), goal=(4.0, 3.2, 0.5), start=(2.0, 3.0),
    )  # fmt: skip
    circles = list(zip(scene.circles_x.tolist(), scene.circles_y.tolist()))
    reached, rows = [], []
    for k in range(noise.shape[2]):
        wanted = [
            (
                max(-LIMITS.max_reverse_speed, min(LIMITS.max_speed, controls[0, t] + noise[0, t, k])),
                max(-LIMITS.max_turn_rate, min(LIMITS.max_turn_rate, controls[1, t] + noise[1, t, k])),
            )
            for t in range(STEPS)
        ]
        states = reference.drive_one((2.0, 3.0, 0.1, 0.4, 0.0, 0.0, 0.0), wanted, LIMITS, 0.05, STEPS)
        rooms = [reference.measure_clearance(s[:3], circles, 0.14, field, RESOLUTION_M) for s in states]
        rows.append((states, rooms, wanted))
        if min(rooms) >= 0.01:
            reached.append(reference.find_reached(states[-1], path))
        assert batch.collides[k] == (min(rooms) < 0.01) or abs(min(rooms) - 0.01) < 1e-4
    assert furthest == max(reached)
    costs = [
        reference.score_path_integral(*row, controls.T.tolist(), view, WEIGHTS, LIMITS, furthest, OFFSETS) for row in rows
    ]
    # Where a length falls between two points of the path a rounding decides which one counts: 5 cm of one state of eight.
    assert batch.costs == pytest.approx(costs, abs=0.12)
    assert np.median(np.abs(batch.costs - costs)) < 5e-3


def test_the_blend_is_the_mean_weighted_by_cost_without_those_that_collide(field):
    controls, _, _, batch, _ = evaluate(field)
    batch.collides[::3] = True
    blended = controls.copy()
    best = blend_controls(batch, single(0.3), blended[0], blended[1])
    costs = np.where(batch.collides, np.inf, batch.costs.astype(float))
    weights = np.exp(-(costs - costs.min()) / 0.3)
    assert best == np.argmin(costs)
    assert blended[0] == pytest.approx(batch.wanted_v @ weights / weights.sum(), abs=1e-4)
    assert blended[1] == pytest.approx(batch.wanted_omega @ weights / weights.sum(), abs=1e-4)
    batch.collides[:] = True
    before = blended.copy()
    assert blend_controls(batch, single(0.3), blended[0], blended[1]) == -1
    np.testing.assert_array_equal(blended, before)
