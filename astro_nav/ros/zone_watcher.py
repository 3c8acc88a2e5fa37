"""Keep-out and slow zones inside the node: the file is read again when it changes; zones are drawn; slow ones limit the speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from geometry_msgs.msg import Point
from std_msgs.msg import Float32
from visualization_msgs.msg import Marker, MarkerArray

from astro_nav.errors import MapError
from astro_nav.global_planning.zones import Zone, find_speed_limit, read_zones
from astro_nav.ros.conversion import header_from
from astro_nav.ros.node import LATEST
from astro_nav.types import FloatArray

LOOK_PERIOD_S = 1.0


class ZoneWatcher:
    """Watches the file of zones.

    A file that cannot be used leaves the zones as they were, with a sentence: a slip of the pen opens no stairs.

    Args:
        node: the global planner's.
        take_zones: called with the zones whenever they change.
    """

    def __init__(self, node: Any, take_zones: Callable[[Sequence[Zone]], None]) -> None:
        self._node, self._take_zones = node, take_zones
        self._zones: list[Zone] = []
        self._seen: tuple[str, int, int] | None = None
        self._last_look_s = -LOOK_PERIOD_S
        self._limit_mps = 0.0
        self._limits = None
        self._markers = node.create_publisher(MarkerArray, "zones", LATEST)

    def tick(self, pose_map_base: FloatArray | None) -> None:
        """Called at the node's rate."""
        now_s = time.monotonic()
        if now_s - self._last_look_s >= LOOK_PERIOD_S:
            self._last_look_s = now_s
            self._look()
        limit_mps = self._limit_mps if pose_map_base is None else find_speed_limit(self._zones, pose_map_base)
        if limit_mps != self._limit_mps:
            self._limit_mps = limit_mps
            if self._limits is None:  # only who has slow zones speaks on this topic, which others may use, too
                self._limits = self._node.create_publisher(Float32, "speed_limit", LATEST)
            self._limits.publish(Float32(data=float(limit_mps)))

    def _look(self) -> None:
        name = self._node.params.zones_file
        if not name:
            stamp = None
        else:
            try:
                facts = Path(name).expanduser().stat()
                stamp = (name, facts.st_mtime_ns, facts.st_size)
            except OSError as error:
                self._node.report_unusable("zones_file", f"{name}: {error}")
                return
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            zones = read_zones(Path(name).expanduser()) if name else []
        except MapError as error:
            self._node.report_unusable("zones_file", f"{error}; the zones stay as they were")
            return
        self._zones = zones
        self._take_zones(zones)
        self._node.get_logger().info(f"{len(zones)} zones{': ' + ', '.join(zone.zone_id for zone in zones) if zones else ''}")
        self._markers.publish(self._make_markers())

    def _make_markers(self) -> MarkerArray:
        header = header_from(self._node.now_s, self._node.params.frames.map)
        array = MarkerArray(markers=[Marker(header=header, action=Marker.DELETEALL)])
        for number, zone in enumerate(self._zones):
            line = Marker(header=header, ns="zones", id=number, type=Marker.LINE_STRIP)
            corners = [*zone.polygon_map, zone.polygon_map[0]]
            line.points = [Point(x=float(x), y=float(y), z=0.03) for x, y in corners]
            line.pose.orientation.w, line.scale.x = 1.0, 0.05
            line.color.r, line.color.g, line.color.a = 1.0, 0.0 if zone.is_keep_out else 0.7, 1.0
            array.markers.append(line)
        return array
