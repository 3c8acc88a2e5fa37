"""Whether passages are open, from what the robot sees and does.

Three sources, none of which needs another node: rays of the lidar that pass the line between the jambs or end on it, the
robot's own way through, and the place that the local planner reports to be blocked.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.global_planning.passage_memory import PassageMemory
from astro_nav.global_planning.passages import Passage
from astro_nav.params.global_planner import MemoryParams
from astro_nav.types import FloatArray, Scan

DOOR_LOOK_S = 0.2  # between two scans that are looked at
BEHIND_M = 0.3  # a ray that goes on for so far behind the line has passed
ON_LINE_M = 0.2  # one that ends so near it was stopped by what stands there; pose errors are of that order
SLOTS = 12  # into which the width of a passage is divided
SEEN_SHARE = 0.7  # of the slots must have been seen before a passage is called closed
STEEPEST = 0.35  # sine of the flattest angle at which a passage is looked at
JAMB_M = 0.06  # beside the jambs, rays hit them and not the door
FORGET_S = 3.0  # a look so long ago has nothing to do with the next
CROSSING_M = 1.0  # a longer step is a jump of the localizer
NEAR_GATE_M = 0.35  # what blocks within this of the line, blocks the passage


def find_ray_ends(scan: Scan, pose_map_laser: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The lidar's place (2,) and the ends (N, 2) of its rays [m]; a ray that met nothing ends at the lidar's range."""
    ranges_m = np.asarray(scan.ranges_m, dtype=np.float64)
    angles = pose_map_laser[2] + scan.angle_min_rad + scan.angle_increment_rad * np.arange(len(ranges_m))
    ranges_m = np.where(np.isposinf(ranges_m), scan.range_max_m, ranges_m)
    used = np.isfinite(ranges_m) & (ranges_m >= scan.range_min_m) & (ranges_m <= scan.range_max_m)
    offsets = ranges_m[used, None] * np.column_stack([np.cos(angles[used]), np.sin(angles[used])])
    return pose_map_laser[:2], pose_map_laser[:2] + offsets


def judge_passage(passage: Passage, origin_map: FloatArray, ends_map: FloatArray, robot_width_m: float) -> bool | None:
    """Judge from one scan whether the robot could pass.

    Args:
        passage: the gate.
        origin_map: (2,) [m] of the lidar.
        ends_map: (N, 2) [m] where rays ended; rays that met nothing end at the lidar's range.
        robot_width_m: the gap that it needs.

    Returns:
        Open, closed, or None when too little of it was seen.
    """
    along = passage.ends_map[1] - passage.ends_map[0]
    width_m = float(np.hypot(*along))
    along = along / max(width_m, 1e-9)
    across = np.array([-along[1], along[0]])
    height_m = float((origin_map - passage.ends_map[0]) @ across)
    rays = ends_map - origin_map
    lengths = np.linalg.norm(rays, axis=1)
    towards = rays @ across * -np.sign(height_m)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_line = abs(height_m) * lengths / towards  # length along the ray at which it crosses the line
        offsets = (origin_map - passage.ends_map[0]) @ along + rays @ along * (to_line / lengths)
        faces = (towards > STEEPEST * lengths) & (offsets > JAMB_M) & (offsets < width_m - JAMB_M)
        surplus = lengths - to_line
        passes, ends = faces & (surplus > BEHIND_M), faces & (np.abs(surplus) <= ON_LINE_M)
    span_m = max(width_m - 2.0 * JAMB_M, 1e-6)
    slots = np.clip(((np.where(passes | ends, offsets, 0.0) - JAMB_M) / span_m * SLOTS).astype(np.int64), 0, SLOTS - 1)
    passed, stopped = (np.bincount(slots[mask], minlength=SLOTS) for mask in (passes, ends))
    free, shut = passed > stopped, (stopped > 0) & (stopped >= passed)
    gap_m = _measure_longest_run(free) * span_m / SLOTS + (2.0 * JAMB_M if free.all() else 0.0)
    if gap_m >= min(robot_width_m, 0.95 * span_m):
        return True
    widest_m = _measure_longest_run(~shut) * span_m / SLOTS
    if shut.sum() >= SEEN_SHARE * SLOTS and widest_m < robot_width_m:
        return False
    return None


def _measure_longest_run(mask: np.ndarray) -> int:
    longest = run = 0
    for value in mask:
        run = run + 1 if value else 0
        longest = max(longest, run)
    return longest


class PassageWatch:
    """Feeds a PassageMemory. Calls that return true say that something is not as it was believed.

    Args:
        memory: takes the observations.
        params: how sure to be.
        robot_width_m: the gap that the robot needs.
    """

    def __init__(self, memory: PassageMemory, params: MemoryParams, robot_width_m: float) -> None:
        self._memory, self._params, self._robot_width_m = memory, params, robot_width_m
        self._looks: dict[str, tuple[bool, float, float]] = {}  # id -> state, since when, last look
        self._place_map: FloatArray | None = None

    def take_scan(self, origin_map: FloatArray, ends_map: FloatArray, look_s: float, now_s: float) -> bool:
        """Look at all passages within sight.

        Args:
            origin_map: (2,) [m] of the lidar.
            ends_map: (N, 2) [m] ends of its rays.
            look_s: the scan's time, on any clock that runs evenly.
            now_s: wall-clock time, whose hour of the day counts.
        """
        is_news = False
        for passage in self._memory.passages:
            if np.hypot(*(passage.middle_map - origin_map)) > self._params.sight_m:
                continue
            is_open = judge_passage(passage, origin_map, ends_map, self._robot_width_m)
            if is_open is None:
                continue
            state, since_s, last_s = self._looks.get(passage.passage_id, (is_open, look_s, look_s))
            if state != is_open or not 0.0 <= look_s - last_s <= FORGET_S:
                since_s = look_s
            self._looks[passage.passage_id] = (is_open, since_s, look_s)
            if look_s - since_s >= self._params.confirm_s:
                is_news |= self._memory.observe(passage.passage_id, is_open, now_s)
        return is_news

    def take_place(self, place_map: FloatArray, now_s: float) -> bool:
        """Take the robot's place (2,) [m]: where it drives through, it is open."""
        before, self._place_map = self._place_map, np.array(place_map[:2])
        if before is None or np.array_equal(before, self._place_map) or math.dist(before, self._place_map) > CROSSING_M:
            return False
        is_news = False
        for passage in self._memory.passages:
            if _crosses(before, self._place_map, passage.ends_map):
                is_news |= self._memory.observe(passage.passage_id, True, now_s)
        return is_news

    def take_blocked_place(self, point_map: FloatArray, now_s: float) -> bool:
        """Take a place (2,) [m] that the robot has found blocked."""
        is_news = False
        for passage in self._memory.passages:
            if _measure_distance(point_map, passage.ends_map) <= NEAR_GATE_M:
                is_news |= self._memory.observe(passage.passage_id, False, now_s)
        return is_news


def _crosses(before: FloatArray, after: FloatArray, ends: FloatArray) -> bool:
    def side(a: FloatArray, b: FloatArray, c: FloatArray) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    return side(ends[0], ends[1], before) * side(ends[0], ends[1], after) < 0.0 and (
        side(before, after, ends[0]) * side(before, after, ends[1]) < 0.0
    )


def _measure_distance(point: FloatArray, ends: FloatArray) -> float:
    along = ends[1] - ends[0]
    share = float(np.clip((point - ends[0]) @ along / max(float(along @ along), 1e-12), 0.0, 1.0))
    return float(np.hypot(*(point - ends[0] - share * along)))
