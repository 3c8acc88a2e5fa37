"""What is committed works on every machine: no path of one, no host of one's package registry, no file too large to read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Split, so that this file does not find itself.
# `me` and `user` are nobody's folder: examples may use them.
MACHINE_PATHS = re.compile(r"(?<![\w.}])(?:/" + r"(?:home|Users)/(?!me/|user/)\w+/|/" + r"root/|/" + r"tmp/scratch|/" + r"work/|/" + r"opt/pypi)")
REGISTRY_HOSTS = re.compile(r"pypi\." + r"org|python" + r"hosted|--(?:extra-)?index" + r"-url")
MAX_BYTES = 2 * 1024**2


@pytest.fixture(scope="module")
def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: there is no list of committed files")
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert len(files) > 50
    return [file for file in files if file.is_file()]


def read_texts(files: list[Path]) -> dict[Path, str]:
    """Returns the contents of those that are text."""
    texts = {}
    for file in files:
        content = file.read_bytes()
        if b"\0" not in content[:4096]:
            texts[file.relative_to(ROOT)] = content.decode("utf-8", errors="replace")
    return texts


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, REGISTRY_HOSTS], ids=["machine path", "registry host"])
def test_no_file_knows_a_machine(committed_files, pattern):
    found = [f"{file}: {match[0]}" for file, text in read_texts(committed_files).items() if (match := pattern.search(text))]
    assert found == []


def test_the_patterns_find_what_they_look_for():
    assert MACHINE_PATHS.search("/" + "home/ann/astro_nav/x")
    assert REGISTRY_HOSTS.search("--index" + "-url=x")
    assert not MACHINE_PATHS.search("launch/home.launch.xml worlds/home/walls.yaml")


def test_no_file_is_too_large_to_review(committed_files):
    assert {file.relative_to(ROOT): file.stat().st_size for file in committed_files if file.stat().st_size > MAX_BYTES} == {}


def test_the_colcon_markers_hide_the_stand_ins_from_a_distribution():
    assert (ROOT / "pypi_ros" / "COLCON_IGNORE").exists()
