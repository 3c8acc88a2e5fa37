"""Poses from tf, through real topics."""

from __future__ import annotations

import math

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("tf2_ros", reason="no tf2_ros here: run `make setup`, or source a distribution")

from geometry_msgs.msg import TransformStamped  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.qos import QoSProfile  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from scenes.real_node import ros_domain, spin_until  # noqa: E402, F401
from tf2_msgs.msg import TFMessage  # noqa: E402
from tf_transformations import quaternion_from_euler  # noqa: E402

from astro_nav.errors import FrameError  # noqa: E402
from astro_nav.ros.conversion import time_from_seconds  # noqa: E402
from astro_nav.ros.node import LATEST  # noqa: E402
from astro_nav.ros.transforms import Transforms  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")


def make_transform(parent: str, child: str, stamp_s: float, xyz, rpy) -> TransformStamped:
    transform = TransformStamped(child_frame_id=child)
    transform.header.frame_id, transform.header.stamp = parent, time_from_seconds(stamp_s)
    translation, rotation = transform.transform.translation, transform.transform.rotation
    translation.x, translation.y, translation.z = map(float, xyz)
    rotation.x, rotation.y, rotation.z, rotation.w = map(float, quaternion_from_euler(*rpy))
    return transform


class Robot:
    """A node that publishes transforms and listens to them."""

    def __init__(self, **options) -> None:
        self.node = Node("robot", **options)
        self.moving = self.node.create_publisher(TFMessage, "/tf", QoSProfile(depth=100))
        self.static = self.node.create_publisher(TFMessage, "/tf_static", LATEST)

    def publish(self, *transforms: TransformStamped) -> None:
        self.moving.publish(TFMessage(transforms=list(transforms)))

    def wait_for(self, transforms: Transforms, target: str, source: str) -> None:
        assert spin_until(self.node, lambda: transforms.lookup_pose(target, source).pose is not None, 20.0)


@pytest.fixture
def robot():
    robot = Robot()
    yield robot
    robot.node.destroy_node()


def test_poses_are_found_interpolated_and_chained(robot: Robot) -> None:
    transforms = Transforms(robot.node)
    missing = transforms.lookup_pose("map", "odom")
    assert missing.pose is None and missing.reason.startswith("no transform map <- odom: ")
    robot.publish(
        make_transform("map", "odom", 10.0, (1.0, 2.0, 0.0), (0.0, 0.0, np.pi / 2)),
        make_transform("map", "odom", 11.0, (1.0, 2.0, 0.0), (0.0, 0.0, np.pi / 2)),
        make_transform("odom", "base_link", 10.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        make_transform("odom", "base_link", 11.0, (1.0, 0.0, 0.0), (0.0, 0.0, 0.2)),
    )
    robot.wait_for(transforms, "map", "base_link")
    found = transforms.lookup_pose("map", "base_link", 10.5)
    np.testing.assert_allclose(found.pose, [1.0, 2.5, np.pi / 2 + 0.1], atol=1e-6)
    newest = transforms.lookup_pose("map", "base_link")
    assert newest.stamp_s == pytest.approx(11.0) and newest.reason == ""
    np.testing.assert_allclose(newest.pose, [1.0, 3.0, np.pi / 2 + 0.2], atol=1e-6)
    late = transforms.lookup_pose("map", "base_link", 12.0)
    assert late.pose is None and "no transform map <- base_link at 12.000 s" in late.reason


def test_a_process_that_wants_mounts_alone_does_not_listen_to_motion(robot: Robot) -> None:
    transforms = Transforms(robot.node, static_only=True)
    assert transforms.lookup_mount("base_link", "laser").pose is None
    robot.static.publish(TFMessage(transforms=[make_transform("base_link", "laser", 0.0, (0.1, 0.0, 0.3), (np.pi, 0.0, 0.5))]))
    assert spin_until(robot.node, lambda: transforms.lookup_mount("base_link", "laser").pose is not None, 20.0)
    mount = transforms.lookup_mount("base_link", "laser")
    np.testing.assert_allclose(mount.pose, [0.1, 0.0, 0.5], atol=1e-9)
    assert mount.upside_down
    robot.publish(make_transform("odom", "base_link", 10.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
    assert not spin_until(robot.node, lambda: transforms.lookup_pose("odom", "base_link").pose is not None, 0.5)


def test_points_from_a_tilted_camera(robot: Robot) -> None:
    transforms = Transforms(robot.node)
    # A camera looks along its z axis, with x to the right and y down.
    robot.static.publish(
        TFMessage(transforms=[make_transform("odom", "camera", 0.0, (0.0, 0.0, 1.0), (-np.pi / 2, 0.0, -np.pi / 2))])
    )
    robot.wait_for(transforms, "odom", "camera")
    points, vectors = transforms.transform_points(
        "odom", "camera", None, np.array([[0.5, 0.2, 3.0]]), np.array([[0.0, 0.0, 1.0]])
    )
    np.testing.assert_allclose(points, [[3.0, -0.5, 0.8]], atol=1e-9)
    np.testing.assert_allclose(vectors, [[1.0, 0.0, 0.0]], atol=1e-9)
    with pytest.raises(FrameError, match="no transform odom <- nowhere"):
        transforms.transform_points("odom", "nowhere", None, np.zeros((1, 3)), np.zeros((1, 3)))


def test_a_transform_that_is_not_finite_is_none(robot: Robot) -> None:
    transforms = Transforms(robot.node)
    robot.publish(
        make_transform("map", "odom", 10.0, (math.nan, 0.0, 0.0), (0.0, 0.0, 0.0)),
        make_transform("map", "marker", 10.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    )
    robot.wait_for(transforms, "map", "marker")
    spin_until(robot.node, lambda: False, 0.2)
    assert transforms.lookup_pose("map", "odom").pose is None


def test_a_simulation_that_starts_anew_forgets_the_future() -> None:
    context = rclpy.Context()
    rclpy.init(context=context, args=["--ros-args", "-p", "use_sim_time:=true"])
    robot = Robot(context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(robot.node)
    try:
        transforms = Transforms(robot.node)
        clock = robot.node.create_publisher(Clock, "/clock", 1)

        def run_until(condition) -> bool:
            for _ in range(1000):
                executor.spin_once(timeout_sec=0.01)
                if condition():
                    return True
            return False

        clock.publish(Clock(clock=time_from_seconds(100.0)))
        assert run_until(lambda: robot.node.get_clock().now().nanoseconds == 100 * 10**9)
        robot.publish(make_transform("map", "odom", 100.0, (1.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
        assert run_until(lambda: transforms.lookup_pose("map", "odom").pose is not None)
        clock.publish(Clock(clock=time_from_seconds(1.0)))
        assert run_until(lambda: robot.node.get_clock().now().nanoseconds == 10**9)
        assert transforms.lookup_pose("map", "odom").pose is None
        robot.publish(make_transform("map", "odom", 1.0, (2.0, 0.0, 0.0), (0.0, 0.0, 0.0)))
        assert run_until(lambda: transforms.lookup_pose("map", "odom").pose is not None)
        assert transforms.lookup_pose("map", "odom").pose[0] == 2.0
    finally:
        executor.shutdown()
        robot.node.destroy_node()
        context.try_shutdown()
