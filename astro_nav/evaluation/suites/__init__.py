"""Suites of episodes, each made from a seed."""

from __future__ import annotations

import difflib
from pathlib import Path

from astro_nav.errors import EvaluationError
from astro_nav.evaluation.suites.barn import BARN
from astro_nav.evaluation.suites.clutter import CLUTTER
from astro_nav.evaluation.suites.doors import DOORS
from astro_nav.evaluation.suites.faults import FAULTS
from astro_nav.evaluation.suites.follow import FOLLOW
from astro_nav.evaluation.suites.follow_recorded import FOLLOW_INDOOR, FOLLOW_RECORDED
from astro_nav.evaluation.suites.homes import HOMES, make_map_suite
from astro_nav.evaluation.suites.narrow import NARROW
from astro_nav.evaluation.suites.parking import PARKING
from astro_nav.evaluation.suites.people import PEOPLE
from astro_nav.evaluation.suites.retask import RETASK
from astro_nav.evaluation.suites.smoke import SMOKE
from astro_nav.evaluation.suites.surprise import SURPRISE
from astro_nav.evaluation.suites.suite import Suite
from astro_nav.evaluation.suites.thrown import THROWN

_ALL = (HOMES, PEOPLE, DOORS, NARROW, CLUTTER, SURPRISE, RETASK, FAULTS, BARN, PARKING, FOLLOW, SMOKE, THROWN, FOLLOW_RECORDED, FOLLOW_INDOOR)
SUITES: dict[str, Suite] = {suite.name: suite for suite in _ALL}


def get_suite(name: str, folder: Path | None = None) -> Suite:
    """Find a suite.

    Args:
        name: of the suite.
        folder: with map_server maps of the user, for `homes`.

    Raises:
        EvaluationError: for an unknown name, or a folder that cannot be used.
    """
    if name not in SUITES:
        close = difflib.get_close_matches(name, SUITES, n=2, cutoff=0.5)
        hint = f", did you mean {' or '.join(close)}?" if close else "."
        raise EvaluationError(f"suite {name!r} is unknown{hint} There are: {', '.join(SUITES)}")
    if folder is None:
        return SUITES[name]
    if name != "homes":
        raise EvaluationError(f"suite {name} takes no maps of yours: only homes does")
    return make_map_suite(Path(folder))


__all__ = ["SUITES", "Suite", "get_suite"]
