"""Plain-loop oracle of the prediction kernel, in vectors and matrices."""

from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.stats import truncnorm


class Walls:
    """Bilinear distance to obstacles and its slope."""

    def __init__(self, distance, origin, resolution):
        self.distance, self.origin, self.resolution = np.asarray(distance, dtype=np.float64), np.asarray(origin), resolution

    def measure(self, position):
        if self.distance.size == 0 or not np.isfinite(position).all():
            return math.inf
        column, row = (np.asarray(position) - self.origin) / self.resolution - 0.5
        height, width = self.distance.shape
        if not (0.0 <= column < width - 1 and 0.0 <= row < height - 1):
            return math.inf
        return float(map_coordinates(self.distance, [[row], [column]], order=1)[0])

    def find_slope(self, position):
        """Exact gradient of the bilinear patch, by differences within it."""
        if not math.isfinite(self.measure(position)):
            return np.zeros(2)
        cell = (np.asarray(position) - self.origin) / self.resolution - 0.5
        low = np.floor(cell)
        slope = []
        for axis in range(2):
            ends = []
            for side in (0.0, 1.0):
                corner = cell.copy()
                corner[axis] = low[axis] + side
                ends.append(float(map_coordinates(self.distance, [[corner[1]], [corner[0]]], order=1)[0]))
            slope.append((ends[1] - ends[0]) / self.resolution)
        return np.array(slope)


def bend(velocity, position, floor, walls, w):
    distance, slope = walls.measure(position), walls.find_slope(position)
    if not math.isfinite(distance) or np.linalg.norm(slope) <= 1e-6:
        return velocity
    normal = slope / np.linalg.norm(slope)
    tangent = np.array([-normal[1], normal[0]])
    allowed = max(distance - floor, 0.0) / w.wall_time
    if -velocity @ normal <= allowed:
        return velocity
    speed, along = np.linalg.norm(velocity), velocity @ tangent
    kept = math.sqrt(max(speed**2 - allowed**2, 0.0))
    share = np.clip((abs(along) / speed - 0.1) / 0.4, 0.0, 1.0)
    return -allowed * normal + math.copysign(abs(along) + share * (kept - abs(along)), along) * tangent


def measure_free_way(position, direction, radius, reach, walls, w):
    way = 0.0
    while way < reach:
        here = position + way * direction
        distance = walls.measure(here)
        if not math.isfinite(distance):
            break
        if distance > radius + 0.02:
            way += max(distance - radius, 0.05)
            continue
        slope = walls.find_slope(here)
        steep = np.linalg.norm(slope) > 1e-6
        normal = slope / np.linalg.norm(slope) if steep else direction
        tangent = w.wall_half_width * np.array([-normal[1], normal[0]])
        if all(walls.measure(here + side * tangent) <= radius + 0.1 for side in (-1.0, 1.0)):
            return way
        way += 0.1
    return reach


def cut(mean, covariance, walls, w):
    """Mean and covariance without what lies behind walls."""
    values, vectors = np.linalg.eigh(covariance)
    values = np.minimum(np.maximum(values, 0.0), w.max_variance)
    here, mean = walls.measure(mean), mean.copy()
    start = mean.copy()
    radius = min(w.body_clearance, here - 0.03)
    if math.isfinite(here) and here > 0.0 and radius > 0.0:
        for axis in range(2):
            deviation, direction = math.sqrt(values[axis]), vectors[:, axis]
            if deviation < 0.05:
                continue
            ways = [measure_free_way(start, side * direction, radius, 3.0 * deviation, walls, w) for side in (-1.0, 1.0)]
            if min(ways) >= 3.0 * deviation:
                continue
            below, above = max(ways[0], 0.05) / deviation, max(ways[1], 0.05) / deviation
            shift, variance = truncnorm.stats(-below, above, moments="mv")
            mean += deviation * float(shift) * direction
            values[axis] *= np.clip(float(variance), 0.01, 1.0)
    return mean, vectors @ np.diag(values) @ vectors.T


def predict(state, covariance, lead, start_noise, step, steps, walls, robots, w):
    """Means, spreads and velocities of one track."""
    position, velocity, p = state[:2].copy(), state[2:].copy(), covariance.copy()
    floor = min(w.body_clearance, walls.measure(position))
    uncertain = p[2, 2] + p[3, 3]
    rate = w.settle_rate * uncertain / (velocity @ velocity + uncertain + 1e-12) + 0.5 * w.turning
    if lead < 0.0:
        position = position + lead * velocity
    results = []
    for k in range(steps):
        duration = step if k else max(lead, 0.0)
        count = math.ceil(duration / 0.1 - 1e-9)
        robot = robots[min(k, len(robots) - 1)] if len(robots) else np.full(2, math.nan)
        for _ in range(count):
            dt = duration / count
            if np.linalg.norm(velocity) > w.max_speed:
                velocity = velocity * w.max_speed / np.linalg.norm(velocity)
            velocity = bend(velocity, position, floor, walls, w)
            gap = robot - position
            share = 1.0
            if np.linalg.norm(gap) < w.yielding_distance and velocity @ gap > 0.0:
                share = 1.0 - w.yielding * (1.0 - np.linalg.norm(gap) / w.yielding_distance)
            fading = math.exp(-rate * dt)
            travel = dt if rate * dt < 1e-9 else (1.0 - fading) / rate
            position = position + share * travel * velocity
            f = np.kron(np.array([[1.0, travel], [0.0, fading]]), np.eye(2))
            speed = np.linalg.norm(velocity)
            base = w.drift + start_noise * max(1.0 - speed / max(w.start_speed, 1e-6), 0.0) ** 2
            unit = velocity / speed if speed > 1e-6 else np.array([1.0, 0.0])
            q = base * np.eye(2) + speed**2 * (
                w.speed_change * np.outer(unit, unit) + w.turning * (np.eye(2) - np.outer(unit, unit))
            )
            p = f @ p @ f.T + np.kron(np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]), q)
            velocity = fading * velocity
        results.append((*cut(position, p[:2, :2], walls, w), velocity))
    return [np.array(column) for column in zip(*results)]
