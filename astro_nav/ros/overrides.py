"""Which parameters the command line gives to this very node, and not to every node of a wildcard section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml


def list_names_given_to_node(args: Sequence[str]) -> set[str]:
    """Return the parameter names that arguments give to a node by its name, or by `-p` on its own command line.

    Names that come only from sections with a wildcard (`/**`, `/*`) are not among them. A section named after another
    node counts as well: it does no harm, because ROS has kept its values from this node already.

    Args:
        args: the process's arguments with `--params-file FILE`, `-p [node:]name:=value`.
    """
    names: set[str] = set()
    for flag, argument in zip(args, args[1:]):
        if flag == "--params-file":
            names.update(_list_names_in_file(Path(argument)))
        elif flag in ("-p", "--param"):
            names.add(argument.split(":=", 1)[0].rsplit(":", 1)[-1])
    return names


def _list_names_in_file(path: Path) -> Iterator[str]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    yield from _list_names_in_sections(document, "")


def _list_names_in_sections(content: Any, section: str) -> Iterator[str]:
    if not isinstance(content, Mapping):
        return
    for name, inner in content.items():
        if name == "ros__parameters":
            if "*" not in section.rsplit("/", 1)[-1]:
                yield from _list_leaves(inner, "")
        else:
            yield from _list_names_in_sections(inner, f"{section}/{name}")


def _list_leaves(content: Any, prefix: str) -> Iterator[str]:
    for name, value in content.items() if isinstance(content, Mapping) else ():
        if isinstance(value, Mapping):
            yield from _list_leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
