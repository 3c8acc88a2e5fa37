"""The script that people call, as worker processes see it."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("script", ["checkout", "environment"])
def test_worker_processes_that_read_the_script_again_do_not_run_the_command_again(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(__file__).parents[3] / "bin" / "astro-nav" if script == "checkout" else Path(sys.executable).parent / "astro-nav"
    if not path.is_file():
        pytest.skip(f"{path} is not there: a ROS distribution has the script of the workspace")
    monkeypatch.setattr(sys, "argv", [str(path), "--no-such-option"])
    runpy.run_path(str(path), run_name="__mp_main__")  # as multiprocessing's spawn does; ends with SystemExit when it runs the command
