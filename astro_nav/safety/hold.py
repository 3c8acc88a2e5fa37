"""Reasons to move more slowly than wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from astro_nav.types import LimitedBy


@dataclass(frozen=True)
class Hold:
    """One reason that limits the motion.

    Attributes:
        limited_by: what it is.
        scale: 0 (stand) .. 1 (as wanted).
        source: topic or sensor behind it, "" when none.
        explain: makes the sentence; called only when somebody reads it.
        hard: brake at the emergency limits instead of the comfortable ones.
    """

    limited_by: LimitedBy
    scale: float
    source: str
    explain: Callable[[], str]
    hard: bool = False


def fade(age_s: float, slow_after_s: float, stop_after_s: float) -> float:
    """Scale that falls from 1 at one age to 0 at another."""
    return min(max((stop_after_s - age_s) / (stop_after_s - slow_after_s), 0.0), 1.0)


def stand(limited_by: LimitedBy, source: str, sentence: str, hard: bool = False) -> Hold:
    """A hold that stops the robot."""
    return Hold(limited_by, 0.0, source, lambda: sentence, hard)
