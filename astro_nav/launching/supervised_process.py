"""One child process: started so that it cannot outlive its parent, with its output as lines and its consumption measured."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from astro_nav.launching.errors import LaunchError
from astro_nav.launching.process_spec import ProcessSpec, ProcessUsage

READ_BYTES = 65536
LONGEST_LINE_BYTES = 65536
PIPE_BYTES = 1 << 20
MOST_READS_AT_END = 2 * PIPE_BYTES // READ_BYTES  # a descendant that writes for ever must not hold us
PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None, use_errno=True)


class OutputStream:
    """One output pipe of a child, cut into lines."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self.descriptor = descriptor
        self.is_open = True
        self._partial = b""
        os.set_blocking(descriptor, False)
        try:
            # Room for bursts: a child must not wait on its log because the reader is busy.
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        except OSError:
            pass  # the limit of this user is used up; the default size does

    def read_lines(self) -> Iterator[str]:
        """Read once what is there; yield the complete lines in it, and the rest at the end of the stream."""
        if not self.is_open:
            return
        try:
            data = os.read(self.descriptor, READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            self.is_open = False
            yield from self.flush()
            return
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            yield _decode(line)
        if len(self._partial) > LONGEST_LINE_BYTES:
            yield from self.flush()

    def drain_lines(self) -> Iterator[str]:
        """Read all that is there without waiting for more; whoever else holds the pipe may keep it open."""
        for _ in range(MOST_READS_AT_END):
            before, got_line = self._partial, False
            for line in self.read_lines():
                got_line = True
                yield line
            if not self.is_open or (not got_line and self._partial == before):
                break
        yield from self.flush()

    def flush(self) -> Iterator[str]:
        """Yield what has come after the last line end."""
        if self._partial:
            yield _decode(self._partial)
            self._partial = b""


def _decode(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r")


class SupervisedProcess:
    """A running child.

    It leads a session and process group of its own, so that a Ctrl-C in the terminal reaches the supervisor alone, which then stops
    its children in order. The kernel sends it SIGINT when the thread that started it ends.

    Args:
        spec: what to start.
        mark: name and value of the environment variable by which the guardian knows it and its descendants.

    Raises:
        LaunchError: when it cannot be started.
    """

    def __init__(self, spec: ProcessSpec, mark: tuple[str, str]) -> None:
        self.spec = spec
        environment = dict(os.environ if spec.environment is None else spec.environment)
        # A Python child must not keep its lines in a buffer until it dies.
        environment.setdefault("PYTHONUNBUFFERED", "1")
        environment[mark[0]] = mark[1]
        parent = os.getpid()
        try:
            self._popen = subprocess.Popen(
                spec.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=spec.working_folder,
                start_new_session=True,
                preexec_fn=lambda: _prepare_child(parent),
                bufsize=0,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise LaunchError(f"{spec.name} could not be started: {spec.command[0]}: {error}") from error
        self.pid = self._popen.pid
        self.started_at = time.monotonic()
        self.asked_at: float | None = None
        self.last_signal: signal.Signals | None = None
        self.exit_code: int | None = None
        self.usage: ProcessUsage | None = None
        self.pidfd = _open_pidfd(self.pid)
        assert self._popen.stdout is not None and self._popen.stderr is not None
        self.streams = [OutputStream("stdout", self._popen.stdout.fileno()), OutputStream("stderr", self._popen.stderr.fileno())]
        self._peak_memory_bytes = 0

    def send(self, number: signal.Signals) -> None:
        """Signal the process and all others of its group."""
        self.measure_memory()
        self.last_signal = number
        if self.asked_at is None:
            self.asked_at = time.monotonic()
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass  # it has ended meanwhile and will be reaped

    def find_next_escalation(self) -> tuple[float, signal.Signals] | None:
        """Return when (monotonic seconds) the next stronger signal is due, and which."""
        if self.asked_at is None or self.last_signal == signal.SIGKILL:
            return None
        sigterm_at = self.asked_at + self.spec.sigterm_after_s
        if self.last_signal == signal.SIGINT:
            return sigterm_at, signal.SIGTERM
        return sigterm_at + self.spec.sigkill_after_s, signal.SIGKILL

    def measure_memory(self) -> None:
        """Take the peak of resident memory so far from the kernel.

        Not from wait4: its maximum includes the moment between fork and exec, when the child is as large as its parent.
        """
        try:
            status = Path(f"/proc/{self.pid}/status").read_bytes()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith(b"VmHWM:"):
                self._peak_memory_bytes = max(self._peak_memory_bytes, int(line.split()[1]) * 1024)

    def reap(self) -> bool:
        """Return whether the process has ended; if so its exit code and usage are set."""
        if self.exit_code is not None:
            return True
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return False
        self.exit_code = self._popen.returncode = os.waitstatus_to_exitcode(status)
        self.usage = ProcessUsage(
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_memory_bytes=self._peak_memory_bytes or usage.ru_maxrss * 1024,
            wall_s=time.monotonic() - self.started_at,
        )
        return True

    def close(self) -> None:
        """Close the pipes; call it after the process was reaped."""
        for stream in (self._popen.stdout, self._popen.stderr):
            assert stream is not None
            stream.close()
        if self.pidfd is not None:
            os.close(self.pidfd)
            self.pidfd = None


def _open_pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:  # a kernel before 5.3, or a sandbox: the supervisor then polls
        return None


def _prepare_child(parent: int) -> None:
    """Between fork and exec."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT))
    if os.getppid() != parent:  # the parent has died before the line above
        os._exit(1)
    # A runner started in the background of a script ignores SIGINT, and would hand that on.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
