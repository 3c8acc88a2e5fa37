"""Statistics of arrival times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class GapStatistics:
    """Time between neighbours in a stream of events [s]; NaN when there were none."""

    count: int
    p50_s: float
    p99_s: float
    max_s: float


def compute_gap_statistics(gaps_s: Sequence[float]) -> GapStatistics:
    """Summarise gaps; percentiles by NumPy's linear interpolation."""
    if len(gaps_s) == 0:
        return GapStatistics(0, float("nan"), float("nan"), float("nan"))
    p50, p99 = np.percentile(gaps_s, [50.0, 99.0])
    return GapStatistics(len(gaps_s), float(p50), float(p99), float(np.max(gaps_s)))


class ArrivalClock:
    """Collects the gaps between the arrivals on one topic, while it is told to count."""

    def __init__(self) -> None:
        self.gaps_s: list[float] = []
        self._last_ns: int | None = None

    def add(self, received_ns: int, counting: bool = True) -> None:
        """Add one arrival [ns since the epoch]; the gap before it counts when `counting`."""
        if self._last_ns is not None and counting:
            self.gaps_s.append((received_ns - self._last_ns) * 1e-9)
        self._last_ns = received_ns

    @property
    def last_ns(self) -> int | None:
        """Time of the newest arrival."""
        return self._last_ns
