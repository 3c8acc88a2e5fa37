"""A folder with everything that Gazebo and its bridge need for one world."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import yaml

from astro_nav.errors import MapError
from astro_nav.geometry.robot_description import read_urdf
from astro_nav.mapping.map_file import save_map
from astro_nav.params.files import find_share_folder
from astro_nav.params.simulator import SimulatorParams
from astro_nav.simulation.gazebo.sdf_doors import name_door_topic
from astro_nav.simulation.gazebo.sdf_people import list_meshes
from astro_nav.simulation.gazebo.sdf_world import build_sdf, make_name
from astro_nav.simulation.robot_urdf import expand_urdf
from astro_nav.simulation.world import World

# The robot's name in Gazebo, part of its topics in urdf/gazebo.xacro and config/gazebo/bridge.yaml.
MODEL = "astro"
# The robot is put down from here, so that its wheels do not begin inside the floor.
DROP_M = 0.005


def list_world_files(world: World, params: SimulatorParams) -> dict[str, str]:
    """Contents of the text files of a world's folder, path in the folder -> text.

    world.sdf and meshes/ for Gazebo, bridge.yaml for ros_gz_bridge, spawn.yaml (parameters of `ros_gz_sim create`), and two frame
    names for the launch file: it can put a file's content into a command line, but only as one word. The map is a file of its own kind.
    """
    return {
        "world.sdf": build_sdf(world),
        "bridge.yaml": _describe_bridge(world),
        "spawn.yaml": _describe_spawn(world),
        "map_frame.txt": params.frames.map,
        "odom_frame.txt": params.frames.odom,
        **list_meshes(world, params.people),
    }


def write_world_folder(world: World, params: SimulatorParams, folder: Path | None = None) -> Path:
    """Write the folder of a world.

    Args:
        world: any world.
        params: of the simulator: robot, frames, people, cell size of the map.
        folder: where; None for one below the ROS folder that is named after the content, so that runs do not disturb one another.

    Returns:
        The folder.

    Raises:
        MapError: when it cannot be written.
    """
    files = list_world_files(world, params)
    folder = name_world_folder(world, files) if folder is None else folder
    try:
        for name, text in files.items():
            _write_whole(folder / name, text)
    except OSError as error:
        raise MapError(f"{folder}: cannot be written: {error.strerror}: choose another folder") from error
    laser = read_urdf(expand_urdf(params.robot), params.frames.base).poses_base.get(params.lidar.frame)
    if laser is None:
        raise MapError(f"lidar.frame = {params.lidar.frame!r} is no link of urdf/astro.urdf.xacro: name one of its links")
    save_map(world.rasterize(params.map_resolution_m, float(laser[2, 3])), folder / "map.yaml")
    return folder.absolute()


def name_world_folder(world: World, files: dict[str, str]) -> Path:
    """A folder below `$ROS_HOME` (`~/.ros`) for just this content."""
    digest = hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in sorted(files.items())).encode()).hexdigest()[:10]
    home = Path(os.environ.get("ROS_HOME") or Path.home() / ".ros")
    return home / "astro_nav" / "gazebo" / f"{make_name(world.name)}-{digest}"


def _describe_spawn(world: World) -> str:
    """Which model to put where: what `ros_gz_sim create` takes as parameters."""
    x, y, yaw = (float(number) for number in world.start_pose_map)
    values = {"name": MODEL, "topic": "robot_description", "x": x, "y": y, "z": DROP_M, "Y": yaw}
    return yaml.safe_dump({"/**": {"ros__parameters": values}}, sort_keys=False)


def _describe_bridge(world: World) -> str:
    """The shipped bridge configuration and the doors of a world."""
    shipped = (find_share_folder() / "config" / "gazebo" / "bridge.yaml").read_text(encoding="utf-8")
    doors = [
        {
            "ros_topic_name": f"doors/{make_name(door.name)}",
            "gz_topic_name": name_door_topic(make_name(door.name)),
            "ros_type_name": "std_msgs/msg/Float64",
            "gz_type_name": "gz.msgs.Double",
            "direction": "ROS_TO_GZ",
        }
        for door in world.doors
    ]
    return shipped + (yaml.safe_dump(doors, sort_keys=False) if doors else "")


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
