"""Where the robot was, is, and will be when the next command takes effect."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.robot import LimitParams
from astro_nav.params.safety_controller import OdometryParams
from astro_nav.types import FloatArray, Odometry

# A wheel that spins freely may turn faster than it can drive; beyond this factor the number is nonsense.
PLAUSIBLE_SPEED_FACTOR = 3.0
# Over longer gaps nobody knows what the robot did.
MAX_GAP_S = 0.1
# Beyond this a double no longer resolves what matters here, and no home is that large.
MAX_POSITION_M = 1e6


class OdometryHistory:
    """Recent poses with their noise averaged out.

    Between two messages the pose moves on by the measured twist; the difference to the measured pose is worked in with a
    time constant. Noise of the pose is averaged, motion is not delayed.
    """

    def __init__(self, params: OdometryParams, limits: LimitParams) -> None:
        self._params = params
        self._limits = limits
        self._samples: deque[tuple[float, float, float, float, float, float]] = deque()
        self.jumps = 0
        # Way and turn by the measured speeds since the start, without what happened in gaps.
        self.driven_m = self.turned_rad = 0.0

    @property
    def newest_s(self) -> float:
        """Stamp of the newest odometry, -inf when there is none."""
        return self._samples[-1][0] if self._samples else -math.inf

    @property
    def oldest_s(self) -> float:
        """Stamp of the oldest odometry that is remembered, inf when there is none."""
        return self._samples[0][0] if self._samples else math.inf

    @property
    def pose_odom_base(self) -> tuple[float, float, float]:
        """Newest pose; the heading is not wrapped."""
        return self._samples[-1][1:4]

    @property
    def twist(self) -> tuple[float, float]:
        """Newest measured twist."""
        return self._samples[-1][4:6]

    @property
    def stopping_s(self) -> float:
        """Time in which emergency braking ends the newest measured motion; the slower of speed and turn rate counts."""
        speed, turn_rate = self.twist
        limits = self._limits
        return max(abs(speed) / limits.emergency_deceleration_mps2, abs(turn_rate) / limits.emergency_turn_acceleration_radps2)

    def clear(self) -> None:
        """Forget everything, e.g. after a jump of the clock."""
        self._samples.clear()

    def add(self, odometry: Odometry) -> str:
        """Take in one message.

        Returns:
            "" or a sentence that says why it was not used, or that the pose has jumped (then the history restarts from it,
            and `jumps` counts up).
        """
        problem = self._find_problem(odometry)
        if problem:
            return problem
        stamp_s = float(odometry.stamp_s)
        x, y, yaw = (float(value) for value in odometry.pose_odom_base)
        speed, turn_rate = (float(value) for value in odometry.twist)
        if not self._samples:
            self._samples.append((stamp_s, x, y, float(wrap_angle(yaw)), speed, turn_rate))
            return ""
        _, _, _, old_yaw, old_speed, old_turn_rate = self._samples[-1]
        elapsed_s = stamp_s - self.newest_s
        mean_twist = (0.5 * (old_speed + speed), 0.5 * (old_turn_rate + turn_rate))
        if elapsed_s <= MAX_GAP_S:
            self.driven_m += mean_twist[0] * elapsed_s
            self.turned_rad += mean_twist[1] * elapsed_s
        guess_x, guess_y, guess_yaw = move_along_arc(self.pose_odom_base, *mean_twist, elapsed_s)
        off_x, off_y, off_yaw = x - guess_x, y - guess_y, float(wrap_angle(yaw - guess_yaw))
        problem = self._find_jump(math.hypot(off_x, off_y), off_yaw, elapsed_s)
        if problem:
            self.jumps += 1
            self._samples.clear()
            self._samples.append((stamp_s, x, y, float(wrap_angle(yaw)), speed, turn_rate))
            return problem
        share = elapsed_s / (self._params.filter_s + elapsed_s)
        self._samples.append(
            (stamp_s, guess_x + share * off_x, guess_y + share * off_y, guess_yaw + share * off_yaw, speed, turn_rate)
        )
        while stamp_s - self._samples[0][0] > self._params.history_s:
            self._samples.popleft()
        return ""

    def interpolate_poses(self, times_s: FloatArray) -> FloatArray:
        """Poses `odom <- base` at past times; beyond the newest message the last twist goes on.

        Args:
            times_s: (N,).

        Returns:
            (N, 3), heading not wrapped.
        """
        samples = np.array(self._samples)
        stamps = samples[:, 0]
        poses = np.stack([np.interp(times_s, stamps, samples[:, column]) for column in (1, 2, 3)], axis=-1)
        late_s = np.maximum(times_s - stamps[-1], 0.0)
        if late_s.any():
            speed, turn_rate = self.twist
            half_turn = 0.5 * turn_rate * late_s
            way = speed * late_s * np.sinc(half_turn / np.pi)
            poses[:, 0] += way * np.cos(poses[:, 2] + half_turn)
            poses[:, 1] += way * np.sin(poses[:, 2] + half_turn)
            poses[:, 2] += 2.0 * half_turn
        return poses

    def covers(self, start_s: float, end_s: float) -> bool:
        """Whether poses are known from `start_s` to nearly `end_s`."""
        slack_s = 0.1 * self._params.history_s
        return bool(self._samples) and self._samples[0][0] <= start_s + 1e-6 and end_s <= self.newest_s + slack_s

    def _find_problem(self, odometry: Odometry) -> str:
        if np.shape(odometry.pose_odom_base) != (3,) or np.shape(odometry.twist) != (2,):
            shapes = f"a pose of shape {np.shape(odometry.pose_odom_base)} and a twist of shape {np.shape(odometry.twist)}"
            return f"odometry has {shapes}, needed (3,) and (2,): check the base driver"
        values = [odometry.stamp_s, *odometry.pose_odom_base, *odometry.twist]
        if not all(math.isfinite(value) for value in values):
            return "odometry holds NaN or infinity: check the base driver"
        if max(abs(value) for value in values[1:4]) > MAX_POSITION_M:
            return f"odometry is at {values[1:4]} (limit {MAX_POSITION_M:g} m): check the base driver"
        limit = PLAUSIBLE_SPEED_FACTOR * self._limits.max_wheel_speed_mps
        if abs(values[4]) > limit:
            return f"odometry reports {values[4]:.3g} m/s, beyond any belief (limit {limit:g} m/s): check the base driver"
        turn_limit = PLAUSIBLE_SPEED_FACTOR * self._limits.max_turn_rate_radps
        if abs(values[5]) > turn_limit:
            return (
                f"odometry reports {values[5]:.3g} rad/s, beyond any belief (limit {turn_limit:g} rad/s): check the base driver"
            )
        if odometry.stamp_s <= self.newest_s:
            return (
                f"odometry stamped {odometry.stamp_s:.3f} s is not newer than the one before, {self.newest_s:.3f} s: "
                "check for two publishers of odom"
            )
        return ""

    def _find_jump(self, off_m: float, off_rad: float, elapsed_s: float) -> str:
        bound_m = self._params.max_jump_m + self._limits.max_wheel_speed_mps * elapsed_s
        bound_rad = self._params.max_jump_rad + self._limits.max_turn_rate_radps * elapsed_s
        if off_m > bound_m:
            return f"odometry jumped by {off_m:.2f} m (limit {bound_m:.2f} m): the map is rebuilt; check the base driver"
        if abs(off_rad) > bound_rad:
            return f"odometry jumped by {off_rad:.2f} rad (limit {bound_rad:.2f} rad): the map is rebuilt; check the base driver"
        return ""


class CommandHistory:
    """The commands that were sent lately: some of them have not reached the wheels yet.

    Args:
        latency_s: from a command to the wheels following it.
        residual_s: see `OdometryParams`.
    """

    def __init__(self, latency_s: float, residual_s: float) -> None:
        self._latency_s = latency_s
        self._residual_s = residual_s
        self._sent_s: list[float] = []
        self._twists: list[tuple[float, float]] = []

    def clear(self) -> None:
        """Forget what was sent."""
        self._sent_s.clear()
        self._twists.clear()

    def add(self, sent_s: float, twist: tuple[float, float]) -> None:
        """Remember one command."""
        self._sent_s.append(sent_s)
        self._twists.append(twist)
        if len(self._sent_s) > 200:
            del self._sent_s[:100], self._twists[:100]

    def find_twist_at(self, time_s: float) -> tuple[float, float] | None:
        """The command in effect at a time, None when it is not known."""
        index = bisect_right(self._sent_s, time_s - self._latency_s) - 1
        return self._twists[index] if index >= 0 else None

    def predict_pose(
        self, pose: tuple[float, float, float], twist: tuple[float, float], from_s: float, to_s: float
    ) -> tuple[float, float, float]:
        """Move a measured pose on to a later time, through the commands that take effect in between.

        Args:
            pose: (x, y, yaw) at `from_s`.
            twist: measured twist at `from_s`; its difference to the command then in effect fades away.
            from_s, to_s: span of time.
        """
        duration_s = to_s - from_s
        if duration_s <= 0.0:
            return pose
        active = self.find_twist_at(from_s)
        if active is None:
            active = twist
        extra_v = extra_w = 0.0
        if self._residual_s > 0.0:
            fading = self._residual_s * -math.expm1(-duration_s / self._residual_s) / duration_s
            extra_v, extra_w = fading * (twist[0] - active[0]), fading * (twist[1] - active[1])
        first = bisect_right(self._sent_s, from_s - self._latency_s)
        time_s = from_s
        for index in range(first, len(self._sent_s)):
            change_s = self._sent_s[index] + self._latency_s
            if change_s >= to_s:
                break
            pose = move_along_arc(pose, active[0] + extra_v, active[1] + extra_w, change_s - time_s)
            active, time_s = self._twists[index], change_s
        return move_along_arc(pose, active[0] + extra_v, active[1] + extra_w, to_s - time_s)


def move_along_arc(
    pose: tuple[float, float, float], speed_mps: float, turn_rate_radps: float, duration_s: float
) -> tuple[float, float, float]:
    """Scalar twin of `geometry.se2.integrate_twist`, heading not wrapped: NumPy costs too much for one pose."""
    x, y, yaw = pose
    half_turn = 0.5 * turn_rate_radps * duration_s
    way = speed_mps * duration_s
    if abs(half_turn) > 1e-6:
        way *= math.sin(half_turn) / half_turn
    return x + way * math.cos(yaw + half_turn), y + way * math.sin(yaw + half_turn), yaw + 2.0 * half_turn
