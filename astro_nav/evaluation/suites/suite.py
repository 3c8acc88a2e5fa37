"""What a suite is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astro_nav.evaluation.scenario import Scenario


@dataclass(frozen=True)
class Suite:
    """A kind of episode.

    Attributes:
        name: how it is called on the command line.
        help: one sentence for people.
        episodes: how many make a run unless the user says otherwise.
        make: seed of an episode -> what happens in it; the same seed gives the same scenario.
        notes: sentences that a user of the results must know, e.g. which maps were skipped.
    """

    name: str
    help: str
    episodes: int
    make: Callable[[int], Scenario]
    notes: tuple[str, ...] = ()


def make_generator(seed: int, *purpose: int) -> np.random.Generator:
    """A stream of random numbers for one purpose, so that one more draw here does not change what is drawn there.

    Args:
        seed: of the episode.
        purpose: numbers that tell the streams of an episode apart.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *purpose])))
