"""The life of an environment: made from nothing, left alone, changed, interrupted, damaged, moved, repaired. Needs the package index."""

from __future__ import annotations

import platform
import signal
import subprocess

import pytest
from scenes.setup_copy import SetupCopy, make_environment

pytestmark = [
    pytest.mark.long,
    pytest.mark.system,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="ROS 2 from PyPI is for x86_64"),
]
IMPORTS = "import rclpy, astro_nav_msgs.msg, tf2_msgs.msg, tf2_ros, tf_transformations, numba, mujoco, astro_nav; print(astro_nav.__file__)"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    # A blank in the path: kernels and shells take it for the end of a name.
    copy = SetupCopy(tmp_path_factory.mktemp("a user") / "check out")
    code, said = copy.run(make_environment())
    assert code == 0, said
    yield copy
    copy.kill_leftovers()


def run_python(copy: SetupCopy, code: str) -> str:
    """Returns what a program prints in the environment, started as from a shell in which nothing was sourced."""
    return subprocess.run([copy.root / ".venv" / "bin" / "python", "-c", code], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                          text=True, check=True).stdout


def set_up(copy: SetupCopy) -> str:
    """Runs a set-up that has to succeed; returns what it said."""
    code, said = copy.run(make_environment())
    assert code == 0, said
    assert str(copy.root) in run_python(copy, IMPORTS)
    return said


def test_a_second_run_has_nothing_to_do(copy):
    assert set_up(copy) == ""


def test_the_command_works_from_an_unsourced_shell(copy):
    done = subprocess.run([copy.root / ".venv" / "bin" / "astro-nav", "--help"], cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "demo" in done.stdout


def test_an_edited_source_needs_no_build(copy):
    (copy.root / "astro_nav" / "__init__.py").write_text('EDITED = "yes"\n')
    assert set_up(copy) == ""
    assert run_python(copy, "import astro_nav; print(astro_nav.EDITED)") == "yes\n"


def test_a_new_file_is_installed_without_building_interfaces(copy):
    (copy.root / "config" / "extra.yaml").write_text("extra: 1\n")
    said = set_up(copy)
    assert "interfaces" not in said
    share = run_python(copy, "from ament_index_python import get_package_share_directory as find; print(find('astro_nav'))").strip()
    assert (copy.root / ".venv" / "workspace" / "install" / "share" / "astro_nav").samefile(share)
    assert subprocess.run(["cat", f"{share}/config/extra.yaml"], capture_output=True, text=True).stdout == "extra: 1\n"


def test_a_broken_interface_is_reported_in_the_generator_s_words_and_then_repaired(copy):
    message = copy.root / "astro_nav_msgs" / "msg" / "Extra.msg"
    message.write_text("float64 x y z\n")
    code, said = copy.run(make_environment())
    assert code == 1
    assert "Error processing 'float64 x y z' of 'astro_nav_msgs/Extra'" in said
    message.write_text("float64 x\n")
    assert "build interfaces" in set_up(copy)
    assert run_python(copy, "from astro_nav_msgs.msg import Extra; print(Extra(x=1.0).x)") == "1.0\n"
    message.unlink()
    set_up(copy)
    assert run_python(copy, "import astro_nav_msgs.msg as m; print(hasattr(m, 'Extra'))") == "False\n"


def test_ctrl_c_while_interfaces_are_built_leaves_nothing_running_and_the_next_run_repairs(copy):
    (copy.root / "astro_nav_msgs" / "msg" / "Extra.msg").write_text("float64 y\n")
    process = copy.start(make_environment())
    for line in process.stdout:
        if "build interfaces" in line and " 0/" not in line:
            break
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 128 + signal.SIGINT
    assert copy.list_processes() == []
    assert "build interfaces" in set_up(copy)


def test_a_killed_set_up_leaves_nothing_running(copy):
    (copy.root / "astro_nav_msgs" / "msg" / "Extra.msg").write_text("float64 z\n")
    process = copy.start(make_environment())
    for line in process.stdout:
        if "build interfaces" in line and " 0/" not in line:
            break
    process.kill()
    process.communicate()
    assert copy.list_processes() == []
    set_up(copy)


@pytest.mark.parametrize("damage", ["numpy removed", "interpreter removed", "library cut short"])
def test_damage_is_found_and_repaired(copy, damage):
    venv = copy.root / ".venv"
    if damage == "numpy removed":
        next(venv.glob("lib/python3*/site-packages/numpy/__init__.py")).unlink()
    elif damage == "interpreter removed":
        (venv / "bin" / "python3").unlink()
    else:
        (venv / "workspace" / "install" / "lib" / "libastro_nav_msgs__rosidl_generator_c.so").write_bytes(b"")
    assert set_up(copy) != ""


def test_a_moved_checkout_gets_an_environment_of_its_own(copy):
    moved = copy.root.with_name("moved")
    copy.root.rename(moved)
    copy.root = moved
    assert ".venv" in set_up(copy)
    assert str(moved) in run_python(copy, IMPORTS)
