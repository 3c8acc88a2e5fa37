"""One short real episode, filmed once: the robot leaves its place in the shipped home."""

from __future__ import annotations

import numpy as np
import pytest

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.reports.filming import film_episode
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.simulation.world_file import find_world_file, load_world

SHORT_S = 4.0


def make_short_loop(_name=None) -> ClosedLoop:
    world = load_world(find_world_file("home.yaml"))
    return ClosedLoop(Scenario("homes", 7, world, (GoalOrder(np.array([[5.0, 4.3, 0.0]])),), SHORT_S))


@pytest.fixture(scope="session")
def filmed():
    return film_episode(make_short_loop(), "homes, episode 7, astro", period_s=0.2)


@pytest.fixture
def short_loop():
    return make_short_loop
