"""Recorded people in a street, among whom the robot drives. They were recorded without a robot and take no notice of it."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from astro_nav.evaluation.suites.data import find_data_file
from astro_nav.evaluation.suites.meetings import Meeting
from astro_nav.evaluation.suites.pieces import make_room_walls
from astro_nav.simulation.recorded_tracks import read_tracks
from astro_nav.simulation.world import PersonScript, RecordedTrack

TRACKS_FILE = "pedestrians/zara01.csv"
LOW, HIGH = (-8.6, 3.8), (7.6, 22.0)  # around all tracks
MIDDLE = (-0.5, 12.8)
DURATION_S = 60.0
MAX_PEOPLE = 6  # at the same time


def has_tracks() -> bool:
    """Whether the recording is at hand."""
    return find_data_file(TRACKS_FILE) is not None


@lru_cache(maxsize=1)
def load_tracks() -> dict[int, RecordedTrack]:
    """The recording; people by number."""
    path = find_data_file(TRACKS_FILE)
    assert path is not None, "ask has_tracks first"
    return read_tracks(path)


def meet_recorded(generator: np.random.Generator) -> Meeting:
    """Drive 8 m through the street while a drawn minute of the recording happens, thinned to six people at a time."""
    tracks = load_tracks()
    end_s = max(float(track.times_s[-1]) for track in tracks.values())
    from_s = float(generator.uniform(0.0, end_s - DURATION_S))
    angle = float(generator.uniform(0.0, 2.0 * math.pi))
    reach = 4.0 * np.array([math.cos(angle), math.sin(angle)])
    middle = np.array(MIDDLE) + generator.uniform(-1.0, 1.0, 2)
    start, goal = np.array([*(middle - reach), angle]), np.array([*(middle + reach), angle])
    people: list[PersonScript] = []
    for number in sorted(tracks, key=lambda number: (float(tracks[number].times_s[0]), number)):
        person = _cut(number, tracks[number], from_s)
        if person is None or math.dist(person.motion.positions_map[0], start[:2]) < 1.0:  # type: ignore[union-attr]
            continue
        together = sum(other.end_s > person.start_s for other in people)
        if together < MAX_PEOPLE:
            people.append(person)
    return Meeting(make_room_walls(LOW, HIGH), start, goal, people, "ignore")


def _cut(number: int, track: RecordedTrack, from_s: float) -> PersonScript | None:
    """The part of a track within the minute, as somebody who enters and leaves; None when nothing is left of it."""
    times_s = track.times_s - from_s
    inside = (times_s >= 0.0) & (times_s <= DURATION_S)
    if inside.sum() < 3:
        return None
    times_s, positions = times_s[inside], track.positions_map[inside]
    person = PersonScript(f"pedestrian {number}", RecordedTrack(times_s, positions))
    return replace(person, start_s=float(times_s[0]), end_s=float(times_s[-1]))
