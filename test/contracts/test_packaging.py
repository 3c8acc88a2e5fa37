"""package.xml, setup.py, the pins and the code agree on what is needed and what is installed."""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# Import name -> rosdep key, where they differ.
ROSDEP_KEYS = {"tf2_ros": "tf2_ros_py", "numpy": "python3-numpy", "scipy": "python3-scipy", "numba": "python3-numba", "yaml": "python3-yaml",
               "matplotlib": "python3-matplotlib", "PIL": "python3-pil", "rich": "python3-rich"}
# Needed by demo and simulator alone, and no distribution has them: `make` says so where they are missing.
NOT_IN_ROSDEP = {"mujoco", "rosbags"}
# Only behind a check whether they are there.
OPTIONAL = {"distributed", "imageio_ffmpeg", "launch", "launch_ros", "ros2launch", "psutil", "setproctitle", "llvmlite", "rcl_interfaces", "mcap"}


def read_package_xml(folder: Path) -> ElementTree.Element:
    """Returns the root of a package manifest."""
    return ElementTree.parse(folder / "package.xml").getroot()


def list_imported_modules() -> set[str]:
    """Returns the top-level names that any module of the package imports, the standard library and itself left out."""
    names: set[str] = set()
    for file in (ROOT / "astro_nav").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"astro_nav"}


def read_pins(python: str) -> dict[str, str]:
    """Returns name -> version of the pins for one Python."""
    lines = (ROOT / "pypi_ros" / f"requirements-{python}.txt").read_text().splitlines()
    pinned = [re.fullmatch(r"([a-z0-9.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}", line) for line in lines if not line.startswith("#")]
    assert None not in pinned
    return {match[1]: match[2] for match in pinned}


def test_everything_imported_is_declared():
    declared = {element.text for element in read_package_xml(ROOT) if element.tag in ("depend", "exec_depend")}
    missing = {name for name in list_imported_modules() - NOT_IN_ROSDEP - OPTIONAL if ROSDEP_KEYS.get(name, name) not in declared}
    assert missing == set()


@pytest.mark.parametrize("folder", [ROOT, ROOT / "astro_nav_msgs"], ids=["astro_nav", "astro_nav_msgs"])
def test_manifests_are_whole(folder):
    manifest = read_package_xml(folder)
    assert manifest.get("format") == "3"
    assert manifest.findtext("license") == "Apache-2.0"
    assert len(manifest.findtext("description").split()) > 5


def test_versions_agree():
    versions = {read_package_xml(ROOT).findtext("version"), read_package_xml(ROOT / "astro_nav_msgs").findtext("version"),
                re.search(r'version="([^"]+)"', (ROOT / "setup.py").read_text())[1]}
    assert len(versions) == 1


@pytest.mark.parametrize("python", PYTHONS)
def test_the_pins_hold_all_that_is_asked_for(python):
    wanted = {re.split(r"[<>=!~ ]", line)[0].replace("_", "-") for line in (ROOT / "pypi_ros" / "requirements.in").read_text().splitlines()
              if line and not line.startswith("#")}
    assert wanted - set(read_pins(python)) == set()


def test_the_pins_are_the_same_ros_on_every_python():
    ros = [{name: version for name, version in read_pins(python).items() if name.startswith("ros-")} for python in PYTHONS]
    assert all(pins == ros[0] for pins in ros)


def test_every_node_has_an_executable():
    text = (ROOT / "setup.py").read_text()
    nodes = ast.literal_eval(re.search(r"^NODES = (\(.*\))$", text, re.MULTILINE)[1])
    assert nodes == ("global_planner", "local_planner", "safety_controller", "simulator")
