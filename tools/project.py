#!/usr/bin/env python3
"""What `make setup`, `make demo` and `make test` do. Standard library only.

With a ROS 2 distribution sourced, colcon builds in the checkout with the distribution's packages. Without one, everything
comes from PyPI and lives in `.venv`; see tools/pypi_setup.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 10):
    sys.exit(
        "Astro Nav needs Python 3.10 or newer, this is %d.%d: name another one, for example: make PYTHON=python3.11" % sys.version_info[:2]
    )

import argparse  # noqa: E402
import os  # noqa: E402
from pathlib import Path  # noqa: E402

from pypi_setup.environment import make_environment  # noqa: E402
from pypi_setup.paths import Checkout, SetupError  # noqa: E402
from pypi_setup.supervision import supervise  # noqa: E402


def main() -> int:
    """Runs one command; returns its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["setup"], help="what to do")
    parser.parse_args()
    checkout = Checkout(Path(__file__).resolve().parent.parent)
    return supervise(lambda: run_setup(checkout))


def run_setup(checkout: Checkout) -> int:
    """Makes the environment; returns 0, or 1 with a sentence on standard error."""
    try:
        make_environment(checkout)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parent.parent)
    sys.exit(main())
