"""What Gazebo is asked for exists in Harmonic, and the bridge gives the stack just the topics and types that it speaks."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from astro_nav.params.files import load_params
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.gazebo.sdf_doors import name_door_topic
from astro_nav.simulation.gazebo.world_folder import list_world_files
from astro_nav.simulation.robot_urdf import expand_gazebo_urdf
from astro_nav.simulation.world_file import load_world

ROOT = Path(__file__).resolve().parents[2]

# Libraries and classes of gz-sim 8 (Harmonic), from its src/systems; ign-gazebo 6 (Fortress) loads them under these names, too.
SYSTEMS = {
    "gz-sim-physics-system": "gz::sim::systems::Physics",
    "gz-sim-user-commands-system": "gz::sim::systems::UserCommands",
    "gz-sim-scene-broadcaster-system": "gz::sim::systems::SceneBroadcaster",
    "gz-sim-sensors-system": "gz::sim::systems::Sensors",
    "gz-sim-diff-drive-system": "gz::sim::systems::DiffDrive",
    "gz-sim-odometry-publisher-system": "gz::sim::systems::OdometryPublisher",
    "gz-sim-joint-state-publisher-system": "gz::sim::systems::JointStatePublisher",
    "gz-sim-joint-trajectory-controller-system": "gz::sim::systems::JointTrajectoryController",
    "gz-sim-joint-position-controller-system": "gz::sim::systems::JointPositionController",
}
# Pairs that ros_gz_bridge can carry, from its README of the branch jazzy.
PAIRS = {
    "rosgraph_msgs/msg/Clock": "gz.msgs.Clock",
    "sensor_msgs/msg/LaserScan": "gz.msgs.LaserScan",
    "nav_msgs/msg/Odometry": "gz.msgs.Odometry",
    "tf2_msgs/msg/TFMessage": "gz.msgs.Pose_V",
    "sensor_msgs/msg/JointState": "gz.msgs.Model",
    "geometry_msgs/msg/Twist": "gz.msgs.Twist",
    "trajectory_msgs/msg/JointTrajectory": "gz.msgs.JointTrajectory",
    "std_msgs/msg/Float64": "gz.msgs.Double",
}
# What a robot gives and takes, by the stack's own interface.
GIVES = {
    "/clock": "rosgraph_msgs/msg/Clock",
    "scan": "sensor_msgs/msg/LaserScan",
    "odom": "nav_msgs/msg/Odometry",
    "/tf": "tf2_msgs/msg/TFMessage",
    "joint_states": "sensor_msgs/msg/JointState",
}
TAKES = {"cmd_vel": "geometry_msgs/msg/Twist", "screen/joint_trajectory": "trajectory_msgs/msg/JointTrajectory"}
# Gazebo's types of the topics that the plugins and the sensor in the robot's description publish or take.
GAZEBO_TYPES = {
    "/model/astro/scan": "gz.msgs.LaserScan",
    "/model/astro/odometry": "gz.msgs.Odometry",
    "/model/astro/tf": "gz.msgs.Pose_V",
    "/model/astro/joint_state": "gz.msgs.Model",
    "/model/astro/cmd_vel": "gz.msgs.Twist",
    "/model/astro/screen/joint_trajectory": "gz.msgs.JointTrajectory",
}


@pytest.fixture(scope="module")
def params() -> SimulatorParams:
    return load_params(SimulatorParams, "simulator")


def read_bridge() -> list[dict[str, str]]:
    return yaml.safe_load((ROOT / "config" / "gazebo" / "bridge.yaml").read_text())


def list_urdf_topics(urdf: str) -> set[str]:
    return {e.text for e in ElementTree.fromstring(urdf).iter() if e.text and e.text.startswith("/model/astro/")}


def test_bridge_speaks_the_stacks_topics_and_types():
    entries = read_bridge()
    for direction, expected in (("GZ_TO_ROS", GIVES), ("ROS_TO_GZ", TAKES)):
        found = {e["ros_topic_name"]: e["ros_type_name"] for e in entries if e["direction"] == direction}
        assert found == expected
    assert len(entries) == len(GIVES) + len(TAKES)


def test_bridge_topics_are_those_of_the_nodes():
    code = "\n".join(path.read_text() for path in (ROOT / "astro_nav" / "ros").glob("*.py"))
    code += (ROOT / "config" / "local_planner.yaml").read_text() + (ROOT / "config" / "safety_controller.yaml").read_text()
    for topic in ("scan", "odom", *TAKES):
        assert f'"{topic}"' in code or f"[{topic}]" in code, topic


def test_bridge_joins_types_that_it_can_carry():
    for entry in read_bridge():
        assert PAIRS[entry["ros_type_name"]] == entry["gz_type_name"]
        assert GAZEBO_TYPES.get(entry["gz_topic_name"], entry["gz_type_name"]) == entry["gz_type_name"]


@pytest.mark.parametrize("true_odometry", [True, False])
def test_every_gazebo_topic_of_the_bridge_is_one_of_the_robots_plugins(true_odometry, params):
    topics = list_urdf_topics(expand_gazebo_urdf(params, true_odometry))
    bridged = {e["gz_topic_name"] for e in read_bridge()} - {"/clock"}
    assert bridged <= topics
    assert topics - bridged == ({"/model/astro/wheel_odometry", "/model/astro/wheel_tf"} if true_odometry else set())


def test_plugins_exist_in_gazebo(params):
    world = load_world("home.yaml")
    files = list_world_files(world, params)
    plugins = [*ElementTree.fromstring(expand_gazebo_urdf(params)).iter("plugin"), *ElementTree.fromstring(files["world.sdf"]).iter("plugin")]
    assert len(plugins) == 4 + 4 + len(world.doors)
    for plugin in plugins:
        assert SYSTEMS[plugin.get("filename")] == plugin.get("name")


def test_doors_are_bridged_where_their_controllers_listen(params):
    world = load_world("home.yaml")
    files = list_world_files(world, params)
    listening = {e.text for e in ElementTree.fromstring(files["world.sdf"]).iter("topic")}
    entries = yaml.safe_load(files["bridge.yaml"])
    doors = {e["ros_topic_name"]: e["gz_topic_name"] for e in entries if e["ros_topic_name"].startswith("doors/")}
    assert set(doors) == {"doors/kitchen_door", "doors/bedroom_door", "doors/office_door", "doors/bathroom_door"}
    assert set(doors.values()) == listening and name_door_topic("kitchen_door") in listening
    assert entries[: len(read_bridge())] == read_bridge()


def test_gazebos_plugins_run_with_the_robots_and_the_lidars_numbers(params):
    root = ElementTree.fromstring(expand_gazebo_urdf(params))
    drive = next(plugin for plugin in root.iter("plugin") if "diff-drive" in plugin.get("filename"))
    numbers = {e.tag: float(e.text) for e in drive if e.tag.startswith(("max_", "min_", "wheel_"))}
    robot = params.robot
    assert numbers == {
        "wheel_separation": robot.wheel_separation_m,
        "wheel_radius": robot.wheel_radius_m,
        "max_linear_velocity": robot.limits.max_speed_mps,
        "min_linear_velocity": -robot.limits.max_reverse_speed_mps,
        "max_angular_velocity": robot.limits.max_turn_rate_radps,
        "min_angular_velocity": -robot.limits.max_turn_rate_radps,
        "max_linear_acceleration": robot.limits.emergency_deceleration_mps2,
        "min_linear_acceleration": -robot.limits.emergency_deceleration_mps2,
        "max_angular_acceleration": robot.limits.emergency_turn_acceleration_radps2,
        "min_angular_acceleration": -robot.limits.emergency_turn_acceleration_radps2,
    }
    sensor = next(root.iter("sensor"))
    assert sensor.findtext("gz_frame_id") == params.lidar.frame
    assert float(sensor.findtext("update_rate")) == params.lidar.rate_hz
    assert int(sensor.findtext("lidar/scan/horizontal/samples")) == params.lidar.rays
    span = float(sensor.findtext("lidar/scan/horizontal/max_angle")) - float(sensor.findtext("lidar/scan/horizontal/min_angle"))
    assert span == pytest.approx(2 * 3.141592653589793 * (1 - 1 / params.lidar.rays))
    assert float(sensor.findtext("lidar/range/min")) == params.lidar.range_min_m
    assert float(sensor.findtext("lidar/range/max")) == params.lidar.range_max_m
