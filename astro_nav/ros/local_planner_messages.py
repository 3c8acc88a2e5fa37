"""The local planner's own messages: what it says about a cycle, what moves, where the screen turns, whom others see."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from astro_nav_msgs.msg import CostTerm, LocalPlannerStatus, People, TrackedObstacle, TrackedObstacles
from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, Vector3
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from astro_nav.body.screen import ScreenMotion
from astro_nav.local_planning.local_plan import LocalPlan
from astro_nav.ros.conversion import header_from
from astro_nav.types import FloatArray, Prediction, Track


def message_from_plan(
    plan: LocalPlan, now_s: float, odom_frame: str, plan_stamp: Time, cycle_s: float, period_s: float
) -> LocalPlannerStatus:
    """What the planner did in one cycle, and why.

    Args:
        plan: the cycle's result.
        now_s: time of the cycle.
        odom_frame: name of the odometry's frame.
        plan_stamp: header.stamp of the plan that is followed.
        cycle_s: computing time of the cycle.
        period_s: since the cycle before.
    """
    x, y = (float(value) for value in plan.blocked_point_odom)
    return LocalPlannerStatus(
        header=header_from(now_s, odom_frame),
        state=int(plan.state),
        reason=plan.reason,
        plan_stamp=plan_stamp,
        distance_to_goal_m=float(plan.distance_to_goal_m),
        clearance_m=float(plan.clearance_m),
        candidates=int(plan.candidates),
        feasible=int(plan.feasible),
        cycle_s=float(cycle_s),
        period_s=float(period_s),
        blocked_point=Point(x=x, y=y, z=0.0 if math.isfinite(x) else math.nan),
        cost_terms=[CostTerm(name=name, chosen=chosen, best_rejected=other) for name, (chosen, other) in plan.cost_terms.items()],
        latency_names=list(plan.latencies_s),
        latencies_s=[float(latency) for latency in plan.latencies_s.values()],
    )


def message_from_tracks(tracks: Sequence[Track], prediction: Prediction | None, stamp_s: float, odom_frame: str) -> TrackedObstacles:
    """A TrackedObstacles message.

    With a prediction everything is given for its start, to which the obstacles have been moved on; without one for each
    track's own time, and `stamp_s` stands in the header.
    """
    rows = {} if prediction is None else {track_id: row for row, track_id in enumerate(prediction.track_ids)}
    obstacles = []
    for track in tracks:
        (x, y, vx, vy), covariance, points, step_s = track.state_odom.tolist(), track.covariance, [], 0.0
        if prediction is not None and track.track_id in rows:
            row = rows[track.track_id]
            means = prediction.means_odom[row].tolist()
            (x, y), (vx, vy) = means[0], prediction.velocities_odom[row, 0].tolist()
            covariance = covariance.copy()
            covariance[:2, :2] = prediction.covariances[row, 0]
            points, step_s = [Point(x=mean_x, y=mean_y, z=0.0) for mean_x, mean_y in means], float(prediction.step_s)
        obstacles.append(
            TrackedObstacle(
                id=track.track_id,
                label=track.label,
                person=track.person,
                moving=track.moving,
                position=Point(x=x, y=y, z=0.0),
                velocity=Vector3(x=vx, y=vy, z=0.0),
                covariance=covariance.ravel(),
                radius_m=float(track.radius_m),
                predicted_positions=points,
                predicted_step_s=step_s,
            )
        )
    header = header_from(stamp_s if prediction is None else prediction.start_s, odom_frame)
    return TrackedObstacles(header=header, obstacles=obstacles)


def message_from_screen(motion: ScreenMotion, joint: str) -> JointTrajectory:
    """A JointTrajectory message for the pan joint."""
    points = [
        JointTrajectoryPoint(positions=[angle], velocities=[speed], time_from_start=_duration_from_seconds(time_s))
        for time_s, angle, speed in zip(motion.times_s.tolist(), motion.angles_rad.tolist(), motion.speeds_radps.tolist())
    ]
    return JointTrajectory(header=header_from(motion.stamp_s, ""), joint_names=[joint], points=points)


def _duration_from_seconds(duration_s: float) -> Duration:
    nanoseconds = round(duration_s * 1e9)
    return Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def read_people(message: People) -> tuple[FloatArray, FloatArray, FloatArray, list[str]]:
    """Positions (P, 3), velocities (P, 3), covariances of x and y (P, 2, 2) and names of a list of people, in its own frame."""
    people = message.people
    positions = np.array([(p.position.x, p.position.y, p.position.z) for p in people]).reshape(-1, 3)
    velocities = np.array([(p.velocity.x, p.velocity.y, p.velocity.z) for p in people]).reshape(-1, 3)
    covariances = np.array([p.position_covariance for p in people]).reshape(-1, 2, 2)
    return positions, velocities, covariances, [p.id for p in people]
