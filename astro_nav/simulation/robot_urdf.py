"""The robot's description, urdf/astro.urdf.xacro, expanded with the parameters that the stack runs with.

The xacro file is the one description of the robot, for the embedded simulator, rviz2 and Gazebo; the package `xacro` that
expands it is a dependency on every platform (a ROS package, and on PyPI).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from xml.parsers.expat import ExpatError

import xacro

from astro_nav.geometry.robot_description import RobotDescriptionError
from astro_nav.params.files import find_share_folder
from astro_nav.params.robot import RobotParams
from astro_nav.params.simulator import SimulatorParams


def expand_urdf(robot: RobotParams) -> str:
    """Return the URDF of a robot with these parameters."""
    return _expand_urdf(tuple(_list_robot_arguments(robot).items()))


def expand_gazebo_urdf(params: SimulatorParams, true_odometry: bool = True) -> str:
    """Return the URDF with Gazebo's plugins.

    Args:
        params: robot, frames, lidar and rates.
        true_odometry: `odom` is where the robot is, in the world's frame; else what its wheels say, from where it was put.
    """
    limits, lidar = params.robot.limits, params.lidar
    numbers = {
        "max_speed_mps": limits.max_speed_mps,
        "max_reverse_speed_mps": limits.max_reverse_speed_mps,
        "max_turn_rate_radps": limits.max_turn_rate_radps,
        "emergency_deceleration_mps2": limits.emergency_deceleration_mps2,
        "emergency_turn_acceleration_radps2": limits.emergency_turn_acceleration_radps2,
        "lidar_rays": lidar.rays,
        "lidar_rate_hz": lidar.rate_hz,
        "lidar_range_min_m": lidar.range_min_m,
        "lidar_range_max_m": lidar.range_max_m,
        "lidar_noise_stddev_m": 0.0 if params.clean else lidar.noise_stddev_m,
        "odometry_rate_hz": params.odometry.rate_hz,
        "joint_rate_hz": params.joint_rate_hz,
        "wheel_friction": params.physics.wheel_friction,
        "hull_friction": params.physics.hull_friction,
    }
    arguments = _list_robot_arguments(params.robot) | {name: repr(value) for name, value in numbers.items()}
    arguments |= {"gazebo": "true", "true_odometry": "true" if true_odometry else "false"}
    arguments |= {"odom_frame": params.frames.odom, "base_frame": params.frames.base}
    return _expand_urdf(tuple(arguments.items()))


def _list_robot_arguments(robot: RobotParams) -> dict[str, str]:
    return {
        "footprint_m": robot.footprint_m,
        "height_m": repr(robot.height_m),
        "mass_kg": repr(robot.mass_kg),
        "wheel_separation_m": repr(robot.wheel_separation_m),
        "wheel_radius_m": repr(robot.wheel_radius_m),
        "max_wheel_speed_mps": repr(robot.limits.max_wheel_speed_mps),
        "screen_joint": robot.screen.joint,
        "screen_max_pan_rad": repr(robot.screen.max_pan_rad),
        "screen_max_speed_radps": repr(robot.screen.max_speed_radps),
    }


@lru_cache(maxsize=16)
def _expand_urdf(mappings: tuple[tuple[str, str], ...]) -> str:
    path = find_share_folder() / "urdf" / "astro.urdf.xacro"
    return xacro.process_file(str(path), mappings=dict(mappings)).toxml()


def is_own_description(path: Path) -> bool:
    """Whether a file is the robot's description that ships with the project."""
    own = find_share_folder() / "urdf" / "astro.urdf.xacro"
    return path.exists() and path.resolve() == own.resolve()


def expand_foreign_urdf(path: Path) -> str:
    """Return the URDF of a robot whose description is not the project's, xacro or plain URDF.

    Raises:
        RobotDescriptionError: when it cannot be expanded.
    """
    try:
        return xacro.process_file(str(path)).toxml()
    except (OSError, ValueError, LookupError, ExpatError, xacro.XacroException) as error:
        raise RobotDescriptionError(f"{path} cannot be expanded: {str(error).splitlines()[0] if str(error) else error!r}") from error
