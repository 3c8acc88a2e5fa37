"""The memory of passages as an SQLite file.

Every writing is one transaction under a write-ahead log: after `kill -9` or a power cut the file holds the whole of one
writing or the whole of the next. A file that cannot be read, or that another program keeps locked, is moved aside and a new
one begun; a disk that is full costs what was learnt since, never more. None of that is an error to the caller: it is a
sentence in `notices`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from astro_nav.global_planning.passage_memory import HOURS, PassageRecord
from astro_nav.global_planning.passages import Passage

FORMAT = 1
LOCK_WAIT_S = 1.0
# A map that is saved anew differs in some cells. It is the old one if so many of its passages are where they were.
SIMILAR_SHARE = 0.5

SCHEMA = """
CREATE TABLE IF NOT EXISTS maps (map_key TEXT PRIMARY KEY, used_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    map_key TEXT NOT NULL, passage_id TEXT NOT NULL, name TEXT NOT NULL,
    x1 REAL NOT NULL, y1 REAL NOT NULL, x2 REAL NOT NULL, y2 REAL NOT NULL,
    open_weights TEXT NOT NULL, closed_weights TEXT NOT NULL, faded_s REAL NOT NULL,
    times_open INTEGER NOT NULL, times_closed INTEGER NOT NULL, first_s REAL, last_s REAL, last_is_open INTEGER NOT NULL,
    counted_s REAL, changed_s REAL, closed_s REAL NOT NULL, PRIMARY KEY (map_key, passage_id)
);
"""
COLUMNS = (
    "passage_id, name, x1, y1, x2, y2, open_weights, closed_weights, faded_s, times_open, times_closed, first_s, last_s, "
    "last_is_open, counted_s, changed_s, closed_s"
)


def choose_memory_file(memory_file: str, map_file: str) -> Path:
    """The file of the memory: as set, else beside the map's file, else one for all maps in $ROS_HOME (~/.ros)."""
    if memory_file:
        return Path(memory_file).expanduser()
    if map_file:
        return Path(map_file).with_suffix(".doors.sqlite3")
    return Path(os.environ.get("ROS_HOME") or Path.home() / ".ros") / "astro_nav_doors.sqlite3"


class PassageStore:
    """One file, for use by one thread at a time.

    Attributes:
        path: of the file.
        notices: sentences about what went wrong, oldest first; whoever tells them empties the list.
    """

    def __init__(self, path: Path, lock_wait_s: float = LOCK_WAIT_S) -> None:
        self.path, self.notices = Path(path), list[str]()
        self._lock_wait_s = lock_wait_s
        self._connection: sqlite3.Connection | None = None
        self._is_full = False

    def open(self) -> bool:
        """Open or make the file; returns whether there is one now."""
        if self._connection is not None:
            return True
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._tell(f"the memory of doors cannot be kept in {self.path}: {error}")
            return False
        for _ in range(2):
            try:
                self._connection = self._connect()
                return True
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    self._tell(f"the memory of doors cannot be kept in {self.path}: {error}")
                    return False
                self._move_aside(f"is kept locked by another program ({error})")
            except (sqlite3.DatabaseError, ValueError) as error:
                self._move_aside(f"cannot be read ({error})")
        return False

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=self._lock_wait_s, check_same_thread=False, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            state = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if state != "ok":
                raise sqlite3.DatabaseError(state)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                raise ValueError(f"it has format {version}, this program knows {FORMAT}")
            connection.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("COMMIT")
            connection.execute(f"SELECT {COLUMNS} FROM passages LIMIT 1").fetchone()
        except sqlite3.OperationalError as error:
            connection.close()
            if "no such column" in str(error):
                raise sqlite3.DatabaseError(str(error)) from error
            raise
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def load(self, map_key: str) -> list[PassageRecord]:
        """What is known of a map's passages; empty for a map that is new."""
        try:
            return self._load(map_key)
        except (sqlite3.DatabaseError, ValueError, TypeError) as error:
            self.close()
            self._move_aside(f"cannot be read ({error})")
            self.open()
            return []

    def load_similar(self, passages: Sequence[Passage], is_same_place) -> list[PassageRecord]:
        """What is known of the map used last that has most of these passages at the same places."""
        for map_key in self.list_maps():
            records = self.load(map_key)
            shared = [record for record in records if any(is_same_place(record.passage, passage) for passage in passages)]
            if len(shared) >= max(SIMILAR_SHARE * max(len(records), len(passages)), 1):
                return shared
        return []

    def list_maps(self) -> list[str]:
        """Keys of all maps, the one used last first."""
        if not self.open() or self._connection is None:
            return []
        try:
            return [row[0] for row in self._connection.execute("SELECT map_key FROM maps ORDER BY used_s DESC, map_key")]
        except sqlite3.DatabaseError as error:
            self._tell(f"the memory of doors in {self.path} cannot be read now: {error}")
            return []

    def _load(self, map_key: str) -> list[PassageRecord]:
        if not self.open() or self._connection is None:
            return []
        rows = self._connection.execute(f"SELECT {COLUMNS} FROM passages WHERE map_key = ? ORDER BY rowid", (map_key,))
        return [_read_row(row) for row in rows]

    def save(self, map_key: str, records: Sequence[PassageRecord], used_s: float) -> bool:
        """Write all records of a map in one transaction; returns whether it was written."""
        if not self.open() or self._connection is None:
            return False
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT OR REPLACE INTO maps VALUES (?, ?)", (map_key, used_s))
            connection.execute("DELETE FROM passages WHERE map_key = ?", (map_key,))
            marks = ", ".join("?" * (len(COLUMNS.split(",")) + 1))
            connection.executemany(
                f"INSERT INTO passages (map_key, {COLUMNS}) VALUES ({marks})", [(map_key, *_make_row(record)) for record in records]
            )
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            self._tell(f"what was learnt of doors could not be written to {self.path}: {error}; it is tried again")
            return False
        except sqlite3.DatabaseError as error:
            self.close()
            self._move_aside(f"cannot be written ({error})")
            return False
        return True

    def _roll_back(self) -> None:
        assert self._connection is not None
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def forget(self, map_key: str | None = None, passage_id: str | None = None) -> int:
        """Delete what is remembered of everything, of a map, or of one passage of it; returns of how many passages."""
        if not self.open() or self._connection is None:
            return 0
        condition = " AND ".join(f"{column} = ?" for column, value in (("map_key", map_key), ("passage_id", passage_id)) if value)
        values = [value for value in (map_key, passage_id) if value]
        return self._connection.execute(f"DELETE FROM passages{' WHERE ' + condition if condition else ''}", values).rowcount

    def rename(self, map_key: str, passage_id: str, name: str) -> bool:
        """Give a passage a name; returns whether there is such a passage."""
        if not self.open() or self._connection is None:
            return False
        statement = "UPDATE passages SET name = ? WHERE map_key = ? AND passage_id = ?"
        return self._connection.execute(statement, (name, map_key, passage_id)).rowcount > 0

    def read_names(self, map_key: str) -> dict[str, str]:
        """Names by id, which another program may have changed."""
        if not self.open() or self._connection is None:
            return {}
        try:
            return dict(self._connection.execute("SELECT passage_id, name FROM passages WHERE map_key = ?", (map_key,)).fetchall())
        except sqlite3.DatabaseError:
            return {}

    def _move_aside(self, why: str) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        aside = self.path.with_name(f"{self.path.name}.unusable-{stamp}-{os.getpid()}")
        try:
            for suffix in ("", "-wal", "-shm"):
                part = Path(f"{self.path}{suffix}")
                if part.exists():
                    part.replace(f"{aside}{suffix}")
        except OSError as error:
            self._tell(f"the memory of doors in {self.path} {why} and cannot be moved aside: {error}")
            return
        self._tell(f"the memory of doors in {self.path} {why}; it was moved to {aside.name} and a new one is begun")

    def _tell(self, sentence: str) -> None:
        if sentence not in self.notices[-3:]:
            self.notices.append(sentence)


def _make_row(record: PassageRecord) -> tuple:
    passage = record.passage

    def keep(value: float) -> float | None:
        return value if np.isfinite(value) else None

    return (
        passage.passage_id, passage.name, *passage.ends_map.reshape(-1).tolist(),
        json.dumps(record.open_weights.tolist()), json.dumps(record.closed_weights.tolist()), record.faded_s,
        record.times_open, record.times_closed, keep(record.first_s), keep(record.last_s), int(record.last_is_open),
        keep(record.counted_s), keep(record.changed_s), record.closed_s,
    )  # fmt: skip


def _read_row(row: tuple) -> PassageRecord:
    weights = [np.array(json.loads(text), dtype=np.float64) for text in row[6:8]]
    if any(counts.shape != (HOURS,) or not (np.isfinite(counts) & (counts >= 0.0)).all() for counts in weights):
        raise ValueError(f"passage {row[0]!r} holds counts that make no sense")

    def read(value: float | None, missing: float) -> float:
        return missing if value is None else float(value)

    return PassageRecord(
        passage=Passage(str(row[0]), np.array(row[2:6], dtype=np.float64).reshape(2, 2), str(row[1])),
        open_weights=weights[0],
        closed_weights=weights[1],
        faded_s=float(row[8]),
        times_open=int(row[9]),
        times_closed=int(row[10]),
        first_s=read(row[11], float("nan")),
        last_s=read(row[12], float("nan")),
        last_is_open=bool(row[13]),
        counted_s=read(row[14], -float("inf")),
        changed_s=read(row[15], float("nan")),
        closed_s=float(row[16]),
    )
