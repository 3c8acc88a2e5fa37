"""Runs a piece of work so that none of its processes outlives it, however it ends.

The caller's process stays as a guard; the work runs in a child with a process group of its own. Ctrl-C and
termination reach the guard, which passes them on. If the guard is killed, the kernel tells the work, which ends its processes
and itself. If the work ends in any way, the guard ends what is left. Both are "subreapers", to which orphans fall: a
process that has left the group and lost its parent is found, too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# How long processes may take to end when asked.
_GRACE_S = 5.0
# How long one may take to vanish that was killed: only one that hangs in the kernel needs any time.
_KILL_LIMIT_S = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


def supervise(work: Callable[[], int], grace_s: float = _GRACE_S) -> int:
    """Runs `work` in a child process and returns its exit code, or 128 + signal number if a signal ended it.

    Args:
        work: What to do; its result is the exit code.
        grace_s: How long its processes may take to end after a signal, before they are killed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    guard = os.getpid()
    child = 0
    received: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        received.append(number)
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)

    # Before the fork: a Ctrl-C between fork and handler must not end the guard alone.
    previous = {number: signal.signal(number, pass_on) for number in _FORWARDED}
    pid = os.fork()
    if pid == 0:
        _run_work(work, guard, grace_s)
    with contextlib.suppress(OSError):  # the child may have done it, or be gone
        os.setpgid(pid, pid)
    child = pid
    for number in tuple(received):
        pass_on(number, None)
    try:
        return _wait_for(child, received)
    finally:
        _kill_leftovers(child)
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _run_work(work: Callable[[], int], guard: int, grace_s: float) -> None:
    """The child's side of `supervise`; never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        for number in _FORWARDED:
            signal.signal(number, lambda got, _frame: _end_all(got, grace_s))
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != guard:  # it died before prctl took effect
            _end_all(signal.SIGTERM, grace_s)
        code = work()
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else 1
    except BaseException:  # noqa: BLE001 - the traceback is the report, os._exit follows
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_all(number: int, grace_s: float) -> None:
    """Ends this process and all below it: first asks the group, as a terminal's Ctrl-C would, then insists."""
    for forwarded in _FORWARDED:
        signal.signal(forwarded, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline and _list_children():
        _reap_children()
        time.sleep(0.02)
    _kill_descendants()
    os._exit(128 + number)


def _wait_for(child: int, received: list[int]) -> int:
    """Waits for the work to end (orphans that end meanwhile are collected) and returns its exit code."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            if received:
                return 128 + received[0]
            return code if code >= 0 else 128 - code


def _kill_leftovers(group: int) -> None:
    """Kills what is left of the work's group, and every orphan that fell to this process."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    _kill_descendants()


def _kill_descendants() -> None:
    """Kills children until there are none: those of a killed one fall to this process, its subreaper."""
    deadline = time.monotonic() + _KILL_LIMIT_S
    while (children := _list_children()) and time.monotonic() < deadline:
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
        _reap_children()


def _reap_children() -> None:
    """Collects every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _list_children() -> list[int]:
    """Returns this process's children that have not ended."""
    return [pid for pid, parent in _list_processes().items() if parent == os.getpid()]


def _list_processes() -> dict[int, int]:
    """Returns the parent of every process that is visible and has not ended."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # "pid (name) state parent ...", and the name may hold anything.
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state not in "ZX":
                    parents[int(entry.name)] = int(parent)
    return parents
