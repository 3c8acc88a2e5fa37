#!/usr/bin/env python3
"""What `make setup`, `make demo` and `make test` do. Standard library only.

With a ROS 2 distribution sourced, colcon builds in the checkout with the distribution's packages. Without one, everything
comes from PyPI and lives in `.venv`; see tools/pypi_setup.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):
    sys.exit("Astro Nav needs Python 3.10 or newer, this is %d.%d. Name another one, for example: make PYTHON=python3.11" % sys.version_info[:2])

import signal  # noqa: E402

# Until there is something to stop, Ctrl-C ends this process at once and without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse  # noqa: E402
import os  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

from kernel_compilation import compile_kernels  # noqa: E402
from pypi_setup.environment import make_environment  # noqa: E402
from pypi_setup.paths import Checkout, SetupError  # noqa: E402
from pypi_setup.supervision import supervise  # noqa: E402
from ros_distribution import (  # noqa: E402
    build_with_distribution,
    compute_sourced_command,
    explain_missing_modules,
    find_sourced_distribution,
)
from test_run import ColconFolders, run_tests  # noqa: E402

_COMPILE_KERNELS = ("-m", "astro_nav.demo.kernel_cache")


def main() -> int:
    """Runs one command; returns its exit code, or does not return where another program takes over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["setup", "demo", "test"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to `astro-nav demo` or to pytest")
    given = parser.parse_args()
    checkout = Checkout(Path(__file__).resolve().parent.parent)
    if find_sourced_distribution(checkout.venv):
        environment: Environment = DistributionEnvironment(checkout)
    else:
        environment = PypiEnvironment(checkout)
    code = supervise(lambda: _report_failure(environment.make))
    if code:
        return code
    if given.command != "demo":  # the demo does it itself, with its own display
        code = supervise(environment.compile_kernels)
    if code or given.command == "setup":
        return code
    if given.command == "test":
        return supervise(lambda: environment.test(given.arguments))
    return environment.demonstrate(given.arguments)


class PypiEnvironment:
    """ROS 2 from PyPI in `.venv`."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout

    def make(self) -> int:
        """Makes it current."""
        make_environment(self._checkout)
        return 0

    def compile_kernels(self) -> int:
        """Compiles what is missing."""
        compile_kernels([str(self._checkout.python), *_COMPILE_KERNELS])
        return 0

    def test(self, pytest_arguments: list[str]) -> int:
        """Runs all tests; returns the exit code."""
        workspace = self._checkout.workspace
        folders = ColconFolders(str(self._checkout.venv / "bin" / "colcon"), workspace / "build", self._checkout.install, workspace / "log",
                                merged=True)
        # `.venv/bin/python` sets what ROS needs by itself, from a clean start.
        environment = {name: value for name, value in os.environ.items() if name not in ("AMENT_PREFIX_PATH", "PYTHONPATH", "COLCON_PREFIX_PATH")}
        environment["PATH"] = f"{self._checkout.venv / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
        return run_tests(self._checkout.root, folders, pytest_arguments, environment)

    def demonstrate(self, arguments: list[str]) -> int:
        """Becomes `astro-nav demo`."""
        command = str(self._checkout.venv / "bin" / "astro-nav")
        os.execv(command, [command, "demo", *arguments])


class DistributionEnvironment:
    """The sourced ROS 2 distribution, with colcon's folders in the checkout as usual."""

    def __init__(self, checkout: Checkout) -> None:
        self._root = checkout.root

    def make(self) -> int:
        """Builds both packages."""
        missing = explain_missing_modules(for_demo=False)
        if missing:
            raise SetupError(missing)
        return build_with_distribution(self._root)

    def compile_kernels(self) -> int:
        """Compiles what is missing."""
        compile_kernels(compute_sourced_command(self._root, [sys.executable, *_COMPILE_KERNELS]))
        return 0

    def test(self, pytest_arguments: list[str]) -> int:
        """Runs all tests; returns the exit code."""
        missing = explain_missing_modules(for_demo=True)
        if missing:
            print(f"{missing}\nTests that need them are skipped.", flush=True)
        folders = ColconFolders("colcon", self._root / "build", self._root / "install", self._root / "log", merged=False)
        return run_tests(self._root, folders, pytest_arguments, dict(os.environ))

    def demonstrate(self, arguments: list[str]) -> int:
        """Becomes `astro-nav demo`."""
        missing = explain_missing_modules(for_demo=True)
        if missing:
            print(missing, file=sys.stderr)
            return 1
        command = compute_sourced_command(self._root, ["astro-nav", "demo", *arguments])
        os.execvp(command[0], command)


Environment = PypiEnvironment | DistributionEnvironment


def _report_failure(make: Callable[[], int]) -> int:
    """Runs a set-up; one that cannot go on becomes a sentence and exit code 1."""
    try:
        return make()
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
