"""Candidate evaluation per state: rollout, full footprint, five people, all costs, beside the path integral peer's."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.bench.measure import Contender, Group
from astro_nav.evaluation.bench.recording import Cycle
from astro_nav.evaluation.peers.path_integral import make_batch
from astro_nav.evaluation.stack import StackParams
from astro_nav.geometry import se2
from astro_nav.geometry.footprint import cover_with_circles
from astro_nav.kernels.costs.progress import Goal
from astro_nav.kernels.goal_lattice import HEADINGS
from astro_nav.kernels.evaluate import TERMS, Scene, evaluate_candidates, make_rollouts
from astro_nav.kernels.peers.path_integral import PathIntegralScene, PathIntegralWeights, evaluate_path_integral
from astro_nav.local_planning.guidance import PathGuide
from astro_nav.local_planning.hypotheses import arrange_people
from astro_nav.local_planning.weights import make_weights
from astro_nav.params.files import load_params
from astro_nav.params.peers import PeersParams
from astro_nav.prediction.predictor import predict_tracks
from astro_nav.types import UNKNOWN, LocalGrid, Track, Trajectory

SIZES = ((600, 30), (2000, 56))
AT_GOAL_M = 1.0  # with the goal so far ahead most states are where its pose counts
# Where five people stand or walk, relative to the robot [m], and how fast they walk [m/s].
PEOPLE = ((1.2, 0.6, -0.5, 0.0), (2.0, -0.8, 0.0, 0.6), (0.8, -1.1, 0.9, 0.2), (2.4, 0.3, 0.0, 0.0), (-1.0, 0.9, 0.7, -0.4))
CIRCLE_EXCESS_M = 0.01

single = np.float32


def make_groups(params: StackParams, cycles: list[Cycle]) -> list[Group]:
    """One group per size; both planners judge in the same place of the recorded drive."""
    middle = cycles[len(cycles) // 2].plan
    assert middle is not None and middle.grid is not None and middle.trajectory is not None
    groups = []
    for count, steps in SIZES:
        own = _make_own(params, middle.grid, middle.trajectory, middle.guidance_odom, count, steps)
        peer = _make_peer(params, middle.grid, middle.trajectory, middle.guidance_odom, count, steps)
        scale = 1e9 / (count * steps)
        contenders = [Contender("astro", own, is_peer=False, scale=scale), Contender("mppi", peer, scale=scale)]
        groups.append(Group(f"candidates {count} x {steps}", "ns/state", contenders))
    count, steps = SIZES[0]
    own = _make_own(params, middle.grid, middle.trajectory, middle.guidance_odom, count, steps, AT_GOAL_M)
    contender = Contender("astro", own, is_peer=False, scale=1e9 / (count * steps))
    groups.append(Group(f"candidates {count} x {steps} at the goal", "ns/state", [contender]))
    return groups


def _make_start(grid: LocalGrid, trajectory: Trajectory) -> np.ndarray:
    x, y, yaw = trajectory.poses_odom[0]
    left, low = grid.origin_odom
    return single([x - left, y - low, np.cos(yaw), np.sin(yaw), *trajectory.twists[0], *trajectory.accelerations[0]])


def _make_own(
    params: StackParams, grid: LocalGrid, trajectory: Trajectory, way_odom: np.ndarray, count: int, steps: int,
    goal_ahead_m: float | None = None,
):  # fmt: skip
    """Evaluation of random candidates; the goal is where the guidance ends, or straight ahead of the robot."""
    local, start, pose = params.local_planner, _make_start(grid, trajectory), trajectory.poses_odom[0]
    step_s = local.horizon.duration_s / steps
    footprint = local.robot.footprint
    centres, radius = cover_with_circles(footprint, CIRCLE_EXCESS_M)
    low, high = footprint.min(axis=0), footprint.max(axis=0)
    tracks = tuple(
        Track(number, trajectory.start_s, np.array([pose[0] + x, pose[1] + y, vx, vy]), 0.02 * np.eye(4), 0.3, vx != 0.0, True)
        for number, (x, y, vx, vy) in enumerate(PEOPLE)
    )
    prediction = predict_tracks(tracks, trajectory.start_s, steps + 1, step_s, local.prediction, grid, None)
    guide = PathGuide(local.guidance, float(high[1]), len(grid.occupancy))
    path = np.column_stack([way_odom, np.zeros(len(way_odom))])
    guide.set_path(path)
    guidance = guide.guide(path, pose, grid)
    goal = guidance.goal_odom if goal_ahead_m is None else se2.compose(pose, (goal_ahead_m, 0.0, 0.0))
    origin = grid.origin_odom
    scene = Scene(
        start=start,
        step=single(step_s),
        resolution=single(grid.resolution_m),
        distance=grid.distance_m,
        unknown=(grid.occupancy == UNKNOWN).astype(np.float32),
        cost_to_go=guidance.cost_to_go,
        goal=Goal(*map(single, (goal[0] - origin[0], goal[1] - origin[1], np.cos(goal[2]), np.sin(goal[2]), 1.0))),
        goal_excess=np.zeros((HEADINGS, 41, 41), dtype=np.float32),
        goal_spacing=single(local.approach.spacing_m),
        circles_x=single(centres[:, 0]),
        circles_y=single(centres[:, 1]),
        circle_radius=single(radius),
        middle_x=single(0.5 * (low + high)[0]),
        half_x=single(0.5 * (high - low)[0]),
        half_y=single(max(high[1], -low[1])),
        contact_below=single(local.cost.contact_margin_m),
        leeway=single(0.0),
        **arrange_people(prediction, tracks, local.prediction.start_rate_hz, origin),
        plan_x=single(trajectory.poses_odom[1:, 0] - origin[0]),
        plan_y=single(trajectory.poses_odom[1:, 1] - origin[1]),
    )
    rng = np.random.Generator(np.random.PCG64(1))
    distance, bearing = rng.uniform(0.2, local.optimizer.max_distance_m, count), pose[2] + rng.uniform(-1.5, 1.5, count)
    heading = bearing + rng.uniform(-1.0, 1.0, count)
    speed = rng.uniform(0.1, float(local.robot.limits.max_speed_mps), count)
    targets = single(
        [start[0] + distance * np.cos(bearing), start[1] + distance * np.sin(bearing), np.cos(heading), np.sin(heading), speed]
    )
    rollouts = make_rollouts(steps, 0)  # as in the planner, only what is chosen is kept
    costs, contact = np.zeros((len(TERMS), count), dtype=np.float32), np.zeros(count, dtype=np.int32)
    least, weights = np.zeros(count, dtype=np.float32), make_weights(local, None)
    return lambda: evaluate_candidates(targets, 0, count, scene, weights, rollouts, costs, contact, least)


def _make_peer(params: StackParams, grid: LocalGrid, trajectory: Trajectory, way_odom: np.ndarray, count: int, steps: int):
    own = load_params(PeersParams, "peers").mppi
    footprint = params.local_planner.robot.footprint
    centres, radius = cover_with_circles(footprint, CIRCLE_EXCESS_M)
    path = single(way_odom - grid.origin_odom)
    x, y = np.ascontiguousarray(path.T)
    scene = PathIntegralScene(
        start=_make_start(grid, trajectory),
        step=single(own.step_s),
        resolution=single(grid.resolution_m),
        distance=grid.distance_m,
        circles_x=single(centres[:, 0]),
        circles_y=single(centres[:, 1]),
        circle_radius=single(radius),
        contact_below=single(params.local_planner.cost.contact_margin_m),
        path_x=x,
        path_y=y,
        path_spacing=single(0.05),
        path_free=np.ones(len(path), dtype=np.uint8),
        goal_x=x[-1],
        goal_y=y[-1],
        goal_cos=single(1.0),
        goal_sin=single(0.0),
    )
    weights = PathIntegralWeights(
        *map(
            single,
            (
                own.constraint, own.obstacle, own.critical, own.critical_below_m, own.inflation_pm, 0.0, 0.0, own.prefer_forward,
                own.path_align, own.path_follow, 0.0, own.gamma / own.deviation_v_mps**2, own.gamma / own.deviation_omega_radps**2,
            ),
        )
    )  # fmt: skip
    rng = np.random.Generator(np.random.PCG64(1))
    noise = rng.standard_normal((2, steps, count), dtype=np.float32)
    noise *= single([own.deviation_v_mps, own.deviation_omega_radps])[:, np.newaxis, np.newaxis]
    controls = single([np.full(steps, 0.5), np.zeros(steps)])
    offsets = (own.align_from, own.follow_offset, own.angle_offset, own.align_stride)
    limits, batch = make_weights(params.local_planner, None).limits, make_batch(count, steps)
    return lambda: evaluate_path_integral(controls[0], controls[1], noise[0], noise[1], scene, weights, limits, offsets, batch)
