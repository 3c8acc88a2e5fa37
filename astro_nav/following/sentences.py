"""What is said when nobody is found, or somebody was lost."""

from __future__ import annotations

from collections.abc import Sequence

from astro_nav.following.recognition import NEAREST
from astro_nav.following.sighting import Sighting
from astro_nav.params.following import FollowParams


def name_person(person: Sighting) -> str:
    """Their label, or their number."""
    return person.label or f"person {person.track_id}"


def explain_nobody(name: str, sightings: Sequence[Sighting], waited_s: float, params: FollowParams) -> str:
    """Why nobody is followed, and what to do."""
    if name in NEAREST:
        return (
            f"nobody is in front of the robot within follow.find_range_m = {params.find_range_m:g} m and "
            f"follow.front_rad = {params.front_rad:g} rad: stand before it and send the goal again"
        )
    there = ", ".join(s.label or str(s.track_id) for s in sightings if s.person) or "nobody"
    return f"there is no person {name!r} in sight after {waited_s:.0f} s; in sight: {there}"


def explain_loss(person: Sighting, hidden_s: float, frame: str, params: FollowParams) -> str:
    """Whom the robot lost, where, and for how long it looked."""
    x, y = person.position_map
    return (
        f"lost sight of {name_person(person)} {hidden_s:.0f} s ago at x = {x:.2f} m, y = {y:.2f} m in {frame}, and did not find "
        f"them where they would have gone; limit follow.search_s = {params.search_s:g} s"
    )


def describe_search(person: Sighting, hidden_s: float) -> str:
    """Whom the robot looks for."""
    x, y = person.position_map
    return f"looks for {name_person(person)}, seen last at x = {x:.2f} m, y = {y:.2f} m {hidden_s:.0f} s ago"
