"""Finds, in a recording, the one cycle of the local planner that is worth showing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rosbags.highlevel import AnyReader

from astro_nav.demo.drive_log import TruthSample
from astro_nav.geometry.se2 import transform_points
from astro_nav.types import FloatArray
from astro_nav.visualization.picture import Moment

LINE_STRIP, LINE_LIST = 4, 5  # visualization_msgs/Marker
CANDIDATES_TOPIC = "/candidates"
MIN_SPEED_MPS = 0.25
FAR_M = 3.0


def find_moment(
    recording: Path, truth: Sequence[TruthSample], boxes_map: Sequence[FloatArray], map_frame: str, odom_frame: str
) -> Moment | None:
    """Return the recorded candidates at the most interesting time: moving, and near a person or an unmapped box.

    Args:
        recording: folder of the recording.
        truth: of the drive.
        boxes_map: outlines (V, 2) of what is not in the map.
        map_frame, odom_frame: names of the frames.

    Returns:
        None when no candidates were recorded during the drive.
    """
    if not truth:
        return None
    stamps = np.array([sample.stamp_s for sample in truth])
    best: tuple[float, TruthSample, Any, FloatArray] | None = None
    pose_map_odom = np.zeros(3)
    with AnyReader([recording]) as reader:
        wanted = [connection for connection in reader.connections if connection.topic in (CANDIDATES_TOPIC, "/tf")]
        for connection, _, data in reader.messages(wanted):
            message = reader.deserialize(data, connection.msgtype)
            if connection.topic == "/tf":
                pose_map_odom = _find_pose(message, map_frame, odom_frame, pose_map_odom)
                continue
            if not any(len(marker.points) for marker in message.markers):
                continue
            stamp = message.markers[0].header.stamp
            sample = truth[int(np.abs(stamps - (stamp.sec + 1e-9 * stamp.nanosec)).argmin())]
            interest = rate_interest(sample, boxes_map)
            if best is None or interest > best[0]:
                best = (interest, sample, message, pose_map_odom)
    if best is None:
        return None
    _, sample, message, pose_map_odom = best
    segments_odom, colors = read_segments(message)
    people = np.array(list(sample.people_map.values())).reshape(-1, 2)
    return Moment(
        pose_map_base=sample.pose_map_base,
        segments_map=transform_points(pose_map_odom, segments_odom),
        colors=colors,
        people_map=people,
        time_s=sample.stamp_s - truth[0].stamp_s,
    )


def rate_interest(sample: TruthSample, boxes_map: Sequence[FloatArray]) -> float:
    """Higher is better: near something that the map does not know, and in motion."""
    here = sample.pose_map_base[:2]
    distances = [float(np.linalg.norm(person - here)) for person in sample.people_map.values()]
    distances += [float(np.linalg.norm(box.mean(axis=0) - here)) for box in boxes_map]
    nearness = max(FAR_M - min(distances, default=FAR_M), 0.0)
    return nearness + min(abs(float(sample.twist[0])), MIN_SPEED_MPS) / MIN_SPEED_MPS * FAR_M


def read_segments(message: Any) -> tuple[FloatArray, FloatArray]:
    """All lines in a visualization_msgs/MarkerArray.

    Returns:
        segments (S, 2, 2) in the markers' frame [m], and the colour (S, 4) of each.
    """
    segments, colors = [np.zeros((0, 2, 2))], [np.zeros((0, 4))]
    for marker in message.markers:
        points = np.array([(point.x, point.y) for point in marker.points]).reshape(-1, 2)
        if marker.type not in (LINE_STRIP, LINE_LIST) or len(points) < 2:
            continue
        tints = np.array([(c.r, c.g, c.b, c.a) for c in marker.colors]).reshape(-1, 4)
        if len(tints) != len(points):
            tints = np.tile((marker.color.r, marker.color.g, marker.color.b, marker.color.a), (len(points), 1))
        if marker.type == LINE_LIST:
            segments.append(points[: len(points) // 2 * 2].reshape(-1, 2, 2))
            colors.append(tints[: len(points) // 2 * 2 : 2])
        else:
            segments.append(np.stack([points[:-1], points[1:]], axis=1))
            colors.append(tints[:-1])
    return np.concatenate(segments), np.clip(np.concatenate(colors), 0.0, 1.0)


def _find_pose(message: Any, parent: str, child: str, otherwise: FloatArray) -> FloatArray:
    """The planar pose of `child` in `parent` (3,) from a tf2_msgs/TFMessage, or what was known before."""
    for transform in message.transforms:
        if transform.header.frame_id.lstrip("/") == parent and transform.child_frame_id.lstrip("/") == child:
            shift, turn = transform.transform.translation, transform.transform.rotation
            return np.array([shift.x, shift.y, 2.0 * np.arctan2(turn.z, turn.w)])
    return otherwise
