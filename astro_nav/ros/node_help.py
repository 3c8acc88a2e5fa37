"""What a node's executable answers to `--help`."""

from __future__ import annotations

import inspect
import re
import textwrap
import typing
from collections.abc import Sequence

from rclpy.node import Node

from astro_nav.params.files import read_shipped_values
from astro_nav.params.schema import list_parameters

WIDTH = 120
INDENT = " " * 6
USAGE = """\
usage: ros2 run astro_nav {name} --ros-args [-p NAME:=VALUE] [--params-file FILE] [-r FROM:=TO] [-r __ns:=/NAMESPACE]
       .venv/bin/python -m astro_nav.ros.{name}_node --ros-args ...    (ROS 2 from PyPI)

{purpose}

As a rule a launch file starts it, together with the others: simulation.launch.xml with the simulated robot, bringup.launch.xml
on a real one (ros2 launch astro_nav FILE, or astro-nav launch FILE). Ctrl-C ends it. Exit code: 0 when it was told to end, 1 after a fault, 2 for parameters that cannot be used.

parameters, with the values that are shipped in config/{name}.yaml and config/robot.yaml (live: may change while it runs):
"""


def asks_for_help(args: Sequence[str]) -> bool:
    """Whether the words before `--ros-args` ask for help; those after it belong to ROS.

    Args:
        args: the process's arguments without the program.
    """
    own = list(args)[: list(args).index("--ros-args")] if "--ros-args" in args else args
    return any(word in ("-h", "--help") for word in own)


def describe_executable(node_class: type[Node]) -> str:
    """Return the text of `--help`.

    Args:
        node_class: `StackNode[SomeParams]`'s subclass; its module's docstring says what it does.
    """
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", node_class.__name__.removesuffix("Node")).lower()
    lines = [USAGE.format(name=name, purpose=inspect.getdoc(inspect.getmodule(node_class)) or "")]
    params_class = _find_params_class(node_class)
    values = read_shipped_values(params_class, name)
    for spec in list_parameters(params_class):
        marks = f" {spec.unit}" if spec.unit else ""
        lines.append(f"  {spec.name} = {values.get(spec.name)}{marks}{' (live)' if spec.live else ''}")
        lines += textwrap.wrap(spec.doc, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines)


def _find_params_class(node_class: type[Node]) -> type:
    """The class that stands in the brackets of `StackNode[...]`."""
    return next(argument for base in node_class.__orig_bases__ for argument in typing.get_args(base))
