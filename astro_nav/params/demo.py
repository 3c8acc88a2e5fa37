"""Parameters of `astro-nav demo` (config/demo.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class TourParams:
    """How goals are chosen in a map that names none."""

    goals: int = parameter("how many goals", minimum=1, maximum=50)
    spacing_m: float = parameter("goals are at least so far from each other and from the start, where there is room", unit="m", minimum=0.1, maximum=100.0)
    min_spacing_m: float = parameter("goals are never nearer to each other than this", unit="m", minimum=0.1, maximum=100.0)
    margin_m: float = parameter("room beside the robot, however it is turned, at goals and start", unit="m", minimum=0.0, maximum=2.0)
    passage_m: float = parameter("room on each side of the robot in the passages that lead to a goal", unit="m", minimum=0.0, maximum=2.0)
    max_reach_m: float = parameter("goals are at most so far from the start, so that a tour of a large building ends", unit="m", minimum=1.0, maximum=1000.0)
    retask_after_s: float = parameter("once per tour a goal is replaced by another one after so long, while the robot drives; 0 for never", unit="s", minimum=0.0, maximum=60.0)
    arrival_position_m: float = parameter("farther from the goal the robot has not arrived, whatever the stack says", unit="m", minimum=0.01, maximum=5.0)
    arrival_heading_rad: float = parameter("with a larger error of the heading the robot has not arrived", unit="rad", minimum=0.01, maximum=3.15)


@dataclass(frozen=True)
class SurpriseParams:
    """What is put into a map that holds nothing but walls: a box on the way, and a walking person."""

    box_length_m: float = parameter("edge length of the box", unit="m", minimum=0.05, maximum=2.0)
    box_height_m: float = parameter("height of the box", unit="m", minimum=0.05, maximum=2.0)
    box_passage_m: float = parameter("room that stays beside the box, beyond the width of the robot", unit="m", minimum=0.0, maximum=5.0)
    walk_length_m: float = parameter("longest walk of the person", unit="m", minimum=0.5, maximum=50.0)
    walk_speed_mps: float = parameter("speed of the person", unit="m/s", minimum=0.1, maximum=3.0)
    walk_room_m: float = parameter("room between the person's body and walls", unit="m", minimum=0.0, maximum=5.0)
    walk_aside_m: float = parameter("the ends of the walk are so far from the robot's way, so that the person crosses it and does not block it", unit="m", minimum=0.0, maximum=10.0)
    walk_dwell_s: float = parameter("how long the person stays at each end", unit="s", minimum=0.0, maximum=1000.0)
    keep_away_m: float = parameter("box and walk are so far from start and goals", unit="m", minimum=0.0, maximum=10.0)


@dataclass(frozen=True)
class PatienceParams:
    """How long the demo waits for what."""

    ready_s: float = parameter("for all nodes to be ready", unit="s", minimum=1.0, maximum=3600.0)
    goal_s: float = parameter("for one goal to be reached", unit="s", minimum=1.0, maximum=86400.0)
    cancel_s: float = parameter("for a goal to be cancelled", unit="s", minimum=0.1, maximum=60.0)
    silence_s: float = parameter("for the next message of the simulator, before it counts as hung", unit="s", minimum=0.5, maximum=600.0)


@dataclass(frozen=True)
class RecordingParams:
    """What goes into the recording."""

    topics: list[str] = parameter("topics of which every message is recorded")
    sampled_topics: list[str] = parameter("topics that are costly to make: one message per sample_period_s is recorded")
    sample_period_s: float = parameter("time between two samples", unit="s", minimum=0.1, maximum=1000.0)


@dataclass(frozen=True)
class TargetParams:
    """What the measured figures are compared with; missing one is reported, and does not make the demo fail."""

    planner_period_p99_s: float = parameter("period of the local planner, 99th percentile", unit="s", minimum=0.001, maximum=10.0)
    command_gap_p99_s: float = parameter("time between two messages on cmd_vel, 99th percentile", unit="s", minimum=0.001, maximum=10.0)
    scan_to_command_p99_s: float = parameter("from a scan's arrival to the command that answers it, 99th percentile", unit="s", minimum=0.0001, maximum=10.0)
    safety_step_p99_s: float = parameter("one decision of the safety controller with its message, 99th percentile", unit="s", minimum=0.0001, maximum=10.0)
    cpu_percent: float = parameter("the three nodes together, share of one core", unit="%", minimum=1.0, maximum=10000.0)
    memory_mb: float = parameter("the three nodes together, sum of peak resident memory", unit="MB", minimum=1.0, maximum=100000.0)


@dataclass(frozen=True)
class DemoParams:
    """The demo."""

    robot: RobotParams
    frames: FrameParams
    tour: TourParams
    surprise: SurpriseParams
    patience: PatienceParams
    recording: RecordingParams
    target: TargetParams
    status_period_s: float = parameter("time between two status lines where there is no terminal", unit="s", minimum=0.1, maximum=3600.0)
    panel_rate_hz: float = parameter("how often the panel is drawn", unit="Hz", minimum=0.5, maximum=30.0)

    def find_conflicts(self) -> list[str]:
        if self.tour.min_spacing_m > self.tour.spacing_m:
            return [
                f"tour.min_spacing_m = {self.tour.min_spacing_m:g} m must not exceed tour.spacing_m = {self.tour.spacing_m:g} m"
            ]
        return []
