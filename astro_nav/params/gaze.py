"""Parameters of where the screen looks: section `gaze` of config/local_planner.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class GazeParams:
    """Where the screen looks while the robot drives. The joint and its limits are in robot.screen."""

    lead_s: float = parameter(
        "the screen looks where the base will be so much later, its own inertia made up for; a turn is seen at the screen later than this says, "
        "once enough of it is in that time", unit="s", minimum=0.0, maximum=3.0,
    )  # fmt: skip
    distance_m: float = parameter(
        "the screen looks at a point so far in front of where the base will be; smaller weighs its way more, larger its heading",
        unit="m", minimum=0.3, maximum=10.0,
    )  # fmt: skip
    play_rad: float = parameter("changes of direction smaller than this do not move the screen", unit="rad", minimum=0.0, maximum=0.3)
    preview_s: float = parameter("time that the published joint trajectory covers", unit="s", minimum=0.2, maximum=3.0)
    glance_s: float = parameter(
        "somebody whose way the robot will cross is looked at for so long, once the screen has turned to them; 0 = never", unit="s",
        minimum=0.0, maximum=3.0,
    )  # fmt: skip
    glance_pause_s: float = parameter("between two such glances", unit="s", minimum=0.0, maximum=30.0)
    hold_s: float = parameter(
        "a followed person who is out of sight is looked at where they are expected for so long", unit="s", minimum=0.0, maximum=3.0
    )
