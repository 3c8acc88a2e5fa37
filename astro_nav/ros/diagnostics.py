"""What a node says about itself once a second on `/diagnostics`: level, sentence, rates, times, key values.

Measuring costs an addition and a store; percentiles are taken once a second.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR

PUBLISH_PERIOD_S = 1.0
WINDOW_SIZE = 1024


class DurationWindow:
    """The last durations of something: how long cycles take, how far apart they are, how old data is."""

    def __init__(self, size: int = WINDOW_SIZE) -> None:
        self._values_s = np.zeros(size)
        self._count = 0

    def __len__(self) -> int:
        return min(self._count, len(self._values_s))

    def add(self, duration_s: float) -> None:
        """Add one duration; the oldest leaves."""
        self._values_s[self._count % len(self._values_s)] = duration_s
        self._count += 1

    def clear(self) -> None:
        """Forget all, e.g. what was measured while warming up."""
        self._count = 0

    def compute_percentiles(self) -> tuple[float, float, float] | None:
        """Median, 99th percentile and maximum [s]; None before the first duration."""
        if len(self) == 0:
            return None
        values = self._values_s[: len(self)]
        median, high = np.percentile(values, (50.0, 99.0))
        return float(median), float(high), float(values.max())


class RateMeter:
    """How often something happens: the rate since the last reading, and the longest gap in it."""

    def __init__(self) -> None:
        self.count = 0
        self.last_s = -1.0
        self._longest_gap_s = 0.0
        self._read_count = 0
        self._read_s = time.monotonic()

    def tick(self) -> None:
        """It happened now."""
        now_s = time.monotonic()
        if self.last_s >= 0.0:
            self._longest_gap_s = max(self._longest_gap_s, now_s - self.last_s)
        self.last_s = now_s
        self.count += 1

    def read(self) -> tuple[float, float]:
        """Return the rate [1/s] and the longest gap [s] since the last reading, and begin anew."""
        now_s = time.monotonic()
        rate_hz = (self.count - self._read_count) / max(now_s - self._read_s, 1e-6)
        gap_s = self._longest_gap_s
        self._read_count, self._read_s, self._longest_gap_s = self.count, now_s, 0.0
        return rate_hz, gap_s


class Diagnostics:
    """The 1 Hz publisher of one node; everything it holds is published in the order in which it was added."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._level, self._sentence = WARN, "starting"
        self._meters: dict[str, RateMeter | DurationWindow] = {}
        self._values: dict[str, Any] = {}
        # Whoever looks later sees the last words of the node too; listeners without transient local fit as well.
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", qos)
        self._timer = node.create_timer(PUBLISH_PERIOD_S, self.publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def level(self) -> bytes:
        """The level that is published."""
        return self._level

    @property
    def sentence(self) -> str:
        """The sentence that is published."""
        return self._sentence

    def add_rate(self, name: str) -> RateMeter:
        """Measure a rate; published as `<name> rate [Hz]` and `<name> longest gap [ms]`."""
        return self._add(name, RateMeter())

    def add_durations(self, name: str, size: int = WINDOW_SIZE) -> DurationWindow:
        """Measure durations; published as `<name> p50 / p99 / max [ms]`."""
        return self._add(name, DurationWindow(size))

    def set_value(self, key: str, value: Any) -> None:
        """Publish a value under a key; floats are rounded to four digits."""
        self._values[key] = value

    def set_state(self, level: bytes, sentence: str) -> None:
        """Set level and sentence; a change of level is published at once."""
        changed = level != self._level
        self._level, self._sentence = level, sentence
        if changed:
            self.publish()

    def publish(self) -> None:
        """Publish now; the timer does it once a second."""
        status = DiagnosticStatus(
            level=self._level,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=self._sentence,
            hardware_id="astro_nav",
            values=[KeyValue(key=key, value=text) for key, text in self._list_texts()],
        )
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _add(self, name: str, meter: Any) -> Any:
        if name in self._meters:
            raise ValueError(f"{name} is measured already")
        self._meters[name] = meter
        return meter

    def _list_texts(self) -> list[tuple[str, str]]:
        texts = []
        for name, meter in self._meters.items():
            if isinstance(meter, RateMeter):
                rate_hz, gap_s = meter.read()
                texts.append((f"{name} rate [Hz]", f"{rate_hz:.1f}"))
                texts.append((f"{name} longest gap [ms]", f"{1e3 * gap_s:.1f}"))
            else:
                percentiles = meter.compute_percentiles()
                text = "none yet" if percentiles is None else " / ".join(f"{1e3 * value:.2f}" for value in percentiles)
                texts.append((f"{name} p50 / p99 / max [ms]", text))
        for key, value in self._values.items():
            texts.append((key, f"{value:.4g}" if isinstance(value, float) else str(value)))
        return texts
