"""Where a run's files go: `runs/<stamp>/`, and `runs/latest` that points to it."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from astro_nav.errors import AstroNavError

STAMP_FORMAT = "%Y-%m-%d_%H-%M-%S"


class RunFolderError(AstroNavError):
    """There is no place for the files of a run."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run.

    Attributes:
        path: the folder, empty when made.
        note: one sentence when it is not where it was asked for, else "".
    """

    path: Path
    note: str = ""

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.path / "log"

    @property
    def recording(self) -> Path:
        """Folder that `ros2 bag` opens; the MCAP file lies in it."""
        return self.path / "recording"

    @property
    def summary(self) -> Path:
        return self.path / "summary.json"

    @property
    def picture(self) -> Path:
        return self.path / "picture.png"


def make_run_folder(base: Path, environment: Mapping[str, str], now: datetime.datetime) -> RunFolder:
    """Make the folder of a new run and point `latest` to it.

    Where `base` cannot be written (a read-only checkout), the run goes to the user's state folder instead.

    Args:
        base: the folder of all runs, e.g. `runs`.
        environment: of this process.
        now: local time, names the folder.

    Raises:
        RunFolderError: neither place can be written.
    """
    try:
        return RunFolder(_make_below(base, now))
    except OSError as error:
        refusal = f"{base} cannot be written ({error.strerror or error})"
    fallback = find_state_folder(environment) / "runs"
    try:
        path = _make_below(fallback, now)
    except OSError as error:
        raise RunFolderError(
            f"{refusal}, nor can {fallback} ({error.strerror or error}): name a folder with --out DIR"
        ) from error
    return RunFolder(path, f"{refusal}: the run is kept in {path}")


def find_state_folder(environment: Mapping[str, str]) -> Path:
    """Return the user's folder for what programs leave behind (XDG base directory specification 0.8)."""
    state = environment.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path(environment.get("HOME") or Path.home()) / ".local" / "state"
    return base / "astro_nav"


def _make_below(base: Path, now: datetime.datetime) -> Path:
    base.mkdir(parents=True, exist_ok=True)
    stamp = now.strftime(STAMP_FORMAT)
    path = base / stamp
    for count in range(2, 1000):  # two demos started in the same second
        try:
            path.mkdir()
            break
        except FileExistsError:
            path = base / f"{stamp}_{count}"
    (path / "log").mkdir()
    _point_latest(base, path)
    return path


def _point_latest(base: Path, path: Path) -> None:
    """Replace the link in one step, so that a reader never finds none."""
    latest, fresh = base / "latest", base / f".latest-{os.getpid()}"
    if latest.is_dir() and not latest.is_symlink():
        return  # somebody's real folder of that name is not ours to remove
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(path.name, target_is_directory=True)
    fresh.replace(latest)
