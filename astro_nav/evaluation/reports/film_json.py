"""A film as JSON for the player of a page: long rows as 16-bit numbers in base64, lengths in cm, angles in mrad.

player.js reads exactly this; `shape` says how many of everything a frame has.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from astro_nav.types import FloatArray
from astro_nav.visualization.episode_film import EpisodeFilm, FilmFrame, ThingView, find_interesting_frame
from astro_nav.visualization.episode_layers import SCREEN_SHARE
from astro_nav.visualization.episode_picture import find_shown_bounds

NONE = -32768
LENGTH, ANGLE = 100.0, 1000.0
WAYS, POINTS, PLAN = 18, 6, 10  # candidates of a frame, their points, points of the chosen motion
LARGEST = 32767


def make_film_json(film: EpisodeFilm) -> dict[str, Any]:
    """Describe a film for the player."""
    frames = film.frames
    low, high = find_shown_bounds(film)
    people = sorted({person.name for frame in frames for person in frame.people})
    tracks = max((len(frame.tracks) for frame in frames), default=0)
    moving, shapes = _index_things(frames)
    sentences = sorted({frame.sentence for frame in frames})
    edges = film.footprint_m.max(axis=0) - film.footprint_m.min(axis=0)
    depth, width = 0.5 * edges * SCREEN_SHARE
    times = [frame.time_s for frame in frames]
    return {
        "title": film.title,
        "outcome": film.outcome,
        "bounds": _round(np.concatenate([low, high])),
        "max_speed": film.max_speed_mps,
        "footprint": _round(film.footprint_m.ravel()),
        "front": round(float(film.footprint_m[:, 0].max()) * LENGTH),
        "screen": _round(np.array([depth, width, -depth, width, -depth, -width, depth, -width])),
        "things": [_describe_thing(thing) for thing in film.things],
        "shapes": shapes,
        "moving": moving,
        "goals": [
            {"at": [*_round(goal[:2]), round(float(goal[2]) * ANGLE)], "reached": bool(reached)}
            for goal, reached in zip(film.goals_map, film.goals_reached, strict=True)
        ],
        "contacts": [
            {"at": _round(np.array([x, y])), "frame": int(np.searchsorted(times, time_s)), "what": what}
            for time_s, x, y, what in film.contacts
        ],
        "poster": _find_number(film),
        "times": [round(time_s, 2) for time_s in times],
        "sentences": sentences,
        "says": [sentences.index(frame.sentence) for frame in frames],
        "shape": {"people": len(people), "tracks": tracks, "ways": WAYS, "points": POINTS, "plan": PLAN},
        "poses": _pack([_describe_pose(frame) for frame in frames]),
        "speeds": _pack([[frame.twist[0] * LENGTH] for frame in frames]),
        "clearances": _pack([[frame.clearance_m * LENGTH] for frame in frames]),
        "people": _pack([_describe_people(frame, people) for frame in frames]),
        "tracks": _pack([_describe_tracks(frame, tracks) for frame in frames]),
        "plan": _pack([thin_way(frame.trajectory_map[:, :2], PLAN) for frame in frames]),
        "candidates": _pack([thin_candidates(frame.candidates_map) for frame in frames]),
    }


def _find_number(film: EpisodeFilm) -> int:
    """Which frame is shown before the film is played."""
    chosen = find_interesting_frame(film)
    return next(number for number, frame in enumerate(film.frames) if frame is chosen)


def thin_way(way: FloatArray, points: int) -> FloatArray:
    """A way (P, 2) as `points` of its points in cm, NaN when it has none; (points, 2)."""
    if len(way) == 0:
        return np.full((points, 2), np.nan)
    return way[np.linspace(0, len(way) - 1, points).round().astype(int)] * LENGTH


def thin_candidates(ways: FloatArray) -> FloatArray:
    """Candidates (K, P, 2), the best last, as WAYS of them with POINTS points in cm; (WAYS, POINTS, 2), NaN for none."""
    thinned = np.full((WAYS, POINTS, 2), np.nan)
    if len(ways):
        kept = np.unique(np.linspace(0, len(ways) - 1, min(WAYS, len(ways))).round().astype(int))
        thinned[WAYS - len(kept) :] = [thin_way(ways[number], POINTS) for number in kept]
    return thinned


def _describe_pose(frame: FilmFrame) -> list[float]:
    x, y, yaw = frame.pose_map_base
    screen = np.nan if frame.screen_rad is None else frame.screen_rad * ANGLE
    return [x * LENGTH, y * LENGTH, np.arctan2(np.sin(yaw), np.cos(yaw)) * ANGLE, screen]


def _describe_people(frame: FilmFrame, names: list[str]) -> FloatArray:
    row = np.full((len(names), 3), np.nan)
    for person in frame.people:
        row[names.index(person.name)] = (*person.position_map * LENGTH, person.radius_m * LENGTH)
    return row


def _describe_tracks(frame: FilmFrame, count: int) -> FloatArray:
    row = np.full((count, 5), np.nan)
    for number, track in enumerate(frame.tracks):
        velocity = track.velocity_map if track.moving else np.zeros(2)
        row[number] = (*track.position_map * LENGTH, track.radius_m * LENGTH, *velocity * LENGTH)
    return row


def _index_things(frames) -> tuple[list[list[int]], list[dict[str, Any]]]:
    """For every frame the numbers of its things, and every thing that differs once."""
    numbers: dict[tuple, int] = {}
    shapes: list[dict[str, Any]] = []
    moving = []
    for frame in frames:
        row = []
        for thing in frame.things:
            described = _describe_thing(thing)
            key = (described["kind"], *described["at"])
            if key not in numbers:
                numbers[key] = len(shapes)
                shapes.append(described)
            row.append(numbers[key])
        moving.append(row)
    return moving, shapes


def _describe_thing(thing: ThingView) -> dict[str, Any]:
    kind = {"wall": "wall", "door": "door"}.get(thing.kind, "thing")
    return {"kind": kind if thing.mapped or kind == "door" else "unmapped", "at": _round(thing.outline_map.ravel())}


def _round(values: FloatArray) -> list[int]:
    return [int(value) for value in np.round(values * LENGTH)]


def _pack(rows: list) -> str:
    """Rows of numbers as base64 of little-endian int16; what is not finite becomes NONE."""
    values = np.array(rows, dtype=np.float64)
    whole = np.where(np.isfinite(values), np.clip(np.round(np.nan_to_num(values)), -LARGEST, LARGEST), NONE)
    return base64.b64encode(whole.astype("<i2").tobytes()).decode()
