"""What one sees while episodes run: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

LINE_PERIOD_S = 10.0


class RunProgress:
    """Counts episodes and tells how the run goes. A context.

    Args:
        total: episodes of the run.
        rows: those that were finished before.
        stream: where to write.
        clock: seconds of the wall clock.
    """

    def __init__(
        self,
        total: int,
        rows: list[dict[str, Any]],
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._clock, self._stream = total, clock, stream
        self._done = self._successes = self._crashes = self._now_done = 0
        self._began_s = self._last_line_s = clock()
        self._bar: Progress | None = None
        for row in rows:
            self._count(row)

    def __enter__(self) -> RunProgress:
        if self._stream.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
            self._bar = Progress(*columns, console=Console(file=self._stream))
            self._task = self._bar.add_task("episodes", total=self._total, completed=self._done, state=self._describe_state())
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def count_finished(self, rows: list[dict[str, Any]]) -> None:
        """These turned out to be finished before."""
        for row in rows:
            self._count(row)
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, state=self._describe_state())

    def add_row(self, row: dict[str, Any]) -> None:
        """Another episode has ended."""
        self._count(row)
        self._now_done += 1
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, state=self._describe_state())
            return
        now_s = self._clock()
        if self._done == self._total or self._now_done == 1 or now_s - self._last_line_s >= LINE_PERIOD_S:
            self._last_line_s = now_s
            print(f"{self._done}/{self._total} episodes, {self._describe_state()}", file=self._stream, flush=True)

    def estimate_left(self) -> float | None:
        """Time left [s] at the pace of this session; None before the first episode has ended."""
        if self._now_done == 0:
            return None
        return (self._clock() - self._began_s) / self._now_done * (self._total - self._done)

    def _count(self, row: dict[str, Any]) -> None:
        self._done += 1
        self._successes += bool(row["success"])
        self._crashes += row["outcome"] == "crashed"

    def _describe_state(self) -> str:
        words = [f"success {self._successes / self._done:.1%}" if self._done else "starting"]
        if self._crashes:
            words.append(f"{self._crashes} crashed")
        left_s = self.estimate_left()
        if left_s is not None and self._done < self._total:
            words.append(f"{describe_duration(left_s)} left")
        return ", ".join(words)


def describe_duration(duration_s: float) -> str:
    """Seconds below two minutes, minutes below two hours, hours beyond."""
    if duration_s < 120.0:
        return f"{duration_s:.0f} s"
    return f"{duration_s / 60.0:.0f} min" if duration_s < 7200.0 else f"{duration_s / 3600.0:.1f} h"
