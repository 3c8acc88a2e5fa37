"""The simulator: a robot in a world, stepped without ROS; the same seed gives the same floats, bit for bit."""

from __future__ import annotations

import heapq
import math

import numpy as np

from astro_nav.geometry import se2
from astro_nav.geometry.angles import wrap_angle
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.base import BaseController, ScreenController
from astro_nav.simulation.contacts import ContactRecord
from astro_nav.simulation.dead_reckoning import Localizer, WheelOdometry
from astro_nav.simulation.doors import Doors
from astro_nav.simulation.events import Event, JointEvent, LocalizationEvent, OdometryEvent, ScanEvent, Truth
from astro_nav.simulation.lidar import Lidar
from astro_nav.simulation.people import Behaviour, Crowd
from astro_nav.simulation.physics import Physics, Touch
from astro_nav.simulation.robot_model import LEFT_WHEEL, RIGHT_WHEEL, find_pose_base_laser
from astro_nav.simulation.solids import Shape, Solid, SolidIndex, compute_disc_outline, describe_solid
from astro_nav.simulation.world import World, describe_door
from astro_nav.types import FloatArray

# People and doors decide this often; between decisions they move evenly.
DECISION_PERIOD_S = 0.02
PERSON_TOP_M = 1.7
NO_DISCS = np.zeros((0, 3))


class Simulator:
    """A robot in a world.

    Args:
        world: where.
        params: robot, sensors, noise, latencies.
        seed: of everything that is drawn.
        behaviours: name of a person -> who decides where they go, instead of the script.
        with_visuals: keep in the physics what is only for looking at.
    """

    def __init__(
        self,
        world: World,
        params: SimulatorParams,
        seed: int,
        behaviours: dict[str, Behaviour] | None = None,
        with_visuals: bool = False,
    ) -> None:
        self.params, self.seed = params, seed
        self._world, self._with_visuals = world, with_visuals
        self._footprint = params.robot.footprint
        laser = find_pose_base_laser(params)
        self.pose_base_laser, self.laser_height_m = laser[:3], float(laser[3])
        self._step_s = params.physics.step_s
        self._tick = 0
        self._decision_ticks = max(1, round(DECISION_PERIOD_S / self._step_s))
        self._build_indices()
        self._doors = Doors(world.doors)
        self._crowd = Crowd(world.people, params.people, self._people_index, behaviours)
        self._legs, self._bodies = self._crowd.legs_after.copy(), self._crowd.bodies_after.copy()
        self._base, self._screen = BaseController(params), ScreenController(params)
        self._contacts = ContactRecord()
        # One stream each, so that a setting of one sensor leaves the others' noise as it was.
        streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(3)]
        self._turn_ticks = self._count_ticks(params.lidar.rate_hz)
        self._lidar = Lidar(params.lidar, self.pose_base_laser, self._turn_ticks, self._step_s, streams[0])
        self._odometry = WheelOdometry(params, streams[1])
        self._localizer = Localizer(params.localization, streams[2])
        self._odometry_ticks = self._count_ticks(params.odometry.rate_hz)
        self._localization_ticks = self._count_ticks(params.localization.rate_hz)
        self._joint_ticks = self._count_ticks(params.joint_rate_hz)
        self._outbox: list[tuple[float, int, Event]] = []
        self._sent = 0
        self._build_physics(world.start_pose_map)
        self._decide()
        self._record_moment(0)

    def warm_up(self) -> None:
        """Compile every kernel now rather than in the first steps; changes nothing that is simulated."""
        here = np.array([[0.0, 0.0]])
        self._people_index.measure_point_distances(here, 0.1)
        no_snapshots = np.zeros(1)
        self._lidar_index.cast_rays(
            here, np.array([[1.0, 0.0]]), 0.1, no_snapshots, self._turn_panels, self._turn_legs
        )
        self.truth()

    @property
    def world(self) -> World:
        """The world, with everything that was added since the start."""
        return self._world

    @property
    def time_s(self) -> float:
        """Simulated time."""
        return self._tick * self._step_s

    def set_command(self, twist: FloatArray, screen_target_rad: float | None = None) -> None:
        """Send a command; it takes effect after the modelled latency.

        Args:
            twist: (2,) wanted body twist [m/s, rad/s].
            screen_target_rad: wanted angle of the screen; None leaves it as it is.

        Raises:
            ValueError: when a number is not finite.
        """
        self._base.add_command(np.asarray(twist, dtype=np.float64), self.time_s)
        if screen_target_rad is not None:
            self.set_screen_target(screen_target_rad)

    def set_screen_target(self, angle_rad: float) -> None:
        """Send a wanted angle of the screen; takes effect after the modelled latency."""
        self.set_screen_trajectory(self.time_s, np.zeros(1), np.array([angle_rad]))

    def set_screen_trajectory(self, start_s: float, times_s: FloatArray, angles_rad: FloatArray) -> None:
        """Send wanted angles of the screen (N,) at times (N,) after `start_s`; takes effect after the modelled latency.

        Raises:
            ValueError: when a number is not finite or the times do not increase.
        """
        self._screen.add_trajectory(start_s, times_s, angles_rad, self.time_s)

    def step(self, duration_s: float) -> list[Event]:
        """Let time pass.

        Args:
            duration_s: a multiple of `params.physics.step_s`.

        Returns:
            Everything that arrives in that time, in order of arrival.

        Raises:
            ValueError: when the duration is no multiple of the step.
        """
        ticks = round(duration_s / self._step_s)
        if ticks < 0 or abs(ticks * self._step_s - duration_s) > 1e-9:
            raise ValueError(
                f"duration_s = {duration_s:g} s must be a multiple of physics.step_s = {self._step_s:g} s"
            )
        for _ in range(ticks):
            self._advance()
        events = []
        while self._outbox and self._outbox[0][0] <= self.time_s + 1e-9:
            events.append(heapq.heappop(self._outbox)[2])
        return events

    def truth(self) -> Truth:
        """What really is, now."""
        x, y, yaw = self._physics.read_pose()
        pose = np.array([x, y, yaw])
        forward, _, turn_rate = self._physics.read_twist(yaw)
        clearance_m, nearest = self.measure_clearance(pose)
        return Truth(
            time_s=self.time_s,
            pose_map_base=pose,
            twist=np.array([forward, turn_rate]),
            clearance_m=clearance_m,
            nearest=nearest,
            contacts=tuple(self._contacts.contacts),
            people=self._crowd.list_truth(self._legs, self._bodies),
            door_angles_rad={m.door.name: m.angle_rad for m in self._doors.motions},
            doors_open=tuple(m.door.name for m in self._doors.motions if m.is_open),
            screen_rad=self._physics.read_screen()[0],
            pose_map_odom=se2.compose(pose, se2.invert(self._odometry.pose_odom_base)),
        )

    def measure_clearance(self, pose_map_base: FloatArray) -> tuple[float, str]:
        """Distance between the footprint at a pose and the nearest thing in the robot's height, and its name."""
        index, panels, discs = self._robot_index, self._doors.panels, self._leg_discs()
        vertices = se2.transform_points(np.asarray(pose_map_base, dtype=np.float64), self._footprint)
        distance_m, number = index.measure_polygon_clearance(vertices, panels, discs)
        if number < 0:
            return distance_m, ""
        if number < len(index.solids):
            return distance_m, index.solids[number].name
        number -= len(index.solids)
        if number < len(panels):
            return distance_m, self._doors.motions[number].door.name
        return distance_m, self._crowd.find_person((number - len(panels)) // 2).script.name

    def place_robot(self, pose_map: FloatArray) -> None:
        """Put the robot down somewhere else, at rest; the localizer notices at once."""
        self._physics.place_robot(np.asarray(pose_map, dtype=np.float64))
        self._base.reset()
        self._localizer.restart()
        self._record_moment(0)

    def open_door(self, name: str) -> None:
        """Start to open a door; KeyError names the doors that there are."""
        self._doors.find(name).set_target(True)

    def close_door(self, name: str) -> None:
        """Start to close a door; KeyError names the doors that there are."""
        self._doors.find(name).set_target(False)

    def add_solids(self, *solids: Solid) -> None:
        """Put more things into the world; many at once cost little more than one."""
        self._world = self._world.with_solids(*solids)
        self._build_indices()
        self._crowd.set_index(self._people_index)
        state = self._physics.save_state()
        self._build_physics(self._world.start_pose_map)
        self._physics.load_state(state)

    def list_shapes(self) -> list[Shape]:
        """Outlines of everything that is there now, people as discs of their bodies."""
        shapes = [describe_solid(s) for s in self._world.solids if s.is_present(self.time_s)]
        shapes += [describe_door(motion.door, motion.angle_rad) for motion in self._doors.motions]
        for person in self._crowd.list_truth(self._legs, self._bodies):
            center = (float(person.position_map[0]), float(person.position_map[1]))
            outline = compute_disc_outline(center, person.radius_m)
            shapes.append(
                Shape(person.name, "person", outline, center, person.radius_m, 0.0, PERSON_TOP_M, False, "person")
            )
        return shapes

    # ------------------------------------------------------------------ building

    def _count_ticks(self, rate_hz: float) -> int:
        return max(1, round(1.0 / (rate_hz * self._step_s)))

    def _build_indices(self) -> None:
        solids, height_m, time_s = self._world.solids, self.params.robot.height_m, self.time_s
        laser_m = self.laser_height_m
        self._lidar_index = SolidIndex(
            solids, lambda s: not s.glass and s.bottom_m <= laser_m <= s.top_m, time_s
        )
        self._robot_index = SolidIndex(solids, lambda s: s.overlaps_heights(0.0, height_m), time_s)
        self._people_index = SolidIndex(solids, lambda s: s.overlaps_heights(0.05, PERSON_TOP_M), time_s)
        self._timed = [(number, solid) for number, solid in enumerate(solids) if solid.is_timed]

    def _build_physics(self, pose_map: FloatArray) -> None:
        self._physics = Physics(
            self._world.solids, self._world.doors, self._crowd.slot_count, self.params, self._with_visuals
        )
        for number, motion in enumerate(self._doors.motions):
            self._physics.place_door(number, motion.door.closed_yaw_rad + motion.angle_rad)
        for number, solid in self._timed:
            self._physics.set_collision(number, solid.is_present(self.time_s))
        self._physics.place_robot(pose_map)
        shape = (self._turn_ticks + 1,)
        self._poses = np.zeros((*shape, 3))
        self._turn_panels = np.zeros((*shape, len(self._doors.panels), 6))
        self._turn_legs = np.zeros((*shape, 2 * self._crowd.slot_count, 3))

    # ------------------------------------------------------------------ one step of the physics

    def _advance(self) -> None:
        now_s = self.time_s
        if self._tick % self._decision_ticks == 0 and self._tick > 0:
            self._decide()
        self._place_people((self._tick % self._decision_ticks + 1) / self._decision_ticks)
        pose = self._physics.read_pose()
        speeds = self._physics.data.qvel[:6].tolist()
        self._physics.step(self._base.step(now_s), self._screen.step(now_s))
        self._tick += 1
        for touch in self._physics.list_touches():
            self._note_touch(touch, pose, speeds)
        self._record_moment((self._tick - 1) % self._turn_ticks + 1)
        self._sense()

    def _decide(self) -> None:
        """Let people, doors and timed things decide about the time until the next decision."""
        now_s, step_s = self.time_s, self._decision_ticks * self._step_s
        for number, solid in self._timed:
            present = solid.is_present(now_s)
            if present != self._physics.is_colliding[number]:
                self._physics.set_collision(number, present)
                for index in (self._lidar_index, self._robot_index, self._people_index):
                    index.update_presence(now_s)
        if self._doors.motions:
            for number in self._doors.advance(now_s, step_s, self._is_clear_of):
                motion = self._doors.motions[number]
                self._physics.place_door(number, motion.door.closed_yaw_rad + motion.angle_rad)
        if self._crowd.people:
            x, y, yaw = self._physics.read_pose()
            self._robot_outline = se2.transform_points(np.array([x, y, yaw]), self._footprint).tolist()
            self._crowd.advance(now_s, step_s, self._measure_robot, self._doors.measure_distance)

    def _place_people(self, share: float) -> None:
        crowd = self._crowd
        if crowd.people:
            self._legs = crowd.legs_before + share * (crowd.legs_after - crowd.legs_before)
            self._bodies = crowd.bodies_before + share * (crowd.bodies_after - crowd.bodies_before)
            self._physics.place_people(self._legs, self._bodies, crowd.present)

    def _record_moment(self, place: int) -> None:
        """Keep pose, doors and legs for the rays that look between this and the neighbouring steps."""
        x, y, yaw = self._physics.read_pose()
        if place > 0:
            before = self._poses[place - 1, 2]
            yaw = before + float(wrap_angle(yaw - before))
        self._poses[place] = (x, y, yaw)
        if self._doors.motions:
            self._turn_panels[place] = self._doors.panels
        if self._crowd.people:
            self._turn_legs[place] = self._leg_discs()

    def _sense(self) -> None:
        tick, now_s, params = self._tick, self.time_s, self.params
        if tick % self._odometry_ticks == 0:
            left, right, _, _ = self._physics.read_wheels()
            odometry = self._odometry.measure(now_s, left, right)
            pose_map_odom = self._localizer.correct(np.array(self._physics.read_pose()), odometry.pose_odom_base)
            arrives_s = now_s + params.odometry.latency_s
            self._send(arrives_s, OdometryEvent(arrives_s, odometry, pose_map_odom))
        if tick % self._localization_ticks == 0:
            stamp_s = now_s + params.localization.post_date_s
            self._send(now_s, LocalizationEvent(now_s, stamp_s, self._localizer.pose_map_odom))
        if tick % self._joint_ticks == 0:
            self._send(now_s, self._read_joints(now_s))
        if tick % self._turn_ticks == 0:
            stamp_s = (tick - self._turn_ticks) * self._step_s
            measured = self._lidar.measure(self._lidar_index, stamp_s, self._poses, self._turn_panels, self._turn_legs)
            if measured is not None:
                scan, latency_s = measured
                arrives_s = stamp_s + scan.duration_s + latency_s
                self._send(max(arrives_s, now_s), ScanEvent(max(arrives_s, now_s), scan))
            self._record_moment(0)

    def _read_joints(self, now_s: float) -> JointEvent:
        left, right, left_speed, right_speed = self._physics.read_wheels()
        names, positions, speeds = (LEFT_WHEEL, RIGHT_WHEEL), (left, right), (left_speed, right_speed)
        if self.params.robot.screen.joint:
            angle, speed = self._physics.read_screen()
            names, positions, speeds = (*names, self.params.robot.screen.joint), (*positions, angle), (*speeds, speed)
        return JointEvent(now_s, now_s, names, positions, speeds)

    def _send(self, arrives_s: float, event: Event) -> None:
        self._sent += 1
        heapq.heappush(self._outbox, (arrives_s, self._sent, event))

    # ------------------------------------------------------------------ measuring

    def _leg_discs(self) -> FloatArray:
        """Legs of everybody as a kernel's discs (2 * P, 3); absent people have no radius."""
        if not self._crowd.people:
            return NO_DISCS
        discs = np.empty((2 * self._crowd.slot_count, 3))
        discs[:, :2] = self._legs.reshape(-1, 2)
        discs[:, 2] = np.where(np.repeat(self._crowd.present, 2), self.params.people.leg_radius_m, 0.0)
        return discs

    def _measure_robot(self, x: float, y: float) -> float:
        """Distance of a point to the robot's outline, 0 inside."""
        nearest, inside = math.inf, False
        ax, ay = self._robot_outline[-1]
        for bx, by in self._robot_outline:
            ex, ey = bx - ax, by - ay
            along = min(max(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0), 1.0)
            nearest = min(nearest, math.hypot(x - ax - along * ex, y - ay - along * ey))
            if (ay > y) != (by > y) and x < ax + (y - ay) / ey * ex:
                inside = not inside
            ax, ay = bx, by
        return 0.0 if inside else nearest

    def _is_clear_of(self, panel: FloatArray) -> bool:
        """Whether a door's panel (1, 6) would touch neither robot nor people."""
        pose = np.array(self._physics.read_pose())
        outline = se2.transform_points(pose, self._footprint)
        if _EMPTY_INDEX.measure_polygon_clearance(outline, panel, NO_DISCS)[0] < 0.03:
            return False
        bodies = self._crowd.list_bodies()
        if not bodies:
            return True
        cx, cy, cos, sin, half_x, half_y = panel[0].tolist()
        for x, y, radius in bodies:
            along = max(abs(cos * (x - cx) + sin * (y - cy)) - half_x, 0.0)
            across = max(abs(cos * (y - cy) - sin * (x - cx)) - half_y, 0.0)
            if math.hypot(along, across) < radius + 0.03:
                return False
        return True

    def _note_touch(self, touch: Touch, pose: tuple[float, float, float], speeds: list[float]) -> None:
        """Record a touch with the speeds just before it, since the physics has already changed them."""
        what, number = touch.thing
        (px, py), (nx, ny) = touch.point_map, touch.normal_map
        robot_vx, robot_vy = speeds[0] - speeds[5] * (py - pose[1]), speeds[1] + speeds[5] * (px - pose[0])
        robot_speed = robot_vx * nx + robot_vy * ny
        thing_vx = thing_vy = 0.0
        if what == "solid":
            solid = self._world.solids[number]
            kind, name = solid.kind, solid.name
        elif what == "door":
            motion = self._doors.motions[number]
            kind, name = "door", motion.door.name
            hinge_x, hinge_y = motion.door.hinge_map
            thing_vx, thing_vy = -motion.speed_radps * (py - hinge_y), motion.speed_radps * (px - hinge_x)
        else:
            person = self._crowd.find_person(number // 2)
            kind, name, thing_vx, thing_vy = "person", person.script.name, person.vx, person.vy
        thing_speed = -(thing_vx * nx + thing_vy * ny)
        self._contacts.add_touch(self.time_s, kind, name, touch.point_map, robot_speed, thing_speed)


_EMPTY_INDEX = SolidIndex([], lambda solid: True)
