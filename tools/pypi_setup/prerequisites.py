"""What has to be on the machine before a set-up: checked first, all at once, each with the command that installs it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys

from pypi_setup.paths import Checkout, SetupError, python_version

_COMMANDS = {"gcc": "gcc", "g++": "g++", "cmake": "cmake", "make": "make", "git": "git"}
_MIN_FREE_BYTES = 2 * 1024**3


def check_prerequisites(checkout: Checkout) -> None:
    """Raises SetupError with one sentence per thing that is missing."""
    problems = [
        *_find_platform_problems(checkout),
        *_find_missing_programs(),
        *_find_folder_problems(checkout),
    ]
    if problems:
        raise SetupError("\n".join(problems))


def _find_platform_problems(checkout: Checkout) -> list[str]:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return [
            f"ROS 2 from PyPI exists for Linux on x86_64 only, this is {platform.system()} on {platform.machine()}: "
            "install a ROS 2 distribution, source it and run the same command again."
        ]
    if not checkout.pins.is_file():
        known = ", ".join(sorted(file.stem.removeprefix("requirements-") for file in checkout.pins.parent.glob("requirements-3.*.txt")))
        return [f"Python {python_version()} has no pinned packages yet, those that have: {known}. Choose one: make PYTHON=python3.12"]
    return []


def _find_missing_programs() -> list[str]:
    packages = [package for command, package in _COMMANDS.items() if shutil.which(command) is None]
    # Debian splits the standard library: without python3-venv, venv imports but cannot put pip into what it makes.
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        packages.append(f"python{python_version()}-venv" if shutil.which("apt-get") else "python3-venv")
    if not packages:
        return []
    return [f"Missing on this machine: {' '.join(packages)}. Install with: sudo apt-get install {' '.join(packages)}"]


def _find_folder_problems(checkout: Checkout) -> list[str]:
    if not os.access(checkout.root, os.W_OK | os.X_OK):
        return [f"{checkout.root} is read-only for you, and the environment is made in it: clone into a folder of your own."]
    if os.pathsep in str(checkout.root):
        return [f"The path {checkout.root} contains '{os.pathsep}', which separates search paths: rename the folder."]
    free_bytes = shutil.disk_usage(checkout.root).free
    if free_bytes < _MIN_FREE_BYTES and not checkout.venv.exists():
        return [f"{free_bytes / 1024**3:.1f} GB are free below {checkout.root}, the environment needs 2: free some."]
    return []
