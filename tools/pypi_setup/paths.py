"""Where the parts of the PyPI environment lie, and the one exception of a set-up that cannot go on."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


class SetupError(Exception):
    """A set-up cannot go on; the message is a sentence for the user that names the remedy."""


@dataclass(frozen=True)
class Checkout:
    """A clone of the repository and the files that a set-up reads and makes in it."""

    root: Path

    @property
    def venv(self) -> Path:
        """The virtual environment; everything that a set-up makes is in here, but for the lock and the log."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python3"

    @property
    def workspace(self) -> Path:
        """colcon's build, install and log folders of this environment, apart from those of a ROS distribution."""
        return self.venv / "workspace"

    @property
    def install(self) -> Path:
        """The ament prefix with the packages of this repository."""
        return self.workspace / "install"

    @property
    def pins(self) -> Path:
        """The complete list of pinned packages for the running Python."""
        return self.root / "pypi_ros" / f"requirements-{python_version()}.txt"

    @property
    def lock(self) -> Path:
        """Held while a set-up changes anything; outside `.venv`, which a repair removes."""
        return self.root / ".venv.lock"

    @property
    def log(self) -> Path:
        """What pip and colcon said during the last set-up."""
        return self.root / ".venv.log"


def python_version() -> str:
    """Returns the running Python's version as in file names: `3.11`."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"
