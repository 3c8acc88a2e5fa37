"""Rigid bodies in MuJoCo: the robot on its wheels among the solids of a world, doors and people moved by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.colors import COLORS
from astro_nav.simulation.robot_model import (
    FLOOR_BIT,
    LEFT_WHEEL,
    RIGHT_WHEEL,
    ROBOT_BIT,
    WORLD_BIT,
    build_robot_spec,
)
from astro_nav.simulation.solids import Solid
from astro_nav.simulation.world import Door
from astro_nav.types import FloatArray

# Where bodies wait that are not in the world now.
PARKED = (0.0, 0.0, -50.0)
TORSO_SHARE = (0.45, 0.82)  # of a person's height: hips and shoulders


@dataclass(frozen=True)
class Touch:
    """The robot touches something, in one step of the physics.

    Attributes:
        thing: ("solid", index), ("door", index) or ("leg", 2 * person + side).
        point_map: (2,) [m].
        normal_map: (2,) unit vector from the robot to the thing.
    """

    thing: tuple[str, int]
    point_map: tuple[float, float]
    normal_map: tuple[float, float]


class Physics:
    """MuJoCo's model and state.

    Args:
        solids: everything that rests, present or not.
        doors: hinged panels.
        people_heights_m: one for each person who can be there at the same time.
        params: of the simulator.
        with_visuals: keep what is only for looking at.
    """

    def __init__(
        self,
        solids: Sequence[Solid],
        doors: Sequence[Door],
        people_heights_m: Sequence[float],
        params: SimulatorParams,
        with_visuals: bool = False,
    ) -> None:
        self.params = params
        spec = build_robot_spec(params, with_visuals)
        spec.option.timestep = params.physics.step_s
        spec.option.integrator = mujoco.mjtIntegrator.mjINT_EULER
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = 10.0
        _add_floor(spec)
        if with_visuals:
            _add_lights(spec)
        for index, solid in enumerate(solids):
            _add_solid(spec, index, solid)
        for index, door in enumerate(doors):
            _add_door(spec, index, door)
        for index, height_m in enumerate(people_heights_m):
            _add_person(spec, index, height_m, params)
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)
        self._find_addresses(len(solids), len(doors), len(people_heights_m))

    def place_robot(self, pose_map: FloatArray) -> None:
        """Put the robot down, at rest."""
        data = self.data
        data.qpos[:7] = [
            pose_map[0], pose_map[1], 0.0, math.cos(0.5 * pose_map[2]), 0.0, 0.0, math.sin(0.5 * pose_map[2])
        ]  # fmt: skip
        data.qvel[:] = 0.0
        data.qacc_warmstart[:] = 0.0
        mujoco.mj_forward(self.model, data)

    def save_state(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, float]:
        """Everything that moves, to go on in a physics with other solids."""
        data = self.data
        arrays = (data.qpos, data.qvel, data.qacc_warmstart, data.mocap_pos, data.mocap_quat)
        return (*(array.copy() for array in arrays), float(data.time))  # type: ignore[return-value]  # five arrays

    def load_state(self, state: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, float]) -> None:
        """Go on from a saved state."""
        data = self.data
        data.qpos[:], data.qvel[:], data.qacc_warmstart[:], data.mocap_pos[:], data.mocap_quat[:], data.time = state

    def step(self, wheel_speeds_radps: tuple[float, float], screen_rad: float) -> None:
        """Advance by one time step with these targets of the motors."""
        self._ctrl[0], self._ctrl[1] = wheel_speeds_radps
        if self._screen_qpos >= 0:
            self._ctrl[2] = screen_rad
        mujoco.mj_step(self.model, self.data)

    def read_pose(self) -> tuple[float, float, float]:
        """Pose of base_link on the floor: x, y [m], yaw [rad]."""
        x, y, _, w, qx, qy, qz = self._qpos[:7].tolist()
        return x, y, math.atan2(2.0 * (w * qz + qx * qy), 1.0 - 2.0 * (qy * qy + qz * qz))

    def read_twist(self, yaw_rad: float) -> tuple[float, float, float]:
        """Forward speed, sideways speed [m/s] and turn rate [rad/s] of base_link."""
        vx, vy, turn_rate = self.read_speeds()
        cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
        return cos * vx + sin * vy, cos * vy - sin * vx, turn_rate

    def read_speeds(self) -> tuple[float, float, float]:
        """Velocity of base_link in the map [m/s] and its turn rate [rad/s]."""
        vx, vy, _, _, _, turn_rate = self._qvel[:6].tolist()
        return vx, vy, turn_rate

    def read_wheels(self) -> tuple[float, float, float, float]:
        """Angles [rad] and speeds [rad/s] of the left and the right wheel."""
        qpos, qvel = self._qpos, self._qvel
        left, right = self._wheel_qpos
        left_speed, right_speed = self._wheel_qvel
        return float(qpos[left]), float(qpos[right]), float(qvel[left_speed]), float(qvel[right_speed])

    def read_screen(self) -> tuple[float, float]:
        """Angle [rad] and speed [rad/s] of the screen's joint, zero without a screen."""
        if self._screen_qpos < 0:
            return 0.0, 0.0
        return float(self._qpos[self._screen_qpos]), float(self._qvel[self._screen_qvel])

    def set_collision(self, solid_index: int, collides: bool) -> None:
        """Let a timed solid appear or vanish."""
        geom = self._solid_geoms[solid_index]
        self.model.geom_contype[geom] = WORLD_BIT if collides else 0
        self.model.geom_conaffinity[geom] = ROBOT_BIT if collides else 0
        self.model.geom_rgba[geom, 3] = 1.0 if collides else 0.0

    def place_door(self, index: int, yaw_rad: float) -> None:
        """Turn a door's panel; yaw is its direction in the map."""
        mocap = self._door_mocaps[index]
        self.data.mocap_quat[mocap] = [math.cos(0.5 * yaw_rad), 0.0, 0.0, math.sin(0.5 * yaw_rad)]

    def place_people(self, legs_map: FloatArray, bodies_map: FloatArray, present: np.ndarray) -> None:
        """Put people down.

        Args:
            legs_map: (P, 2, 2) positions of the left and the right leg [m].
            bodies_map: (P, 2) positions of the bodies [m].
            present: (P,) bool; the others are parked outside the world.
        """
        self._people_positions[:, :2, :2] = legs_map
        self._people_positions[:, 2, :2] = bodies_map
        self._people_positions[:, :, 2] = np.where(present, 0.0, PARKED[2])[:, None]

    def list_touches(self) -> list[Touch]:
        """What the robot touches now, the floor aside."""
        data = self.data
        if np.count_nonzero(data.contact.geom == self._floor) == data.ncon:
            return []
        touches = []
        for contact in data.contact:
            first, second = contact.geom1, contact.geom2
            thing, sign = self._things.get(second), 1.0
            if thing is None:
                thing, sign = self._things.get(first), -1.0
            if thing is None or contact.dist > 0.0:
                continue
            nx, ny = sign * contact.frame[0], sign * contact.frame[1]
            length = math.hypot(nx, ny)
            if length > 1e-6:
                point = (float(contact.pos[0]), float(contact.pos[1]))
                touches.append(Touch(thing, point, (float(nx / length), float(ny / length))))
        return touches

    def _find_addresses(self, solid_count: int, door_count: int, people_count: int) -> None:
        model = self.model

        def find(kind: mujoco.mjtObj, name: str) -> int:
            return mujoco.mj_name2id(model, kind, name)

        joints = [find(mujoco.mjtObj.mjOBJ_JOINT, name) for name in (LEFT_WHEEL, RIGHT_WHEEL)]
        self._wheel_qpos = tuple(int(model.jnt_qposadr[joint]) for joint in joints)
        self._wheel_qvel = tuple(int(model.jnt_dofadr[joint]) for joint in joints)
        name = self.params.robot.screen.joint
        screen = find(mujoco.mjtObj.mjOBJ_JOINT, name) if name else -1
        self._screen_qpos = int(model.jnt_qposadr[screen]) if screen >= 0 else -1
        self._screen_qvel = int(model.jnt_dofadr[screen]) if screen >= 0 else -1
        geom, body = mujoco.mjtObj.mjOBJ_GEOM, mujoco.mjtObj.mjOBJ_BODY
        self._floor = find(geom, "floor")
        self._solid_geoms = [find(geom, f"solid_{i}") for i in range(solid_count)]
        self._things = {number: ("solid", i) for i, number in enumerate(self._solid_geoms)}
        self._things |= {find(geom, f"door_{i}"): ("door", i) for i in range(door_count)}
        self._things |= {find(geom, f"leg_{i}"): ("leg", i) for i in range(2 * people_count)}
        self._door_mocaps = [int(model.body_mocapid[find(body, f"door_{i}")]) for i in range(door_count)]
        # Views into MuJoCo's memory: asking for them anew would cost as much as a small step of the physics.
        data = self.data
        self._ctrl, self._qpos, self._qvel = data.ctrl, data.qpos, data.qvel
        self._people_positions = data.mocap_pos[door_count:].reshape(-1, 3, 3)


def _add_floor(spec: mujoco.MjSpec) -> None:
    floor = spec.worldbody.add_geom(name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[100.0, 100.0, 1.0])
    floor.contype, floor.conaffinity = FLOOR_BIT, 0
    floor.rgba = COLORS["floor"]


def _add_lights(spec: mujoco.MjSpec) -> None:
    """A sun that casts soft shadows, and light from everywhere."""
    sun = spec.worldbody.add_light(pos=[0.0, 0.0, 20.0], dir=[0.3, 0.4, -1.0], castshadow=True)
    sun.type, sun.diffuse, sun.specular = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, [0.45] * 3, [0.05] * 3
    spec.visual.headlight.ambient, spec.visual.headlight.diffuse = [0.45] * 3, [0.25] * 3


def _add_solid(spec: mujoco.MjSpec, index: int, solid: Solid) -> None:
    half_height = 0.5 * (solid.top_m - solid.bottom_m)
    geom = spec.worldbody.add_geom(name=f"solid_{index}", pos=[*solid.center_map, solid.bottom_m + half_height])
    if solid.is_cylinder:
        geom.type, geom.size = mujoco.mjtGeom.mjGEOM_CYLINDER, [solid.radius_m, half_height, 0.0]
    else:
        geom.type, geom.size = mujoco.mjtGeom.mjGEOM_BOX, [0.5 * solid.size_m[0], 0.5 * solid.size_m[1], half_height]
        geom.quat = [math.cos(0.5 * solid.yaw_rad), 0.0, 0.0, math.sin(0.5 * solid.yaw_rad)]
    geom.contype, geom.conaffinity, geom.rgba = WORLD_BIT, ROBOT_BIT, COLORS[solid.color]


def _add_door(spec: mujoco.MjSpec, index: int, door: Door) -> None:
    body = spec.worldbody.add_body(name=f"door_{index}", mocap=True, pos=[*door.hinge_map, 0.5 * door.height_m])
    half = 0.5 * door.width_m
    geom = body.add_geom(name=f"door_{index}", type=mujoco.mjtGeom.mjGEOM_BOX, pos=[half, 0.0, 0.0])
    geom.size = [half, 0.5 * door.thickness_m, 0.5 * door.height_m]
    geom.contype, geom.conaffinity, geom.rgba = WORLD_BIT, ROBOT_BIT, COLORS["door"]


def _add_person(spec: mujoco.MjSpec, index: int, height_m: float, params: SimulatorParams) -> None:
    """Two legs that the robot meets, and a body above the robot's height that is only seen."""
    hip, shoulder = TORSO_SHARE[0] * height_m, TORSO_SHARE[1] * height_m
    torso_radius, head_radius = 0.11 * height_m, 0.065 * height_m
    for side in (0, 1):
        body = spec.worldbody.add_body(name=f"leg_{2 * index + side}", mocap=True, pos=PARKED)
        leg = body.add_geom(name=f"leg_{2 * index + side}", type=mujoco.mjtGeom.mjGEOM_CYLINDER)
        leg.pos, leg.size = [0.0, 0.0, 0.5 * hip], [params.people.leg_radius_m, 0.5 * hip, 0.0]
        leg.contype, leg.conaffinity, leg.rgba = WORLD_BIT, ROBOT_BIT, COLORS["person"]
    body = spec.worldbody.add_body(name=f"torso_{index}", mocap=True, pos=PARKED)
    torso = body.add_geom(name=f"torso_{index}", type=mujoco.mjtGeom.mjGEOM_CAPSULE, pos=[0.0, 0.0, 0.5 * (hip + shoulder)])
    torso.size = [torso_radius, 0.5 * (shoulder - hip) - 0.5 * torso_radius, 0.0]
    head = body.add_geom(name=f"head_{index}", type=mujoco.mjtGeom.mjGEOM_SPHERE, pos=[0.0, 0.0, height_m - head_radius])
    head.size = [head_radius, 0.0, 0.0]
    for geom in (torso, head):
        geom.contype, geom.conaffinity, geom.rgba = 0, 0, COLORS["person"]
