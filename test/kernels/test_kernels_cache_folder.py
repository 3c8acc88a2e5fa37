"""Where compiled kernels are kept: one place however the package is reached, and a place also for a user who has none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# Compiles the package's smallest kernel.
COMPILE = """
import sys
sys.path[:0] = [sys.argv[1]]
from astro_nav.kernels.approximations import atan2_fast
from astro_nav.kernels.jit import CACHE_FOLDER
assert abs(atan2_fast(1.0, 1.0) - 0.785) < 0.01
print(CACHE_FOLDER)
"""


def compile_in(package_parent: Path, **environment: str) -> Path:
    """Compile in a process that finds the package in a folder; returns the cache folder that it says it uses."""
    variables = {name: value for name, value in os.environ.items() if name not in ("ASTRO_NAV_CACHE_DIR", "XDG_CACHE_HOME", "PYTHONPATH")}
    words = [sys.executable, "-c", COMPILE, str(package_parent)]
    done = subprocess.run(words, cwd="/", env={**variables, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def list_machine_code(folder: Path) -> set[tuple[str, int]]:
    return {(str(file.relative_to(folder)), file.stat().st_mtime_ns) for file in folder.rglob("*.nb?")}


def test_a_link_to_the_package_finds_what_was_compiled_in_the_checkout(tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    folder = compile_in(CHECKOUT, ASTRO_NAV_CACHE_DIR=cache)
    compiled = list_machine_code(folder)
    assert compiled
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "astro_nav").symlink_to(CHECKOUT / "astro_nav")
    assert compile_in(tmp_path / "workspace", ASTRO_NAV_CACHE_DIR=cache) == folder
    assert list_machine_code(folder) == compiled


def test_a_user_without_a_directory_of_his_own_gets_a_temporary_one(tmp_path: Path) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("where a folder should be")
    folder = compile_in(CHECKOUT, ASTRO_NAV_CACHE_DIR=str(obstacle), TMPDIR=str(tmp_path))
    assert folder.is_relative_to(tmp_path) and list_machine_code(folder)
