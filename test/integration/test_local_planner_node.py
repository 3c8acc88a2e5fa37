"""The local planner's own process, driven over DDS by a make-believe robot in a make-believe room."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")
pytest.importorskip("astro_nav_msgs.msg", reason="astro_nav_msgs is not built: run `make setup`")

from astro_nav_msgs.msg import LocalPlannerStatus, People, Person, SafetyState, TrackedObstacles  # noqa: E402
from astro_nav_msgs.msg import Trajectory as TrajectoryMessage  # noqa: E402
from diagnostic_msgs.msg import DiagnosticArray  # noqa: E402
from geometry_msgs.msg import TransformStamped  # noqa: E402
from nav_msgs.msg import OccupancyGrid  # noqa: E402
from nav_msgs.msg import Odometry as OdometryMessage  # noqa: E402
from nav_msgs.msg import Path as PathMessage  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from scenes.real_node import START_LIMIT_S, RealNode, ros_domain, spin_until  # noqa: E402, F401
from sensor_msgs.msg import LaserScan  # noqa: E402
from std_msgs.msg import Float32  # noqa: E402
from tf2_msgs.msg import TFMessage  # noqa: E402
from trajectory_msgs.msg import JointTrajectory  # noqa: E402
from visualization_msgs.msg import Marker, MarkerArray  # noqa: E402

from astro_nav.geometry import se2  # noqa: E402
from astro_nav.ros.conversion import (  # noqa: E402
    header_from,
    message_from_odometry,
    message_from_path,
    message_from_pose,
    message_from_scan,
    time_from_seconds,
    trajectory_from_message,
)
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA  # noqa: E402
from astro_nav.types import Odometry, Path as Way, Scan, Trajectory  # noqa: E402

ROOM_M = 4.0  # half the room's edge
RAYS = 360
LIMIT_S = 60.0  # for what never comes; a busy machine takes its time
POSE_MAP_ODOM = np.array([10.0, 5.0, math.pi / 2])


class MakeBelieveRobot:
    """Publishes what a robot in an empty square room would, does what the trajectories say, and notes what it hears."""

    def __init__(self, namespace: str = "") -> None:
        self.node = Node("make_believe_robot", namespace=namespace)
        create = self.node.create_publisher
        self.scan_publisher = create(LaserScan, "scan", SENSOR_DATA)
        self.odom_publisher = create(OdometryMessage, "odom", RELIABLE)
        self.tf_publisher = create(TFMessage, "/tf", RELIABLE)
        self.static_publisher = create(TFMessage, "/tf_static", LATEST)
        self.plan_publisher = create(PathMessage, "plan", LATEST)
        self.speed_publisher = create(Float32, "speed_limit", RELIABLE)
        self.people_publisher = create(People, "people", SENSOR_DATA)
        self.pose_odom_base, self.twist = np.zeros(3), np.zeros(2)
        self.follows = False
        self.trajectories: list[tuple[float, Trajectory]] = []
        self.heard: dict[str, list] = {}
        self.node.create_subscription(TrajectoryMessage, "trajectory", self._take_trajectory, SENSOR_DATA)
        self.node.create_timer(0.02, self._move)
        self.node.create_timer(0.1, self._look)
        self.listen(LocalPlannerStatus, "local_planner_status")

    def listen(self, message_type: type, topic: str) -> list:
        self.heard[topic] = []
        self.node.create_subscription(message_type, topic, self.heard[topic].append, RELIABLE)
        return self.heard[topic]

    @property
    def status(self) -> LocalPlannerStatus | None:
        return self.heard["local_planner_status"][-1] if self.heard["local_planner_status"] else None

    def wait_until_known(self) -> None:
        """Planner and robot find each other's publishers and subscriptions one by one; from then on nothing reliable is lost."""
        publishers = [self.scan_publisher, self.odom_publisher, self.tf_publisher, self.static_publisher, self.plan_publisher,
                      self.speed_publisher, self.people_publisher]  # fmt: skip
        self.wait_for(lambda: all(publisher.get_subscription_count() for publisher in publishers))

    def mount_lidar(self) -> None:
        self.static_publisher.publish(TFMessage(transforms=[make_transform("base_link", "laser", np.array([0.05, 0.0, 0.0]), 0.0)]))

    def publish_goal(self, pose_odom: np.ndarray) -> None:
        """A straight way to a pose of the odom frame, published in the map frame."""
        way_odom = self.pose_odom_base + np.linspace(0.0, 1.0, 60)[:, np.newaxis] * (pose_odom - self.pose_odom_base)
        self.plan_publisher.publish(message_from_path(Way(time.time(), se2.compose(POSE_MAP_ODOM, way_odom))))

    def wait_for(self, condition, limit_s: float = LIMIT_S) -> None:
        assert spin_until(self.node, condition, limit_s), str(self.status)

    def wait_for_state(self, state: int) -> None:
        begin = len(self.heard["local_planner_status"])
        self.wait_for(lambda: any(s.state == state for s in self.heard["local_planner_status"][begin:]))

    def _take_trajectory(self, message: TrajectoryMessage) -> None:
        self.trajectories.append((time.monotonic(), trajectory_from_message(message)))

    def _move(self) -> None:
        now_s = time.time()
        if self.follows and self.trajectories:
            trajectory = self.trajectories[-1][1]
            place = (now_s - trajectory.start_s) / trajectory.step_s
            index = np.arange(len(trajectory.twists))
            self.twist = np.array([np.interp(place, index, column) for column in trajectory.twists.T]) if len(index) else np.zeros(2)
            self.pose_odom_base = se2.integrate_twist(self.pose_odom_base, self.twist, 0.02)
        self.odom_publisher.publish(message_from_odometry(Odometry(now_s, self.pose_odom_base, self.twist), "odom", "base_link"))
        transforms = [make_transform("map", "odom", POSE_MAP_ODOM, now_s), make_transform("odom", "base_link", self.pose_odom_base, now_s)]
        self.tf_publisher.publish(TFMessage(transforms=transforms))

    def _look(self) -> None:
        self.scan_publisher.publish(message_from_scan(self.make_scan()))

    def make_scan(self) -> Scan:
        x, y, yaw = se2.compose(self.pose_odom_base, [0.05, 0.0, 0.0])
        bearings = np.linspace(-np.pi, np.pi, RAYS, endpoint=False)
        cos, sin = np.cos(bearings + yaw), np.sin(bearings + yaw)
        with np.errstate(divide="ignore"):
            to_x = (np.copysign(ROOM_M, cos) - x) / cos
            to_y = (np.copysign(ROOM_M, sin) - y) / sin
        ranges = np.minimum(to_x, to_y).astype(np.float32)
        return Scan(time.time(), "laser", -math.pi, 2 * math.pi / RAYS, 0.0, 0.05, 12.0, ranges)


def make_transform(parent: str, child: str, pose: np.ndarray, stamp_s: float) -> TransformStamped:
    message = message_from_pose(pose)
    transform = TransformStamped(header=header_from(stamp_s, parent), child_frame_id=child)
    transform.transform.translation.x, transform.transform.translation.y = message.position.x, message.position.y
    transform.transform.rotation = message.orientation
    return transform


@pytest.fixture(scope="module")
def planner(ros_domain: int, tmp_path_factory) -> Iterator[RealNode]:  # noqa: F811
    """The node's process, ready."""
    with RealNode(("-m", "astro_nav.ros.local_planner_node"), (), tmp_path_factory.mktemp("planner")) as node:
        node.wait_until_it_says("ready")
        yield node
        assert node.process.poll() is None, f"it must outlive all tests:\n{node.output}"
        assert node.stop(signal.SIGTERM) == 0, node.output
        assert "Traceback" not in node.output


@pytest.fixture
def robot(planner: RealNode) -> Iterator[MakeBelieveRobot]:
    robot = MakeBelieveRobot()
    robot.wait_until_known()
    robot.mount_lidar()
    robot.publish_goal(np.zeros(3))
    robot.plan_publisher.publish(PathMessage())
    robot.wait_for_state(LocalPlannerStatus.IDLE)
    yield robot
    robot.plan_publisher.publish(PathMessage())
    robot.speed_publisher.publish(Float32(data=0.0))
    spin_until(robot.node, lambda: False, 0.3)
    robot.node.destroy_node()


def test_waits_with_a_sentence_for_what_is_missing(planner: RealNode) -> None:
    watcher = Node("watcher")
    said: list[str] = []
    watcher.create_subscription(DiagnosticArray, "/diagnostics", lambda m: said.extend(s.message for s in m.status), LATEST)
    trajectories: list[TrajectoryMessage] = []
    watcher.create_subscription(TrajectoryMessage, "trajectory", trajectories.append, 10)
    assert spin_until(watcher, lambda: "waiting for odometry on odom" in said and len(trajectories) > 3, LIMIT_S), said
    assert len(trajectories[-1].points) == 0 and trajectories[-1].reason == "waiting for odometry on odom"
    watcher.destroy_node()


def test_drives_to_the_goal_and_turns_to_its_heading(robot: MakeBelieveRobot) -> None:
    goal = np.array([1.5, 0.5, 0.8])
    robot.follows = True
    robot.publish_goal(goal)
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
    robot.trajectories.clear()
    robot.wait_for(lambda: np.linalg.norm(robot.pose_odom_base[:2] - goal[:2]) < 0.05 and abs(robot.pose_odom_base[2] - goal[2]) < 0.1)
    assert len(robot.trajectories) > 10
    status = robot.status
    assert status.header.frame_id == "odom" and status.candidates > 100 and status.feasible > 0
    assert status.cycle_s > 0.0 and status.period_s > 0.0
    assert {"sensor", "planning", "actuation"} <= set(status.latency_names)
    assert {term.name for term in status.cost_terms} >= {"progress"}
    last = robot.trajectories[-1][1]
    assert last.end_s - last.start_s == pytest.approx(3.0) and 0.0 < last.start_s - last.stamp_s < 0.5
    assert np.abs(last.twists[:, 0]).max() <= 1.0 + 1e-6


def test_an_empty_plan_ends_the_motion(robot: MakeBelieveRobot) -> None:
    robot.follows = True
    robot.publish_goal(np.array([2.5, 0.0, 0.0]))
    robot.wait_for(lambda: robot.twist[0] > 0.3)
    robot.plan_publisher.publish(PathMessage())
    robot.wait_for_state(LocalPlannerStatus.IDLE)
    robot.wait_for(lambda: abs(robot.twist[0]) < 0.01)
    assert robot.pose_odom_base[0] < 2.3


def test_a_speed_limit_is_kept_and_lifted(robot: MakeBelieveRobot) -> None:
    robot.publish_goal(np.array([3.0, 0.0, 0.0]))
    fastest = lambda: robot.trajectories[-1][1].twists[:, 0].max()  # noqa: E731
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
    robot.wait_for(lambda: fastest() > 0.5)
    robot.speed_publisher.publish(Float32(data=0.2))
    robot.wait_for(lambda: fastest() <= 0.2 + 1e-3)
    robot.speed_publisher.publish(Float32(data=math.nan))
    spin_until(robot.node, lambda: False, 0.4)
    assert fastest() <= 0.2 + 1e-3, "a limit that is no number leaves the one before"
    robot.speed_publisher.publish(Float32(data=0.0))
    robot.wait_for(lambda: fastest() > 0.5)


def test_what_the_safety_controller_says_of_delays_moves_the_start_of_trajectories(robot: MakeBelieveRobot) -> None:
    publisher = robot.node.create_publisher(Float32, "trajectory_delay", RELIABLE)
    robot.wait_for(lambda: publisher.get_subscription_count() > 0)

    def leads_by(least_s: float, most_s: float) -> bool:
        publisher.publish(Float32(data=0.4))
        trajectory = robot.trajectories[-1][1] if robot.trajectories else None
        return trajectory is not None and len(trajectory.poses_odom) > 0 and least_s < trajectory.start_s - trajectory.stamp_s < most_s

    robot.wait_for(lambda: leads_by(0.4, 0.6))
    # A cycle for which data is missing has no latencies.
    robot.wait_for(lambda: robot.status is not None and len(robot.status.latency_names) > 0)
    assert set(robot.status.latency_names) == {"sensor", "transport", "mapping", "tracking", "planning", "actuation"}
    robot.wait_for(lambda: dict(zip(robot.status.latency_names, robot.status.latencies_s)).get("transport", 0.0) > 0.1)


def test_pictures_and_the_rest_for_those_who_listen(robot: MakeBelieveRobot) -> None:
    pictures, grids = robot.listen(MarkerArray, "candidates"), robot.listen(OccupancyGrid, "local_map")
    ways, tracks = robot.listen(PathMessage, "local_plan"), robot.listen(TrackedObstacles, "tracked_obstacles")
    screens = robot.listen(JointTrajectory, "screen/joint_trajectory")
    # The goal is behind: the base turns, and the screen before it.
    robot.publish_goal(np.array([-2.0, 0.5, math.pi]))
    robot.wait_for(lambda: all(len(heard) > 3 for heard in (pictures, grids, ways, tracks, screens)))
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
    robot.wait_for(lambda: abs(screens[-1].points[-1].positions[0]) > 0.3)

    markers = {marker.ns: marker for marker in pictures[-1].markers}
    assert {"candidates", "trajectory", "robot", "guidance"} <= set(markers)
    assert markers["candidates"].type == Marker.LINE_LIST and len(markers["candidates"].points) > 200
    assert len(markers["candidates"].colors) == len(markers["candidates"].points)
    assert {marker.header.frame_id for marker in pictures[-1].markers} == {"odom"}

    grid = grids[-1]
    assert grid.header.frame_id == "odom" and grid.info.width * grid.info.resolution == pytest.approx(6.0, abs=0.1)
    assert 0 in grid.data
    # A single cycle may be refused on a busy machine, and its way is then empty.
    robot.wait_for(lambda: len(ways[-1].poses) == 31)
    assert ways[-1].header.frame_id == "odom"
    assert screens[-1].joint_names == ["screen_pan_joint"]
    assert max(abs(p.positions[0]) for screen in screens for p in screen.points) <= 1.57

    def looks_to_the_side_of_the_turn() -> bool:
        yaws = np.unwrap(robot.trajectories[-1][1].poses_odom[:, 2])
        return len(yaws) > 0 and np.sign(yaws[-1] - yaws[0]) == np.sign(screens[-1].points[-1].positions[0])

    robot.wait_for(looks_to_the_side_of_the_turn)


def test_the_picture_says_why_the_safety_controller_slows_down(robot: MakeBelieveRobot) -> None:
    pictures = robot.listen(MarkerArray, "candidates")
    publisher = robot.node.create_publisher(SafetyState, "safety_state", RELIABLE)
    robot.publish_goal(np.array([2.0, 0.5, 0.0]))

    def read_reason(state: SafetyState) -> str:
        publisher.publish(state)
        return "".join(marker.text for marker in (pictures[-1].markers if pictures else ()) if marker.ns == "reason names").replace("\n", " ")

    slowed = SafetyState(limited_by=SafetyState.OBSTACLE, reason="0.2 m to the obstacle at the left wheel")
    robot.wait_for(lambda: "obstacle at the left wheel" in read_reason(slowed))
    robot.wait_for(lambda: "obstacle at the left wheel" not in read_reason(SafetyState(limited_by=SafetyState.NOTHING)))


def test_odometry_that_jumps_is_survived_while_somebody_looks_at_the_map(robot: MakeBelieveRobot, planner: RealNode) -> None:
    """A jump empties the local map; until the next scan it is a picture of no time at all."""
    grids = robot.listen(OccupancyGrid, "local_map")
    robot.publish_goal(np.array([2.0, 0.0, 0.0]))
    robot.wait_for(lambda: bool(grids))
    said = planner.output.count("the local map is begun anew")
    begin = len(robot.heard["local_planner_status"])

    def jump_between_scans() -> bool:
        """To and fro with every message, so that cycles fall between a jump and the next scan."""
        robot.pose_odom_base = robot.pose_odom_base + np.array([2.0 if robot.pose_odom_base[0] < 1.0 else -2.0, 0.0, 0.0])
        spin_until(robot.node, lambda: False, 0.03)
        return planner.process.poll() is not None or len(robot.heard["local_planner_status"]) >= begin + 20

    try:
        robot.wait_for(jump_between_scans)
    finally:
        robot.pose_odom_base = np.zeros(3)
    assert planner.output.count("the local map is begun anew") > said or planner.process.poll() is not None
    assert planner.process.poll() is None, planner.output
    begin = len(grids)
    robot.wait_for(lambda: len(grids) > begin + 2)
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)


def test_people_from_a_camera_are_tracked_by_name(robot: MakeBelieveRobot) -> None:
    tracks = robot.listen(TrackedObstacles, "tracked_obstacles")

    def see() -> bool:
        person = Person(id="Ann", position_covariance=[0.01, 0.0, 0.0, 0.01])
        person.position.x, person.position.y = 2.0, 0.0
        robot.people_publisher.publish(People(header=header_from(time.time(), "base_link"), people=[person]))
        return any(obstacle.label == "Ann" for message in tracks for obstacle in message.obstacles)

    robot.wait_for(see)
    ann = next(obstacle for message in reversed(tracks) for obstacle in message.obstacles if obstacle.label == "Ann")
    assert math.hypot(ann.position.x - 2.0, ann.position.y) < 0.3 and ann.person and len(ann.predicted_positions) == 31


def test_bad_messages_of_every_kind_are_survived(robot: MakeBelieveRobot, planner: RealNode) -> None:
    values: dict[str, str] = {}

    def read(message: DiagnosticArray) -> None:
        values.update({v.key: v.value for status in message.status if status.name == "local_planner" for v in status.values})

    def count(topic: str) -> int:
        return int(values.get(f"{topic} unusable messages", "0"))

    robot.node.create_subscription(DiagnosticArray, "/diagnostics", read, LATEST)
    robot.wait_for(lambda: bool(values))
    before = {topic: count(topic) for topic in ("scan", "odom", "people")}
    robot.publish_goal(np.array([2.0, 0.0, 0.0]))
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
    now_s, good = time.time(), robot.make_scan()
    scans = [LaserScan(), message_from_scan(good), message_from_scan(good), message_from_scan(good), message_from_scan(good)]
    scans[1].angle_increment = math.nan
    scans[2].ranges = [math.nan, math.inf, -math.inf, -1.0] * 90
    scans[3].header.frame_id = "nowhere"
    scans[4].header.stamp.sec -= 1000
    odometry = message_from_odometry(Odometry(now_s, np.zeros(3), np.zeros(2)), "odom", "base_link")
    odometries = [odometry]
    for spoil in (
        lambda m: setattr(m.header, "frame_id", "map"),
        lambda m: setattr(m.pose.pose.position, "x", math.nan),
        lambda m: setattr(m.pose.pose.orientation, "w", math.inf),
        lambda m: setattr(m.twist.twist.linear, "x", math.inf),
        lambda m: setattr(m.header.stamp, "sec", 0),
    ):
        bad = message_from_odometry(Odometry(now_s, np.zeros(3), np.zeros(2)), "odom", "base_link")
        spoil(bad)
        odometries.append(bad)
    spoilt = Person(position_covariance=[math.nan] * 4)
    spoilt.position.x = math.inf
    people = [People(header=header_from(now_s, "nowhere"), people=[Person()]), People(header=header_from(now_s, "odom"), people=[spoilt])]
    nan_pose = make_transform("map", "odom", POSE_MAP_ODOM, now_s)
    nan_pose.transform.translation.x = math.nan
    robot.tf_publisher.publish(TFMessage(transforms=[nan_pose]))

    def send_until_counted() -> bool:
        """Sensor data may be lost on the way, so that one round may not be enough."""
        for publisher, messages in ((robot.scan_publisher, scans), (robot.odom_publisher, odometries), (robot.people_publisher, people)):
            for message in messages:
                publisher.publish(message)
                rclpy.spin_once(robot.node, timeout_sec=0.03)
        return count("scan") >= before["scan"] + 3 and count("odom") >= before["odom"] + 4 and count("people") > before["people"]

    robot.wait_for(send_until_counted)
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)

    # A plan in another frame ends the one before.
    robot.plan_publisher.publish(message_from_path(Way(now_s, np.zeros((2, 3)), "kitchen")))
    robot.wait_for_state(LocalPlannerStatus.IDLE)
    assert "plan is in frame 'kitchen', expected 'map'" in planner.output


def test_silent_sensors_are_noticed_and_come_back(robot: MakeBelieveRobot) -> None:
    robot.publish_goal(np.array([2.0, 0.0, 0.0]))
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
    look, robot._look = robot._look, lambda: None
    timers = [timer for timer in robot.node.timers if timer.timer_period_ns == 100_000_000]
    timers[0].cancel()
    robot.wait_for_state(LocalPlannerStatus.REFUSED)
    assert "max_scan_age_s" in robot.status.reason
    assert len(robot.trajectories[-1][1].poses_odom) == 0
    robot._look = look
    timers[0].reset()
    robot.wait_for_state(LocalPlannerStatus.FOLLOWING)


def test_works_in_a_namespace(ros_domain: int, tmp_path: Path) -> None:  # noqa: F811
    with RealNode(("-m", "astro_nav.ros.local_planner_node"), ("-r", "__ns:=/robot1"), tmp_path) as node:
        node.wait_until_it_says("ready")
        robot = MakeBelieveRobot("robot1")
        robot.mount_lidar()
        robot.publish_goal(np.array([2.0, 0.0, 0.0]))
        robot.wait_for_state(LocalPlannerStatus.FOLLOWING)
        node.process.send_signal(signal.SIGINT)
        assert spin_until(robot.node, lambda: robot.trajectories[-1][1].reason == "the local planner was shut down", LIMIT_S)
        assert len(robot.trajectories[-1][1].poses_odom) == 0, "it was driving, and stands because it is asked to"
        robot.node.destroy_node()
        assert node.wait() == 0


def test_simulated_time_missing_starting_late_and_set_back(ros_domain: int, tmp_path: Path) -> None:  # noqa: F811
    with RealNode(("-m", "astro_nav.ros.local_planner_node"), ("-r", "__ns:=/robot2", "-p", "use_sim_time:=true"), tmp_path) as node:
        node.wait_until_it_says("ready")
        node.wait_until_it_says("waiting for the first message on /clock: use_sim_time is true")
        feeder = Node("clock_feeder")
        clock = feeder.create_publisher(Clock, "/clock", SENSOR_DATA)
        offset_s = [time.monotonic() - 100.0]
        runs = [True]

        def tick() -> None:
            if runs[0]:
                clock.publish(Clock(clock=time_from_seconds(time.monotonic() - offset_s[0])))

        feeder.create_timer(0.01, tick)
        trajectories: list[TrajectoryMessage] = []
        feeder.create_subscription(TrajectoryMessage, "/robot2/trajectory", trajectories.append, SENSOR_DATA)
        assert spin_until(feeder, lambda: len(trajectories) > 5, LIMIT_S)
        assert 100 <= trajectories[-1].header.stamp.sec < 100 + START_LIMIT_S
        runs[0] = False
        assert spin_until(feeder, lambda: "the clock stands still" in node.output, LIMIT_S)
        runs[0], offset_s[0] = True, time.monotonic() - 5.0
        trajectories.clear()
        assert spin_until(feeder, lambda: len(trajectories) > 5 and trajectories[-1].header.stamp.sec < 60, LIMIT_S)
        assert "the clock was set back: the local map is begun anew" in node.output
        feeder.destroy_node()
        assert node.stop() == 0
