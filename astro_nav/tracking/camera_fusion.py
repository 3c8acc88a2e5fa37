"""People whom another sensor reports, fused into the tracks of the scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from astro_nav.kernels.track_filter import update_state
from astro_nav.params.people import TrackingParams
from astro_nav.tracking.track_table import TrackTable
from astro_nav.types import FloatArray


def fuse_people(
    table: TrackTable,
    table_s: float,
    stamp_s: float,
    positions_odom: FloatArray,
    covariances: FloatArray,
    ids: Sequence[str],
    params: TrackingParams,
) -> None:
    """Correct tracks with reported people, and begin tracks for people whom no track explains.

    A report that is older than the tracks corrects the position that they had then, so nothing has to be wound back.
    The same name speaks for the same track. A report for which there is no track begins one that counts at once.

    Args:
        table: M tracks at `table_s`; changed.
        table_s: time of the tracks.
        stamp_s: when the people were seen.
        positions_odom: (P, 2) [m]; rows that are not finite are left out.
        covariances: (P, 2, 2) [m^2]; what is not a covariance is replaced by the least exact one.
        ids: P names, "" for unknown.
        params: of tracking.
    """
    delay_s = table_s - stamp_s
    finite = np.isfinite(positions_odom).all(axis=1)
    order = np.flatnonzero(finite)
    noises = np.array([bound_covariance(covariances[i], params) for i in order]).reshape(-1, 2, 2)
    # What the acceleration within the delay adds to the position.
    noises = noises + params.model.acceleration_noise_mps2**2 * abs(delay_s) ** 3 / 3.0 * np.eye(2)
    rows = _match_rows(table, delay_s, positions_odom[order], noises, [ids[i] for i in order], params)
    for row, index, noise in zip(rows, order, noises):
        position = np.ascontiguousarray(positions_odom[index])
        if row < 0:
            if table.is_full:
                continue
            row = table.add(position, noise, params.model.start_speed_mps, table_s, params.evidence.start)
        else:
            update_state(table.states[row], table.covariances[row], position, noise, delay_s)
        table.existence[row] = max(table.existence[row] + params.existence.hit_gain, params.existence.confirmed)
        table.existence[row] = min(table.existence[row], params.existence.limit)
        table.confirmed[row] = True
        table.camera_s[row] = max(table.camera_s[row], stamp_s)
        table.seen_s[row] = max(table.seen_s[row], stamp_s)
        if ids[index]:
            table.labels[: table.count] = ["" if label == ids[index] else label for label in table.labels[: table.count]]
            table.labels[row] = ids[index]


def bound_covariance(covariance: FloatArray, params: TrackingParams) -> FloatArray:
    """Make (2, 2) a covariance with deviations within the camera's bounds; nonsense becomes the upper bound."""
    low, high = params.camera.min_deviation_m**2, params.camera.max_deviation_m**2
    covariance = 0.5 * (covariance + covariance.T)
    if not np.isfinite(covariance).all():
        return high * np.eye(2)
    values, vectors = np.linalg.eigh(covariance)
    if values[0] < 0.0 or values[1] == 0.0:
        return high * np.eye(2)
    return (vectors * np.clip(values, low, high)) @ vectors.T


def _match_rows(table, delay_s: float, positions, noises, names, params: TrackingParams) -> list[int]:
    """Row of the track of every reported person, -1 for none."""
    matched = [-1] * len(positions)
    if table.count == 0 or len(positions) == 0:
        return matched
    rows = table.rows
    expected = table.states[rows, :2] - delay_s * table.states[rows, 2:]
    covariance = table.covariances[rows]
    spread = covariance[:, :2, :2] - delay_s * (covariance[:, :2, 2:] + covariance[:, 2:, :2])
    spread = spread + delay_s**2 * covariance[:, 2:, 2:]
    innovations = positions[np.newaxis, :, :] - expected[:, np.newaxis, :]
    sums = spread[:, np.newaxis] + noises[np.newaxis]
    solved = np.linalg.solve(sums, innovations[..., np.newaxis])[..., 0]
    prices = np.sum(innovations * solved, axis=2) - params.association.gate
    prices[prices > 0.0] = 0.0
    same = np.array([[bool(name) and name == label for name in names] for label in table.labels[: table.count]])
    prices -= params.camera.label_bonus * (same & (prices < 0.0))
    for row, column in zip(*linear_sum_assignment(prices)):
        if prices[row, column] < 0.0:
            matched[column] = int(row)
    return matched
