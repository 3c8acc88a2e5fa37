"""astro-nav doors: what is remembered is listed, named, forgotten and exported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from astro_nav.cli.main import main
from astro_nav.global_planning.passage_memory import PassageRecord
from astro_nav.global_planning.passage_store import PassageStore
from astro_nav.global_planning.passages import Passage, compute_map_key
from astro_nav.mapping.map_file import load_map, save_map
from astro_nav.types import OccupancyMap


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.yaml"
    save_map(OccupancyMap(np.zeros((20, 30), np.int8), 0.05, np.zeros(3)), path)
    store = PassageStore(tmp_path / "home.doors.sqlite3")
    ends = np.array([[1.0, 0.2], [1.0, 1.0]])
    records = [PassageRecord(Passage("door-1", ends), times_closed=3, last_s=1.7e9), PassageRecord(Passage("door-2", ends + 2.0))]
    assert store.save(compute_map_key(load_map(path)), records, 1.0)
    store.close()
    return path


def test_list_name_export_and_forget(home: Path, capsys) -> None:
    def call(*words: str) -> str:
        assert main(["doors", *words, "--map", str(home)]) == 0
        return capsys.readouterr().out

    assert "door-1" in (table := call("list")) and "0.80" in table and "never" in table
    assert "is now called bedroom" in call("name", "door-1", "bedroom")
    doors = json.loads(call("export"))["doors"]
    assert [(door["id"], door["name"], door["times_closed"]) for door in doors] == [("door-1", "bedroom", 3), ("door-2", "", 0)]
    assert "1 doors forgotten" in call("forget", "bedroom")
    assert "bedroom" not in call("list")
    assert "1 doors forgotten" in call("forget")


def test_what_is_not_there_is_said(home: Path, tmp_path: Path, capsys) -> None:
    assert main(["doors", "name", "cellar", "x", "--map", str(home)]) == 1
    assert "known: door-1, door-2" in capsys.readouterr().err
    assert main(["doors", "list", "--memory", str(tmp_path / "none.sqlite3")]) == 2
    assert "no memory of doors" in capsys.readouterr().err
