"""The colours of everything that a picture of an episode shows."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgba

from astro_nav.types import FloatArray

PAGE, CARD, INK, MUTED, HAIRLINE = "#f4f6f8", "#ffffff", "#1b2430", "#66717f", "#d9dee5"
WALL, MAPPED, FURNITURE, UNMAPPED, DOOR, UNKNOWN_GROUND = "#2b3440", "#8d97a3", "#b4bcc6", "#b5651d", "#8b5e3c", "#e4e8ed"
ROBOT, SCREEN, PERSON, TRACK, GOAL, GOOD, BAD = "#d6249f", "#ffd9f1", "#e07b00", "#b35c00", "#1f4e9c", "#1a7f4b", "#c0392b"
LOCAL_MAP, GUIDANCE, CHOSEN = "#0aa3b5", "#3b6fd8", "#101820"
SPEED, CLEARANCE, HELD_BACK = "#1f4e9c", "#0a8f7c", "#f6c9c3"
SPEED_COLORS = "viridis"
CANDIDATE_COLORS = LinearSegmentedColormap.from_list("candidates", ["#12a150", "#8cc63f", "#f4c430", "#f08030", "#d7301f"])
TOUCHING = to_rgba("#7f0000", 0.16)


def paint_candidates(badness: FloatArray) -> FloatArray:
    """(K, 4) colours from green (0, best, opaque) to red (1, worst, faint); NaN, certain contact, is dull."""
    colors = CANDIDATE_COLORS(np.nan_to_num(badness))
    colors[:, 3] = 0.9 - 0.55 * np.nan_to_num(badness)
    colors[np.isnan(badness)] = TOUCHING
    return colors
