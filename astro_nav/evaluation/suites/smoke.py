"""A short mix of the other suites, for a first look and for continuous integration."""

from __future__ import annotations

from dataclasses import replace

from astro_nav.evaluation.scenario import Scenario
from astro_nav.evaluation.suites.clutter import make_clutter
from astro_nav.evaluation.suites.doors import make_doors
from astro_nav.evaluation.suites.faults import make_faults
from astro_nav.evaluation.suites.homes import make_homes
from astro_nav.evaluation.suites.narrow import make_narrow
from astro_nav.evaluation.suites.parking import make_parking
from astro_nav.evaluation.suites.people import make_people
from astro_nav.evaluation.suites.retask import make_retask
from astro_nav.evaluation.suites.suite import Suite
from astro_nav.evaluation.suites.surprise import make_surprise

PARTS = (
    make_homes, make_people, make_narrow, make_surprise, make_parking, make_clutter, make_faults, make_retask, make_doors,
)  # fmt: skip


def make_smoke(seed: int) -> Scenario:
    """An episode of the suite whose turn it is."""
    scenario = PARTS[seed % len(PARTS)](seed // len(PARTS))
    return replace(scenario, suite="smoke", seed=seed, facts=_tell_origin(scenario))


def _tell_origin(scenario: Scenario):
    """The scenario's facts, the same object since a disturbance may fill it in, with the suite it is of."""
    if isinstance(scenario.facts, dict):
        scenario.facts["part"] = scenario.suite
    return scenario.facts


SMOKE = Suite("smoke", "a mix of all suites that takes about a minute", len(PARTS), make_smoke)
