"""One line that says how far a long step is: redrawn in a terminal, a new line every ten per cent elsewhere."""

from __future__ import annotations

import sys
import time


class ProgressLine:
    """Shows `what: done/total` and the seconds so far."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = max(total, 1)
        self._start_s = time.monotonic()
        self._live = sys.stdout.isatty()
        self._shown_tenth = -1
        self.show(0)

    def show(self, done: int, detail: str = "") -> None:
        """Shows a new state.

        Args:
            done: Units done, at most the total.
            detail: What is being worked on.
        """
        tenth = 10 * done // self._total
        line = f"  {self._what}: {done}/{self._total} ({time.monotonic() - self._start_s:.0f} s) {detail}"
        if self._live:
            print(f"\r\033[K{line[:110]}", end="", flush=True)
        elif tenth > self._shown_tenth:
            print(line.rstrip(), flush=True)
        self._shown_tenth = max(tenth, self._shown_tenth)

    def finish(self) -> None:
        """Leaves the last state on the screen."""
        if self._live:
            self.show(self._total)
            print(flush=True)
        else:
            print(f"  {self._what}: done in {time.monotonic() - self._start_s:.0f} s", flush=True)
