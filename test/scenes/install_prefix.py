"""An install prefix with programs of our choice, laid out as ament does, for tests of launching."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

# The command line of the checkout, which launch files call for descriptions and worlds.
COMMAND_LINE = f"""
import sys

sys.path.insert(0, {str(CHECKOUT)!r})
from astro_nav.cli.main import main

sys.exit(main())
"""

# Writes down what it was started with and with which parameters, then stays until it is told to end.
PROBE = """
import json, os, signal, sys, time
import yaml

words = sys.argv[1:]
name = next((word.split(":=")[1] for word in words if word.startswith("__node:=")), "unnamed")
parameters = {}
for flag, word in zip(words, words[1:]):
    if flag == "--params-file":
        with open(word, encoding="utf-8") as file:
            for section, content in yaml.safe_load(file).items():
                parameters.setdefault(section, {}).update(content["ros__parameters"])
paths = [word for flag, word in zip(words, words[1:]) if flag == "--params-file"]
record = {
    "words": [word for word in words if word not in paths and word != "--params-file"],
    "parameters": parameters,
    "environment": {key: value for key, value in os.environ.items() if key.startswith("PROBE_")},
    "folder": os.getcwd(),
}
target = os.path.join(os.environ["PROBE_FOLDER"], name + ".json")
with open(target + ".new", "w", encoding="utf-8") as file:
    json.dump(record, file)

def end(number, frame):
    print(name, "says its last word", flush=True)
    sys.exit(0)

signal.signal(signal.SIGINT, end)
signal.signal(signal.SIGTERM, end)
os.rename(target + ".new", target)
print(name, "is ready", flush=True)
time.sleep(float(os.environ.get("PROBE_STAY_S", "60")))
sys.exit(int(os.environ.get("PROBE_EXIT_CODE", "0")))
"""

# Takes the arguments of ros_gz_sim's gz_sim.launch.py that are used, and hands them to a shell as that file does.
GZ_SIM_LAUNCH = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, Shutdown
from launch.substitutions import LaunchConfiguration


def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument("gz_args", default_value=""),
        DeclareLaunchArgument("on_exit_shutdown", default_value="false"),
        ExecuteProcess(cmd=["exec {gz} __node:=gz sim", LaunchConfiguration("gz_args")], shell=True, on_exit=Shutdown()),
    ])
"""


class InstallPrefix:
    """A folder that can stand in AMENT_PREFIX_PATH.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.extra: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of this process, with `extra` and with this prefix before any other."""
        rest = os.environ.get("AMENT_PREFIX_PATH")
        return {**os.environ, **self.extra, "AMENT_PREFIX_PATH": f"{self.folder}{os.pathsep}{rest}" if rest else str(self.folder)}

    def add_package(self, package: str) -> Path:
        """Register a package; returns its share folder."""
        marker = self.folder / "share" / "ament_index" / "resource_index" / "packages" / package
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        share = self.folder / "share" / package
        share.mkdir(parents=True, exist_ok=True)
        return share

    def add_program(self, package: str, name: str, python: str = PROBE) -> Path:
        """Install an executable of a package, written in Python."""
        self.add_package(package)
        path = self.folder / "lib" / package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{sys.executable}\n{textwrap.dedent(python)}", encoding="utf-8")
        path.chmod(0o755)
        return path

    def add_launch_file(self, package: str, name: str, xml: str) -> Path:
        """Install a launch file; `xml` is what stands inside `<launch>`, on lines of its own."""
        path = self.add_package(package) / "launch" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"<launch>\n{textwrap.dedent(xml).strip()}\n</launch>\n", encoding="utf-8")
        return path

    def add_astro_nav(self, python: str = PROBE) -> None:
        """Install the checkout's launch and configuration files, and a stand-in for every executable they start."""
        share = self.add_package("astro_nav")
        for folder in ("launch", "config", "urdf", "worlds", "rviz"):
            if (CHECKOUT / folder).is_dir():
                (share / folder).mkdir()
                for file in (CHECKOUT / folder).iterdir():
                    (share / folder / file.name).symlink_to(file)
        for name in ("safety_controller", "local_planner", "global_planner", "simulator"):
            self.add_program("astro_nav", name, python)
        self.add_program("astro_nav", "astro-nav", COMMAND_LINE)
        self.add_program("robot_state_publisher", "robot_state_publisher", python)
        self.add_program("rviz2", "rviz2", python)

    def add_gazebo(self, python: str = PROBE) -> None:
        """Install stand-ins for what gazebo.launch.xml starts; Gazebo's own launch file starts the program `gz`."""
        for package, name in (("ros_gz_sim", "create"), ("ros_gz_bridge", "parameter_bridge"), ("tf2_ros", "static_transform_publisher")):
            self.add_program(package, name, python)
        gz = self.add_program("ros_gz_sim", "gz", python)
        launch_file = self.folder / "share" / "ros_gz_sim" / "launch" / "gz_sim.launch.py"
        launch_file.parent.mkdir(exist_ok=True)
        launch_file.write_text(GZ_SIM_LAUNCH.format(gz=str(gz)), encoding="utf-8")
