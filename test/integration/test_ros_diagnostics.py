"""What a node says about itself: rates, times, level and sentence; bad messages are counted, not fatal."""

from __future__ import annotations

import math
import time

import pytest

rclpy = pytest.importorskip("rclpy", reason="no ROS 2 here: run `make setup`, or source a distribution")

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.qos import DurabilityPolicy, QoSProfile  # noqa: E402
from scenes.real_node import ros_domain, spin_until  # noqa: E402, F401
from std_msgs.msg import Float32  # noqa: E402

from astro_nav.errors import AstroNavError  # noqa: E402
from astro_nav.params.safety_controller import SafetyControllerParams  # noqa: E402
from astro_nav.ros.diagnostics import ERROR, OK, WARN, Diagnostics, DurationWindow, RateMeter  # noqa: E402
from astro_nav.ros.node import StackNode  # noqa: E402

pytestmark = pytest.mark.usefixtures("ros_domain")


def listen(node: Node, name: str) -> list[DiagnosticStatus]:
    heard: list[DiagnosticStatus] = []
    qos = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(
        DiagnosticArray, "/diagnostics", lambda message: heard.extend(s for s in message.status if s.name == name), qos
    )
    return heard


def test_percentiles_of_the_last_durations() -> None:
    window = DurationWindow(100)
    assert window.compute_percentiles() is None
    for k in range(1000):
        window.add(k * 1e-3)
    median, high, largest = window.compute_percentiles()
    assert median == pytest.approx(0.9495) and largest == pytest.approx(0.999) and 0.99 < high < 0.999
    window.clear()
    assert len(window) == 0 and window.compute_percentiles() is None
    window.add(2.0)
    assert window.compute_percentiles() == (2.0, 2.0, 2.0)


def test_rates_count_from_one_reading_to_the_next() -> None:
    meter = RateMeter()
    for _ in range(5):
        meter.tick()
    time.sleep(0.05)
    meter.tick()
    rate_hz, gap_s = meter.read()
    assert 6.0 / 5.0 < rate_hz <= 6.0 / 0.05 and gap_s >= 0.05
    assert meter.read() == (0.0, 0.0) and meter.count == 6


def test_status_is_latched_and_follows_level_and_sentence() -> None:
    node, watcher = Node("talks"), Node("listens")
    try:
        diagnostics = Diagnostics(node)
        diagnostics.add_durations("cycle").add(0.0125)
        diagnostics.add_rate("scan").tick()
        diagnostics.set_value("clearance [m]", 0.123456)
        diagnostics.set_state(OK, "drives")
        heard = listen(watcher, "talks")
        assert spin_until(watcher, lambda: bool(heard), 20.0), "a late listener hears the last words without a new publication"
        assert (heard[-1].level, heard[-1].message) == (OK, "drives")
        values = {value.key: value.value for value in heard[-1].values}
        assert values["cycle p50 / p99 / max [ms]"] == "12.50 / 12.50 / 12.50"
        assert values["clearance [m]"] == "0.1235"
        assert float(values["scan rate [Hz]"]) > 0.0
        diagnostics.set_state(ERROR, "the wheel came off")
        assert spin_until(watcher, lambda: heard[-1].level == ERROR, 20.0), "a change of level is published at once"
        with pytest.raises(ValueError, match="scan is measured already"):
            diagnostics.add_durations("scan")
    finally:
        node.destroy_node()
        watcher.destroy_node()


def test_a_node_counts_messages_that_it_cannot_use_and_goes_on() -> None:
    node = StackNode("safety_controller", SafetyControllerParams)
    try:
        taken = []

        def take(message: Float32) -> None:
            if math.isnan(message.data):
                raise AstroNavError("nan is no speed")
            taken.append(message.data)

        node.subscribe(Float32, "speed", take, 10)
        publisher = node.create_publisher(Float32, "speed", 10)
        heard = listen(node, "safety_controller")
        for value in (1.0, math.nan, math.nan, 2.0):
            publisher.publish(Float32(data=value))
        assert spin_until(node, lambda: taken == [1.0, 2.0], 20.0)
        node.diagnostics.publish()

        def counted() -> bool:
            return bool(heard) and {v.key: v.value for v in heard[-1].values}.get("speed unusable messages") == "2"

        assert spin_until(node, counted, 20.0)
        node.report_waiting("waiting for a map")
        assert (node.diagnostics.level, node.diagnostics.sentence) == (WARN, "waiting for a map")
        assert node.say_at_times("waiting", "once"), "an ordinary start is no news for the log"
        assert not node.say_at_times("waiting", "again"), "the same subject is logged at most every five seconds"
        node.report_ready()
        assert (node.diagnostics.level, node.diagnostics.sentence) == (OK, "ready")
    finally:
        node.destroy_node()
