"""A copy of what a set-up reads, in a folder of the test's own, and the means to run one there under bad conditions."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("tools", "pypi_ros", "astro_nav", "astro_nav_msgs", "launch", "config", "urdf", "worlds", "resource", "bin",
          "setup.py", "setup.cfg", "package.xml", "Makefile")
# What would lead the set-up to something else than what is tested.
_DROPPED = ("ROS_DISTRO", "AMENT_PREFIX_PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE")
# Where nobody listens; refused at once.
NO_INDEX = "http://127.0.0.1:9/simple"


class SetupCopy:
    """A checkout without git in a folder.

    Args:
        root: Where to make it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                root.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, root / name)

    def start(self, environment: Mapping[str, str]) -> subprocess.Popen:
        """Starts `project.py setup`; output and errors come in one stream."""
        return subprocess.Popen([sys.executable, str(self.root / "tools" / "project.py"), "setup"], env=dict(environment),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, environment: Mapping[str, str]) -> tuple[int, str]:
        """Runs `project.py setup`; returns exit code and what it said."""
        process = self.start(environment)
        said, _ = process.communicate()
        return process.returncode, said

    def list_processes(self) -> list[int]:
        """Returns the processes that still work on this copy."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and entry.name != str(os.getpid()):
                try:
                    if str(self.root).encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found

    def kill_leftovers(self) -> None:
        """Kills what a failed test has left."""
        for pid in self.list_processes():
            os.kill(pid, signal.SIGKILL)


def make_environment(index: str | None = None) -> dict[str, str]:
    """Returns the environment variables of a shell without ROS.

    Args:
        index: Instead of the machine's package index, whose configuration then does not count.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    if index is not None:
        environment = {name: value for name, value in environment.items() if not name.startswith("PIP_") and "proxy" not in name.lower()}
        environment |= {"PIP_INDEX_URL": index, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
    return environment
