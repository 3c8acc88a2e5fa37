"""Who is told to end, and when: the safety controller's last word must come while it still counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from astro_nav.launching.process_spec import ProcessSpec

# How long a process that is being stopped may hold up those to be stopped after it.
STAGE_PATIENCE_S = 1.0


class Stoppable(Protocol):
    """A running process: what it is, and when (monotonic seconds) it was told to end."""

    spec: ProcessSpec
    asked_at: float | None


Process = TypeVar("Process", bound=Stoppable)


def find_next_to_ask(processes: Sequence[Process], now: float) -> list[Process]:
    """Return the processes whose turn it is to be told to end.

    Args:
        processes: those that are alive, in the order of their start.
        now: monotonic time [s].

    Returns:
        Those of the lowest rank that have not been told, unless one of a lower rank is still ending and was told less than
        `STAGE_PATIENCE_S` ago.
    """
    stages: dict[tuple[int, int], list[Process]] = {}
    for index, process in enumerate(processes):
        rank = process.spec.stop_rank
        stages.setdefault((0, -index) if rank is None else (rank, 1), []).append(process)
    for _, stage in sorted(stages.items(), key=lambda item: item[0]):
        waiting = [process for process in stage if process.asked_at is None]
        if waiting:
            return waiting
        if any(now - asked_at < STAGE_PATIENCE_S for process in stage if (asked_at := process.asked_at) is not None):
            return []
    return []
