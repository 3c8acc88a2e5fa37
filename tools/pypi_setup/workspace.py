"""Second layer: the packages of this repository, built by colcon into `.venv/workspace`.

Python files are linked, not copied, so that an edit needs no build. Interfaces are built again when one of their files
changed; the Python packages are laid out again when a file was added to or removed from what they install.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from pypi_setup.paths import Checkout, SetupError, python_version
from pypi_setup.progress import ProgressLine
from pypi_setup.python_headers import find_python_headers, list_header_search_path
from pypi_setup.stamps import explain_staleness, hash_inputs, write_stamp

# Raise one when the way changes in which its part is made.
_INTERFACES_RECIPE = "1"
_PYTHON_RECIPE = "4"
INTERFACES = {"tf2_msgs": "pypi_ros/tf2_msgs", "astro_nav_msgs": "astro_nav_msgs"}
PYTHON_PACKAGES = {"tf2_ros_py": "pypi_ros/tf2_ros_py", "tf_transformations": "pypi_ros/tf_transformations", "astro_nav": "."}


class WorkspaceLayer:
    """The repository's packages in `.venv/workspace`, and what makes `.venv/bin/python` find them."""

    def __init__(self, checkout: Checkout, packages_key: str) -> None:
        self._checkout = checkout
        root = checkout.root
        interface_files = [file for folder in INTERFACES.values() for file in (root / folder).rglob("*") if file.is_file()]
        layout_files = [root / folder / name for folder in PYTHON_PACKAGES.values() for name in ("setup.py", "setup.cfg", "package.xml")]
        installed_names = sorted(str(file) for folder in ("launch", "config", "urdf", "worlds", "maps", "rviz", "bin", "resource")
                                 for file in (root / folder).rglob("*"))
        self._interfaces_key = hash_inputs(interface_files, _INTERFACES_RECIPE, packages_key)
        self._python_key = hash_inputs([*layout_files, root / "pypi_ros" / "venv_environment.py"], _PYTHON_RECIPE, self._interfaces_key, *installed_names)
        self._site_packages = checkout.venv / "lib" / f"python{python_version()}" / "site-packages"
        self._interfaces_stamp = checkout.workspace / "interfaces.json"
        self._python_stamp = checkout.workspace / "python.json"

    def explain_staleness(self) -> str | None:
        """Returns why something has to be built, or None."""
        return (explain_staleness(self._interfaces_stamp, self._interfaces_key)
                or explain_staleness(self._python_stamp, self._python_key))

    def make(self) -> None:
        """Builds what is stale.

        Raises:
            SetupError: A build failed; the message holds the compiler's or generator's own words.
        """
        checkout = self._checkout
        self._python_stamp.unlink(missing_ok=True)
        if explain_staleness(self._interfaces_stamp, self._interfaces_key):
            # From nothing: colcon leaves the code of a removed message behind, and half-built things in general.
            shutil.rmtree(checkout.workspace, ignore_errors=True)
            self._build(INTERFACES, "interfaces", self._count_interface_files())
            write_stamp(self._interfaces_stamp, self._interfaces_key, [checkout.install / "lib", checkout.install / "share"])
        self._build(PYTHON_PACKAGES, "Python packages", len(PYTHON_PACKAGES))
        self._link_into_venv()
        write_stamp(self._python_stamp, self._python_key,
                    [checkout.install / "share", checkout.install / "lib" / "astro_nav", checkout.venv / "bin" / "astro-nav",
                     *self._site_packages.glob("astro_nav_venv*")])

    def _build(self, packages: dict[str, str], what: str, total: int) -> None:
        """Runs colcon build for some packages.

        Args:
            packages: Folder of each.
            what: What they are, for the progress line.
            total: About how many files will be compiled and packages finished, for the same.
        """
        checkout = self._checkout
        environment = compute_build_environment(checkout)
        command = [
            str(checkout.venv / "bin" / "colcon"), "--log-base", str(checkout.workspace / "log"), "build",
            "--base-paths", *(str(checkout.root / folder) for folder in packages.values()),
            "--build-base", str(checkout.workspace / "build"), "--install-base", str(checkout.install),
            "--merge-install", "--symlink-install", "--event-handlers", "console_direct+", "console_cohesion-", "desktop_notification-",
            "--cmake-args", "-DCMAKE_BUILD_TYPE=MinSizeRel", "-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={checkout.python}",
            f"-DPython3_INCLUDE_DIR={find_python_headers(checkout)}", "--no-warn-unused-cli",
        ]
        progress = ProgressLine(f"build {what}", total)
        built, said = 0, []
        with subprocess.Popen(command, env=environment, cwd=checkout.workspace.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace") as colcon, checkout.log.open("a") as log:
            for line in colcon.stdout:
                log.write(line)
                said.append(line)
                if re.match(r"\[ *\d+%\] Building|Finished <<<", line):
                    built += 1
                    progress.show(min(built, total))
        if colcon.returncode:
            print(flush=True)
            raise SetupError(f"colcon could not build the {what}:\n{_find_first_error(said)}\nDetails: {checkout.log.name}")
        progress.finish()

    def _count_interface_files(self) -> int:
        """Returns about how many files the generated code has: 9 per interface, 3 Python extensions per package."""
        interfaces = [file for folder in INTERFACES.values() for file in (self._checkout.root / folder).rglob("*")
                      if file.suffix in (".msg", ".srv", ".action")]
        return 9 * len(interfaces) + 4 * len(INTERFACES)

    def _link_into_venv(self) -> None:
        """Lets every `.venv/bin/python` find the built packages, and puts `astro-nav` beside it."""
        checkout = self._checkout
        site_packages = self._site_packages
        search_path = [checkout.workspace / "build" / name for name in PYTHON_PACKAGES]
        search_path.append(checkout.install / "lib" / f"python{python_version()}" / "site-packages")
        shutil.copyfile(checkout.root / "pypi_ros" / "venv_environment.py", site_packages / "astro_nav_venv_environment.py")
        # Read in the order of their names: before the wheels' own file, which restarts the interpreter with what it finds set.
        _write_atomically(site_packages / "astro_nav_venv.pth",
                          "import astro_nav_venv_environment\n" + "".join(f"{folder}\n" for folder in search_path))
        # Worker processes of `evaluate` read this file again under another name; they must not run the command again.
        _write_atomically(checkout.venv / "bin" / "astro-nav",
                          f"{_format_shebang(checkout.python)}import sys\n\nfrom astro_nav.cli.main import main\n\n"
                          'if __name__ == "__main__":\n    sys.exit(main())\n', mode=0o755)
        for script in (checkout.install / "lib" / "astro_nav").iterdir():
            first_line, _newline, code = script.read_text().partition("\n")
            if first_line != "#!/bin/sh":
                _write_atomically(script, _format_shebang(checkout.python) + code, mode=0o755)


def compute_build_environment(checkout: Checkout) -> dict[str, str]:
    """Returns the environment variables under which colcon and CMake see the virtual environment and nothing else."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "COLCON_PREFIX_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
                                   "CFLAGS", "CXXFLAGS", "LDFLAGS", "COLCON_DEFAULTS_FILE", "COLCON_HOME")}
    environment |= {
        "PATH": f"{checkout.venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(checkout.venv),
        "AMENT_PREFIX_PATH": str(checkout.venv),
        "CMAKE_PREFIX_PATH": str(checkout.venv),
        "PYTHONUNBUFFERED": "1",
        "CPATH": list_header_search_path(checkout),
        # colcon's default also limits by load, which on a busy machine leaves one compiler running.
        "MAKEFLAGS": f"-j{len(os.sched_getaffinity(0))}",
    }
    return environment


# What tells most first: the generator on an interface file, the compiler, CMake, anything.
_ERROR_PATTERNS = (r"Error processing", r"\berror: ", r"CMake Error", r"[Ee]rror|fatal")


def _find_first_error(said: list[str]) -> str:
    """Returns the first line that tells what went wrong, with some that follow, or the last ones."""
    for pattern in _ERROR_PATTERNS:
        for index, line in enumerate(said):
            if re.search(pattern, line):
                return "".join(said[index:index + 6]).rstrip()
    return "".join(said[-8:]).rstrip()


def _format_shebang(python: Path) -> str:
    """Returns the first line or lines of a script for an interpreter.

    The kernel takes an interpreter's path up to a blank and 127 characters long. Beyond that the shell is asked, in lines that
    Python reads as a string.
    """
    if " " not in str(python) and len(str(python)) < 120:
        return f"#!{python}\n"
    return f"#!/bin/sh\n'''exec' {shlex.quote(str(python))} \"$0\" \"$@\"\n' '''\n"


def _write_atomically(file: Path, text: str, mode: int = 0o644) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text)
    partial.chmod(mode)
    partial.replace(file)
