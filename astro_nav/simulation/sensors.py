"""All sensors of the robot: each at its own rate, each message at its own time of arrival."""

from __future__ import annotations

import heapq

import numpy as np

from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.dead_reckoning import Localizer, WheelOdometry
from astro_nav.simulation.events import Event, JointEvent, LocalizationEvent, OdometryEvent, ScanEvent
from astro_nav.simulation.lidar import Lidar
from astro_nav.simulation.physics import Physics
from astro_nav.simulation.robot_model import LEFT_WHEEL, RIGHT_WHEEL
from astro_nav.simulation.surroundings import Surroundings
from astro_nav.types import FloatArray


class Sensors:
    """What the robot measures.

    Args:
        params: of the simulator.
        pose_base_laser: (3,).
        surroundings: what there is to see.
        seed: of everything that is drawn.
    """

    def __init__(
        self, params: SimulatorParams, pose_base_laser: FloatArray, surroundings: Surroundings, seed: int
    ) -> None:
        self._params, self._surroundings, self._step_s = params, surroundings, params.physics.step_s
        # One stream each, so that a setting of one sensor leaves the others' noise as it was.
        streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3)]
        self._turn_steps = self._count_steps(params.lidar.rate_hz)
        self._odometry_steps = self._count_steps(params.odometry.rate_hz)
        self._localization_steps = self._count_steps(params.localization.rate_hz)
        self._joint_steps = self._count_steps(params.joint_rate_hz)
        self._lidar = Lidar(params.lidar, pose_base_laser, self._turn_steps, self._step_s, streams[0])
        self.odometry = WheelOdometry(params, streams[1])
        self.localizer = Localizer(params.localization, streams[2])
        self._outbox: list[tuple[float, int, Event]] = []
        self._sent = 0
        moments = self._turn_steps + 1
        self._turn_poses = np.zeros((moments, 3))
        self._turn_panels = np.zeros((moments, len(surroundings.doors.motions), 6))
        self._turn_legs = np.zeros((moments, len(surroundings.leg_discs), 3))

    def restart_turn(self, step: int, pose_map_base: tuple[float, float, float]) -> None:
        """The robot was carried: what it saw on the way counts for nothing."""
        place = step % self._turn_steps
        for moment in range(place + 1):
            self._record(moment, pose_map_base)
        self.localizer.restart()

    def measure(self, step: int, physics: Physics, pose_map_base: tuple[float, float, float]) -> None:
        """Take note of the moment after a step of the physics and measure what is due.

        Args:
            step: number of steps since the start.
            physics: the robot.
            pose_map_base: where it is now.
        """
        self._record((step - 1) % self._turn_steps + 1, pose_map_base)
        now_s = step * self._step_s
        if step % self._odometry_steps == 0:
            left, right, _, _ = physics.read_wheels()
            odometry = self.odometry.measure(now_s, left, right)
            pose_map_odom = self.localizer.correct(np.array(pose_map_base), odometry.pose_odom_base)
            arrives_s = now_s + self._params.odometry.latency_s
            self._send(OdometryEvent(arrives_s, odometry, pose_map_odom))
        if step % self._localization_steps == 0:
            stamp_s = now_s + self._params.localization.post_date_s
            self._send(LocalizationEvent(now_s, stamp_s, self.localizer.pose_map_odom))
        if step % self._joint_steps == 0:
            self._send(self._read_joints(now_s, physics))
        if step % self._turn_steps == 0:
            self._scan(step)
            self._record(0, pose_map_base)

    def collect(self, now_s: float) -> list[Event]:
        """Take what has arrived by now, in order of arrival."""
        events = []
        while self._outbox and self._outbox[0][0] <= now_s + 1e-9:
            events.append(heapq.heappop(self._outbox)[2])
        return events

    def warm_up(self) -> None:
        """Compile the lidar's kernel; draws nothing and changes nothing."""
        self._surroundings.lidar_index.cast_rays(
            np.zeros((1, 2)), np.array([[1.0, 0.0]]), 0.1, np.zeros(1), self._turn_panels, self._turn_legs
        )

    def _count_steps(self, rate_hz: float) -> int:
        return max(1, round(1.0 / (rate_hz * self._step_s)))

    def _record(self, moment: int, pose_map_base: tuple[float, float, float]) -> None:
        """Keep pose, doors and legs for the rays that look between this and the neighbouring moments."""
        self._turn_poses[moment] = pose_map_base
        if len(self._turn_panels[0]):
            self._turn_panels[moment] = self._surroundings.doors.panels
        if len(self._turn_legs[0]):
            self._turn_legs[moment] = self._surroundings.leg_discs

    def _scan(self, step: int) -> None:
        stamp_s = (step - self._turn_steps) * self._step_s
        poses = self._turn_poses.copy()
        poses[:, 2] = np.unwrap(poses[:, 2])
        index = self._surroundings.lidar_index
        measured = self._lidar.measure(index, stamp_s, poses, self._turn_panels, self._turn_legs)
        if measured is not None:
            scan, latency_s = measured
            arrives_s = max(scan.stamp_s + scan.duration_s + latency_s, step * self._step_s)
            self._send(ScanEvent(arrives_s, scan))

    def _read_joints(self, now_s: float, physics: Physics) -> JointEvent:
        left, right, left_speed, right_speed = physics.read_wheels()
        names, positions, speeds = [LEFT_WHEEL, RIGHT_WHEEL], [left, right], [left_speed, right_speed]
        if self._params.robot.screen.joint:
            angle, speed = physics.read_screen()
            names.append(self._params.robot.screen.joint)
            positions.append(angle)
            speeds.append(speed)
        return JointEvent(now_s, now_s, tuple(names), tuple(positions), tuple(speeds))

    def _send(self, event: Event) -> None:
        self._sent += 1
        heapq.heappush(self._outbox, (event.arrives_s, self._sent, event))
