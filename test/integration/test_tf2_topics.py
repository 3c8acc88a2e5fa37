"""tf2_ros over real topics: broadcasters in another process, a listener here, late joiners, a thread of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
tf2_ros = pytest.importorskip("tf2_ros", reason="no tf2_ros here: run `make setup`, or source a distribution")

from rclpy.duration import Duration  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.time import Time  # noqa: E402
from scenes.real_node import ros_domain  # noqa: E402, F401

pytestmark = pytest.mark.usefixtures("ros_domain")
WAIT = Duration(seconds=20)

BROADCASTER = """
import rclpy
from geometry_msgs.msg import TransformStamped
from rclpy.node import Node
from tf2_ros import StaticTransformBroadcaster, TransformBroadcaster

def make_transform(parent, child, x):
    transform = TransformStamped(child_frame_id=child)
    transform.header.frame_id = parent
    transform.header.stamp = node.get_clock().now().to_msg()
    transform.transform.translation.x = x
    transform.transform.rotation.w = 1.0
    return transform

rclpy.init()
node = Node("broadcaster")
static, moving = StaticTransformBroadcaster(node), TransformBroadcaster(node)
# Two calls: the second must not make late listeners lose the first.
static.sendTransform(make_transform("base_link", "laser", 0.5))
static.sendTransform([make_transform("base_link", "camera", 0.25)])
node.create_timer(0.02, lambda: moving.sendTransform([make_transform("map", "odom", 1.0), make_transform("odom", "base_link", 2.0)]))
print("ready", flush=True)
rclpy.spin(node)
"""


@pytest.fixture(scope="module")
def broadcaster(ros_domain):  # noqa: F811
    process = subprocess.Popen([sys.executable, "-c", BROADCASTER], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def node():
    node = Node("listener")
    yield node
    node.destroy_node()


@pytest.mark.usefixtures("broadcaster")
def test_a_late_listener_with_its_own_thread_hears_moving_and_static_transforms(node):
    buffer = tf2_ros.Buffer(node=node)
    listener = tf2_ros.TransformListener(buffer, node, spin_thread=True)
    try:
        for sensor, offset_m in (("laser", 0.5), ("camera", 0.25)):
            found = buffer.lookup_transform("map", sensor, Time(), WAIT)
            assert found.transform.translation.x == pytest.approx(3.0 + offset_m)
        # The future comes while we wait for it.
        soon = node.get_clock().now() + Duration(seconds=0.2)
        assert buffer.can_transform("map", "laser", soon, WAIT)
    finally:
        if hasattr(listener, "unregister"):
            listener.unregister()


@pytest.mark.usefixtures("broadcaster")
def test_a_listener_in_the_node_s_executor_hears_while_it_is_spun(node):
    buffer = tf2_ros.Buffer()
    listener = tf2_ros.TransformListener(buffer, node)
    for _ in range(400):
        rclpy.spin_once(node, timeout_sec=0.05)
        if buffer.can_transform("map", "laser", Time()):
            break
    assert buffer.lookup_transform("laser", "map", Time()).transform.translation.x == pytest.approx(-3.5)
    listener.unregister()
