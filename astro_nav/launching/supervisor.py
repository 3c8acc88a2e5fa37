"""Starts processes, watches them, and sees to it that none of them stays behind.

    with Supervisor(on_output=print_line, on_ended=report) as supervisor, supervisor.handle_signals():
        for spec in specs:
            supervisor.start(spec)
        exit_code = supervisor.run()

Everything but `stop` and `hasten` is called from one thread, which must live as long as the processes do: the kernel ties their
lives to it. A program with a loop of its own calls `step` instead of `run`.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable

from astro_nav.launching import guardian
from astro_nav.launching.errors import LaunchError
from astro_nav.launching.process_spec import ProcessEnd, ProcessSpec, ProcessUsage, describe_end, is_failure
from astro_nav.launching.stop_order import find_next_to_ask
from astro_nav.launching.stop_signals import handle_stop_signals
from astro_nav.launching.supervised_process import OutputStream, SupervisedProcess

MEMORY_PERIOD_S = 0.5
# Without process file descriptors, ends are found by looking.
POLL_PERIOD_S = 0.05
LEFTOVER_ESCALATION = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


def _ignore(*_arguments: object) -> None:
    """The callback of those who do not care."""


class Supervisor:
    """Runs a set of processes until all have ended.

    When a required process ends, or `stop` is called, the others are stopped by rank (see `ProcessSpec.stop_rank`): SIGINT, then
    after `sigterm_after_s` SIGTERM, then after `sigkill_after_s` SIGKILL. The next rank's turn comes when the one before has ended,
    or after a second.

    Args:
        on_output: called with process name, "stdout" or "stderr", and a line.
        on_started: called with process name and id.
        on_ended: called once for every end, after the process's last line.
        on_notice: called with sentences about what the supervisor does.
    """

    def __init__(
        self,
        on_output: Callable[[str, str, str], None] = _ignore,
        on_started: Callable[[str, int], None] = _ignore,
        on_ended: Callable[[ProcessEnd], None] = _ignore,
        on_notice: Callable[[str], None] = _ignore,
    ) -> None:
        self._on_output, self._on_started, self._on_ended, self._on_notice = on_output, on_started, on_ended, on_notice
        self.ends: list[ProcessEnd] = []
        self.mark = uuid.uuid4().hex
        self._processes: list[SupervisedProcess] = []  # alive, in the order of starting
        self._respawns: list[tuple[float, ProcessSpec]] = []
        self._respawn_counts: dict[str, int] = {}
        self._stop_reason: str | None = None
        self._is_stopping = False
        self._haste = 0
        self._applied_haste = 0
        self._next_memory_at = 0.0
        self._guardian: subprocess.Popen[bytes] | None = None
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = os.pipe()
        for descriptor in (self._wake_reader, self._wake_writer):
            os.set_blocking(descriptor, False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def is_running(self) -> bool:
        """Whether a process is alive, or waits to be started again."""
        return bool(self._processes or self._respawns)

    @property
    def running_names(self) -> tuple[str, ...]:
        """The names of the processes that are alive, in the order of starting."""
        return tuple(process.spec.name for process in self._processes)

    @property
    def exit_code(self) -> int:
        """1 when a process failed, else 0; see `process_spec.is_failure`."""
        return 1 if any(end.failed for end in self.ends) else 0

    def start(self, spec: ProcessSpec) -> int:
        """Start a process.

        Returns:
            Its process id.

        Raises:
            LaunchError: when it cannot be started; that counts as its failure.
        """
        if self._guardian is None:
            self._guardian = _start_guardian(self.mark)
        try:
            process = SupervisedProcess(spec, (guardian.MARK_VARIABLE, self.mark))
        except LaunchError as error:
            self._report(ProcessEnd(spec.name, 0, None, False, True, str(error), ProcessUsage(0.0, 0, 0.0)))
            raise
        self._processes.append(process)
        for stream in process.streams:
            self._selector.register(stream.descriptor, selectors.EVENT_READ, (process, stream))
        if process.pidfd is not None:
            self._selector.register(process.pidfd, selectors.EVENT_READ, (process, None))
        self._on_started(spec.name, process.pid)
        return process.pid

    def start_all(self, specs: list[ProcessSpec]) -> None:
        """Start processes in order; when one cannot be started, stop those before it."""
        for spec in specs:
            if self._stop_reason is not None:
                return
            try:
                self.start(spec)
            except LaunchError as error:
                self.stop(str(error))

    def run(self) -> int:
        """Watch until all processes have ended.

        Returns:
            `exit_code`.
        """
        while self.step(timeout_s=1.0):
            pass
        return self.exit_code

    def step(self, timeout_s: float) -> bool:
        """Wait for something to happen and see to it.

        Args:
            timeout_s: how long at most; 0 only looks.

        Returns:
            `is_running`.
        """
        for key, _ in self._selector.select(self._find_timeout(timeout_s)):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._wake_reader, 4096)
            elif key.data[1] is not None:
                self._read(*key.data)
        for process in [process for process in self._processes if process.reap()]:
            self._finish(process)
        if self._stop_reason is not None:
            self._advance_stop()
        self._start_due_respawns()
        self._measure_memory()
        if not self.is_running:
            self._end_leftovers()
        return self.is_running

    def stop(self, reason: str) -> None:
        """Ask for an orderly stop; callable from other threads and signal handlers, and more than once."""
        if self._stop_reason is None:
            self._stop_reason = reason
        self._wake()

    def hasten(self) -> None:
        """Make a stop more insistent: first SIGTERM, then SIGKILL to all at once; callable from anywhere."""
        self._haste += 1
        self._wake()

    def handle_signals(self) -> contextlib.AbstractContextManager[None]:
        """Turn SIGINT, SIGTERM and SIGHUP into an orderly stop, and repeated ones into haste; see `stop_signals`."""
        return handle_stop_signals(self.stop, self.hasten)

    def close(self) -> None:
        """Kill whatever is still alive, at once and without a word, and release everything.

        After an orderly end there is nothing to kill. Callbacks are not called any more: one of them may be why we are here.
        """
        self._on_output, self._on_started, self._on_ended, self._on_notice = _ignore, _ignore, _ignore, _ignore
        self._respawns.clear()
        for process in self._processes:
            process.send(signal.SIGKILL)
        self._stop_reason, self._is_stopping = self._stop_reason or "closed", True
        while self._processes:
            self.step(timeout_s=POLL_PERIOD_S)
        self._end_leftovers()
        if self._guardian is not None:
            assert self._guardian.stdin is not None
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None
        if self._wake_writer >= 0:
            self._selector.close()
            os.close(self._wake_reader)
            os.close(self._wake_writer)
            self._wake_reader = self._wake_writer = -1

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it is awake already; closed: nobody waits any more
            os.write(self._wake_writer, b"x")

    def _find_timeout(self, timeout_s: float) -> float:
        if any(process.pidfd is None for process in self._processes):
            timeout_s = min(timeout_s, POLL_PERIOD_S)
        times = [at for at, _ in self._respawns]
        if self._processes:
            times.append(self._next_memory_at)
        if self._is_stopping:
            times += [due[0] for process in self._processes if (due := process.find_next_escalation()) is not None]
            if any(process.asked_at is None for process in self._processes):
                timeout_s = min(timeout_s, POLL_PERIOD_S)
        return max(0.0, min([timeout_s, *(at - time.monotonic() for at in times)]))

    def _read(self, process: SupervisedProcess, stream: OutputStream) -> None:
        lines = list(stream.read_lines())
        if not stream.is_open:
            self._selector.unregister(stream.descriptor)
        for line in lines:
            self._on_output(process.spec.name, stream.name, line)

    def _finish(self, process: SupervisedProcess) -> None:
        """Report an ended process, and draw the consequences."""
        spec = process.spec
        open_streams = [stream for stream in process.streams if stream.is_open]
        lines = [(stream.name, line) for stream in open_streams for line in stream.drain_lines()]
        for stream in open_streams:
            self._selector.unregister(stream.descriptor)
        if process.pidfd is not None:
            self._selector.unregister(process.pidfd)
        process.close()
        self._processes.remove(process)
        for stream_name, line in lines:
            self._on_output(spec.name, stream_name, line)

        assert process.exit_code is not None and process.usage is not None
        was_asked = process.asked_at is not None
        was_killed = process.last_signal == signal.SIGKILL and process.exit_code == -signal.SIGKILL
        respawns = not was_asked and not spec.required and self._stop_reason is None and self._may_respawn(spec)
        failed = is_failure(process.exit_code, was_asked, was_killed) and not respawns
        sentence = describe_end(spec.name, process.pid, process.exit_code, was_asked)
        self._report(ProcessEnd(spec.name, process.pid, process.exit_code, was_asked, failed, sentence, process.usage))
        self._end_group(process)
        if respawns:
            assert spec.respawn is not None
            self._respawns.append((time.monotonic() + spec.respawn.delay_s, spec))
        elif spec.required and not was_asked:
            self.stop(f"{spec.name} is required")

    def _report(self, end: ProcessEnd) -> None:
        self.ends.append(end)
        self._on_ended(end)

    def _may_respawn(self, spec: ProcessSpec) -> bool:
        if spec.respawn is None:
            return False
        return spec.respawn.max_times < 0 or self._respawn_counts.get(spec.name, 0) < spec.respawn.max_times

    def _start_due_respawns(self) -> None:
        due = [entry for entry in self._respawns if entry[0] <= time.monotonic()]
        for entry in due:
            self._respawns.remove(entry)
            spec = entry[1]
            self._respawn_counts[spec.name] = self._respawn_counts.get(spec.name, 0) + 1
            self._on_notice(f"{spec.name} is started again")
            with contextlib.suppress(LaunchError):  # reported as its end
                self.start(spec)

    def _advance_stop(self) -> None:
        """Send the signals that are due."""
        if not self._is_stopping:
            self._is_stopping = True
            self._respawns.clear()
            if self._processes:
                self._on_notice(f"{self._stop_reason}: stopping {', '.join(reversed(self.running_names))}")
        if self._haste > self._applied_haste:
            self._applied_haste = self._haste
            number = signal.SIGTERM if self._haste == 1 else signal.SIGKILL
            self._on_notice(f"in haste: {number.name} to {', '.join(self.running_names)}")
            for process in self._processes:
                process.send(number)
        now = time.monotonic()
        for process in find_next_to_ask(self._processes, now):
            process.send(signal.SIGINT)
        for process in self._processes:
            due = process.find_next_escalation()
            if due is not None and due[0] <= now:
                name, pid = process.spec.name, process.pid
                self._on_notice(f"{name} (pid {pid}) has not ended {now - (process.asked_at or now):.1f} s after SIGINT: {due[1].name}")
                process.send(due[1])

    def _measure_memory(self) -> None:
        if time.monotonic() >= self._next_memory_at:
            self._next_memory_at = time.monotonic() + MEMORY_PERIOD_S
            for process in self._processes:
                process.measure_memory()

    def _end_group(self, process: SupervisedProcess) -> None:
        """Tell descendants that have outlived their leader to end."""
        for pid in guardian.find_marked_processes(self.mark):
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(pid) == process.pid:
                    guardian.send_signal(pid, signal.SIGTERM)

    def _end_leftovers(self) -> None:
        """End descendants that have left their process group, so that nothing of this run stays behind."""
        if not self.ends:
            return
        left = guardian.end_marked_processes(self.mark, LEFTOVER_ESCALATION)
        if left:
            self._on_notice(f"ended what the processes had left running: {', '.join(left)}")


def _start_guardian(mark: str) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name != guardian.MARK_VARIABLE}
    return subprocess.Popen(
        [sys.executable, "-I", "-S", guardian.__file__, mark],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
