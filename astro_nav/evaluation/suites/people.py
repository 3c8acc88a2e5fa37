"""Meetings with people: who cross, come towards the robot, are overtaken, stand in the way, sit down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from astro_nav.evaluation.scenario import GoalOrder, Scenario
from astro_nav.evaluation.suites.data import explain_absence
from astro_nav.evaluation.suites.homes import compute_time_limit
from astro_nav.evaluation.suites.meetings import BUILDERS, Meeting
from astro_nav.evaluation.suites.recorded_people import TRACKS_FILE, has_tracks, meet_recorded
from astro_nav.evaluation.suites.suite import Suite, make_generator
from astro_nav.simulation.behaviours import Behaviour
from astro_nav.simulation.social_force import SocialForceBehaviour
from astro_nav.simulation.world import WalkScript, World

PATIENCE_S = 15.0  # people may hold the robot up so long


def make_people(seed: int) -> Scenario:
    """One meeting; the situations take turns with the seed."""
    situations = [*BUILDERS, "recorded"] if has_tracks() else list(BUILDERS)
    situation = situations[seed % len(situations)]
    generator = make_generator(seed, 1)
    meeting = meet_recorded(generator) if situation == "recorded" else BUILDERS[situation](generator)
    behaviours: dict[str, Behaviour] = dict(meeting.behaviours)
    for person in meeting.people:
        if meeting.mode == "make room" and isinstance(person.motion, WalkScript):
            behaviours[person.name] = SocialForceBehaviour(person.motion)
    people = tuple(replace(person, reacts=meeting.mode != "ignore") for person in meeting.people)
    world = World(
        f"people {situation}",
        tuple(meeting.solids),
        people=people,
        start_pose_map=meeting.start,
        goals_map={"goal": meeting.goal},
    )
    way_m = float(np.linalg.norm(meeting.goal[:2] - meeting.start[:2]))
    return Scenario(
        suite="people",
        seed=seed,
        world=world,
        orders=(GoalOrder(meeting.goal[None, :]),),
        time_limit_s=compute_time_limit(way_m) + PATIENCE_S,
        behaviours=behaviours,
        facts={"situation": situation, "mode": meeting.mode, "people": len(people)},
    )


def _note_absence() -> tuple[str, ...]:
    return () if has_tracks() else (f"no recorded people: {explain_absence(TRACKS_FILE)}",)


PEOPLE = Suite("people", "people who cross, come towards, are overtaken, stand in the way", 200, make_people, _note_absence())
