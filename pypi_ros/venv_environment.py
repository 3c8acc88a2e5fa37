"""Gives every interpreter of the PyPI environment the environment variables that ROS 2 needs; nothing has to be sourced.

Copied into site-packages by the set-up and imported there at the start of the interpreter, ahead of the ROS wheels' own start-up file,
which restarts the interpreter once with the library path that it finds here (the dynamic loader reads it only at the start of a
process) unless `_ROS_WHEELS_BOOTSTRAP_COMPLETE` says that this has been done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, MutableMapping

_RESTARTED = "_ROS_WHEELS_BOOTSTRAP_COMPLETE"


def set_environment(venv: str, environ: MutableMapping[str, str], search_path: list[str]) -> None:
    """Completes the environment variables.

    Args:
        venv: The virtual environment; it is an ament prefix, and so is `workspace/install` in it.
        environ: Environment variables, changed in place.
        search_path: Where modules are looked for, changed in place.
    """
    prefixes = [os.path.join(venv, "workspace", "install"), venv]
    given = _split(environ.get("AMENT_PREFIX_PATH", ""))
    foreign = [] if venv in given else given
    if venv not in given:
        environ["AMENT_PREFIX_PATH"] = os.pathsep.join(prefixes)
    # A ROS distribution sourced in the same shell: its modules and libraries belong to another Python and another middleware.
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH"):
        own = [entry for entry in _split(environ.get(name, "")) if not _is_below(entry, foreign)]
        if name == "LD_LIBRARY_PATH":
            libraries = [os.path.join(prefix, "lib") for prefix in prefixes]
            if not set(libraries) <= set(own):
                environ.pop(_RESTARTED, None)
            own = libraries + [entry for entry in own if entry not in libraries]
        if own != _split(environ.get(name, "")):
            environ[name] = os.pathsep.join(own)
    search_path[:] = [entry for entry in search_path if not _is_below(entry, foreign)]
    environ["RMW_IMPLEMENTATION"] = "rmw_fastrtps_cpp"  # the only one on PyPI


def _split(value: str) -> list[str]:
    return [entry for entry in value.split(os.pathsep) if entry]


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(os.path.commonpath([folder, path]) == folder for folder in folders if os.path.isabs(folder) and os.path.isabs(path))


# Under the name that it has in site-packages, that is, not in its own tests.
if __name__ == "astro_nav_venv_environment":
    set_environment(sys.prefix, os.environ, sys.path)
