"""What a process costs, read from /proc while it runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessUsage:
    """CPU time so far [s] and the largest resident memory so far [bytes]."""

    cpu_s: float
    peak_memory_bytes: int


def read_usage(pid: int, proc: Path = Path("/proc")) -> ProcessUsage | None:
    """Return what a process has used so far, None when it is no more.

    Source: proc(5): utime and stime are fields 14 and 15 of `stat`, VmHWM in `status` is in kiB.
    """
    try:
        stat = (proc / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
        status = (proc / str(pid) / "status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # The name, field 2, is in parentheses and may hold anything, spaces and parentheses too.
    fields = stat[stat.rindex(")") + 2 :].split()
    ticks = int(fields[11]) + int(fields[12])
    peak_kib = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
    return ProcessUsage(ticks / _TICKS_PER_S, peak_kib * 1024)


class UsageMeter:
    """CPU share of some processes over a span of time, and their peak memory."""

    def __init__(self, pids: dict[str, int]) -> None:
        """Args: pids: name -> process id."""
        self._pids = dict(pids)
        self._first: dict[str, ProcessUsage] = {}
        self.last: dict[str, ProcessUsage] = {}
        self._first_s = self._last_s = 0.0

    def sample(self, steady_s: float) -> None:
        """Read all processes at monotonic time `steady_s`; the first sample starts the span."""
        usages = {name: usage for name, pid in self._pids.items() if (usage := read_usage(pid)) is not None}
        if not self._first:
            self._first, self._first_s = usages, steady_s
        self.last.update(usages)
        self._last_s = steady_s

    def compute_cpu_percent(self, name: str) -> float:
        """Share of one core that a process took over the span [%]; NaN before the second sample."""
        span_s = self._last_s - self._first_s
        if span_s <= 0.0 or name not in self._first:
            return float("nan")
        return 100.0 * (self.last[name].cpu_s - self._first[name].cpu_s) / span_s

    def get_peak_memory_bytes(self, name: str) -> float:
        """Largest resident memory of a process in the last sample; NaN before the first."""
        return float(self.last[name].peak_memory_bytes) if name in self.last else float("nan")
