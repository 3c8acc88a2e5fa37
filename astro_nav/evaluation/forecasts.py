"""What was predicted of people during an episode, kept in the map frame until it can be held against what they did."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from astro_nav.geometry import se2
from astro_nav.local_planning.local_plan import LocalPlan
from astro_nav.types import FloatArray, Odometry

HORIZONS_S = (1.0, 2.0, 3.0)
# Neighbouring predictions say the same; this many tell as much.
PERIOD_S = 0.5
REMEMBERED_S = 2.0


@dataclass(frozen=True)
class Forecast:
    """Where one tracked thing was believed to be, and predicted to be.

    Attributes:
        start_s: when the prediction begins.
        start_map: (2,) where it is believed to be then.
        means_map: (H, 2) at HORIZONS_S after that.
        covariances_map: (H, 2, 2).
    """

    start_s: float
    start_map: FloatArray
    means_map: FloatArray
    covariances_map: FloatArray


class ForecastRecorder:
    """Keeps predictions of what moves.

    Predictions are in the frame of odometry; how that lies in the world is known from the truth.
    """

    def __init__(self) -> None:
        self.forecasts: list[Forecast] = []
        self._poses: deque[tuple[float, FloatArray]] = deque()
        self._next_s = 0.0

    def note_truth(self, now_s: float, pose_map_base: FloatArray) -> None:
        """Take note of the robot's true pose."""
        self._poses.append((now_s, pose_map_base))
        while now_s - self._poses[0][0] > REMEMBERED_S:
            self._poses.popleft()

    def note_plan(self, plan: LocalPlan, odometry: Odometry | None, now_s: float) -> None:
        """Take note of a plan's prediction, if it is time for one."""
        prediction = plan.prediction
        if prediction is None or odometry is None or now_s < self._next_s:
            return
        self._next_s = now_s + PERIOD_S
        _, pose_map_base = min(self._poses, key=lambda known: abs(known[0] - odometry.stamp_s))
        pose_map_odom = se2.compose(pose_map_base, se2.invert(odometry.pose_odom_base))
        turn = _make_rotation(pose_map_odom[2])
        moving = {track.track_id for track in plan.tracks if track.moving}
        steps = [round(horizon_s / prediction.step_s) for horizon_s in HORIZONS_S]
        if max(steps) >= prediction.means_odom.shape[1]:
            return
        for row, track_id in enumerate(prediction.track_ids):
            if track_id in moving:
                means_map = se2.transform_points(pose_map_odom, prediction.means_odom[row, [0, *steps]])
                covariances_map = turn @ prediction.covariances[row, steps] @ turn.T
                self.forecasts.append(Forecast(prediction.start_s, means_map[0], means_map[1:], covariances_map))


def _make_rotation(angle_rad: float) -> FloatArray:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[cos, -sin], [sin, cos]])
