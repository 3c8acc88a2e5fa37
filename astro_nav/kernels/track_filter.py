"""Kalman filters of many tracks at once: constant velocity in the plane, white noise of acceleration.

State [x, y, vx, vy]. Source: Y. Bar-Shalom, X. R. Li, T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", 2001: process noise 6.2.2, Joseph form 5.2.3.
"""

from __future__ import annotations

import math

import numpy as np

from astro_nav.kernels.jit import kernel


@kernel
def predict_states(states, covariances, duration, noise):
    """Move M tracks on in time, in place.

    Args:
        states: (M, 4) float64.
        covariances: (M, 4, 4) float64, symmetric.
        duration: time step, >= 0 [s].
        noise: spectral density of the acceleration [m^2/s^3].
    """
    q_position, q_cross, q_velocity = noise * duration**3 / 3.0, noise * duration**2 / 2.0, noise * duration
    for m in range(states.shape[0]):
        p = covariances[m]
        for axis in range(2):
            states[m, axis] += duration * states[m, axis + 2]
        for row in range(2):  # P <- F P F': first the rows, then the columns
            for column in range(4):
                p[row, column] += duration * p[row + 2, column]
        for row in range(4):
            for column in range(2):
                p[row, column] += duration * p[row, column + 2]
        for axis in range(2):
            p[axis, axis] += q_position
            p[axis, axis + 2] += q_cross
            p[axis + 2, axis] += q_cross
            p[axis + 2, axis + 2] += q_velocity


@kernel
def measure_innovations(states, covariances, positions, noises, distances, log_determinants):
    """Squared Mahalanobis distances between M tracks and L measured positions.

    Args:
        states, covariances: (M, 4), (M, 4, 4).
        positions: (L, 2) [m].
        noises: (L, 2, 2) covariance of each position [m^2].
        distances: (M, L), written: d^2.
        log_determinants: (M, L), written: ln of the determinant of the innovation's covariance [ln m^4].
    """
    for m in range(states.shape[0]):
        for i in range(positions.shape[0]):
            s_xx = covariances[m, 0, 0] + noises[i, 0, 0]
            s_xy = covariances[m, 0, 1] + noises[i, 0, 1]
            s_yy = covariances[m, 1, 1] + noises[i, 1, 1]
            determinant = s_xx * s_yy - s_xy * s_xy
            x, y = positions[i, 0] - states[m, 0], positions[i, 1] - states[m, 1]
            distances[m, i] = (s_yy * x * x - 2.0 * s_xy * x * y + s_xx * y * y) / determinant
            log_determinants[m, i] = math.log(determinant)


@kernel
def update_state(state, covariance, position, noise, delay):
    """Correct one track, in place, with a position measured `delay` before the state's time.

    The measured position is taken as x - delay * v, which is exact but for the noise of acceleration within the delay;
    the caller adds that to `noise`. A negative delay is a measurement from after the state's time.

    Args:
        state: (4,) float64.
        covariance: (4, 4) float64.
        position: (2,) [m].
        noise: (2, 2) covariance of the position [m^2].
        delay: [s].

    Returns:
        Squared Mahalanobis distance of the innovation.
    """
    ph = np.empty((4, 2))  # P H'
    for row in range(4):
        for axis in range(2):
            ph[row, axis] = covariance[row, axis] - delay * covariance[row, axis + 2]
    s_xx = ph[0, 0] - delay * ph[2, 0] + noise[0, 0]
    s_yy = ph[1, 1] - delay * ph[3, 1] + noise[1, 1]
    s_xy = 0.5 * (ph[0, 1] - delay * ph[2, 1] + ph[1, 0] - delay * ph[3, 0] + noise[0, 1] + noise[1, 0])
    determinant = s_xx * s_yy - s_xy * s_xy
    x = position[0] - (state[0] - delay * state[2])
    y = position[1] - (state[1] - delay * state[3])
    gain = np.empty((4, 2))
    for row in range(4):
        gain[row, 0] = (ph[row, 0] * s_yy - ph[row, 1] * s_xy) / determinant
        gain[row, 1] = (ph[row, 1] * s_xx - ph[row, 0] * s_xy) / determinant
    for row in range(4):
        state[row] += gain[row, 0] * x + gain[row, 1] * y
    # Joseph form (I - K H) P (I - K H)' + K R K': stays positive definite whatever the rounding.
    left = np.empty((4, 4))
    for row in range(4):
        for column in range(4):
            left[row, column] = covariance[row, column] - gain[row, 0] * ph[column, 0] - gain[row, 1] * ph[column, 1]
    for row in range(4):
        left_h0 = left[row, 0] - delay * left[row, 2]
        left_h1 = left[row, 1] - delay * left[row, 3]
        for column in range(4):
            spread = gain[row, 0] * (noise[0, 0] * gain[column, 0] + noise[0, 1] * gain[column, 1])
            spread += gain[row, 1] * (noise[1, 0] * gain[column, 0] + noise[1, 1] * gain[column, 1])
            covariance[row, column] = left[row, column] - left_h0 * gain[column, 0] - left_h1 * gain[column, 1] + spread
    for row in range(4):
        for column in range(row):
            mean = 0.5 * (covariance[row, column] + covariance[column, row])
            covariance[row, column] = mean
            covariance[column, row] = mean
    return (s_yy * x * x - 2.0 * s_xy * x * y + s_xx * y * y) / determinant
