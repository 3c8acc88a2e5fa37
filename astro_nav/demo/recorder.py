"""The recorder: a process of its own, so that neither the panel nor the client disturbs the recording.

`python -m astro_nav.demo.recorder --out FOLDER ...` records until SIGINT or SIGTERM, then finishes the file and ends; the
supervisor sees to it that one of them comes, also when the demo itself is killed. It takes serialized messages from DDS in rounds, without an executor: twenty topics at up to
50 Hz cost a few percent of a core that way, and the time of arrival is that of DDS, not of this loop.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import rclpy
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription

from astro_nav.demo.recording import Recording

QUEUE_DEPTH = 100  # two seconds of the fastest topic
ROUND_S = 0.02
LOOK_FOR_TOPICS_S = 0.25
EXIT_LOST = 3  # the disk is full, or the like


@dataclass
class RecordedTopic:
    """One topic to record.

    Attributes:
        name: as the nodes call it; relative names are in the recorder's namespace.
        period_s: 0 records every message; otherwise one message is taken in every such period, and nobody listens in
            between, because some topics are only made while somebody does.
        subscription: None while nobody publishes it, or between two samples.
        announced: whether the recording knows it.
        due_s: monotonic time of the next sample.
    """

    name: str
    period_s: float = 0.0
    subscription: Subscription | None = None
    announced: bool = False
    due_s: float = 0.0


class Recorder:
    """Moves messages from DDS into a recording."""

    def __init__(self, node: Node, recording: Recording, topics: list[RecordedTopic]) -> None:
        self._node = node
        self._recording = recording
        self._topics = topics
        self._look_s = 0.0
        self.count = 0

    def record_round(self, now_s: float) -> None:
        """Take what has arrived, and look for topics that are published by now; `now_s` is monotonic."""
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_FOR_TOPICS_S
            for topic in self._topics:
                if topic.subscription is None and now_s >= topic.due_s:
                    self._subscribe(topic)
        for topic in self._topics:
            if topic.subscription is not None and self._take(topic) and topic.period_s > 0.0:
                self._node.destroy_subscription(topic.subscription)
                topic.subscription = None
                topic.due_s = now_s + topic.period_s

    def _subscribe(self, topic: RecordedTopic) -> None:
        publishers = self._node.get_publishers_info_by_topic(topic.name)
        if not publishers:
            return
        # The strongest quality that every publisher offers: a subscription that asks for more than one of them has
        # would not hear that one.
        profiles = [publisher.qos_profile for publisher in publishers]
        reliable = all(profile.reliability == ReliabilityPolicy.RELIABLE for profile in profiles)
        latched = all(profile.durability == DurabilityPolicy.TRANSIENT_LOCAL for profile in profiles)
        type_name = publishers[0].topic_type
        topic.subscription = self._node.create_subscription(
            import_message_class(type_name),
            topic.name,
            lambda _message: None,  # never called: messages are taken in rounds
            QoSProfile(
                history=HistoryPolicy.KEEP_LAST,
                depth=1 if topic.period_s > 0.0 else QUEUE_DEPTH,
                reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
                durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
            ),
            raw=True,
        )
        if not topic.announced:
            topic.announced = True
            self._recording.add_topic(
                topic.subscription.topic_name,
                type_name,
                str(publishers[0].topic_type_hash),
                reliable,
                latched,
                depth=QUEUE_DEPTH if latched else 10,
            )

    def _take(self, topic: RecordedTopic) -> int:
        subscription, taken = topic.subscription, 0
        with subscription.handle:
            while (answer := subscription.handle.take_message(subscription.msg_type, True)) is not None:
                data, info = answer
                self._recording.write(subscription.topic_name, info["received_timestamp"], data)
                taken += 1
        self.count += taken
        return taken


def import_message_class(type_name: str) -> type:
    """Return the class of `package/msg/Name`."""
    package, folder, name = type_name.split("/")
    return getattr(importlib.import_module(f"{package}.{folder}"), name)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="recorder", description="Record topics into an MCAP file.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the recording, made here")
    parser.add_argument("--topics", nargs="*", default=[], help="topics of which every message is recorded")
    parser.add_argument("--sampled", nargs="*", default=[], help="topics of which one message per period is recorded")
    parser.add_argument("--sample-period", type=float, default=1.0, help="that period [s]")
    parser.add_argument("--namespace", default="/", help="namespace of relative topics")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Record until told to stop; returns 0, or EXIT_LOST when the recording broke off."""
    options = parse_arguments(sys.argv[1:] if arguments is None else arguments)
    stopped = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.append(True))
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node("recorder", namespace=options.namespace, enable_rosout=False, start_parameter_services=False)
    topics = [RecordedTopic(name) for name in options.topics]
    topics += [RecordedTopic(name, options.sample_period) for name in options.sampled]
    code = 0
    try:
        recording = Recording(options.out)
        recorder = Recorder(node, recording, topics)
        try:
            print("ready", flush=True)
            while not stopped:
                recorder.record_round(time.monotonic())
                time.sleep(ROUND_S)
            recorder.record_round(time.monotonic())
        finally:
            recording.close()
        print(f"recorded {recorder.count} messages in {options.out}", flush=True)
    except OSError as error:
        print(f"the recording in {options.out} broke off: {error}", file=sys.stderr, flush=True)
        code = EXIT_LOST
    node.destroy_node()
    rclpy.shutdown()
    return code


if __name__ == "__main__":
    sys.exit(main())
