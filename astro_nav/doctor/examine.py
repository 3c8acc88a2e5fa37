"""The whole examination."""

from __future__ import annotations

import os

from astro_nav.doctor.actuation import check_actuation
from astro_nav.doctor.findings import ERROR, Finding
from astro_nav.doctor.frames import check_frames
from astro_nav.doctor.graph import check_graph
from astro_nav.doctor.observations import Observations
from astro_nav.doctor.sensors import check_odometry, check_scans
from astro_nav.doctor.shape import check_shape
from astro_nav.params.safety_controller import SafetyControllerParams


def examine(seen: Observations, params: SafetyControllerParams, urdf: str = "") -> list[Finding]:
    """All findings about what was seen.

    Args:
        seen: of a running system or a recording.
        params: that the robot runs with: topics, frames, footprint.
        urdf: the robot's description when it is not to be taken from what was seen.
    """
    if seen.is_live and not seen.nodes and not any(log.count for log in seen.topics.values()):
        # One cause, one sentence: everything else that is missing follows from it.
        return [
            Finding(
                ERROR, "nodes", f"nobody else is in ROS_DOMAIN_ID={os.environ.get('ROS_DOMAIN_ID', '0')}",
                "start the robot; if it runs, use its ROS_DOMAIN_ID, RMW_IMPLEMENTATION and ROS_AUTOMATIC_DISCOVERY_RANGE here, and see that the "
                "network between lets multicast through",
            )  # fmt: skip
        ]
    if not seen.is_live and not any(log.count for log in seen.topics.values()):
        held = ", ".join(sorted(seen.types)) or "nothing"
        return [Finding(ERROR, "recording", f"it holds none of the topics that are examined, but {held}", "record scan, odom, /tf, /tf_static, cmd_vel and map")]
    return [
        *check_scans(seen, params),
        *check_odometry(seen, params),
        *check_actuation(seen, params),
        *check_frames(seen, params),
        *check_shape(urdf or seen.robot_description, params),
        *check_graph(seen, params),
    ]
