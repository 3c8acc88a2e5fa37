"""What the processes print: kept in files, and searched for what the demo must know."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

_ROS_LINE = re.compile(r"^\[(?P<level>[A-Z]+)\] \[[\d.]+\] \[(?P<logger>[^\]]+)\]: (?P<text>.*)$")
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
LOUD_LEVELS = ("WARN", "ERROR", "FATAL")
MOST_WARNINGS = 100


class ProcessLog:
    """One log file per process.

    Args:
        folder: of the log files.
        on_loud_line: called with "process: sentence" for warnings and errors.

    Attributes:
        ready: names of the processes that have said that they are ready.
        last_lines: name -> what it said last.
        warnings: the first hundred warnings and errors.
    """

    def __init__(self, folder: Path, on_loud_line: Callable[[str], None]) -> None:
        self._folder = folder
        self._on_loud_line = on_loud_line
        self._files: dict[str, TextIO] = {}
        self.ready: set[str] = set()
        self.last_lines: dict[str, str] = {}
        self.warnings: list[str] = []

    def add_line(self, name: str, _stream: str, line: str) -> None:
        """Keep one line of a process; fits `Supervisor(on_output=...)`."""
        plain = _COLOR.sub("", line)
        if name not in self._files:
            self._files[name] = open(self._folder / f"{name}.log", "a", encoding="utf-8", buffering=1)  # noqa: SIM115
        self._files[name].write(plain + "\n")
        match = _ROS_LINE.match(plain)
        text = match["text"] if match else plain
        if text.strip():
            self.last_lines[name] = text.strip()
        if text.strip() == "ready":
            self.ready.add(name)
        if match and match["level"] in LOUD_LEVELS:
            sentence = f"{name}: {text}"
            if len(self.warnings) < MOST_WARNINGS:
                self.warnings.append(sentence)
            self._on_loud_line(sentence)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
