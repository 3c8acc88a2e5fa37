"""Which compiled kernels count as complete: exactly those that numba would take."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from astro_nav import kernels
from astro_nav.demo.kernel_cache import choose_marker

FOLDER = Path(kernels.__file__).parent


def test_the_mark_is_of_these_sources_and_survives_a_link_to_them(tmp_path: Path) -> None:
    (tmp_path / "workspace").symlink_to(FOLDER, target_is_directory=True)
    assert choose_marker(tmp_path / "workspace") == choose_marker() == choose_marker(FOLDER)


def test_another_checkout_and_a_file_written_again_have_no_mark(tmp_path: Path) -> None:
    copy = tmp_path / "kernels"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = choose_marker(copy)
    assert before != choose_marker()
    os.utime(copy / "jit.py", ns=(1, 1))
    assert choose_marker(copy) != before
