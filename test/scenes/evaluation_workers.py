"""What stands in for an episode in tests of the runner: importable by worker processes."""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from pathlib import Path

from astro_nav.evaluation.episode import EpisodeName

CRASHING, RAISING = 2, 3


def make_row(name: EpisodeName, **more) -> dict:
    """The least that a row has."""
    row = dict(suite=name.suite, seed=name.seed, planner=name.planner, success=True, timed_out=False, outcome="success")
    return row | dict(message="", error="", spl=0.5, stl=0.25, has_contact=False, contacts_by_robot=0) | more


def measure_at_once(name: EpisodeName) -> dict:
    """Leaves a file for every call in the folder `changes["trace"]`, if that is given."""
    if trace := name.changes.get("trace"):
        (Path(trace) / f"{name.seed}_{time.monotonic_ns()}").touch()
    return make_row(name)


def measure_late_first(name: EpisodeName) -> dict:
    """The earlier the seed, the later the end: it waits for the next one's file in the folder `changes["trace"]`."""
    folder = Path(name.changes["trace"])
    if name.seed % 2 == 0:
        while not (folder / str(name.seed + 1)).exists():
            time.sleep(0.01)
    (folder / str(name.seed)).touch()
    return make_row(name)


def measure_or_crash(name: EpisodeName) -> dict:
    """One episode takes its process with it, another one raises."""
    if name.seed == CRASHING:
        os._exit(7)
    if name.seed == RAISING:
        raise RuntimeError("a bug")
    return make_row(name)


def measure_or_raise(name: EpisodeName) -> dict:
    """One episode raises."""
    if name.seed == RAISING:
        raise RuntimeError("a bug")
    return make_row(name)


def measure_one_for_ever(name: EpisodeName) -> dict:
    """All but the first three episodes last until they are ended, unless the environment says so."""
    if name.seed % 1_000_003 >= 3 and not os.environ.get("EPISODES_END"):
        time.sleep(3600.0)
    return make_row(name)


def run_command_line(words: list[str]) -> int:
    """`astro-nav` with `measure_one_for_ever` for episodes; that somebody edits the code meanwhile does not matter to it."""
    from astro_nav.cli.main import main
    from astro_nav.evaluation import runner, store

    store.compute_fingerprints = lambda settings: {}
    runner.run_missing = partial(runner.run_missing, measure=measure_one_for_ever)
    return main(words)


if __name__ == "__main__":
    sys.exit(run_command_line(sys.argv[1:]))
