"""Compiling every kernel before the first real cycle: a compilation in flight would cost a whole period."""

from __future__ import annotations

import numpy as np

from astro_nav.types import Odometry, Path, Scan

RAYS = 360
CYCLES = 45
EMPTY_CYCLES = 20  # who appears where space was seen free has come there, and is tracked


def warm_up_planner(make_planner) -> None:
    """Let a planner of its own drive in a small round room past somebody who walks.

    Args:
        make_planner: returns a new `LocalPlanner` with the parameters in use.
    """
    planner = make_planner()
    bearings = np.linspace(-np.pi, np.pi, RAYS, endpoint=False)
    goal = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    planner.set_pose_map_odom(np.zeros(3), 0.0)
    planner.set_path(Path(0.0, goal))
    for cycle in range(CYCLES):
        now_s = 0.1 * cycle
        ranges = np.full(RAYS, 2.5, dtype=np.float32)
        bearing = 0.8 - 0.06 * (cycle - EMPTY_CYCLES)
        if cycle >= EMPTY_CYCLES:
            ranges[np.abs(bearings - bearing) < 0.1] = 1.5
        planner.set_pose_map_odom(np.zeros(3), now_s)
        planner.add_odometry(Odometry(now_s, np.zeros(3), np.zeros(2)))
        planner.add_odometry(Odometry(now_s + 0.05, np.zeros(3), np.zeros(2)))
        scan = Scan(now_s, "laser", -np.pi, 2.0 * np.pi / RAYS, 0.0001, 0.05, 12.0, ranges)
        planner.add_scan(scan, np.zeros(3), now_s + 0.05)
        if cycle > CYCLES - 3:
            # A camera's word makes a track at once, should the tracker have been told to be slow.
            person = 1.65 * np.array([[np.cos(bearing), np.sin(bearing)]])
            planner.add_people(now_s, person, 0.01 * np.eye(2)[np.newaxis], ["walker"])
        planner.plan(now_s + 0.05)
