"""A base at rest that is about to turn waits until the screen has shown the turn.

While driving the screen leads, because the trajectory is known before. From rest the base would turn within 0.2 s of its order, and
nobody could see it coming. Source: forethought makes robots readable, L. Takayama, D. Dooley, W. Ju, "Expressing thought: improving
robot readability with animation principles", HRI 2011.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from astro_nav.params.gaze import GazeParams
from astro_nav.types import Trajectory

REST_MPS, REST_RADPS = 0.03, 0.05
REST_S = 1.0  # who stood for less is on the way: rests between manoeuvres are not drawn out
TURN_RADPS = 0.1  # the base turns when it turns faster than this
TURN_RAD = 0.3  # smaller turns need no announcement
SOON_S = 1.0  # turns that begin later are announced while driving
SHOWN_RAD = 0.1  # the screen shows a turn once it points so far to its side
JOINT_S = 0.4  # about what the screen needs until then
MOST_S = 1.0  # a screen that does not get there, or looks at somebody, keeps the base no longer than this beyond the announcement


class TurnAnnouncer:
    """Holds trajectories back, one after the other, until their first turn has been announced.

    Args:
        gaze: `announce_s` is how long a turn is shown before it begins; 0 = never wait.
    """

    def __init__(self, gaze: GazeParams) -> None:
        self.gaze = gaze
        self._moved_s = -math.inf
        self._begun_s: float | None = None  # of the present hold
        self._side = 0.0
        self._shown_s = math.inf

    def hold(self, trajectory: Trajectory, pan_rad: float) -> Trajectory:
        """The trajectory as it may be carried out: the same, or the same a little later.

        Args:
            trajectory: as planned.
            pan_rad: where the screen points.
        """
        now_s = trajectory.stamp_s
        if self.gaze.announce_s <= 0.0 or len(trajectory.twists) < 2:
            return trajectory
        if now_s < self._moved_s or (self._begun_s is not None and now_s < self._begun_s):  # the clock was set back
            self.__init__(self.gaze)  # type: ignore[misc]
        speed_mps, rate_radps = np.abs(trajectory.twists[0])
        if speed_mps > REST_MPS or rate_radps > REST_RADPS:
            self._moved_s, self._begun_s = now_s, None
            return trajectory
        side, begins_s = find_first_turn(trajectory)
        if side == 0.0 or now_s - self._moved_s < REST_S:
            return trajectory
        if self._begun_s is None:
            self._begun_s = now_s
        if side * pan_rad < SHOWN_RAD or side != self._side:
            self._side, self._shown_s = side, math.inf
        if side * pan_rad >= SHOWN_RAD:
            self._shown_s = min(self._shown_s, now_s)
        due_s = min(self._shown_s, now_s + JOINT_S) + self.gaze.announce_s
        due_s = min(due_s, self._begun_s + self.gaze.announce_s + MOST_S)
        return delay_start(trajectory, due_s - (trajectory.start_s + begins_s))


def find_first_turn(trajectory: Trajectory) -> tuple[float, float]:
    """Side (+1 left, -1 right, 0 for none) of the turn with which a trajectory begins, and when that begins after its start [s]."""
    rates = trajectory.twists[:, 1]
    turning = np.abs(rates) > TURN_RADPS
    if not turning.any():
        return 0.0, math.inf
    first = int(turning.argmax())
    side = float(np.sign(rates[first]))
    others = np.flatnonzero(side * rates[first:] <= TURN_RADPS)
    last = first + int(others[0]) if len(others) else len(rates)
    turned_rad = float(np.abs(rates[first:last]).sum()) * trajectory.step_s
    begins_s = first * trajectory.step_s
    return (side, begins_s) if turned_rad >= TURN_RAD and begins_s <= SOON_S else (0.0, math.inf)


def delay_start(trajectory: Trajectory, delay_s: float) -> Trajectory:
    """A trajectory from rest that stands for a while first; as long as before, so that its end is left out."""
    count = min(int(math.ceil(delay_s / trajectory.step_s - 1e-9)), len(trajectory.poses_odom) - 1)
    if count <= 0:
        return trajectory
    kept = len(trajectory.poses_odom) - count
    still = np.zeros((count, 2))
    return replace(
        trajectory,
        poses_odom=np.vstack([np.repeat(trajectory.poses_odom[:1], count, axis=0), trajectory.poses_odom[:kept]]),
        twists=np.vstack([still, trajectory.twists[:kept]]),
        accelerations=np.vstack([still, trajectory.accelerations[:kept]]),
        reason=trajectory.reason or "looks where it will turn, before it does",
    )
