"""What all nodes of the stack have in common: parameters, diagnostics, waiting with a sentence, surviving bad messages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from astro_nav.errors import AstroNavError
from astro_nav.ros.diagnostics import ERROR, OK, WARN, Diagnostics
from astro_nav.ros.parameters import ParamsWatcher, declare_params

Params = TypeVar("Params")

# Qualities of service by what a topic is for.
LATEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
RELIABLE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# Only the newest counts: an old trajectory or picture is of no use.
NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
SENSOR_DATA = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)

REPEAT_SENTENCE_S = 5.0
# Parts of a robot start one after the other. What is missing for a shorter time is an ordinary start and no news for a log.
WAITING_PATIENCE_S = 5.0


class StackNode(Node, Generic[Params]):
    """A node with checked parameters and diagnostics.

    A callback given to `subscribe` may raise any AstroNavError for a message that it cannot use; that is counted,
    reported in diagnostics and logged at most every five seconds. Any other exception is a defect and ends the node.

    Attributes:
        params: the parameters; swap them by `params_watcher.take_change()` between two cycles.
        diagnostics: what is published about this node.
    """

    def __init__(self, name: str, params_class: type[Params], **options: Any) -> None:
        super().__init__(name, **options)
        self.params: Params = declare_params(self, params_class, name)
        self.params_watcher = ParamsWatcher(self, self.params)
        self.diagnostics = Diagnostics(self)
        self._said_s: dict[str, float] = {}
        self._unusable: dict[str, int] = {}
        self._is_ready = False
        self._waiting_since_s: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the node has been ready once."""
        return self._is_ready

    @property
    def now_s(self) -> float:
        """The node's time [s]: simulated under use_sim_time, 0 before the first clock."""
        return 1e-9 * self.get_clock().now().nanoseconds

    def subscribe(
        self, message_type: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile | int
    ) -> Subscription:
        """Subscribe; a message that cannot be used is reported and never ends the node."""

        def take(message: Any) -> None:
            try:
                callback(message)
            except AstroNavError as error:
                self.report_unusable(topic, str(error))

        return self.create_subscription(message_type, topic, take, qos)

    def create_steady_timer(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """A timer that goes on when the simulated clock stands still."""
        return self.create_timer(period_s, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def report_unusable(self, topic: str, sentence: str) -> None:
        """Count and report a message that cannot be used."""
        self.count_unusable(topic)
        self.say_unusable(topic, sentence)

    def count_unusable(self, topic: str) -> None:
        """Count a message that cannot be used, for diagnostics."""
        self._unusable[topic] = self._unusable.get(topic, 0) + 1
        self.diagnostics.set_value(f"{topic} unusable messages", self._unusable[topic])

    def say_unusable(self, topic: str, sentence: str) -> None:
        """Log why a message cannot be used."""
        self.say_at_times(f"unusable {topic}", f"a message on {topic} is not used: {sentence}")

    def report_ready(self) -> None:
        """Log `ready` once."""
        if not self._is_ready:
            self._is_ready = True
            self.get_logger().info("ready")
        self.report_working("ready")

    def report_working(self, sentence: str) -> None:
        """All is well; `sentence` says what the node does."""
        self._waiting_since_s = None
        self.diagnostics.set_state(OK, sentence)

    def report_waiting(self, sentence: str) -> None:
        """The node waits; `sentence` says for what. In diagnostics at once, logged while it lasts longer than an ordinary start takes."""
        self.diagnostics.set_state(WARN, sentence)
        now_s = time.monotonic()
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        if now_s - self._waiting_since_s >= WAITING_PATIENCE_S:
            self.say_at_times("waiting", sentence)

    def report_fault(self, sentence: str) -> None:
        """Something is wrong that somebody has to put right."""
        self._waiting_since_s = None
        self.diagnostics.set_state(ERROR, sentence)
        self.say_at_times("fault", sentence)

    def say_at_times(self, subject: str, sentence: str) -> bool:
        """Log a warning, at most every five seconds per subject; returns whether it was logged."""
        now_s = time.monotonic()
        if now_s - self._said_s.get(subject, -REPEAT_SENTENCE_S) < REPEAT_SENTENCE_S:
            return False
        self._said_s[subject] = now_s
        self.get_logger().warning(sentence)
        return True
