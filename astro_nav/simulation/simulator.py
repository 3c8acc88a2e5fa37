"""The simulator: a robot in a world, stepped without ROS; the same seed gives the same floats, bit for bit."""

from __future__ import annotations

import numpy as np

from astro_nav.geometry import se2
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.base import BaseController, ScreenController
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.contacts import ContactRecord
from astro_nav.simulation.events import Event, Truth
from astro_nav.simulation.physics import Physics, Touch
from astro_nav.simulation.robot_model import find_pose_base_laser
from astro_nav.simulation.sensors import Sensors
from astro_nav.simulation.solids import Shape, Solid
from astro_nav.simulation.surroundings import Surroundings
from astro_nav.simulation.world import World
from astro_nav.types import FloatArray

# People, doors and timed things decide this often; between decisions people move evenly.
DECISION_PERIOD_S = 0.02


class Simulator:
    """A robot in a world.

    Args:
        world: where.
        params: robot, sensors, noise, latencies.
        seed: of everything that is drawn.
        behaviours: name of a person -> who decides where they go, instead of the script.
        with_visuals: keep in the physics what is only for looking at.

    Attributes:
        pose_base_laser: (3,) where the lidar is.
        laser_height_m: its height above the floor.
    """

    def __init__(
        self,
        world: World,
        params: SimulatorParams,
        seed: int,
        behaviours: dict[str, Behaviour] | None = None,
        with_visuals: bool = False,
    ) -> None:
        self.params, self.seed, self._with_visuals = params, seed, with_visuals
        self._footprint, self._step_s = params.robot.footprint, params.physics.step_s
        laser = find_pose_base_laser(params)
        self.pose_base_laser, self.laser_height_m = laser[:3], float(laser[3])
        self._steps = 0
        self._decision_steps = max(1, round(DECISION_PERIOD_S / self._step_s))
        self._surroundings = Surroundings(world, params, self.laser_height_m, behaviours)
        self._base, self._screen = BaseController(params), ScreenController(params)
        self._sensors = Sensors(params, self.pose_base_laser, self._surroundings, seed)
        self._contacts = ContactRecord()
        self._build_physics()
        self.place_robot(world.start_pose_map)

    def warm_up(self) -> None:
        """Compile every kernel now rather than in the first steps; changes nothing that is simulated."""
        self._sensors.warm_up()
        self._surroundings.people_index.measure_point_distances(np.zeros((1, 2)), 0.1)
        self.truth()

    @property
    def world(self) -> World:
        """The world, with everything that was added since the start."""
        return self._surroundings.world

    @property
    def time_s(self) -> float:
        """Simulated time."""
        return self._steps * self._step_s

    @property
    def physics(self) -> Physics:
        """The rigid bodies, for those who want to render them."""
        return self._physics

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
            self.set_screen_trajectory(self.time_s, np.zeros(1), np.array([screen_target_rad]))

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
        steps = round(duration_s / self._step_s)
        if steps < 0 or abs(steps * self._step_s - duration_s) > 1e-9:
            raise ValueError(f"duration_s = {duration_s:g} s must be a multiple of physics.step_s = {self._step_s:g} s")
        for _ in range(steps):
            self._advance()
        return self._sensors.collect(self.time_s)

    def truth(self) -> Truth:
        """What really is, now."""
        pose = np.array(self._physics.read_pose())
        forward, _, turn_rate = self._physics.read_twist(float(pose[2]))
        clearance_m, nearest = self.measure_clearance(pose)
        motions = self._surroundings.doors.motions
        return Truth(
            time_s=self.time_s,
            pose_map_base=pose,
            twist=np.array([forward, turn_rate]),
            clearance_m=clearance_m,
            nearest=nearest,
            contacts=tuple(self._contacts.contacts),
            people=self._surroundings.list_people(),
            door_angles_rad={motion.door.name: motion.angle_rad for motion in motions},
            doors_open=tuple(motion.door.name for motion in motions if motion.is_open),
            screen_rad=self._physics.read_screen()[0],
            pose_map_odom=se2.compose(pose, se2.invert(self._sensors.odometry.pose_odom_base)),
        )

    def measure_clearance(self, pose_map_base: FloatArray) -> tuple[float, str]:
        """Distance between the footprint at a pose and the nearest thing in the robot's height [m], and its name."""
        return self._surroundings.measure_clearance(self._place_footprint(pose_map_base))

    def place_robot(self, pose_map: FloatArray) -> None:
        """Put the robot down somewhere else, at rest; the localizer notices at once."""
        self._physics.place_robot(np.asarray(pose_map, dtype=np.float64))
        self._base.reset()
        if self._steps == 0:
            self._surroundings.begin(self._place_footprint(np.asarray(pose_map)))
            self._place_people(0.0)
        self._sensors.restart_turn(self._steps, self._physics.read_pose())

    def open_door(self, name: str) -> None:
        """Start to open a door; KeyError names the doors that there are."""
        self._surroundings.doors.find(name).set_target(True)

    def close_door(self, name: str) -> None:
        """Start to close a door; KeyError names the doors that there are."""
        self._surroundings.doors.find(name).set_target(False)

    def add_solids(self, *solids: Solid) -> None:
        """Put more things into the world; many at once cost little more than one.

        Their `times_s` count as everywhere: one that begins later appears then, and waits while the robot stands there.
        """
        self._surroundings.set_world(self.world.with_solids(*solids))
        state = self._physics.save_state()
        self._build_physics()
        self._physics.load_state(state)

    def list_shapes(self) -> list[Shape]:
        """Outlines of everything that is there now, people as discs of their bodies."""
        return list(self._surroundings.list_shapes())

    def _build_physics(self) -> None:
        surroundings = self._surroundings
        world, heights_m = surroundings.world, surroundings.crowd.slot_heights_m
        self._physics = Physics(world.solids, world.doors, heights_m, self.params, self._with_visuals)
        for number, motion in enumerate(surroundings.doors.motions):
            self._physics.place_door(number, motion.door.closed_yaw_rad + motion.angle_rad)
        for number, present in enumerate(surroundings.present):
            if not present:
                self._physics.set_collision(number, False)

    def _advance(self) -> None:
        """One step of the physics."""
        now_s, phase = self.time_s, self._steps % self._decision_steps
        if phase == 0:
            self._decide()
        physics = self._physics
        self._place_people((phase + 1) / self._decision_steps)
        pose, speeds = physics.read_pose(), physics.read_speeds()
        wheel_targets = self._base.step(now_s, physics.read_wheels()[2:])
        physics.step(wheel_targets, self._screen.step(now_s))
        self._steps += 1
        for touch in physics.list_touches():
            self._note_touch(touch, pose, speeds)
        self._sensors.measure(self._steps, physics, physics.read_pose())

    def _decide(self) -> None:
        """Let everything around decide about the time until the next decision."""
        outline = self._place_footprint(np.array(self._physics.read_pose()))
        changed, moved = self._surroundings.decide(self.time_s, self._decision_steps * self._step_s, outline)
        for number in changed:
            self._physics.set_collision(number, self._surroundings.present[number])
        for number in moved:
            motion = self._surroundings.doors.motions[number]
            self._physics.place_door(number, motion.door.closed_yaw_rad + motion.angle_rad)

    def _place_people(self, share: float) -> None:
        """Put people where they are at a share of the time between two decisions."""
        surroundings = self._surroundings
        if surroundings.crowd.people:
            surroundings.advance_people(share)
            self._physics.place_people(surroundings.legs, surroundings.bodies, surroundings.crowd.present)

    def _place_footprint(self, pose_map_base: FloatArray) -> FloatArray:
        return se2.transform_points(np.asarray(pose_map_base, dtype=np.float64), self._footprint)

    def _note_touch(
        self, touch: Touch, pose: tuple[float, float, float], speeds: tuple[float, float, float]
    ) -> None:
        """Record a touch with the speeds just before it, since the physics has already changed them."""
        (px, py), (nx, ny) = touch.point_map, touch.normal_map
        vx, vy, turn_rate = speeds
        robot_speed = (vx - turn_rate * (py - pose[1])) * nx + (vy + turn_rate * (px - pose[0])) * ny
        kind, name, thing_vx, thing_vy = self._surroundings.find_touched(touch.thing, touch.point_map)
        thing_speed = -(thing_vx * nx + thing_vy * ny)
        self._contacts.add_touch(self.time_s, kind, name, touch.point_map, robot_speed, thing_speed)
