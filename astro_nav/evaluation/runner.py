"""A run: all episodes that are missing, in parallel, each written down as soon as it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from typing import Any

from astro_nav.evaluation.episode import EpisodeName, make_plain, measure_named_episode
from astro_nav.evaluation.metrics import describe_crash
from astro_nav.evaluation.store import RunFolder

Measure = Callable[[EpisodeName], dict[str, Any]]
OnRow = Callable[[dict[str, Any]], None]

# So often the loop looks up, so that Ctrl-C is heard at once also where a wait cannot be interrupted [s].
LOOK_UP_S = 0.2


def run_missing(
    folder: RunFolder,
    executor: Executor,
    slots: int,
    on_row: OnRow = lambda row: None,
    measure: Measure = measure_named_episode,
) -> None:
    """Run every episode of a run that has no row yet.

    Args:
        folder: of the run, open.
        executor: of `concurrent.futures`, or one that behaves alike.
        slots: how many episodes may be under way at once; no more are handed over, so that an interruption wastes little.
        on_row: called after a row was written.
        measure: name of an episode -> its row; runs in the executor's workers.

    Raises:
        EvaluationError: when a row cannot be written.
    """
    missing = iter(folder.list_missing())
    in_flight: dict[Future, EpisodeName] = {}
    _fill(in_flight, missing, executor, slots, measure)
    while in_flight:
        done, _ = wait(in_flight, timeout=LOOK_UP_S, return_when=FIRST_COMPLETED)
        # In the order of the episodes, not in that of a set.
        for future in sorted(done, key=lambda future: in_flight[future].seed):
            row = _take_row(future, in_flight.pop(future))
            folder.add_row(row)
            on_row(row)
        _fill(in_flight, missing, executor, slots, measure)


def _fill(
    in_flight: dict[Future, EpisodeName], missing: Iterator[EpisodeName], executor: Executor, slots: int, measure: Measure
) -> None:
    while len(in_flight) < slots and (name := next(missing, None)) is not None:
        in_flight[executor.submit(measure, name)] = name


def _take_row(future: Future, name: EpisodeName) -> dict[str, Any]:
    """The row, or that of a failed episode when its worker is gone."""
    try:
        return future.result()
    except BrokenExecutor:
        error = "the worker process ended in the middle of the episode (killed, out of memory, or a crash outside of Python)"
    except Exception as problem:  # whatever a worker or the way to it can raise costs this one episode
        error = f"{type(problem).__name__}: {problem}"
    return make_plain(describe_crash(name.suite, name.seed, name.planner, error))
