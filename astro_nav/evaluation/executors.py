"""Where episodes run: processes of this machine, or the workers of a Dask cluster. Both are executors of `concurrent.futures`."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any

from astro_nav.errors import EvaluationError

# An episode is small: threads in one process would only fight for the core that another episode has. And with another number
# of threads, sums may be rounded otherwise.
ONE_THREAD = {
    name: "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
}
STOPPING_S = 2.0


class WorkerProcesses(Executor):
    """Processes of which each runs one episode after the other; one that dies takes only its own episode with it.

    A `ProcessPoolExecutor` gives up all that is in flight when one of its processes dies, without telling which one it was.
    So this is a row of pools of one process each; a broken one is made anew.

    Args:
        workers: number of processes.
    """

    def __init__(self, workers: int) -> None:
        if workers < 1:
            raise EvaluationError(f"workers = {workers} must be at least 1")
        # A new interpreter each: a fork of a process with threads may hang.
        self._context = multiprocessing.get_context("spawn")
        self._known = set(multiprocessing.active_children())
        self._pools: list[ProcessPoolExecutor | None] = [None] * workers
        self._in_flight: list[set[Future]] = [set() for _ in range(workers)]

    @property
    def slots(self) -> int:
        """How many can run at once."""
        return len(self._pools)

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Run a function in the process that has least to do."""
        for flights in self._in_flight:
            flights -= {future for future in flights if future.done()}
        place = min(range(self.slots), key=lambda number: len(self._in_flight[number]))
        with _set_environment(ONE_THREAD):
            try:
                future = self._get_pool(place).submit(function, *args, **kwargs)
            except BrokenExecutor:
                self._pools[place] = None
                future = self._get_pool(place).submit(function, *args, **kwargs)
        self._in_flight[place].add(future)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes; without `wait` at once, whatever they are doing."""
        pools = [pool for pool in self._pools if pool is not None]
        for pool in pools:
            pool.shutdown(wait=wait, cancel_futures=cancel_futures)
        if not wait:
            own = [child for child in multiprocessing.active_children() if child not in self._known]
            for child in own:
                child.terminate()
            for child in own:
                child.join(STOPPING_S)
                if child.is_alive():
                    child.kill()

    def _get_pool(self, place: int) -> ProcessPoolExecutor:
        pool = self._pools[place]
        if pool is None:
            pool = ProcessPoolExecutor(1, mp_context=self._context, initializer=prepare_worker)
            self._pools[place] = pool
        return pool


def prepare_worker() -> None:
    """Leave Ctrl-C to the process that has started this one, and end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def watch_parent() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch_parent, daemon=True, name="watch_parent").start()


@contextlib.contextmanager
def connect_cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """Connect to a Dask scheduler; gives its executor and the number of episodes that it can run at once.

    Raises:
        EvaluationError: without dask.distributed, or when nobody answers at the address.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EvaluationError("--scheduler needs dask.distributed, the extra [cluster]: pip install distributed") from error
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise EvaluationError(f"no Dask scheduler answers at {address}: start one with `dask scheduler` ({error})") from error
    try:
        slots = sum(client.nthreads().values())
        if slots < 1:
            raise EvaluationError(f"the Dask scheduler at {address} has no workers: start some with `dask worker {address}`")
        # Not pure: an episode that failed must not be answered from the cluster's memory.
        yield client.get_executor(pure=False), slots
    finally:
        client.close()


@contextlib.contextmanager
def _set_environment(variables: dict[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started meanwhile; what the user has set stays."""
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
