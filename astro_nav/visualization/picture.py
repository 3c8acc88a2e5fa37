"""One picture of a run: where the robot drove and how fast, past whom, and what it considered at one moment.

Pure: arrays in, a matplotlib figure or a PNG file out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from matplotlib.transforms import Affine2D

from astro_nav.geometry.se2 import transform_points
from astro_nav.types import UNKNOWN, FloatArray, OccupancyMap

INK, FREE_TINT, UNKNOWN_TINT = "#20242b", "#ffffff", "#dfe3e8"
ROBOT_COLOR, PERSON_COLOR, BOX_COLOR, GOAL_COLOR = "#d6249f", "#e07b00", "#b5651d", "#1f4e9c"
SPEED_COLORS = "viridis"
DOTS_PER_INCH = 110
MARGIN_M = 0.4
PERSON_RADIUS_M = 0.25
DETAIL_REACH_M = 3.0  # as far as the robot gets in three seconds


@dataclass(frozen=True)
class Moment:
    """What the local planner considered in one cycle.

    Attributes:
        pose_map_base: (3,) where the robot was.
        segments_map: (S, 2, 2) the candidates as line segments [m].
        colors: (S, 4) red, green, blue, opacity of each, 0..1, from green (better) to red (worse).
        people_map: (P, 2) where people were [m].
        time_s: since the start of the run.
    """

    pose_map_base: FloatArray
    segments_map: FloatArray
    colors: FloatArray
    people_map: FloatArray
    time_s: float


@dataclass(frozen=True)
class RunPicture:
    """Everything that the picture of a run shows; frames are `map`.

    Attributes:
        title: headline.
        map: what the robot was told.
        max_speed_mps: end of the colour scale.
        footprint_m: (V, 2) outline of the robot in base_link.
        times_s: (N,) since the start of the run.
        poses_map_base: (N, 3) true poses.
        speeds_mps: (N,).
        clearances_m: (N,) true clearances.
        goals_map: (G, 3).
        goals_reached: one flag per goal.
        people_map: name -> (M, 2) track.
        boxes_map: outlines (V, 2) of what is not in the map.
        contacts_map: (C, 2) where something was touched.
        moment: one cycle's candidates, None when none were recorded.
    """

    title: str
    map: OccupancyMap
    max_speed_mps: float
    footprint_m: FloatArray
    times_s: FloatArray
    poses_map_base: FloatArray
    speeds_mps: FloatArray
    clearances_m: FloatArray
    goals_map: FloatArray
    goals_reached: Sequence[bool]
    people_map: dict[str, FloatArray] = field(default_factory=dict)
    boxes_map: Sequence[FloatArray] = ()
    contacts_map: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    moment: Moment | None = None


def save_picture(run: RunPicture, path: Path) -> None:
    """Draw a run and write it as PNG."""
    draw_picture(run).savefig(path, dpi=DOTS_PER_INCH)


def draw_picture(run: RunPicture) -> Figure:
    """Draw a run: the map with everything on it, one moment in detail, speed and clearance over time."""
    low, high = find_known_bounds(run.map)
    width, height = high - low
    map_height_in = float(np.clip(9.0 * height / width, 5.2, 9.0))
    map_width_in = map_height_in * width / height
    # Not pyplot: it would keep the figure alive and pick a backend with windows.
    figure = Figure(figsize=(map_width_in + 5.6, map_height_in + 1.0), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=[map_width_in + 0.8, 4.4], height_ratios=[2.1, 1.0])
    overview, detail, history = (figure.add_subplot(cell) for cell in (grid[:, 0], grid[0, 1], grid[1, 1]))
    figure.suptitle(run.title, color=INK, fontsize=13)
    _draw_overview(figure, overview, run, low, high)
    _draw_detail(detail, run)
    _draw_history(history, run)
    return figure


def find_known_bounds(occupancy_map: OccupancyMap) -> tuple[FloatArray, FloatArray]:
    """Corners (2,), (2,) [m] of the upright rectangle around all known cells, with a margin."""
    rows, columns = np.nonzero(occupancy_map.occupancy != UNKNOWN)
    if len(rows) == 0:
        rows, columns = np.array([0, occupancy_map.shape[0] - 1]), np.array([0, occupancy_map.shape[1] - 1])
    low = np.array([columns.min(), rows.min()]) * occupancy_map.resolution_m
    high = np.array([columns.max() + 1, rows.max() + 1]) * occupancy_map.resolution_m
    corners = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    corners_map = transform_points(occupancy_map.pose_map_origin, corners)
    return corners_map.min(axis=0) - MARGIN_M, corners_map.max(axis=0) + MARGIN_M


def draw_map(axes: Axes, occupancy_map: OccupancyMap) -> None:
    """Draw an occupancy map in the axes' coordinates, its origin's yaw included."""
    occupancy = occupancy_map.occupancy
    tint = np.array([matplotlib.colors.to_rgb(color) for color in (FREE_TINT, INK, UNKNOWN_TINT)])
    share = np.clip(occupancy, 0, 100)[..., np.newaxis] / 100.0
    image = (1.0 - share) * tint[0] + share * tint[1]
    image[occupancy == UNKNOWN] = tint[2]
    rows, columns = occupancy.shape
    x, y, yaw = occupancy_map.pose_map_origin
    extent = (0.0, columns * occupancy_map.resolution_m, 0.0, rows * occupancy_map.resolution_m)
    placement = Affine2D().rotate(yaw).translate(x, y) + axes.transData
    axes.imshow(image, origin="lower", extent=extent, transform=placement, interpolation="nearest", zorder=0)
    axes.set_aspect("equal")
    axes.set_facecolor(UNKNOWN_TINT)


def _draw_overview(figure: Figure, axes: Axes, run: RunPicture, low: FloatArray, high: FloatArray) -> None:
    draw_map(axes, run.map)
    _draw_boxes(axes, run.boxes_map)
    for name, track in run.people_map.items():
        axes.plot(*track.T, color=PERSON_COLOR, linewidth=1.2, linestyle=(0, (2, 2)), label=f"{name}'s way", zorder=3)
    lines = _draw_path(axes, run)
    _draw_goals(axes, run)
    if len(run.poses_map_base):
        _draw_robot(axes, run, run.poses_map_base[0], alpha=0.35)
        _draw_robot(axes, run, run.poses_map_base[-1])
    if len(run.contacts_map):
        axes.scatter(*run.contacts_map.T, marker="x", s=90, color="red", linewidths=2.5, zorder=9, label="contact")
    if run.moment is not None:
        corner, side = _find_detail_window(run.moment)
        axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=INK, linewidth=0.8, linestyle=":", zorder=4))
    if lines is not None:
        bar = figure.colorbar(lines, ax=axes, orientation="horizontal", shrink=0.55, aspect=40, pad=0.02)
        bar.set_label("speed [m/s]", color=INK)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="x [m]", ylabel="y [m]")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best", fontsize=8, framealpha=0.85)


def _draw_path(axes: Axes, run: RunPicture) -> LineCollection | None:
    points = run.poses_map_base[:, :2]
    if len(points) < 2:
        return None
    segments = np.stack([points[:-1], points[1:]], axis=1)
    lines = LineCollection(
        segments, cmap=SPEED_COLORS, norm=Normalize(0.0, run.max_speed_mps), linewidths=3.0, capstyle="round", zorder=5
    )
    lines.set_array(np.abs(0.5 * (run.speeds_mps[:-1] + run.speeds_mps[1:])))
    axes.add_collection(lines)
    return lines


def _draw_goals(axes: Axes, run: RunPicture) -> None:
    for index, (x, y, yaw) in enumerate(run.goals_map):
        reached = index < len(run.goals_reached) and run.goals_reached[index]
        color = GOAL_COLOR if reached else "#c0392b"
        axes.annotate(
            "", xy=(x + 0.55 * np.cos(yaw), y + 0.55 * np.sin(yaw)), xytext=(x, y), zorder=7,
            arrowprops={"arrowstyle": "-|>", "color": color, "linewidth": 1.6},
        )
        axes.text(
            x, y, str(index + 1), ha="center", va="center", color="white", fontsize=9, fontweight="bold", zorder=8,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": color, "edgecolor": "white", "linewidth": 0.8},
        )


def _draw_boxes(axes: Axes, outlines: Sequence[FloatArray]) -> None:
    for index, outline in enumerate(outlines):
        label = "not in the map" if index == 0 else None
        axes.add_patch(
            Polygon(outline, facecolor=BOX_COLOR, edgecolor=INK, alpha=0.8, hatch="//", linewidth=0.8, zorder=2, label=label)
        )


def _draw_robot(axes: Axes, run: RunPicture, pose_map_base: FloatArray, alpha: float = 1.0) -> None:
    outline = transform_points(pose_map_base, run.footprint_m)
    axes.add_patch(Polygon(outline, facecolor=ROBOT_COLOR, edgecolor="white", linewidth=0.6, alpha=alpha, zorder=6))
    front = run.footprint_m[:, 0].max()
    nose = transform_points(pose_map_base, np.array([[0.45 * front, 0.0], [1.05 * front, 0.0]]))
    axes.plot(*nose.T, color="white", linewidth=1.5, alpha=alpha, zorder=6.5, solid_capstyle="round")


def _find_detail_window(moment: Moment) -> tuple[FloatArray, float]:
    """Lower left corner (2,) and side [m] of the square that shows the candidates whole."""
    here = moment.pose_map_base[np.newaxis, :2]
    ends = moment.segments_map.reshape(-1, 2)
    points = np.concatenate([ends[np.linalg.norm(ends - here, axis=1) < DETAIL_REACH_M], here])
    low, high = points.min(axis=0), points.max(axis=0)
    side = float(np.clip((high - low).max() + 1.0, 2.5, 7.0))
    return 0.5 * (low + high) - 0.5 * side, side


def _draw_detail(axes: Axes, run: RunPicture) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    if run.moment is None:
        axes.set_title("no candidates were recorded", fontsize=9, color=INK)
        return
    moment = run.moment
    draw_map(axes, run.map)
    _draw_boxes(axes, run.boxes_map)
    axes.add_collection(LineCollection(moment.segments_map, colors=moment.colors, linewidths=1.1, zorder=5))
    for person in moment.people_map:
        axes.add_patch(matplotlib.patches.Circle(person, PERSON_RADIUS_M, facecolor=PERSON_COLOR, edgecolor=INK, zorder=5))
    _draw_robot(axes, run, moment.pose_map_base)
    corner, side = _find_detail_window(moment)
    axes.set(xlim=(corner[0], corner[0] + side), ylim=(corner[1], corner[1] + side))
    axes.set_title(f"candidates {moment.time_s:.1f} s into the run, green is better", fontsize=9, color=INK)


def _draw_history(axes: Axes, run: RunPicture) -> None:
    axes.plot(run.times_s, run.speeds_mps, color=GOAL_COLOR, linewidth=1.0, label="speed [m/s]")
    axes.plot(run.times_s, np.minimum(run.clearances_m, 1.5), color=PERSON_COLOR, linewidth=1.0, label="clearance, up to 1.5 [m]")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlabel("time [s]")
    axes.grid(alpha=0.25)
    axes.legend(loc="upper right", fontsize=7, framealpha=0.85)
