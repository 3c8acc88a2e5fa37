"""The ROS 2 distribution that is sourced in the calling shell, if any: found, checked, built with."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

# Import name and name on PyPI of what rosdep cannot install everywhere; the nodes themselves need the first only.
_NODE_MODULES = {"numba": "numba"}
_DEMO_MODULES = {"mujoco": "mujoco", "rosbags": "rosbags"}


def find_sourced_distribution(venv: Path) -> str | None:
    """Returns the name of the sourced distribution (`jazzy`), None if there is none.

    Args:
        venv: The project's own environment, which is an ament prefix too and does not count.
    """
    name = os.environ.get("ROS_DISTRO", "")
    prefixes = [Path(entry) for entry in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if entry]
    has_rclpy = any((prefix / "share" / "rclpy").is_dir() for prefix in prefixes if venv not in (prefix, *prefix.parents))
    return name if name and has_rclpy else None


def explain_missing_modules(for_demo: bool) -> str | None:
    """Returns what has to be installed beside the distribution, with the command, or None.

    Args:
        for_demo: Whether simulator and recorder are wanted too.
    """
    wanted = _NODE_MODULES | (_DEMO_MODULES if for_demo else {})
    missing = [package for module, package in wanted.items() if importlib.util.find_spec(module) is None]
    if not missing:
        return None
    return (f"Missing beside the ROS distribution: {', '.join(missing)}. Install with: "
            f"python3 -m pip install --user --break-system-packages {' '.join(missing)}")


def build_with_distribution(root: Path) -> int:
    """Builds both packages in the checkout with colcon; returns its exit code."""
    return subprocess.run(["colcon", "build", "--symlink-install"], cwd=root).returncode


def compute_sourced_command(root: Path, command: list[str]) -> list[str]:
    """Returns a command that runs another in the environment of the built checkout."""
    return ["bash", "-c", f'source "{root}/install/setup.bash" && exec "$@"', "bash", *command]
