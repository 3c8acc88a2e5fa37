"""Errors of the stack. Every message names the value, its bound, its unit and the remedy."""

from __future__ import annotations

from collections.abc import Sequence


class AstroNavError(Exception):
    """Base of every error that the stack raises on purpose."""


class ParameterError(AstroNavError):
    """One or more parameters are unknown, missing, of the wrong type or out of range.

    Args:
        problems: one sentence per problem; all problems of a file are reported at once.
        source: where the values came from, e.g. a file name or a node name.
    """

    def __init__(self, problems: Sequence[str], source: str) -> None:
        self.problems = tuple(problems)
        self.source = source
        noun = "problem" if len(self.problems) == 1 else "problems"
        listing = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{len(self.problems)} parameter {noun} in {source}:\n{listing}")


class MapError(AstroNavError):
    """A map or world file cannot be used."""


class GoalError(AstroNavError):
    """A goal is malformed or cannot be navigated to."""


class FrameError(AstroNavError):
    """Data is in a frame, or at a time, for which there is no transform."""


class EvaluationError(AstroNavError):
    """A suite, planner, metric or folder of an evaluation is unknown or cannot be used."""
