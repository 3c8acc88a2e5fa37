"""Parameters of where the screen looks: section `gaze` of config/local_planner.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class GazeParams:
    """Where the screen looks while the robot drives. The joint and its limits are in robot.screen."""

    lead_s: float = parameter(
        "by how much the screen turns before the base does, its own inertia made up for", unit="s", minimum=0.0, maximum=2.0
    )
    distance_m: float = parameter(
        "the screen looks at a point so far in front of where the base will be; smaller weighs its way more, larger its heading",
        unit="m", minimum=0.3, maximum=10.0,
    )  # fmt: skip
    play_rad: float = parameter("changes of direction smaller than this do not move the screen", unit="rad", minimum=0.0, maximum=0.3)
    preview_s: float = parameter("time that the published joint trajectory covers", unit="s", minimum=0.2, maximum=3.0)
