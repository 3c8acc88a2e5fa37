"""At whom the screen looks: the followed person; for a moment whoever's way the robot is about to cross; else at nobody, but ahead.

A look takes time to be understood, and a head that wavers is not understood at all. So whom the screen has begun to look at it looks
at until the look has been seen; nobody is glanced at twice within a while, nor two people without a pause between them; and a followed person who is
hidden for a moment is looked at where they are expected, instead of turning ahead and back again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.gaze import GazeParams
from astro_nav.types import FloatArray, Prediction, Track, Trajectory

ON_TARGET_RAD = 0.15
MAX_TURN_S = 1.5  # a joint that has not arrived after this is stuck or too slow: the glance ends as if it had
LEAST_WAY_M = 0.3  # who goes less far within the horizon stands: there is no way to cross
NEAR_M = 0.5
AHEAD_S = 3.0  # both are taken to go on straight for so long after the horizon
SOON_S = 3.0  # a crossing is announced so long before the first of both is there, when the other comes within as much after them
FORGET_S = 30.0  # whom nobody has seen for so long is glanced at again


@dataclass(frozen=True)
class LookAt:
    """Where something that the screen should look at is expected: positions (T, 2) in odom every `step_s` from `start_s` on [m]."""

    start_s: float
    step_s: float
    positions_odom: FloatArray


def find_look_at(prediction: Prediction | None, track_id: int | None) -> LookAt | None:
    """Where a tracked person is predicted to be; None when there is nobody of that number."""
    if prediction is None or track_id is None or track_id not in prediction.track_ids:
        return None
    return LookAt(prediction.start_s, prediction.step_s, prediction.means_odom[prediction.track_ids.index(track_id)])


class GazeChooser:
    """Chooses anew in every cycle, and remembers whom it looked at.

    Args:
        params: where to look.
    """

    def __init__(self, params: GazeParams) -> None:
        self.params = params
        self._kept: LookAt | None = None  # of the followed person
        self._kept_s = -math.inf
        self._glanced_at: int | None = None
        self._begun_s = self._arrived_s = self._ended_s = -math.inf
        self._seen_s: dict[int, float] = {}

    def choose(
        self,
        tracks: Sequence[Track],
        prediction: Prediction | None,
        trajectory: Trajectory | None,
        followed_id: int | None,
        now_s: float,
        pan_rad: float,
    ) -> LookAt | None:
        """At whom the screen looks now.

        Args:
            tracks, prediction: of this cycle.
            trajectory: the base's predicted motion.
            followed_id: track that the robot follows, None when it follows nobody.
            now_s: time of the cycle.
            pan_rad: angle of the screen.

        Returns:
            None to look ahead.
        """
        if now_s < self._begun_s or now_s < self._kept_s:  # the clock was set back
            self.__init__(self.params)  # type: ignore[misc]
        if followed_id is not None:
            return self._keep_followed(find_look_at(prediction, followed_id), now_s)
        self._kept = None
        if trajectory is None or prediction is None or len(trajectory.poses_odom) < 2 or self.params.glance_s <= 0.0:
            self._glanced_at = None
            return None
        if self._glanced_at is not None:
            look_at = self._go_on(prediction, trajectory, now_s, pan_rad)
            if look_at is not None:
                return look_at
        return self._begin(tracks, prediction, trajectory, now_s)

    def _keep_followed(self, look_at: LookAt | None, now_s: float) -> LookAt | None:
        self._glanced_at = None
        if look_at is not None:
            self._kept, self._kept_s = look_at, now_s
        return self._kept if now_s - self._kept_s <= self.params.hold_s else None

    def _go_on(self, prediction: Prediction, trajectory: Trajectory, now_s: float, pan_rad: float) -> LookAt | None:
        """Look on until the look has lasted; None when it ends."""
        look_at = find_look_at(prediction, self._glanced_at)
        if look_at is not None:
            if self._arrived_s < self._begun_s and abs(_measure_angle(trajectory, look_at, now_s, pan_rad)) <= ON_TARGET_RAD:
                self._arrived_s = now_s
            is_seen = self._arrived_s >= self._begun_s and now_s - self._arrived_s >= self.params.glance_s
            if not is_seen and now_s - self._begun_s < MAX_TURN_S + self.params.glance_s:
                return look_at
        self._glanced_at, self._ended_s = None, now_s
        return None

    def _begin(self, tracks: Sequence[Track], prediction: Prediction, trajectory: Trajectory, now_s: float) -> LookAt | None:
        """Glance at whoever is met first of those whose way is crossed."""
        self._seen_s = {track_id: at_s for track_id, at_s in self._seen_s.items() if now_s - at_s < FORGET_S}
        if now_s - self._ended_s < self.params.glance_pause_s:
            return None
        people = {track.track_id for track in tracks if track.person and track.moving}
        soonest, chosen = math.inf, None
        for row, track_id in enumerate(prediction.track_ids):
            if track_id in people and track_id not in self._seen_s:
                after_s = find_crossing(trajectory, prediction.means_odom[row], prediction.step_s)
                if after_s < soonest:
                    soonest, chosen = after_s, track_id
        if chosen is None:
            return None
        self._glanced_at, self._begun_s = chosen, now_s
        self._seen_s[chosen] = now_s
        return find_look_at(prediction, chosen)


def find_crossing(trajectory: Trajectory, positions_odom: FloatArray, step_s: float) -> float:
    """After which time the first of both comes to where their ways cross [s]; inf when they do not soon.

    Ways that come within `NEAR_M` count: where exactly both go, and who makes room, is not known before.

    Args:
        trajectory: of the robot.
        positions_odom: (T, 2) of the person, every `step_s`.
    """
    own, theirs = trajectory.poses_odom[:, :2], positions_odom
    if len(theirs) < 2 or np.hypot(*(theirs[-1] - theirs[0])) < LEAST_WAY_M or np.hypot(*(own[-1] - own[0])) < LEAST_WAY_M:
        return math.inf
    own, theirs = _go_on_straight(own, trajectory.step_s), _go_on_straight(theirs, step_s)
    own_s, their_s = trajectory.step_s * np.arange(len(own))[:, None], step_s * np.arange(len(theirs))
    near = np.hypot(own[:, None, 0] - theirs[:, 0], own[:, None, 1] - theirs[:, 1]) <= NEAR_M
    first_s = np.minimum(own_s, their_s)[near & (np.abs(own_s - their_s) <= SOON_S)]
    return float(first_s.min()) if len(first_s) and first_s.min() <= SOON_S else math.inf


def _go_on_straight(way: FloatArray, step_s: float) -> FloatArray:
    """A way (N, 2) and `AHEAD_S` more of its last half second, in steps of the same time."""
    back = min(max(round(0.5 / step_s), 1), len(way) - 1)
    step = (way[-1] - way[-1 - back]) / back
    return np.concatenate([way, way[-1] + step * np.arange(1, round(AHEAD_S / step_s) + 1)[:, None]])


def _measure_angle(trajectory: Trajectory, look_at: LookAt, now_s: float, pan_rad: float) -> float:
    """From where the screen points to whom it looks at [rad]."""
    stamps_s = trajectory.start_s + trajectory.step_s * np.arange(len(trajectory.poses_odom))
    seen_s = look_at.start_s + look_at.step_s * np.arange(len(look_at.positions_odom))
    x, y = (np.interp(now_s, stamps_s, column) for column in trajectory.poses_odom[:, :2].T)
    yaw = np.interp(now_s, stamps_s, np.unwrap(trajectory.poses_odom[:, 2]))
    their_x, their_y = (np.interp(now_s, seen_s, column) for column in look_at.positions_odom.T)
    return float(wrap_angle(math.atan2(their_y - y, their_x - x) - yaw - pan_rad))
