"""The embedded simulator as a node: paces it in real time, publishes what a robot would, and the truth beside it."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Pose2D, TransformStamped, Twist, TwistStamped, Vector3
from nav_msgs.msg import OccupancyGrid
from nav_msgs.msg import Odometry as OdometryMessage
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState, LaserScan
from tf2_msgs.msg import TFMessage
from trajectory_msgs.msg import JointTrajectory

from astro_nav.params.simulator import SimulatorParams
from astro_nav.ros.conversion import (
    MessageError,
    header_from,
    message_from_occupancy_map,
    message_from_odometry,
    message_from_scan,
    message_from_twist,
    quaternion_from_yaw,
    seconds_from_time,
    time_from_seconds,
    twist_from_message,
)
from astro_nav.ros.diagnostics import WARN
from astro_nav.ros.node import LATEST, RELIABLE, SENSOR_DATA, StackNode
from astro_nav.ros.runner import run_node
from astro_nav.simulation.events import Event, JointEvent, LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.simulation.scenario import build_simulator
from astro_nav.types import FloatArray
from astro_nav_msgs.msg import Contact, Contacts, Person, SimulationState

CLOCK_PERIOD_S = 0.01
# Simulated time that the computer could not keep up with is dropped beyond this, instead of being run after.
MAX_BACKLOG_S = 0.1
REALTIME_WINDOW_S = 2.0
WARN_BELOW_REALTIME_FACTOR = 0.95
# What a base driver would claim about its odometry, on the diagonal: x, y, z, roll, pitch, yaw.
POSE_VARIANCES = (1e-3, 1e-3, 1e6, 1e6, 1e6, 3e-3)
TWIST_VARIANCES = (1e-4, 1e-4, 1e6, 1e6, 1e6, 4e-4)


class SimulatorNode(StackNode[SimulatorParams]):
    """Steps the simulator in a thread of its own; callbacks only leave commands for it."""

    def __init__(self, **options: Any) -> None:
        super().__init__("simulator", SimulatorParams, **options)
        self._simulator = build_simulator(self.params)
        # What is added to simulated times: nothing when this node makes the time, else the system's time at the start.
        self._offset_s = 0.0 if self.params.publish_clock else time.time()
        self._commands: deque[FloatArray] = deque()
        self._screen_commands: deque[tuple[float | None, FloatArray, FloatArray]] = deque()
        self._pacer = RealTimePacer()
        self._clocks_per_state = max(1, round(1.0 / (self.params.state_rate_hz * CLOCK_PERIOD_S)))
        self._sent_contacts = -1
        self._covariances = tuple(np.diag(v).ravel().tolist() for v in (POSE_VARIANCES, TWIST_VARIANCES))
        self._make_publishers()
        self._make_subscriptions()
        self._cycle = self.diagnostics.add_durations("step of 10 ms")
        self._simulator.warm_up()
        self._publish_at_rest()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulation")
        self._thread.start()
        self._pace_timer = self.create_steady_timer(1.0, self._watch_pace)
        self.report_ready()

    def shut_down(self) -> None:
        """End the simulation."""
        self._stopping.set()
        self._thread.join(timeout=2.0)

    # ------------------------------------------------------------------ in

    def _make_subscriptions(self) -> None:
        message_type = TwistStamped if self.params.stamped_cmd_vel else Twist
        self.subscribe(message_type, "cmd_vel", self._take_command, SENSOR_DATA)
        if self.params.robot.screen.joint:
            self.subscribe(JointTrajectory, "screen/joint_trajectory", self._take_screen, SENSOR_DATA)

    def _take_command(self, message: Twist | TwistStamped) -> None:
        self._commands.append(twist_from_message(message.twist if self.params.stamped_cmd_vel else message))

    def _take_screen(self, message: JointTrajectory) -> None:
        joint = self.params.robot.screen.joint
        if joint not in message.joint_names or not message.points:
            raise MessageError(f"the trajectory has no points for joint {joint}: it names {list(message.joint_names)}")
        place = list(message.joint_names).index(joint)
        if any(len(point.positions) <= place for point in message.points):
            raise MessageError(f"a point of the trajectory has no position for joint {joint}")
        times_s = np.array([_read_duration(point.time_from_start) for point in message.points])
        angles_rad = np.array([point.positions[place] for point in message.points])
        if not np.isfinite(angles_rad).all() or (np.diff(times_s) <= 0.0).any():
            raise MessageError("the trajectory's angles must be finite and its times must increase")
        stamp_s = seconds_from_time(message.header.stamp)
        self._screen_commands.append((stamp_s if stamp_s > 0.0 else None, times_s, angles_rad))

    def _apply_commands(self) -> None:
        while self._commands:
            self._simulator.set_command(self._commands.popleft())
        while self._screen_commands:
            stamp_s, times_s, angles_rad = self._screen_commands.popleft()
            start_s = self._simulator.time_s if stamp_s is None else stamp_s - self._offset_s
            self._simulator.set_screen_trajectory(start_s, times_s, angles_rad)

    # ------------------------------------------------------------------ the loop

    def _run(self) -> None:
        self._pacer.start(self._simulator.time_s)
        while not self._stopping.is_set():
            begin_s = time.perf_counter()
            self._apply_commands()
            events = self._simulator.step(CLOCK_PERIOD_S)
            self._publish_clock()
            for event in events:
                self._publish_event(event)
            if round(self._simulator.time_s / CLOCK_PERIOD_S) % self._clocks_per_state == 0:
                self._publish_truth()
            self._cycle.add(time.perf_counter() - begin_s)
            dropped_s = self._pacer.wait(self._simulator.time_s, self._stopping)
            if not self.params.publish_clock:
                self._offset_s += dropped_s

    def _watch_pace(self) -> None:
        factor = self._pacer.realtime_factor
        self.diagnostics.set_value("realtime factor", factor)
        if factor >= WARN_BELOW_REALTIME_FACTOR:
            self.report_ready()
            return
        sentence = (
            f"simulates only {factor:.2f} times as fast as real time, limit {WARN_BELOW_REALTIME_FACTOR:g}: "
            "the computer is too busy"
        )
        if self.diagnostics.sentence == "ready":
            self.get_logger().warning(sentence)
        self.diagnostics.set_state(WARN, sentence)

    # ------------------------------------------------------------------ out

    def _make_publishers(self) -> None:
        create = self.create_publisher
        self._scan_publisher = create(LaserScan, "scan", SENSOR_DATA)
        self._odom_publisher = create(OdometryMessage, "odom", RELIABLE)
        self._joints_publisher = create(JointState, "joint_states", RELIABLE)
        self._tf_publisher = create(TFMessage, "/tf", RELIABLE)
        self._tf_static_publisher = create(TFMessage, "/tf_static", LATEST)
        self._clock_publisher = create(ClockMessage, "/clock", RELIABLE) if self.params.publish_clock else None
        self._map_publisher = create(OccupancyGrid, "map", LATEST) if self.params.publish_map else None
        self._state_publisher = create(SimulationState, "simulation/state", RELIABLE)
        self._contacts_publisher = create(Contacts, "simulation/contacts", LATEST)

    def _publish_at_rest(self) -> None:
        """What is published once: where the lidar is, and the map."""
        frames, (x, y, yaw) = self.params.frames, self._simulator.pose_base_laser
        mount = _make_transform(np.array([x, y, yaw]), self._offset_s, frames.base, self.params.lidar.frame)
        mount.transform.translation.z = self._simulator.laser_height_m
        self._tf_static_publisher.publish(TFMessage(transforms=[mount]))
        if self._map_publisher is not None:
            world_map = self._simulator.world.rasterize(self.params.map_resolution_m, self._simulator.laser_height_m)
            world_map = replace(world_map, stamp_s=self._offset_s, frame_id=frames.map)
            self._map_publisher.publish(message_from_occupancy_map(world_map))

    def _publish_clock(self) -> None:
        if self._clock_publisher is not None:
            self._clock_publisher.publish(ClockMessage(clock=time_from_seconds(self._simulator.time_s)))

    def _publish_event(self, event: Event) -> None:
        frames, offset_s = self.params.frames, self._offset_s
        if isinstance(event, ScanEvent):
            self._scan_publisher.publish(message_from_scan(replace(event.scan, stamp_s=event.scan.stamp_s + offset_s)))
        elif isinstance(event, OdometryEvent):
            odometry = replace(event.odometry, stamp_s=event.odometry.stamp_s + offset_s)
            message = message_from_odometry(odometry, frames.odom, frames.base)
            message.pose.covariance, message.twist.covariance = self._covariances
            self._odom_publisher.publish(message)
            transform = _make_transform(odometry.pose_odom_base, odometry.stamp_s, frames.odom, frames.base)
            self._tf_publisher.publish(TFMessage(transforms=[transform]))
        elif isinstance(event, LocalizationEvent):
            transform = _make_transform(event.pose_map_odom, event.stamp_s + offset_s, frames.map, frames.odom)
            self._tf_publisher.publish(TFMessage(transforms=[transform]))
        elif isinstance(event, JointEvent):
            self._joints_publisher.publish(
                JointState(
                    header=header_from(event.stamp_s + offset_s, ""),
                    name=list(event.names),
                    position=list(event.positions_rad),
                    velocity=list(event.speeds_radps),
                )
            )

    def _publish_truth(self) -> None:
        truth, frame = self._simulator.truth(), self.params.frames.map
        x, y, yaw = truth.pose_map_base.tolist()
        people = [
            Person(
                id=person.name,
                position=Point(x=float(person.position_map[0]), y=float(person.position_map[1])),
                velocity=Vector3(x=float(person.velocity_map[0]), y=float(person.velocity_map[1])),
            )
            for person in truth.people
        ]
        self._state_publisher.publish(
            SimulationState(
                header=header_from(truth.time_s + self._offset_s, frame),
                robot=Pose2D(x=x, y=y, theta=yaw),
                twist=message_from_twist(truth.twist),
                clearance_m=truth.clearance_m,
                people=people,
                doors_open=list(truth.doors_open),
                realtime_factor=self._pacer.realtime_factor,
            )
        )
        if len(truth.contacts) != self._sent_contacts:
            self._sent_contacts = len(truth.contacts)
            contacts = [
                Contact(
                    stamp=time_from_seconds(contact.time_s + self._offset_s),
                    kind=contact.kind,
                    name=contact.name,
                    by_robot=contact.by_robot,
                    position=Point(x=contact.position_map[0], y=contact.position_map[1]),
                    speed_mps=contact.speed_mps,
                )
                for contact in truth.contacts
            ]
            self._contacts_publisher.publish(Contacts(header=header_from(truth.time_s + self._offset_s, frame), contacts=contacts))


class RealTimePacer:
    """Keeps simulated time in step with the wall clock and measures how well that works."""

    def __init__(self) -> None:
        self.realtime_factor = 1.0
        self._start_s = 0.0
        self._history: deque[tuple[float, float]] = deque()

    def start(self, simulated_s: float) -> None:
        """Simulated time begins to run at this value now."""
        now_s = time.monotonic()
        self._start_s = now_s - simulated_s
        self._history.clear()
        self._history.append((now_s, simulated_s))

    def wait(self, simulated_s: float, stopping: threading.Event) -> float:
        """Sleep until the wall clock has reached the simulated time; returns how much time was given up [s]."""
        now_s = time.monotonic()
        ahead_s = self._start_s + simulated_s - now_s
        dropped_s = 0.0
        if ahead_s > 0.0:
            stopping.wait(ahead_s)
        elif ahead_s < -MAX_BACKLOG_S:
            dropped_s = -ahead_s
            self._start_s += dropped_s
        now_s = time.monotonic()
        self._history.append((now_s, simulated_s))
        while now_s - self._history[0][0] > REALTIME_WINDOW_S:
            self._history.popleft()
        first_wall_s, first_simulated_s = self._history[0]
        if now_s - first_wall_s > 0.5 * REALTIME_WINDOW_S:
            self.realtime_factor = (simulated_s - first_simulated_s) / (now_s - first_wall_s)
        return dropped_s


def _make_transform(pose: FloatArray, stamp_s: float, frame: str, child_frame: str) -> TransformStamped:
    transform = TransformStamped(header=header_from(stamp_s, frame), child_frame_id=child_frame)
    transform.transform.translation.x, transform.transform.translation.y = float(pose[0]), float(pose[1])
    transform.transform.rotation = quaternion_from_yaw(float(pose[2]))
    return transform


def _read_duration(duration: Duration) -> float:
    return duration.sec + 1e-9 * duration.nanosec


def main() -> None:
    """Run the node."""
    sys.exit(run_node(SimulatorNode))


if __name__ == "__main__":
    main()
