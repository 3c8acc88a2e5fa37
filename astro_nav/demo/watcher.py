"""Listens to the running stack from outside. May import rclpy, as all that orchestrates the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from astro_nav_msgs.msg import Contacts, LocalPlannerStatus, SafetyState, SimulationState
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Twist
from rclpy.node import Node
from rclpy.subscription import Subscription

from astro_nav.demo.drive_log import ContactSample, DriveLog, TruthSample
from astro_nav.ros.conversion import seconds_from_time
from astro_nav.ros.node import LATEST, RELIABLE

DEEP = 100  # messages that may wait between two rounds


class Watcher:
    """Takes the messages of a few topics in rounds and writes them into the drive log.

    Not by an executor: the time of arrival is then that of DDS, and a round costs the same however many messages came.

    Attributes:
        status, safety: the newest of each, None before the first.
        truth: the newest truth, None before the first.
        realtime_factor: as the simulator says.
    """

    def __init__(self, node: Node, log: DriveLog) -> None:
        self._log = log
        self.status: LocalPlannerStatus | None = None
        self.safety: SafetyState | None = None
        self.truth: TruthSample | None = None
        self.realtime_factor = float("nan")
        self._sources: list[tuple[Subscription, Callable[[Any, int], None]]] = [
            (self._subscribe(node, LocalPlannerStatus, "local_planner_status", RELIABLE), self._take_status),
            (self._subscribe(node, SafetyState, "safety_state", RELIABLE), self._take_safety),
            (self._subscribe(node, SimulationState, "simulation/state", RELIABLE), self._take_truth),
            (self._subscribe(node, Contacts, "simulation/contacts", LATEST), self._take_contacts),
            (self._subscribe(node, Twist, "cmd_vel", DEEP, raw=True), self._take_command),
            (self._subscribe(node, DiagnosticArray, "/diagnostics", DEEP), self._take_diagnostics),
        ]

    def watch_round(self) -> None:
        """Take everything that has arrived."""
        for subscription, take in self._sources:
            with subscription.handle:
                while (answer := subscription.handle.take_message(subscription.msg_type, subscription.raw)) is not None:
                    message, info = answer
                    take(message, info["received_timestamp"])

    @staticmethod
    def _subscribe(node: Node, message_type: type, topic: str, quality: Any, raw: bool = False) -> Subscription:
        return node.create_subscription(message_type, topic, lambda _message: None, quality, raw=raw)

    def _take_status(self, message: LocalPlannerStatus, received_ns: int) -> None:
        self.status = message
        self._log.planner.add(received_ns, self._log.counting)

    def _take_safety(self, message: SafetyState, _received_ns: int) -> None:
        self.safety = message

    def _take_command(self, _data: bytes, received_ns: int) -> None:
        self._log.command.add(received_ns, self._log.counting)

    def _take_diagnostics(self, message: DiagnosticArray, _received_ns: int) -> None:
        """What the safety controller itself measures; its windows are longer than a leg of the tour."""
        for status in message.status:
            if status.name.rsplit("/", 1)[-1] == "safety_controller":
                texts = {entry.key: entry.value for entry in status.values}
                self._log.note_durations(texts)

    def _take_truth(self, message: SimulationState, received_ns: int) -> None:
        robot, twist = message.robot, message.twist
        self.realtime_factor = message.realtime_factor
        self.truth = TruthSample(
            stamp_s=seconds_from_time(message.header.stamp),
            wall_s=received_ns * 1e-9,
            pose_map_base=np.array([robot.x, robot.y, robot.theta]),
            twist=np.array([twist.linear.x, twist.angular.z]),
            clearance_m=message.clearance_m,
            people_map={person.id: np.array([person.position.x, person.position.y]) for person in message.people},
        )
        self._log.add_truth(self.truth)

    def _take_contacts(self, message: Contacts, _received_ns: int) -> None:
        self._log.contacts = [
            ContactSample(
                stamp_s=seconds_from_time(contact.stamp),
                kind=contact.kind,
                name=contact.name,
                by_robot=contact.by_robot,
                position_map=np.array([contact.position.x, contact.position.y]),
                speed_mps=contact.speed_mps,
            )
            for contact in message.contacts
        ]
