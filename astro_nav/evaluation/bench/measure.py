"""Interleaved timing: every round runs every contender once, in turn, so that what else the machine does hits all alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

MIN_ROUNDS, MAX_ROUNDS = 3, 400


@dataclass
class Contender:
    """One way to do a piece of work.

    Attributes:
        variant: its name.
        run: does the work once; what it returns is handed to `describe`.
        is_peer: whether it is somebody else's.
        scale: from seconds to the unit of the group.
        describe: result -> facts about it, e.g. the cost of the path found.
        prepare: done before every run, outside of the measurement.
    """

    variant: str
    run: Callable[[], object]
    is_peer: bool = True
    scale: float = 1e3
    describe: Callable[[object], dict[str, object]] = lambda result: {}
    prepare: Callable[[], object] = lambda: None


@dataclass
class Group:
    """Contenders for the same work.

    Attributes:
        name: of the work.
        unit: of its rows.
        contenders: side by side.
        absent: peers that are not installed.
    """

    name: str
    unit: str
    contenders: list[Contender]
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """What was measured of one contender: median, 99th percentile, least and spread (quartiles) in the group's unit."""

    name: str
    variant: str
    unit: str
    median: float
    p99: float
    least: float
    quartiles: tuple[float, float]
    samples: int
    is_peer: bool
    facts: dict[str, object]


def measure_group(group: Group, budget_s: float, clock: Callable[[], float] = time.perf_counter) -> list[Row]:
    """Measure a group.

    Args:
        group: what to measure.
        budget_s: about how long; slow contenders run at least `MIN_ROUNDS` times nevertheless and skip rounds after that.
        clock: read before and after every run [s].
    """
    results = [_run_once(contender)[1] for contender in group.contenders]  # compiles, loads, fills caches
    samples: list[list[float]] = [[] for _ in group.contenders]
    spent = np.zeros(len(group.contenders))
    share_s = budget_s / max(len(group.contenders), 1)
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for turn in range(MAX_ROUNDS):
            if turn >= MIN_ROUNDS and (spent >= share_s).all():
                break
            for offset in range(len(group.contenders)):
                index = (offset + turn) % len(group.contenders)
                if turn >= MIN_ROUNDS and spent[index] >= share_s:
                    continue
                seconds, results[index] = _run_once(group.contenders[index], clock)
                samples[index].append(seconds)
                spent[index] += seconds
    finally:
        if was_enabled:
            gc.enable()
    return [
        make_row(group.name, group.unit, contender.variant, contender.scale * np.array(values), contender.is_peer, contender.describe(result))
        for contender, values, result in zip(group.contenders, samples, results)
    ]


def make_row(
    name: str, unit: str, variant: str, values: np.ndarray | Sequence[float], is_peer: bool, facts: dict[str, object] | None = None
) -> Row:
    """A row of samples (N,) that are in its unit already."""
    values = np.asarray(values, dtype=np.float64)
    low, median, high, p99 = np.percentile(values, (25, 50, 75, 99))
    return Row(name, variant, unit, float(median), float(p99), float(values.min()), (float(low), float(high)), len(values), is_peer, facts or {})


def find_fastest_peer(rows: Sequence[Row], name: str) -> float | None:
    """Median of the fastest peer of a group, None when there is none."""
    medians = [row.median for row in rows if row.name == name and row.is_peer]
    return min(medians) if medians else None


def _run_once(contender: Contender, clock: Callable[[], float] = time.perf_counter) -> tuple[float, object]:
    contender.prepare()
    began = clock()
    result = contender.run()
    return clock() - began, result
