"""Runs all tests through `colcon test` and prints what came out."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("astro_nav", "astro_nav_msgs")


@dataclass(frozen=True)
class ColconFolders:
    """Where colcon finds and puts things, and the command itself."""

    colcon: str
    build: Path
    install: Path
    log: Path
    merged: bool


def run_tests(root: Path, folders: ColconFolders, pytest_arguments: list[str], environment: dict[str, str]) -> int:
    """Runs the tests of both packages with their output on the console; returns 0 only if all passed.

    Args:
        root: The checkout.
        folders: Where its packages were built.
        pytest_arguments: Passed on to pytest.
        environment: Environment variables of the tests.
    """
    command = [folders.colcon, "--log-base", str(folders.log), "test", "--base-paths", ".", "astro_nav_msgs",
               "--build-base", str(folders.build), "--install-base", str(folders.install), "--packages-select", *PACKAGES,
               "--return-code-on-test-failure", "--event-handlers", "console_direct+", "console_cohesion-", "desktop_notification-"]
    if folders.merged:
        command.append("--merge-install")
    if pytest_arguments:
        # The blank keeps colcon from taking an option of pytest for its own; colcon strips it again.
        command += ["--pytest-args", *(f" {argument}" for argument in pytest_arguments)]
    for result in folders.build.glob("*/pytest.xml"):
        result.unlink()  # of an earlier run
    tested = subprocess.run(command, cwd=root, env=environment, stdin=subprocess.DEVNULL).returncode
    print(flush=True)
    result_command = [folders.colcon, "--log-base", str(folders.log), "test-result", "--test-result-base", str(folders.build), "--verbose"]
    listed = subprocess.run(result_command, cwd=root, env=environment, stdin=subprocess.DEVNULL).returncode
    passed, failed, skipped = _count_results(folders.build)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if tested == listed == 0 and passed and not failed else 1


def _count_results(build: Path) -> tuple[int, int, int]:
    """Returns how many tests passed, failed (errors included) and were skipped."""
    total = failed = skipped = 0
    for file in build.glob("*/pytest.xml"):
        for suite in ElementTree.parse(file).iter("testsuite"):
            total += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped
