"""The memory of doors as one object: finds passages in maps, watches them, knows prices, and keeps all that in a file.

A map is taken (`take_map`, slow: in the thread that plans), then scans, places and blocked places come in, and prices are
asked for. Saving is slow, too: `make_saving` hands out a piece of work for another thread.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from astro_nav.global_planning.cost_map import CostMap
from astro_nav.global_planning.passage_memory import PassageMemory, PassageRecord
from astro_nav.global_planning.passage_store import PassageStore
from astro_nav.global_planning.passage_watch import PassageWatch
from astro_nav.global_planning.passages import SAME_PLACE_M, Passage, compute_map_key, find_passages, merge_passages, read_passages
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import FloatArray


class DoorKeeper:
    """Everything about doors.

    Args:
        params: of the global planner.
        store: file of the memory, None to remember only as long as this object lives.
        utc_offset_s: local time minus UTC.
    """

    def __init__(self, params: GlobalPlannerParams, store: PassageStore | None = None, utc_offset_s: float = 0.0) -> None:
        self._params, self.store = params, store
        self.memory = PassageMemory(params.memory, utc_offset_s)
        width_m = 2.0 * float(np.abs(params.robot.footprint[:, 1]).max())
        self.watch = PassageWatch(self.memory, params.memory, width_m)
        self._named = read_passages(Path(params.memory.doors_file)) if params.memory.doors_file else []
        self._file_lock = threading.Lock()  # maps are read in the thread that plans, savings written in another
        self.map_key = ""
        self._saved_changes = 0

    def find_records(self, cost_map: CostMap) -> tuple[str, list[PassageRecord]]:
        """Find the passages of a map and what is known of them; the map's key and one record per passage. Slow."""
        map_key = compute_map_key(cost_map.map)
        found = find_passages(cost_map, self._params.memory)
        known: list[PassageRecord] = []
        if self.store is not None:
            with self._file_lock:
                known = self.store.load(map_key) or self.store.load_similar([*self._named, *found], is_same_place)
        if not known and self.map_key:
            known = list(self.memory.records)  # a map that changed while the robot drives, and nothing on file yet
        passages = merge_passages(self._named, found, [record.passage for record in known])
        return map_key, [_make_record(passage, known) for passage in passages]

    def take_records(self, map_key: str, records: list[PassageRecord]) -> None:
        """Begin with the passages of another map."""
        self.map_key = map_key
        self.memory.set_records(records)

    def make_saving(self, now_s: float) -> Callable[[], bool] | None:
        """What has to be written, as work for another thread; None when nothing has changed."""
        if self.store is None or not self.map_key or self.memory.changes == self._saved_changes:
            return None
        store, map_key, records, changes = self.store, self.map_key, copy.deepcopy(list(self.memory.records)), self.memory.changes

        def save() -> bool:
            with self._file_lock:
                names = store.read_names(map_key)
                for record in records:  # a name that `astro-nav doors name` has given meanwhile stays
                    name = names.get(record.passage.passage_id, record.passage.name)
                    record.passage = Passage(record.passage.passage_id, record.passage.ends_map, name)
                done = store.save(map_key, records, now_s)
            if done:
                self._saved_changes = changes
            return done

        return save


def is_same_place(passage: Passage, other: Passage) -> bool:
    """Whether two passages are one."""
    return float(np.hypot(*(passage.middle_map - other.middle_map))) < SAME_PLACE_M


def _make_record(passage: Passage, known: list[PassageRecord]) -> PassageRecord:
    old = next((record for record in known if is_same_place(record.passage, passage)), None)
    if old is None:
        return PassageRecord(passage)
    record: PassageRecord = copy.deepcopy(old)
    record.passage = passage
    return record
