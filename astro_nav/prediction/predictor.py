"""Tracks moved on to the time from which a plan holds, and over its horizon."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.kernels.people_prediction import PredictionWeights, predict_people
from astro_nav.params.people import PredictionParams
from astro_nav.types import FloatArray, LocalGrid, Prediction, Track

_NO_DISTANCE = np.zeros((0, 0), dtype=np.float32)
_NOWHERE = np.zeros((0, 2))


def predict_tracks(
    tracks: Sequence[Track],
    start_s: float,
    steps: int,
    step_s: float,
    params: PredictionParams,
    distance_field: LocalGrid | None,
    robot_path_odom: FloatArray | None,
) -> Prediction:
    """Predict where tracks will be.

    Every track is moved on from its own stamp, so tracks of different age may be mixed, and the latency of sensing and
    computing is made up for.

    Args:
        tracks: to predict; those with a number that is not finite are left out.
        start_s: time of the first step, usually when the plan takes effect.
        steps: number of steps, T.
        step_s: time between them.
        params: of prediction.
        distance_field: walls, None for none. Nobody is predicted to walk through them.
        robot_path_odom: (R, 3) where the robot is expected at the steps, None when it is not known: people slow down in
            front of it, and the tracks nearest to its first pose are predicted when there are too many.

    Returns:
        M tracks, nearest first when the robot's path or the grid tell what is near, else in the order given. Positions
        are those of the tracks' middles; covariances are positive definite and grow with time, but for walls.
    """
    chosen = _choose_tracks(tracks, params.max_tracks, distance_field, robot_path_odom)
    count = len(chosen)
    means, velocities = np.empty((count, steps, 2)), np.empty((count, steps, 2))
    covariances = np.empty((count, steps, 2, 2))
    if count and not params.enabled:
        states = np.array([track.state_odom for track in chosen])
        means[...], velocities[...] = states[:, np.newaxis, :2], 0.0
        covariances[...] = np.array([track.covariance[:2, :2] for track in chosen])[:, np.newaxis]
    elif count and steps:
        distance, origin, resolution = _NO_DISTANCE, np.zeros(2), 1.0
        if distance_field is not None:
            distance = np.ascontiguousarray(distance_field.distance_m, dtype=np.float32)
            origin, resolution = distance_field.origin_odom, distance_field.resolution_m
        robot = _NOWHERE if robot_path_odom is None else np.ascontiguousarray(robot_path_odom[:, :2], dtype=np.float64)
        predict_people(
            np.array([track.state_odom for track in chosen], dtype=np.float64),
            np.array([track.covariance for track in chosen], dtype=np.float64),
            np.array([start_s - track.stamp_s for track in chosen], dtype=np.float64),
            np.array([compute_start_noise(track, params) for track in chosen]),
            float(step_s), distance, float(origin[0]), float(origin[1]), float(resolution), robot,
            make_prediction_weights(params), means, covariances, velocities,
        )  # fmt: skip
    return Prediction(
        start_s=start_s,
        step_s=step_s,
        means_odom=means,
        covariances=covariances,
        radii_m=np.array([track.radius_m for track in chosen], dtype=np.float64),
        velocities_odom=velocities,
        track_ids=tuple(track.track_id for track in chosen),
    )


def compute_start_noise(track: Track, params: PredictionParams) -> float:
    """Spectral density of the acceleration, in all directions, of a standing person who may start [m^2/s^3]; of what may be a
    person or furniture, should it be a person.

    Somebody who starts at a random moment, `start_rate_hz`, in a random direction has the variance
    rate * speed^2 / 2 * t^3 / 3 per axis while few have started: that of white noise of this density.
    """
    return 0.5 * params.start_rate_hz * params.start_speed_mps**2 if track.person or track.chance < 1.0 else 0.0


def make_prediction_weights(params: PredictionParams) -> PredictionWeights:
    """The kernel's numbers."""
    return PredictionWeights(
        turning=params.turning_rad**2,
        speed_change=params.speed_change**2,
        drift=params.drift_mps2**2,
        start_speed=params.start_speed_mps,
        settle_rate=params.settle_rate_hz,
        max_speed=params.max_speed_mps,
        max_variance=params.max_deviation_m**2,
        body_clearance=params.body_clearance_m,
        wall_time=params.wall_time_s,
        wall_half_width=params.wall_half_width_m,
        yielding=params.yielding,
        yielding_distance=params.yielding_distance_m,
    )


def _choose_tracks(
    tracks: Sequence[Track], max_tracks: int, distance_field: LocalGrid | None, robot_path_odom: FloatArray | None
) -> list[Track]:
    """The nearest tracks that are finite."""
    finite = [track for track in tracks if np.isfinite(track.state_odom).all() and np.isfinite(track.covariance).all()]
    if robot_path_odom is not None and len(robot_path_odom):
        middle = np.asarray(robot_path_odom)[0, :2]
    elif distance_field is not None:
        size = np.array(distance_field.distance_m.shape[::-1]) * distance_field.resolution_m
        middle = distance_field.origin_odom + 0.5 * size
    else:
        return finite[:max_tracks]
    away = np.array([np.hypot(*(track.state_odom[:2] - middle)) for track in finite])
    return [finite[i] for i in np.argsort(away, kind="stable")[:max_tracks]]
