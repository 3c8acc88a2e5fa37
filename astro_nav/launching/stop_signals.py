"""Signals to a program that supervises others: the first one stops, further ones hasten."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator

# A terminal, make and a wrapper may each pass on the same Ctrl-C.
REPEATED_SIGNAL_S = 0.5


@contextlib.contextmanager
def handle_stop_signals(stop: Callable[[str], None], hasten: Callable[[], None]) -> Iterator[None]:
    """Call `stop` with a reason at the first SIGINT, SIGTERM or SIGHUP, and `hasten` at every later one; for the main thread.

    Ctrl-Z is ignored meanwhile: a suspended supervisor would read no output, and nodes would come to wait on their logs.
    """
    last_at: float | None = None

    def receive(number: int, _frame: object) -> None:
        nonlocal last_at
        now, before = time.monotonic(), last_at
        last_at = now
        if before is None:
            stop(f"{signal.Signals(number).name} received")
        elif now - before >= REPEATED_SIGNAL_S:
            hasten()

    previous = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
            previous[number] = signal.signal(number, receive)
    previous[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
