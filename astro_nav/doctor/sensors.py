"""Scan and odometry: rates, stamps, latency, content."""

from __future__ import annotations

import math

import numpy as np

from astro_nav.doctor.findings import ERROR, GOOD, WARNING, Finding
from astro_nav.doctor.frames import find_pose
from astro_nav.doctor.observations import Observations, OdometrySample, TopicLog
from astro_nav.geometry.footprint import compute_signed_distances
from astro_nav.params.safety_controller import SafetyControllerParams

MIN_SCAN_HZ, MIN_ODOM_HZ, MAX_ODOM_HZ = 5.0, 20.0, 110.0
MAX_LATENCY_S = {"scan": 0.25, "odom": 0.1}
# Stamps from the future: two clocks. DDS itself takes less than this.
MAX_LEAD_S = 0.01
MIN_VALID_SHARE = 0.1
# A beam that ends on the robot in so many of the scans is no passer-by.
SELF_HIT_SHARE = 0.8
SELF_HIT_BEYOND_M = 0.02
MAX_NAMED_BEAMS = 6
# A twist may differ from what the poses say by this share, and by as much as noise and lag make.
TWIST_TOLERANCE, MIN_SPEED_MPS = 0.3, 0.05


def check_scans(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    """All scan topics."""
    findings = []
    for topic in params.scan_topics:
        log = seen.find_topic(topic)
        if log.count == 0:
            findings.append(_describe_missing(seen, topic, "sensor_msgs/msg/LaserScan", "start the lidar's driver, or remap its topic"))
            continue
        findings += _check_flow(seen, topic, "scan", log, MIN_SCAN_HZ, math.inf)
        findings += _check_content(seen, topic)
        findings += _check_self_hits(seen, topic, params)
    return findings


def check_odometry(seen: Observations, params: SafetyControllerParams) -> list[Finding]:
    """The odometry."""
    log = seen.find_topic("odom")
    if log.count == 0:
        return [_describe_missing(seen, "odom", "nav_msgs/msg/Odometry", "start the base driver, or remap its topic")]
    findings = _check_flow(seen, "odom", "odom", log, MIN_ODOM_HZ, MAX_ODOM_HZ)
    for found, wanted, what in (
        (log.frames, params.frames.odom, "header.frame_id"),
        ({sample.child_frame for sample in seen.odometry}, params.frames.base, "child_frame_id"),
    ):
        wrong = sorted(frame for frame in found if frame.lstrip("/") != wanted)
        if wrong:
            findings.append(
                Finding(ERROR, "odom", f"{what} is {', '.join(repr(frame) for frame in wrong)}, must be {wanted!r}",
                        "set the frame in the base driver, or frames.* in the parameter file")
            )  # fmt: skip
    return findings + _check_twist(seen.odometry)


def _describe_missing(seen: Observations, topic: str, type_name: str, remedy: str) -> Finding:
    name = seen.resolve(topic)
    speakers = seen.publishers.get(name, [])
    others = sorted(other for other, types in seen.types.items() if type_name in types and other != name)
    hint = f"; {type_name} is there as {', '.join(others)}" if others else ""
    wrong = sorted({end.type_name for end in speakers if end.type_name != type_name})
    if wrong:
        return Finding(ERROR, topic, f"{name} is of the type {', '.join(wrong)}, must be {type_name}{hint}", remedy)
    if speakers:
        return Finding(ERROR, topic, f"{speakers[0].node} announces {name} but no message came{hint}",
                       "see whether the driver runs, and the QoS findings below")  # fmt: skip
    if not seen.is_live:
        return Finding(ERROR, topic, f"the recording holds no {name}{hint}", "record it as well; if the robot has none: " + remedy)
    return Finding(ERROR, topic, f"there is no {name}{hint}", remedy)


def _check_flow(seen: Observations, topic: str, kind: str, log: TopicLog, low_hz: float, high_hz: float) -> list[Finding]:
    """Rate, stamps, latency."""
    rate_hz, ages = log.compute_rate_hz(), log.compute_ages_s()
    findings = []
    if not rate_hz >= low_hz:
        findings.append(Finding(ERROR, topic, f"{rate_hz:.1f} Hz, must be {low_hz:g} Hz or more", "raise the rate in the driver"))
    if rate_hz > high_hz:
        findings.append(Finding(WARNING, topic, f"{rate_hz:.0f} Hz, more than {high_hz:g} Hz costs processor time for nothing", "lower the rate"))
    gap_s = float(np.diff(log.received_s).max()) if log.count > 2 else 0.0
    if gap_s > max(3.0 / rate_hz, 0.3):
        findings.append(
            Finding(WARNING, topic, f"nothing came for {gap_s:.2f} s at {rate_hz:.1f} Hz", "look at the driver's load, its cable, the network")
        )
    if len(ages) and not np.any(log.stamps_s):
        return [*findings, Finding(ERROR, topic, "all stamps are zero", "the driver must stamp with the time of measurement")]
    if np.any(np.diff(log.stamps_s) < 0.0):
        findings.append(Finding(ERROR, topic, "stamps go back in time", "two drivers publish it, or the clock was set: look at /clock and NTP"))
    return findings + _check_latency(seen, topic, kind, ages, rate_hz)


def _check_latency(seen: Observations, topic: str, kind: str, ages: np.ndarray, rate_hz: float) -> list[Finding]:
    if len(ages) == 0:
        return []
    median_s, worst_s, limit_s = float(np.median(ages)), float(np.quantile(ages, 0.99)), MAX_LATENCY_S[kind]
    if median_s < -MAX_LEAD_S:
        return [Finding(ERROR, topic, f"stamps are {-median_s:.3f} s ahead of this machine's clock",
                        "set both clocks by NTP or chrony; in a simulation use_sim_time must be the same for all")]  # fmt: skip
    if median_s > 3600.0:
        return [Finding(ERROR, topic, f"stamps are {median_s:.0f} s behind: the driver counts from its own start, or from a simulation",
                        "stamp with the system's time, or set use_sim_time:=true where /clock is published")]  # fmt: skip
    if median_s > limit_s:
        return [Finding(ERROR, topic, f"messages are {median_s:.3f} s old when they arrive (limit {limit_s:g} s)",
                        "stamp at the time of measurement, set the clocks by NTP, lighten the load")]  # fmt: skip
    if worst_s > limit_s:
        return [Finding(WARNING, topic, f"{rate_hz:.1f} Hz, median age {1000 * median_s:.0f} ms, but one in a hundred is older than {1000 * worst_s:.0f} ms",
                        "lighten the load of the computer, or the network between")]  # fmt: skip
    return [Finding(GOOD, topic, f"{rate_hz:.1f} Hz, {1000 * median_s:.0f} ms old when it arrives")]


def _check_content(seen: Observations, topic: str) -> list[Finding]:
    scans = [scan for scan in seen.scans if scan.topic == seen.resolve(topic)]
    if not scans:
        return []
    first, findings = scans[0], []
    step = abs(float(np.diff(first.angles_rad[:2]).sum())) if len(first.angles_rad) > 1 else 0.0
    if len(first.ranges_m) < 2 or step == 0.0 or not 0.0 <= first.range_min_m < first.range_max_m:
        return [Finding(ERROR, topic, f"{len(first.ranges_m)} ranges, angle_increment {step:g} rad, range_min {first.range_min_m:g} m, "
                        f"range_max {first.range_max_m:g} m cannot be used", "correct the driver's configuration")]  # fmt: skip
    span = step * len(first.ranges_m)
    if span > 2.0 * math.pi * 1.02:
        findings.append(Finding(ERROR, topic, f"covers {math.degrees(span):.0f} degrees, more than a full turn", "correct angle_increment in the driver"))
    elif span < math.radians(200.0):
        findings.append(
            Finding(WARNING, topic, f"sees {math.degrees(span):.0f} degrees", "behind and beside the robot nothing is seen: limit reversing, or add a lidar")
        )
    valid = [np.mean(np.isfinite(s.ranges_m) & (s.ranges_m >= s.range_min_m) & (s.ranges_m <= s.range_max_m)) for s in scans]
    if np.median(valid) < MIN_VALID_SHARE:
        findings.append(
            Finding(ERROR, topic, f"only {100 * np.median(valid):.0f} % of the ranges are valid", "clean the lidar; check range_min, range_max and its units")
        )
    return findings


def _check_self_hits(seen: Observations, topic: str, params: SafetyControllerParams) -> list[Finding]:
    """Whether the scan sees the robot itself: beams that end within its outline nearly always."""
    scans = [scan for scan in seen.scans if scan.topic == seen.resolve(topic)]
    pose = find_pose(seen, params.frames.base, scans[0].frame) if scans else None
    if pose is None:
        return []
    alike = [scan for scan in scans if len(scan.ranges_m) == len(scans[0].ranges_m) and scan.frame == scans[0].frame]
    ranges, angles = np.stack([scan.ranges_m for scan in alike]), alike[0].angles_rad
    valid = np.isfinite(ranges) & (ranges >= alike[0].range_min_m) & (ranges > 0.0)
    reach = np.where(valid, ranges, 0.0)
    points = np.stack([reach * np.cos(angles), reach * np.sin(angles), np.zeros_like(reach)], axis=-1) @ pose[:3, :3].T + pose[:3, 3]
    distances = compute_signed_distances(points[..., :2].reshape(-1, 2), params.robot.footprint).reshape(ranges.shape)
    share = np.mean(valid & (distances < SELF_HIT_BEYOND_M), axis=0)
    hits = np.flatnonzero(share >= SELF_HIT_SHARE)
    if len(hits) == 0:
        return [Finding(GOOD, topic, "does not see the robot itself")]
    deepest_m = float(np.nanmin(np.where(valid, distances, np.nan)[:, hits]))
    degrees = np.degrees(angles[hits])
    named = ", ".join(f"{angle:.0f}" for angle in degrees[:MAX_NAMED_BEAMS]) + (", ..." if len(degrees) > MAX_NAMED_BEAMS else "")
    return [Finding(ERROR, topic, f"{len(hits)} beams always end on the robot itself, up to {-deepest_m:.2f} m inside its outline, at {named} degrees",
                    "cut these angles out with the driver or laser_filters, correct the transform of the lidar, or robot.footprint_m")]  # fmt: skip


def _check_twist(samples: list[OdometrySample]) -> list[Finding]:
    """Whether the twist is what the poses say, in the robot's own frame."""
    if len(samples) < 10:
        return []
    stamps = np.array([sample.stamp_s for sample in samples])
    poses = np.array([sample.pose for sample in samples])
    steps_s = np.diff(stamps)
    usable = steps_s > 1e-4
    if not usable.any():
        return []
    moved = np.diff(poses[:, :2], axis=0)[usable]
    yaw = poses[:-1, 2][usable]
    forward = (moved[:, 0] * np.cos(yaw) + moved[:, 1] * np.sin(yaw)) / steps_s[usable]
    speeds = np.array([sample.speed_mps for sample in samples])[1:][usable]
    moving = np.abs(forward) > MIN_SPEED_MPS
    if moving.sum() < 10:
        return [Finding(WARNING, "odom", "the robot hardly moved, so its twist could not be compared with its poses", "drive a metre while the doctor looks")]
    ratio = float(np.median(speeds[moving] / forward[moving]))
    if abs(ratio) < 0.05:
        return [Finding(ERROR, "odom", "the robot moves but twist.linear.x stays zero", "the base driver must fill twist, in child_frame_id")]
    if abs(ratio - 1.0) > TWIST_TOLERANCE:
        return [Finding(ERROR, "odom", f"twist.linear.x is {ratio:.2f} times what the poses say",
                        "check wheel radius, gear and units in the base driver, and that the twist is in child_frame_id")]  # fmt: skip
    return [Finding(GOOD, "odom", f"twist and poses agree (factor {ratio:.2f})")]
