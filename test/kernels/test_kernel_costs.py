"""Every term of the cost against its plain-loop oracle, on random candidates in a random scene."""

from __future__ import annotations

import math

import numpy as np
import pytest
from reference import costs as oracle
from scenes.planning import STEP_S, STEPS, draw_targets, load_weights, make_rollouts, make_start
from scipy.ndimage import gaussian_filter

from astro_nav.kernels.costs.progress import Goal
from astro_nav.kernels.evaluate import TERMS, Scene, evaluate_candidates

COUNT = 70  # more than one block, and not a multiple of it
CELLS, RESOLUTION = 120, 0.05
RECTANGLE = (0.0, 0.21, 0.125)
CIRCLES = [(-0.15, 0.0), (0.0, 0.0), (0.15, 0.0)]
RADIUS = 0.14


@pytest.fixture(scope="module", params=[0, 1, 2])
def evaluated(request):
    """A scene, its candidates, and what the kernels say of them."""
    rng = np.random.default_rng(request.param)
    smooth = lambda low, high: (low + (high - low) * gaussian_noise(rng)).astype(np.float32)  # noqa: E731 (a local shorthand)
    goal_pose = (3.0 + rng.uniform(-1, 1), 3.0 + rng.uniform(-1, 1), rng.uniform(-3, 3))
    near = request.param != 2
    people = 3
    scene = Scene(
        start=make_start(3.0, 3.0, 0.4, 0.4, 0.1, 0.1, -0.2),
        step=np.float32(STEP_S),
        resolution=np.float32(RESOLUTION),
        distance=smooth(-0.3, 0.6),
        unknown=(gaussian_noise(rng) > 0.6).astype(np.float32),
        cost_to_go=smooth(0.0, 5.0),
        goal=Goal(*map(np.float32, (goal_pose[0], goal_pose[1], math.cos(goal_pose[2]), math.sin(goal_pose[2]), near))),
        goal_excess=rng.uniform(0.0, 0.5, (16, 21, 21)).astype(np.float32),
        goal_spacing=np.float32(0.08),
        circles_x=np.array([c[0] for c in CIRCLES], dtype=np.float32),
        circles_y=np.array([c[1] for c in CIRCLES], dtype=np.float32),
        circle_radius=np.float32(RADIUS),
        middle_x=np.float32(RECTANGLE[0]),
        half_x=np.float32(RECTANGLE[1]),
        half_y=np.float32(RECTANGLE[2]),
        contact_below=np.float32(0.0),
        leeway=np.float32(0.02 * request.param),
        people_x=rng.uniform(2, 5, (people, STEPS)).astype(np.float32),
        people_y=rng.uniform(2, 5, (people, STEPS)).astype(np.float32),
        people_vx=rng.uniform(-1, 1, (people, STEPS)).astype(np.float32),
        people_vy=rng.uniform(-1, 1, (people, STEPS)).astype(np.float32),
        people_variance=rng.uniform(0.0, 0.2, (people, STEPS)).astype(np.float32),
        people_weight=rng.uniform(0.2, 1.0, (people, STEPS)).astype(np.float32),
        people_radius=rng.uniform(0.2, 0.3, people).astype(np.float32),
        people_space=rng.uniform(0.1, 1.0, people).astype(np.float32),
        plan_x=np.linspace(3.0, 4.5, 25, dtype=np.float32),
        plan_y=np.full(25, 3.2, dtype=np.float32),
    )
    targets = draw_targets(COUNT, rng)
    targets[:2] += 3.0
    weights = load_weights()
    weights = weights._replace(
        collision=weights.collision._replace(
            wary_per_metre=np.float32(2.0), wary_sigma=np.float32(0.05), wary_direction=np.float32((1, -1, 0)[request.param % 3])
        )
    )
    rollouts, costs = make_rollouts(COUNT), np.full((len(TERMS), COUNT), np.nan, dtype=np.float32)
    contact_step, least = np.full(COUNT, -1, dtype=np.int32), np.full(COUNT, np.nan, dtype=np.float32)
    evaluate_candidates(targets, 0, COUNT, scene, weights, rollouts, costs, contact_step, least)
    return scene, weights, rollouts, costs, contact_step, least, goal_pose, near


def gaussian_noise(rng):
    noise = gaussian_filter(rng.standard_normal((CELLS, CELLS)), 8.0)
    return (noise - noise.min()) / (noise.max() - noise.min())


def unpack(rollouts, k):
    columns = [np.asarray(row[:, k], dtype=float) for row in rollouts[:8]]
    poses = [(x, y, math.atan2(s, c)) for x, y, c, s in zip(*columns[:4])]
    return poses, list(zip(*columns[4:6])), list(zip(*columns[6:8]))


def people_of(scene):
    rows = [scene.people_x, scene.people_y, scene.people_vx, scene.people_vy]
    return [
        [(*(float(row[m, t]) for row in rows), float(scene.people_radius[m])) for t in range(STEPS)]
        for m in range(len(scene.people_radius))
    ]


def test_clearance_and_contact(evaluated):
    scene, _, rollouts, _, contact_step, least, _, _ = evaluated
    distance, touching = scene.distance.tolist(), 0
    for k in range(COUNT):
        poses, _, _ = unpack(rollouts, k)
        want = oracle.clearance(poses, CIRCLES, RADIUS, distance, RESOLUTION)
        np.testing.assert_allclose(rollouts.clearance[:, k], want, atol=2e-4)
        assert least[k] == pytest.approx(min(want), abs=2e-4)
        got = rollouts.clearance[:, k] <= 0.0
        assert contact_step[k] == (int(np.argmax(got)) if got.any() else STEPS)
        touching += bool(got.any())
    assert touching > 0


def test_hazard_is_the_sum_of_its_parts(evaluated):
    scene, weights, rollouts, costs, _, _, _, _ = evaluated
    unknown, people_then = scene.unknown.tolist(), people_of(scene)
    for k in range(COUNT):
        poses, twists, _ = unpack(rollouts, k)
        static = oracle.static_hazard((rollouts.clearance[:, k] + scene.leeway).tolist(), twists, weights.collision)
        unseen = oracle.unseen_hazard(
            poses, twists, unknown, RESOLUTION, RECTANGLE[0], RECTANGLE[1],
            weights.unseen_forwards, weights.unseen_backwards,
        )  # fmt: skip
        people, crowding = oracle.people_terms(
            poses, twists, people_then, scene.people_variance.tolist(), scene.people_weight.tolist(), scene.people_space.tolist(), RECTANGLE, weights.people, STEP_S
        )
        # The kernels' decay is within 0.012 of the exponential, per term and weight.
        static_most = (weights.collision.per_metre + weights.collision.wary_per_metre) * 1.6
        room = float(0.013 * (static_most + 3 * (weights.people.per_metre * 2.5 + weights.people.idle)) + 1e-3)
        np.testing.assert_allclose(rollouts.hazard[:, k], np.add(np.add(static, unseen), people), atol=room)
        assert costs[2, k] == pytest.approx(crowding, abs=float(0.013 * 3 * STEPS * STEP_S * weights.people.space * 2.0))


def test_progress_and_harm(evaluated):
    scene, weights, rollouts, costs, contact_step, _, goal, near = evaluated
    field = scene.cost_to_go.tolist()
    start = (float(scene.start[0]), float(scene.start[1]), math.atan2(scene.start[3], scene.start[2]))
    for k in range(COUNT):
        poses, twists, _ = unpack(rollouts, k)
        want_remaining, want_harm = oracle.progress_terms(
            start, poses, twists, rollouts.hazard[:, k].tolist(), contact_step[k], field, RESOLUTION,
            goal, near, scene.goal_excess.tolist(), float(scene.goal_spacing), weights.progress, STEP_S,
        )  # fmt: skip
        assert costs[0, k] == pytest.approx(want_remaining, abs=0.02)
        assert costs[1, k] == pytest.approx(want_harm, abs=0.02)


def test_heading_comfort_and_consistency(evaluated):
    scene, weights, rollouts, costs, _, _, goal, near = evaluated
    field = scene.cost_to_go.tolist()
    plan = list(zip(scene.plan_x.tolist(), scene.plan_y.tolist()))
    start_acceleration = (float(scene.start[6]), float(scene.start[7]))
    for k in range(COUNT):
        poses, twists, accelerations = unpack(rollouts, k)
        want = oracle.heading(
            poses[-1], field, RESOLUTION, goal, near, weights.heading, weights.heading_fade
        )
        assert costs[3, k] == pytest.approx(want, abs=3e-3)
        want = oracle.comfort(start_acceleration, twists, accelerations, weights.comfort, STEP_S)
        assert costs[4, k] == pytest.approx(want, rel=1e-3, abs=1e-5)
        want = oracle.consistency(poses, plan, weights.consistency, weights.consistency_scale)
        assert costs[5, k] == pytest.approx(want, abs=1e-5)


def test_every_term_is_a_cost(evaluated):
    costs = evaluated[3]
    assert np.isfinite(costs).all()
    assert costs.min() >= -1e-4


def test_without_weighing_by_survival_progress_counts_in_full_and_harm_as_before(evaluated):
    scene, weights, _, _, _, _, _, _ = evaluated
    targets = draw_targets(COUNT, np.random.default_rng(5))
    targets[:2] += 3.0
    with_it, without_it = (np.zeros((len(TERMS), COUNT), dtype=np.float32) for _ in range(2))
    plain = weights._replace(progress=weights.progress._replace(survival=np.float32(0.0)))
    for used, costs in ((weights, with_it), (plain, without_it)):
        contact_step, least = np.zeros(COUNT, dtype=np.int32), np.zeros(COUNT, dtype=np.float32)
        evaluate_candidates(targets, 0, COUNT, scene, used, make_rollouts(COUNT), costs, contact_step, least)
    np.testing.assert_array_equal(with_it[1:], without_it[1:])
    assert np.abs(with_it[0] - without_it[0]).max() > 0.05, "somewhere survival must matter"


def test_a_scene_without_people_has_no_cost_of_people(evaluated):
    scene, weights, _, _, _, _, _, _ = evaluated
    nobody = np.zeros((0, STEPS), dtype=np.float32)
    alone = scene._replace(
        people_x=nobody, people_y=nobody, people_vx=nobody, people_vy=nobody, people_variance=nobody,
        people_weight=nobody,
        people_radius=np.zeros(0, dtype=np.float32), people_space=np.zeros(0, dtype=np.float32),
    )  # fmt: skip
    targets = draw_targets(8, np.random.default_rng(1))
    rollouts, costs = make_rollouts(8), np.zeros((len(TERMS), 8), dtype=np.float32)
    evaluate_candidates(
        targets, 0, 8, alone, weights, rollouts, costs, np.zeros(8, dtype=np.int32), np.zeros(8, dtype=np.float32)
    )
    assert (costs[2] == 0.0).all()


@pytest.mark.parametrize("row", range(8))
def test_a_start_that_is_not_a_number_reads_nothing_beyond_the_map(evaluated, row):
    scene, weights, _, _, _, _, _, _ = evaluated
    start = scene.start.copy()
    start[row] = np.nan
    targets = draw_targets(8, np.random.default_rng(1))
    costs, contact_step = np.zeros((len(TERMS), 8), dtype=np.float32), np.zeros(8, dtype=np.int32)
    evaluate_candidates(
        targets, 0, 8, scene._replace(start=start), weights, make_rollouts(8), costs, contact_step, np.zeros(8, dtype=np.float32)
    )
    assert not np.isfinite(costs.sum(axis=0)).any()
