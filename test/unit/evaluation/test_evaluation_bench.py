"""The benchmark: contenders take turns, ratios refer to the fastest peer, paths are priced alike, absent peers are named."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astro_nav.cli import main as main_module
from astro_nav.errors import EvaluationError
from astro_nav.evaluation.bench import distance_fields, optional, plans, run as bench_run, searches
from astro_nav.evaluation.bench.measure import Contender, Group, measure_group
from astro_nav.evaluation.bench.recording import RecordingPlanner
from astro_nav.evaluation.bench.run import format_table, make_result, run_bench
from astro_nav.evaluation.stack import MotionPlanner


class Clock:
    """Moves on only when somebody works."""

    def __init__(self):
        self.now_s = 0.0
        self.log = []

    def __call__(self):
        return self.now_s

    def make_work(self, name, seconds):
        def work():
            self.log.append(name)
            self.now_s += seconds
            return name

        return work


def measure_three():
    clock = Clock()
    works = (("own", 0.002, False), ("quick", 0.004, True), ("slow", 1.0, True))
    contenders = [Contender(name, clock.make_work(name, s), peer, describe=lambda r: {"said": r}) for name, s, peer in works]
    return clock, measure_group(Group("work", "ms", contenders), 0.06, clock)


def test_contenders_take_turns_and_the_slow_one_stops_first():
    clock, rows = measure_three()
    assert clock.log[:3] == ["own", "quick", "slow"]  # once each, unmeasured
    for turn in range(3):
        assert sorted(clock.log[3 + 3 * turn : 6 + 3 * turn]) == ["own", "quick", "slow"]
    assert clock.log.count("slow") == 1 + 3 and clock.log.count("own") > clock.log.count("quick") > 4
    assert [row.median for row in rows] == pytest.approx([2.0, 4.0, 1000.0])
    assert rows[0].facts == {"said": "own"} and rows[0].samples == clock.log.count("own") - 1


def test_ratios_refer_to_the_fastest_peer():
    result = make_result(measure_three()[1])
    assert [row["ratio_to_fastest_peer"] for row in result["rows"]] == pytest.approx([0.5, 1.0, 250.0])
    assert {"name", "variant", "unit", "median", "p99", "ratio_to_fastest_peer"} <= set(result["rows"][0])
    assert result["machine"]["processor"] and result["versions"]["numba"] != "absent"
    text = format_table(result, ["tcod"])
    assert "work [ms]" in text and "not installed, skipped: tcod" in text
    json.dumps(result, allow_nan=False)


def test_without_peers_there_is_no_ratio():
    rows = measure_group(Group("alone", "ms", [Contender("own", lambda: None, is_peer=False)]), 0.001)
    assert make_result(rows)["rows"][0]["ratio_to_fastest_peer"] is None


def test_a_path_is_priced_by_length_and_mean_weight_and_its_cut_corners_are_counted():
    weights = np.ones((4, 4), dtype=np.float32)
    weights[1, 2], weights[0, 1] = 3.0, 0.0
    facts = searches.measure_path(weights, [(0, 0), (1, 1), (1, 2), (2, 2)])
    assert facts["path_cost"] == pytest.approx(np.sqrt(2.0) + 2.0 + 2.0)
    assert facts["cut_corners"] == 1
    assert searches.measure_path(weights, None)["path_cost"] is None


@pytest.mark.parametrize("weighted", [False, True])
def test_every_search_that_is_installed_finds_a_way_that_costs_no_less_than_the_exact_one(weighted):
    occupied = distance_fields.make_blocks(96)
    problem = searches.Problem(searches.make_weights(occupied, weighted), (1, 1), (94, 94))
    rows = measure_group(searches._make_group("small", problem), 0.001)
    own = rows[0].facts
    assert rows[0].variant == "astro" and own["path_cost"] > 93 * np.sqrt(2.0) and own["cut_corners"] == 0
    for row in rows[1:]:
        # tcod counts in whole numbers; whoever cuts corners may be shorter.
        assert row.facts["cut_corners"] > 0 or row.facts["path_cost"] >= own["path_cost"] * 0.999


def test_distance_fields_agree_where_they_are_exact():
    rows = {row.variant: row for row in measure_group(distance_fields._make_group(64), 0.001)}
    assert rows["scipy"].facts["max_error_cells"] < 1e-4
    assert rows["astro"].median > 0.0


def test_absent_peers_are_named_and_unknown_sections_are_refused(monkeypatch, capsys):
    monkeypatch.setattr(optional, "PEERS", {name: "no_such_module_anywhere" for name in optional.PEERS})
    monkeypatch.setattr(distance_fields, "make_groups", lambda: [distance_fields._make_group(64)])
    said = []
    rows, absent = run_bench("distance", 0.001, said.append)
    assert absent == ["edt", "opencv-python-headless"] and said == ["distance field 64 x 64"]
    assert {row.variant for row in rows} == {"astro", "scipy"}
    with pytest.raises(EvaluationError, match="did you mean search"):
        run_bench("serch", 0.001, said.append)
    assert main_module.main(["bench", "--only", "serch"]) == 2 and "did you mean" in capsys.readouterr().err


def test_the_command_prints_and_writes(monkeypatch, capsys, tmp_path):
    rows = measure_three()[1]
    monkeypatch.setattr(bench_run, "run_bench", lambda only, seconds, progress: (rows, []))
    target = tmp_path / "bench.json"
    assert main_module.main(["bench", "--json", str(target)]) == 0
    assert "quick" in capsys.readouterr().out
    assert json.loads(target.read_text())["rows"][1]["variant"] == "quick"
    assert main_module.main(["bench", "--json", str(tmp_path / "nowhere" / "bench.json")]) == 2
    assert "does not exist" in capsys.readouterr().err


def test_the_recorder_passes_on_all_that_a_planner_is_told():
    told = {name for name in vars(MotionPlanner) if not name.startswith("_")}
    assert "set_path" in told and told <= set(dir(RecordingPlanner))


def test_plans_have_a_row_for_first_ones_and_one_for_every_place_of_a_change(monkeypatch):
    monkeypatch.setattr(plans, "SIZE", 400)
    rows = plans.measure_plans(1e-3)
    assert [row.variant for row in rows] == ["astro", *plans.PLACES]
    assert rows[0].samples == plans.FIRST_PLANS and {row.samples for row in rows[1:]} == {plans.LEAST_REPLANS // len(plans.PLACES)}
    assert all(0.0 < row.least <= row.median for row in rows) and rows[0].name == "first plan on a new map 400 x 400"
