"""What every interpreter of the PyPI environment finds set."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[3] / "pypi_ros" / "venv_environment.py"
VENV = "/home/user/clone/.venv"
LIBRARIES = f"{VENV}/workspace/install/lib:{VENV}/lib"


@pytest.fixture(scope="module")
def set_environment():
    spec = importlib.util.spec_from_file_location("venv_environment_under_test", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.set_environment


def test_from_a_bare_shell_all_is_set(set_environment):
    environ, search_path = {}, [f"{VENV}/lib/python3.11/site-packages"]
    set_environment(VENV, environ, search_path)
    assert environ == {"AMENT_PREFIX_PATH": f"{VENV}/workspace/install:{VENV}", "LD_LIBRARY_PATH": LIBRARIES, "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp"}
    assert search_path == [f"{VENV}/lib/python3.11/site-packages"]


def test_a_second_time_nothing_changes_and_nothing_is_restarted(set_environment):
    environ = {"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "LD_LIBRARY_PATH": f"{LIBRARIES}:/more"}
    set_environment(VENV, environ, [])
    before = dict(environ)
    set_environment(VENV, environ, [])
    assert environ == before
    assert environ["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] == "1"


def test_a_restart_done_for_another_environment_is_done_again(set_environment):
    environ = {"_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", "LD_LIBRARY_PATH": "/other/.venv/lib"}
    set_environment(VENV, environ, [])
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in environ
    assert environ["LD_LIBRARY_PATH"] == f"{LIBRARIES}:/other/.venv/lib"


def test_a_distribution_sourced_in_the_same_shell_is_kept_out(set_environment):
    ros = "/opt/ros/jazzy"
    environ = {"AMENT_PREFIX_PATH": ros, "PYTHONPATH": f"{ros}/lib/python3.12/site-packages:/mine", "LD_LIBRARY_PATH": f"{ros}/lib:/mine/lib",
               "RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}
    search_path = ["", f"{ros}/lib/python3.12/site-packages", "/mine", f"{VENV}/lib/python3.11/site-packages"]
    set_environment(VENV, environ, search_path)
    assert ros not in str(environ)
    assert environ["PYTHONPATH"] == "/mine"
    assert environ["LD_LIBRARY_PATH"] == f"{LIBRARIES}:/mine/lib"
    assert environ["RMW_IMPLEMENTATION"] == "rmw_fastrtps_cpp"
    assert search_path == ["", "/mine", f"{VENV}/lib/python3.11/site-packages"]


def test_an_overlay_built_on_this_environment_stays(set_environment):
    prefixes = f"/overlay/install:{VENV}/workspace/install:{VENV}"
    environ = {"AMENT_PREFIX_PATH": prefixes, "PYTHONPATH": "/overlay/install/lib/python3.11/site-packages"}
    set_environment(VENV, environ, [])
    assert environ["AMENT_PREFIX_PATH"] == prefixes
    assert environ["PYTHONPATH"] == "/overlay/install/lib/python3.11/site-packages"
