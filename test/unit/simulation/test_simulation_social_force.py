"""People who make room: the force is the published one, and people go around each other and around the robot."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_nav.params.files import load_params
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.simulator import Simulator
from astro_nav.simulation.social_force import SocialForceBehaviour, SocialForceParams, compute_repulsion
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import PersonScript, WalkScript, Waypoint, World


def compute_potential(x: float, y: float, other, params: SocialForceParams) -> float:
    """Equations (3) and (4) of Helbing and Molnar (1995), term by term."""
    ox, oy, vx, vy = other
    speed = math.hypot(vx, vy)
    near = math.hypot(x - ox, y - oy)
    far = math.hypot(x - ox - params.step_s * vx, y - oy - params.step_s * vy)
    two_b = math.sqrt((near + far) ** 2 - (speed * params.step_s) ** 2)
    return params.repulsion_m2ps2 * math.exp(-0.5 * two_b / params.repulsion_reach_m)


@pytest.mark.parametrize("other", [(0.0, 0.0, 0.0, 0.0), (0.2, -0.1, 0.7, 0.3), (1.0, 0.5, -1.2, 0.0)])
@pytest.mark.parametrize("place", [(0.6, 0.2), (-0.4, 0.7), (0.1, -1.1)])
def test_repulsion_is_minus_the_gradient_of_the_published_potential(place, other):
    params, h = SocialForceParams(), 1e-6
    (x, y) = place
    expected = (
        -(compute_potential(x + h, y, other, params) - compute_potential(x - h, y, other, params)) / (2 * h),
        -(compute_potential(x, y + h, other, params) - compute_potential(x, y - h, other, params)) / (2 * h),
    )
    assert compute_repulsion(place, other, params) == pytest.approx(expected, rel=1e-4, abs=1e-7)


def make_hall(*walks, robot=(0.0, -3.0, 0.0)) -> Simulator:
    walls = tuple(
        Solid(name, "wall", center, size_m=(12.0, 0.1), top_m=2.0) for name, center in (("south", (0.0, -1.5)), ("north", (0.0, 1.5)))
    )
    scripts = [WalkScript(tuple(Waypoint(point) for point in walk), "once", 0.9) for walk in walks]
    people = tuple(PersonScript(f"person {i}", script) for i, script in enumerate(scripts))
    world = World("hall", walls, people=people, start_pose_map=np.array(robot))
    behaviours = {f"person {i}": SocialForceBehaviour(script) for i, script in enumerate(scripts)}
    return Simulator(world, load_params(SimulatorParams, "simulator"), 1, behaviours)


def watch(simulator: Simulator, duration_s: float) -> list:
    truths = []
    for _ in range(int(duration_s / 0.1)):
        simulator.step(0.1)
        truths.append(simulator.truth())
    return truths


def test_two_people_who_come_towards_each_other_pass():
    truths = watch(make_hall([(-4.0, 0.05), (4.0, 0.05)], [(4.0, -0.05), (-4.0, -0.05)]), 14.0)
    gaps = [np.linalg.norm(t.people[0].position_map - t.people[1].position_map) for t in truths]
    assert min(gaps) > 0.44  # their bodies do not overlap
    assert truths[-1].people[0].position_map[0] > 3.5 and truths[-1].people[1].position_map[0] < -3.5


def test_a_person_goes_around_a_robot_that_stands():
    truths = watch(make_hall([(-4.0, 0.1), (4.0, 0.1)], robot=(0.0, 0.0, 0.0)), 14.0)
    assert truths[-1].contacts == ()
    assert truths[-1].people[0].position_map[0] > 3.5


def test_a_person_alone_walks_straight_at_the_wanted_speed():
    truths = watch(make_hall([(-4.0, 0.0), (4.0, 0.0)], robot=(0.0, -4.0, 0.0)), 6.0)
    track = np.array([t.people[0].position_map for t in truths])
    assert np.abs(track[:, 1]).max() < 0.05
    assert np.hypot(*truths[30].people[0].velocity_map) == pytest.approx(0.9, abs=0.05)
