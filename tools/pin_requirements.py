#!/usr/bin/env python3
"""Pins every package of the PyPI environment: pypi_ros/requirements.in -> pypi_ros/requirements-3.X.txt.

For whoever changes requirements.in; nobody else needs it. Run it once with each Python from 3.10 to 3.13, on Linux x86_64:

    python3.10 tools/pin_requirements.py

pip resolves (nothing is installed) and reports the exact file it would take; name, version and sha256 of each become one
line. A machine that would prefer another build of the same version then takes the pinned one, because pip drops the files
whose hash is not listed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

PYPI_ROS = Path(__file__).resolve().parent.parent / "pypi_ros"
HEADER = """\
# Made by tools/pin_requirements.py from requirements.in for Python {python} on Linux x86_64. Do not edit.
"""


def resolve_requirements(requirements_in: Path) -> list[dict]:
    """Returns pip's report of what it would install, one entry per package."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed",
             "--report", str(report), "--requirement", str(requirements_in)],
            check=True,
        )
        return json.loads(report.read_text())["install"]


def format_pins(packages: list[dict]) -> str:
    """Returns the lines of a requirements file, sorted by name."""
    lines = []
    for package in packages:
        name, version = package["metadata"]["name"], package["metadata"]["version"]
        sha256 = package["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{name.lower().replace('_', '-')}=={version} --hash=sha256:{sha256}\n")
    return "".join(sorted(lines))


def main() -> None:
    """Writes the file for the Python that runs this."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = resolve_requirements(PYPI_ROS / "requirements.in")
    target = PYPI_ROS / f"requirements-{python}.txt"
    target.write_text(HEADER.format(python=python) + format_pins(packages))
    print(f"{target.name}: {len(packages)} packages")


if __name__ == "__main__":
    main()
