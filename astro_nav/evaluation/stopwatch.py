"""How long the local planner computes: the one clock of an episode, read outside of everything that decides."""

from __future__ import annotations

import time

from astro_nav.evaluation.stack import MakePlanner, MotionPlanner, StackParams
from astro_nav.local_planning.local_plan import LocalPlan


class PlannerStopwatch:
    """Measures every cycle of the planners that it watches.

    Attributes:
        cycle_s: computing time of every call of `plan` so far, measured.
    """

    def __init__(self) -> None:
        self.cycle_s: list[float] = []

    def watch(self, make_planner: MakePlanner) -> MakePlanner:
        """Return a maker of planners that are measured."""

        def make_watched(params: StackParams, seed: int) -> MotionPlanner:
            planner = make_planner(params, seed)
            plan = planner.plan

            def plan_watched(now_s: float) -> LocalPlan:
                began = time.perf_counter()
                result = plan(now_s)
                self.cycle_s.append(time.perf_counter() - began)
                return result

            planner.plan = plan_watched  # type: ignore[method-assign]  # this one object is watched, its class is not
            return planner

        return make_watched
