"""A set-up that cannot go on says why in a sentence, with the remedy; one that is interrupted leaves nothing running."""

from __future__ import annotations

import ast
import platform
import shutil
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from scenes.setup_copy import NO_INDEX, ROOT, SetupCopy, make_environment

sys.path.insert(0, str(ROOT / "tools"))
from pypi_setup import prerequisites  # noqa: E402
from pypi_setup.paths import Checkout, SetupError  # noqa: E402

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="ROS 2 from PyPI is for x86_64")
LIMIT_S = 60.0


@pytest.fixture
def copy(tmp_path):
    copy = SetupCopy(tmp_path / "checkout")
    yield copy
    copy.kill_leftovers()


@pytest.fixture
def hanging_index():
    """A package index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = []

        def accept() -> None:
            while True:
                try:
                    connections.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple", connections
        server.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            connection.close()


def wait_for_connection(connections: list) -> None:
    """Waits until pip asks the index for something."""
    deadline = time.monotonic() + LIMIT_S
    while not connections:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def make_path_without(folder: Path, *missing: str) -> str:
    """Returns a PATH with what a set-up calls, but for some."""
    folder.mkdir()
    for command in {"sh", "bash", "env", "gcc", "g++", "cmake", "make", "git", "apt-get"} - set(missing):
        if found := shutil.which(command):
            (folder / command).symlink_to(found)
    return str(folder)


def test_missing_programs_are_named_all_at_once_with_the_command_that_installs_them(copy, tmp_path):
    environment = make_environment(NO_INDEX) | {"PATH": make_path_without(tmp_path / "bin", "gcc", "g++", "cmake")}
    code, said = copy.run(environment)
    assert code == 1
    assert "sudo apt-get install gcc g++ cmake" in said
    assert "Traceback" not in said
    assert not (copy.root / ".venv").exists()


def test_without_network_it_says_so(copy):
    code, said = copy.run(make_environment(NO_INDEX))
    assert code == 1
    assert "the package index does not answer: check the network" in said
    assert "Traceback" not in said
    assert copy.list_processes() == []
    # The next run begins anew instead of trusting what is there.
    code, said = copy.run(make_environment(NO_INDEX))
    assert code == 1
    assert "it is not complete" in said


def test_ctrl_c_while_packages_are_fetched_leaves_nothing_running(copy, hanging_index):
    index, connections = hanging_index
    process = copy.start(make_environment(index))
    wait_for_connection(connections)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in said
    assert copy.list_processes() == []


def test_a_second_set_up_waits_for_the_first(copy, hanging_index):
    index, connections = hanging_index
    first = copy.start(make_environment(index))
    wait_for_connection(connections)
    second = copy.start(make_environment(index))
    assert "Another set-up is at work in this checkout" in second.stdout.readline()
    for process in (second, first):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT_S)
    assert copy.list_processes() == []


@pytest.mark.parametrize("obstacle", ["file", "dangling link"])
def test_something_else_called_venv_is_replaced(copy, obstacle):
    venv = copy.root / ".venv"
    if obstacle == "file":
        venv.write_text("not a folder")
    else:
        venv.symlink_to(copy.root / "nowhere")
    code, said = copy.run(make_environment(NO_INDEX))
    assert code == 1
    assert "the package index does not answer" in said
    assert venv.is_dir()


def check_prerequisites() -> str:
    """Returns what is reported about this checkout, "" if nothing is."""
    try:
        prerequisites.check_prerequisites(Checkout(ROOT))
    except SetupError as error:
        return str(error)
    return ""


def test_this_machine_has_what_is_needed():
    assert check_prerequisites() == ""


def test_a_python_without_venv_is_told_the_package(monkeypatch):
    monkeypatch.setattr(prerequisites.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    assert "-venv" in check_prerequisites()


def test_a_read_only_checkout_is_named(monkeypatch):
    monkeypatch.setattr(prerequisites.os, "access", lambda *_: False)
    assert f"{ROOT} is read-only for you" in check_prerequisites()


def test_a_machine_without_wheels_is_told_to_use_a_distribution(monkeypatch):
    monkeypatch.setattr(prerequisites.platform, "machine", lambda: "aarch64")
    assert "aarch64: install a ROS 2 distribution" in check_prerequisites()


def test_a_python_without_pins_is_told_which_have_them(monkeypatch):
    monkeypatch.setattr(prerequisites, "python_version", lambda: "3.99")
    monkeypatch.setattr("pypi_setup.paths.python_version", lambda: "3.99")
    assert "Python 3.99 has no pinned packages yet, those that have: 3.10, 3.11, 3.12, 3.13" in check_prerequisites()


def test_a_full_disk_is_told_before_it_is_filled(monkeypatch, tmp_path):
    checkout = Checkout(tmp_path)
    monkeypatch.setattr(Checkout, "pins", ROOT / "pypi_ros" / "requirements-3.11.txt")
    monkeypatch.setattr(prerequisites.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(SetupError, match="free some"):
        prerequisites.check_prerequisites(checkout)


def test_an_old_python_reaches_the_sentence_about_its_age():
    source = (ROOT / "tools" / "project.py").read_text()
    tree = ast.parse(source, feature_version=(3, 7))
    check = next(index for index, node in enumerate(tree.body) if isinstance(node, ast.If))
    imported = [alias.name for node in tree.body[:check] if isinstance(node, ast.Import) for alias in node.names]
    assert imported == ["sys"]
