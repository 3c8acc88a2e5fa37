"""What the kernels are told of people: one row per thing that they may do.

Who walks is one row. Who stands may stay or start, and one normal distribution over both would say that they are gone from
where they still are: so that is two rows, with the chances of either as weights. What may be a person or furniture counts
with the chance that it is a person; that it is in the way as furniture, the map of distances knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from astro_nav.types import Float32Array, FloatArray, Prediction, Track


def arrange_people(
    prediction: Prediction, tracks: Sequence[Track], start_rate_hz: float, origin_odom: FloatArray,
    followed_id: int | None = None, followed_space: float = 1.0,
) -> dict[str, Float32Array]:  # fmt: skip
    """Predicted obstacles at steps 1 .. T, relative to the map's corner, in single precision.

    Args:
        prediction: of M tracks, T + 1 steps from the start of the plan.
        tracks: among them those that were predicted.
        start_rate_hz: how often somebody who stands starts.
        origin_odom: (2,) the map's corner.
        followed_id: track of the person whom the robot follows, None for nobody.
        followed_space: how much of the cost of crowding counts for them: who is followed is no obstacle to flee from.

    Returns:
        The people's part of a `Scene`: arrays of M rows and one more for everybody who stands.
    """
    means = prediction.means_odom[:, 1:] - origin_odom
    velocities = prediction.velocities_odom[:, 1:]
    variances = np.linalg.eigvalsh(prediction.covariances[:, 1:])[..., -1] if len(means) else np.zeros(means.shape[:2])
    by_id = {track.track_id: track for track in tracks}
    chosen = [by_id.get(track_id) for track_id in prediction.track_ids]
    standing = np.array([track is not None and not track.moving for track in chosen], dtype=bool)
    steps = means.shape[1]
    stays = np.exp(-start_rate_hz * prediction.step_s * np.arange(1, steps + 1))
    chances = np.array([1.0 if track is None else track.chance for track in chosen])
    weights = np.where(standing[:, np.newaxis], 1.0 - stays, 1.0) if len(means) else np.zeros((0, steps))
    weights = weights * chances[:, np.newaxis]
    still = [track for track, stands in zip(chosen, standing) if stands]
    if still:
        places = np.array([track.state_odom[:2] for track in still]) - origin_odom
        spread = np.array([np.linalg.eigvalsh(track.covariance[:2, :2])[-1] for track in still])
        means = np.concatenate([means, np.repeat(places[:, np.newaxis], steps, axis=1)])
        velocities = np.concatenate([velocities, np.zeros((len(still), steps, 2))])
        variances = np.concatenate([variances, np.repeat(spread[:, np.newaxis], steps, axis=1)])
        weights = np.concatenate([weights, chances[standing, np.newaxis] * stays])
    space = np.where(np.array(prediction.track_ids) == followed_id, followed_space, 1.0) if len(chosen) else np.zeros(0)
    columns = {
        "people_x": means[..., 0],
        "people_y": means[..., 1],
        "people_vx": velocities[..., 0],
        "people_vy": velocities[..., 1],
        "people_variance": variances,
        "people_weight": weights,
        "people_radius": np.concatenate([prediction.radii_m, prediction.radii_m[standing]]),
        "people_space": np.concatenate([space, space[standing]]),
    }
    return {name: np.ascontiguousarray(column, dtype=np.float32) for name, column in columns.items()}
