"""First layer of the environment: a virtual environment with the pinned packages in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pypi_setup.paths import Checkout, SetupError, python_version
from pypi_setup.progress import ProgressLine
from pypi_setup.python_headers import fetch_python_headers, find_python_headers
from pypi_setup.stamps import explain_staleness, hash_inputs, write_stamp

# Raise it when the way changes in which the layer is made.
_RECIPE = "1"
# A person's own pip settings would send the packages elsewhere or change what is installed. Index, proxy and certificate settings stay.
_FOREIGN_PIP_SETTINGS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_REQUIREMENT", "PIP_CONSTRAINT",
                         "PIP_NO_BINARY", "PIP_IGNORE_INSTALLED", "PIP_QUIET", "PIP_LOG", "PIP_DRY_RUN", "PYTHONPATH", "PYTHONHOME")
# Paths of the machine on which the ROS wheels were made, left in their CMake exports.
_STRAY_INCLUDES = {
    "python": re.compile(r"/opt/python/cp\d+-cp\d+/include/python3\.\d+"),
    "numpy": re.compile(r"/opt/python/cp\d+-cp\d+/lib/python3\.\d+/site-packages/numpy/_core/include"),
}


class PackageLayer:
    """Python packages in `.venv`."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._stamp = checkout.venv / "packages.json"
        # A virtual environment holds absolute paths: a moved checkout or another interpreter needs a new one.
        self.key = hash_inputs([checkout.pins], _RECIPE, str(checkout.venv), os.path.realpath(sys.executable), sys.version)

    def explain_staleness(self) -> str | None:
        """Returns why it has to be made (again), or None."""
        if not self._checkout.python.exists() and self._checkout.venv.exists():
            return "its interpreter is gone"
        return explain_staleness(self._stamp, self.key)

    def make(self) -> None:
        """Makes it from nothing.

        Raises:
            SetupError: pip failed; the message says why in a sentence.
        """
        venv = self._checkout.venv
        if venv.is_dir():
            self._stamp.unlink(missing_ok=True)  # first: from here on it is not complete
        _remove_folder(venv)
        _run_logged([sys.executable, "-m", "venv", str(venv)], self._checkout, "python3 -m venv failed")
        pins = [line for line in self._checkout.pins.read_text().splitlines() if line and not line.startswith("#")]
        self._install_pins([pin for pin in pins if pin.startswith("setuptools==")], "build tool")
        self._install_pins(pins, "packages")
        if find_python_headers(self._checkout) is None:
            fetch_python_headers(self._checkout)
        self._correct_stray_includes()
        _compile_modules(venv)
        write_stamp(self._stamp, self.key, [venv / name for name in ("bin", "include", "lib", "share", "python-headers")])

    def _install_pins(self, pins: list[str], what: str) -> None:
        """Installs exactly the given lines with pip; what is installed already is left."""
        requirements = self._checkout.venv / "requirements.txt"
        requirements.write_text("\n".join(pins) + "\n")
        # --use-pep517 without isolation: the one package without a wheel is built with the pinned setuptools, not with whatever is newest.
        command = [str(self._checkout.python), "-m", "pip", "install", "--no-user", "--no-deps", "--require-hashes", "--no-build-isolation",
                   "--use-pep517", "--no-compile", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
                   "--retries", "2", "--requirement", str(requirements)]
        environment = {name: value for name, value in os.environ.items() if name not in _FOREIGN_PIP_SETTINGS}
        environment["PYTHONUNBUFFERED"] = "1"
        progress = ProgressLine(f"{what} fetched", len(pins))
        fetched, said = 0, []
        with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace") as pip, self._checkout.log.open("a") as log:
            for line in pip.stdout:
                log.write(line)
                said.append(line)
                if line.startswith(("Collecting ", "Requirement already satisfied")):
                    fetched += 1
                    progress.show(min(fetched, len(pins)), line.split()[1].partition("==")[0])
                if line.startswith("Installing collected packages"):
                    progress.finish()
                    progress = ProgressLine(f"{what} installed", len(pins))
        if pip.returncode:
            print(flush=True)
            raise SetupError(_explain_pip_failure("".join(said), self._checkout))
        progress.finish()

    def _correct_stray_includes(self) -> None:
        """Points the CMake exports of the ROS wheels at this interpreter's headers and at the installed numpy's."""
        numpy = self._checkout.venv / "lib" / f"python{python_version()}" / "site-packages" / "numpy" / "_core" / "include"
        replacements = {"numpy": str(numpy), "python": str(find_python_headers(self._checkout))}
        for export in (self._checkout.venv / "share").glob("*/cmake/*.cmake"):
            text = corrected = export.read_text()
            for name, include in replacements.items():
                corrected = _STRAY_INCLUDES[name].sub(lambda _match, include=include: include, corrected)
            if corrected != text:
                export.write_text(corrected)


def _compile_modules(venv: Path) -> None:
    """Writes byte code, on all cores, which pip would do on one: without it every process would compile what it imports anew."""
    # Some packages carry files for other Pythons, which fail to compile; nothing imports them.
    subprocess.run([str(venv / "bin" / "python3"), "-m", "compileall", "-qq", "-j", "0", str(venv / "lib")],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _run_logged(command: list[str], checkout: Checkout, failure: str) -> None:
    """Runs a command with its output in the log; raises SetupError with the last lines if it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    with checkout.log.open("a") as log:
        log.write(done.stdout)
    if done.returncode:
        raise SetupError(f"{failure}: {done.stdout.strip()[-500:]}")


def _remove_folder(folder: Path) -> None:
    """Removes a folder, a link or a file of that name."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


_PIP_FAILURES = (
    (r"No space left on device|Disk quota exceeded", "the disk is full: free about 2 GB"),
    (r"Name or service not known|Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable|"
     r"ConnectTimeoutError|ReadTimeoutError|timed out|ProxyError|Connection (?:refused|reset|aborted)|ConnectionResetError|Cannot connect to proxy",
     "the package index does not answer: check the network, the proxy settings and pip's configuration (pip config list)"),
    (r"SSLError|CERTIFICATE_VERIFY_FAILED", "the package index's certificate is not trusted on this machine: check clock, proxy and pip's certificate settings"),
    (r"THESE PACKAGES DO NOT MATCH THE HASHES", "a downloaded file is not the pinned one: clear pip's cache (pip cache purge) and distrust the index"),
    (r"No matching distribution found for (?P<name>\S+)", "the package index does not have {name}: if it is a mirror, use a complete one"),
)


def _explain_pip_failure(said: str, checkout: Checkout) -> str:
    """Returns one sentence on why pip failed."""
    for pattern, sentence in _PIP_FAILURES:
        if match := re.search(pattern, said):
            return f"Packages could not be installed, {sentence.format(**match.groupdict())}. Details: {checkout.log.name}"
    last = next((line for line in reversed(said.splitlines()) if line.startswith("ERROR")), "pip gave no reason")
    return f"Packages could not be installed. {last} Details: {checkout.log.name}"
