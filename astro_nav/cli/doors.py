"""What the robot remembers of doors: list it, name a door, forget, export.

  astro-nav doors list --map home.yaml
  astro-nav doors name door-3 bedroom --map home.yaml
  astro-nav doors forget door-3 --map home.yaml       without a door: everything of the map; --all: of all maps
  astro-nav doors export --map home.yaml > doors.json

The memory is the file beside the map, or the one named with --memory. Naming and forgetting take effect in a running robot
when it is started again; names at once.

Exit code: 0; 1 when there is no such door; 2 for files that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from astro_nav.global_planning.passage_memory import PassageMemory, PassageRecord
    from astro_nav.global_planning.passage_store import PassageStore

NAME = "doors"
HELP = "list, name, forget and export what the robot remembers of doors"
NO_SUCH_DOOR = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("action", choices=("list", "name", "forget", "export"), help="what to do")
    parser.add_argument("words", nargs="*", metavar="WORD", help="name: DOOR NEW_NAME; forget: [DOOR]")
    parser.add_argument("--map", type=Path, metavar="FILE", help="map_server YAML file of the map (default: the one used last)")
    parser.add_argument("--memory", type=Path, metavar="FILE", help="SQLite file of the memory (default: beside the map, or in $ROS_HOME, else ~/.ros)")
    parser.add_argument("--all", action="store_true", help="with forget: of all maps")


def run(args: argparse.Namespace) -> int:
    """Do it."""
    from astro_nav.errors import MapError
    from astro_nav.global_planning.passage_store import PassageStore, choose_memory_file

    path = choose_memory_file(str(args.memory or ""), str(args.map or ""))
    if not path.is_file():
        raise MapError(f"there is no memory of doors in {path}: drive first, or name the file with --memory")
    store = PassageStore(path)
    try:
        if args.action == "forget" and args.all:
            print(f"{store.forget()} doors forgotten")
            return 0
        map_key = _choose_map(args.map, store)
        return _act(args.action, args.words, map_key, store)
    finally:
        store.close()
        for notice in store.notices:
            print(notice, file=sys.stderr)


def _choose_map(map_file: Path | None, store: PassageStore) -> str:
    from astro_nav.global_planning.passages import compute_map_key
    from astro_nav.mapping.map_file import load_map

    if map_file is not None:
        return compute_map_key(load_map(map_file))
    return next(iter(store.list_maps()), "")


def _act(action: str, words: list[str], map_key: str, store: PassageStore) -> int:
    from astro_nav.errors import MapError
    from astro_nav.global_planning.passage_memory import PassageMemory
    from astro_nav.params.files import load_params
    from astro_nav.params.global_planner import GlobalPlannerParams

    records = store.load(map_key)
    if action in ("list", "export"):
        memory = PassageMemory(load_params(GlobalPlannerParams, "global_planner").memory, float(time.localtime().tm_gmtoff))
        memory.set_records(records)
        print(_make_table(memory, time.time()) if action == "list" else _make_export(memory, map_key, time.time()))
        return 0
    wanted = {"name": 2, "forget": 1}[action]
    if len(words) > wanted or (action == "name" and len(words) < wanted):
        raise MapError("name needs DOOR and NEW_NAME; forget takes one DOOR or none, see --help")
    door = _find_door(records, words[0]) if words else None
    if words and door is None:
        known = ", ".join(record.passage.title for record in records) or "none"
        print(f"there is no door {words[0]!r} in map {map_key or '(none)'}; known: {known}", file=sys.stderr)
        return NO_SUCH_DOOR
    if action == "forget":
        print(f"{store.forget(map_key, None if door is None else door.passage.passage_id)} doors forgotten")
    elif door is not None:
        store.rename(map_key, door.passage.passage_id, words[1])
        print(f"{door.passage.passage_id} is now called {words[1]}")
    return 0


def _find_door(records: list[PassageRecord], word: str) -> PassageRecord | None:
    return next((record for record in records if word in (record.passage.passage_id, record.passage.name)), None)


def _make_table(memory: PassageMemory, now_s: float) -> str:
    rows = [("id", "name", "x [m]", "y [m]", "width [m]", "open now", "seen open", "seen closed", "closed for", "last seen")]
    for record in memory.records:
        passage = record.passage
        x, y = passage.middle_map
        last = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.last_s)) if record.was_seen else "never"
        rows.append(
            (
                passage.passage_id, passage.name, f"{x:.2f}", f"{y:.2f}", f"{passage.width_m:.2f}",
                f"{100.0 * memory.estimate_open(passage.passage_id, now_s):.0f} %", str(record.times_open), str(record.times_closed),
                f"{record.closed_s / 60.0:.0f} min", last,
            )
        )  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _make_export(memory: PassageMemory, map_key: str, now_s: float) -> str:
    doors = [
        {
            "id": record.passage.passage_id,
            "name": record.passage.name,
            "from": record.passage.ends_map[0].tolist(),
            "to": record.passage.ends_map[1].tolist(),
            "open_now": memory.estimate_open(record.passage.passage_id, now_s),
            "times_open": record.times_open,
            "times_closed": record.times_closed,
            "closed_s": record.closed_s,
            "last_seen_s": record.last_s if record.was_seen else None,
            "last_is_open": record.last_is_open if record.was_seen else None,
            "open_per_hour": record.open_weights.tolist(),
            "closed_per_hour": record.closed_weights.tolist(),
        }
        for record in memory.records
    ]
    return json.dumps({"map": map_key, "doors": doors}, indent=1)
