"""Errors of launch files and of the processes that they start."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from astro_nav.errors import AstroNavError


@dataclass(frozen=True)
class SourceLine:
    """A line of a launch file, for error messages."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class LaunchError(AstroNavError):
    """A launch file, one of its arguments, or a command in it cannot be used.

    Args:
        sentence: what is wrong, and the remedy.
        source: the line of the launch file that says it; None for the command line.
    """

    def __init__(self, sentence: str, source: SourceLine | None = None) -> None:
        self.sentence = sentence
        self.source = source
        super().__init__(f"{source}: {sentence}" if source else sentence)


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return ", did you mean X?" for the nearest known name, else the list of known ones."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=2, cutoff=0.6)
    if close:
        return f", did you mean {' or '.join(close)}?"
    return f"; there are: {', '.join(known)}" if known else "; there are none"
