"""What the supervisor is asked to start, and what it reports about it afterwards."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SIGTERM_AFTER_S = 5.0
SIGKILL_AFTER_S = 5.0


@dataclass(frozen=True)
class RespawnPolicy:
    """Start a process again when it has ended unasked.

    Attributes:
        delay_s: pause before it.
        max_times: how often; negative for ever.
    """

    delay_s: float = 0.0
    max_times: int = -1


@dataclass(frozen=True)
class ProcessSpec:
    """One process to start and to watch.

    Attributes:
        name: for people; unique among the processes of a supervisor.
        command: the executable and its arguments.
        environment: all of it; None for the caller's.
        working_folder: None for the caller's.
        required: whether all others are stopped when this process ends.
        respawn: None for never.
        stop_rank: processes of a lower rank are stopped earlier, those of the same rank at the same time. None: in the
            reverse order of starting, one after the other, and together with rank 0.
        sigterm_after_s: patience between SIGINT and SIGTERM.
        sigkill_after_s: patience between SIGTERM and SIGKILL.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    working_folder: Path | None = None
    required: bool = False
    respawn: RespawnPolicy | None = None
    stop_rank: int | None = None
    sigterm_after_s: float = SIGTERM_AFTER_S
    sigkill_after_s: float = SIGKILL_AFTER_S


@dataclass(frozen=True)
class ProcessUsage:
    """What a process has consumed.

    Attributes:
        cpu_s: user and system time of it and of the children that it has waited for.
        peak_memory_bytes: highest resident memory of the process itself.
        wall_s: from its start to its end.
    """

    cpu_s: float
    peak_memory_bytes: int
    wall_s: float


@dataclass(frozen=True)
class ProcessEnd:
    """How one process ended.

    Attributes:
        name: of its spec.
        pid: its process id; 0 when it could not be started.
        exit_code: negative for a signal, as in `subprocess`; None when it could not be started.
        was_asked: whether the supervisor had told it to end.
        failed: whether that makes the whole run a failure.
        sentence: who, how.
        usage: what it consumed.
    """

    name: str
    pid: int
    exit_code: int | None
    was_asked: bool
    failed: bool
    sentence: str
    usage: ProcessUsage


def is_failure(exit_code: int, was_asked: bool, was_killed: bool) -> bool:
    """Decide whether an end is a failure.

    Exit code 0 never is. A process that was asked to end may also die of the signal that asked it, or return the code by which
    shells report that. One that had to be killed has failed.
    """
    if was_killed:
        return True
    accepted = {0}
    if was_asked:
        for number in (signal.SIGINT, signal.SIGTERM):
            accepted |= {-number, 128 + number}
    return exit_code not in accepted


def describe_end(name: str, pid: int, exit_code: int, was_asked: bool) -> str:
    """Return a sentence such as "local_planner (pid 4711) died of SIGSEGV"."""
    who = f"{name} (pid {pid})"
    if exit_code < 0:
        try:
            how = signal.Signals(-exit_code).name
        except ValueError:  # a real-time signal
            how = f"signal {-exit_code}"
        return f"{who} {'stopped by' if was_asked else 'died of'} {how}"
    if was_asked:
        return f"{who} stopped" + (f" with exit code {exit_code}" if exit_code else "")
    return f"{who} {'died with' if exit_code else 'ended by itself with'} exit code {exit_code}"
