"""Runs a piece of work so that none of its processes outlives it, however it ends.

The caller's process stays as a guard; the work runs in a child with a process group of its own. Ctrl-C and
termination reach the guard, which passes them on. If the guard is killed, the kernel tells the work, which takes its group
down. If the work ends in any way, the guard, as the "subreaper" to which orphans fall, ends what is left.
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
_GRACE_S = 5.0

_libc = ctypes.CDLL(None, use_errno=True)


def supervise(work: Callable[[], int]) -> int:
    """Runs `work` in a child process and returns its exit code, or 128 + signal number if a signal ended it."""
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
        _run_work(work, guard)
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


def _run_work(work: Callable[[], int], guard: int) -> None:
    """The child's side of `supervise`; never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        for number in _FORWARDED:
            signal.signal(number, _take_group_down)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != guard:  # it died before prctl took effect
            _take_group_down(signal.SIGTERM, None)
        code = work()
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else 1
    except BaseException:  # noqa: BLE001 - the traceback is the report, os._exit follows
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _take_group_down(number: int, _frame: object) -> None:
    """Ends every process of this one's group: first asks, as a terminal's Ctrl-C would, then insists."""
    for forwarded in _FORWARDED:
        signal.signal(forwarded, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline and _list_group(os.getpgid(0)) != [os.getpid()]:
        _reap_children()
        time.sleep(0.02)
    signal.signal(number, signal.SIG_DFL)
    os.killpg(0, signal.SIGKILL)


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
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline:
        _reap_children()
        children = [pid for pid, (parent, _group) in _list_processes().items() if parent == os.getpid()]
        if not children:
            return
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _reap_children() -> None:
    """Collects every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _list_group(group: int) -> list[int]:
    """Returns the processes of a group."""
    return [pid for pid, (_parent, its_group) in _list_processes().items() if its_group == group]


def _list_processes() -> dict[int, tuple[int, int]]:
    """Returns parent and group of every process that is visible and not yet dead."""
    processes = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # "pid (name) state parent group ...", and the name may hold anything.
                state, parent, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
                if state not in "ZX":
                    processes[int(entry.name)] = (int(parent), int(group))
    return processes
