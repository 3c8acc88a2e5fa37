"""A path integral planner (MPPI) in the structure and with the terms of Nav2's; see kernels/peers/path_integral.py."""

from __future__ import annotations

import numpy as np

from astro_nav.evaluation.peers.planner import Choice, Moment, PeerPlanner, drive
from astro_nav.evaluation.stack import MotionPlanner, StackParams
from astro_nav.kernels.peers.path_integral import (
    PathIntegralBatch,
    PathIntegralScene,
    PathIntegralWeights,
    blend_controls,
    evaluate_path_integral,
)
from astro_nav.params.files import load_params
from astro_nav.params.peers import MppiParams, PeersParams
from astro_nav.types import Float32Array

# Savitzky, Golay 1964: the value of a parabola fitted to nine points, at their middle.
SMOOTHING = np.array([-21.0, 14.0, 39.0, 54.0, 59.0, 54.0, 39.0, 14.0, -21.0]) / 231.0

single = np.float32


def make_mppi(params: StackParams, seed: int, peers: PeersParams | None = None) -> MotionPlanner:
    """The path integral planner with the shipped parameters, or with others."""
    return PathIntegralPlanner(params, peers or load_params(PeersParams, "peers"), seed)


def make_batch(samples: int, steps: int) -> PathIntegralBatch:
    """Room for a batch."""
    rows = (np.zeros((steps, samples), dtype=np.float32) for _ in range(11))
    return PathIntegralBatch(
        *rows, np.zeros(samples, dtype=np.float32), np.zeros(samples, dtype=np.bool_), np.zeros(samples, dtype=np.int32)
    )


class PathIntegralPlanner(PeerPlanner):
    """See the module."""

    def __init__(self, params: StackParams, peers: PeersParams, seed: int) -> None:
        super().__init__(params, peers, seed)
        own = peers.mppi
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._batch = make_batch(own.samples, own.steps)
        self._controls = np.zeros((2, own.steps), dtype=np.float32)
        self._past = np.zeros((2, 4), dtype=np.float32)  # controls before the first, for the smoothing
        self._shift = max(1, int(round(1.0 / (self.params.rate_hz * own.step_s))))
        self._noise = self._draw_noise()

    @property
    def path_ahead_m(self) -> float:
        """Length of the path that the planner looks at."""
        return self.peers.mppi.path_ahead_m

    def forget(self) -> None:
        """Begin with a control sequence of zeros."""
        super().forget()
        self._controls[:] = 0.0
        self._past[:] = 0.0

    def choose(self, moment: Moment) -> Choice | None:
        """Judge a batch around the previous controls, moved on in time, and blend it."""
        own = self.peers.mppi
        self._move_on()
        scene, weights, offsets = self._make_scene(moment), self._make_weights(moment), self._make_offsets()
        for attempt in range(2):
            for _ in range(own.iterations):
                if own.regenerate_noise:
                    self._noise = self._draw_noise()
                evaluate_path_integral(
                    self._controls[0], self._controls[1], self._noise[0], self._noise[1], scene, weights, moment.limits, offsets,
                    self._batch,
                )  # fmt: skip
                best = blend_controls(self._batch, single(own.temperature), self._controls[0], self._controls[1])
            if best >= 0:
                break
            # Everything around what was wanted collides: once more, around standing still.
            self._controls[:] = 0.0
            self._past[:] = 0.0
        if best < 0:
            return None
        if own.smooth:
            self._smooth()
        wanted = self._controls.T.astype(np.float64)
        if drive(moment, wanted, own.steps, own.step_s).clearance_m < moment.contact_below:
            # The mean of two ways round something may lead through it; the best of them does not.
            self._controls[0], self._controls[1] = self._batch.wanted_v[:, best], self._batch.wanted_omega[:, best]
            wanted = self._controls.T.astype(np.float64)
        feasible = int((~self._batch.collides).sum())
        return Choice(wanted, own.steps, own.step_s, own.samples * own.iterations, feasible)

    def _draw_noise(self) -> Float32Array:
        own = self.peers.mppi
        noise = self._rng.standard_normal((2, own.steps, own.samples), dtype=np.float32)
        noise[0] *= single(own.deviation_v_mps)
        noise[1] *= single(own.deviation_omega_radps)
        return noise

    def _move_on(self) -> None:
        shift = self._shift
        self._past = np.concatenate([self._past, self._controls[:, :shift]], axis=1)[:, -4:]
        self._controls = np.concatenate([self._controls[:, shift:], np.repeat(self._controls[:, -1:], shift, axis=1)], axis=1)

    def _smooth(self) -> None:
        for row in range(2):
            padded = np.concatenate([self._past[row], self._controls[row], np.repeat(self._controls[row, -1], 4)])
            self._controls[row] = np.convolve(padded, SMOOTHING, mode="valid")

    def _make_scene(self, moment: Moment) -> PathIntegralScene:
        grid, ahead, circles = moment.grid, moment.ahead, moment.circles
        points = np.ascontiguousarray(ahead.points.T, dtype=np.float32)
        columns, rows = np.floor(ahead.points / grid.resolution_m).astype(np.int64).T
        free = grid.distance_m[rows, columns] > moment.inscribed_radius_m
        return PathIntegralScene(
            start=moment.start,
            step=single(self.peers.mppi.step_s),
            resolution=single(grid.resolution_m),
            distance=grid.distance_m,
            circles_x=circles.x,
            circles_y=circles.y,
            circle_radius=circles.radius,
            contact_below=single(moment.contact_below),
            path_x=points[0],
            path_y=points[1],
            path_spacing=single(ahead.spacing_m),
            path_free=free.astype(np.uint8),
            goal_x=single(ahead.end[0]),
            goal_y=single(ahead.end[1]),
            goal_cos=single(np.cos(ahead.end[2])),
            goal_sin=single(np.sin(ahead.end[2])),
        )

    def _make_offsets(self) -> tuple[int, int, int, int]:
        own = self.peers.mppi
        return own.align_from, own.follow_offset, own.angle_offset, own.align_stride

    def _make_weights(self, moment: Moment) -> PathIntegralWeights:
        """The weights of the terms that apply now: which ones do depends on the distance from the goal."""
        own, ahead = self.peers.mppi, moment.ahead
        away_m = float(np.hypot(*(ahead.end[:2] - moment.robot[:2]))) if ahead.ends_in_goal else np.inf
        error = abs(ahead.measure_heading_error(moment.robot, own.angle_offset * ahead.spacing_m + 0.5))
        far, on_path = away_m > own.goal_within_m, away_m > own.path_until_m
        scene_free = self._measure_free_share(moment)
        near_goal = away_m < own.near_goal_m
        return PathIntegralWeights(
            constraint=single(own.constraint),
            obstacle=single(0.0 if near_goal else own.obstacle),
            critical=single(own.critical),
            critical_below=single(own.critical_below_m),
            inflation=single(own.inflation_pm),
            goal=single(0.0 if far else own.goal),
            goal_angle=single(own.goal_angle if away_m < own.goal_angle_within_m else 0.0),
            prefer_forward=single(own.prefer_forward if on_path else 0.0),
            path_align=single(own.path_align if on_path and scene_free >= 1.0 - own.max_blocked_share else 0.0),
            path_follow=single(own.path_follow if far else 0.0),
            path_angle=single(own.path_angle if on_path and error > own.angle_from_rad else 0.0),
            gamma_v=single(own.gamma / own.deviation_v_mps**2),
            gamma_omega=single(own.gamma / own.deviation_omega_radps**2),
        )

    def _measure_free_share(self, moment: Moment) -> float:
        """Share of the path ahead on which the robot fits."""
        columns, rows = np.floor(moment.ahead.points / moment.grid.resolution_m).astype(np.int64).T
        return float(np.mean(moment.grid.distance_m[rows, columns] > moment.inscribed_radius_m))
