"""Passages: found in maps, judged from scans, believed, and kept in a file through everything."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from astro_nav.errors import MapError
from astro_nav.global_planning.cost_map import CostMap
from astro_nav.global_planning.door_keeper import DoorKeeper
from astro_nav.global_planning.passage_memory import PassageMemory, PassageRecord
from astro_nav.global_planning.passage_store import PassageStore
from astro_nav.global_planning.passage_watch import PassageWatch, judge_passage
from astro_nav.global_planning.passages import Passage, compute_map_key, find_passages, merge_passages, read_passages
from astro_nav.global_planning.planner import GlobalPlanner
from astro_nav.params.files import load_params
from astro_nav.params.global_planner import GlobalPlannerParams
from astro_nav.types import OccupancyMap

HOUR_S = 3600.0
MIDNIGHT_S = 20_000 * 86_400.0
DOOR = Passage("door-1", np.array([[3.0, 1.0], [3.0, 1.9]]))


def make_params(**changes) -> GlobalPlannerParams:
    return load_params(GlobalPlannerParams, "global_planner", changes={k.replace("__", "."): v for k, v in changes.items()})


def make_two_rooms(doors_m=((1.0, 1.9), (3.2, 4.1))) -> OccupancyMap:
    """6 x 5 m, a wall at x = 3 with doors."""
    occupancy = np.zeros((100, 120), np.int8)
    occupancy[0] = occupancy[-1] = occupancy[:, 0] = occupancy[:, -1] = 100
    occupancy[:, 59:61] = 100
    for low, high in doors_m:
        occupancy[round(low / 0.05) : round(high / 0.05), 59:61] = 0
    return OccupancyMap(occupancy, 0.05, np.zeros(3))


def make_memory(**changes) -> PassageMemory:
    memory = PassageMemory(make_params(**changes).memory)
    memory.set_records([PassageRecord(DOOR)])
    return memory


@pytest.mark.parametrize("yaw", [0.0, 0.4])
def test_doors_are_found_where_they_are_also_two_between_the_same_rooms(yaw):
    plain = make_two_rooms()
    occupancy_map = OccupancyMap(plain.occupancy, plain.resolution_m, np.array([1.0, -2.0, yaw]))
    params = make_params()
    passages = find_passages(CostMap(occupancy_map, params), params.memory)
    assert len(passages) == 2
    cos, sin = np.cos(yaw), np.sin(yaw)
    for passage, y in zip(sorted(passages, key=lambda p: p.middle_map @ np.array([-sin, cos])), (1.45, 3.65)):
        expected = np.array([1.0, -2.0]) + np.array([cos * 3.0 - sin * y, sin * 3.0 + cos * y])
        np.testing.assert_allclose(passage.middle_map, expected, atol=0.08)
        assert passage.width_m == pytest.approx(0.9, abs=0.06)


def test_an_empty_room_has_no_doors():
    params = make_params()
    empty = OccupancyMap(np.zeros((80, 80), np.int8), 0.05, np.zeros(3))
    assert find_passages(CostMap(empty, params), params.memory) == []
    assert find_passages(CostMap(OccupancyMap(np.zeros((1, 1), np.int8), 0.05, np.zeros(3)), params), params.memory) == []


def test_what_is_usual_depends_on_the_hour_and_what_was_seen_last_fades():
    memory = make_memory()
    assert memory.estimate_open("door-1", MIDNIGHT_S) == pytest.approx(0.95)
    for day in range(7):
        memory.observe("door-1", False, MIDNIGHT_S + day * 86_400.0 + 23 * HOUR_S)
        memory.observe("door-1", True, MIDNIGHT_S + day * 86_400.0 + 24 * HOUR_S + 11 * HOUR_S)
    night, noon = (MIDNIGHT_S + 8 * 86_400.0 + hour * HOUR_S for hour in (22.5, 11.5))
    assert memory.estimate_open("door-1", night) < 0.35
    assert memory.estimate_open("door-1", noon) > 0.9
    memory.observe("door-1", False, noon)
    assert memory.estimate_open("door-1", noon) < 0.01
    assert memory.estimate_open("door-1", noon + HOUR_S) > 0.75
    price = memory.list_prices(noon)
    assert price.shape == (1, 5) and price[0, 4] == pytest.approx(make_params().memory.closed_price_m, rel=0.02)


def test_observations_grow_old_and_looking_on_does_not_count_again():
    memory = make_memory(memory__hours_apart=24.0)
    for second in range(100):
        memory.observe("door-1", False, MIDNIGHT_S + second)
    assert memory.records[0].times_closed == 1
    soon, late = (memory.estimate_open("door-1", MIDNIGHT_S + days * 86_400.0) for days in (1.0, 200.0))
    assert soon < 0.7 and late > 0.93


def see(door_state: str, origin=(1.0, 1.45), pose_error=(0.0, 0.0)) -> np.ndarray:
    """Ends of rays from the left room; the door at x = 3 is open, closed or ajar, or a person stands in it."""
    angles = np.linspace(-np.pi, np.pi, 720, endpoint=False)
    ends = []
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        length = 5.0
        if direction[0] > 1e-6:
            to_wall = (3.0 - origin[0]) / direction[0]
            y = origin[1] + to_wall * direction[1]
            in_door = 1.0 < y < 1.9
            if not in_door or door_state == "closed" or (door_state == "ajar" and y < 1.75):
                length = min(length, to_wall)
            if in_door and door_state == "person" and 1.3 < y < 1.6:
                length = min(length, to_wall - 0.1)
        ends.append(np.array(origin) + length * direction + np.array(pose_error))
    return np.array(ends)


@pytest.mark.parametrize(
    "state, origin, expected",
    [
        ("open", (1.0, 1.45), True),
        ("closed", (1.0, 1.45), False),
        ("ajar", (1.0, 1.45), False),
        ("person", (1.0, 1.45), True),
        ("open", (1.5, 2.6), True),
        ("closed", (1.5, 2.6), False),
        ("open", (2.9, 4.0), None),
        ("closed", (2.9, 4.0), None),
    ],
)
def test_a_scan_tells_an_open_door_from_a_closed_one_and_from_one_that_it_does_not_see(state, origin, expected):
    width_m = 0.25
    found = judge_passage(DOOR, np.array(origin), see(state, origin), width_m)
    assert found is expected
    shifted = judge_passage(DOOR, np.array(origin) + 0.08, see(state, origin, (0.08, 0.08)), width_m)
    assert shifted in (expected, None), "a pose that is a little wrong does not turn open into closed"


def test_a_door_counts_when_it_was_seen_so_for_a_while_was_driven_through_or_blocked_the_robot():
    memory, params = make_memory(), make_params().memory
    watch = PassageWatch(memory, params, 0.25)
    origin = np.array([1.0, 1.45])
    assert not watch.take_scan(origin, see("closed"), 0.0, MIDNIGHT_S)
    assert not memory.records[0].was_seen, "someone may just be passing"
    assert watch.take_scan(origin, see("closed"), params.confirm_s, MIDNIGHT_S)
    assert not watch.take_scan(origin, see("closed"), params.confirm_s + 0.2, MIDNIGHT_S), "that is no news"
    watch.take_place(np.array([2.9, 1.4]), MIDNIGHT_S + 10.0)
    assert watch.take_place(np.array([3.1, 1.4]), MIDNIGHT_S + 11.0)
    assert memory.records[0].last_is_open
    assert not watch.take_blocked_place(np.array([3.0, 3.6]), MIDNIGHT_S + 12.0)
    assert watch.take_blocked_place(np.array([3.1, 1.6]), MIDNIGHT_S + 13.0)
    assert not memory.records[0].last_is_open


def test_a_way_weighs_the_detour_against_the_price_of_a_closed_door():
    planner = GlobalPlanner(make_params())
    planner.set_map(make_two_rooms())
    start, goal = np.array([1.5, 1.45, 0.0]), np.array([4.5, 1.45, 0.0])
    row = np.array([[3.0, 1.0, 3.0, 1.9, 0.0]])
    free = planner.plan(start, goal, 0.0)
    for price_m, through_it in ((0.5, True), (1.0, True), (30.0, False)):
        row[0, 4] = price_m
        result = planner.plan(start, goal, 0.0, prices_map=row)
        poses = result.path.poses_map
        y_at_wall = poses[np.argmin(np.abs(poses[:, 0] - 3.0)), 1]
        assert (y_at_wall < 2.0) == through_it
        if through_it:
            assert result.cost_m - free.cost_m == pytest.approx(price_m, rel=0.15)
    again = planner.plan(start, goal, 0.0)
    np.testing.assert_array_equal(again.path.poses_map, free.path.poses_map, "nothing is left of the price")


def make_records() -> list[PassageRecord]:
    memory = make_memory()
    memory.observe("door-1", False, MIDNIGHT_S)
    memory.observe("door-1", True, MIDNIGHT_S + 60.0)
    return list(memory.records)


def test_what_was_learnt_comes_back_from_the_file(tmp_path: Path):
    store = PassageStore(tmp_path / "deep" / "m.sqlite3")
    assert store.load("a") == [] and store.save("a", make_records(), 1.0)
    store.close()
    record = PassageStore(tmp_path / "deep" / "m.sqlite3").load("a")[0]
    wanted = make_records()[0]
    np.testing.assert_array_equal(record.closed_weights, wanted.closed_weights)
    for name in ("times_open", "times_closed", "last_s", "last_is_open", "closed_s", "counted_s", "faded_s", "changed_s"):
        assert getattr(record, name) == getattr(wanted, name), name
    assert store.load("another map") == [] and store.notices == []


@pytest.mark.parametrize("content", [b"", b"this is no database" * 100, "cut"])
def test_a_file_that_cannot_be_read_is_moved_aside_with_a_notice(tmp_path: Path, content):
    path = tmp_path / "m.sqlite3"
    if content == "cut":
        store = PassageStore(path)
        store.save("a", make_records() * 1, 1.0)
        store.close()
        content = path.read_bytes()[:5000]
    path.write_bytes(content)
    store = PassageStore(path)
    assert store.save("b", make_records(), 2.0)
    assert len(store.load("b")) == 1
    if content:
        assert "moved to" in store.notices[0]
        assert any("unusable" in item.name for item in tmp_path.iterdir())


def test_a_file_of_a_newer_format_is_kept_beside(tmp_path: Path):
    path = tmp_path / "m.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    store = PassageStore(path)
    assert store.save("a", make_records(), 1.0) and "format 99" in store.notices[0]


def test_a_locked_file_is_moved_aside_and_no_disk_is_never_fatal(tmp_path: Path):
    path = tmp_path / "m.sqlite3"
    first = PassageStore(path)
    first.save("a", make_records(), 1.0)
    first.close()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    store = PassageStore(path, lock_wait_s=0.05)
    assert store.save("b", make_records(), 1.0) and "locked" in store.notices[0]
    holder.close()
    (tmp_path / "file").write_text("")
    nowhere = PassageStore(tmp_path / "file" / "m.sqlite3")
    assert not nowhere.save("a", make_records(), 1.0) and nowhere.load("a") == []
    assert "cannot be kept" in nowhere.notices[0]


def test_a_full_disk_costs_what_was_learnt_since_and_nothing_else(tmp_path: Path):
    store = PassageStore(tmp_path / "m.sqlite3")
    assert store.save("a", make_records(), 1.0)
    assert store._connection is not None
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says of a full disk
    many = [PassageRecord(Passage(f"door-{k}", DOOR.ends_map)) for k in range(500)]
    assert not store.save("b", many, 2.0) and "full" in store.notices[0]
    assert len(store.load("a")) == 1 and store.load("b") == []
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.save("b", many, 2.0) and len(store.load("b")) == 500


WRITER = """
import sys, numpy as np
from pathlib import Path
from astro_nav.global_planning.passage_store import PassageStore
from astro_nav.global_planning.passage_memory import PassageRecord
from astro_nav.global_planning.passages import Passage
store = PassageStore(Path(sys.argv[1]))
ends = np.array([[0.0, 0.0], [1.0, 0.0]])
number = int(sys.argv[2])
while True:
    number += 1
    assert store.save("a", [PassageRecord(Passage(f"door-{k}", ends), times_open=number) for k in range(40)], float(number)), store.notices
    print(number, flush=True)
"""


KILLS = int(os.environ.get("ASTRO_NAV_TEST_KILLS", "3"))  # each takes a second; run it with 100 after changing the store


def test_a_door_that_was_closed_yesterday_and_is_closed_again_is_news():
    params = make_params()
    keeper = DoorKeeper(params)
    keeper.take_records(*keeper.find_records(CostMap(make_two_rooms(), params)))
    memory, door = keeper.memory, keeper.memory.passages[0].passage_id
    assert memory.observe(door, False, MIDNIGHT_S)
    assert not memory.observe(door, False, MIDNIGHT_S + 1.0)
    next_day_s = MIDNIGHT_S + 36 * 3600.0
    assert memory.estimate_open(door, next_day_s) > 0.5
    assert memory.observe(door, False, next_day_s)
    assert not memory.observe(door, False, next_day_s + 1.0)
    assert memory.observe(door, True, next_day_s + 2.0)


def test_a_killed_writer_leaves_one_whole_writing(tmp_path: Path):
    path, number = tmp_path / "m.sqlite3", 0
    rng = np.random.default_rng(1)
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(number)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(float(rng.uniform(0.0, 0.05)))
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.wait()
        store = PassageStore(path)
        records = store.load("a")
        store.close()
        assert store.notices == [] and len(records) == 40
        assert len({record.times_open for record in records}) == 1, "never half of one and half of another"
        assert records[0].times_open >= (int(rest[-1]) if rest else number + 1), "what was reported written is there"
        number = records[0].times_open


def test_a_map_that_changed_a_little_keeps_its_doors_and_what_is_known_of_them(tmp_path: Path):
    params = make_params()
    keeper = DoorKeeper(params, PassageStore(tmp_path / "m.sqlite3"))
    first = make_two_rooms()
    keeper.take_records(*keeper.find_records(CostMap(first, params)))
    door = min(keeper.memory.passages, key=lambda passage: passage.middle_map[1])
    keeper.memory.observe(door.passage_id, False, MIDNIGHT_S)
    saving = keeper.make_saving(MIDNIGHT_S)
    assert saving is not None and saving() and keeper.make_saving(MIDNIGHT_S) is None
    occupancy = first.occupancy.copy()
    occupancy[80:84, 20:24] = 100
    changed = OccupancyMap(occupancy, 0.05, np.zeros(3))
    assert compute_map_key(changed) != compute_map_key(first)
    other = DoorKeeper(params, PassageStore(tmp_path / "m.sqlite3"))
    other.take_records(*other.find_records(CostMap(changed, params)))
    seen = [record for record in other.memory.records if record.was_seen]
    assert [record.passage.passage_id for record in seen] == [door.passage_id] and seen[0].times_closed == 1


def test_doors_of_a_file_have_the_users_ids_and_replace_what_was_found_there(tmp_path: Path):
    path = tmp_path / "doors.yaml"
    path.write_text("doors:\n  - {id: bedroom, from: [3.0, 1.0], to: [3.0, 1.9]}\n")
    named = read_passages(path)
    found = [Passage("door-1", DOOR.ends_map + 0.1), Passage("door-2", DOOR.ends_map + 2.0)]
    merged = merge_passages(named, found, [])
    assert [passage.passage_id for passage in merged] == ["bedroom", "door-1"]
    for text, word in (("doors: 3", "list"), ("doors: [{id: a}]", "door 1"), ("[{id: a, from: [0, 0], to: [0, 0]}]", "apart"), (":", "doors")):
        path.write_text(text)
        with pytest.raises(MapError, match=word):
            read_passages(path)
