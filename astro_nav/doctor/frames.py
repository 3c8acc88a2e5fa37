"""The tree of frames: what is missing in it, and where one frame is in another."""

from __future__ import annotations

import numpy as np

from astro_nav.doctor.findings import ERROR, GOOD, WARNING, Finding
from astro_nav.doctor.observations import Observations, TransformLog
from astro_nav.params.safety_controller import SafetyControllerParams
from astro_nav.types import FloatArray

# REP-105 asks for no rate; the planners place every scan between two transforms of the odometry.
MIN_ODOM_TRANSFORM_HZ = 15.0
MAX_LOCALIZATION_AGE_S = 1.0
# Localizers date their transform forward, so that it holds until the next (AMCL: transform_tolerance, 1 s by default).
MAX_LOCALIZATION_LEAD_S = 2.0
OWNERS = {"map": "a localizer (AMCL, slam_toolbox)", "odom": "the base driver"}


def find_pose(seen: Observations, target: str, source: str) -> FloatArray | None:
    """Pose (4, 4) of `source` in `target` from the newest transforms, None when they do not hang together."""
    poses, pending = {target: np.eye(4)}, [target]
    while pending:
        frame = pending.pop()
        for (parent, child), log in seen.transforms.items():
            for known, new, pose in ((parent, child, log.pose), (child, parent, np.linalg.inv(log.pose))):
                if known == frame and new not in poses:
                    poses[new] = poses[frame] @ pose
                    pending.append(new)
    return poses.get(source)


def check_frames(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    """Whether `map -> odom -> base_link -> laser` is whole, fresh and said by one."""
    frames = params.frames
    findings = [
        *_check_link(seen, frames.map, frames.odom, OWNERS["map"]),
        *_check_link(seen, frames.odom, frames.base, OWNERS["odom"]),
        *_check_tree(seen),
    ]
    for frame in sorted({scan.frame for scan in seen.scans}):
        if find_pose(seen, frames.base, frame) is None:
            findings.append(
                Finding(ERROR, "tf", f"nothing says where the lidar's frame {frame!r} is on {frames.base}; {_list_frames(seen)}",
                        f"publish {frames.base} -> {frame} with robot_state_publisher or static_transform_publisher")
            )  # fmt: skip
    return findings


def _check_link(seen: Observations, parent: str, child: str, owner: str) -> list[Finding]:
    name = f"{parent} -> {child}"
    if find_pose(seen, parent, child) is None:
        return [Finding(ERROR, "tf", f"{name} is missing; {_list_frames(seen)}", f"{owner} must publish it; frame names are set by frames.*")]
    log = seen.transforms.get((parent, child))
    if log is None:
        return [Finding(GOOD, "tf", f"{name} is there, through other frames")]
    if log.is_static:
        return [Finding(WARNING, "tf", f"{name} is static", f"fine in a simulation; on a robot {owner} must publish it anew all the time")]
    rate_hz = _compute_rate_hz(log)
    if owner == OWNERS["odom"] and not rate_hz >= MIN_ODOM_TRANSFORM_HZ:
        return [Finding(ERROR, "tf", f"{name} comes at {rate_hz:.1f} Hz, must be {MIN_ODOM_TRANSFORM_HZ:g} Hz or more",
                        "let the base driver publish it with every odometry message")]  # fmt: skip
    if not np.any(log.stamps_s):
        return [Finding(ERROR, "tf", f"all stamps of {name} are zero", f"{owner} must stamp it with the time of the pose")]
    age_s = float(np.median(np.subtract(log.received_s, log.stamps_s)))
    if age_s < -MAX_LOCALIZATION_LEAD_S:
        return [Finding(ERROR, "tf", f"{name} is {-age_s:.2f} s ahead of the clock when it arrives",
                        "set both clocks by NTP or chrony; in a simulation use_sim_time must be the same for all")]  # fmt: skip
    if age_s > MAX_LOCALIZATION_AGE_S:
        return [Finding(ERROR, "tf", f"{name} is {age_s:.2f} s old when it arrives", "compare the clocks, and the load of who publishes it")]
    return [Finding(GOOD, "tf", f"{name} at {rate_hz:.1f} Hz")]


def _check_tree(seen: Observations) -> list[Finding]:
    findings = []
    parents: dict[str, set[str]] = {}
    for parent, child in seen.transforms:
        parents.setdefault(child, set()).add(parent)
    for child, names in sorted(parents.items()):
        if len(names) > 1:
            findings.append(
                Finding(ERROR, "tf", f"{child} has {len(names)} parents, {' and '.join(sorted(names))}: tf jumps between them",
                        "a frame may have one parent only: stop one of the publishers")
            )  # fmt: skip
    for (parent, child), log in seen.transforms.items():
        backwards = int(np.sum(np.diff(log.stamps_s) < -1e-6))
        if backwards > 0.02 * len(log.stamps_s) and not log.is_static:
            findings.append(
                Finding(ERROR, "tf", f"stamps of {parent} -> {child} go back in time {backwards} times",
                        "two nodes publish it, or a recording is played in a loop beside a running robot: stop one")
            )  # fmt: skip
    return findings


def _compute_rate_hz(log: TransformLog) -> float:
    span_s = log.received_s[-1] - log.received_s[0] if len(log.received_s) > 1 else 0.0
    return (len(log.received_s) - 1) / span_s if span_s > 0.0 else 0.0


def _list_frames(seen: Observations) -> str:
    names = sorted({name for pair in seen.transforms for name in pair})
    lacks = "no transform was seen at all" if seen.is_live else "the recording holds no transform: record /tf and /tf_static"
    return f"the frames that there are: {', '.join(names)}" if names else lacks
