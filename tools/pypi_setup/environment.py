"""Makes the PyPI environment current: quick when it is, from the first stale layer on when it is not."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from pypi_setup.packages import PackageLayer
from pypi_setup.paths import Checkout, SetupError
from pypi_setup.prerequisites import check_prerequisites
from pypi_setup.workspace import WorkspaceLayer


def make_environment(checkout: Checkout) -> None:
    """Makes `.venv` hold the pinned packages and the built repository.

    Raises:
        SetupError: Something is missing or failed; the message is a sentence with the remedy.
    """
    if _find_stale_layer(checkout) is None:
        return
    check_prerequisites(checkout)
    with _hold_lock(checkout):
        start_s = time.monotonic()
        while stale := _find_stale_layer(checkout):  # asked again: another set-up may have done it while we waited
            layer, name, reason = stale
            print(f"{name}: {reason}", flush=True)
            try:
                layer.make()
            except OSError as error:
                raise SetupError(f"{name} could not be made: {error}") from error
        print(f"Environment ready in {time.monotonic() - start_s:.0f} s.", flush=True)


def _find_stale_layer(checkout: Checkout) -> tuple[PackageLayer | WorkspaceLayer, str, str] | None:
    """Returns the first layer that has to be made, its name and why; None when all are in place."""
    packages = PackageLayer(checkout)
    if reason := packages.explain_staleness():
        return packages, "Python environment (.venv)", reason
    workspace = WorkspaceLayer(checkout, packages.key)
    if reason := workspace.explain_staleness():
        return workspace, "Packages of this repository", reason
    return None


@contextlib.contextmanager
def _hold_lock(checkout: Checkout) -> Iterator[None]:
    """Keeps other set-ups in this checkout waiting; the system frees it when this process ends, however it ends."""
    with checkout.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            print(f"Another set-up is at work in this checkout (process {lock.read().strip() or 'unknown'}), waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        checkout.log.write_text("")
        yield
