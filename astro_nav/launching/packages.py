"""Finding packages, executables and launch files as ROS 2 does: along AMENT_PREFIX_PATH.

Source: the ament resource index, https://github.com/ament/ament_cmake/blob/master/ament_cmake_core/doc/resource_index.md
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from astro_nav.launching.errors import LaunchError, suggest_name

PACKAGE_INDEX = Path("share/ament_index/resource_index/packages")


def list_prefixes(environment: Mapping[str, str]) -> list[Path]:
    """Return the install prefixes, those that hide others first."""
    return [Path(entry) for entry in environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if entry]


def find_package_prefix(package: str, environment: Mapping[str, str]) -> Path:
    """Return the install prefix of a package.

    Raises:
        LaunchError: when no prefix on AMENT_PREFIX_PATH holds it.
    """
    prefixes = list_prefixes(environment)
    if not prefixes:
        raise LaunchError(
            f"package {package} cannot be looked up because AMENT_PREFIX_PATH is empty: "
            "source the install folder's setup.bash, or call the astro-nav command of the virtual environment"
        )
    for prefix in prefixes:
        if package and (prefix / PACKAGE_INDEX / package).is_file():
            return prefix
    known = {entry.name for prefix in prefixes for entry in _list_files(prefix / PACKAGE_INDEX)}
    hint = suggest_name(package, known) if len(known) <= 20 else suggest_name(package, known).split(";")[0]
    searched = ", ".join(str(prefix) for prefix in prefixes)
    raise LaunchError(f"package {package!r} is not installed in {searched}{hint}")


def find_package_share(package: str, environment: Mapping[str, str]) -> Path:
    """Return `<prefix>/share/<package>`."""
    return find_package_prefix(package, environment) / "share" / package


def find_executable(package: str, executable: str, environment: Mapping[str, str]) -> Path:
    """Return `<prefix>/lib/<package>/<executable>`.

    Raises:
        LaunchError: when there is no such file, or it may not be executed.
    """
    folder = find_package_prefix(package, environment) / "lib" / package
    path = folder / executable
    if not executable or not path.is_file():
        known = [entry.name for entry in _list_files(folder) if os.access(entry, os.X_OK)]
        raise LaunchError(f"executable {executable!r} of package {package} is not in {folder}{suggest_name(executable, known)}")
    if not os.access(path, os.X_OK):
        raise LaunchError(f"{path} may not be executed: chmod +x it, or build the package again")
    return path


def find_launch_file(name: str, package: str, environment: Mapping[str, str]) -> Path:
    """Find a launch file by path, or by its name anywhere below the share folder of a package, as ros2 launch does.

    Args:
        name: a path, `bringup.launch.xml`, or `bringup` for short.
        package: whose `share/<package>` is searched when there is no such path.
        environment: holds AMENT_PREFIX_PATH.

    Raises:
        LaunchError: when there is none; it names those that there are.
    """
    path = Path(name)
    if path.is_file():
        return path.absolute()
    if path.parent != Path("."):
        raise LaunchError(f"launch file {name} does not exist")
    folder = find_package_share(package, environment)
    # os.walk follows a folder that is itself a link, and no links below it: a development install cannot lead in circles.
    paths = [Path(root, file) for top in (folder, folder / "launch") for root, _, files in os.walk(top) for file in files]
    found = sorted({path for path in paths if path.name in (name, f"{name}.launch.xml")})
    if len(found) > 1:
        raise LaunchError(f"launch file {name} is there more than once, give the path: {', '.join(map(str, found))}")
    if not found:
        known = {path.name for path in paths if path.name.endswith(".launch.xml")}
        raise LaunchError(f"launch file {name} is neither a path nor below {folder}{suggest_name(name, known)}")
    return found[0]


def _list_files(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.is_file()) if folder.is_dir() else []
