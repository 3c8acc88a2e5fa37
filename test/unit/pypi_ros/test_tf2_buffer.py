"""The buffer of the PyPI environment answers as tf2's."""

from __future__ import annotations

import math
import threading
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

tf2_ros = pytest.importorskip("tf2_ros", reason="no ROS here: make setup")
from rclpy.clock import Clock, ClockType  # noqa: E402
from rclpy.duration import Duration  # noqa: E402
from rclpy.time import Time  # noqa: E402
from scenes.tf_scene import interpolate_matrix, make_matrix, make_transform, matrix_from_message  # noqa: E402

LATEST = Time()
HALF_TURN = (0.0, 0.0, 1.0, 0.0)


def at(time_s: float) -> Time:
    """Returns a time of rclpy."""
    return Time(nanoseconds=round(time_s * 1e9))


def make_buffer(*transforms, static=(), **options):
    """Returns a buffer that has heard of some transforms."""
    buffer = tf2_ros.Buffer(**options)
    for transform in transforms:
        buffer.set_transform(transform, "test")
    for transform in static:
        buffer.set_transform_static(transform, "test")
    return buffer


finite = st.floats(-100.0, 100.0)
translations = st.tuples(finite, finite, finite)


@st.composite
def rotations(draw):
    """Unit quaternions."""
    components = np.array(draw(st.tuples(*[st.floats(-1.0, 1.0)] * 4)))
    length = np.linalg.norm(components)
    assume(length > 0.1)
    return tuple(components / length)


poses = st.tuples(translations, rotations())


@given(st.lists(poses, min_size=1, max_size=5), st.lists(poses, max_size=5))
def test_chains_through_a_common_ancestor_are_products_of_matrices(up, down):
    names_up, names_down = [f"u{i}" for i in range(len(up))], [f"d{i}" for i in range(len(down))]
    buffer = make_buffer()
    matrices = {}
    for names, chain in ((names_up, up), (names_down, down)):
        parent, matrix = "root", np.eye(4)
        for name, pose in zip(names, chain, strict=True):
            buffer.set_transform(make_transform(parent, name, 1.0, *pose), "test")
            matrix = matrix @ make_matrix(*pose)
            parent = name
        matrices[parent] = matrix
    source, target = names_up[-1], names_down[-1] if names_down else "root"
    expected = np.linalg.inv(matrices[target]) @ matrices[source]
    found = buffer.lookup_transform(target, source, at(1.0))
    np.testing.assert_allclose(matrix_from_message(found), expected, atol=1e-9)
    assert (found.header.frame_id, found.child_frame_id) == (target, source)


@given(poses, poses, st.integers(0, 1000))
def test_between_two_times_it_interpolates_on_the_shorter_way(before, after, thousandth):
    assume(abs(np.dot(before[1], after[1])) > 1e-3)  # at a half turn both ways are as short
    buffer = make_buffer(make_transform("map", "base", 1.0, *before), make_transform("map", "base", 2.0, *after))
    found = buffer.lookup_transform("map", "base", at(1.0 + thousandth / 1000))
    np.testing.assert_allclose(matrix_from_message(found), interpolate_matrix(before, after, thousandth / 1000), atol=1e-6)


@given(poses, poses)
def test_the_way_back_is_the_inverse(first, second):
    buffer = make_buffer(make_transform("map", "odom", 1.0, *first), make_transform("odom", "base", 1.0, *second))
    there = matrix_from_message(buffer.lookup_transform("map", "base", at(1.0)))
    back = matrix_from_message(buffer.lookup_transform("base", "map", at(1.0)))
    np.testing.assert_allclose(there @ back, np.eye(4), atol=1e-9)


def test_time_zero_is_the_latest_time_at_which_the_whole_chain_is_known():
    buffer = make_buffer(
        make_transform("map", "odom", 1.0), make_transform("map", "odom", 5.0, (4.0, 0.0, 0.0)),
        make_transform("odom", "base", 1.0), make_transform("odom", "base", 3.0, (0.0, 2.0, 0.0)),
        static=[make_transform("base", "laser", 0.0, (0.1, 0.0, 0.0))],
    )
    found = buffer.lookup_transform("map", "laser", LATEST)
    assert (found.header.stamp.sec, found.header.stamp.nanosec) == (3, 0)
    np.testing.assert_allclose(matrix_from_message(found)[:3, 3], (2.1, 2.0, 0.0))
    assert buffer.get_latest_common_time("map", "laser") == at(3.0)
    # What lies above the common ancestor of the two does not matter.
    assert buffer.get_latest_common_time("odom", "laser") == at(3.0)
    assert buffer.lookup_transform("base", "laser", LATEST).header.stamp.sec == 0


def test_static_transforms_hold_at_every_time():
    buffer = make_buffer(static=[make_transform("base", "laser", 7.0, (0.1, 0.0, 0.3))])
    for moment in (LATEST, at(1e-9), at(1e9)):
        np.testing.assert_allclose(matrix_from_message(buffer.lookup_transform("base", "laser", moment))[:3, 3], (0.1, 0.0, 0.3))


def test_a_frame_is_itself_even_if_nobody_has_heard_of_it():
    found = make_buffer().lookup_transform("ghost", "ghost", at(3.0))
    np.testing.assert_array_equal(matrix_from_message(found), np.eye(4))
    assert found.header.stamp.sec == 3


def test_siblings_are_joined_although_their_parent_s_own_data_is_missing():
    # The original goes by way of the parent alone, too: a lost odometry does not hide where a sensor is mounted.
    buffer = make_buffer(make_transform("odom", "base", 1.0),
                         static=[make_transform("base", "laser", 0.0, (0.1, 0.0, 0.0)), make_transform("base", "camera", 0.0, (0.0, 0.2, 0.0))])
    found = buffer.lookup_transform("camera", "laser", at(99.0))
    np.testing.assert_allclose(matrix_from_message(found)[:3, 3], (0.1, -0.2, 0.0))


@pytest.mark.parametrize(
    ("target", "source", "moment", "expected", "words"),
    [
        ("map", "ghost", LATEST, "LookupException", "ghost"),
        ("", "base", LATEST, "InvalidArgumentException", "empty"),
        ("map", "/base", LATEST, "InvalidArgumentException", "/base"),
        ("map", "island", LATEST, "ConnectivityException", "not part of the same tree"),
        ("map", "island", at(1.5), "ConnectivityException", "not part of the same tree"),
        ("map", "base", at(9.0), "ExtrapolationException", "into the future"),
        ("map", "base", at(0.5), "ExtrapolationException", "into the past"),
        ("base", "map", at(9.0), "ExtrapolationException", "into the future"),
        ("map", "once", at(1.5), "ExtrapolationException", "only time 1.000000"),
    ],
)
def test_what_cannot_be_answered_says_why(target, source, moment, expected, words):
    buffer = make_buffer(make_transform("map", "base", 1.0), make_transform("map", "base", 2.0), make_transform("map", "once", 1.0),
                         make_transform("sea", "island", 1.0), make_transform("sea", "island", 2.0))
    with pytest.raises(tf2_ros.TransformException, match=words) as caught:
        buffer.lookup_transform(target, source, moment)
    assert type(caught.value) is getattr(tf2_ros, expected)
    possible, reason = buffer.can_transform(target, source, moment, return_debug_tuple=True)
    assert not possible
    assert words in reason


def test_times_of_messages_and_durations_are_taken_too():
    buffer = make_buffer(make_transform("map", "base", 1.0), make_transform("map", "base", 2.0, (1.0, 0.0, 0.0)))
    for moment in (at(1.5).to_msg(), Duration(seconds=1.5)):
        assert buffer.lookup_transform("map", "base", moment).transform.translation.x == pytest.approx(0.5)
    with pytest.raises(TypeError, match="sec and nanosec"):
        buffer.lookup_transform("map", "base", 1.5)


@pytest.mark.parametrize(
    "unusable",
    [
        make_transform("map", "map", 2.0),
        make_transform("", "base", 2.0),
        make_transform("map", "", 2.0),
        make_transform("map", "base", 2.0, (math.nan, 0.0, 0.0)),
        make_transform("map", "base", 2.0, (math.inf, 0.0, 0.0)),
        make_transform("map", "base", 2.0, rotation=(0.0, 0.0, 0.0, 0.0)),
        make_transform("map", "base", 2.0, rotation=(0.0, 0.0, 0.0, 1.1)),
    ],
)
def test_unusable_transforms_are_ignored(unusable):
    buffer = make_buffer(make_transform("map", "base", 1.0, (1.0, 0.0, 0.0)), unusable)
    found = buffer.lookup_transform("map", "base", LATEST)
    assert found.header.stamp.sec == 1
    assert found.transform.translation.x == 1.0


def test_a_loop_is_named_and_not_walked_for_ever():
    buffer = make_buffer(make_transform("a", "b", 1.0), make_transform("b", "c", 1.0), make_transform("c", "a", 1.0))
    buffer.set_transform(make_transform("sea", "island", 1.0), "test")
    for moment in (LATEST, at(1.0)):
        with pytest.raises(tf2_ros.LookupException, match="loop"):
            buffer.lookup_transform("island", "a", moment)


def test_what_is_older_than_the_cache_time_is_forgotten_and_not_taken_in():
    buffer = make_buffer(*(make_transform("map", "base", t) for t in range(1, 31)))
    assert buffer.can_transform("map", "base", at(20.0))
    assert not buffer.can_transform("map", "base", at(19.9))
    buffer.set_transform(make_transform("map", "base", 5.0), "test")
    assert not buffer.can_transform("map", "base", at(19.0))
    short = make_buffer(*(make_transform("map", "base", t) for t in range(1, 31)), cache_time=Duration(seconds=2))
    assert not short.can_transform("map", "base", at(27.5))


def test_transforms_that_overtook_each_other_are_put_in_order():
    buffer = make_buffer(*(make_transform("map", "base", t, (t, 0.0, 0.0)) for t in (3.0, 1.0, 2.0)))
    for time_s in (1.0, 1.5, 2.0, 2.5, 3.0):
        assert buffer.lookup_transform("map", "base", at(time_s)).transform.translation.x == pytest.approx(time_s)


def test_the_last_of_two_for_the_same_time_counts():
    buffer = make_buffer(make_transform("map", "base", 1.0), make_transform("map", "base", 1.0, (5.0, 0.0, 0.0)))
    assert buffer.lookup_transform("map", "base", at(1.0)).transform.translation.x == 5.0


def test_a_frame_may_change_its_parent():
    buffer = make_buffer(make_transform("map", "cup", 1.0, (1.0, 0.0, 0.0)), make_transform("map", "robot", 1.0, (5.0, 0.0, 0.0)),
                         make_transform("map", "robot", 4.0, (5.0, 0.0, 0.0)), make_transform("robot", "cup", 3.0, (0.0, 1.0, 0.0)))
    np.testing.assert_allclose(matrix_from_message(buffer.lookup_transform("map", "cup", at(2.0)))[:3, 3], (1.0, 0.0, 0.0))
    np.testing.assert_allclose(matrix_from_message(buffer.lookup_transform("map", "cup", at(3.0)))[:3, 3], (5.0, 1.0, 0.0))


def test_a_fixed_frame_joins_two_times():
    buffer = make_buffer(make_transform("odom", "base", 1.0), make_transform("odom", "base", 2.0, (1.0, 0.0, 0.0), HALF_TURN))
    found = buffer.lookup_transform_full("base", at(2.0), "base", at(1.0), "odom")
    # The place where the robot was one second ago lies a metre ahead of it now: it has turned round.
    np.testing.assert_allclose(matrix_from_message(found)[:3, 3], (1.0, 0.0, 0.0), atol=1e-12)
    assert found.header.stamp.sec == 2
    assert not buffer.can_transform_full("base", at(9.0), "base", at(1.0), "odom")


def test_clearing_forgets_what_moves_and_keeps_what_is_fixed():
    buffer = make_buffer(make_transform("odom", "base", 50.0), static=[make_transform("base", "laser", 0.0)])
    buffer.clear()
    assert not buffer.can_transform("odom", "base", LATEST)
    assert buffer.can_transform("base", "laser", LATEST)
    # Time has gone back: what comes now is not older than what was forgotten.
    buffer.set_transform(make_transform("odom", "base", 1.0), "test")
    assert buffer.lookup_transform("odom", "base", LATEST).header.stamp.sec == 1


def test_a_jump_back_of_simulated_time_clears_the_buffer():
    class NodeWithClock:
        """As much of a node as the buffer looks at."""

        clock = Clock(clock_type=ClockType.ROS_TIME)

        def get_clock(self):
            """Returns the clock."""
            return self.clock

    node = NodeWithClock()
    node.clock._set_ros_time_is_active(True)
    node.clock.set_ros_time_override(at(100.0))
    buffer = tf2_ros.Buffer(node=node)
    buffer.set_transform(make_transform("odom", "base", 100.0), "test")
    node.clock.set_ros_time_override(at(101.0))
    assert buffer.can_transform("odom", "base", LATEST)
    node.clock.set_ros_time_override(at(2.0))
    assert not buffer.can_transform("odom", "base", LATEST)


def test_waiting_ends_when_the_transform_arrives():
    buffer = make_buffer()
    arrival = threading.Timer(0.1, lambda: buffer.set_transform(make_transform("map", "base", 1.0), "test"))
    arrival.start()
    assert buffer.lookup_transform("map", "base", at(1.0), timeout=Duration(seconds=30)).header.frame_id == "map"
    arrival.join()


def test_waiting_in_vain_ends_with_the_reason():
    buffer = make_buffer()
    start_s = time.monotonic()
    with pytest.raises(tf2_ros.LookupException):
        buffer.lookup_transform("map", "base", LATEST, Duration(seconds=0.05))
    assert time.monotonic() - start_s >= 0.05


def test_many_threads_may_write_and_read_at_once():
    buffer = make_buffer(make_transform("map", "odom", 0.001), make_transform("odom", "base", 0.001))
    problems = []
    stop = threading.Event()

    def write(parent: str, child: str) -> None:
        for step in range(1, 2000):
            buffer.set_transform(make_transform(parent, child, 0.001 + step * 0.001, (step, 0.0, 0.0)), "test")

    def read() -> None:
        while not stop.is_set():
            try:
                found = buffer.lookup_transform("map", "base", LATEST)
            except Exception as error:  # noqa: BLE001 - reported by the assertion below
                problems.append(error)
                return
            step = (found.header.stamp.sec * 1e9 + found.header.stamp.nanosec) / 1e6 - 1.0
            if abs(found.transform.translation.x - 2.0 * step) > 1e-6:
                problems.append(found)

    readers = [threading.Thread(target=read) for _ in range(3)]
    writers = [threading.Thread(target=write, args=link) for link in (("map", "odom"), ("odom", "base"))]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert problems == []


def test_who_said_what_is_listed():
    text = make_buffer(make_transform("map", "base", 1.0)).all_frames_as_yaml()
    assert "base:" in text
    assert "parent: 'map'" in text
    assert "broadcaster: 'test'" in text
    assert make_buffer().all_frames_as_yaml() == "[]"
