"""Writes docs/parameters.md from the parameter classes and the shipped values.

    python -m astro_nav.params.document            write it
    python -m astro_nav.params.document --check    exit code 1 when it is out of date
"""

from __future__ import annotations

import argparse
import importlib
import math
import sys
import typing
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from astro_nav.params.files import find_share_folder, read_parameter_file, read_shipped_values
from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import ParameterSpec, list_parameters

HEADER = """\
# Parameters

Written by `python -m astro_nav.params.document` from `astro_nav/params/` (meaning, unit, range) and `config/` (values). Do not edit.

Values of your own go into a ROS 2 parameter file that holds only what differs, given as `params_file:=my_robot.yaml`:

```yaml
/**:                      # for all nodes; what belongs to one node alone may stand here, too
  ros__parameters:
    robot:
      limits:
        max_speed_mps: 0.6
```

Names are checked, and so are types, ranges and rules between parameters: a node with a fault in its parameters lists all of them and
ends with exit code 2. *Live* parameters may change while the node runs (`ros2 param set`); the others are read once.
"""


@dataclass(frozen=True)
class Shared:
    """What config/robot.yaml holds."""

    robot: RobotParams
    frames: FrameParams


def find_params_class(node_name: str) -> type:
    """Return the parameter class of a configuration file's stem: local_planner -> LocalPlannerParams."""
    module = importlib.import_module(f"astro_nav.params.{node_name}")
    return getattr(module, "".join(word.capitalize() for word in node_name.split("_")) + "Params")


def list_node_names() -> list[str]:
    """Names of all configuration files but robot.yaml."""
    return sorted(path.stem for path in (find_share_folder() / "config").glob("*.yaml") if path.stem != "robot")


def make_document() -> str:
    """Return the whole text."""
    shared_values = read_parameter_file(find_share_folder() / "config" / "robot.yaml", "")
    lines = [HEADER, "## The robot: `config/robot.yaml`", ""]
    lines += _describe_class(Shared, shared_values, set(shared_values))
    for name in list_node_names():
        params_class = find_params_class(name)
        values = read_shipped_values(params_class, name)
        lines += [f"## `config/{name}.yaml`", "", _first_line(params_class), ""]
        lines += ["Beside these the values of `config/robot.yaml` are used.", ""]
        lines += _describe_class(params_class, values, set(values) - set(shared_values))
    return "\n".join(lines).rstrip("\n") + "\n"


def _describe_class(params_class: type, values: dict[str, Any], names: set[str]) -> list[str]:
    specs = {spec.name: spec for spec in list_parameters(params_class)}
    lines: list[str] = []
    for prefix, group_class in _list_groups(params_class, ""):
        members = [specs[name] for name in specs if name in names and name.startswith(prefix) and "." not in name[len(prefix) :]]
        if not members:
            continue
        if prefix:
            lines += [f"### `{prefix[:-1]}`", "", _first_line(group_class), ""]
        lines += ["| name | value | unit | range | live | meaning |", "|---|---|---|---|---|---|"]
        lines += [_describe_parameter(spec, values[spec.name]) for spec in members]
        lines.append("")
    return lines


def _list_groups(params_class: type, prefix: str) -> Iterator[tuple[str, type]]:
    yield prefix, params_class
    hints = typing.get_type_hints(params_class)
    for item in fields(params_class):
        if is_dataclass(hints[item.name]):
            yield from _list_groups(hints[item.name], f"{prefix}{item.name}.")


def _describe_parameter(spec: ParameterSpec, value: Any) -> str:
    name = spec.name.rsplit(".", 1)[-1]
    cells = [f"`{name}`", f"`{_format_value(value)}`", spec.unit, _format_range(spec), "yes" if spec.live else "", spec.doc]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value if value else '""'
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _format_range(spec: ParameterSpec) -> str:
    if spec.choices:
        return ", ".join(spec.choices)
    low, high = math.isfinite(spec.minimum), math.isfinite(spec.maximum)
    if low and high:
        return f"{spec.minimum:g} to {spec.maximum:g}"
    return f"from {spec.minimum:g}" if low else f"up to {spec.maximum:g}" if high else ""


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().split("\n")[0]


def main(arguments: list[str] | None = None) -> int:
    """Write or check docs/parameters.md; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m astro_nav.params.document", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the document is out of date")
    check = parser.parse_args(arguments).check
    path: Path = find_share_folder() / "docs" / "parameters.md"
    document = make_document()
    if path.is_file() and path.read_text(encoding="utf-8") == document:
        return 0
    if check:
        print(f"{path} is out of date: run `python -m astro_nav.params.document`", file=sys.stderr)
        return 1
    path.parent.mkdir(exist_ok=True)
    path.write_text(document, encoding="utf-8")
    print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
