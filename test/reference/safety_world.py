"""A small kinematic world, independent of the stack: the oracle that tells whether a safety controller touches anything.

Plain loops and scalar formulas on purpose. The robot is a polygon on a unicycle whose base follows commands after a dead time
and with a first-order lag, within an acceleration of its own. Things are discs and line segments, some of which move.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from astro_nav.types import Odometry, Scan


@dataclass
class Disc:
    """A round thing: a leg, a pole, a hand."""

    x: float
    y: float
    radius: float
    vx: float = 0.0
    vy: float = 0.0
    from_s: float = -math.inf
    """When it appears."""
    until_s: float = math.inf
    """When it stops moving."""

    def move(self, now: float, duration: float) -> None:
        if self.from_s <= now < self.until_s:
            self.x += self.vx * duration
            self.y += self.vy * duration


@dataclass
class Wall:
    """A straight thing from (x1, y1) to (x2, y2)."""

    x1: float
    y1: float
    x2: float
    y2: float
    from_s: float = -math.inf


@dataclass
class World:
    """Robot and things, stepped in small steps."""

    footprint: np.ndarray
    things: list = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    v: float = 0.0
    w: float = 0.0
    now: float = 100.0
    delay: float = 0.03
    lag: float = 0.03
    max_wheel_acceleration: float = 5.0
    wheel_separation: float = 0.21
    base_timeout: float = 0.5
    command: tuple = (0.0, 0.0)
    command_s: float = -math.inf
    pending: list = field(default_factory=list)
    least_clearance: float = math.inf
    contact_speed: float = 0.0
    """Speed of the robot at its first contact, 0 without contact."""

    def send(self, v: float, w: float) -> None:
        self.pending.append((self.now + self.delay, v, w))

    def visible_things(self) -> list:
        return [thing for thing in self.things if thing.from_s <= self.now]

    def step(self, duration: float, small: float = 0.005) -> None:
        for _ in range(round(duration / small)):
            self._small_step(small)

    def _small_step(self, h: float) -> None:
        while self.pending and self.pending[0][0] <= self.now + 1e-9:
            self.command_s, v, w = self.pending.pop(0)
            self.command = (v, w)
        v_to, w_to = self.command if self.now - self.command_s <= self.base_timeout else (0.0, 0.0)
        share = 1.0 - math.exp(-h / self.lag) if self.lag > 0.0 else 1.0
        dv, dw = share * (v_to - self.v), share * (w_to - self.w)
        most = max(abs(dv - 0.5 * self.wheel_separation * dw), abs(dv + 0.5 * self.wheel_separation * dw))
        if most > self.max_wheel_acceleration * h:
            dv, dw = dv * self.max_wheel_acceleration * h / most, dw * self.max_wheel_acceleration * h / most
        self.v, self.w = self.v + dv, self.w + dw
        self.x += self.v * h * math.cos(self.yaw + 0.5 * self.w * h)
        self.y += self.v * h * math.sin(self.yaw + 0.5 * self.w * h)
        self.yaw += self.w * h
        for thing in self.things:
            if isinstance(thing, Disc):
                thing.move(self.now, h)
        self.now += h
        clearance = self.measure_clearance()
        if clearance <= 0.0 < self.least_clearance:
            self.contact_speed = max(abs(self.v), 0.2 * abs(self.w))
        self.least_clearance = min(self.least_clearance, clearance)

    def measure_clearance(self) -> float:
        """Distance between the footprint and the nearest thing; 0 or less when they touch."""
        corners = self._corners()
        if not self.visible_things():
            return math.inf
        return min(_measure(corners, thing) for thing in self.visible_things())

    def _corners(self) -> list:
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return [(self.x + c * a - s * b, self.y + s * a + c * b) for a, b in self.footprint.tolist()]

    def odometry(self, rng=None, sigma_m: float = 0.0, sigma_rad: float = 0.0, sigma_v: float = 0.0) -> Odometry:
        noise = rng.standard_normal(5) if rng is not None else np.zeros(5)
        pose = np.array([self.x + sigma_m * noise[0], self.y + sigma_m * noise[1], self.yaw + sigma_rad * noise[2]])
        return Odometry(self.now, pose, np.array([self.v + sigma_v * noise[3], self.w + sigma_v * noise[4]]))

    def scan(self, rng=None, sigma_m: float = 0.0, rays: int = 360, range_min: float = 0.08, range_max: float = 12.0) -> Scan:
        """One flash of a lidar on base_link."""
        ranges = np.full(rays, np.inf)
        for k in range(rays):
            angle = self.yaw - math.pi + 2.0 * math.pi * k / rays
            dx, dy = math.cos(angle), math.sin(angle)
            nearest = math.inf
            for thing in self.visible_things():
                nearest = min(nearest, _cast(self.x, self.y, dx, dy, thing))
            ranges[k] = nearest
        if rng is not None:
            ranges += sigma_m * rng.standard_normal(rays)
        ranges[(ranges < range_min) | (ranges > range_max)] = np.inf
        return Scan(self.now, "laser", -math.pi, 2.0 * math.pi / rays, 0.0, range_min, range_max, ranges.astype(np.float32))


def room(size: float) -> list:
    """Four walls around the origin, so that the lidar always sees something."""
    h = 0.5 * size
    return [Wall(-h, -h, h, -h), Wall(h, -h, h, h), Wall(h, h, -h, h), Wall(-h, h, -h, -h)]


def _cast(x: float, y: float, dx: float, dy: float, thing) -> float:
    if isinstance(thing, Disc):
        px, py = thing.x - x, thing.y - y
        along = px * dx + py * dy
        off2 = px * px + py * py - along * along
        if along < 0.0 or off2 > thing.radius**2:
            return math.inf
        return max(along - math.sqrt(thing.radius**2 - off2), 0.0)
    ex, ey = thing.x2 - thing.x1, thing.y2 - thing.y1
    det = dx * ey - dy * ex
    if abs(det) < 1e-12:
        return math.inf
    px, py = thing.x1 - x, thing.y1 - y
    t = (px * ey - py * ex) / det
    u = (px * dy - py * dx) / det
    return t if t >= 0.0 and -1e-9 <= u <= 1.0 + 1e-9 else math.inf


def _measure(corners: list, thing) -> float:
    edges = list(zip(corners, corners[1:] + corners[:1]))
    if isinstance(thing, Disc):
        distance = min(_point_segment(thing.x, thing.y, *a, *b) for a, b in edges)
        return (-distance if _inside(thing.x, thing.y, corners) else distance) - thing.radius
    if _inside(thing.x1, thing.y1, corners) or _inside(thing.x2, thing.y2, corners):
        return -1e-3
    nearest = math.inf
    for a, b in edges:
        if _cross(a, b, (thing.x1, thing.y1), (thing.x2, thing.y2)):
            return -1e-3
        nearest = min(
            nearest,
            _point_segment(*a, thing.x1, thing.y1, thing.x2, thing.y2),
            _point_segment(thing.x1, thing.y1, *a, *b),
            _point_segment(thing.x2, thing.y2, *a, *b),
        )
    return nearest


def _inside(x: float, y: float, corners: list) -> bool:
    inside = False
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1]):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return inside


def _point_segment(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    ex, ey = bx - ax, by - ay
    t = min(max(((x - ax) * ex + (y - ay) * ey) / max(ex * ex + ey * ey, 1e-18), 0.0), 1.0)
    return math.hypot(x - ax - t * ex, y - ay - t * ey)


def _cross(a: tuple, b: tuple, c: tuple, d: tuple) -> bool:
    def side(p: tuple, q: tuple, r: tuple) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0.0 and side(c, d, a) * side(c, d, b) < 0.0
