"""Makes the PyPI environment current: quick when it is, from the first stale layer on when it is not."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import time
from collections.abc import Iterator

from pypi_setup.packages import PackageLayer
from pypi_setup.paths import Checkout, SetupError
from pypi_setup.prerequisites import check_prerequisites
from pypi_setup.workspace import WorkspaceLayer

# Two layers, and a second try for either.
_MAX_LAYERS_MADE = 4


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
        # Asked again: another set-up may have done it while we waited, and an input may change while a layer is made.
        for made in itertools.count():
            stale = _find_stale_layer(checkout)
            if stale is None:
                break
            layer, name, reason = stale
            if made == _MAX_LAYERS_MADE:
                raise SetupError(f"{name} is still not right, {reason}: are its files being edited? Run the command again.")
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
