"""Names, units and directions of all metrics, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from astro_nav.evaluation.names import refuse_unknown


@dataclass(frozen=True)
class Metric:
    """One figure of a run.

    Attributes:
        name: in the `metrics` of a result.
        unit: "" for shares and numbers.
        text: what it is, in a few words.
        better: "higher" or "lower"; "" for what is neither good nor bad.
        key: of the episode's figure in a row.
        is_timing: whether it is measured on the wall clock, so that equal seeds give different figures.
    """

    name: str
    unit: str
    text: str
    better: str
    key: str = ""
    is_timing: bool = False

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", self.name)


_LIST = (
    Metric("success_rate", "", "all goals reached in time, without a contact of the robot's making", "higher", "success"),
    Metric("timeout_rate", "", "time ran out", "lower", "timed_out"),
    Metric("contact_rate", "", "episodes in which the robot moved into something", "lower", "has_contact"),
    Metric("contacts_by_robot", "", "times that the robot moved into something, in all episodes", "lower"),
    Metric("contacts_by_others", "", "times that something moved into the robot, in all episodes", "lower"),
    Metric("spl", "", "success weighted by path length", "higher"),
    Metric("stl", "", "success weighted by time length", "higher"),
    Metric("time_to_goal_s", "s", "from order to arrival, of successful episodes", "lower"),
    Metric("path_length_m", "m", "way driven, of successful episodes", "lower"),
    Metric("min_clearance_m", "m", "smallest distance to anything", "higher"),
    Metric("mean_clearance_m", "m", "mean distance to the nearest thing", "higher"),
    Metric("min_people_distance_m", "m", "smallest distance to a person", "higher"),
    Metric("min_time_to_collision_s", "s", "shortest time to collision with a person", "higher"),
    Metric("personal_space_045", "", "share of time at least 0.45 m from everybody", "higher"),
    Metric("personal_space_100", "", "share of time at least 1.0 m from everybody", "higher"),
    Metric("mean_linear_acceleration_mps2", "m/s^2", "mean linear acceleration while moving", "lower"),
    Metric("peak_linear_acceleration_mps2", "m/s^2", "largest linear acceleration", "lower"),
    Metric("mean_angular_acceleration_radps2", "rad/s^2", "mean angular acceleration while moving", "lower"),
    Metric("peak_angular_acceleration_radps2", "rad/s^2", "largest angular acceleration", "lower"),
    Metric("mean_linear_jerk_mps3", "m/s^3", "mean linear jerk while moving", "lower"),
    Metric("peak_linear_jerk_mps3", "m/s^3", "largest linear jerk", "lower"),
    Metric("mean_angular_jerk_radps3", "rad/s^3", "mean angular jerk while moving", "lower"),
    Metric("peak_angular_jerk_radps3", "rad/s^3", "largest angular jerk", "lower"),
    Metric("path_irregularity_radpm", "rad/m", "unnecessary turning per metre", "lower"),
    Metric("stops", "", "stops on the way, per episode", "lower"),
    Metric("reversals", "", "changes between forwards and backwards, per episode", "lower"),
    Metric("time_to_first_motion_s", "s", "from order to first motion", "lower"),
    Metric("final_position_error_m", "m", "true distance to the goal on arrival", "lower"),
    Metric("final_heading_error_rad", "rad", "true error of the heading on arrival", "lower"),
    Metric("follow_distance_error_m", "m", "root mean square error of the distance to the followed person", "lower"),
    Metric("follow_lost_per_100_m", "", "times that the followed person was lost, per 100 m of their way", "lower"),
    Metric("follow_walked_m", "m", "way of the followed person, per episode", ""),
    Metric("follow_on_target", "", "share of time in which the screen looks at the followed person", "higher"),
    Metric("contact_despite_room", "", "episodes in which the robot moved into what appeared with room to stop", "lower"),
    Metric("contact_speed_share", "", "speed at the contact, as a share, where there was less room", "lower"),
    Metric("contact_speed_best", "", "the same if it had braked as hard as it can after the reaction time", ""),
    Metric("contact_speed_ideal", "", "the same if it had braked as hard as it can at once", ""),
    Metric("needless_stop", "", "episodes in which it stopped for what appeared beside its way", "lower"),
    Metric("screen_lead_s", "s", "by how much the screen turns before the base, median over its turns", "higher"),
    Metric("screen_lead_share", "", "turns of the base that the screen announced at least 0.5 s before", "higher"),
    Metric("screen_reversals_per_minute", "1/min", "changes of direction of the screen", "lower"),
    Metric("peak_screen_speed_radps", "rad/s", "fastest motion of the screen", "lower"),
    Metric("peak_screen_acceleration_radps2", "rad/s^2", "largest acceleration of the screen", "lower"),
    Metric("peak_screen_jerk_radps3", "rad/s^3", "largest jerk of the screen", "lower"),
    Metric("glance_share", "", "people whose way was crossed whom the screen had looked at before", "higher"),
    Metric("legibility", "", "probability of the goal read from way and gaze while it drives", "higher"),
    Metric("legibility_of_way", "", "the same from the way alone", "higher"),
    Metric("barn_score", "", "BARN score", "higher"),
    Metric("cycle_ms_p50", "ms", "computing time of a local cycle, median", "lower", is_timing=True),
    Metric("cycle_ms_p99", "ms", "computing time of a local cycle, 99th percentile", "lower", is_timing=True),
    Metric("cycle_ms_max", "ms", "computing time of a local cycle, longest", "lower", is_timing=True),
    Metric("candidates_per_cycle", "", "trajectories evaluated in a cycle", ""),
    Metric("realtime_factor", "", "simulated over real time, per worker", "higher", is_timing=True),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _LIST}

# Measured on the wall clock, in rows and results.
TIMING_KEYS = frozenset({metric.key for metric in _LIST if metric.is_timing} | {"wall_s"})


def get_metric(name: str) -> Metric:
    """Find a metric by name.

    Raises:
        EvaluationError: for unknown names, with the nearest known ones.
    """
    if name not in METRICS:
        raise refuse_unknown("metric", name, METRICS)
    return METRICS[name]
