"""Prints the lines of many processes, each with its name in front, and never makes them wait for the terminal."""

from __future__ import annotations

import os
import queue
import threading
import time

MOST_WAITING_LINES = 10_000
FLUSH_PATIENCE_S = 2.0
COLOURS = (36, 33, 35, 32, 34, 31)  # ANSI: cyan, yellow, magenta, green, blue, red
BOLD = 1
STDOUT, STDERR = 1, 2


class LinePrinter:
    """Writes lines from a thread of its own.

    A terminal that is stopped with Ctrl-S, or a slow pipe, holds up that thread alone; lines that find no room are counted and dropped.
    When nobody reads any more (a closed pipe or terminal), lines are dropped silently: a robot does not stop for its log.

    Args:
        descriptors: where stdout and stderr go.
        environment: NO_COLOR in it switches colours off.
    """

    def __init__(self, descriptors: tuple[int, int] = (STDOUT, STDERR), environment: dict[str, str] | None = None) -> None:
        no_colour = bool((os.environ if environment is None else environment).get("NO_COLOR"))
        self._descriptors = dict(zip(("stdout", "stderr"), descriptors))
        self._is_coloured = {name: not no_colour and os.isatty(number) for name, number in self._descriptors.items()}
        self._colours: dict[str, int] = {}
        self._queue: queue.Queue[tuple[int, bytes] | None] = queue.Queue(MOST_WAITING_LINES)
        self._lost = 0
        self._broken: set[int] = set()
        self._thread = threading.Thread(target=self._write_all, name="line printer", daemon=True)
        self._thread.start()

    @property
    def is_coloured(self) -> bool:
        """Whether what processes print reaches a terminal that shows colours."""
        return any(self._is_coloured.values())

    def print_output(self, name: str, stream: str, line: str) -> None:
        """Queue a line of a process."""
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        self._put(stream, self._paint(f"[{name}]", colour, stream) + f" {line}\n")

    def print_notice(self, sentence: str, is_error: bool = False) -> None:
        """Queue a line of the runner itself; it goes to stderr, so that stdout holds the processes' output alone."""
        self._put("stderr", self._paint(f"[launch] {sentence}", 31 if is_error else BOLD, "stderr") + "\n")

    def close(self) -> None:
        """Write what is waiting, for at most two seconds."""
        deadline = time.monotonic() + FLUSH_PATIENCE_S
        try:
            self._queue.put(None, timeout=FLUSH_PATIENCE_S)
        except queue.Full:
            return
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _paint(self, text: str, colour: int, stream: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._is_coloured[stream] else text

    def _put(self, stream: str, text: str) -> None:
        try:
            if self._lost:
                lost = f"[launch] {self._lost} lines were dropped because nobody read them\n"
                self._queue.put_nowait((self._descriptors["stderr"], lost.encode()))
                self._lost = 0
            self._queue.put_nowait((self._descriptors[stream], text.encode("utf-8", errors="replace")))
        except queue.Full:
            self._lost += 1

    def _write_all(self) -> None:
        while (entry := self._queue.get()) is not None:
            descriptor, data = entry
            while data and descriptor not in self._broken:
                try:
                    # Not through sys.stdout: its lock would be held while the terminal is stopped, and Python could not exit.
                    data = data[os.write(descriptor, data) :]
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:
                    self._broken.add(descriptor)
