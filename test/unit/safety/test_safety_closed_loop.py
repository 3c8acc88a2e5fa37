"""The whole stack drives through the home: what reaches the wheels keeps the comfortable limits, whatever the planner asks for."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.closed_loop import ClosedLoop
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.simulation.world_file import find_world_file, load_world


def test_commands_keep_acceleration_and_jerk_outside_declared_hard_braking() -> None:
    world = load_world(find_world_file("home.yaml"))
    loop = ClosedLoop(Scenario("test", 4, world, (GoalOrder(np.array([[3.1, 2.0, -1.57]])),), 30.0))
    safety = loop.stack._safety
    hard: list[bool] = []
    record = loop.run(lambda *_: hard.append(safety.hard_braking.is_on))
    assert record.success
    limits, period_s = loop.stack.params.safety_controller.robot.limits, loop.stack.period_s
    accelerations = np.diff(record.commands, axis=0) / period_s
    jerks = np.diff(accelerations, axis=0) / period_s
    was_hard = np.array(hard)
    soft = ~(was_hard[2:] | was_hard[1:-1])
    assert soft.mean() > 0.98
    assert np.abs(record.commands[:, 0]).max() > 0.5
    assert (np.abs(accelerations[1:][soft]) <= [limits.max_deceleration_mps2 + 1e-5, limits.max_turn_acceleration_radps2 + 1e-5]).all()
    assert (np.abs(jerks[soft]) <= [limits.max_jerk_mps3 + 1e-3, limits.max_turn_jerk_radps3 + 1e-3]).all()
