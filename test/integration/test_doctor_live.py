"""The doctor looks at real topics: who speaks, who listens, and why they do not hear each other."""

from __future__ import annotations

import threading

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("tf2_msgs", reason="no tf2_msgs here: run `make setup`, or source a distribution")

from geometry_msgs.msg import Twist, TwistStamped  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.qos import QoSProfile, ReliabilityPolicy  # noqa: E402
from scenes.doctor_scene import PARAMS  # noqa: E402
from scenes.real_node import ros_domain  # noqa: E402, F401
from sensor_msgs.msg import LaserScan  # noqa: E402

from astro_nav.doctor.examine import examine  # noqa: E402
from astro_nav.doctor.findings import ERROR  # noqa: E402
from astro_nav.doctor.live_source import watch_system  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")


@pytest.fixture
def broken_robot():
    """A lidar driver, a node that asks it for more than it offers, a joystick that drives the base past the safety controller."""
    # The base has a participant of its own, as on a robot: one participant cannot know a topic under two types.
    contexts = {name: rclpy.Context() for name in ("others", "base")}
    for context in contexts.values():
        rclpy.init(context=context)
    names = ("lidar", "slam", "joy", "base")
    nodes = {name: Node(name, context=contexts.get(name, contexts["others"]), namespace="/r1") for name in names}
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    publisher = nodes["lidar"].create_publisher(LaserScan, "scan", best_effort)
    nodes["slam"].create_subscription(LaserScan, "scan", lambda _message: None, QoSProfile(depth=5))
    nodes["joy"].create_publisher(Twist, "cmd_vel", 1)
    nodes["base"].create_subscription(TwistStamped, "cmd_vel", lambda _message: None, 1)

    def publish() -> None:
        message = LaserScan(angle_min=-3.14, angle_increment=0.1, range_min=0.1, range_max=10.0, ranges=[2.0] * 62)
        message.header.frame_id = "laser"
        message.header.stamp = nodes["lidar"].get_clock().now().to_msg()
        publisher.publish(message)

    nodes["lidar"].create_timer(0.1, publish)
    executor = SingleThreadedExecutor(context=contexts["others"])
    executor.add_node(nodes["lidar"])
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    yield
    executor.shutdown()
    thread.join()
    for node in nodes.values():
        node.destroy_node()
    for context in contexts.values():
        rclpy.shutdown(context=context)


def test_a_broken_robot_is_seen_through(broken_robot):
    seen = watch_system("/r1", ["scan"], duration_s=3.0)
    assert seen.is_live and {"/r1/lidar", "/r1/slam", "/r1/joy", "/r1/base"} <= seen.nodes
    assert not any("doctor" in node for node in seen.nodes)
    assert seen.topics["/r1/scan"].count > 5 and seen.topics["/r1/scan"].frames == {"laser"}
    sentences = [finding.sentence for finding in examine(seen, PARAMS) if finding.level == ERROR]
    for words in (
        "/r1/slam hears nothing of /r1/lidar on /r1/scan: it asks for reliable",
        "/r1/joy publishes /r1/cmd_vel, past the safety controller",
        "/r1/cmd_vel is spoken of as geometry_msgs/msg/Twist and geometry_msgs/msg/TwistStamped",
        "there is no /r1/odom",
        "map -> odom is missing",
        "global_planner, local_planner, safety_controller not running",
    ):
        assert any(words in sentence for sentence in sentences), (words, sentences)
