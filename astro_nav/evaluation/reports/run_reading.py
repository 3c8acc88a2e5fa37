"""Reads a run's folder, finished or not, for those who show it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from astro_nav.errors import EvaluationError, ParameterError
from astro_nav.evaluation.episode import EpisodeName
from astro_nav.evaluation.metrics import summarize
from astro_nav.evaluation.store import ROWS_FILE, RUN_FILE, RunSettings, compute_fingerprints, read_json

Row = Mapping[str, Any]
# The worse the sooner in the list; what else an outcome may be called comes after these.
BADNESS = {"crashed": 0, "contact": 1, "failed": 2, "timeout": 3, "success": 5}

SHOWN_FACTS = (("spl", "SPL", ""), ("min_clearance_m", "as near as", " m to something"))


@dataclass(frozen=True)
class Run:
    """A run as its folder tells it.

    Attributes:
        path: the folder.
        settings: what was asked for.
        about: everything else of run.json: versions, machine, notes, fingerprints.
        rows: of the finished episodes, by seed.
        metrics: the figures of these rows.
    """

    path: Path
    settings: RunSettings
    about: Mapping[str, Any]
    rows: Sequence[Row]
    metrics: Mapping[str, float | int | None]

    @property
    def title(self) -> str:
        """Suite and planner."""
        return f"{self.settings.suite}, {self.settings.planner}"

    def name_episode(self, seed: int) -> EpisodeName:
        """The name under which an episode of the run can be run again.

        Raises:
            EvaluationError: when the run has no such episode.
        """
        seeds = [row["seed"] for row in self.rows]
        if seed not in seeds:
            raise EvaluationError(f"{self.path} has no episode with seed {seed}: it has {_list_some(seeds)}")
        settings = self.settings
        return EpisodeName(settings.suite, seed, settings.planner, settings.changes, settings.maps)

    def find_changed_since(self) -> list[str]:
        """What is no longer as it was when the run was made: "code", "parameters". A replay may then differ."""
        try:
            now = compute_fingerprints(self.settings)
        except ParameterError:
            return ["parameters"]  # the run changed some that no longer exist, or may no longer have such values
        return [key for key, value in now.items() if key in self.about and self.about[key] != value]


def read_run(path: Path) -> Run:
    """Read a run: its folder, or the file that `evaluate --json` wrote.

    Raises:
        EvaluationError: when it is none, or has no finished episode.
    """
    path = Path(path)
    if path.is_file():
        return _read_result(path)
    if not (path / RUN_FILE).is_file():
        what = "does not exist" if not path.exists() else f"holds no {RUN_FILE}"
        raise EvaluationError(f"{path} is no run of astro-nav evaluate: it {what}; name the folder that evaluate was told with --out")
    about = read_json(path / RUN_FILE)
    settings = _take_settings(about, path / RUN_FILE)
    rows = _read_rows(path / ROWS_FILE)
    if not rows:
        raise EvaluationError(f"{path} holds no finished episode yet: run evaluate with --out {path} to go on")
    return Run(path, settings, about, rows, summarize(rows))


def _read_result(path: Path) -> Run:
    content = read_json(path)
    rows = content.pop("rows", None)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) and "seed" in row for row in rows):
        raise EvaluationError(f"{path} is no result of astro-nav evaluate: it holds no rows")
    settings = _take_settings(content, path)
    rows = sorted(rows, key=lambda row: row["seed"])
    return Run(path, settings, {}, rows, summarize(rows))


def _take_settings(content: dict[str, Any], path: Path) -> RunSettings:
    """Move what names the run out of a file's content."""
    try:
        return RunSettings(**{name: content.pop(name) for name in RunSettings.__dataclass_fields__ if name in content})
    except TypeError as error:
        raise EvaluationError(f"{path} does not say which run it is: {error}") from error


def sort_worst_first(rows: Sequence[Row]) -> list[Row]:
    """Rows from crash and contact over failure and time-out to success; within each, by what went least well."""

    def rank(row: Row) -> tuple:
        outcome = BADNESS.get(str(row.get("outcome")), 4)
        touched = 0 if row.get("contacts_by_others") else 1
        spl, clearance = row.get("spl"), row.get("min_clearance_m")
        return (outcome, touched, 1.0 if spl is None else spl, 9.0 if clearance is None else clearance, row["seed"])

    return sorted(rows, key=rank)


def describe_row(row: Row) -> str:
    """How an episode went, in one sentence."""
    words = {
        "crashed": "the program crashed",
        "contact": "touched something",
        "failed": "did not arrive",
        "timeout": "ran out of time",
        "success": "arrived",
    }
    sentence = words.get(str(row.get("outcome")), str(row.get("outcome")))
    if row.get("outcome") == "success":
        facts = [f"{words} {row[key]:.2f}{unit}" for key, words, unit in SHOWN_FACTS if row.get(key) is not None]
        return f"{sentence}, {', '.join(facts)}" if facts else sentence
    return f"{sentence}: {row['message']}" if row.get("message") else sentence


def _read_rows(path: Path) -> list[Row]:
    if not path.is_file():
        return []
    rows: dict[int, Row] = {}
    data = path.read_bytes()
    # A line that is being written, or was cut off by a kill, is no episode yet.
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), 1):
        try:
            row = json.loads(line)
            rows[int(row["seed"])] = row
        except (ValueError, KeyError, TypeError) as error:
            raise EvaluationError(f"{path}, line {number} is no row of an episode: {error}") from error
    return [rows[seed] for seed in sorted(rows)]


def _list_some(seeds: Sequence[int], most: int = 6) -> str:
    shown = ", ".join(str(seed) for seed in seeds[:most])
    return f"{shown} and {len(seeds) - most} more" if len(seeds) > most else shown
