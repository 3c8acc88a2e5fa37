"""What came of a cycle: the trajectory, and in one sentence what keeps the robot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astro_nav.local_planning.guidance import Guidance
from astro_nav.local_planning.hindrance import Hindrance
from astro_nav.local_planning.local_plan import PlanState
from astro_nav.local_planning.optimizer import Optimum
from astro_nav.types import Float32Array, FloatArray, LocalGrid, RobotState, Track, Trajectory

WAITING_M = 0.5  # a robot that stands farther than this from its goal waits for something
WAITING_FOR_M = 3.0  # and, when there is something that moves so near, for that
AHEAD = 10  # this point of the guidance is where it would go, half a metre ahead
WANTED_MPS = 0.05  # a plan that gets faster than this within a second asks to move
WANTED_RADPS = 0.2  # or one that turns faster than this
STANDING_M = 0.05  # a trajectory that gets no farther than this stands
STANDING_RAD = 0.2  # and turns no more than this


def describe_cycle(
    guidance: Guidance, optimum: Optimum, robot_odom: FloatArray, tracks: tuple[Track, ...], hindrance: Hindrance,
    surface_odom: FloatArray,
) -> tuple[PlanState, str, FloatArray]:  # fmt: skip
    """State, sentence, and the (2,) place that blocks the way, NaN for none.

    Args:
        guidance: towards the goal.
        optimum: what the search found.
        robot_odom: (2,) the robot.
        tracks: what moves.
        hindrance: for how long the robot has been held up.
        surface_odom: (2,) the nearest obstacle.
    """
    nowhere = np.full(2, np.nan)
    if not optimum.feasible[optimum.chosen]:
        return PlanState.BLOCKED, f"every motion would touch the obstacle near {_place(surface_odom)}", surface_odom
    if np.isfinite(guidance.blocked_point_odom).all():
        point = guidance.blocked_point_odom
        return PlanState.BLOCKED, f"the way is blocked at {_place(point)}", point
    blocked = PlanState.BLOCKED if hindrance.is_blocked else PlanState.FOLLOWING
    if hindrance.held_s > hindrance.params.patience_s and hindrance.held_s > hindrance.waiting_s:
        return blocked, f"is held up for {hindrance.held_s:.0f} s now, near the obstacle at {_place(surface_odom)}", surface_odom
    if not _is_waiting(optimum, guidance, hindrance):
        return PlanState.FOLLOWING, "", nowhere
    near = [
        track for track in tracks if track.chance >= 0.5 and np.hypot(*(track.state_odom[:2] - robot_odom)) < WAITING_FOR_M
    ]
    if not near:
        ahead = guidance.way_odom[min(AHEAD, len(guidance.way_odom) - 1)] if len(guidance.way_odom) else robot_odom
        # Beside the goal that is a matter of manoeuvring, which another way does not help.
        blocked = blocked if guidance.distance_to_goal_m > WAITING_M else PlanState.FOLLOWING
        return blocked, f"waits, for no motion is safe enough towards {_place(ahead)}", ahead
    nearest = min(near, key=lambda track: float(np.hypot(*(track.state_odom[:2] - robot_odom))))
    who = nearest.label or ("the person" if nearest.person else "what moves")
    return blocked, f"waits for {who} at {_place(nearest.state_odom)}", nearest.state_odom[:2]


def asks_to_move(trajectory: Trajectory | None) -> bool:
    """Whether a trajectory moves within its first second."""
    if trajectory is None:
        return False
    soon = _take_first_second(trajectory)
    return bool(np.abs(soon[:, 0]).max() > WANTED_MPS or np.abs(soon[:, 1]).max() > WANTED_RADPS)


def find_direction(trajectory: Trajectory | None) -> float:
    """Where to a trajectory moves within its first second: 1 forwards, -1 backwards, 0 when it turns on the spot or stands."""
    if trajectory is None:
        return 0.0
    speed_mps = float(_take_first_second(trajectory)[:, 0].mean())
    return float(np.sign(speed_mps)) if abs(speed_mps) > 0.5 * WANTED_MPS else 0.0


def _take_first_second(trajectory: Trajectory) -> FloatArray:
    """Twists (N, 2) of a trajectory within its first second."""
    return trajectory.twists[: int(round(1.0 / trajectory.step_s)) + 1]


def make_trajectory(
    now_s: float, start_s: float, step_s: float, state: RobotState, grid: LocalGrid, optimum: Optimum, reason: str
) -> Trajectory:
    """The chosen candidate as a trajectory in odom, from the state in which it begins."""
    r = optimum.motion
    x, y = r.x[:, 0] + grid.origin_odom[0], r.y[:, 0] + grid.origin_odom[1]
    yaw = np.arctan2(r.sin[:, 0], r.cos[:, 0])
    return Trajectory(
        stamp_s=now_s,
        start_s=start_s,
        step_s=step_s,
        poses_odom=np.vstack([state.pose_odom_base, np.stack([x, y, yaw], axis=1)]),
        twists=np.vstack([state.twist, np.stack([r.v[:, 0], r.omega[:, 0]], axis=1)]),
        accelerations=np.vstack([state.acceleration, np.stack([r.a[:, 0], r.alpha[:, 0]], axis=1)]),
        reason=reason,
    )


def make_sampler(
    optimum: Optimum, state: RobotState, grid: LocalGrid
) -> Callable[[int], tuple[Float32Array, Float32Array]]:
    """Candidates for pictures, evenly through the ranking, the chosen one first; valid until the next cycle."""

    def sample(count: int) -> tuple[Float32Array, Float32Array]:
        costs = np.where(optimum.feasible, optimum.totals, np.inf)
        order = np.argsort(costs, kind="stable")
        picked = order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(np.int64)]
        picked[0] = optimum.chosen
        r = optimum.roll_out(picked)
        poses = np.empty((len(picked), r.x.shape[0] + 1, 3), dtype=np.float32)
        poses[:, 0] = state.pose_odom_base
        poses[:, 1:, 0] = r.x.T + grid.origin_odom[0]
        poses[:, 1:, 1] = r.y.T + grid.origin_odom[1]
        poses[:, 1:, 2] = np.arctan2(r.sin, r.cos).T
        return poses, costs[picked].astype(np.float32)

    return sample


def _is_waiting(optimum: Optimum, guidance: Guidance, hindrance: Hindrance) -> bool:
    return _is_standing(optimum) and (guidance.distance_to_goal_m > WAITING_M or hindrance.is_blocked)


def _is_standing(optimum: Optimum) -> bool:
    """Whether the chosen trajectory stays where it begins."""
    r = optimum.motion
    moved_m = np.hypot(r.x - r.x[0], r.y - r.y[0]).max()
    turned = r.cos * r.cos[0] + r.sin * r.sin[0]
    return bool(moved_m < STANDING_M and turned.min() > np.cos(STANDING_RAD))


def _place(point: FloatArray) -> str:
    return f"x = {point[0]:.2f} m, y = {point[1]:.2f} m in odom"
