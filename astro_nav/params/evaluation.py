"""Parameters of evaluation itself: what the harness models between the parts of the stack (config/evaluation.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class PassageParams:
    """How long computing and transport take in the modelled robot, and what is added to it in experiments.

    What the sensors themselves take is the simulator's `lidar.latency_s` and `odometry.latency_s`, what the base takes
    `base.command_delay_s`; those are late for everybody. Here is what is late for the local planner alone.
    """

    sensing_s: float = parameter("added to scans, odometry and localisation on their way to the local planner", unit="s", minimum=0.0, maximum=2.0)
    planning_s: float = parameter("from the start of a cycle of the local planner to its trajectory being sent", unit="s", minimum=0.0, maximum=2.0)
    delivery_s: float = parameter("added to trajectories on their way to the safety controller", unit="s", minimum=0.0, maximum=2.0)
    routing_s: float = parameter("from a question to the global planner to its answer", unit="s", minimum=0.0, maximum=10.0)


@dataclass(frozen=True)
class EvaluationParams:
    """The harness of `astro-nav evaluate`; no node reads these."""

    passage: PassageParams
