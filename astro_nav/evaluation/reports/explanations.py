"""What every metric means, for people who did not build the robot; docs/metrics.md has the formulas."""

from __future__ import annotations

from astro_nav.evaluation.metrics import METRICS

EXPLANATIONS: dict[str, str] = {
    "success_rate": "How often the robot reached all its goals in time and touched nothing on the way.",
    "timeout_rate": "How often the time that was allowed ran out first: the robot was stuck, waited, or was too slow.",
    "contact_rate": "How often the robot moved into something at least once. Anything above zero needs a look.",
    "contacts_by_robot": "How many times the robot moved into a wall, a thing or a person. The aim is none.",
    "contacts_by_others": "How many times a person or a door moved into the robot. It is not the robot's move, but it may have stood badly.",
    "spl": "1 means every goal was reached by the shortest way, 0 that none was reached. Detours and failures lower it.",
    "stl": "The same for time: 1 means as fast as physics allows on the shortest way, with full acceleration and top speed.",
    "time_to_goal_s": "How long it took from the order to the arrival, where the robot arrived.",
    "path_length_m": "How far it drove, where it arrived.",
    "min_clearance_m": "How close the robot came to anything, measured from its outline. 0 is a touch.",
    "mean_clearance_m": "How much room it kept around itself on average.",
    "min_people_distance_m": "How close it came to a person's body.",
    "min_time_to_collision_s": "The tightest moment with a person: how long until they would have met, had both gone straight on.",
    "personal_space_045": "Share of the time in which nobody had the robot within 0.45 m, which people feel as intimate distance.",
    "personal_space_100": "Share of the time in which nobody had the robot within 1.0 m; in a narrow home that cannot always be.",
    "mean_linear_acceleration_mps2": "How hard it speeds up and brakes on average while it moves.",
    "peak_linear_acceleration_mps2": "The hardest start or braking.",
    "mean_angular_acceleration_radps2": "How hard it begins and ends turning on average.",
    "peak_angular_acceleration_radps2": "The hardest turn-in.",
    "mean_linear_jerk_mps3": "How jerkily it drives: low looks gentle, high looks nervous and shakes what it carries.",
    "peak_linear_jerk_mps3": "The single hardest jolt.",
    "mean_angular_jerk_radps3": "How jerkily it turns.",
    "peak_angular_jerk_radps3": "The single hardest twitch.",
    "path_irregularity_radpm": "Turning that the way did not ask for: wiggling, searching, correcting.",
    "stops": "How often it came to rest on the way.",
    "reversals": "How often it changed between forwards and backwards.",
    "time_to_first_motion_s": "How long it thinks before it moves off.",
    "final_position_error_m": "How far from the goal it really stood in the end.",
    "final_heading_error_rad": "How wrong the direction was in which it stood in the end.",
    "contact_despite_room": "Episodes in which the robot drove into something although there was room to stop when it appeared. Must be 0.",
    "contact_speed_share": "Where there was less room than it needs: how fast it still was at the contact, as a share of its speed.",
    "contact_speed_best": "The same for a robot that brakes as hard as it can after the reaction time. Physics allows no less.",
    "contact_speed_ideal": "The same for a robot without reaction time.",
    "needless_stop": "Episodes in which it stopped for something that appeared beside its way.",
    "barn_score": "Score of the BARN challenge, at most 0.5: half of the ideal time's share, 0 for a contact.",
    "follow_distance_error_m": "How far off the distance was that it should keep to the person whom it followed, near or far.",
    "follow_lost_per_100_m": "How often it lost the person whom it followed, for every 100 m that they walked.",
    "follow_walked_m": "How far the person walked whom it followed; the longer, the more the other figures say.",
    "follow_on_target": "Share of the time in which its screen looked at the person whom it followed.",
    "screen_lead_s": "How long before a turn of the robot its screen already looked where it would go. Half a second is asked for.",
    "screen_lead_share": "Share of the robot's turns that its screen announced at least half a second before.",
    "screen_reversals_per_minute": "How often the screen changed its direction: a turn that is announced takes two; much more is fidgeting.",
    "peak_screen_speed_radps": "How fast the screen turned at its fastest.",
    "peak_screen_acceleration_radps2": "How hard the screen was started or stopped at most.",
    "peak_screen_jerk_radps3": "The screen's single hardest twitch.",
    "glance_share": "Share of the people whose way it crossed whom its screen had looked at before.",
    "legibility": "How sure somebody who watches way and screen could be of where it is going, early moments counting most. Six places are possible: 0.17 is a guess.",
    "legibility_of_way": "The same for somebody who does not see the screen: what the screen adds is the difference.",
    "cycle_ms_p50": "Computing time of one planning cycle, typically. Must stay well below the period of 100 ms.",
    "cycle_ms_p99": "Computing time of one planning cycle that only one in a hundred exceeds.",
    "cycle_ms_max": "The longest planning cycle. On a busy computer this says more about the computer.",
    "candidates_per_cycle": "How many possible motions were compared before each decision.",
    "realtime_factor": "How many seconds of driving are simulated in a second, in one process.",
}

# Shown large at the top of a page, when they apply.
HEADLINES = (
    "success_rate", "contacts_by_robot", "time_to_goal_s", "spl", "min_clearance_m", "personal_space_045", "mean_linear_jerk_mps3",
    "barn_score", "cycle_ms_p99",
)  # fmt: skip
SHARES = frozenset({
    "success_rate", "timeout_rate", "contact_rate", "personal_space_045", "personal_space_100", "follow_on_target",
    "screen_lead_share", "glance_share", "contact_despite_room", "needless_stop",
})  # fmt: skip


def format_unit(name: str) -> str:
    """Unit of a metric as it is printed, "" for shares and numbers."""
    return METRICS[name].unit.replace("^2", "²").replace("^3", "³")


def format_metric(name: str, value: float | int | None, with_unit: bool = True) -> str:
    """A value as people read it: shares in per cent, other numbers with three figures that count; a dash for None."""
    if value is None:
        return "–"
    unit = format_unit(name) if with_unit else ""
    if name in SHARES:
        text, unit = f"{100.0 * value:.1f}", "%" if with_unit else ""
    elif isinstance(value, int):
        text = str(value)
    elif abs(value) >= 100.0:
        text = f"{value:.0f}"
    elif abs(value) >= 10.0:
        text = f"{value:.1f}"
    else:
        text = f"{value:.3f}" if abs(value) < 1.0 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def entitle_metric(name: str) -> str:
    """A metric's name in words."""
    words = name
    for ending in ("_mps2", "_mps3", "_radps2", "_radps3", "_radpm", "_rad", "_m", "_s"):
        words = words.removesuffix(ending)
    words = words.replace("personal_space_045", "nobody nearer than 0.45 m").replace("personal_space_100", "nobody nearer than 1.0 m")
    words = words.replace("cycle_ms", "cycle time").replace("_", " ")
    words = {"spl": "SPL", "stl": "STL", "barn score": "BARN score"}.get(words, words)
    return words[0].upper() + words[1:]


def entitle_with_unit(name: str) -> str:
    """A metric's name in words with its unit."""
    unit = format_unit(name)
    return f"{entitle_metric(name)} [{unit}]" if unit else entitle_metric(name)
