"""Parameters of the global planner (config/global_planner.yaml)."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.params.following import FollowParams
from astro_nav.params.robot import FrameParams, RobotParams
from astro_nav.params.schema import parameter

UNKNOWN_POLICIES = ("blocked", "discouraged", "free")
ACTION_PACKAGES = ("astro_nav_msgs", "nav2_msgs")


@dataclass(frozen=True)
class CostParams:
    """What makes a metre of way dear, and where there is none."""

    occupied_threshold: int = parameter("cells of at least this occupancy are obstacles", minimum=1, maximum=100)
    unknown: str = parameter(
        "what unknown cells are: blocked (the robot's middle never enters them), discouraged, or free", choices=UNKNOWN_POLICIES
    )
    unknown_weight: float = parameter(
        "how many times dearer a metre of way is in unknown space when it is discouraged", minimum=1.0, maximum=100.0
    )
    margin_m: float = parameter(
        "kept between the robot's narrowest part and obstacles, whatever the way; 0 lets it through every gap it fits",
        unit="m", minimum=0.0, maximum=1.0,
    )
    comfort_distance_m: float = parameter(
        "closer to obstacles than this, beside the robot's narrowest part, a way becomes dearer", unit="m", minimum=0.0, maximum=5.0
    )
    closeness_weight: float = parameter(
        "how many times dearer than in the open, beyond once, a metre of way is where the robot nearly touches",
        minimum=0.0, maximum=100.0,
    )


@dataclass(frozen=True)
class SearchParams:
    """Bounds of a search."""

    time_limit_s: float = parameter("a search that takes longer is given up", unit="s", minimum=0.05, maximum=600.0)
    pose_wait_s: float = parameter(
        "a goal waits this long for the robot's pose in the map before it is given up", unit="s", minimum=0.0, maximum=600.0
    )
    escape_distance_m: float = parameter(
        "a robot that stands in an obstacle, or too close to one, is led out of it over at most this distance",
        unit="m", minimum=0.0, maximum=10.0,
    )
    escape_weight: float = parameter(
        "how many times dearer a metre of way is where the robot is led out of an obstacle's neighbourhood", minimum=1.0, maximum=1000.0
    )
    goal_tolerance_m: float = parameter(
        "a goal that is occupied or unknown is replaced by the nearest reachable pose at most this far away; 0 = never",
        unit="m", minimum=0.0, maximum=10.0,
    )
    max_map_cells: int = parameter(
        "larger maps are refused; a cell costs about 16 bytes", minimum=1, maximum=1_000_000_000
    )


@dataclass(frozen=True)
class WayParams:
    """The form of the way that is handed to the local planner."""

    spacing_m: float = parameter("between poses of the way", unit="m", minimum=0.01, maximum=1.0)
    smoothing_rounds: int = parameter("rounds of relaxation that round the way's corners", minimum=0, maximum=1000)


@dataclass(frozen=True)
class ArrivalParams:
    """When a goal counts as reached."""

    position_tolerance_m: float = parameter("largest distance from the goal", unit="m", minimum=0.005, maximum=5.0, live=True)
    heading_tolerance_rad: float = parameter("largest difference from the goal's heading", unit="rad", minimum=0.01, maximum=3.15, live=True)
    rest_speed_mps: float = parameter("slower than this, the robot stands", unit="m/s", minimum=0.001, maximum=1.0, live=True)
    rest_turn_rate_radps: float = parameter("turning slower than this, the robot stands", unit="rad/s", minimum=0.001, maximum=1.0, live=True)
    rest_s: float = parameter("how long it must have stood there", unit="s", minimum=0.0, maximum=10.0, live=True)
    passing_distance_m: float = parameter(
        "a goal that is not the last of a list is passed within this distance, without a stop", unit="m", minimum=0.05, maximum=5.0, live=True
    )


@dataclass(frozen=True)
class ProgressParams:
    """When the robot does not get on, and what is done about it."""

    min_progress_m: float = parameter("getting on means coming this much nearer to the goal along the way", unit="m", minimum=0.01, maximum=5.0, live=True)
    min_turn_rad: float = parameter("turning by this much counts as getting on, too, near the goal", unit="rad", minimum=0.01, maximum=3.15, live=True)
    patience_s: float = parameter("without getting on for so long, another way is looked for", unit="s", minimum=0.5, maximum=600.0, live=True)
    give_up_s: float = parameter("without getting on for so long, the goal is given up", unit="s", minimum=1.0, maximum=3600.0, live=True)
    off_way_m: float = parameter("farther from the way than this, a new one is planned from where the robot is", unit="m", minimum=0.1, maximum=20.0, live=True)
    blocked_s: float = parameter("the local planner must report a blocked way for so long before another one is looked for", unit="s", minimum=0.0, maximum=60.0, live=True)
    retry_s: float = parameter("between two looks for another way while the robot waits", unit="s", minimum=0.2, maximum=60.0, live=True)
    blocked_radius_m: float = parameter("of the place that counts as blocked", unit="m", minimum=0.05, maximum=2.0, live=True)
    blocked_max_radius_m: float = parameter(
        "that place is made larger, at most to this, each time that the way round it is met blocked, too", unit="m", minimum=0.05, maximum=5.0, live=True
    )
    blocked_memory_s: float = parameter(
        "how long a place counts as blocked; each time that it is met blocked again doubles it", unit="s", minimum=1.0, maximum=3600.0, live=True
    )
    min_saving: float = parameter(
        "another way must be cheaper by this share of the present one's cost before the robot changes over", minimum=0.0, maximum=0.9, live=True
    )

    detour_m: float = parameter(
        "a way round a blocked place that costs at most this much more is taken at once", unit="m", minimum=0.0, maximum=1000.0, live=True
    )
    detour_mps: float = parameter(
        "a longer one is taken when the robot has waited as long as the rest of it takes at this pace", unit="m/s", minimum=0.01, maximum=10.0, live=True
    )
    retreat_after_s: float = parameter(
        "without getting on for so long, and without another way, the robot backs off to make room", unit="s", minimum=1.0, maximum=3600.0, live=True
    )
    retreat_m: float = parameter("how far it backs off along the way that it came; 0 = never", unit="m", minimum=0.0, maximum=5.0, live=True)
    retreat_s: float = parameter("time for backing off, after which the way is tried again", unit="s", minimum=0.5, maximum=60.0, live=True)

    def find_conflicts(self) -> list[str]:
        if self.give_up_s <= self.patience_s:
            return [
                f"give_up_s = {self.give_up_s:g} s must exceed patience_s = {self.patience_s:g} s: "
                "another way is looked for before the goal is given up"
            ]
        return []


@dataclass(frozen=True)
class PaceParams:
    """What the time left is estimated from; what the robot really needs is learned on the way."""

    cruise_share: float = parameter("share of the robot's speed limit at which it is assumed to drive before it has driven", minimum=0.05, maximum=1.0)
    first_s: float = parameter("that assumption counts as much as so much driving", unit="s", minimum=0.1, maximum=600.0)
    settling_s: float = parameter("for the last centimetres and the stop at a goal", unit="s", minimum=0.0, maximum=30.0)
    memory_s: float = parameter("time over which the pace is learned", unit="s", minimum=1.0, maximum=3600.0)


@dataclass(frozen=True)
class MemoryParams:
    """What is remembered of doors: which are usually open, and when."""

    enabled: bool = parameter("remember which passages were open and let ways depend on it")
    file: str = parameter("SQLite file of the memory; empty = beside map_file, or in $ROS_HOME (~/.ros) when the map comes from a topic")
    clock_offset_s: float = parameter(
        "time since 1970 at the ROS clock's time 0, for simulated time: its hour of the day counts then, and what is learnt is kept; 0 = a "
        "ROS clock that begins at 0 has no hour of the day, and the computer's counts", unit="s", minimum=0.0, maximum=1e11,
    )  # fmt: skip
    doors_file: str = parameter("YAML file with doors that have a name of yours; empty = only those found in the map")
    max_width_m: float = parameter("wider openings are no doors", unit="m", minimum=0.1, maximum=5.0)
    min_room_m2: float = parameter("what a door leads to has at least this area of room", unit="m^2", minimum=0.0, maximum=100.0)
    prominence_m: float = parameter("and at least this much more clearance than the door", unit="m", minimum=0.01, maximum=2.0)
    prior_open: float = parameter("how likely a door of which nothing is known is open, as the map says", minimum=0.01, maximum=0.99)
    prior_weight: float = parameter("how many observations that is worth", minimum=0.1, maximum=100.0)
    half_life_s: float = parameter("after so long an observation counts half", unit="s", minimum=60.0, maximum=1e9)
    hours_apart: float = parameter(
        "observations so many hours of the day away count 0.6 times as much; 24 = the time of day is no matter", unit="h", minimum=0.25, maximum=24.0
    )
    persistence_s: float = parameter("what was seen last is believed for about so long, whatever is usual", unit="s", minimum=1.0, maximum=1e6)
    recount_s: float = parameter("a door seen in the same state again counts anew after so long", unit="s", minimum=0.0, maximum=1e6)
    confirm_s: float = parameter("a door must be seen in a state for so long without a break", unit="s", minimum=0.0, maximum=60.0)
    closed_price_m: float = parameter(
        "what finding a door closed is expected to cost, waiting and turning back, as length of way", unit="m", minimum=0.0, maximum=200.0
    )
    sight_m: float = parameter("farther doors are not judged by what the lidar sees", unit="m", minimum=0.5, maximum=30.0)
    save_s: float = parameter("between two writings of what was learnt", unit="s", minimum=0.5, maximum=3600.0)


@dataclass(frozen=True)
class GlobalPlannerParams:
    """All parameters of the global planner."""

    robot: RobotParams
    frames: FrameParams
    map_file: str = parameter("map_server YAML file that this node loads and publishes on map; empty = somebody else publishes it")
    action_package: str = parameter(
        "whose types navigate_to_pose and navigate_through_poses have; nav2_msgs: for rviz2's Nav2 panel and nav2_simple_commander",
        choices=ACTION_PACKAGES,
    )  # fmt: skip
    zones_file: str = parameter(
        "YAML file of keep-out and slow zones; read again whenever it changes; empty = none", live=True
    )
    rate_hz: float = parameter("how often arrival and progress are looked at", unit="Hz", minimum=1.0, maximum=50.0)
    cost: CostParams
    search: SearchParams
    way: WayParams
    arrival: ArrivalParams
    progress: ProgressParams
    pace: PaceParams
    memory: MemoryParams
    follow: FollowParams
