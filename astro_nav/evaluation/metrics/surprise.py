"""What became of something that appeared: contacts despite room, speed at contacts without, stops for nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_nav.evaluation.scenario import EpisodeRecord

# What appears has its effect within this time.
EFFECT_S = 1.2
# A robot that slows below this share of its speed for something beside its way stops for nothing.
STOP_SHARE = 0.5


def measure_surprise(record: EpisodeRecord) -> dict[str, Any]:
    """Figures of an episode in which something appears; nothing for other episodes, or when it did not happen.

    The facts of the episode say what happened; see `suites/room_to_stop.py`.
    """
    facts = record.scenario.facts
    if facts.get("happened_s") is None or "had_room" not in facts:
        return {}
    happened_s, speed_mps = float(facts["happened_s"]), abs(float(facts["speed_mps"]))
    hits = [contact for contact in record.contacts if contact.by_robot and contact.time_s >= happened_s]
    if facts["beside"]:
        if facts["kind"] == "person":
            return {}  # whether they will step into the way is theirs to know
        watched = (record.times_s >= happened_s) & (record.times_s <= happened_s + EFFECT_S)
        slowest_mps = float(np.abs(record.commands[watched, 0]).min(initial=speed_mps))
        return {"needless_stop": slowest_mps < STOP_SHARE * speed_mps, "contact_despite_room": bool(hits)}
    if facts["had_room"]:
        return {"contact_despite_room": bool(hits)}
    share = max((contact.robot_speed_mps for contact in hits), default=0.0) / max(speed_mps, 1e-6)
    return {
        "contact_speed_share": share,
        "contact_speed_best": float(facts["best_share"]),
        "contact_speed_ideal": float(facts["ideal_share"]),
    }
