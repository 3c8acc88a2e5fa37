"""What is drawn on the floor of an episode, one function per layer; each returns the artists that it added."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, to_rgba
from matplotlib.patches import Circle, FancyArrowPatch, Polygon
from matplotlib.transforms import Affine2D

from astro_nav.geometry.se2 import transform_points
from astro_nav.types import OCCUPIED, UNKNOWN, FloatArray, OccupancyMap
from astro_nav.visualization import episode_colors as colors
from astro_nav.visualization.episode_film import EpisodeFilm, FilmFrame, LocalMapView, PersonView, ThingView, TrackView

Window = tuple[FloatArray, FloatArray]  # lower left and upper right corner in the map
SMALL_M = 0.2
SCREEN_SHARE = (0.16, 0.62)  # depth and width of the drawn screen, as shares of the footprint's


def draw_ground(axes: Axes, occupancy_map: OccupancyMap, window: Window | None = None) -> list[Artist]:
    """Free floor white, unknown grey, occupied cells grey; only the part inside `window`, if given."""
    occupancy, pose, resolution = occupancy_map.occupancy, occupancy_map.pose_map_origin, occupancy_map.resolution_m
    rows, columns = slice(0, occupancy.shape[0]), slice(0, occupancy.shape[1])
    if window is not None:
        rows, columns = _find_cells(occupancy_map, window)
        occupancy = occupancy[rows, columns]
        if occupancy.size == 0:
            return []
    tints = np.array([to_rgba(color)[:3] for color in (colors.CARD, colors.MAPPED, colors.UNKNOWN_GROUND)])
    share = np.clip(occupancy, 0, 100)[..., np.newaxis] / 100.0
    image = (1.0 - share) * tints[0] + share * tints[1]
    image[occupancy == UNKNOWN] = tints[2]
    extent = (columns.start * resolution, columns.stop * resolution, rows.start * resolution, rows.stop * resolution)
    placement = Affine2D().rotate(pose[2]).translate(*pose[:2]) + axes.transData
    return [_show_image(axes, image, extent, placement, zorder=0)]


def draw_things(axes: Axes, things: Sequence[ThingView], window: Window | None = None) -> list[Artist]:
    """Walls, furniture, doors, and hatched what the robot's map does not show."""
    if window is not None:
        things = [thing for thing in things if _touches(thing.outline_map, window)]
    styles = {
        "wall": (colors.WALL, 0.0, None),
        "door": (colors.DOOR, 0.8, None),
        "object": (colors.FURNITURE, 0.8, None),
        "unmapped": (colors.UNMAPPED, 0.8, "////"),
        "small": (colors.UNMAPPED, 0.3, None),  # hatches would make a blot of it
    }
    sorted_things: dict[str, list[FloatArray]] = {}
    for thing in things:
        kind = thing.kind
        if not thing.mapped and kind != "door":
            kind = "unmapped" if np.ptp(thing.outline_map, axis=0).max() > SMALL_M else "small"
        sorted_things.setdefault(kind if kind in styles else "object", []).append(thing.outline_map)
    artists: list[Artist] = []
    for kind, outlines in sorted_things.items():
        face, width, hatch = styles[kind]
        artist = PolyCollection(
            outlines, facecolors=to_rgba(face, 0.75 if hatch else 1.0), edgecolors=colors.INK if width else face,
            linewidths=width or 0.3, hatch=hatch, zorder=2,
        )  # fmt: skip
        artists.append(axes.add_collection(artist, autolim=False))
    return artists


def draw_local_map(axes: Axes, view: LocalMapView | None) -> list[Artist]:
    """What the robot itself sees: its obstacles in petrol, what it has not seen veiled, the edge of its map dashed."""
    if view is None:
        return []
    rows, columns = view.occupancy.shape
    image = np.zeros((rows, columns, 4))
    image[view.occupancy == UNKNOWN] = to_rgba("#7b8794", 0.2)
    image[view.occupancy == OCCUPIED] = to_rgba(colors.LOCAL_MAP, 0.6)
    width, height = columns * view.resolution_m, rows * view.resolution_m
    x, y, yaw = view.pose_map_corner
    placement = Affine2D().rotate(yaw).translate(x, y) + axes.transData
    corners = np.array([[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]])
    edge = Polygon(
        transform_points(view.pose_map_corner, corners), fill=False, edgecolor=colors.LOCAL_MAP, linewidth=0.9,
        linestyle=(0, (4, 3)), zorder=3,
    )  # fmt: skip
    return [_show_image(axes, image, (0.0, width, 0.0, height), placement, zorder=2.5), axes.add_patch(edge)]


def draw_candidates(axes: Axes, frame: FilmFrame, width: float = 1.3) -> list[Artist]:
    """The ways that were compared, from green (better) to red (worse)."""
    if len(frame.candidates_map) == 0:
        return []
    lines = LineCollection(
        list(frame.candidates_map), colors=colors.paint_candidates(frame.badness), linewidths=width, capstyle="round", zorder=4
    )
    return [axes.add_collection(lines, autolim=False)]


def draw_plan(axes: Axes, frame: FilmFrame, film: EpisodeFilm) -> list[Artist]:
    """The guidance, the chosen motion on a white bed, and where it takes the robot."""
    artists: list[Artist] = []
    if len(frame.guidance_map) > 1:
        artists += axes.plot(*frame.guidance_map.T, color=colors.GUIDANCE, linewidth=1.6, linestyle=(0, (1, 1.6)), zorder=4.5)
    if len(frame.trajectory_map) > 1:
        ways = frame.trajectory_map[:, :2].T
        artists += axes.plot(*ways, color="white", linewidth=4.6, solid_capstyle="round", zorder=5)
        artists += axes.plot(*ways, color=colors.CHOSEN, linewidth=2.2, solid_capstyle="round", zorder=5.1)
        outline = transform_points(frame.trajectory_map[-1], film.footprint_m)
        ghost = Polygon(outline, facecolor=to_rgba(colors.ROBOT, 0.12), edgecolor=to_rgba(colors.ROBOT, 0.7), linewidth=1.0, zorder=5)
        artists.append(axes.add_patch(ghost))
    return artists


def draw_tracks(axes: Axes, tracks: Sequence[TrackView]) -> list[Artist]:
    """What the robot believes to move, and where it will be after one, two, three seconds with 95 %."""
    artists: list[Artist] = []
    for track in tracks:
        for number, ellipse in enumerate(track.ellipses_map):
            face, edge = to_rgba(colors.PERSON, 0.16 - 0.04 * number), to_rgba(colors.PERSON, 0.7 - 0.18 * number)
            artists.append(axes.add_patch(Polygon(ellipse, facecolor=face, edgecolor=edge, linewidth=0.9, zorder=3.2)))
        ring = Circle(
            track.position_map, track.radius_m, fill=False, edgecolor=colors.TRACK, linewidth=1.4,
            linestyle="-" if track.moving else (0, (2, 2)), zorder=5.6,
        )  # fmt: skip
        artists.append(axes.add_patch(ring))
        if track.moving:
            artists.append(_draw_arrow(axes, track.position_map, track.velocity_map, colors.TRACK, 1.2, 5.6))
    return artists


def draw_people(axes: Axes, people: Sequence[PersonView], named: bool = True) -> list[Artist]:
    """People as they really are: body, direction of walk, name."""
    artists: list[Artist] = []
    for person in people:
        body = Circle(person.position_map, person.radius_m, facecolor=colors.PERSON, edgecolor="white", linewidth=1.0, zorder=5.5)
        artists.append(axes.add_patch(body))
        if float(np.hypot(*person.velocity_map)) > 0.1:
            artists.append(_draw_arrow(axes, person.position_map, person.velocity_map, "white", 1.8, 5.7, reach=0.35))
        if named:
            label = axes.text(
                person.position_map[0], person.position_map[1] + person.radius_m + 0.1, person.name, color=colors.TRACK,
                fontsize=8, ha="center", va="bottom", zorder=8, clip_on=True,
                bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
            )  # fmt: skip
            artists.append(label)
    return artists


def draw_robot(axes: Axes, film: EpisodeFilm, pose: FloatArray, screen_rad: float | None, alpha: float = 1.0) -> list[Artist]:
    """The robot's outline with its front marked and, where it has one, its screen."""
    footprint = film.footprint_m
    body = Polygon(
        transform_points(pose, footprint), facecolor=colors.ROBOT, edgecolor="white", linewidth=1.0, alpha=alpha, zorder=6,
        joinstyle="round",
    )  # fmt: skip
    artists: list[Artist] = [axes.add_patch(body)]
    low, high = footprint.min(axis=0), footprint.max(axis=0)
    front = np.array([[high[0] * 0.96, 0.45 * low[1]], [high[0] * 0.96, 0.45 * high[1]], [high[0] + 0.35 * (high[1]), 0.0]])
    nose = Polygon(transform_points(pose, front), facecolor=colors.ROBOT, edgecolor="none", alpha=alpha, zorder=6)
    artists.append(axes.add_patch(nose))
    if screen_rad is not None:
        depth, width = SCREEN_SHARE * (high - low)
        box = 0.5 * np.array([[depth, width], [-depth, width], [-depth, -width], [depth, -width]])
        middle = np.array([0.35 * high[0], 0.5 * (low[1] + high[1]), screen_rad])
        outline = transform_points(pose, transform_points(middle, box))
        screen = Polygon(outline, facecolor=colors.SCREEN, edgecolor=colors.INK, linewidth=0.7, alpha=alpha, zorder=6.2)
        artists.append(axes.add_patch(screen))
    return artists


def draw_driven_path(axes: Axes, film: EpisodeFilm, until_s: float = np.inf, width: float = 3.2) -> list[Artist]:
    """The driven way, coloured by speed."""
    driven = film.times_s <= until_s + 1e-9
    points, speeds = film.poses_map[driven, :2], film.speeds_mps[driven]
    stride = max(1, len(points) // 800)
    points, speeds = points[::stride], np.abs(speeds[::stride])
    if len(points) < 2:
        return []
    bed = axes.plot(*points.T, color="white", linewidth=width + 1.6, solid_capstyle="round", zorder=3.4)
    lines = LineCollection(
        np.stack([points[:-1], points[1:]], axis=1), cmap=colors.SPEED_COLORS, norm=Normalize(0.0, film.max_speed_mps),
        linewidths=width, capstyle="round", zorder=3.5,
    )  # fmt: skip
    lines.set_array(0.5 * (speeds[:-1] + speeds[1:]))
    return [*bed, axes.add_collection(lines, autolim=False)]


def draw_people_ways(axes: Axes, film: EpisodeFilm, until_s: float = np.inf) -> list[Artist]:
    """Where people walked."""
    walked = film.times_s <= until_s + 1e-9
    artists: list[Artist] = []
    for way in film.people_map.values():
        artists += axes.plot(*way[walked].T, color=colors.PERSON, linewidth=1.3, linestyle=(0, (2, 1.5)), alpha=0.8, zorder=3.3)
    return artists


def draw_goals(axes: Axes, film: EpisodeFilm) -> list[Artist]:
    """Goals in order, blue when reached, red when not."""
    artists: list[Artist] = []
    for number, ((x, y, yaw), reached) in enumerate(zip(film.goals_map, film.goals_reached, strict=True)):
        color = colors.GOAL if reached else colors.BAD
        artists.append(_draw_arrow(axes, np.array([x, y]), np.array([np.cos(yaw), np.sin(yaw)]), color, 1.8, 5.3, reach=0.5))
        text = axes.text(
            x, y, str(number + 1), ha="center", va="center", color="white", fontsize=8, fontweight="bold", zorder=5.4, clip_on=True,
            bbox={"boxstyle": "circle,pad=0.25", "facecolor": color, "edgecolor": "white", "linewidth": 1.0},
        )  # fmt: skip
        artists.append(text)
    return artists


def draw_contacts(axes: Axes, film: EpisodeFilm, until_s: float = np.inf) -> list[Artist]:
    """A red cross where something was touched."""
    places = np.array([(x, y) for time_s, x, y, _ in film.contacts if time_s <= until_s]).reshape(-1, 2)
    if len(places) == 0:
        return []
    return [axes.scatter(*places.T, marker="X", s=110, color="red", edgecolors="white", linewidths=1.2, zorder=9)]


def _draw_arrow(axes: Axes, start: FloatArray, along: FloatArray, color, width: float, zorder: float, reach: float = 1.0) -> Artist:
    length = float(np.hypot(*along))
    tip = start + along * (reach / length if reach != 1.0 and length > 0.0 else 1.0)
    arrow = FancyArrowPatch(
        start, tip, arrowstyle="-|>", mutation_scale=9, shrinkA=0, shrinkB=0, color=color, linewidth=width, zorder=zorder
    )
    arrow.set_clip_on(True)
    return axes.add_patch(arrow)


def _show_image(axes: Axes, image: np.ndarray, extent, placement, zorder: float) -> Artist:
    limits = axes.get_xlim(), axes.get_ylim()
    artist = axes.imshow(
        image, origin="lower", extent=extent, transform=placement, interpolation="nearest", zorder=zorder, aspect="auto"
    )
    axes.set(xlim=limits[0], ylim=limits[1])
    return artist


def _find_cells(occupancy_map: OccupancyMap, window: Window) -> tuple[slice, slice]:
    """Rows and columns of the cells that a window can show."""
    (x0, y0), (x1, y1) = window
    x, y, yaw = occupancy_map.pose_map_origin
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) - (x, y)
    turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
    cells = corners @ turn.T / occupancy_map.resolution_m
    low, high = np.floor(cells.min(axis=0)).astype(int) - 1, np.ceil(cells.max(axis=0)).astype(int) + 1
    rows, columns = occupancy_map.shape
    low, high = np.clip(low, 0, (columns, rows)), np.clip(high, 0, (columns, rows))
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _touches(outline: FloatArray, window: Window) -> bool:
    low, high = window
    return bool((outline.max(axis=0) >= low).all() and (outline.min(axis=0) <= high).all())
