"""Recorded ways of people: CSV files with the columns t_s, ped_id, x_m, y_m."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from astro_nav.errors import MapError
from astro_nav.simulation.world import RecordedTrack

COLUMNS = ("t_s", "ped_id", "x_m", "y_m")


def read_tracks(path: Path) -> dict[int, RecordedTrack]:
    """Read all tracks of a file.

    Returns:
        ped_id -> track, in order of the id; people who were seen only once are left out.

    Raises:
        MapError: names the line that cannot be used.
    """
    samples: dict[int, list[tuple[float, float, float]]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames is None or any(column not in reader.fieldnames for column in COLUMNS):
                raise MapError(f"{path}: must have the columns {','.join(COLUMNS)}, has {reader.fieldnames}")
            for row in reader:
                number, sample = _read_row(row, f"{path}, line {reader.line_num}")
                samples.setdefault(number, []).append(sample)
    except OSError as error:
        raise MapError(f"{path}: the recorded tracks cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise MapError(f"{path}: is no CSV: {error}") from error
    tracks = {}
    for number in sorted(samples):
        rows = np.array(sorted(samples[number]))
        if len(rows) < 2:
            continue
        if (np.diff(rows[:, 0]) <= 0.0).any():
            raise MapError(f"{path}: person {number} is in two places at one time")
        tracks[number] = RecordedTrack(rows[:, 0].copy(), rows[:, 1:].copy())
    return tracks


def _read_row(row: dict[str, str], where: str) -> tuple[int, tuple[float, float, float]]:
    try:
        number = int(float(row["ped_id"]))
        sample = (float(row["t_s"]), float(row["x_m"]), float(row["y_m"]))
    except (TypeError, ValueError) as error:
        raise MapError(f"{where}: must hold four numbers {','.join(COLUMNS)}") from error
    if not np.isfinite(sample).all():
        raise MapError(f"{where}: holds a number that is not finite")
    return number, sample
