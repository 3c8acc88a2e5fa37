"""colcon finds both packages with the line that README gives, in the clone and with the clone in a workspace; never the stand-ins."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"astro_nav", "astro_nav_msgs"}

pytestmark = pytest.mark.skipif(importlib.util.find_spec("colcon_core") is None, reason="colcon is not installed")


def list_packages(arguments: list[str], folder: Path) -> set[str]:
    """Returns the names of the packages that colcon finds from a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "COLCON_DEFAULTS_FILE"}
    done = subprocess.run([sys.executable, "-m", "colcon", "--log-base", os.devnull, "list", "--names-only", *arguments], cwd=folder,
                          env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.fixture
def documented_arguments() -> list[str]:
    """What follows `colcon build` in README."""
    lines = re.findall(r"^colcon build (--base-paths .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert lines
    return shlex.split(lines[0])


def test_in_the_clone(documented_arguments):
    assert list_packages(documented_arguments, ROOT) == PACKAGES


def test_in_the_clone_without_arguments():
    assert list_packages([], ROOT) == PACKAGES


def test_in_a_workspace(documented_arguments, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "astro_nav").symlink_to(ROOT)
    assert list_packages(documented_arguments, tmp_path) == PACKAGES
