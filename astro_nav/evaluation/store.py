"""The folder of a run: what was asked for, a line per finished episode, the result. Nothing that was finished is ever lost."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import astro_nav
from astro_nav.errors import EvaluationError
from astro_nav.evaluation.episode import EpisodeName, derive_seed
from astro_nav.evaluation.metrics import summarize
from astro_nav.evaluation.settings import load_settings

RUN_FILE, ROWS_FILE, RESULT_FILE, LOCK_FILE = "run.json", "episodes.jsonl", "result.json", ".lock"
NO_ROOM = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up", errno.EFBIG: "the file may not grow"}
# Parts that show or start things, and so change no figure.
SHOWING_PARTS = frozenset({"cli", "demo", "launching", "ros", "visualization"})
SHOWING_FILES = frozenset({"evaluation/reports", "evaluation/bench", "evaluation/progress.py", "evaluation/executors.py"})


@dataclass(frozen=True)
class RunSettings:
    """What the figures of a run depend on; `episodes` may grow later, and `ros` says that real processes were driven."""

    suite: str
    planner: str
    seed: int
    episodes: int
    changes: Mapping[str, Any] = field(default_factory=dict)
    maps: str = ""
    ros: bool = False

    def list_names(self) -> list[EpisodeName]:
        """The run's episodes in order."""
        seeds = [derive_seed(self.seed, index) for index in range(self.episodes)]
        return [EpisodeName(self.suite, seed, self.planner, self.changes, self.maps) for seed in seeds]


class RunFolder:
    """One run on disk. A context: while it is open, no other process may use it.

    Args:
        path: of the folder; made when it does not exist.
        settings: of the run.
        about: versions and machine, kept for the reader.

    Raises:
        EvaluationError: when the folder holds a run with other settings, or cannot be used.
    """

    def __init__(self, path: Path, settings: RunSettings, about: Mapping[str, Any] = {}) -> None:
        self.path, self.settings, self._about = Path(path), settings, dict(about)
        self.rows: dict[int, dict[str, Any]] = {}
        self._lock: Any = None

    def __enter__(self) -> RunFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._check_settings()
            self._load_rows()
        except OSError as error:
            raise EvaluationError(f"{self.path} cannot be used: {_explain(error)}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def list_missing(self) -> list[EpisodeName]:
        """Episodes without a row yet, in order."""
        return [name for name in self.settings.list_names() if name.seed not in self.rows]

    def list_rows(self) -> list[dict[str, Any]]:
        """Rows of the run's episodes in the order of their seeds, whatever the order in which they ended."""
        return [self.rows[name.seed] for name in self.settings.list_names() if name.seed in self.rows]

    def add_row(self, row: dict[str, Any]) -> None:
        """Write one finished episode down, so that neither a kill nor a power cut can lose it.

        Raises:
            EvaluationError: when there is no room; what was written before stays whole.
        """
        data = (json.dumps(row, allow_nan=False) + "\n").encode()
        path = self.path / ROWS_FILE
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                _append(descriptor, data)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise EvaluationError(
                f"{_explain(error)}: {path} keeps {len(self.rows)} finished episodes; make room and give the same command again"
            ) from error
        self.rows[row["seed"]] = row

    def make_result(self) -> dict[str, Any]:
        """What `--json` holds."""
        rows = self.list_rows()
        settings = asdict(self.settings)
        return {**settings, "episodes": len(rows), "metrics": summarize(rows), "rows": rows}

    def write_result(self) -> Path:
        """Write the result into the folder."""
        path = self.path / RESULT_FILE
        write_json(path, self.make_result())
        return path

    def _take_lock(self) -> None:
        self._lock = open(self.path / LOCK_FILE, "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return  # a file system without locks: the user has to see to it that runs do not share a folder
            raise EvaluationError(f"{self.path} is in use by another evaluation: wait for it, or name another --out") from error

    def _check_settings(self) -> None:
        path = self.path / RUN_FILE
        wanted = {**asdict(self.settings), **compute_fingerprints(self.settings)}
        if path.exists():
            known = read_json(path)
            differing = [key for key in wanted if key != "episodes" and known.get(key, False) != wanted[key]]
            if differing:
                told = "; ".join(_describe_difference(key, known.get(key), wanted[key]) for key in differing)
                raise EvaluationError(f"{self.path} holds a run with other settings ({told}): name another --out, or delete it")
        elif (self.path / ROWS_FILE).exists():
            raise EvaluationError(f"{self.path} has {ROWS_FILE} but no {RUN_FILE}, so nobody knows of what run: name another --out")
        write_json(path, {**wanted, **self._about})

    def _load_rows(self) -> None:
        """Read what was finished; a last line that a kill cut off is taken away."""
        path = self.path / ROWS_FILE
        if not path.exists():
            return
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                row = json.loads(line)
                self.rows[int(row["seed"])] = row
            except (ValueError, KeyError, TypeError) as error:
                raise EvaluationError(f"{path}, line {number} is no row of an episode: delete the line to run it again") from error
        if len(whole) < len(data):
            os.truncate(path, len(whole))


def compute_fingerprints(settings: RunSettings) -> dict[str, str]:
    """Hashes of the values of all parameters and of the code that episodes run through.

    A run that goes on after either has changed would mix two robots in one table.
    """
    values = repr(load_settings(settings.changes))
    digest = hashlib.sha256()
    root = Path(astro_nav.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in SHOWING_PARTS and "/".join(name.parts[:2]) not in SHOWING_FILES:
            digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    return {"parameters": hashlib.sha256(values.encode()).hexdigest()[:16], "code": digest.hexdigest()[:16]}


def read_json(path: Path) -> dict[str, Any]:
    """Read a file of a run.

    Raises:
        EvaluationError: when it is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise EvaluationError(f"{path} is not a file of a run: it holds no JSON object")
    return content


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file whole or not at all.

    Raises:
        EvaluationError: when there is no room or no right to write.
    """
    part = path.with_name(path.name + ".part")
    try:
        try:
            with open(part, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=1, allow_nan=False)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written: {_explain(error)}") from error


def _append(descriptor: int, data: bytes) -> None:
    """Append all or nothing."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    try:
        written = 0
        while written < len(data):
            written += os.write(descriptor, data[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise


def _describe_difference(key: str, known: Sequence | Mapping | str | int | None, wanted: Any) -> str:
    if key in ("parameters", "code"):
        return "the parameters' values have changed since" if key == "parameters" else "the code has changed since"
    return f"{key} {known!r} there, {wanted!r} here"


def _explain(error: OSError) -> str:
    return NO_ROOM.get(error.errno or 0, error.strerror or str(error))
