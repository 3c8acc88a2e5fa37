"""Where tracked people will be: constant velocity with turning, changing speed and starting, and walls in the way."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from astro_nav.kernels.jit import kernel

LONGEST_SUBSTEP = 0.1  # walls are looked at so often, whatever the step [s]


class PredictionWeights(NamedTuple):
    """What `predict_people` needs to know of people; numbers follow from `PredictionParams`.

    Attributes:
        turning: spectral density of the heading's change while walking [rad^2/s].
        speed_change: spectral density of the speed's relative change while walking [1/s].
        drift: spectral density of the acceleration that everything has in all directions [m^2/s^3].
        start_speed: of who stands and starts; who walks at that speed starts no more [m/s].
        settle_rate: how fast a velocity that is all uncertain fades [1/s].
        max_speed: [m/s].
        max_variance: largest variance of a position along an axis [m^2].
        body_clearance: nearest that a walking person's middle comes to a wall [m].
        wall_time: time ahead from which people turn away from a wall [s].
        wall_half_width: what reaches so far to both sides is a wall [m].
        yielding: share of their speed that people lose in front of the robot.
        yielding_distance: from which they do [m].
    """

    turning: float
    speed_change: float
    drift: float
    start_speed: float
    settle_rate: float
    max_speed: float
    max_variance: float
    body_clearance: float
    wall_time: float
    wall_half_width: float
    yielding: float
    yielding_distance: float


@kernel
def _look_up_distance(distance, origin_x, origin_y, resolution, x, y):
    """Bilinear distance at a point and its gradient: (d, gx, gy); +inf and zeros outside the grid or for NaN."""
    height, width = distance.shape
    column = (x - origin_x) / resolution - 0.5
    row = (y - origin_y) / resolution - 0.5
    if not (0.0 <= column < width - 1 and 0.0 <= row < height - 1):
        return math.inf, 0.0, 0.0
    c, r = int(column), int(row)
    u, v = column - c, row - r
    d00, d01 = float(distance[r, c]), float(distance[r, c + 1])
    d10, d11 = float(distance[r + 1, c]), float(distance[r + 1, c + 1])
    gradient_x = ((1.0 - v) * (d01 - d00) + v * (d11 - d10)) / resolution
    gradient_y = ((1.0 - u) * (d10 - d00) + u * (d11 - d01)) / resolution
    value = (1.0 - v) * ((1.0 - u) * d00 + u * d01) + v * ((1.0 - u) * d10 + u * d11)
    if not math.isfinite(value):
        return math.inf, 0.0, 0.0
    return value, gradient_x, gradient_y


@kernel
def _turn_along_walls(distance, origin_x, origin_y, resolution, x, y, vx, vy, floor, wall_time):
    """Velocity bent so that the wall ahead is not come nearer than `floor`: the part towards it becomes part along it."""
    value, gx, gy = _look_up_distance(distance, origin_x, origin_y, resolution, x, y)
    length = math.hypot(gx, gy)
    if not (math.isfinite(value) and length > 1e-6):
        return vx, vy
    nx, ny = gx / length, gy / length
    towards = -(vx * nx + vy * ny)
    allowed = max(value - floor, 0.0) / wall_time
    if towards <= allowed:
        return vx, vy
    speed = math.hypot(vx, vy)
    along = -vx * ny + vy * nx
    kept = math.sqrt(max(speed * speed - allowed * allowed, 0.0))
    # Who walks straight at a wall stops there; who comes at a slant goes on along it, hardly slower.
    share = min(max((abs(along) / speed - 0.1) / 0.4, 0.0), 1.0)
    along += math.copysign(share * (kept - abs(along)), along)
    return -allowed * nx - along * ny, -allowed * ny + along * nx


@kernel
def _grow_covariance(p, vx, vy, fading, travel, duration, start_noise, weights):
    """P <- F P F' + Q with F = [[1, travel], [0, fading]] per axis and noise along and across the velocity."""
    speed_squared = vx * vx + vy * vy
    standing = max(1.0 - math.sqrt(speed_squared) / max(weights.start_speed, 1e-6), 0.0)
    base_noise = weights.drift + start_noise * standing * standing
    along = base_noise + weights.speed_change * speed_squared
    across = base_noise + weights.turning * speed_squared
    if speed_squared > 1e-12:
        cos_squared, cos_sin = vx * vx / speed_squared, vx * vy / speed_squared
    else:
        cos_squared, cos_sin = 1.0, 0.0
    q_xx = along * cos_squared + across * (1.0 - cos_squared)
    q_yy = along * (1.0 - cos_squared) + across * cos_squared
    q_xy = (along - across) * cos_sin
    for column in range(4):
        for row in range(2):
            p[row, column] += travel * p[row + 2, column]
            p[row + 2, column] *= fading
    for row in range(4):
        for column in range(2):
            p[row, column] += travel * p[row, column + 2]
            p[row, column + 2] *= fading
    for a in range(2):
        for b in range(2):
            q = q_xy if a != b else (q_xx if a == 0 else q_yy)
            p[a, b] += q * duration**3 / 3.0
            p[a, b + 2] += q * duration**2 / 2.0
            p[a + 2, b] += q * duration**2 / 2.0
            p[a + 2, b + 2] += q * duration


@kernel
def _measure_free_way(distance, origin_x, origin_y, resolution, x, y, ux, uy, radius, half_width, reach):
    """How far a disc may go from (x, y) along the unit vector (ux, uy) until a wall stops it, at most `reach`."""
    way = 0.0
    while way < reach:
        px, py = x + way * ux, y + way * uy
        value, gx, gy = _look_up_distance(distance, origin_x, origin_y, resolution, px, py)
        if not math.isfinite(value):
            return reach
        if value <= radius + 0.02:
            length = math.hypot(gx, gy)
            tx, ty = (-gy / length, gx / length) if length > 1e-6 else (-uy, ux)
            left = _look_up_distance(
                distance, origin_x, origin_y, resolution, px + half_width * tx, py + half_width * ty
            )[0]
            right = _look_up_distance(
                distance, origin_x, origin_y, resolution, px - half_width * tx, py - half_width * ty
            )[0]
            if left <= radius + 0.1 and right <= radius + 0.1:
                return way
            way += 0.1  # a chair leg, a door post: one may go round it
        else:
            way += max(value - radius, 0.05)
    return reach


@kernel
def _cut_normal(deviation, below, above):
    """Mean and variance of a normal N(0, deviation^2) cut to [-below, above].

    Source: N. L. Johnson, S. Kotz, N. Balakrishnan, "Continuous Univariate Distributions" 1, 1994, ch. 13.
    """
    a, b = -below / deviation, above / deviation
    density_a, density_b = math.exp(-0.5 * a * a) / math.sqrt(2.0 * math.pi), math.exp(-0.5 * b * b) / math.sqrt(2.0 * math.pi)
    mass = 0.5 * (math.erf(b / math.sqrt(2.0)) - math.erf(a / math.sqrt(2.0)))
    if mass < 1e-6:
        return 0.0, deviation * deviation
    mean = (density_a - density_b) / mass
    variance = 1.0 + (a * density_a - b * density_b) / mass - mean * mean
    return deviation * mean, deviation * deviation * min(max(variance, 0.01), 1.0)


@kernel
def _find_axes(p_xx, p_xy, p_yy):
    """Variances along the principal axes of a 2x2 covariance, larger first, and the unit vector of the larger."""
    middle, half = 0.5 * (p_xx + p_yy), 0.5 * (p_xx - p_yy)
    radius = math.hypot(half, p_xy)
    angle = 0.5 * math.atan2(p_xy, half)
    return middle + radius, max(middle - radius, 0.0), math.cos(angle), math.sin(angle)


@kernel
def _write_position(distance, origin_x, origin_y, resolution, x, y, p, weights, mean, covariance):
    """Write the mean (2,) and covariance (2, 2) of the position, without what lies behind walls."""
    first, second, cos, sin = _find_axes(p[0, 0], p[0, 1], p[1, 1])
    first, second = min(first, weights.max_variance), min(second, weights.max_variance)
    mean[0], mean[1] = x, y
    here = _look_up_distance(distance, origin_x, origin_y, resolution, x, y)[0]
    if math.isfinite(here) and here > 0.0:
        radius = min(weights.body_clearance, here - 0.03)
        for axis in range(2):
            ux, uy = (cos, sin) if axis == 0 else (-sin, cos)
            deviation = math.sqrt(first if axis == 0 else second)
            if radius <= 0.0 or deviation < 0.05:
                continue
            reach = 3.0 * deviation
            above = _measure_free_way(
                distance, origin_x, origin_y, resolution, x, y, ux, uy, radius, weights.wall_half_width, reach
            )
            below = _measure_free_way(
                distance, origin_x, origin_y, resolution, x, y, -ux, -uy, radius, weights.wall_half_width, reach
            )
            if above >= reach and below >= reach:
                continue
            shift, variance = _cut_normal(deviation, max(below, 0.05), max(above, 0.05))
            mean[0] += shift * ux
            mean[1] += shift * uy
            if axis == 0:
                first = variance
            else:
                second = variance
    covariance[0, 0] = first * cos * cos + second * sin * sin
    covariance[1, 1] = first * sin * sin + second * cos * cos
    covariance[0, 1] = covariance[1, 0] = (first - second) * cos * sin


@kernel
def _choose_velocity(distance, origin_x, origin_y, resolution, x, y, vx, vy, floor, robot_x, robot_y, weights):
    """Velocity of the next substep: not too fast, along walls, slower towards the robot (NaN for no robot)."""
    speed = math.hypot(vx, vy)
    if speed > weights.max_speed:
        vx, vy = vx * weights.max_speed / speed, vy * weights.max_speed / speed
    vx, vy = _turn_along_walls(distance, origin_x, origin_y, resolution, x, y, vx, vy, floor, weights.wall_time)
    share = 1.0
    away = math.hypot(robot_x - x, robot_y - y)
    if away < weights.yielding_distance and vx * (robot_x - x) + vy * (robot_y - y) > 0.0:
        share = 1.0 - weights.yielding * (1.0 - away / weights.yielding_distance)
    return vx, vy, share


@kernel
def predict_people(
    states, covariances, leads, start_noises, step, distance, origin_x, origin_y, resolution, robot_positions, weights,
    means, spreads, velocities,
):  # fmt: skip
    """Predict M tracks over T steps.

    The mean walks on with its velocity, turns along walls, and fades as far as the velocity is uncertain; a heading that
    wanders makes the mean slower, too: E[cos] = exp(-turning t / 2). The covariance grows with white noise of
    acceleration: along and across the velocity in proportion to speed^2, and the same in all directions for who stands
    and may start. What lies behind a wall is cut from the result, axis by axis.

    Args:
        states: (M, 4) float64 [m, m, m/s, m/s].
        covariances: (M, 4, 4) float64.
        leads: (M,) time from each track's stamp to step 0 [s]; a track from the future is carried back in a straight
            line.
        start_noises: (M,) spectral density of the acceleration in all directions of who stands and may start [m^2/s^3].
        step: time between steps [s].
        distance: (H, W) float32 distance to obstacles [m]; (0, 0) for none.
        origin_x, origin_y, resolution: its lower left corner and cell edge [m].
        robot_positions: (R, 2) of the robot at the steps, the last one holds on; R = 0 for none [m].
        weights: see there.
        means: (M, T, 2), spreads: (M, T, 2, 2), velocities: (M, T, 2), written.

    Source: turning and speed as in X. R. Li, V. P. Jilkov, "Survey of maneuvering target tracking. Part I", 2003, sec. V,
    linearized about the mean; walls are ours.
    """
    steps = means.shape[1]
    robots = robot_positions.shape[0]
    p = np.empty((4, 4))
    for m in range(states.shape[0]):
        x, y, vx, vy = states[m, 0], states[m, 1], states[m, 2], states[m, 3]
        p[:, :] = covariances[m]
        # Who stands in the map as an obstacle, or close to one, may leave it but not go deeper.
        here = _look_up_distance(distance, origin_x, origin_y, resolution, x, y)[0]
        floor = min(weights.body_clearance, here)
        uncertain = p[2, 2] + p[3, 3]
        rate = weights.settle_rate * uncertain / (vx * vx + vy * vy + uncertain + 1e-12) + 0.5 * weights.turning
        if leads[m] < 0.0:
            x, y = x + leads[m] * vx, y + leads[m] * vy
        for k in range(steps):
            duration = step if k > 0 else max(leads[m], 0.0)
            substeps = int(math.ceil(duration / LONGEST_SUBSTEP - 1e-9))
            robot_x = robot_y = math.nan
            if robots > 0:
                robot_x, robot_y = robot_positions[min(k, robots - 1), 0], robot_positions[min(k, robots - 1), 1]
            for _ in range(substeps):
                dt = duration / substeps
                vx, vy, share = _choose_velocity(
                    distance, origin_x, origin_y, resolution, x, y, vx, vy, floor, robot_x, robot_y, weights
                )
                fading = math.exp(-rate * dt)
                travel = dt if rate * dt < 1e-9 else (1.0 - fading) / rate
                x, y = x + share * travel * vx, y + share * travel * vy
                _grow_covariance(p, vx, vy, fading, travel, dt, start_noises[m], weights)
                vx, vy = fading * vx, fading * vy
            _write_position(distance, origin_x, origin_y, resolution, x, y, p, weights, means[m, k], spreads[m, k])
            velocities[m, k, 0], velocities[m, k, 1] = vx, vy
