"""Parameters of the planners that this one is compared with (config/peers.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class PathParams:
    """How both peers look at the global path."""

    spacing_m: float = parameter("distance between two points of the path ahead", unit="m", minimum=0.01, maximum=0.5)
    turn_first_rad: float = parameter("a path that leads off by more is first turned to on the spot", unit="rad", minimum=0.1, maximum=3.15)
    turn_until_rad: float = parameter("until it leads off by less", unit="rad", minimum=0.01, maximum=3.15)
    turn_ahead_m: float = parameter("the path's direction is that to its point so far ahead", unit="m", minimum=0.05, maximum=3.0)
    goal_position_m: float = parameter("so near to the goal the robot stops and turns to its heading", unit="m", minimum=0.005, maximum=0.5)
    turn_gain_hz: float = parameter("turning on the spot: turn rate per heading error", unit="1/s", minimum=0.1, maximum=20.0)
    turn_share: float = parameter("share of the limits of turning that turns on the spot use", minimum=0.05, maximum=1.0)


@dataclass(frozen=True)
class RecoveryParams:
    """What both peers do when they are stuck, as behaviour trees around such planners do."""

    after_s: float = parameter("begin when held up for so long", unit="s", minimum=0.5, maximum=60.0)
    duration_s: float = parameter("back off for so long", unit="s", minimum=0.2, maximum=20.0)
    pause_s: float = parameter("leave so much time between two attempts", unit="s", minimum=0.0, maximum=60.0)
    speed_mps: float = parameter("speed of backing off", unit="m/s", minimum=0.01, maximum=1.0)
    turn_rate_radps: float = parameter("rate of turning on the spot where there is no room to back off", unit="rad/s", minimum=0.05, maximum=5.0)


@dataclass(frozen=True)
class DwaParams:
    """The dynamic window planner; terms: kernels/peers/window_costs.py."""

    horizon_s: float = parameter("time for which a candidate is driven", unit="s", minimum=0.3, maximum=10.0)
    step_s: float = parameter("time between two of its states", unit="s", minimum=0.02, maximum=0.5)
    braking_s: float = parameter("time of the braking that the trajectory ends with", unit="s", minimum=0.1, maximum=5.0)
    window_s: float = parameter("velocities that can be reached within this time are candidates", unit="s", minimum=0.05, maximum=5.0)
    speed_samples: int = parameter("speeds in the window", minimum=2, maximum=500)
    turn_samples: int = parameter("turn rates in the window", minimum=2, maximum=500)
    path_ahead_m: float = parameter("length of the path ahead that counts", unit="m", minimum=0.3, maximum=10.0)
    forward_m: float = parameter("distance ahead of the robot of the point that alignment looks at", unit="m", minimum=0.0, maximum=3.0)
    inflation_pm: float = parameter("how fast the cost of being near falls with distance", unit="1/m", minimum=0.1, maximum=100.0)
    obstacle: float = parameter("weight of nearness to obstacles", minimum=0.0, maximum=1000.0)
    path: float = parameter("weight of the distance from the path", minimum=0.0, maximum=1000.0)
    goal: float = parameter("weight of the way to the end of the path ahead", minimum=0.0, maximum=1000.0)
    path_align: float = parameter("weight of the distance of the point ahead from the path", minimum=0.0, maximum=1000.0)
    goal_align: float = parameter("weight of the way from the point ahead to the end", minimum=0.0, maximum=1000.0)
    backwards: float = parameter("weight of driving backwards", minimum=0.0, maximum=1000.0)
    align_until_m: float = parameter("nearer to the goal than this alignment does not count", unit="m", minimum=0.0, maximum=5.0)
    oscillation_m: float = parameter("a direction may be reversed again after so long a way", unit="m", minimum=0.0, maximum=2.0)
    oscillation_rad: float = parameter("or after so large a turn", unit="rad", minimum=0.0, maximum=3.15)


@dataclass(frozen=True)
class MppiParams:
    """The path integral planner; terms: kernels/peers/path_integral.py."""

    samples: int = parameter("candidates per batch", minimum=16, maximum=100000)
    steps: int = parameter("states per candidate", minimum=4, maximum=500)
    step_s: float = parameter("time between two of them", unit="s", minimum=0.01, maximum=0.5)
    iterations: int = parameter("batches per cycle", minimum=1, maximum=20)
    deviation_v_mps: float = parameter("standard deviation of the sampled speeds", unit="m/s", minimum=0.001, maximum=5.0)
    deviation_omega_radps: float = parameter("standard deviation of the sampled turn rates", unit="rad/s", minimum=0.001, maximum=10.0)
    temperature: float = parameter("the lower, the more the best candidates count", minimum=0.001, maximum=100.0)
    gamma: float = parameter("price of control", minimum=0.0, maximum=10.0)
    smooth: bool = parameter("whether the control sequence is smoothed over nine steps")
    regenerate_noise: bool = parameter("whether noise is drawn anew in every cycle")
    path_ahead_m: float = parameter("length of the path ahead that counts", unit="m", minimum=0.3, maximum=10.0)
    inflation_pm: float = parameter("how fast nearness to obstacles falls with distance", unit="1/m", minimum=0.1, maximum=100.0)
    constraint: float = parameter("weight of wheel speeds beyond their limit", minimum=0.0, maximum=1000.0)
    obstacle: float = parameter("weight of the mean nearness to obstacles", minimum=0.0, maximum=1000.0)
    critical: float = parameter("nearness of a state that is too close", minimum=0.0, maximum=10000.0)
    critical_below_m: float = parameter("clearance below which a state is too close", unit="m", minimum=0.0, maximum=0.5)
    goal: float = parameter("weight of the mean distance from the goal", minimum=0.0, maximum=1000.0)
    goal_within_m: float = parameter("nearer to the goal than this its distance counts, and following the path does not", unit="m", minimum=0.0, maximum=5.0)
    goal_angle: float = parameter("weight of the mean error of the goal's heading", minimum=0.0, maximum=1000.0)
    goal_angle_within_m: float = parameter("nearer to the goal than this its heading counts", unit="m", minimum=0.0, maximum=5.0)
    near_goal_m: float = parameter("nearer to the goal than this nearness to obstacles does not count, only contact", unit="m", minimum=0.0, maximum=5.0)
    prefer_forward: float = parameter("weight of driving backwards", minimum=0.0, maximum=1000.0)
    path_align: float = parameter("weight of the mean distance from the path", minimum=0.0, maximum=1000.0)
    path_follow: float = parameter("weight of the distance from a point farther along the path", minimum=0.0, maximum=1000.0)
    path_angle: float = parameter("weight of the angle to a point farther along the path", minimum=0.0, maximum=1000.0)
    path_until_m: float = parameter("nearer to the goal than this path and direction of travel do not count", unit="m", minimum=0.0, maximum=5.0)
    align_from: int = parameter("points of the path that must be in reach before the distance from it counts", minimum=0, maximum=500)
    align_stride: int = parameter("states between two that the distance from the path looks at", minimum=1, maximum=20)
    follow_offset: int = parameter("points beyond the farthest reached one at which following looks", minimum=0, maximum=100)
    angle_offset: int = parameter("points beyond the farthest reached one at which the angle looks", minimum=0, maximum=100)
    angle_from_rad: float = parameter("the angle counts while it is larger than this", unit="rad", minimum=0.0, maximum=3.15)
    max_blocked_share: float = parameter("with a larger share of the path blocked the distance from it does not count", minimum=0.0, maximum=1.0)


@dataclass(frozen=True)
class PeersParams:
    """Planners of others, implemented for comparison; see docs/peers.md."""

    path: PathParams
    recovery: RecoveryParams
    dwa: DwaParams
    mppi: MppiParams
