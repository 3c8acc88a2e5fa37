"""The picture as a MarkerArray, written directly in its serialized form.

rclpy turns every point and every colour of a message into bytes one by one through Python attributes: 10 ms for the
2000 line ends of a picture, a tenth of a period. So the message is serialized with one point and one colour per marker,
and these are replaced by whole arrays. Points are 24 and colours 16 bytes, multiples of the 8 to which CDR aligns, so
that nothing behind them changes its alignment. A test holds the result against rclpy's own.
"""

from __future__ import annotations

import struct

import numpy as np
from geometry_msgs.msg import Point, Vector3
from builtin_interfaces.msg import Duration
from rclpy.serialization import serialize_message
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from astro_nav.ros.conversion import header_from
from astro_nav.visualization.markers import Label, Lines, Picture

# Whatever is not drawn anew disappears after this time.
LIFETIME_S = 0.5
LABEL_HEIGHT_M = 0.12

# Numbers that stand for the arrays until they are put in; no picture holds them.
_POINT_MARK = (-7.0e173, 7.0e171, -7.0e179)
_COLOR_MARK = (-7.5e30, 7.5e31, -7.5e32, 7.5e33)
_ONE = struct.pack("=I", 1)


def serialize_picture(picture: Picture, stamp_s: float, frame_id: str) -> bytes:
    """Return the serialized MarkerArray, for `Publisher.publish`."""
    header = header_from(stamp_s, frame_id)
    point, color = Point(**dict(zip("xyz", _POINT_MARK))), ColorRGBA(**dict(zip("rgba", _COLOR_MARK)))
    lines = [line for line in picture.lines if len(line.points)]
    markers = [_make_lines(line, header, [point], [color]) for line in lines]
    markers += [_make_label(label, header) for label in picture.labels]
    data = serialize_message(MarkerArray(markers=markers))
    return _put_arrays_in(data, lines)


def message_from_picture(picture: Picture, stamp_s: float, frame_id: str) -> MarkerArray:
    """The same as a message, slowly: what `serialize_picture` has to agree with."""
    header = header_from(stamp_s, frame_id)
    markers = [
        _make_lines(
            line,
            header,
            [Point(x=x, y=y, z=z) for x, y, z in line.points.tolist()],
            [ColorRGBA(r=r, g=g, b=b, a=a) for r, g, b, a in line.colors.tolist()],
        )
        for line in picture.lines
        if len(line.points)
    ]
    return MarkerArray(markers=[*markers, *(_make_label(label, header) for label in picture.labels)])


def _make_lines(line: Lines, header, points: list[Point], colors: list[ColorRGBA]) -> Marker:
    marker = Marker(header=header, ns=line.name, type=Marker.LINE_LIST, action=Marker.ADD, points=points, colors=colors)
    marker.scale = Vector3(x=float(line.width_m), y=0.0, z=0.0)
    marker.color.a = 1.0
    marker.lifetime = _make_lifetime()
    return marker


def _make_label(label: Label, header) -> Marker:
    marker = Marker(header=header, ns=f"{label.name} names", id=label.number, type=Marker.TEXT_VIEW_FACING, action=Marker.ADD)
    x, y, z = (float(value) for value in label.position)
    marker.pose.position = Point(x=x, y=y, z=z)
    marker.scale.z = LABEL_HEIGHT_M
    marker.color = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)
    marker.text = label.text
    marker.lifetime = _make_lifetime()
    return marker


def _make_lifetime() -> Duration:
    return Duration(sec=0, nanosec=int(LIFETIME_S * 1e9))


def _put_arrays_in(data: bytes, lines: list[Lines]) -> bytes:
    point, color = struct.pack("=3d", *_POINT_MARK), struct.pack("=4f", *_COLOR_MARK)
    pieces, place = [], 0
    for line in lines:
        at_points = data.index(point, place)
        at_colors = data.index(color, at_points)
        for at, mark, block in (
            (at_points, point, np.ascontiguousarray(line.points, dtype=np.float64)),
            (at_colors, color, np.ascontiguousarray(line.colors, dtype=np.float32)),
        ):
            # The count, then nothing or four bytes of padding, then the elements. Padding may hold anything, so the
            # farther place is looked at first: without padding it holds `frame_locked`, a zero byte, and is no 1.
            at_count = at - 8 if data[at - 8 : at - 4] == _ONE else at - 4
            pieces += [data[place:at_count], struct.pack("=I", len(block)), data[at_count + 4 : at], block.tobytes()]
            place = at + len(mark)
    return b"".join([*pieces, data[place:]])
