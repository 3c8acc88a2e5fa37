"""Stamps: the last thing that a step writes, saying from what it was made and what it made.

A step without a valid stamp never happened, so an interruption at any moment is repaired by the next run. A stamp also lists
the files that the step made, with their sizes: a file that has since been removed or cut short invalidates it. Files
that were added (somebody's debugger, caches) do not.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

# Interpreters write these while they run, and may remove them at will.
_UNSTABLE_FOLDERS = frozenset({"__pycache__"})


def hash_inputs(files: Iterable[Path], *facts: str) -> str:
    """Returns a hash over names and contents of files and over further facts.

    Args:
        files: Files, in any order; one that does not exist counts as such.
        facts: Anything else that the result depends on (interpreter, location).
    """
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(f"{fact}\0".encode())
    for file in sorted(files):
        content = file.read_bytes() if file.is_file() else b"<absent>"
        digest.update(f"{file}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def write_stamp(stamp: Path, key: str, made: Iterable[Path]) -> None:
    """Writes a stamp in one step, so that a half-written one is never seen.

    Args:
        stamp: The file to write.
        key: Hash of the inputs.
        made: Files that the step made, and folders whose files it made.
    """
    sizes = {str(file): size for path in made for file, size in ([(path, path.stat().st_size)] if path.is_file() else _list_file_sizes(path))}
    partial = stamp.with_suffix(".partial")
    with partial.open("w") as out:
        json.dump({"key": key, "sizes": sizes}, out)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(stamp)


def explain_staleness(stamp: Path, key: str) -> str | None:
    """Returns why a step has to be done (again), or None if its result is in place and whole."""
    try:
        content = json.loads(stamp.read_text())
        sizes = dict(content["sizes"])
        if content["key"] != key:
            return "its inputs changed"
    except FileNotFoundError:
        return "it is not complete"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"its stamp cannot be read ({error})"
    for file, size in sizes.items():
        try:
            if os.stat(file).st_size != size:
                return f"{file} changed"
        except OSError:
            return f"{file} is missing"
    return None


def _list_file_sizes(folder: Path) -> Iterable[tuple[str, int]]:
    """Yields path and size of every file below a folder; symbolic links to folders are not followed."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _UNSTABLE_FOLDERS]
        for name in files:
            path = os.path.join(parent, name)
            # An edited source behind a link is no damage: its size is left out by naming the link's folder only.
            if not os.path.islink(path):
                yield path, os.stat(path).st_size
