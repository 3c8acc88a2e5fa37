"""The published picture, as plain arrays: what the local planner considers, chooses, and sees.

Candidates over the next seconds from green (better) to red (worse), the chosen trajectory, the robot as a magenta box with
its screen as a smaller one, now and where the trajectory ends, blue arrows for the guidance, people with their names,
velocities and predicted ellipses. Everything of one kind is one marker of line segments: a few large arrays travel
better than hundreds of small markers.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from astro_nav.geometry.se2 import transform_points
from astro_nav.types import Float32Array, FloatArray, Prediction, Track, Trajectory

MAGENTA = (0.93, 0.0, 0.75, 1.0)
BLUE = (0.1, 0.35, 1.0, 0.9)
WHITE = (1.0, 1.0, 1.0, 1.0)
ORANGE = (1.0, 0.55, 0.0, 0.9)
FAINT = 0.45  # opacity of what is in the future

ARROW_SPACING_M = 0.35
ARROW_LENGTH_M = 0.22
ARROW_BARB_M = 0.08
CIRCLE_SEGMENTS = 24
ELLIPSE_TIMES_S = (1.0, 2.0, 3.0)
# Above the head of the robot and the names of people; characters in a line.
REASON_HEIGHT_M, REASON_WIDTH = 0.8, 40
ELLIPSE_SIGMAS = 2.45  # contains 95 % of a two-dimensional normal distribution
SCREEN_SHARE = (0.12, 0.7)  # depth and width of the drawn screen, as shares of the footprint's
CANDIDATE_STEPS = 15  # segments a drawn candidate has at most


@dataclass(frozen=True)
class Lines:
    """One marker of line segments.

    Attributes:
        name: namespace of the marker.
        points: (2 S, 3) ends of S segments [m].
        colors: (2 S, 4) red, green, blue, opacity of every end, 0..1.
        width_m: of the lines.
    """

    name: str
    points: FloatArray
    colors: Float32Array
    width_m: float


@dataclass(frozen=True)
class Label:
    """A text that faces the viewer, at (3,) [m]."""

    name: str
    number: int
    position: FloatArray
    text: str


@dataclass(frozen=True)
class Picture:
    """All of one cycle, in the odom frame."""

    lines: tuple[Lines, ...] = ()
    labels: tuple[Label, ...] = field(default=())


def draw_candidates(poses_odom: Float32Array, costs: Float32Array) -> Lines:
    """Candidates, coloured by rank: green is best, red is worst, dull red touches something for certain.

    Args:
        poses_odom: (K, T, 3).
        costs: (K,), +inf where contact is certain.
    """
    count, states = poses_odom.shape[:2]
    if count == 0 or states < 2:
        return Lines("candidates", np.zeros((0, 3)), np.zeros((0, 4), dtype=np.float32), 0.006)
    order = np.argsort(-costs, kind="stable")  # the best is drawn last, on top
    stride = max(1, -(-(states - 1) // CANDIDATE_STEPS))
    picked = np.unique(np.append(np.arange(0, states, stride), states - 1))
    ways = poses_odom[order][:, picked, :2]
    usable = np.isfinite(costs[order])
    badness = np.ones(count)
    badness[usable] = np.linspace(1.0, 0.0, usable.sum()) if usable.sum() > 1 else 0.0
    colors = _blend_green_to_red(badness)
    colors[~usable] = (0.55, 0.0, 0.0, 0.25)
    points = _raise_to(_connect(ways), 0.02)
    return Lines("candidates", points, np.repeat(colors, 2 * (len(picked) - 1), axis=0).astype(np.float32), 0.006)


def draw_trajectory(trajectory: Trajectory) -> Lines:
    """The chosen trajectory."""
    points = _raise_to(_connect(trajectory.poses_odom[np.newaxis, :, :2]), 0.03)
    return Lines("trajectory", points, _paint(points, WHITE), 0.025)


def draw_robot(
    pose_odom_base: FloatArray, trajectory: Trajectory | None, footprint: FloatArray, screen_angle_rad: float | None
) -> Lines:
    """The robot now and, fainter, at the trajectory's end.

    Args:
        pose_odom_base: (3,) now.
        trajectory: the chosen one.
        footprint: (V, 2) in base_link.
        screen_angle_rad: pan of the screen now, None when the robot has none.
    """
    outlines = [footprint]
    if screen_angle_rad is not None:
        outlines.append(_outline_screen(footprint, screen_angle_rad))
    poses = [(pose_odom_base, 1.0)]
    if trajectory is not None and len(trajectory.poses_odom):
        poses.append((trajectory.poses_odom[-1], FAINT))
    pieces, colors = [], []
    for pose, opacity in poses:
        for outline in outlines:
            closed = transform_points(pose, np.vstack([outline, outline[:1]]))
            pieces.append(_raise_to(_connect(closed[np.newaxis]), 0.04))
            colors.append(_paint(pieces[-1], (*MAGENTA[:3], opacity)))
    return Lines("robot", np.concatenate(pieces), np.concatenate(colors), 0.02)


def draw_guidance(way_odom: FloatArray) -> Lines:
    """Blue arrows along a way (G, 2)."""
    tails, directions = _space_out(way_odom, ARROW_SPACING_M)
    tips = tails + ARROW_LENGTH_M * directions
    left = np.stack([-directions[:, 1], directions[:, 0]], axis=1)
    barbs = [tips - ARROW_BARB_M * (directions + side * left) for side in (0.6, -0.6)]
    segments = np.stack([tails, tips, tips, barbs[0], tips, barbs[1]], axis=1).reshape(-1, 2)
    points = _raise_to(segments, 0.05)
    return Lines("guidance", points, _paint(points, BLUE), 0.02)


def draw_people(tracks: Sequence[Track], prediction: Prediction | None) -> tuple[Lines, tuple[Label, ...]]:
    """Tracked obstacles: outline, velocity over one second, predicted 95 % ellipses, and a name."""
    angles = np.linspace(0.0, 2.0 * np.pi, CIRCLE_SEGMENTS + 1)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pieces, colors, labels = [np.zeros((0, 3))], [np.zeros((0, 4), dtype=np.float32)], []

    def add(way: FloatArray, opacity: float) -> None:
        pieces.append(_raise_to(_connect(way[np.newaxis]), 0.06))
        colors.append(_paint(pieces[-1], (*ORANGE[:3], opacity)))

    rows = {} if prediction is None else {track_id: row for row, track_id in enumerate(prediction.track_ids)}
    for track in tracks:
        middle, velocity = track.state_odom[:2], track.state_odom[2:]
        add(middle + track.radius_m * circle, ORANGE[3] if track.person else FAINT)
        if track.moving:
            add(np.stack([middle, middle + velocity]), ORANGE[3])
        if prediction is not None and track.moving and track.track_id in rows:
            row = rows[track.track_id]
            for time_s in ELLIPSE_TIMES_S:
                step = int(round(time_s / prediction.step_s))
                if step < prediction.means_odom.shape[1]:
                    axes = _factor_covariance(prediction.covariances[row, step])
                    add(prediction.means_odom[row, step] + ELLIPSE_SIGMAS * circle @ axes.T, FAINT)
        name = track.label or f"{'person' if track.person else 'object'} {track.track_id}"
        text = f"{name}\n{np.hypot(*velocity):.1f} m/s" if track.moving else name
        labels.append(Label("people", track.track_id, np.array([*middle, 0.6]), text))
    return Lines("people", np.concatenate(pieces), np.concatenate(colors), 0.015), tuple(labels)


def draw_reason(pose_odom_base: FloatArray, reason: str) -> tuple[Label, ...]:
    """Why the robot waits or is slow, above it, in short lines; nothing when nothing is special."""
    if not reason:
        return ()
    x, y = float(pose_odom_base[0]), float(pose_odom_base[1])
    return (Label("reason", 0, np.array([x, y, REASON_HEIGHT_M]), "\n".join(textwrap.wrap(reason, REASON_WIDTH))),)


def _blend_green_to_red(badness: FloatArray) -> FloatArray:
    """(N, 4) colours of (N,) numbers from 0, green and opaque, over yellow to 1, red and faint."""
    red = np.clip(2.0 * badness, 0.0, 1.0)
    green = np.clip(2.0 - 2.0 * badness, 0.0, 1.0)
    return np.stack([0.9 * red, 0.8 * green, np.full_like(badness, 0.1), 0.9 - 0.5 * badness], axis=1)


def _connect(ways: FloatArray) -> FloatArray:
    """Segments along W ways of P points each, (W, P, 2), as (2 W (P - 1), 2)."""
    return np.stack([ways[:, :-1], ways[:, 1:]], axis=2).reshape(-1, 2)


def _raise_to(points: FloatArray, height_m: float) -> FloatArray:
    return np.concatenate([points, np.full((len(points), 1), height_m)], axis=1, dtype=np.float64)


def _paint(points: FloatArray, color: tuple[float, float, float, float]) -> Float32Array:
    return np.tile(np.array(color, dtype=np.float32), (len(points), 1))


def _outline_screen(footprint: FloatArray, angle_rad: float) -> FloatArray:
    """A box in the middle of the robot's front half, turned by the pan."""
    low, high = footprint.min(axis=0), footprint.max(axis=0)
    depth, width = SCREEN_SHARE * (high - low)
    box = 0.5 * np.array([[depth, width], [-depth, width], [-depth, -width], [depth, -width]])
    middle = np.array([0.5 * high[0], 0.5 * (low[1] + high[1]), angle_rad])
    return transform_points(middle, box)


def _space_out(way: FloatArray, spacing_m: float) -> tuple[FloatArray, FloatArray]:
    """Places every so often along a way (G, 2), and the unit directions there."""
    if len(way) < 2:
        return np.zeros((0, 2)), np.zeros((0, 2))
    steps = np.diff(way, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.arange(0.0, along[-1], spacing_m)
    segment = np.clip(np.searchsorted(along, places, side="right") - 1, 0, len(steps) - 1)
    directions = steps[segment] / np.maximum(lengths[segment], 1e-9)[:, np.newaxis]
    return way[segment] + (places - along[segment])[:, np.newaxis] * directions, directions


def _factor_covariance(covariance: FloatArray) -> FloatArray:
    """A matrix (2, 2) whose product with its transpose is the covariance; rounding may have made that indefinite."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.maximum(values, 0.0))
