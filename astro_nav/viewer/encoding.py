"""Messages to what the page draws: plain lists in JSON, lengths in whole millimetres.

Messages are taken by their fields alone, so that those of rclpy and those read from a recording are treated alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from astro_nav.errors import AstroNavError
from astro_nav.geometry.se2 import transform_points
from astro_nav.types import FloatArray
from astro_nav.viewer.marker_reading import LINE_LIST, LINE_STRIP, TEXT, read_markers

MM = 1000.0
MAX_CELLS = 64_000_000
# Occupancy is shown in steps: 0 free, 1 to 4 ever more surely occupied, 5 unknown.
SHADES, UNKNOWN_SHADE = 4, 5
MAX_POINTS = 400  # of a drawn way or scan; what is longer is drawn with every n-th
SAFETY_NAMES = (
    "", "nobody asks for motion", "obstacle", "contact", "scan too old", "odometry too old", "trajectory too old", "transform", "speed limit",
    "clock", "late loop", "bad input", "cliff", "bumper", "shutdown", "emergency stop",
)  # fmt: skip
STATE_NAMES = ("idle", "waiting", "following", "reached", "blocked", "refused")


class ViewError(AstroNavError):
    """What is asked of the viewer cannot be done, or a message cannot be shown."""


def dump_json(value: Any) -> bytes:
    """JSON on one line, without NaN."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def encode_grid(message: Any) -> dict[str, Any]:
    """An OccupancyGrid: its place, and its cells as runs of [shade, count, ...], row by row from the origin.

    Raises:
        ViewError: for a grid that cannot be drawn.
    """
    info = message.info
    width, height, resolution = int(info.width), int(info.height), float(info.resolution)
    cells = np.asarray(message.data, dtype=np.int8)
    if not (0 < width * height <= MAX_CELLS and len(cells) == width * height and math.isfinite(resolution) and resolution > 0.0):
        raise ViewError(f"a grid of {width} x {height} cells of {resolution:g} m with {len(cells)} values cannot be drawn")
    shades = np.where(cells < 0, UNKNOWN_SHADE, np.minimum((cells.astype(np.int16) * SHADES + 99) // 100, SHADES)).astype(np.int8)
    starts = np.flatnonzero(np.concatenate([[True], shades[1:] != shades[:-1]]))
    runs = np.stack([shades[starts], np.diff(np.append(starts, len(shades)))], axis=1)
    return {
        "frame": message.header.frame_id.lstrip("/"),
        "size": [width, height],
        "resolution": resolution,
        "origin": encode_pose(read_pose(info.origin)),
        "cells": runs.ravel().tolist(),
    }


def encode_picture(data: bytes) -> dict[str, Any]:
    """The serialized MarkerArray of the local planner: polylines and labels by the name of their marker."""
    lines: dict[str, list[Any]] = {}
    labels: list[Any] = []
    frame, stamp_s = "", 0.0
    for marker in read_markers(data):
        frame, stamp_s = marker.frame.lstrip("/"), marker.stamp_s
        if marker.kind == LINE_LIST and len(marker.points) >= 2:
            lines.setdefault(marker.name, []).extend(join_segments(marker.points[:, :2], marker.colors))
        elif marker.kind == TEXT and np.isfinite(marker.position).all():
            labels.append([marker.name, *_lengths(marker.position[:2]), marker.text])
    return {"frame": frame, "stamp": round_number(stamp_s, 2), "lines": lines, "labels": labels}


def encode_overlay(data: bytes) -> dict[str, Any]:
    """A serialized MarkerArray of few lines, such as doors and zones: [[red, green, blue, opacity, x, y, ...], ...] and [[x, y, text], ...]."""
    frame, lines, labels = "", [], []
    for marker in read_markers(data):
        frame = marker.frame.lstrip("/")
        if marker.kind in (LINE_LIST, LINE_STRIP) and len(marker.points) >= 2 and np.isfinite(marker.color).all():
            red, green, blue = np.round(255 * np.clip(marker.color[:3], 0.0, 1.0)).astype(int).tolist()
            pieces = marker.points[: len(marker.points) // 2 * 2, :2].reshape(-1, 2, 2) if marker.kind == LINE_LIST else [marker.points[:, :2]]
            lines += [[red, green, blue, round(float(np.clip(marker.color[3], 0.0, 1.0)), 2), *_way(np.asarray(piece))] for piece in pieces]
        elif marker.kind == TEXT and np.isfinite(marker.position).all():
            labels.append([*_lengths(marker.position[:2]), marker.text])
    return {"frame": frame, "lines": lines, "labels": labels}


def encode_scan(message: Any, pose_target_laser: FloatArray, frame: str) -> dict[str, Any]:
    """Where the rays of a LaserScan ended.

    Args:
        message: the scan.
        pose_target_laser: (3,) the laser in the frame in which the points shall be.
        frame: its name.
    """
    ranges = np.asarray(message.ranges, dtype=np.float64)
    angles = message.angle_min + message.angle_increment * np.arange(len(ranges))
    is_hit = np.isfinite(ranges) & (ranges >= message.range_min) & (ranges <= message.range_max)
    ends = np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=1)[is_hit]
    return {"frame": frame, "points": _way(transform_points(pose_target_laser, ends))}


def join_segments(points: FloatArray, colors: FloatArray) -> list[list[Any]]:
    """Join segments that go on from each other in one colour.

    Args:
        points: (2 S, 2) ends of S segments [m].
        colors: (2 S, 4) 0..1, or empty.

    Returns:
        [[red, green, blue (0..255), opacity (0..1), x, y, x, y, ... [mm]], ...]
    """
    count = len(points) // 2
    ends = np.asarray(points[: 2 * count], dtype=np.float64).reshape(count, 4)
    tints = np.asarray(colors[: 2 * count : 2] if len(colors) >= 2 * count else np.ones((count, 4)), dtype=np.float64)
    usable = np.isfinite(ends).all(axis=1) & np.isfinite(tints).all(axis=1)
    ends, tints = np.round(np.clip(ends[usable], -1e6, 1e6) * MM).astype(np.int64), np.clip(tints[usable], 0.0, 1.0)
    if not len(ends):
        return []
    goes_on = (ends[1:, :2] == ends[:-1, 2:]).all(axis=1) & (tints[1:] == tints[:-1]).all(axis=1)
    starts = np.flatnonzero(np.concatenate([[True], ~goes_on]))
    ways = []
    for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(ends)]):
        red, green, blue = np.round(255 * tints[begin, :3]).astype(int).tolist()
        ways.append([red, green, blue, round(float(tints[begin, 3]), 2), *ends[begin, :2].tolist(), *ends[begin:end, 2:].ravel().tolist()])
    return ways


def encode_trajectory(message: Any) -> dict[str, Any]:
    """The chosen trajectory: points, and where the robot stands at its end."""
    poses = np.array([(p.x_m, p.y_m, p.yaw_rad) for p in message.points], dtype=np.float64).reshape(-1, 3)
    poses = poses[np.isfinite(poses).all(axis=1)]
    return {
        "frame": message.header.frame_id.lstrip("/"),
        "points": _way(poses[:, :2]),
        "end": encode_pose(poses[-1]) if len(poses) else None,
        "reason": str(message.reason),
    }


def encode_plan(message: Any) -> dict[str, Any]:
    """The way through the map, and the goal at its end."""
    poses = [pose for stamped in message.poses if (pose := read_pose(stamped.pose)) is not None]
    return {
        "frame": message.header.frame_id.lstrip("/"),
        "points": _way(np.array(poses).reshape(-1, 3)[:, :2]),
        "goal": encode_pose(poses[-1]) if poses else None,
    }


def encode_people(message: Any) -> dict[str, Any]:
    """Tracked obstacles: place, velocity [mm/s], the ellipse of 95 % of the place now, and the predicted places."""
    people = []
    for obstacle in message.obstacles:
        place = [obstacle.position.x, obstacle.position.y, obstacle.velocity.x, obstacle.velocity.y, obstacle.radius_m]
        if not all(map(math.isfinite, place)):
            continue
        predicted = np.array([(point.x, point.y) for point in obstacle.predicted_positions], dtype=np.float64).reshape(-1, 2)
        kind = "person" if obstacle.person else "object"
        people.append(
            {
                "id": int(obstacle.id),
                "name": obstacle.label or f"{kind} {obstacle.id}",
                "person": bool(obstacle.person),
                "moving": bool(obstacle.moving),
                "at": _lengths(place),
                "ahead": _way(predicted),
            }
        )
    return {"frame": message.header.frame_id.lstrip("/"), "people": people}


def encode_status(message: Any) -> dict[str, Any]:
    """What the local planner did in its last cycle."""
    state = int(message.state)
    return {
        "state": STATE_NAMES[state] if state < len(STATE_NAMES) else str(state),
        "reason": str(message.reason),
        "distance": round_number(message.distance_to_goal_m, 2),
        "clearance": round_number(message.clearance_m, 3),
        "candidates": int(message.candidates),
        "feasible": int(message.feasible),
        "cycle": round_number(1e3 * message.cycle_s, 1),
    }


def encode_safety(message: Any) -> dict[str, Any]:
    """What the safety controller allows, and why."""
    kind = int(message.limited_by)
    point = [message.contact_point.x, message.contact_point.y]
    return {
        "frame": message.header.frame_id.lstrip("/"),
        "limit": kind,
        "by": SAFETY_NAMES[kind] if kind < len(SAFETY_NAMES) else str(kind),
        "reason": str(message.reason),
        "scale": round_number(message.scale, 3),
        "commanded": [round_number(message.commanded.linear.x, 3), round_number(message.commanded.angular.z, 3)],
        "allowed": round_number(message.allowed_speed_mps, 3),
        "contact": _lengths(point) if all(map(math.isfinite, point)) else None,
    }


def read_pose(pose: Any) -> FloatArray | None:
    """(3,) of a Pose message, None when it is not finite or no rotation."""
    return make_planar_pose(pose.position.x, pose.position.y, pose.orientation)


def make_planar_pose(x: float, y: float, q: Any) -> FloatArray | None:
    """(3,) of a place and a quaternion, None when that is no pose."""
    norm = q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(norm) and norm > 1e-6):
        return None
    return np.array([x, y, math.atan2(2.0 * (q.w * q.z + q.x * q.y), q.w * q.w + q.x * q.x - q.y * q.y - q.z * q.z)])


def encode_pose(pose: FloatArray | None) -> list[float] | None:
    return None if pose is None else [*_lengths(pose[:2]), round(float(pose[2]), 4)]


def _way(points: FloatArray) -> list[int]:
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) > MAX_POINTS:
        points = points[np.unique(np.linspace(0, len(points) - 1, MAX_POINTS).astype(int))]
    return _lengths(points.ravel())


def _lengths(values: Sequence[float] | FloatArray) -> list[int]:
    return [round(MM * min(max(float(value), -1e6), 1e6)) for value in values]


def round_number(value: float, digits: int) -> float | None:
    value = float(value)
    return round(value, digits) if math.isfinite(value) else None
