"""Faults of lidar, odometry and localisation; each ends after a while.

A second part of the episode asks that the robot goes on by itself: the goal has to be reached after the fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from astro_nav.evaluation.scenario import Disturbance, Scenario
from astro_nav.evaluation.suites.homes import make_homes
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.geometry import se2
from astro_nav.simulation.events import Event, LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.types import FloatArray

BEGINS_S = (3.0, 7.0)
LASTS_S = (0.3, 4.0)

Change = Callable[[Event, float], Event | None]


class SensorFault(Disturbance):
    """Changes what one kind of sensor sends, for a while.

    Args:
        kind: of the events.
        begins_s, lasts_s: when.
        change: what becomes of an event; None when it is lost.
    """

    def __init__(self, kind: type, begins_s: float, lasts_s: float, change: Change) -> None:
        self._kind, self._change = kind, change
        self._begins_s, self._ends_s = begins_s, begins_s + lasts_s

    def filter_events(self, events: list[Event], now_s: float) -> list[Event]:
        if not self._begins_s <= now_s < self._ends_s:
            return events
        changed = [self._change(event, now_s) if isinstance(event, self._kind) else event for event in events]
        return [event for event in changed if event is not None]


class LatencySpike(Disturbance):
    """Messages of one kind arrive late, in their order; after the spike all that wait arrive at once.

    Args:
        kind: of the events.
        begins_s, lasts_s: when.
        delay_s: how late.
    """

    def __init__(self, kind: type, begins_s: float, lasts_s: float, delay_s: float) -> None:
        self._kind, self._begins_s, self._ends_s, self._delay_s = kind, begins_s, begins_s + lasts_s, delay_s
        self._waiting: list[Event] = []

    def filter_events(self, events: list[Event], now_s: float) -> list[Event]:
        if now_s < self._begins_s or (now_s >= self._ends_s and not self._waiting):
            return events
        held = [event for event in events if isinstance(event, self._kind)]
        others = [event for event in events if not isinstance(event, self._kind)]
        self._waiting += held
        ripe = [event for event in self._waiting if now_s >= self._ends_s or event.arrives_s + self._delay_s <= now_s]
        self._waiting = self._waiting[len(ripe) :]
        return others + [replace(event, arrives_s=now_s) for event in ripe]


class OdometryJump(Disturbance):
    """The odometry's pose jumps once and stays there, as after a driver's restart; the localizer corrects for it at once."""

    def __init__(self, begins_s: float, jump: FloatArray) -> None:
        self._begins_s, self._jump, self._changed = begins_s, jump, np.zeros(3)

    def filter_events(self, events: list[Event], now_s: float) -> list[Event]:
        return events if now_s < self._begins_s else [self._move(event) for event in events]

    def _move(self, event: Event) -> Event:
        if isinstance(event, OdometryEvent):
            moved = replace(event.odometry, pose_odom_base=se2.compose(self._jump, event.odometry.pose_odom_base))
            return replace(event, odometry=moved, pose_map_odom=se2.compose(event.pose_map_odom, se2.invert(self._jump)))
        if isinstance(event, LocalizationEvent):
            return replace(event, pose_map_odom=se2.compose(event.pose_map_odom, se2.invert(self._jump)))
        return event


class FrozenScan:
    """The first scan of the fault again and again, with new stamps."""

    def __init__(self) -> None:
        self._first: ScanEvent | None = None

    def __call__(self, event: ScanEvent, now_s: float) -> ScanEvent:
        self._first = self._first or event
        return replace(event, scan=replace(event.scan, ranges_m=self._first.scan.ranges_m))


def lose(event: Event, now_s: float) -> None:
    """The message never arrives."""


def make_scan_nan(event: ScanEvent, now_s: float) -> ScanEvent:
    """All readings are NaN."""
    return replace(event, scan=replace(event.scan, ranges_m=np.full_like(event.scan.ranges_m, np.nan)))


def make_odometry_nan(event: OdometryEvent, now_s: float) -> OdometryEvent:
    """Pose and twist are NaN."""
    broken = replace(event.odometry, pose_odom_base=np.full(3, np.nan), twist=np.full(2, np.nan))
    return replace(event, odometry=broken)


class LoseSome:
    """A share of the messages never arrives."""

    def __init__(self, generator: np.random.Generator, share: float) -> None:
        self._generator, self._share = generator, share

    def __call__(self, event: Event, now_s: float) -> Event | None:
        return None if self._generator.random() < self._share else event


class JumpLocalization:
    """The localizer is wrong by a jump as long as the fault lasts."""

    def __init__(self, jump: FloatArray) -> None:
        self._jump = jump

    def __call__(self, event: LocalizationEvent, now_s: float) -> LocalizationEvent:
        return replace(event, pose_map_odom=se2.compose(self._jump, event.pose_map_odom))


def _draw_jump(generator: np.random.Generator, distance_m: tuple[float, float], yaw_rad: float) -> FloatArray:
    angle, distance = generator.uniform(0.0, 2.0 * math.pi), generator.uniform(*distance_m)
    return np.array([distance * math.cos(angle), distance * math.sin(angle), generator.uniform(-yaw_rad, yaw_rad)])


def make_fault(name: str, generator: np.random.Generator) -> tuple[Disturbance, float, float]:
    """The fault of that name, when it begins and how long it lasts [s]."""
    begins_s, lasts_s = float(generator.uniform(*BEGINS_S)), float(generator.uniform(*LASTS_S))
    if name == "odometry jump":
        return OdometryJump(begins_s, _draw_jump(generator, (0.2, 1.0), 0.5)), begins_s, 0.0
    if name.endswith("late"):
        kind = ScanEvent if name.startswith("scan") else OdometryEvent
        return LatencySpike(kind, begins_s, lasts_s, float(generator.uniform(0.1, 0.8))), begins_s, lasts_s
    kind, change = {
        "scan lost": (ScanEvent, lose),
        "scan patchy": (ScanEvent, LoseSome(generator, 0.6)),
        "scan NaN": (ScanEvent, make_scan_nan),
        "scan frozen": (ScanEvent, FrozenScan()),
        "odometry lost": (OdometryEvent, lose),
        "odometry patchy": (OdometryEvent, LoseSome(generator, 0.6)),
        "odometry NaN": (OdometryEvent, make_odometry_nan),
        "localisation lost": (LocalizationEvent, lose),
        "localisation jump": (LocalizationEvent, JumpLocalization(_draw_jump(generator, (0.15, 0.5), 0.2))),
    }[name]
    return SensorFault(kind, begins_s, lasts_s, change), begins_s, lasts_s


FAULTS_NAMES = (
    "scan lost", "scan patchy", "scan NaN", "scan frozen", "scan late",
    "odometry lost", "odometry patchy", "odometry NaN", "odometry jump", "odometry late",
    "localisation lost", "localisation jump",
)  # fmt: skip


def make_faults(seed: int) -> Scenario:
    """A drive through a home with one fault; the faults take turns with the seed."""
    name = FAULTS_NAMES[seed % len(FAULTS_NAMES)]
    base = make_homes(seed + 15_485_863)
    fault, begins_s, lasts_s = make_fault(name, make_generator(seed, 5))
    facts = {**base.facts, "fault": name, "begins_s": begins_s, "lasts_s": lasts_s}
    return replace(
        base, suite="faults", seed=seed, disturbances=(fault,), time_limit_s=base.time_limit_s + lasts_s + 10.0, facts=facts
    )


FAULTS = Suite("faults", "homes in which lidar, odometry or localisation fail for a while", 120, make_faults)
