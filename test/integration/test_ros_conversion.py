"""Messages to types and back: nothing is lost, and what cannot be used is refused with a sentence."""

from __future__ import annotations

import array
import math

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("astro_nav_msgs.msg", reason="astro_nav_msgs is not built: run `make setup`")

from astro_nav_msgs.msg import People, Person  # noqa: E402
from geometry_msgs.msg import Pose, Quaternion, Twist, Vector3  # noqa: E402
from nav_msgs.msg import OccupancyGrid  # noqa: E402
from nav_msgs.msg import Odometry as OdometryMessage  # noqa: E402
from nav_msgs.msg import Path as PathMessage  # noqa: E402
from rclpy.serialization import deserialize_message, serialize_message  # noqa: E402
from sensor_msgs.msg import LaserScan  # noqa: E402
from tf_transformations import quaternion_from_euler  # noqa: E402

from astro_nav.body.screen import ScreenMotion  # noqa: E402
from astro_nav.errors import FrameError  # noqa: E402
from astro_nav.local_planning.local_plan import LocalPlan, PlanState  # noqa: E402
from astro_nav.ros import conversion as convert  # noqa: E402
from astro_nav.ros import local_planner_messages as planner_messages  # noqa: E402
from astro_nav.types import (  # noqa: E402
    LimitedBy,
    LocalGrid,
    OccupancyMap,
    Odometry,
    Path,
    Prediction,
    Scan,
    Track,
    Trajectory,
    Verdict,
)


def send(message):
    """What arrives at the other end."""
    return deserialize_message(serialize_message(message), type(message))


def test_times_survive_to_the_microsecond() -> None:
    for time_s in (0.0, 0.25, 1.9999999999, 1795498377.123456, 2.0**31 - 1.5):
        assert convert.seconds_from_time(convert.time_from_seconds(time_s)) == pytest.approx(time_s, abs=3e-7)
    assert convert.time_from_seconds(1.9999999999).nanosec == 0
    for time_s in (-0.1, math.nan, math.inf, 2.0**31):
        with pytest.raises(convert.MessageError, match="is no ROS time"):
            convert.time_from_seconds(time_s)


def test_headings_agree_with_tf_transformations() -> None:
    rng = np.random.default_rng(0)
    for yaw in (*rng.uniform(-np.pi, np.pi, 50), np.pi, 0.0):
        message = convert.quaternion_from_yaw(float(yaw))
        expected = np.array(quaternion_from_euler(0.0, 0.0, yaw))
        found = np.array([message.x, message.y, message.z, message.w])
        assert min(np.abs(found - expected).max(), np.abs(found + expected).max()) < 1e-12
        assert math.isclose(math.cos(convert.yaw_from_quaternion(message) - yaw), 1.0)
    # Not normalised, and tilted: the heading of the x axis on the floor.
    assert convert.yaw_from_quaternion(Quaternion(z=2.0, w=2.0)) == pytest.approx(np.pi / 2)
    x, y, z, w = quaternion_from_euler(0.3, 0.2, 1.1)
    assert convert.yaw_from_quaternion(Quaternion(x=x, y=y, z=z, w=w)) == pytest.approx(1.1)


@pytest.mark.parametrize("values", [(0.0, 0.0, 0.0, 0.0), (math.nan, 0.0, 0.0, 1.0), (0.0, 0.0, math.inf, 1.0)])
def test_a_quaternion_that_is_no_rotation_is_refused(values) -> None:
    quaternion = Quaternion(**dict(zip("xyzw", values)))
    with pytest.raises(convert.MessageError, match="is no rotation"):
        convert.pose_from_message(Pose(orientation=quaternion))


def make_scan_message(**changes) -> LaserScan:
    ranges = array.array("f", np.linspace(0.5, 3.0, 181, dtype=np.float32).tolist())
    fields = {"angle_min": -1.57, "angle_max": 1.57, "angle_increment": 3.14 / 180, "range_min": 0.05, "range_max": 12.0, "ranges": ranges}
    message = LaserScan(**{**fields, **changes})
    message.header.frame_id, message.header.stamp.sec = "/laser", 7
    return message


def test_a_scan_survives_with_what_is_no_number() -> None:
    ranges = np.array([1.0, np.nan, np.inf, -np.inf, 0.0], dtype=np.float32)
    scan = Scan(12.5, "laser", -0.2, 0.1, 0.001, 0.05, 12.0, ranges)
    again = convert.scan_from_message(send(convert.message_from_scan(scan)))
    np.testing.assert_array_equal(again.ranges_m, ranges)
    assert again.ranges_m.dtype == np.float32
    assert (again.stamp_s, again.frame_id, again.range_max_m) == (12.5, "laser", 12.0)
    assert again.duration_s == pytest.approx(0.004)


def test_a_lidar_upside_down_sees_the_mirror_image() -> None:
    scan = convert.scan_from_message(make_scan_message(angle_min=0.0, angle_max=3.14))
    turned = convert.turn_scan_over(scan)
    assert (turned.angle_min_rad, turned.angle_increment_rad) == (-scan.angle_min_rad, -scan.angle_increment_rad)
    assert turned.ranges_m is scan.ranges_m


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ranges": []}, "has no beams"),
        ({"angle_increment": 0.0}, "places no beams"),
        ({"angle_increment": math.nan}, "places no beams"),
        ({"angle_min": math.inf}, "places no beams"),
        ({"angle_max": 3.0}, "has 181 beams, its angles say 263"),
        ({"angle_max": math.nan}, "has 181 beams"),
        ({"angle_increment": -3.14 / 180}, "has 181 beams"),
        ({"range_max": 0.0}, "range_max = 0 m must exceed"),
        ({"range_max": math.nan}, "range_max = nan m must exceed"),
        ({"range_min": math.inf}, "must exceed range_min = inf"),
    ],
)
def test_a_scan_whose_beams_cannot_be_placed_is_refused(changes, sentence: str) -> None:
    with pytest.raises(convert.MessageError, match=sentence):
        convert.scan_from_message(make_scan_message(**changes))


def test_a_scan_that_does_not_count_its_last_beam_is_taken() -> None:
    assert len(convert.scan_from_message(make_scan_message(angle_max=1.57 + 3.14 / 180)).ranges_m) == 181


def test_odometry_survives_and_numbers_that_are_none_do_not() -> None:
    odometry = Odometry(3.25, np.array([1.0, -2.0, 2.5]), np.array([0.4, -0.2]))
    message = send(convert.message_from_odometry(odometry, "odom", "base_link"))
    assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
    again = convert.odometry_from_message(message)
    np.testing.assert_allclose(again.pose_odom_base, odometry.pose_odom_base, atol=1e-12)
    np.testing.assert_array_equal(again.twist, odometry.twist)
    for spoil in (
        lambda m: setattr(m.pose.pose.position, "x", math.nan),
        lambda m: setattr(m.twist.twist.linear, "x", math.inf),
        lambda m: setattr(m.pose.pose, "orientation", Quaternion(w=0.0)),
    ):
        bad = convert.message_from_odometry(odometry, "odom", "base_link")
        spoil(bad)
        with pytest.raises(convert.MessageError):
            convert.odometry_from_message(bad)
    with pytest.raises(convert.MessageError, match="not finite"):
        convert.twist_from_message(Twist(angular=Vector3(z=math.nan)))
    with pytest.raises(convert.MessageError, match="no rotation"):
        convert.odometry_from_message(OdometryMessage(pose=convert_empty_pose()))


def convert_empty_pose():
    message = OdometryMessage()
    message.pose.pose.orientation.w = 0.0
    return message.pose


def test_a_map_survives_and_values_without_meaning_become_unknown() -> None:
    rng = np.random.default_rng(0)
    occupancy = rng.choice(np.array([-1, 0, 37, 100], dtype=np.int8), size=(30, 40))
    occupancy_map = OccupancyMap(occupancy, 0.05, np.array([-3.0, 2.0, 0.3]), 5.0)
    again = convert.occupancy_map_from_message(send(convert.message_from_occupancy_map(occupancy_map)))
    np.testing.assert_array_equal(again.occupancy, occupancy)
    np.testing.assert_allclose(again.pose_map_origin, occupancy_map.pose_map_origin, atol=1e-12)
    assert (again.resolution_m, again.frame_id, again.stamp_s) == (0.05, "map", 5.0)
    again.occupancy[0, 0] = 1  # its own array, not the message's

    message = convert.message_from_occupancy_map(occupancy_map)
    message.data[0], message.data[1] = -7, 101
    assert convert.occupancy_map_from_message(message).occupancy[0, :2].tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("width", "height", "resolution", "cells", "sentence"),
    [
        (0, 4, 0.05, 0, "0 x 4 cells"),
        (2, 2, 0.0, 4, "resolution = 0 m"),
        (2, 2, math.nan, 4, "resolution = nan m"),
        (2, 2, -0.05, 4, "resolution = -0.05 m"),
        (2, 2, 0.05, 3, "has 3 values, 2 x 2 cells need 4"),
    ],
)
def test_a_map_that_is_none_is_refused(width, height, resolution, cells, sentence) -> None:
    message = OccupancyGrid(data=[0] * cells)
    message.info.width, message.info.height, message.info.resolution = width, height, resolution
    with pytest.raises(convert.MessageError, match=sentence):
        convert.occupancy_map_from_message(message)


def test_a_local_grid_is_a_map_in_the_odom_frame() -> None:
    occupancy = np.array([[0, 100], [-1, 0], [0, 0]], dtype=np.int8)
    grid = LocalGrid(4.0, np.array([1.5, -2.5]), 0.05, occupancy, np.zeros((3, 2), dtype=np.float32))
    message = send(convert.message_from_local_grid(grid, "odom"))
    assert (message.info.width, message.info.height, message.header.frame_id) == (2, 3, "odom")
    assert list(message.data) == [0, 100, -1, 0, 0, 0]
    assert (message.info.origin.position.x, message.info.origin.position.y) == (1.5, -2.5)


def test_paths_survive_the_empty_one_too() -> None:
    poses = np.array([[0.0, 1.0, 0.5], [2.0, 3.0, -3.0]])
    again = convert.path_from_message(send(convert.message_from_path(Path(2.0, poses))))
    np.testing.assert_allclose(again.poses_map, poses, atol=1e-12)
    assert (again.stamp_s, again.frame_id) == (2.0, "map")
    assert convert.path_from_message(PathMessage()).poses_map.shape == (0, 3)


def test_trajectories_survive_the_empty_one_too() -> None:
    rng = np.random.default_rng(1)
    for count in (31, 0):
        trajectory = Trajectory(
            1.5, 1.625, 0.1, rng.normal(size=(count, 3)), rng.normal(size=(count, 2)), rng.normal(size=(count, 2)), "a door"
        )
        message = send(convert.message_from_trajectory(trajectory, "odom"))
        again = convert.trajectory_from_message(message)
        for name in ("poses_odom", "twists", "accelerations"):
            np.testing.assert_array_equal(getattr(again, name), getattr(trajectory, name))
        assert (again.stamp_s, again.start_s, again.step_s, again.reason) == (1.5, 1.625, 0.1, "a door")
        assert message.header.frame_id == "odom"


def test_a_verdict_is_told() -> None:
    verdict = Verdict(
        9.0, np.array([0.1, 0.2]), np.array([0.5, 0.2]), LimitedBy.OBSTACLE, "a chair", 0.2, 0.1, np.array([1.0, 2.0]), 0.8
    )
    message = send(convert.message_from_verdict(verdict, "odom", "scan", 0.05, 0.01))
    assert (message.limited_by, message.reason, message.source) == (2, "a chair", "scan")
    assert (message.commanded.linear.x, message.wanted.linear.x, message.contact_point.y) == (0.1, 0.5, 2.0)
    assert (message.scan_age_s, message.odom_age_s, message.contact_time_s) == (0.05, 0.01, 0.8)


def make_track(track_id: int) -> Track:
    return Track(track_id, 4.0, np.array([1.0, 2.0, 0.5, -0.5]), np.diag([0.1, 0.2, 0.3, 0.4]), 0.3, True, True, "Ann")


def test_tracks_are_told_at_the_time_to_which_they_were_predicted() -> None:
    times = 0.1 * np.arange(5)
    means = np.stack([1.1 + 0.5 * times, 1.9 - 0.5 * times], axis=1)[np.newaxis]
    prediction = Prediction(
        4.2, 0.1, means, np.tile(0.15 * np.eye(2), (1, 5, 1, 1)), np.array([0.3]), np.tile([0.5, -0.5], (1, 5, 1)), (7,)
    )
    message = send(planner_messages.message_from_tracks([make_track(7), make_track(8)], prediction, 4.1, "odom"))
    assert convert.seconds_from_time(message.header.stamp) == pytest.approx(4.2)
    first, second = message.obstacles
    assert (first.id, first.label, first.person, first.moving, first.radius_m) == (7, "Ann", True, True, 0.3)
    assert (first.position.x, first.position.y) == pytest.approx((1.1, 1.9))
    assert [point.x for point in first.predicted_positions] == pytest.approx(means[0, :, 0])
    assert np.reshape(first.covariance, (4, 4))[0, 0] == pytest.approx(0.15)
    assert np.reshape(first.covariance, (4, 4))[2, 2] == pytest.approx(0.3)
    assert second.id == 8 and second.position.x == 1.0 and len(second.predicted_positions) == 0
    message = planner_messages.message_from_tracks([make_track(7)], None, 4.1, "odom")
    assert convert.seconds_from_time(message.header.stamp) == pytest.approx(4.1)


def test_a_cycle_is_told() -> None:
    plan = LocalPlan(
        PlanState.BLOCKED, "a box", distance_to_goal_m=2.5, clearance_m=0.3, candidates=600, feasible=20,
        blocked_point_odom=np.array([1.0, 2.0]), cost_terms={"progress": (0.5, 0.75)}, latencies_s={"sensor": 0.05, "planning": 0.01},
    )  # fmt: skip
    message = send(planner_messages.message_from_plan(plan, 3.0, "odom", convert.time_from_seconds(2.0), 0.012, 0.1))
    assert (message.state, message.reason, message.candidates, message.feasible) == (4, "a box", 600, 20)
    assert (message.cost_terms[0].name, message.cost_terms[0].chosen, message.cost_terms[0].best_rejected) == ("progress", 0.5, 0.75)
    assert message.latency_names == ["sensor", "planning"] and list(message.latencies_s) == [0.05, 0.01]
    assert (message.blocked_point.x, message.cycle_s, message.period_s, message.plan_stamp.sec) == (1.0, 0.012, 0.1, 2)
    waiting = send(planner_messages.message_from_plan(LocalPlan(PlanState.WAITING), 3.0, "odom", convert.time_from_seconds(0.0), 0.0, 0.0))
    assert math.isnan(waiting.blocked_point.x) and math.isnan(waiting.distance_to_goal_m)


def test_the_screens_motion_is_told() -> None:
    motion = ScreenMotion(5.0, np.array([0.1, 1.2]), np.array([0.2, 0.4]), np.array([1.0, 0.0]))
    message = send(planner_messages.message_from_screen(motion, "screen_pan_joint"))
    assert message.joint_names == ["screen_pan_joint"] and message.header.stamp.sec == 5
    assert [(p.time_from_start.sec, p.time_from_start.nanosec) for p in message.points] == [(0, 100_000_000), (1, 200_000_000)]
    assert [(p.positions[0], p.velocities[0]) for p in message.points] == [(0.2, 1.0), (0.4, 0.0)]


def test_people_are_read() -> None:
    person = Person(id="Ann", position_covariance=[0.1, 0.0, 0.0, 0.2])
    person.position.x, person.velocity.y = 1.0, 0.5
    positions, velocities, covariances, ids = planner_messages.read_people(send(People(people=[person])))
    assert positions.tolist() == [[1.0, 0.0, 0.0]] and velocities.tolist() == [[0.0, 0.5, 0.0]]
    assert covariances.tolist() == [[[0.1, 0.0], [0.0, 0.2]]] and ids == ["Ann"]
    positions, _, covariances, ids = planner_messages.read_people(People())
    assert positions.shape == (0, 3) and covariances.shape == (0, 2, 2) and ids == []


def test_frames_are_compared_without_leading_slash() -> None:
    convert.check_frame("/odom", "odom", "odom")
    with pytest.raises(FrameError, match="odom is in frame 'map', expected 'odom'"):
        convert.check_frame("map", "odom", "odom")
