"""The headers of the interpreter (Python.h), which Debian keeps in a package of their own that nobody has to have installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from pypi_setup.paths import Checkout, SetupError, python_version


def find_python_headers(checkout: Checkout) -> Path | None:
    """Returns the folder with Python.h: the interpreter's own, or the one fetched into `.venv`; None when there is neither."""
    for folder in (Path(sysconfig.get_paths()["include"]), _fetched_folder(checkout)):
        if (folder / "Python.h").is_file():
            return folder
    return None


def list_header_search_path(checkout: Checkout) -> str:
    """Returns what the compiler has to search besides: Debian's Python.h includes from the folder above its own."""
    return str(_fetched_folder(checkout).parent)


def fetch_python_headers(checkout: Checkout) -> None:
    """Unpacks Debian's package with the headers into `.venv`; needs no root, installs nothing.

    Raises:
        SetupError: It cannot be had this way; the message says what to install.
    """
    package = f"libpython{python_version()}-dev"
    remedy = f"Python.h of {sys.executable} is missing. Install it with: sudo apt-get install python{python_version()}-dev"
    if not (sys.base_prefix == "/usr" and shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise SetupError(remedy)
    folder = checkout.venv / "python-headers"
    state = folder / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    own_lists = ["-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}", "-o", "APT::Sandbox::User="]
    # The machine's own package lists first; a fresh container has none, then lists of our own are fetched.
    attempts = (
        [["apt-get", "-q", "download", package]],
        [["apt-get", "-q", *own_lists, "update"], ["apt-get", "-q", *own_lists, "download", package]],
    )
    for commands in attempts:
        if all(_run(command, folder, checkout) for command in commands):
            break
    archive = next(folder.glob(f"{package}_*.deb"), None)
    if archive is None or not _run(["dpkg-deb", "--extract", str(archive), str(folder)], folder, checkout):
        raise SetupError(remedy)
    archive.unlink()
    shutil.rmtree(state)


def _fetched_folder(checkout: Checkout) -> Path:
    return checkout.venv / "python-headers" / "usr" / "include" / f"python{python_version()}"


def _run(command: list[str], folder: Path, checkout: Checkout) -> bool:
    """Runs a command with its output in the log; returns whether it succeeded."""
    with checkout.log.open("a") as log:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                              env=os.environ | {"LC_ALL": "C.UTF-8"}).returncode == 0
