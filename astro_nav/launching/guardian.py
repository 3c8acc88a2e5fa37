"""The last line against orphans: ends everything that a runner started, once that runner is gone, however it went.

The supervisor starts this file as a process of its own, in a session of its own, and holds the other end of its standard input.
When that closes, or its parent has changed, every process that carries the run's mark in its environment is ended, whatever
process group or session it has put itself into. After an orderly end there is none, and the guardian leaves at once.

Runs alone (`python -I -S guardian.py MARK`), so it imports nothing but the standard library.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

MARK_VARIABLE = "ASTRO_NAV_LAUNCH_MARK"
PARENT_CHECK_S = 1.0
POLL_S = 0.05
# Nobody is left to watch: less patience than in an orderly stop. The kernel has already sent SIGINT to the runner's own children
# (PR_SET_PDEATHSIG); a second one could interrupt the very clean-up that commands zero velocity.
ESCALATION: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGINT, 2.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


def find_marked_processes(mark: str) -> list[int]:
    """Return the ids of all running processes whose environment carries the mark; zombies have none."""
    wanted = f"{MARK_VARIABLE}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            environment = Path("/proc", entry, "environ").read_bytes()
        except OSError:  # gone meanwhile, or another user's
            continue
        if wanted in environment.split(b"\0"):
            found.append(int(entry))
    return found


def describe_process(pid: int) -> str:
    """Return the id and the command line of a process."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        command = "gone meanwhile"
    return f"{pid} ({command[:80]})"


def send_signal(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass  # that is what was wanted


def end_marked_processes(
    mark: str,
    escalation: Sequence[tuple[signal.Signals, float]],
    is_spared: Callable[[int, signal.Signals], bool] = lambda pid, number: False,
) -> list[str]:
    """End all processes with the mark, with growing insistence.

    Args:
        mark: the run's mark.
        escalation: signals, each with the time in seconds that it has to work.
        is_spared: tells of a process and a signal whether it does not get it.

    Returns:
        Descriptions of the processes that there were.
    """
    found: dict[int, str] = {}
    for number, patience_s in escalation:
        deadline = time.monotonic() + patience_s
        signalled: set[int] = set()
        while True:
            alive = find_marked_processes(mark)
            if not alive:
                return list(found.values())
            for pid in alive:
                found.setdefault(pid, describe_process(pid))
                if pid not in signalled and not is_spared(pid, number):
                    send_signal(pid, number)
                signalled.add(pid)
            if time.monotonic() >= deadline:
                break
            time.sleep(POLL_S)
    return list(found.values())


def _was_told_by_kernel(pid: int, number: signal.Signals) -> bool:
    """The runner's own children lead their sessions; the kernel has sent them SIGINT when the runner died."""
    try:
        return number == signal.SIGINT and os.getsid(pid) == pid
    except ProcessLookupError:
        return True


def _wait_for_end_of_parent(parent: int) -> None:
    while os.getppid() == parent:
        ready, _, _ = select.select([0], [], [], PARENT_CHECK_S)
        if ready and not os.read(0, 4096):
            return


def main() -> None:
    """Wait for the end of the runner, then end what it left."""
    parent = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    _wait_for_end_of_parent(parent)
    end_marked_processes(sys.argv[1], ESCALATION, _was_told_by_kernel)


if __name__ == "__main__":
    main()
