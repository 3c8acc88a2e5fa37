"""What holds the robot up: the local planner's reports, where to lay the obstacle, and how long to wait for it to go.

How long to wait is the ski rental problem (R. Karp, "On-line algorithms versus off-line algorithms", 1992): nobody knows
when a person who stands in a door will walk on. Whoever takes the other way as soon as it costs no more than what has been
spent on waiting already never needs more than twice what hindsight would have needed.
"""

from __future__ import annotations

import numpy as np

from astro_nav.global_planning.questions import RouteAnswer
from astro_nav.global_planning.route import Route
from astro_nav.params.global_planner import ProgressParams
from astro_nav.types import FloatArray, Path

# What the local planner said longer ago than this is no news: it may have died.
STATUS_LIFETIME_S = 1.0
LOOK_AHEAD_M = 3.0  # along the way; a report from farther on has nothing to do with what holds the robot up now
TRAIL_STEP_M = 0.05


class BlockedReports:
    """What the local planner says about the way on. It changes its mind while it tries one motion after the other."""

    def __init__(self) -> None:
        self.point_map: FloatArray | None = None
        self.reason = ""
        self._since_s = np.inf
        self._last_blocked_s = self._news_s = -np.inf

    def report(self, is_blocked: bool, point_map: FloatArray | None, reason: str, now_s: float) -> None:
        """Take a report; see `Navigator.report_local_status`."""
        if now_s - self._last_blocked_s > STATUS_LIFETIME_S:
            self._since_s, self.reason = np.inf, reason
        self._news_s = now_s
        if is_blocked:
            self._since_s = min(self._since_s, now_s)
            is_known = point_map is not None and bool(np.isfinite(point_map).all())
            self.point_map, self.reason = (point_map if is_known else None), reason
            self._last_blocked_s = now_s

    @property
    def is_blocked(self) -> bool:
        """Whether the newest reports said so."""
        return self._news_s - self._last_blocked_s <= STATUS_LIFETIME_S and self._since_s < np.inf

    def measure_duration(self, now_s: float) -> float:
        """For how long the way has been reported blocked without a break of a second [s], -inf when it is not."""
        if now_s - self._last_blocked_s > STATUS_LIFETIME_S or self._since_s == np.inf:
            return -np.inf
        return now_s - self._since_s

    def clear(self) -> None:
        """Begin anew, e.g. on another way."""
        self._since_s, self._last_blocked_s, self.point_map = np.inf, -np.inf, None


def choose_blocked_place(route: Route, pose_map: FloatArray, point_map: FloatArray | None, closing_m: float, reach_m: float) -> FloatArray:
    """Choose where to lay an obstacle so that the present way is closed.

    The local planner names the nearest surface, which may be a wall beside the way. An obstacle there would bring back the
    same way; then it is laid on the way itself, just before the robot.

    Args:
        route: the present way.
        pose_map: (3,) of the robot.
        point_map: (2,) what was reported, None for nothing.
        closing_m: an obstacle not farther from the way than this closes it.
        reach_m: how far before the robot's middle the way is closed otherwise.
    """
    ahead = route.list_poses_ahead(pose_map)[:, :2]
    along_m = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ahead, axis=0), axis=1))])
    if point_map is not None:
        if float(np.hypot(*(route.target_map[:2] - point_map))) <= closing_m:
            return route.target_map[:2]  # it stands on the goal: of a place beside it, only the far side would be left
        near = ahead[(along_m <= LOOK_AHEAD_M) & (along_m > 0.0)]
        if len(near) and float(np.linalg.norm(near - point_map, axis=1).min()) <= closing_m:
            return point_map
    place = int(min(np.searchsorted(along_m, reach_m), len(ahead) - 1))
    return ahead[place]


def measure_wait(answer: RouteAnswer, params: ProgressParams, waited_s: float) -> float:
    """How much longer to wait before another way is taken [s]; 0 when it is to be taken now.

    Args:
        answer: the other way, and what the present one costs once it is free.
        params: what waiting is worth.
        waited_s: for how long the robot has not got on.
    """
    extra_m = max(answer.cost_m - answer.free_cost_m, 0.0) if np.isfinite(answer.free_cost_m) else 0.0
    wait_s = max(extra_m - params.detour_m, 0.0) / params.detour_mps
    if answer.legs[-1].goal_distance_m > 0.0:
        wait_s = max(wait_s, params.patience_s)  # the goal itself may become free
    # The last look comes well before the goal is given up: any way is better than none.
    return max(min(wait_s, 0.75 * params.give_up_s) - waited_s, 0.0)


class Trail:
    """Where the robot came from; what it may back off along, for it has just been free."""

    def __init__(self) -> None:
        self._poses: list[FloatArray] = []

    def add(self, pose_map: FloatArray, keep_m: float) -> None:
        """Take the present pose (3,); about `keep_m` of the trail are kept."""
        if not self._poses or np.hypot(*(pose_map[:2] - self._poses[-1][:2])) >= TRAIL_STEP_M:
            self._poses.append(np.array(pose_map))
            del self._poses[: max(len(self._poses) - int(np.ceil(keep_m / TRAIL_STEP_M)) - 2, 0)]

    def make_retreat(self, pose_map: FloatArray, length_m: float, stamp_s: float, frame_id: str) -> Path | None:
        """The way back in the headings that it was come with: the robot sees what it backs off from; None without a trail."""
        poses, left_m = [np.array(pose_map)], length_m
        for pose in reversed(self._poses):
            left_m -= float(np.hypot(*(pose[:2] - poses[-1][:2])))
            if left_m < 0.0:
                break
            poses.append(np.array(pose))
        if len(poses) < 3:
            return None
        return Path(stamp_s, np.array(poses), frame_id)

    def clear(self) -> None:
        """Begin anew."""
        self._poses.clear()
