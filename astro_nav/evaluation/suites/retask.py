"""New goals while the robot is on its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from astro_nav.errors import MapError
from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.home_world import draw_pair, find_roomy_points, make_home
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.judge import Judge, draw_truth
from astro_nav.evaluation.suites.suite import Suite, make_generator

FIRST_ORDER_S = 0.6
BETWEEN_S = (2.0, 6.0)  # from one order to the next


def make_retask(seed: int) -> Scenario:
    """Two to four goals in a home, each given while the robot drives to the one before; only the last has to be reached."""
    for attempt in range(20):
        home = make_home(seed + 104_729 * (attempt + 1), clutter=1)
        generator = make_generator(seed, 1, attempt)
        judge = Judge(home.world)
        pair = draw_pair(home.world, generator, judge, (6.0, 12.0))
        if pair is not None:
            break
    else:
        raise MapError(f"retask, seed {seed}: no pair of poses in 20 homes")
    start, first, longest_m = pair
    goals = [first]
    points = find_roomy_points(draw_truth(home.world), judge.robot.circumscribed_radius_m + 0.06)
    wanted = int(generator.integers(2, 5))
    for _ in range(60):
        if len(goals) == wanted:
            break
        goal = np.array([*points[int(generator.integers(len(points)))], generator.uniform(-np.pi, np.pi)])
        length_m = judge.reaches(start, goal)
        if length_m is not None and 3.0 <= length_m <= 14.0:
            goals.append(goal)
            longest_m = max(longest_m, length_m)
    times = FIRST_ORDER_S + np.concatenate([[0.0], np.cumsum(generator.uniform(*BETWEEN_S, len(goals) - 1))])
    return Scenario(
        suite="retask",
        seed=seed,
        world=replace(home.world, start_pose_map=start, goals_map={f"goal {i + 1}": goal for i, goal in enumerate(goals)}),
        orders=tuple(GoalOrder(goal[None, :], float(time_s)) for goal, time_s in zip(goals, times)),
        time_limit_s=float(times[-1]) + compute_time_limit(2.0 * longest_m),
        facts={"goals": len(goals), "last_order_s": float(times[-1])},
    )


RETASK = Suite("retask", "homes with new goals while the robot drives", 100, make_retask)
