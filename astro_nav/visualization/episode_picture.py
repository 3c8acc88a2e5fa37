"""Composes an episode's picture, and the pictures of its animation, of which only what moves is drawn anew."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from astro_nav.types import UNKNOWN, FloatArray
from astro_nav.visualization import episode_colors as colors
from astro_nav.visualization import episode_layers as layers
from astro_nav.visualization.episode_film import EpisodeFilm, FilmFrame, find_interesting_frame
from astro_nav.visualization.picture import find_known_bounds

DOTS_PER_INCH = 100
CLOSE_UP_M = 5.6  # edge of what the close-up shows; the robot gets 3 m far within its horizon
AHEAD_M = 0.6
CALM_M = 1.5  # the close-up of an animation stays where it is while the robot is so near its middle
GLIDE_FRAMES = 10
SHOWN_CLEARANCE_M = 1.5
SENTENCE_LETTERS = 118


class EpisodePicture:
    """A figure of an episode: the whole place, a close-up that follows the robot, speed and clearance over time.

    Args:
        film: the episode.
        whole: show the whole drive at once rather than what was driven until a moment.
        dots_per_inch: 100 gives 1180 x 820 pixels.
    """

    def __init__(self, film: EpisodeFilm, whole: bool = False, dots_per_inch: int = DOTS_PER_INCH) -> None:
        self._film, self._whole = film, whole
        self.figure = Figure(figsize=(11.8, 8.2), dpi=dots_per_inch, facecolor=colors.PAGE)
        self._canvas = FigureCanvasAgg(self.figure)
        big, small = (0.02, 0.245, 0.565, 0.635), (0.605, 0.41, 0.375, 0.47)
        self._overview = self._add_axes(big if whole else small)
        self._close_up = self._add_axes(small if whole else big)
        self._history = self.figure.add_axes((0.055, 0.075, 0.885, 0.125), facecolor=colors.CARD)
        self._draw_heading()
        self._draw_overview()
        self._draw_history()
        self._draw_legend()
        self._background = None

    def draw(self, frame: FilmFrame, middle_map: FloatArray | None = None) -> np.ndarray:
        """The picture at a moment, (H, W, 3) uint8; the close-up is around `middle_map` (2,), or what is ahead of the robot."""
        if self._background is None:
            self._canvas.draw()
            self._background = self._canvas.copy_from_bbox(self.figure.bbox)
        self._canvas.restore_region(self._background)
        for axes, artists in self._list_moving(frame, look_ahead(frame) if middle_map is None else middle_map):
            for artist in sorted(artists, key=Artist.get_zorder):
                (axes or self.figure).draw_artist(artist)
                artist.remove()
        return np.asarray(self._canvas.buffer_rgba())[..., :3].copy()

    def _list_moving(self, frame: FilmFrame, middle_map: FloatArray) -> list[tuple[Axes | None, list[Artist]]]:
        film, until_s = self._film, np.inf if self._whole else frame.time_s
        over, close = self._overview, self._close_up
        window = self._move_close_up(middle_map)
        overview = layers.draw_people_ways(over, film, until_s) + layers.draw_driven_path(over, film, until_s)
        overview += layers.draw_contacts(over, film, until_s) + layers.draw_goals(over, film)
        overview += layers.draw_things(over, frame.things)
        if self._whole:
            overview += layers.draw_robot(over, film, film.poses_map[0], None, alpha=0.35)
            overview += layers.draw_robot(over, film, film.poses_map[-1], None)
        else:
            overview += layers.draw_people(over, frame.people, named=False)
            overview += layers.draw_robot(over, film, frame.pose_map_base, frame.screen_rad)
        overview += self._frame_close_up(window)
        detail = layers.draw_ground(close, film.map, window)
        detail += layers.draw_things(close, [*film.things, *frame.things], window)
        detail += layers.draw_local_map(close, frame.local_map)
        detail += layers.draw_people_ways(close, film, frame.time_s) + layers.draw_driven_path(close, film, frame.time_s)
        detail += layers.draw_candidates(close, frame) + layers.draw_plan(close, frame, film)
        detail += layers.draw_people(close, frame.people, named=not self._whole) + layers.draw_tracks(close, frame.tracks)
        detail += layers.draw_goals(close, film)
        detail += layers.draw_robot(close, film, frame.pose_map_base, frame.screen_rad)
        detail += layers.draw_contacts(close, film, frame.time_s)
        detail += self._draw_scale_bar(close, window) + self._caption(close, f"close-up at {frame.time_s:.1f} s")
        overview += self._caption(over, "the whole drive" if self._whole else "the whole place")
        return [(over, overview), (close, detail), (self._history, self._draw_cursor(frame)), (None, self._draw_words(frame))]

    # ------------------------------------------------------------------------------------------- what stays

    def _add_axes(self, box: tuple[float, float, float, float]) -> Axes:
        axes = self.figure.add_axes(box, facecolor=colors.UNKNOWN_GROUND)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set(edgecolor=colors.HAIRLINE, linewidth=1.2)
        return axes

    def _draw_heading(self) -> None:
        film, figure = self._film, self.figure
        figure.text(0.02, 0.962, film.title, color=colors.INK, fontsize=16, fontweight="bold", va="center")
        figure.text(
            0.98, 0.962, textwrap.shorten(film.outcome, 90, placeholder="…"), color="white", fontsize=10.5, va="center", ha="right",
            bbox={"boxstyle": "round,pad=0.45", "facecolor": colors.GOOD if film.success else colors.BAD, "edgecolor": "none"},
        )  # fmt: skip

    def _draw_overview(self) -> None:
        axes, film = self._overview, self._film
        low, high = find_shown_bounds(film)
        low, high = _fill_box(low, high, axes)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        layers.draw_ground(axes, film.map)
        layers.draw_things(axes, film.things)
        self._draw_scale_bar(axes, (low, high))

    def _draw_history(self) -> None:
        axes, film = self._history, self._film
        for begin, end in find_spans(film.times_s, film.limited):
            axes.axvspan(begin, end, color=colors.HELD_BACK, linewidth=0, zorder=0)
        axes.plot(film.times_s, film.speeds_mps, color=colors.SPEED, linewidth=1.5, zorder=3)
        axes.axhline(0.0, color=colors.MUTED, linewidth=0.6)
        top = max(film.max_speed_mps * 1.08, float(film.speeds_mps.max()))
        axes.set_ylim(min(-0.05, float(film.speeds_mps.min()) - 0.03), top)
        axes.set_ylabel("speed [m/s]", color=colors.SPEED, fontsize=9)
        axes.set_xlabel("time [s]", color=colors.MUTED, fontsize=9, labelpad=1)
        other = axes.twinx()
        other.plot(film.times_s, np.minimum(film.clearances_m, SHOWN_CLEARANCE_M), color=colors.CLEARANCE, linewidth=1.5, zorder=2)
        other.set_ylim(0.0, SHOWN_CLEARANCE_M)
        other.set_ylabel("clearance [m]", color=colors.CLEARANCE, fontsize=9)
        for time_s, *_ in film.contacts:
            axes.axvline(time_s, color="red", linewidth=1.4, zorder=4)
        axes.set_xlim(0.0, max(float(film.times_s[-1]), 1.0))
        for strip in (axes, other):
            strip.tick_params(labelsize=8, colors=colors.MUTED, length=2)
            for spine in strip.spines.values():
                spine.set(edgecolor=colors.HAIRLINE)
        axes.grid(axis="x", color=colors.HAIRLINE, linewidth=0.6)

    def _draw_legend(self) -> None:
        """Names every colour once, under the smaller picture."""
        entries: list[tuple[object, str]] = [
            (Line2D([], [], color=colors.CHOSEN, linewidth=2.2), "chosen motion"),
            (Line2D([], [], color=colors.GUIDANCE, linewidth=1.6, linestyle=(0, (1, 1.6))), "guidance to the goal"),
            (Rectangle((0, 0), 1, 1, color=colors.LOCAL_MAP), "obstacles the robot sees"),
            (Line2D([], [], marker="o", linestyle="", color=colors.PERSON, markersize=8), "person (truth)"),
            (Line2D([], [], marker="o", linestyle="", markerfacecolor="none", color=colors.TRACK, markersize=8), "tracked, predicted 1, 2, 3 s"),
            (Rectangle((0, 0), 1, 1, facecolor=colors.UNMAPPED, hatch="////", edgecolor=colors.INK), "not in the map"),
            (Rectangle((0, 0), 1, 1, color=colors.HELD_BACK), "safety holds back"),
        ]
        handles, labels = zip(*entries, strict=True)
        self.figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.598, 0.333), ncols=2, fontsize=8, frameon=False,
            labelcolor=colors.INK, columnspacing=1.2, handlelength=1.8, labelspacing=0.42,
        )  # fmt: skip
        self._add_color_bar((0.62, 0.365, 0.155, 0.013), colors.CANDIDATE_COLORS, (0.0, 1.0), ("better", "worse"), "candidates")
        bar_ends = ("0", f"{self._film.max_speed_mps:g} m/s")
        self._add_color_bar((0.81, 0.365, 0.155, 0.013), colors.SPEED_COLORS, (0.0, self._film.max_speed_mps), bar_ends, "driven speed")

    def _add_color_bar(self, box, color_map, span: tuple[float, float], ends: tuple[str, str], title: str) -> None:
        axes = self.figure.add_axes(box)
        bar = self.figure.colorbar(ScalarMappable(Normalize(*span), color_map), cax=axes, orientation="horizontal")
        bar.outline.set_visible(False)
        bar.set_ticks([])
        axes.text(0.0, -0.35, ends[0], transform=axes.transAxes, fontsize=7.5, color=colors.MUTED, va="top")
        axes.text(1.0, -0.35, ends[1], transform=axes.transAxes, fontsize=7.5, color=colors.MUTED, va="top", ha="right")
        axes.text(0.5, -0.35, title, transform=axes.transAxes, fontsize=8, color=colors.INK, va="top", ha="center")

    # ------------------------------------------------------------------------------------------- what moves

    def _move_close_up(self, middle_map: FloatArray) -> layers.Window:
        axes = self._close_up
        low, high = _fill_box(middle_map - 0.5 * CLOSE_UP_M, middle_map + 0.5 * CLOSE_UP_M, axes)
        axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
        return low, high

    def _draw_scale_bar(self, axes: Axes, window: layers.Window) -> list[Artist]:
        low, high = window
        length = 1.0 if high[0] - low[0] < 25.0 else 5.0
        x, y = low + 0.03 * (high[0] - low[0])
        ends = [x, x + length], [y, y]
        line = axes.plot(*ends, color="white", linewidth=6.0, solid_capstyle="butt", zorder=10, alpha=0.8)
        line += axes.plot(*ends, color=colors.INK, linewidth=2.5, solid_capstyle="butt", zorder=10)
        label = axes.text(
            x + length + 0.012 * (high[0] - low[0]), y, f"{length:g} m", ha="left", va="center", fontsize=8, zorder=10,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip
        return [*line, label]

    def _frame_close_up(self, window: layers.Window) -> list[Artist]:
        low, high = window
        frame = Rectangle(low, *(high - low), fill=False, edgecolor=colors.INK, linewidth=1.0, linestyle=":", zorder=7)
        return [self._overview.add_patch(frame)]

    def _caption(self, axes: Axes, words: str) -> list[Artist]:
        box = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
        place = {"transform": axes.transAxes, "ha": "left", "va": "top", "zorder": 10}
        return [axes.text(0.014, 0.982, words, color=colors.MUTED, fontsize=8.5, bbox=box, **place)]

    def _draw_cursor(self, frame: FilmFrame) -> list[Artist]:
        return [self._history.axvline(frame.time_s, color=colors.INK, linewidth=1.4, zorder=6)]

    def _draw_words(self, frame: FilmFrame) -> list[Artist]:
        """Time and numbers of the moment, and the stack's own sentence."""
        figure = self.figure
        numbers = (
            f"{frame.time_s:5.1f} s    {frame.twist[0]:+.2f} m/s    clearance {frame.clearance_m:.2f} m    "
            f"{frame.candidates} candidates"
        )
        words = frame.sentence or "nothing limits the speed"
        tint = colors.BAD if frame.limited_by else colors.INK
        return [
            figure.text(0.02, 0.906, textwrap.shorten(words, SENTENCE_LETTERS, placeholder="…"), color=tint, fontsize=11, va="center"),
            figure.text(0.98, 0.906, numbers, color=colors.MUTED, fontsize=9.5, va="center", ha="right"),
        ]


def draw_episode(film: EpisodeFilm, at_s: float | None = None, dots_per_inch: int = DOTS_PER_INCH) -> np.ndarray:
    """One picture of an episode, (H, W, 3) uint8: a close-up at a time, or the whole drive with its most interesting moment."""
    if at_s is not None:
        return EpisodePicture(film, dots_per_inch=dots_per_inch).draw(film.find_frame(at_s))
    return EpisodePicture(film, whole=True, dots_per_inch=dots_per_inch).draw(find_interesting_frame(film))


def draw_animation(film: EpisodeFilm, dots_per_inch: int = DOTS_PER_INCH) -> Iterator[np.ndarray]:
    """A picture per frame, one after another."""
    picture = EpisodePicture(film, dots_per_inch=dots_per_inch)
    for frame, middle in zip(film.frames, place_camera(film.frames), strict=True):
        yield picture.draw(frame, middle)


def draw_samples(film: EpisodeFilm, dots_per_inch: int = DOTS_PER_INCH, count: int = 4) -> list[np.ndarray]:
    """A few pictures of an animation, spread over its time; the last with all that was driven."""
    picture = EpisodePicture(film, dots_per_inch=dots_per_inch)
    chosen = np.unique(np.linspace(0, len(film.frames) - 1, count).round().astype(int))
    return [picture.draw(film.frames[number]) for number in chosen]


def look_ahead(frame: FilmFrame) -> FloatArray:
    """The middle (2,) of a close-up: a little ahead of the robot."""
    x, y, yaw = frame.pose_map_base
    return np.array([x + AHEAD_M * np.cos(yaw), y + AHEAD_M * np.sin(yaw)])


def place_camera(frames: Sequence[FilmFrame]) -> FloatArray:
    """Middles (N, 2) of the close-ups of an animation: still while the robot is well inside, then gliding after it.

    A picture that stands still is calmer to look at than one that follows every turn, and costs a GIF almost nothing.
    """
    middles = np.zeros((len(frames), 2))
    begin, end, since = look_ahead(frames[0]), look_ahead(frames[0]), -1000
    for number, frame in enumerate(frames):
        if number - since >= GLIDE_FRAMES and np.abs(frame.pose_map_base[:2] - end).max() > CALM_M:
            begin, end, since = end, look_ahead(frames[min(number + GLIDE_FRAMES, len(frames) - 1)]), number
        share = min((number - since) / GLIDE_FRAMES, 1.0)
        middles[number] = begin + (3.0 * share**2 - 2.0 * share**3) * (end - begin)
    return middles


def find_shown_bounds(film: EpisodeFilm) -> tuple[FloatArray, FloatArray]:
    """Corners (2,), (2,) of what the overview shows: the known part of the map, or that part of a large one that matters."""
    points = [film.poses_map[:, :2], film.goals_map[:, :2]]
    points += [way[np.isfinite(way).all(axis=1)] for way in film.people_map.values()]
    used = np.concatenate(points)
    low, high = used.min(axis=0) - 2.5, used.max(axis=0) + 2.5
    if (film.map.occupancy != UNKNOWN).any():
        map_low, map_high = find_known_bounds(film.map)
        low, high = np.maximum(low, map_low), np.minimum(high, map_high)
    return low, high


def find_spans(times_s: FloatArray, flags: np.ndarray) -> list[tuple[float, float]]:
    """Begin and end of every stretch in which a flag is set."""
    padded = np.concatenate([[False], flags, [False]]).astype(int)
    begins, ends = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1) - 1
    return [(float(times_s[begin]), float(times_s[end])) for begin, end in zip(begins, ends, strict=True)]


def _fill_box(low: FloatArray, high: FloatArray, axes: Axes) -> layers.Window:
    """Widen a window to the shape of the axes, so that a metre is as long upwards as sideways."""
    box = axes.get_window_extent()
    shape = np.array([box.width, box.height])
    scale = float(((high - low) / shape).max())
    middle = 0.5 * (low + high)
    return middle - 0.5 * scale * shape, middle + 0.5 * scale * shape
