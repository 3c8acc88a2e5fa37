"""The robot as MuJoCo sees it.

What a URDF cannot say is added here: tyres that touch the floor in one point, motors.
"""

from __future__ import annotations

from functools import lru_cache

import mujoco
import numpy as np

from astro_nav.params.robot import RobotParams
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.robot_urdf import expand_urdf

# Bits of MuJoCo's collision masks: who meets whom.
WORLD_BIT, ROBOT_BIT, FLOOR_BIT = 1, 2, 4

LEFT_WHEEL, RIGHT_WHEEL = "left_wheel_joint", "right_wheel_joint"
HULL_THICKNESS_BELOW_SHARE = 0.05


def build_robot_spec(params: SimulatorParams, with_visuals: bool = False) -> mujoco.MjSpec:
    """Make a MuJoCo model of the robot alone, free to move, with motors.

    Args:
        params: of the simulator.
        with_visuals: keep what is only for looking at.
    """
    robot = params.robot
    spec = _parse_urdf(expand_urdf(robot), with_visuals)
    for geom in spec.geoms:
        is_visual = geom.contype == 0 and geom.conaffinity == 0
        geom.contype, geom.conaffinity = (0, 0) if is_visual else (ROBOT_BIT, WORLD_BIT | FLOOR_BIT)
        geom.group = 2 if is_visual else 3
        geom.friction = [params.physics.hull_friction, 0.005, 0.0001]
    base = spec.body("base_link")
    base.add_freejoint(name="base_joint")
    _shape_hull(spec, robot)
    _shape_tyres(spec, params)
    _add_motors(spec, params)
    return spec


def _parse_urdf(urdf: str, with_visuals: bool) -> mujoco.MjSpec:
    """Read a URDF as MuJoCo does, every link a body of its own; visuals are kept or dropped while reading."""
    options = f'<mujoco><compiler fusestatic="false" discardvisual="{str(not with_visuals).lower()}"/></mujoco>'
    return mujoco.MjSpec.from_string(urdf.replace("</robot>", f"{options}</robot>"))


def find_pose_base_laser(params: SimulatorParams) -> np.ndarray:
    """Pose (3,) of the lidar in base_link, and its height above the floor as a fourth number.

    Raises:
        ValueError: when the robot's description has no such link.
    """
    return np.array(_find_link(expand_urdf(params.robot), params.lidar.frame))


@lru_cache(maxsize=16)
def _find_link(urdf: str, name: str) -> tuple[float, float, float, float]:
    spec = _parse_urdf(urdf, with_visuals=False)
    spec.body("base_link").add_freejoint()
    model = spec.compile()
    body = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, name)
    if body < 0:
        raise ValueError(f"lidar.frame = {name!r} is no link of urdf/astro.urdf.xacro: name one of its links")
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    position, rotation = data.xpos[body], data.xmat[body]
    return float(position[0]), float(position[1]), float(np.arctan2(rotation[3], rotation[0])), float(position[2])


def _shape_hull(spec: mujoco.MjSpec, robot: RobotParams) -> None:
    """Give the hull the exact outline when that is not the box around it: one upright prism per triangle of the outline."""
    vertices = robot.footprint
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    corners = {(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])}
    if len(vertices) == 4 and {tuple(vertex) for vertex in vertices} == corners:
        return
    hull, base = spec.geom("hull"), spec.body("base_link")
    bottom, top = HULL_THICKNESS_BELOW_SHARE * robot.height_m, robot.height_m
    for index, triangle in enumerate(split_into_triangles(vertices)):
        prism = [(*corner, height) for height in (bottom, top) for corner in triangle]
        mesh = spec.add_mesh(name=f"hull_{index}_mesh", uservert=np.array(prism).ravel())
        geom = base.add_geom(name=f"hull_{index}", type=mujoco.mjtGeom.mjGEOM_MESH, meshname=mesh.name)
        geom.contype, geom.conaffinity, geom.group = ROBOT_BIT, WORLD_BIT | FLOOR_BIT, 3
        geom.friction, geom.mass = hull.friction, 0.0
    spec.delete(hull)


def split_into_triangles(vertices: np.ndarray) -> list[np.ndarray]:
    """Cut a simple counter-clockwise polygon (V, 2) into triangles (3, 2).

    Source: ear clipping; D. Eberly, "Triangulation by ear clipping", Geometric Tools, 2002.
    """
    rest, triangles = [np.asarray(vertex) for vertex in vertices], []

    def cross(a, b, c) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    def is_ear(a, b, c) -> bool:
        others = [p for p in rest if not any(p is corner for corner in (a, b, c))]
        return cross(a, b, c) > 0 and not any(
            cross(a, b, p) >= 0 and cross(b, c, p) >= 0 and cross(c, a, p) >= 0 for p in others
        )

    while len(rest) > 3:
        for index in range(len(rest)):
            a, b, c = rest[index - 1], rest[index], rest[(index + 1) % len(rest)]
            if is_ear(a, b, c):
                triangles.append(np.array([a, b, c]))
                del rest[index]
                break
            if abs(cross(a, b, c)) < 1e-12:  # a vertex in the middle of a straight edge bounds nothing
                del rest[index]
                break
        else:
            raise ValueError("the footprint cannot be cut into triangles: list its vertices in order around the outline")
    return [*triangles, np.array(rest)]


def _shape_tyres(spec: mujoco.MjSpec, params: SimulatorParams) -> None:
    """Let wheels and caster touch the floor and nothing else, each in one point.

    A ball of the wheel's radius rolls as the wheel does. It would stick out sideways, so only the floor meets it: what is
    beside a wheel meets the hull.
    """
    for side in ("left", "right"):
        tyre = spec.geom(f"{side}_tyre")
        tyre.type = mujoco.mjtGeom.mjGEOM_SPHERE
        tyre.size = [params.robot.wheel_radius_m, 0.0, 0.0]
        tyre.friction = [params.physics.wheel_friction, 0.001, 0.0001]
        tyre.contype, tyre.conaffinity, tyre.priority, tyre.condim = 0, FLOOR_BIT, 1, 3
    ball = spec.geom("caster_ball")
    ball.contype, ball.conaffinity, ball.priority, ball.condim = 0, FLOOR_BIT, 1, 1


def _add_motors(spec: mujoco.MjSpec, params: SimulatorParams) -> None:
    robot = params.robot
    # The loaded wheel follows its target speed like a first-order lag: half the mass hangs on each wheel. The rotor's inertia
    # behind the gear is chosen so that a wheel in the air is stable in one explicit step, too; an implicit step would let
    # contact solver and integrator disagree about the wheel, and the base would run ahead of its wheels.
    step_s, lag_s = params.physics.step_s, max(params.base.motor_lag_s, 2.0 * params.physics.step_s)
    wheel_gain = 0.5 * robot.mass_kg * robot.wheel_radius_m**2 / (lag_s - step_s)
    for joint in (LEFT_WHEEL, RIGHT_WHEEL):
        spec.joint(joint).armature = wheel_gain * step_s
        motor = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        motor.gainprm[0], motor.biastype, motor.biasprm[2] = wheel_gain, mujoco.mjtBias.mjBIAS_AFFINE, -wheel_gain
        torque = params.base.max_wheel_torque_nm
        motor.forcelimited, motor.forcerange = mujoco.mjtLimited.mjLIMITED_TRUE, [-torque, torque]
    if robot.screen.joint:
        # A stiff, critically damped servo; its target already keeps the limits of speed and acceleration.
        inertia = 0.06 * robot.mass_kg * (0.84 * np.ptp(robot.footprint[:, 1])) ** 2 / 12.0
        stiffness, damping = inertia * 40.0**2, 2.0 * inertia * 40.0
        servo = spec.add_actuator(name=robot.screen.joint, target=robot.screen.joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
        servo.gainprm[0], servo.biastype = stiffness, mujoco.mjtBias.mjBIAS_AFFINE
        servo.biasprm[1], servo.biasprm[2] = -stiffness, -damping
