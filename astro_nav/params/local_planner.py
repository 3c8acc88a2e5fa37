"""Parameters of the local planner (config/local_planner.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.gaze import GazeParams
from astro_nav.params.mapping import RollingMapParams
from astro_nav.params.people import PredictionParams, TrackingParams
from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import parameter


@dataclass(frozen=True)
class HorizonParams:
    """How far the planner looks."""

    duration_s: float = parameter("time that a trajectory covers", unit="s", minimum=0.5, maximum=10.0)
    step_s: float = parameter("time between two states of a trajectory", unit="s", minimum=0.02, maximum=0.5)

    @property
    def steps(self) -> int:
        """Number of states after the first."""
        return int(round(self.duration_s / self.step_s))


@dataclass(frozen=True)
class LawParams:
    """The pose-following law; see kernels/rollout.py."""

    k1: float = parameter("how strongly the target's heading bends the way there", minimum=0.1, maximum=10.0, live=True)
    k2: float = parameter("how quickly the heading follows", minimum=0.1, maximum=20.0, live=True)
    beta: float = parameter("how much turning costs of the speed: a candidate's speed^2 is v^2 + beta omega^2", unit="m^2", minimum=0.0, maximum=10.0, live=True)
    arrival_share: float = parameter("share of the deceleration limit with which candidates brake for their target", minimum=0.05, maximum=1.0, live=True)
    arrival_time_s: float = parameter("close to its target a candidate's speed is distance over this time", unit="s", minimum=0.1, maximum=10.0, live=True)
    turn_gain_hz: float = parameter("turning on the spot: turn rate per heading error", unit="1/s", minimum=0.1, maximum=20.0, live=True)
    turn_radius_m: float = parameter("within about this distance of its target a candidate turns on the spot", unit="m", minimum=0.01, maximum=1.0, live=True)
    max_curvature_pm: float = parameter("tightest curve", unit="1/m", minimum=1.0, maximum=100.0, live=True)


@dataclass(frozen=True)
class OptimizerParams:
    """How the space of candidates is searched."""

    global_samples: int = parameter("candidates drawn from the whole space", minimum=16, maximum=20000)
    guided_samples: int = parameter("candidates drawn around the guidance", minimum=16, maximum=20000)
    refinement_rounds: int = parameter("rounds of local refinement", minimum=0, maximum=10)
    refinement_samples: int = parameter("candidates per round of refinement", minimum=8, maximum=20000)
    elites: int = parameter("best candidates that a round refines", minimum=1, maximum=200)
    spread: float = parameter("standard deviation of the first round, as a share of the space", minimum=0.001, maximum=1.0)
    spread_decay: float = parameter("by which the next round's spread is smaller", minimum=0.05, maximum=1.0)
    max_distance_m: float = parameter("farthest target pose", unit="m", minimum=0.5, maximum=20.0)
    deadline_s: float = parameter("no further round is begun after this computing time", unit="s", minimum=0.001, maximum=1.0)
    warm_start: bool = parameter("whether the previous optimum is among the seeds")


@dataclass(frozen=True)
class FastForwardParams:
    """What is moved on by measured latencies; all of it, but for finding out what that is worth."""

    robot: bool = parameter("plans begin where the robot will be when they take effect; off, where odometry last saw it", live=True)
    people: bool = parameter("people are predicted from where they will be then; off, from where the last scan saw them", live=True)
    map: bool = parameter("scans are drawn from where the robot was at every ray; off, from where it is when they arrive", live=True)


@dataclass(frozen=True)
class GuidanceParams:
    """The cost-to-go over the local map."""

    near_gain: float = parameter("what beside an obstacle a metre costs more", minimum=0.0, maximum=100.0, live=True)
    near_range_m: float = parameter("distance in which that falls to a third", unit="m", minimum=0.01, maximum=5.0, live=True)
    blocked_rate: float = parameter("cost of a metre where the robot cannot be", minimum=2.0, maximum=1000.0, live=True)
    unknown_gain: float = parameter("what a metre through unknown space costs more", minimum=0.0, maximum=100.0, live=True)
    trust_m: float = parameter("unknown space so near to the global path counts as free", unit="m", minimum=0.0, maximum=3.0, live=True)
    seed_length_m: float = parameter("length of the path's last part in the map that the cost-to-go starts from", unit="m", minimum=0.05, maximum=5.0, live=True)


@dataclass(frozen=True)
class ApproachParams:
    """The search over poses around the goal."""

    enabled: bool = parameter("whether obstacles around the goal pose are searched for a way between them", live=True)
    reach_m: float = parameter("poses so far from the goal, ahead and to the sides, are searched", unit="m", minimum=0.2, maximum=3.0)
    spacing_m: float = parameter("distance between them", unit="m", minimum=0.02, maximum=0.2)
    period_cycles: int = parameter("the search is done anew after so many cycles", minimum=1, maximum=100)
    reverse: float = parameter("what a metre backwards costs more than one forwards", minimum=0.0, maximum=10.0)
    near_gain: float = parameter("what a metre of motion beside an obstacle costs more", minimum=0.0, maximum=100.0)
    near_range_m: float = parameter("clearance at which that has fallen to a third", unit="m", minimum=0.005, maximum=1.0)
    slack_m: float = parameter("what the way costs beyond the distance counts from this on", unit="m", minimum=0.0, maximum=1.0)
    slack_share: float = parameter("likewise, as a share of the distance", minimum=0.0, maximum=1.0)
    fringe_m: float = parameter("what counts beyond the neighbouring pose where the robot does not fit", unit="m", minimum=0.0, maximum=1.0)
    most_excess_m: float = parameter("what counts at the most, where no way leads to the goal", unit="m", minimum=0.1, maximum=10.0)
    reached_share: float = parameter("from fewer of the free poses there is a way: the search is done with less room around the robot", minimum=0.0, maximum=1.0)
    less_step_m: float = parameter("by which that room is less each time", unit="m", minimum=0.001, maximum=0.1)
    most_less_m: float = parameter("by which it is less at the most", unit="m", minimum=0.0, maximum=0.2)
    longest_way_m: float = parameter("longer ways are not searched", unit="m", minimum=1.0, maximum=50.0)


@dataclass(frozen=True)
class CostParams:
    """Weights of the cost; metres of progress are its unit. See kernels/costs."""

    hazard_per_metre: float = parameter("hazard of static obstacles at touching distance", unit="1/m", minimum=0.0, maximum=100.0, live=True)
    hazard_sigma_m: float = parameter("distance at which it falls to a third, at rest", unit="m", minimum=0.005, maximum=2.0, live=True)
    hazard_sigma_time_s: float = parameter("growth of that distance with speed", unit="s", minimum=0.0, maximum=2.0, live=True)
    contact_margin_m: float = parameter("clearance that no motion goes below, unless the robot is nearer already", unit="m", minimum=0.0, maximum=0.2, live=True)
    leeway_m: float = parameter("a robot that starts nearer than this to something is charged no more hazard than at this clearance, so that it leaves", unit="m", minimum=0.0, maximum=0.5, live=True)
    weigh_by_survival: bool = parameter("progress counts by the chance of still being there to make it; off, only expected harm counts", live=True)
    touch: float = parameter("cost of a collision at any speed", unit="m", minimum=0.0, maximum=1000.0, live=True)
    impact: float = parameter("what a collision costs more per speed squared", unit="s^2/m", minimum=0.0, maximum=1000.0, live=True)
    people_hazard_per_metre: float = parameter("hazard of people at touching distance, per metre of relative motion", unit="1/m", minimum=0.0, maximum=100.0, live=True)
    people_idle_hz: float = parameter("hazard of people at touching distance without any motion", unit="1/s", minimum=0.0, maximum=100.0, live=True)
    people_sigma_m: float = parameter("distance at which both fall to a third", unit="m", minimum=0.01, maximum=3.0, live=True)
    people_ahead_time_s: float = parameter("space ahead of moving people that belongs to them", unit="s", minimum=0.0, maximum=3.0, live=True)
    people_space: float = parameter("cost per second of being at touching distance of a person", unit="m/s", minimum=0.0, maximum=100.0, live=True)
    people_space_followed: float = parameter("share of that cost that counts for the person whom the robot follows", minimum=0.0, maximum=1.0, live=True)
    people_space_sigma_m: float = parameter("distance at which it falls to a third", unit="m", minimum=0.05, maximum=3.0, live=True)
    people_approach: float = parameter("growth of that cost with the robot's own speed towards the person", unit="s/m", minimum=0.0, maximum=20.0, live=True)
    unseen_forwards: float = parameter("hazard per metre driven forwards into unseen space", unit="1/m", minimum=0.0, maximum=100.0, live=True)
    unseen_backwards: float = parameter("hazard per metre driven backwards into unseen space", unit="1/m", minimum=0.0, maximum=100.0, live=True)
    heading: float = parameter("cost of not looking along the way at the end", unit="m/rad", minimum=0.0, maximum=10.0, live=True)
    heading_fade_m: float = parameter("distance from the goal at which that has half its weight", unit="m", minimum=0.01, maximum=5.0, live=True)
    goal_radius_m: float = parameter("distance from the goal in which the distance to the goal pose takes over", unit="m", minimum=0.05, maximum=3.0, live=True)
    goal_turn: float = parameter("distance that a turn on the spot at the goal is worth", unit="m/rad", minimum=0.0, maximum=10.0, live=True)
    goal_ease_m: float = parameter("distance at which the goal counts as half reached, so that its heading takes over, while the heading is wrong", unit="m", minimum=0.001, maximum=1.0, live=True)
    goal_ease_turned_m: float = parameter("likewise once the heading is right: what is left then is not worth turning away again", unit="m", minimum=0.001, maximum=1.0, live=True)
    goal_turned_rad: float = parameter("error of the heading at which it is half right", unit="rad", minimum=0.01, maximum=3.15, live=True)
    goal_reverse_rad: float = parameter("turning that driving backwards to the goal is worth", unit="rad", minimum=0.0, maximum=10.0, live=True)
    urgency: float = parameter("by how much progress at the end of the horizon is worth less than at its beginning", minimum=0.0, maximum=1.0, live=True)
    turn: float = parameter("cost of turning", unit="m s/rad^2", minimum=0.0, maximum=10.0, live=True)
    acceleration: float = parameter("cost of accelerating", unit="s^3/m", minimum=0.0, maximum=10.0, live=True)
    turn_acceleration: float = parameter("cost of angular acceleration", unit="m s^3/rad^2", minimum=0.0, maximum=10.0, live=True)
    jerk: float = parameter("cost of jerk", unit="s^5/m", minimum=0.0, maximum=10.0, live=True)
    turn_jerk: float = parameter("cost of angular jerk", unit="m s^5/rad^2", minimum=0.0, maximum=10.0, live=True)
    reverse: float = parameter("cost of a metre driven backwards", minimum=0.0, maximum=100.0, live=True)
    consistency: float = parameter("price of departing from the previous plan entirely", unit="m", minimum=0.0, maximum=10.0, live=True)
    consistency_scale_m: float = parameter("distance at which half of it is due", unit="m", minimum=0.01, maximum=5.0, live=True)


@dataclass(frozen=True)
class HindranceParams:
    """What a robot that does not get on does about it."""

    enabled: bool = parameter("whether being held up changes anything; off, no waiting counts as blocked either", live=True)
    moving_mps: float = parameter("slower is standing", unit="m/s", minimum=0.001, maximum=0.5, live=True)
    moving_radps: float = parameter("slower is not turning", unit="rad/s", minimum=0.001, maximum=1.0, live=True)
    patience_s: float = parameter("time for which the robot may stand although it should move, without consequence", unit="s", minimum=0.0, maximum=10.0, live=True)
    full_caution_s: float = parameter("time after that until it keeps the most room", unit="s", minimum=0.1, maximum=60.0, live=True)
    caution_gain: float = parameter("by how much the hazard of what stands still has grown then, as a multiple", minimum=0.0, maximum=100.0, live=True)
    caution_m: float = parameter("by how much it reaches farther then", unit="m", minimum=0.0, maximum=1.0, live=True)
    forbearance_s: float = parameter("time constant with which a waiting robot asks for less room from people", unit="s", minimum=0.5, maximum=600.0, live=True)
    least_room: float = parameter("share of the usual cost of crowding people that a waiting robot never goes below", minimum=0.0, maximum=1.0, live=True)
    price_s: float = parameter("time constant with which a waiting robot minds less what moving costs: comfort, closeness to what stands still", unit="s", minimum=0.1, maximum=600.0, live=True)
    least_price: float = parameter("share of these costs that it never goes below", minimum=0.01, maximum=1.0, live=True)
    exactness_s: float = parameter("time constant with which a robot that waits beside its goal parks more exactly", unit="s", minimum=0.1, maximum=600.0, live=True)
    least_ease: float = parameter("share of cost.goal_ease_turned_m that it comes down to; the product must be below arrival.position_tolerance_m", minimum=0.01, maximum=1.0, live=True)
    forget_s: float = parameter("time constant of forgetting while the robot moves", unit="s", minimum=0.1, maximum=60.0, live=True)
    blocked_after_s: float = parameter("time of standing, by force or waiting, from which the way counts as blocked", unit="s", minimum=0.5, maximum=600.0, live=True)


@dataclass(frozen=True)
class FreshnessParams:
    """How old data may be."""

    max_scan_age_s: float = parameter("oldest scan that is planned with", unit="s", minimum=0.05, maximum=5.0, live=True)
    max_odom_age_s: float = parameter("oldest odometry that is planned with", unit="s", minimum=0.02, maximum=5.0, live=True)
    max_transform_age_s: float = parameter("oldest transform from map to odom that is planned with", unit="s", minimum=0.1, maximum=60.0, live=True)
    planning_latency_s: float = parameter("from the start of a cycle to its trajectory reaching the safety controller, before that has been measured, and at least", unit="s", minimum=0.0, maximum=1.0, live=True)
    max_plan_deviation_m: float = parameter("farther from the previous trajectory, planning starts from what odometry measured", unit="m", minimum=0.01, maximum=5.0, live=True)
    max_speed_deviation_mps: float = parameter("likewise for the speed", unit="m/s", minimum=0.01, maximum=5.0, live=True)
    odom_jump_m: float = parameter("a jump of odometry beyond what the robot can drive, from which the map is begun anew", unit="m", minimum=0.05, maximum=10.0, live=True)


@dataclass(frozen=True)
class LocalPlannerParams:
    """Everything that the local planner is told."""

    rate_hz: float = parameter("planning cycles per second", unit="Hz", minimum=1.0, maximum=50.0)
    scan_topics: list[str] = parameter("topics of all lidars")
    robot: RobotParams
    frames: FrameParams
    horizon: HorizonParams
    map: RollingMapParams
    law: LawParams
    optimizer: OptimizerParams
    guidance: GuidanceParams
    approach: ApproachParams
    cost: CostParams
    hindrance: HindranceParams
    freshness: FreshnessParams
    fast_forward: FastForwardParams
    tracking: TrackingParams
    prediction: PredictionParams
    gaze: GazeParams

    def find_conflicts(self) -> list[str]:
        if not self.scan_topics or not all(self.scan_topics) or len(set(self.scan_topics)) != len(self.scan_topics):
            return [f"scan_topics = {self.scan_topics} must name at least one topic, each of them once"]
        return []
