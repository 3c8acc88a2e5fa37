"""An episode by its name: whoever knows the name can run, replay and draw it, in any process and on any machine."""

from __future__ import annotations

import functools
import json
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astro_nav.evaluation.closed_loop import ClosedLoop, Watch
from astro_nav.evaluation.metrics import describe_crash, measure_episode
from astro_nav.evaluation.planners import get_planner
from astro_nav.evaluation.scenario import EpisodeRecord, Scenario
from astro_nav.evaluation.settings import load_settings
from astro_nav.evaluation.suites import Suite, get_suite

# Seeds of neighbouring runs share no episode as long as a run has fewer than a million; a prime, so that no pattern of a
# suite's own draws repeats with it.
SEED_STRIDE = 1_000_003


@dataclass(frozen=True)
class EpisodeName:
    """All that an episode depends on.

    Attributes:
        suite: name of the suite.
        seed: of the episode: world, noise, planner.
        planner: name of the planner.
        changes: the user's parameters; values as YAML and JSON know them.
        maps: folder of the user's maps, "" for the suite's own worlds.
    """

    suite: str
    seed: int
    planner: str = "astro"
    changes: Mapping[str, Any] = field(default_factory=dict)
    maps: str = ""


def derive_seed(run_seed: int, index: int) -> int:
    """Seed of one episode of a run: the same for every planner and all settings, so that runs can be compared in pairs."""
    return run_seed * SEED_STRIDE + index


def make_scenario(name: EpisodeName) -> Scenario:
    """Build what happens in an episode."""
    return _get_suite(name.suite, name.maps).make(name.seed)


def run_episode(name: EpisodeName, watch: Watch | None = None) -> EpisodeRecord:
    """Run an episode.

    Args:
        name: of the episode.
        watch: see `ClosedLoop.run`.

    Raises:
        AstroNavError: for names and parameters that do not exist.
    """
    make_planner = get_planner(name.planner)
    warm_up_planner(name.planner, json.dumps(dict(name.changes), sort_keys=True, default=str))
    return ClosedLoop(make_scenario(name), name.changes, (name.planner, make_planner)).run(watch)


def measure_named_episode(name: EpisodeName) -> dict[str, Any]:
    """Run an episode and measure it; an exception is a failed episode, not the end of the run. What workers do.

    Returns:
        The row; see `measure_episode`.
    """
    try:
        row = measure_episode(run_episode(name))
    except Exception:  # a bug of a planner or a suite must not take the other episodes with it; the row holds the traceback
        row = describe_crash(name.suite, name.seed, name.planner, traceback.format_exc())
    return make_plain(row)


def make_plain(value: Any) -> Any:
    """The same in types that JSON knows; what is no finite number becomes None."""
    if isinstance(value, Mapping):
        return {str(key): make_plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # NumPy arrays and numbers
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [make_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


@functools.lru_cache(maxsize=4)
def _get_suite(name: str, maps: str) -> Suite:
    return get_suite(name, Path(maps) if maps else None)


@functools.lru_cache(maxsize=8)
def warm_up_planner(planner: str, changes_text: str = "{}") -> None:
    """Compile or load every kernel once per process, outside of the cycles that are measured.

    Args:
        planner: name of the planner.
        changes_text: the user's parameters as JSON.
    """
    params = load_settings(json.loads(changes_text))[0]
    get_planner(planner)(params, 0).warm_up()
