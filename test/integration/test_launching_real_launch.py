"""The same launch files under ROS 2's own launch and under our runner: every process must receive the same.

Runs where `launch`, `launch_xml` and `launch_ros` can be imported, as in a ROS distribution; they are not on PyPI.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from scenes.install_prefix import CHECKOUT, InstallPrefix

from astro_nav.launching.arguments import parse_assignments
from astro_nav.launching.reader import read_launch_file

LIMIT_S = 30.0
OUR_LAUNCH = (sys.executable, "-m", "astro_nav.cli.main", "launch")
REAL_LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import AnyLaunchDescriptionSource

arguments = [tuple(word.split(":=", 1)) for word in sys.argv[2:]]
service = LaunchService(noninteractive=True)
include = IncludeLaunchDescription(AnyLaunchDescriptionSource(sys.argv[1]), launch_arguments=arguments)
service.include_launch_description(LaunchDescription([include]))
sys.exit(service.run())
"""

# What users write, and what our own files do not contain.
EVERYTHING = """
<arg name="word" default="two words"/> <arg name="on" default="true"/> <arg name="number" default="123"/>
<let name="leaked" value="not yet"/>
<set_env name="PROBE_SET" value="set $(env PROBE_NOT_SET otherwise)"/>
<group>
  <set_env name="PROBE_GROUP" value="1"/>
  <push_ros_namespace namespace="a"/> <push-ros-namespace namespace="b/"/>
  <set_remap from="/tf" to="tf"/>
  <node pkg="pkg" exec="probe" name="typed" namespace="sub" args="--flag $(var word) 'q u' x=$(var number)" ros_args="--log-level info">
    <remap from="chatter" to="/talk/$(var number)"/>
    <env name="PROBE_ENV" value="e"/>
    <param name="i" value="42"/> <param name="s" value="42" type="str"/> <param name="f" value="3" type="float"/>
    <param name="b" value="off" type="bool"/> <param name="sub_b" value="$(var on)" type="bool"/> <param name="guess" value="$(var on)"/>
    <param name="n" value="$(var number)"/> <param name="ns" value="$(var number)" type="str"/> <param name="empty" value=""/>
    <param name="list" value="[1.0, 2.5]"/> <param name="names" value="[a, '1']" type="list_of_str"/> <param name="o" value="010"/>
    <param name="quoted" value="'12'"/> <param name="path" value="/a/b c.yaml"/> <param name="t" value="a: b" type="str"/>
    <param name="escaped" value="a\\\\b \\$(var word)" type="str"/>
    <param name="nest"><param name="one" value="1"/> <param name="deep"><param name="two" value="$(var word)"/></param></param>
  </node>
</group>
<node pkg="pkg" exec="probe" name="absolute" namespace="/abs/ns"/>
<node if="$(var on)" pkg="pkg" exec="probe" name="when_on"/>
<node unless="$(var on)" pkg="pkg" exec="probe" name="when_off"/>
<node if="$(eval '\\'$(var number)\\' == \\'123\\' and not False')" pkg="pkg" exec="probe" name="when_123"/>
<group>
  <push_ros_namespace namespace="inner"/>
  <include file="$(find-pkg-share pkg)/launch/inner.launch.xml"> <arg name="who" value="included"/> </include>
  <node pkg="pkg" exec="probe" name="after"> <param name="leaked" value="$(var leaked) $(var who)"/> </node>
</group>
<unset_env name="PROBE_SET"/> <append_env name="PROBE_A" value="1"/> <append_env name="PROBE_A" value="0" prepend="true"/>
<node pkg="pkg" exec="probe" name="last" cwd="/"> <param name="leaked" value="$(var leaked)"/> </node>
"""
INNER = """
<arg name="who" default="nobody"/> <arg name="word" default="own default"/>
<let name="leaked" value="from inside"/>
<node pkg="pkg" exec="probe" name="$(var who)"> <param name="word" value="$(var word)"/> <param name="file" value="$(filename)"/> </node>
"""

pytestmark = pytest.mark.skipif(
    subprocess.run([sys.executable, "-c", "import launch, launch_xml, launch_ros.actions"], capture_output=True).returncode != 0,
    reason="launch, launch_xml and launch_ros cannot be imported: they come with a ROS distribution, not from PyPI",
)


@pytest.fixture
def prefix(tmp_path):
    prefix = InstallPrefix(tmp_path / "prefix")
    prefix.add_astro_nav()
    prefix.add_program("pkg", "probe")
    prefix.add_launch_file("pkg", "everything.launch.xml", EVERYTHING)
    prefix.add_launch_file("pkg", "inner.launch.xml", INNER)
    return prefix


def run(command, prefix, probes, expected):
    """Run until `expected` processes have written down what they received, or the command ends by itself; then press Ctrl-C."""
    probes.mkdir()
    environment = {
        **prefix.environment,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH", "")])),
        "PROBE_FOLDER": str(probes),
        "ROS_LOG_DIR": str(probes / "log"),
    }
    with (probes / "output.txt").open("w") as output:
        process = subprocess.Popen(command, env=environment, cwd=probes, stdout=output, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + LIMIT_S
    while process.poll() is None and len(list(probes.glob("*.json"))) < expected and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    exit_code = process.wait(LIMIT_S)
    records = {path.stem: json.loads(path.read_text()) for path in probes.glob("*.json")}
    for record in records.values():
        record["environment"].pop("PROBE_FOLDER")
        if record["folder"] == str(probes):
            record["folder"] = "the caller's"
    return exit_code, records, (probes / "output.txt").read_text()


@pytest.mark.parametrize(
    "package, file, arguments",
    [
        ("pkg", "everything.launch.xml", []),
        ("pkg", "everything.launch.xml", ["on:=0", "word:=one", "number:=0x10"]),
        ("astro_nav", "bringup.launch.xml", []),
        ("astro_nav", "bringup.launch.xml", ["namespace:=/a/b", "map:=007", "use_sim_time:=true", "params_file:={overlay}"]),
        ("astro_nav", "simulation.launch.xml", []),
        ("astro_nav", "simulation.launch.xml", ["namespace:=robot1", "map:=on", "seed:=5", "world:=1.5"]),
        ("astro_nav", "robot.launch.xml", ["namespace:=robot1", "params_file:={overlay}"]),
        ("astro_nav", "rviz.launch.xml", ["namespace:=robot1"]),
    ],
)
def test_processes_receive_the_same(package, file, arguments, prefix, tmp_path):
    overlay = tmp_path / "my robot.yaml"
    overlay.write_text("/**: {ros__parameters: {robot: {mass_kg: 11.0}}}")
    arguments = [word.format(overlay=overlay) for word in arguments]
    path = prefix.folder / "share" / package / "launch" / file
    expected = len(read_launch_file(path, parse_assignments(arguments), prefix.environment).processes)
    _, theirs, output = run([sys.executable, "-c", REAL_LAUNCH, str(path), *arguments], prefix, tmp_path / "theirs", expected)
    assert len(theirs) == expected, output
    exit_code, ours, output = run([*OUR_LAUNCH, str(path), *arguments], prefix, tmp_path / "ours", expected)
    assert ours == theirs, output
    assert exit_code == 0, output


def list_values(record):
    """All parameters that a process was given, of whatever section."""
    return {name: value for section in record["parameters"].values() for name, value in section.items()}


@pytest.mark.parametrize("true_odometry", ["true", "false"])
def test_gazebo_launch_file_starts_gazebo_robot_bridge_and_stack(true_odometry, prefix, tmp_path):
    """Only ros2 launch reads it: it includes a launch file in Python."""
    prefix.add_gazebo()
    overlay = tmp_path / "my robot.yaml"
    overlay.write_text("/**: {ros__parameters: {robot: {wheel_separation_m: 0.31}}}")
    arguments = [f"params_file:={overlay}", f"true_odometry:={true_odometry}", "namespace:=robot1", "headless:=true"]
    path = prefix.folder / "share/astro_nav/launch/gazebo.launch.xml"
    names = {"gz", "robot_state_publisher", "spawn_astro", "gazebo_bridge", "safety_controller", "local_planner", "global_planner"}
    names |= {"map_to_odom"} if true_odometry == "true" else set()
    prefix.extra["ROS_HOME"] = str(tmp_path / "ros home")
    _, theirs, output = run([sys.executable, "-c", REAL_LAUNCH, str(path), *arguments], prefix, tmp_path / "theirs", len(names))
    assert set(theirs) == names, output
    (folder,) = (tmp_path / "ros home/astro_nav/gazebo").iterdir()
    words = theirs["gz"]["words"]
    assert words[1:] == ["sim", "-r", "-s", "--headless-rendering", str(folder / "world.sdf")]
    assert "__ns:=/robot1" in theirs["spawn_astro"]["words"]
    spawn = list_values(theirs["spawn_astro"])
    assert spawn == {"name": "astro", "topic": "robot_description", "x": 0.8, "y": 4.2, "z": 0.005, "Y": 0.0}
    assert all(isinstance(spawn[name], float) for name in "xyzY"), "the parameters are declared as doubles"
    assert list_values(theirs["gazebo_bridge"]) == {"config_file": str(folder / "bridge.yaml"), "use_sim_time": True}
    urdf = list_values(theirs["robot_state_publisher"])["robot_description"]
    assert "<wheel_separation>0.31</wheel_separation>" in urdf
    assert ("OdometryPublisher" in urdf) == (true_odometry == "true")
    planner = list_values(theirs["global_planner"])
    assert planner["map_file"] == str(folder / "map.yaml") and planner["use_sim_time"] is True
    if true_odometry == "true":
        assert theirs["map_to_odom"]["words"][:4] == ["--frame-id", "map", "--child-frame-id", "odom"]


def test_our_runner_says_that_gazebo_needs_ros2_launch(prefix, tmp_path):
    prefix.add_gazebo()
    prefix.extra["ROS_HOME"] = str(tmp_path / "ros")
    path = prefix.folder / "share/astro_nav/launch/gazebo.launch.xml"
    exit_code, ours, output = run([*OUR_LAUNCH, str(path)], prefix, tmp_path / "ours", 99)
    assert (exit_code, ours) == (2, {}) and "only ros2 launch reads" in output


@pytest.mark.parametrize(
    "arguments", [["params_file:=/no/such.yaml"], ["namespace:=1robot"], ["use_sim_time:=perhaps"], ["seed:=many"]]
)
def test_both_refuse_the_same(arguments, prefix, tmp_path):
    path = prefix.folder / "share/astro_nav/launch/simulation.launch.xml"
    exit_code, theirs, output = run([sys.executable, "-c", REAL_LAUNCH, str(path), *arguments], prefix, tmp_path / "theirs", 99)
    assert exit_code != 0 and "safety_controller" not in theirs, output
    exit_code, ours, output = run([*OUR_LAUNCH, str(path), *arguments], prefix, tmp_path / "ours", 99)
    assert (exit_code, ours) == (2, {}), output
