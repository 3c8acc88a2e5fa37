"""The picture that is written directly as bytes is the one that rclpy would have written."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from rclpy.serialization import deserialize_message, serialize_message  # noqa: E402
from visualization_msgs.msg import Marker, MarkerArray  # noqa: E402

from astro_nav.ros.markers import message_from_picture, serialize_picture  # noqa: E402
from astro_nav.visualization.markers import Label, Lines, Picture  # noqa: E402


def make_lines(rng: np.random.Generator, name: str, segments: int) -> Lines:
    return Lines(name, rng.normal(size=(2 * segments, 3)), rng.random((2 * segments, 4)).astype(np.float32), 0.01)


# Names and frames of all lengths: strings decide where the arrays are aligned.
@pytest.mark.parametrize("length", range(1, 10))
def test_bytes_are_those_of_the_message(length: int) -> None:
    rng = np.random.default_rng(length)
    lines = tuple(make_lines(rng, "n" * (length + k), segments) for k, segments in enumerate((1, 300, 0, 7)))
    labels = (Label("people", 4, np.array([1.0, 2.0, 0.5]), "Ann"),)
    for picture in (Picture(lines, labels), Picture(lines[1:2]), Picture((), labels), Picture()):
        expected = message_from_picture(picture, 12.25, "f" * length)
        found = deserialize_message(serialize_picture(picture, 12.25, "f" * length), MarkerArray)
        assert found == expected
        assert len(serialize_picture(picture, 12.25, "f" * length)) == len(serialize_message(expected))


def test_message_says_what_the_picture_holds() -> None:
    lines = make_lines(np.random.default_rng(0), "candidates", 5)
    message = deserialize_message(serialize_picture(Picture((lines,)), 3.0, "odom"), MarkerArray)
    (marker,) = message.markers
    assert (marker.type, marker.ns, marker.header.frame_id, marker.header.stamp.sec) == (Marker.LINE_LIST, "candidates", "odom", 3)
    np.testing.assert_array_equal([(p.x, p.y, p.z) for p in marker.points], lines.points)
    np.testing.assert_array_equal(np.float32([(c.r, c.g, c.b, c.a) for c in marker.colors]), lines.colors)
    assert 0 < marker.lifetime.nanosec and marker.pose.orientation.w == 1.0
