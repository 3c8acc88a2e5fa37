"""The launch files that ship: what they start, with which parameters."""

import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from scenes.install_prefix import CHECKOUT, InstallPrefix

from astro_nav.launching.arguments import list_arguments
from astro_nav.launching.errors import LaunchError
from astro_nav.launching.reader import read_launch_file

THE_THREE = ["safety_controller", "local_planner", "global_planner"]
LAUNCH_FILES = sorted(path.name for path in (CHECKOUT / "launch").glob("*.xml"))


@pytest.fixture
def prefix(tmp_path):
    prefix = InstallPrefix(tmp_path / "prefix")
    prefix.add_astro_nav()
    return prefix


@pytest.fixture
def read(prefix):
    def read(name, **arguments):
        plan = read_launch_file(prefix.folder / "share/astro_nav/launch" / name, arguments, prefix.environment)
        return {process.spec.name: process for process in plan.processes}

    return read


def get_values(process):
    return {name: value for block in process.inline_parameters.values() for name, value in block.values.items()}


def get_option(process, start):
    return next((word for word in process.spec.command if word.startswith(start)), None)


def get_files(process):
    words = process.spec.command
    return [file for flag, file in zip(words, words[1:]) if flag == "--params-file" and file not in process.inline_parameters]


@pytest.mark.parametrize("name", LAUNCH_FILES)
def test_every_argument_is_optional_and_explained(name, prefix):
    arguments = list_arguments(prefix.folder / "share/astro_nav/launch" / name, {}, prefix.environment)
    assert {"namespace", "use_sim_time"} <= {argument.name for argument in arguments}
    for argument in arguments:
        assert argument.default is not None and argument.description, argument


@pytest.mark.parametrize(
    "name, nodes, use_sim_time",
    [
        ("bringup.launch.xml", THE_THREE, False),
        ("simulation.launch.xml", ["simulator", *THE_THREE], True),
        ("robot.launch.xml", ["robot_state_publisher", *THE_THREE], False),
    ],
)
def test_files_start_their_nodes_safety_controller_before_planners(name, nodes, use_sim_time, read, prefix):
    processes = read(name)
    assert list(processes) == nodes
    for node, process in processes.items():
        assert process.spec.required, f"everything must end when {node} dies"
        assert get_option(process, "__node:=") == f"__node:={node}"
        assert get_option(process, "__ns:=") == "__ns:=/"
        assert get_values(process)["use_sim_time"] is use_sim_time
        if node != "robot_state_publisher":
            assert get_files(process) == [str(prefix.folder / "share/astro_nav/config/robot.yaml")]


@pytest.mark.parametrize("name", ["bringup.launch.xml", "simulation.launch.xml", "robot.launch.xml"])
def test_common_arguments_reach_every_node_of_the_stack(name, read, tmp_path):
    overlay = tmp_path / "my robot.yaml"
    overlay.write_text("/**: {ros__parameters: {}}")
    processes = read(name, params_file=str(overlay), namespace="robot1", use_sim_time="true", map="/maps/007")
    for node in THE_THREE:
        assert get_files(processes[node]) == [str(overlay)]
        assert get_option(processes[node], "__ns:=") == "__ns:=/robot1"
        assert get_values(processes[node])["use_sim_time"] is True
        assert [block.section for block in processes[node].inline_parameters.values()] == [f"/robot1/{node}"]


@pytest.mark.parametrize("value", ["", "/maps/home.yaml", "123", "on", "~"])
def test_map_stays_a_text_whatever_it_looks_like(value, read):
    given = {"map": value} if value else {}
    assert get_values(read("bringup.launch.xml", **given)["global_planner"])["map_file"] == value


def test_simulator_publishes_the_map_and_knows_world_map_and_seed(read, prefix):
    processes = read("simulation.launch.xml", map="m.yaml", seed="42")
    assert get_values(processes["global_planner"])["map_file"] == ""
    values = get_values(processes["simulator"])
    assert values["world_file"] == str(prefix.folder / "share/astro_nav/worlds/home.yaml")
    assert (values["map_file"], values["seed"], values["publish_clock"]) == ("m.yaml", 42, True)
    values = get_values(read("simulation.launch.xml", use_sim_time="false")["simulator"])
    assert (values["map_file"], values["publish_clock"], values["use_sim_time"]) == ("", False, False)


def test_simulation_without_arguments_is_the_shipped_configuration(read):
    shipped = yaml.safe_load((CHECKOUT / "config" / "simulator.yaml").read_text())["simulator"]["ros__parameters"]
    values = get_values(read("simulation.launch.xml")["simulator"])
    assert Path(values["world_file"]).name == shipped["world_file"] and Path(values["world_file"]).is_file()
    for name in ("map_file", "seed", "publish_clock"):
        assert values[name] == shipped[name], name


def test_description_of_the_robot_is_expanded_with_the_robots_own_numbers(read, tmp_path):
    overlay = tmp_path / "my robot.yaml"
    overlay.write_text("/**: {ros__parameters: {robot: {wheel_radius_m: 0.081}}}")
    urdf = get_values(read("robot.launch.xml", params_file=str(overlay))["robot_state_publisher"])["robot_description"]
    root = ElementTree.fromstring(urdf)
    assert {cylinder.get("radius") for cylinder in root.findall("link[@name='left_wheel_link']/collision/geometry/cylinder")} == {"0.081"}


def test_another_robots_description_is_expanded_as_it_is(read, tmp_path):
    foreign = tmp_path / "their robot.urdf"
    foreign.write_text('<robot name="theirs"><link name="base_link"/></robot>')
    urdf = get_values(read("robot.launch.xml", urdf=str(foreign))["robot_state_publisher"])["robot_description"]
    assert ElementTree.fromstring(urdf).get("name") == "theirs"


def test_gazebo_gets_home_robot_and_bridge_of_one_world(read, prefix, tmp_path):
    """Read with a stand-in in XML for ros_gz_sim's own launch file, which is in Python and therefore for ros2 launch alone."""
    prefix.add_gazebo()
    prefix.extra["ROS_HOME"] = str(tmp_path)
    prefix.add_launch_file("ros_gz_sim", "gz_sim.launch.xml", '<arg name="gz_args"/> <executable cmd="gz sim $(var gz_args)" name="gz"/>')
    shipped = prefix.folder / "share/astro_nav/launch/gazebo.launch.xml"
    text = shipped.read_text().replace("gz_sim.launch.py", "gz_sim.launch.xml")
    shipped.unlink()
    shipped.write_text(text)
    processes = read("gazebo.launch.xml", headless="true", namespace="robot1")
    assert list(processes) == ["gz", "robot_state_publisher", "spawn_astro", "gazebo_bridge", "map_to_odom", *THE_THREE]
    (folder,) = (tmp_path / "astro_nav/gazebo").iterdir()
    # Gazebo's launch file gives its arguments to a shell, which takes them apart.
    words = [word for text in processes["gz"].spec.command for word in shlex.split(text)]
    assert words == ["gz", "sim", "-r", "-s", "--headless-rendering", str(folder / "world.sdf")]
    assert get_values(processes["gazebo_bridge"])["config_file"] == str(folder / "bridge.yaml")
    assert get_files(processes["spawn_astro"]) == [str(folder / "spawn.yaml")]
    assert get_values(processes["global_planner"])["map_file"] == str(folder / "map.yaml")
    assert processes["map_to_odom"].spec.command[1:5] == ("--frame-id", "map", "--child-frame-id", "odom")
    assert not processes["spawn_astro"].spec.required and processes["gazebo_bridge"].spec.required
    assert "map_to_odom" not in read("gazebo.launch.xml", true_odometry="false")
    assert "--headless" not in " ".join(read("gazebo.launch.xml")["gz"].spec.command)


def test_rviz_gets_its_configuration(read, prefix):
    (process,) = read("rviz.launch.xml", namespace="robot1").values()
    words = process.spec.command
    assert words[1:3] == ("-d", str(prefix.folder / "share/astro_nav/rviz/astro_nav.rviz"))
    assert get_option(process, "__ns:=") == "__ns:=/robot1"


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        ({"params_file": "/no/such.yaml"}, "'/no/such.yaml' cannot be read"),
        ({"namespace": "1robot"}, "'/1robot' is no ROS namespace"),
        ({"use_sim_time": "perhaps"}, "use_sim_time: 'perhaps' is not a bool"),
        ({"seed": "many"}, "seed: 'many' is not of type int"),
        ({"maps": "x"}, "no argument 'maps', did you mean map"),
    ],
)
def test_bad_arguments_start_nothing(arguments, complaint, read):
    with pytest.raises(LaunchError, match=complaint):
        read("simulation.launch.xml", **arguments)


def test_default_overlay_is_a_parameter_file_for_any_node_in_any_namespace():
    assert list(yaml.safe_load((CHECKOUT / "config" / "robot.yaml").read_text())) == ["/**"]
