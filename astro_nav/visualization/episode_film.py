"""An episode as it can be drawn: plain arrays in the map frame, made from the truth and from what the stack said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from astro_nav.types import Float32Array, FloatArray, OccupancyMap

CANDIDATE_POINTS = 12  # a drawn candidate has at most so many


@dataclass(frozen=True)
class ThingView:
    """Something that stands in the world.

    Attributes:
        outline_map: (V, 2) [m].
        kind: "wall", "object" or "door".
        mapped: whether the robot's map shows it.
    """

    outline_map: FloatArray
    kind: str
    mapped: bool = True


@dataclass(frozen=True)
class PersonView:
    """A person as they really are: position and velocity (2,) in the map, radius of the body [m]."""

    name: str
    position_map: FloatArray
    velocity_map: FloatArray
    radius_m: float


@dataclass(frozen=True)
class TrackView:
    """A person or thing in motion as the robot believes it to be.

    Attributes:
        position_map, velocity_map: (2,).
        radius_m: of the disc that contains it.
        moving: whether it is in motion.
        ellipses_map: (E, V, 2) where it is predicted to be with 95 %, later and later.
    """

    position_map: FloatArray
    velocity_map: FloatArray
    radius_m: float
    moving: bool
    ellipses_map: FloatArray = field(default_factory=lambda: np.zeros((0, 0, 2)))


@dataclass(frozen=True)
class LocalMapView:
    """The robot's own map of its surroundings: (H, W) int8 occupancy, placed in the map by the pose (3,) of its corner."""

    occupancy: np.ndarray
    resolution_m: float
    pose_map_corner: FloatArray


@dataclass(frozen=True)
class FilmFrame:
    """One moment of an episode.

    Attributes:
        time_s: simulated time.
        pose_map_base: (3,) the true pose.
        twist: (2,) the true twist.
        screen_rad: true angle of the screen on the robot, None for a robot without one.
        clearance_m: true distance to the nearest thing.
        limited_by: name of what limits the speed, "" for nothing.
        sentence: what the stack says about its motion, "" when nothing is special.
        people: who is there.
        things: doors as they stand now, and what appears during the episode.
        tracks: what the robot believes to move.
        local_map: None before the first scan.
        guidance_map: (G, 2) the way down the cost-to-go.
        trajectory_map: (T, 3) the chosen motion, T = 0 when there is none.
        candidates_map: (K, P, 2) ways that were compared, the best last.
        badness: (K,) 0 is best, 1 worst; NaN touches something for certain.
        candidates: how many were compared in all.
    """

    time_s: float
    pose_map_base: FloatArray
    twist: FloatArray
    screen_rad: float | None
    clearance_m: float
    limited_by: str = ""
    sentence: str = ""
    people: tuple[PersonView, ...] = ()
    things: tuple[ThingView, ...] = ()
    tracks: tuple[TrackView, ...] = ()
    local_map: LocalMapView | None = None
    guidance_map: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    trajectory_map: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))
    candidates_map: FloatArray = field(default_factory=lambda: np.zeros((0, 0, 2)))
    badness: FloatArray = field(default_factory=lambda: np.zeros(0))
    candidates: int = 0


@dataclass(frozen=True)
class EpisodeFilm:
    """All that a picture or an animation of an episode shows.

    Attributes:
        title: which episode.
        outcome: how it ended, one sentence.
        success: whether it ended well.
        map: what the robot is told of the world.
        things: what stands in the world all the time.
        footprint_m: (V, 2) outline of the robot in base_link.
        max_speed_mps: end of the colour scale.
        goals_map: (G, 3) in order; goals_reached: one flag each.
        times_s, poses_map, speeds_mps, clearances_m: (N,), (N, 3), (N,), (N,) of the whole episode.
        limited: (N,) bool, whether the safety controller held the robot back.
        people_map: name -> (N, 2) true positions, NaN where one is away.
        contacts: (time [s], x [m], y [m], what) of every contact.
        frames: in order of time.
    """

    title: str
    outcome: str
    success: bool
    map: OccupancyMap
    things: tuple[ThingView, ...]
    footprint_m: FloatArray
    max_speed_mps: float
    goals_map: FloatArray
    goals_reached: Sequence[bool]
    times_s: FloatArray
    poses_map: FloatArray
    speeds_mps: FloatArray
    clearances_m: FloatArray
    limited: np.ndarray
    people_map: dict[str, FloatArray]
    contacts: Sequence[tuple[float, float, float, str]]
    frames: Sequence[FilmFrame]

    def find_frame(self, time_s: float) -> FilmFrame:
        """The frame nearest to a time."""
        return self.frames[int(np.abs(np.array([frame.time_s for frame in self.frames]) - time_s).argmin())]


def rank_candidates(poses: Float32Array, costs: Float32Array, most: int) -> tuple[FloatArray, FloatArray]:
    """Thin out candidates for a picture and order them, the best last.

    Args:
        poses: (K, T, 3).
        costs: (K,), +inf where contact is certain.
        most: as many are kept, evenly over the ranks.

    Returns:
        ways (k, P, 2) and badness (k,): 0 for the best to 1 for the worst, NaN for those that touch something.
    """
    count, states = poses.shape[:2]
    if count == 0 or states < 2:
        return np.zeros((0, 0, 2)), np.zeros(0)
    order = np.argsort(-costs, kind="stable")
    usable = np.isfinite(costs[order])
    badness = np.full(count, np.nan)
    badness[usable] = np.linspace(1.0, 0.0, usable.sum()) if usable.sum() > 1 else 0.0
    kept = np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))
    picked = np.unique(np.linspace(0, states - 1, min(CANDIDATE_POINTS, states)).round().astype(int))
    ways = poses[order[kept]][:, picked, :2]
    return ways.astype(np.float64), badness[kept]


def find_interesting_frame(film: EpisodeFilm) -> FilmFrame:
    """The frame that is worth a close-up: at the first contact, else moving, near something, with much to choose from."""
    if film.contacts:
        return film.find_frame(max(film.contacts[0][0] - 0.3, film.frames[0].time_s))
    return max(film.frames, key=_rate_interest)


def _rate_interest(frame: FilmFrame) -> float:
    here = frame.pose_map_base[:2]
    people = min((float(np.hypot(*(person.position_map - here))) for person in frame.people), default=np.inf)
    nearness = max(3.0 - people, 0.0) + max(1.0 - frame.clearance_m, 0.0)
    steps = np.diff(frame.trajectory_map[:, :2], axis=0)
    wanted_m = float(np.hypot(steps[:, 0], steps[:, 1]).sum()) if len(steps) else 0.0
    return nearness + min(abs(float(frame.twist[0])) / 0.3, 1.0) + 1.5 * min(wanted_m, 1.5) + 2.0 * bool(len(frame.candidates_map))
