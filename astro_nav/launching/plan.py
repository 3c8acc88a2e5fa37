"""What a launch file amounts to: the processes to start, in order, before any of them is started."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from astro_nav.launching.process_spec import ProcessSpec


@dataclass(frozen=True)
class InlineParameters:
    """Parameters written in the launch file itself; they become a parameter file for the process.

    Attributes:
        section: the node's full name, or `/**` when it is not known.
        values: dotted name -> value.
    """

    section: str
    values: Mapping[str, Any]

    def write_yaml(self) -> str:
        """Return the text of the ROS 2 parameter file."""
        # Imported here: astro-nav --help must not pay for it.
        import yaml

        return yaml.dump({self.section: {"ros__parameters": dict(self.values)}}, default_flow_style=False)


@dataclass(frozen=True)
class PlannedProcess:
    """One process of a launch file.

    Attributes:
        spec: what to start; where the path of a file with inline parameters will be, its command has a placeholder.
        inline_parameters: placeholder -> its parameters.
    """

    spec: ProcessSpec
    inline_parameters: Mapping[str, InlineParameters]

    def prepare(self, folder: Path) -> ProcessSpec:
        """Write the inline parameters into a folder and return what to start."""
        files: dict[str, str] = {}
        for number, (placeholder, parameters) in enumerate(self.inline_parameters.items(), start=1):
            path = folder / f"{self.spec.name.replace(os.sep, '_')}-{number}.yaml"
            path.write_text(parameters.write_yaml(), encoding="utf-8")
            files[placeholder] = str(path)
        return replace(self.spec, command=tuple(files.get(word, word) for word in self.spec.command))

    def describe(self) -> str:
        """Return the command as one would type it, with the inline parameters below it."""
        words = [word if word in self.inline_parameters else shlex.quote(word) for word in self.spec.command]
        lines = [f"[{self.spec.name}] {' '.join(words)}"]
        for placeholder, parameters in self.inline_parameters.items():
            lines.append(f"    {placeholder}:")
            lines += [f"        {line}" for line in parameters.write_yaml().splitlines()]
        return "\n".join(lines)


def make_placeholder(number: int) -> str:
    """Return the word that stands for the file of a process's n-th inline parameters."""
    return f"<parameters {number}>"


@dataclass
class LaunchPlan:
    """All that a launch file asks for.

    Attributes:
        processes: in the order of the file, which is the order of starting; stopping goes the other way round.
        messages: what `<log>` says.
    """

    processes: list[PlannedProcess] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
