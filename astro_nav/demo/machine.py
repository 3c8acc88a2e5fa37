"""On what a run was made: figures mean little without it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

PACKAGES = ("numpy", "scipy", "numba", "mujoco", "rosbags")


def describe_machine() -> dict[str, object]:
    """Return processor, cores, memory, system, versions."""
    return {
        "processor": _read_processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{_read_distribution()}, Linux {platform.release()}",
        "load_average": round(os.getloadavg()[0], 2),
    }


def list_versions() -> dict[str, str]:
    """Return the versions of Python, ROS and the packages that matter."""
    versions = {"python": platform.python_version(), "ros": os.environ.get("ROS_DISTRO") or "jazzy, from PyPI"}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _read_processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _read_distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown distribution"
