"""Which trajectories may be followed."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.types import Trajectory

MAX_SAMPLES = 2000
MAX_STEP_S = 1.0


def find_trajectory_problem(trajectory: Trajectory, now_s: float, newest_stamp_s: float, params: SafetyControllerParams) -> str:
    """Return why a trajectory cannot be followed, in one sentence, or "".

    An empty trajectory is fine, whatever else it holds: it means standing still.

    Args:
        trajectory: the trajectory.
        now_s: the present time.
        newest_stamp_s: stamp of the newest trajectory taken so far, -inf for none.
        params: of the safety controller.
    """
    return (
        _find_shape_problem(trajectory)
        or _find_time_problem(trajectory, now_s, newest_stamp_s, params)
        or (len(trajectory.poses_odom) > 0 and _find_motion_problem(trajectory, params))
        or ""
    )


def _find_shape_problem(trajectory: Trajectory) -> str:
    count = len(trajectory.poses_odom)
    shapes = (np.shape(trajectory.poses_odom), np.shape(trajectory.twists), np.shape(trajectory.accelerations))
    if count and shapes != ((count, 3), (count, 2), (count, 2)):
        return f"the trajectory's poses, twists and accelerations have shapes {shapes}, needed (T, 3), (T, 2), (T, 2)"
    if count > MAX_SAMPLES:
        return f"the trajectory has {count} samples (limit {MAX_SAMPLES}): the message is damaged"
    if not all(math.isfinite(value) for value in (trajectory.stamp_s, trajectory.start_s)):
        return "the trajectory's times are not finite: check the local planner"
    if count and not 0.0 < trajectory.step_s <= MAX_STEP_S:
        return f"the trajectory's step is {trajectory.step_s:g} s, needed (0, {MAX_STEP_S:g}] s: check the local planner"
    for name in ("poses_odom", "twists", "accelerations"):
        if not np.isfinite(getattr(trajectory, name)).all():
            return f"the trajectory's {name} hold NaN or infinity: check the local planner"
    return ""


def _find_time_problem(trajectory: Trajectory, now_s: float, newest_stamp_s: float, params: SafetyControllerParams) -> str:
    future_s = params.watchdog.max_future_s
    if trajectory.stamp_s > now_s + future_s:
        return (
            f"the trajectory is stamped {trajectory.stamp_s - now_s:.2f} s in the future (limit max_future_s = {future_s:g} s): "
            "check the clocks of both nodes"
        )
    if trajectory.stamp_s < newest_stamp_s:
        return (
            f"the trajectory is {newest_stamp_s - trajectory.stamp_s:.2f} s older than the one followed: "
            "check for two publishers of trajectory"
        )
    age_s, limit_s = now_s - trajectory.stamp_s, params.watchdog.trajectory_stop_after_s
    if age_s > limit_s:
        return (
            f"the trajectory is {age_s:.2f} s old (limit trajectory_stop_after_s = {limit_s:g} s): the local planner is too slow"
        )
    if not len(trajectory.poses_odom):
        return ""
    lead_s = trajectory.start_s - now_s
    if lead_s > params.tracking.max_lead_s:
        return (
            f"the trajectory starts in {lead_s:.2f} s (limit max_lead_s = {params.tracking.max_lead_s:g} s): "
            "check the local planner's latencies"
        )
    if trajectory.end_s < now_s:
        return f"the trajectory ended {now_s - trajectory.end_s:.2f} s ago: check the clocks and the local planner's latencies"
    return ""


def _find_motion_problem(trajectory: Trajectory, params: SafetyControllerParams) -> str:
    limits, slack = params.robot.limits, 1.0 + params.tracking.speed_tolerance
    speeds, turn_rates = trajectory.twists[:, 0], trajectory.twists[:, 1]
    wheel_speeds = np.abs(speeds) + 0.5 * params.robot.wheel_separation_m * np.abs(turn_rates)
    for name, values, bound, unit in (
        ("max_speed_mps", speeds, limits.max_speed_mps, "m/s"),
        ("max_reverse_speed_mps", -speeds, limits.max_reverse_speed_mps, "m/s"),
        ("max_turn_rate_radps", np.abs(turn_rates), limits.max_turn_rate_radps, "rad/s"),
        ("max_wheel_speed_mps", wheel_speeds, limits.max_wheel_speed_mps, "m/s"),
    ):
        worst = int(values.argmax())
        if values[worst] > bound * slack + 1e-3:
            return (
                f"the trajectory's sample {worst} has {values[worst]:.3g} {unit} (limit {name} = {bound:g} {unit}): "
                "give both nodes the same robot parameters"
            )
    steps = np.diff(trajectory.poses_odom, axis=0)
    # The mean of two neighbouring speeds explains the way between them; half of it again is left for coarse sampling.
    explained = 0.5 * (np.abs(speeds[1:]) + np.abs(speeds[:-1])) * trajectory.step_s
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    jumps = lengths - 1.5 * explained - 0.05
    if len(jumps) and jumps.max() > 0.0:
        worst = int(jumps.argmax())
        return (
            f"the trajectory jumps by {lengths[worst]:.2f} m after sample {worst}, its speeds explain {explained[worst]:.2f} m: "
            "check the local planner"
        )
    turns = np.abs(wrap_angle(steps[:, 2]))
    explained = 0.5 * (np.abs(turn_rates[1:]) + np.abs(turn_rates[:-1])) * trajectory.step_s
    jumps = turns - 1.5 * explained - 0.1
    if len(jumps) and jumps.max() > 0.0:
        worst = int(jumps.argmax())
        return (
            f"the trajectory turns by {turns[worst]:.2f} rad after sample {worst}, "
            f"its turn rates explain {explained[worst]:.2f} rad: check the local planner"
        )
    return ""


def find_start_problem(
    trajectory: Trajectory, pose_odom_base: tuple[float, float, float], effect_s: float, params: SafetyControllerParams
) -> str:
    """Return why a trajectory does not begin where the robot is, or will be when it begins, or "".

    Args:
        trajectory: without other problems.
        pose_odom_base: the robot's pose at `effect_s`.
        effect_s: when a command that is sent now takes effect.
        params: of the safety controller.
    """
    if not len(trajectory.poses_odom):
        return ""
    sample = int(np.clip((effect_s - trajectory.start_s) / trajectory.step_s, 0, len(trajectory.poses_odom) - 1))
    x, y, yaw = trajectory.poses_odom[sample].tolist()
    off_m = math.hypot(x - pose_odom_base[0], y - pose_odom_base[1])
    off_rad = abs(math.remainder(yaw - pose_odom_base[2], 2.0 * math.pi))
    limits, tracking = params.robot.limits, params.tracking
    spare_s = abs(trajectory.start_s + sample * trajectory.step_s - effect_s)
    bound_m = tracking.max_error_m + limits.max_speed_mps * spare_s
    bound_rad = tracking.max_error_rad + limits.max_turn_rate_radps * spare_s
    if off_m <= bound_m and off_rad <= bound_rad:
        return ""
    return (
        f"the trajectory starts {off_m:.2f} m and {off_rad:.2f} rad away from the robot (limits {bound_m:.2f} m, "
        f"{bound_rad:.2f} rad): odometry has jumped, or the planner plans from elsewhere"
    )
