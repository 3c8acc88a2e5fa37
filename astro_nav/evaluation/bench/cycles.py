"""Whole cycles on a recorded drive: local planners with mapping and tracking, the tracker alone, the safety controller."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from astro_nav.evaluation.bench.measure import Row, make_row
from astro_nav.evaluation.bench.recording import Cycle
from astro_nav.evaluation.peers import make_dwa, make_mppi
from astro_nav.evaluation.stack import MotionPlanner, StackParams, make_astro
from astro_nav.geometry import se2
from astro_nav.mapping.pose_history import PoseHistory
from astro_nav.mapping.rolling_map import RollingMap
from astro_nav.mapping.scan_points import project_scan
from astro_nav.safety.controller import SafetyController
from astro_nav.tracking.tracker import Tracker

SETTLED = 20  # cycles before anything counts: the map fills, tracks form
REPETITIONS = 3
MAKERS = {"astro": make_astro, "dwa": make_dwa, "mppi": make_mppi}


def measure_cycles(params: StackParams, cycles: list[Cycle], clock: Callable[[], float] = time.perf_counter) -> list[Row]:
    """Rows of the whole local cycle: everything that arrived since the last one, and the plan.

    All planners take every cycle in turn. They compute on the drive of one of them, so the peers' own plans are not carried out.
    """
    samples: dict[str, list[float]] = {name: [] for name in MAKERS}
    candidates: dict[str, list[int]] = {name: [] for name in MAKERS}
    for repetition in range(REPETITIONS):
        planners: dict[str, MotionPlanner] = {name: make(params, repetition) for name, make in MAKERS.items()}
        if repetition == 0:
            for planner in planners.values():
                planner.warm_up()
        names = list(planners)
        for number, cycle in enumerate(cycles):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                planner = planners[name]
                began = clock()
                for kind, arguments in cycle.inputs:
                    getattr(planner, kind)(*arguments)
                plan = planner.plan(cycle.now_s)
                taken = clock() - began
                if number >= SETTLED:
                    samples[name].append(1e3 * taken)
                    candidates[name].append(plan.candidates)
    return [
        make_row("local cycle", "ms", name, samples[name], name != "astro", {"candidates": float(np.median(candidates[name]))})
        for name in MAKERS
    ]


def measure_tracker(params: StackParams, cycles: list[Cycle], clock: Callable[[], float] = time.perf_counter) -> list[Row]:
    """A row of the tracker's step, one ordinary scan at a time."""
    local, samples = params.local_planner, []
    for _ in range(REPETITIONS):
        history = PoseHistory(keep_s=2.0, max_extrapolation_s=local.freshness.max_odom_age_s)
        rolling_map, tracker, scans = RollingMap(local.map), Tracker(local.tracking), 0
        for kind, arguments in (entry for cycle in cycles for entry in cycle.inputs):
            if kind == "add_odometry":
                history.add(arguments[0])
            if kind != "add_scan":
                continue
            scan, pose_base_laser, _ = arguments
            first, last = history.look_up(scan.stamp_s), history.look_up(scan.stamp_s + scan.duration_s)
            if first is None or last is None:
                continue
            points = project_scan(
                scan, se2.compose(first, pose_base_laser), se2.compose(last, pose_base_laser), local.map.free_range_m
            )
            rolling_map.move_to(last[:2])
            evidence = rolling_map.look_up_evidence(points.points_odom)
            began = clock()
            moving = tracker.update(points, evidence)
            taken = clock() - began
            rolling_map.add_scan(points, moving)
            scans += 1
            if scans > SETTLED:
                samples.append(1e3 * taken)
    return [make_row("tracker step", "ms", "astro", samples, False)]


def measure_safety(params: StackParams, cycles: list[Cycle], clock: Callable[[], float] = time.perf_counter) -> list[Row]:
    """A row of the safety controller's step, with the drive's trajectories."""
    samples = []
    for _ in range(REPETITIONS):
        controller = SafetyController(params.safety_controller)
        period_s = params.safety_controller.period_s
        for number, cycle in enumerate(cycles):
            for kind, arguments in cycle.inputs:
                if kind == "add_odometry":
                    controller.add_odometry(arguments[0])
                elif kind == "add_scan":
                    controller.add_scan(*arguments)
            if cycle.plan is not None and cycle.plan.trajectory is not None:
                controller.set_trajectory(cycle.plan.trajectory, cycle.now_s)
            steps = max(1, int(round(1.0 / (params.local_planner.rate_hz * period_s))))
            for step in range(steps):
                now_s = cycle.now_s + step * period_s
                began = clock()
                controller.step(now_s, now_s)
                taken = clock() - began
                if number >= SETTLED:
                    samples.append(1e3 * taken)
    return [make_row("safety step", "ms", "astro", samples, False)]
