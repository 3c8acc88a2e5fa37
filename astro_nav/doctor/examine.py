"""The whole examination."""

from __future__ import annotations

from astro_nav.doctor.actuation import check_actuation
from astro_nav.doctor.findings import Finding
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
    return [
        *check_scans(seen, params),
        *check_odometry(seen, params),
        *check_actuation(seen, params),
        *check_frames(seen, params),
        *check_shape(urdf or seen.robot_description, params),
        *check_graph(seen, params),
    ]
