"""How soon somebody who watches could tell where the robot is going, from its way and from where its screen looks.

Source: A. Dragan, K. Lee, S. Srinivasa, "Legibility and predictability of robot motion", HRI 2013: the probability of the true goal
given the way so far, averaged over time with weights that fall to 0 at the arrival. docs/metrics.md has the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates

from astro_nav.evaluation.scenario import EpisodeRecord, FollowOrder
from astro_nav.geometry import se2
from astro_nav.kernels.cost_to_go import descend, make_march_scratch, march
from astro_nav.types import FloatArray, OccupancyMap

CELL_M = 0.1
OTHERS = 5  # goals beside the true one
SIMILAR = 0.25  # they are as far away, within this share
APART_M = 1.0  # and no nearer to each other, nor to the goal, than this
PRICE_PER_M = 1.0  # of a detour, in the exponent
GAZE_CONCENTRATION = 2.0  # von Mises: 1 standard deviation is 49 degrees
LOOK_AHEAD_M = 1.0  # along the way to a goal, where somebody looks who goes there
PERIOD_S = 0.2
LEAST_WAY_M = 1.0  # what is nearer says nothing
BLOCKED_PRICE = 30.0  # per metre through walls, so that every place has a way


def measure_legibility(record: EpisodeRecord) -> dict[str, Any]:
    """Legibility over the goals that were reached: from way and gaze, and from the way alone; None when no goal can be told from others."""
    figures = []
    orders = record.scenario.orders
    goals = [goal for goal in record.goals if goal.reached and not goal.replaced]
    if goals and not any(isinstance(order, FollowOrder) for order in orders):
        observer = Observer(record.scenario.occupancy_map or record.scenario.world.rasterize(CELL_M), record.robot.footprint)
        for goal in goals:
            span = (record.times_s >= goal.ordered_s - 1e-9) & (record.times_s <= goal.ended_s + 1e-9)
            gaze_rad = record.poses_map[span, 2] + record.screen_rad[span]
            figures.append(observer.judge(record.times_s[span], record.poses_map[span, :2], gaze_rad, goal.goal_map[:2]))
    known = [figure for figure in figures if figure is not None]
    means = np.mean(known, axis=0).tolist() if known else [None, None]
    return {"legibility": means[0], "legibility_of_way": means[1]}


class Observer:
    """Somebody who knows the home and thinks that the robot takes short ways.

    Args:
        occupancy_map: of the home; what is not known to be occupied is free.
        footprint: (V, 2) of the robot.
    """

    def __init__(self, occupancy_map: OccupancyMap, footprint: FloatArray) -> None:
        self._pose_map_origin = occupancy_map.pose_map_origin
        every = max(1, round(CELL_M / occupancy_map.resolution_m))
        self._cell_m = every * occupancy_map.resolution_m
        occupied = _pool(occupancy_map.occupancy >= 65, every)
        # Half a robot's width: the way that was driven is then free, whatever the rounding to cells.
        room_m = 0.5 * float(np.abs(footprint[:, 1]).max())
        away_m = distance_transform_edt(~occupied) * self._cell_m if occupied.any() else np.full(occupied.shape, np.inf)
        self._is_free = away_m > room_m
        self._rate = np.where(self._is_free, 1.0, BLOCKED_PRICE).astype(np.float32)
        self._scratch = make_march_scratch(*self._rate.shape)

    def judge(self, times_s: FloatArray, places_map: FloatArray, gaze_rad: FloatArray, goal_map: FloatArray) -> tuple[float, float] | None:
        """Legibility of one drive.

        Args:
            times_s: (N,) from order to arrival.
            places_map: (N, 2) way.
            gaze_rad: (N,) where the screen looks, in the map.
            goal_map: (2,).

        Returns:
            from way and gaze, from the way alone; None for ways below a metre and where there is no other place to go to.
        """
        picked = np.unique(np.searchsorted(times_s, np.arange(times_s[0], times_s[-1], PERIOD_S)))
        times, places = times_s[picked], self._to_grid(places_map[picked])
        gaze = gaze_rad[picked] - self._pose_map_origin[2]
        goal = self._to_grid(np.atleast_2d(goal_map))[0]
        goals = [goal, *self._find_others(places[0], goal)]
        if len(goals) < 2:
            return None
        fields = [self._measure_ways(place) for place in goals]
        lengths = np.stack([self._look_up(field, places) for field in fields], axis=1)
        bearings = np.stack([self._find_bearings(field, places, place) for field, place in zip(fields, goals)], axis=1)
        weights = times_s[-1] - times
        return tuple(
            float(np.average(probability[:, 0], weights=weights))
            for probability in (infer_goal(lengths, bearings, gaze), infer_goal(lengths, bearings, None))
        )  # type: ignore[return-value]  # two of them

    def _find_others(self, start: FloatArray, goal: FloatArray) -> Sequence[FloatArray]:
        """Places that are about as far from the start as the goal, picked farthest from each other and from the goal."""
        ways = self._measure_ways(start)
        length_m = float(self._look_up(ways, goal[None])[0])
        rows, columns = np.nonzero(self._is_free & (np.abs(ways - length_m) <= SIMILAR * length_m))
        if length_m < LEAST_WAY_M or not len(rows):
            return []
        cells = self._cell_m * (np.column_stack([columns, rows]) + 0.5)
        nearest_m = np.hypot(*(cells - goal).T)
        others: list[FloatArray] = []
        while len(others) < OTHERS and nearest_m.max() >= APART_M:
            others.append(cells[nearest_m.argmax()])
            nearest_m = np.minimum(nearest_m, np.hypot(*(cells - others[-1]).T))
        return others

    def _to_grid(self, places_map: FloatArray) -> FloatArray:
        return se2.transform_points(se2.invert(self._pose_map_origin), places_map)

    def _measure_ways(self, place: FloatArray) -> FloatArray:
        """(H, W) length of the shortest way from every cell to a place [m]."""
        height, width = self._rate.shape
        corner = np.clip(np.floor(place / self._cell_m - 0.5).astype(int), 0, [width - 2, height - 2])
        columns, rows = (corner[:, None] + np.array([[0, 0, 1, 1], [0, 1, 0, 1]]))
        away_m = np.hypot((columns + 0.5) * self._cell_m - place[0], (rows + 0.5) * self._cell_m - place[1])
        field = np.empty_like(self._rate)
        march(self._rate, np.float32(self._cell_m), rows * width + columns, away_m.astype(np.float32), field, self._scratch)
        return field

    def _look_up(self, field: FloatArray, places: FloatArray) -> FloatArray:
        rows_columns = places[:, ::-1].T / self._cell_m - 0.5
        return map_coordinates(field, rows_columns, order=1, mode="nearest", output=np.float64)

    def _find_bearings(self, field: FloatArray, places: FloatArray, goal: FloatArray) -> FloatArray:
        """(N,) direction from each place (N, 2) to where the shortest way is a metre later."""
        stride_m = 0.5 * self._cell_m
        way = np.empty((round(LOOK_AHEAD_M / stride_m), 2))
        bearings = np.empty(len(places))
        for number, (x, y) in enumerate(places.tolist()):
            count = descend(field, 0.0, 0.0, self._cell_m, x, y, stride_m, way)
            ahead = way[count - 1] if count == len(way) else goal
            bearings[number] = math.atan2(ahead[1] - y, ahead[0] - x)
        return bearings


def infer_goal(lengths_m: FloatArray, bearings_rad: FloatArray, gaze_rad: FloatArray | None) -> FloatArray:
    """Probability of every goal at every moment, all being as likely before.

    Args:
        lengths_m: (N, G) of the shortest ways that are left to every goal; the first row is at the start.
        bearings_rad: (N, G) in which they begin.
        gaze_rad: (N,) where the screen looks, None for the way alone.

    Returns:
        (N, G).
    """
    exponent = PRICE_PER_M * (lengths_m[:1] - lengths_m)
    if gaze_rad is not None:
        exponent = exponent + GAZE_CONCENTRATION * np.cos(gaze_rad[:, None] - bearings_rad)
    likelihood = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return likelihood / likelihood.sum(axis=1, keepdims=True)


def _pool(occupied: np.ndarray, every: int) -> np.ndarray:
    """Coarser cells, occupied where one of theirs is."""
    height, width = (-(-side // every) * every for side in occupied.shape)
    padded = np.zeros((height, width), dtype=np.bool_)
    padded[: occupied.shape[0], : occupied.shape[1]] = occupied
    return padded.reshape(height // every, every, width // every, every).any(axis=(1, 3))
