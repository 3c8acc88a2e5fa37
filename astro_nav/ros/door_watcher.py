"""The memory of doors inside the node: scans and places in, markers out, a file kept in a thread of its own."""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from geometry_msgs.msg import Point
from sensor_msgs.msg import LaserScan
from visualization_msgs.msg import Marker, MarkerArray

from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.global_planning.passage_memory import PassageRecord
from astro_nav.global_planning.passage_store import PassageStore, choose_memory_file
from astro_nav.global_planning.passage_watch import DOOR_LOOK_S, find_ray_ends
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.ros.conversion import header_from, scan_from_message
from astro_nav.ros.node import LATEST, SENSOR_DATA
from astro_nav.ros.transforms import Transforms
from astro_nav.types import FloatArray

MARKER_PERIOD_S = 1.0
OLDEST_S = 1e9  # an earlier time is that of a simulation, which has no hour of the day: the wall clock's counts then
STOP_TIMEOUT_S = 2.0
LABEL_HEIGHT_M = 0.15


class DoorWatcher:
    """Owns a DoorKeeper for a node.

    Args:
        node: the global planner's.
        transforms: to place scans in the map.
        report_news: called when a passage is not as it was believed.
    """

    def __init__(self, node: Any, transforms: Transforms, report_news) -> None:
        self._node, self._transforms, self._report_news = node, transforms, report_news
        params: GlobalPlannerParams = node.params
        is_simulated = bool(node.get_parameter("use_sim_time").value)
        # A simulated day is nobody's: what is learnt on it is kept only where somebody has asked for it.
        keeps = bool(params.memory.file or params.memory.clock_offset_s or not is_simulated)
        self._store = PassageStore(choose_memory_file(params.memory.file, params.map_file)) if keeps else None
        self.keeper = DoorKeeper(params, self._store, float(time.localtime().tm_gmtoff))
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="doors")
        self._saving: Future | None = None
        self._last_save_s = self._last_marker_s = time.monotonic()
        self._last_look_s = -math.inf
        node.subscribe(LaserScan, "scan", self._take_scan, SENSOR_DATA)
        self._markers = node.create_publisher(MarkerArray, "doors", LATEST)

    def read_wall_s(self) -> float:
        """The time whose hour of the day counts."""
        now_s, offset_s = self._node.now_s, self._node.params.memory.clock_offset_s
        return now_s + offset_s if offset_s or now_s > OLDEST_S else time.time()

    def list_prices(self) -> FloatArray:
        """For the navigator."""
        return self.keeper.memory.list_prices(self.read_wall_s())

    def take_records(self, map_key: str, records: list[PassageRecord]) -> None:
        """The passages of a new map were found."""
        self.keeper.take_records(map_key, records)
        known = sum(record.was_seen for record in records)
        self._node.get_logger().info(f"{len(records)} doors and narrow passages in map {map_key}, {known} of them known before")
        self._last_marker_s = -math.inf

    def take_blocked_place(self, point_map: FloatArray) -> None:
        """The robot has met a place blocked."""
        self._tell(self.keeper.watch.take_blocked_place(point_map, self.read_wall_s()))

    def tick(self, pose_map_base: FloatArray | None) -> None:
        """Called at the node's rate."""
        now_s = time.monotonic()
        if pose_map_base is not None:
            self._tell(self.keeper.watch.take_place(pose_map_base[:2], self.read_wall_s()))
        if now_s - self._last_save_s >= self._node.params.memory.save_s and (self._saving is None or self._saving.done()):
            self._last_save_s = now_s
            self._save()
        if now_s - self._last_marker_s >= MARKER_PERIOD_S:
            self._last_marker_s = now_s
            self._markers.publish(self._make_markers())
        while self._store is not None and self._store.notices:
            self._node.get_logger().warning(self._store.notices.pop(0))

    def shut_down(self) -> None:
        """Write what was learnt last."""
        self._save()
        if self._saving is not None:
            try:
                self._saving.result(STOP_TIMEOUT_S)
            except TimeoutError:
                self._node.get_logger().warning(f"what was learnt of doors was not written within {STOP_TIMEOUT_S:g} s")
        self._writer.shutdown(wait=False)

    def _save(self) -> None:
        work = self.keeper.make_saving(self.read_wall_s())
        if work is not None:
            self._saving = self._writer.submit(work)

    def _tell(self, is_news: bool) -> None:
        if is_news:
            self._report_news()

    def _take_scan(self, message: LaserScan) -> None:
        if not self.keeper.map_key or time.monotonic() - self._last_look_s < DOOR_LOOK_S:
            return
        self._last_look_s = time.monotonic()
        scan = scan_from_message(message)
        lookup = self._transforms.lookup_pose(self._node.params.frames.map, scan.frame_id)
        if lookup.pose is None:
            return  # the node says itself that it waits for a pose
        origin, ends = find_ray_ends(scan, lookup.pose)
        self._tell(self.keeper.watch.take_scan(origin, ends, self._last_look_s, self.read_wall_s()))

    def _make_markers(self) -> MarkerArray:
        header, now_s = header_from(self._node.now_s, self._node.params.frames.map), self.read_wall_s()
        array = MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])
        for number, record in enumerate(self.keeper.memory.records):
            share = self.keeper.memory.estimate_open(record.passage.passage_id, now_s)
            line = Marker(header=header, ns="doors", id=number, type=Marker.LINE_LIST)
            line.points = [Point(x=float(x), y=float(y), z=0.05) for x, y in record.passage.ends_map]
            line.pose.orientation.w, line.scale.x = 1.0, 0.06
            line.color.r, line.color.g, line.color.a = 1.0 - share, share, 1.0
            text = Marker(header=header, ns="door names", id=number, type=Marker.TEXT_VIEW_FACING)
            text.pose.position = Point(**dict(zip("xyz", (*map(float, record.passage.middle_map), 0.3))))
            text.pose.orientation.w, text.scale.z = 1.0, LABEL_HEIGHT_M
            text.color.r = text.color.g = text.color.b = text.color.a = 1.0
            text.text = f"{record.passage.title}: open {100.0 * share:.0f} %"
            array.markers += [line, text]
        return array
