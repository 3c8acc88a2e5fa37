"""What can fill the local planner's place, by name."""

from __future__ import annotations

import importlib

from astro_nav.evaluation.names import refuse_unknown
from astro_nav.evaluation.stack import MakePlanner

# name -> (module, maker): imported when it is asked for, so that nobody waits for a planner that is not used.
PLANNERS: dict[str, tuple[str, str]] = {
    "astro": ("astro_nav.evaluation.stack", "make_astro"),
    "dwa": ("astro_nav.evaluation.peers", "make_dwa"),
    "mppi": ("astro_nav.evaluation.peers", "make_mppi"),
    "blind": ("astro_nav.evaluation.blind", "make_blind"),
}


def check_planner(name: str) -> None:
    """Refuse an unknown name.

    Raises:
        EvaluationError: with the names that there are.
    """
    if name not in PLANNERS:
        raise refuse_unknown("planner", name, PLANNERS)


def get_planner(name: str) -> MakePlanner:
    """Find the maker of a planner.

    Raises:
        EvaluationError: for an unknown name.
    """
    check_planner(name)
    module, maker = PLANNERS[name]
    return getattr(importlib.import_module(module), maker)
