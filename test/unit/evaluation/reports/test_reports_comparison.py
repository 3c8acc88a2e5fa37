"""Two runs compared: the verdicts, what cannot be compared, the table and the page."""

from __future__ import annotations

import json

import numpy as np
import pytest
from page_check import check_page

from astro_nav.cli.main import main
from astro_nav.errors import EvaluationError
from astro_nav.evaluation.reports.comparison import compare_runs, make_comparison_json
from astro_nav.evaluation.reports.comparison_page import make_comparison_page
from astro_nav.evaluation.reports.run_reading import read_run


def make_row(seed: int, **figures) -> dict:
    rng = np.random.default_rng(seed)
    row = dict(suite="homes", seed=seed, planner="astro", success=True, timed_out=False, outcome="success", message="", has_contact=False)
    row |= dict(contacts_by_robot=0, contacts_by_others=0, simulated_s=20.0, wall_s=2.0)
    time_s = float(rng.uniform(10.0, 40.0))
    row |= dict(time_to_goal_s=time_s, spl=float(rng.uniform(0.8, 1.0)), stl=8.0 / time_s, min_clearance_m=float(rng.uniform(0.05, 0.4)))
    row |= dict(cycle_ms_p50=float(rng.uniform(5.0, 6.0)), candidates_per_cycle=700.0, barn_score=None)
    return row | figures


def write_run(folder, rows, **settings):
    folder.mkdir()
    about = dict(suite="homes", planner="astro", seed=1, episodes=len(rows), changes={}, maps="", versions={}, machine={})
    (folder / "run.json").write_text(json.dumps(about | settings))
    (folder / "episodes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def slow_down(row: dict, seed: int) -> dict:
    factor = float(np.random.default_rng(seed).uniform(1.2, 1.6))
    return row | dict(time_to_goal_s=row["time_to_goal_s"] * factor, stl=row["stl"] / factor)


@pytest.fixture
def good(tmp_path):
    return write_run(tmp_path / "good", [make_row(seed) for seed in range(40)])


@pytest.fixture
def slow(tmp_path):
    return write_run(tmp_path / "slow", [slow_down(make_row(seed), seed) for seed in range(40)], changes={"robot.x": 1})


def get_verdicts(comparison) -> dict[str, str]:
    return {metric.name: metric.verdict for metric in comparison.metrics}


def test_a_run_against_itself_cannot_be_told_apart(good):
    comparison = compare_runs(read_run(good), read_run(good))
    assert comparison.verdict == "cannot tell"
    assert {metric.verdict for metric in comparison.judged} == {"cannot tell"}


def test_a_slower_run_is_worse_and_the_other_way_round_better(good, slow):
    there, back = compare_runs(read_run(good), read_run(slow)), compare_runs(read_run(slow), read_run(good))
    assert (there.verdict, back.verdict) == ("worse", "better")
    verdicts = get_verdicts(there)
    assert verdicts["time_to_goal_s"] == verdicts["stl"] == "worse"
    assert verdicts["spl"] == verdicts["min_clearance_m"] == "cannot tell"


def test_a_quick_run_that_bumps_into_things_is_worse(tmp_path, slow):
    rows = [make_row(seed) for seed in range(40)]
    for row in rows[:8]:
        row |= dict(success=False, outcome="contact", has_contact=True, contacts_by_robot=1, spl=0.0, stl=0.0, time_to_goal_s=None)
    comparison = compare_runs(read_run(slow), read_run(write_run(tmp_path / "bumping", rows)))
    assert get_verdicts(comparison)["time_to_goal_s"] == "better"
    assert comparison.verdict == "worse"
    assert {"success_rate", "contact_rate"} <= {metric.name for metric in comparison.deciding}


def test_times_are_compared_where_both_arrived(tmp_path, good):
    rows = [make_row(seed) for seed in range(40)]
    for row in rows[:10]:
        row |= dict(success=False, outcome="timeout", timed_out=True, time_to_goal_s=None, spl=0.0, stl=0.0)
    comparison = compare_runs(read_run(good), read_run(write_run(tmp_path / "stuck", rows)))
    by_name = {metric.name: metric for metric in comparison.metrics}
    assert by_name["time_to_goal_s"].result.pairs == 30
    assert by_name["success_rate"].result.difference == pytest.approx(-0.25) and by_name["success_rate"].verdict == "worse"


def test_computing_times_and_candidates_get_no_verdict(tmp_path, good):
    rows = [make_row(seed, cycle_ms_p50=50.0, candidates_per_cycle=10.0) for seed in range(40)]
    comparison = compare_runs(read_run(good), read_run(write_run(tmp_path / "busy", rows)))
    verdicts = get_verdicts(comparison)
    assert verdicts["cycle_ms_p50"] == verdicts["candidates_per_cycle"] == "not judged"
    assert comparison.verdict == "cannot tell"


def test_chance_alone_hardly_ever_makes_a_whole_run_better():
    """Equal robots with other noise; below success and contacts only what stands after correction counts."""
    from astro_nav.evaluation.reports.comparison import Comparison, _compare_metric
    from astro_nav.evaluation.metrics import METRICS

    called = 0
    names = [name for name in METRICS if METRICS[name].better and not METRICS[name].is_timing and not name.endswith("_rate")]
    for seed in range(6):
        rng = np.random.default_rng(seed)
        pairs = [(rng.normal(size=50), rng.normal(size=50)) for _ in names]
        metrics = [_compare_metric(METRICS[name], a, b, 0.95, 1.0 - 0.05 / len(names)) for name, (a, b) in zip(names, pairs, strict=True)]
        called += Comparison(None, None, 50, 0, 0.95, metrics).verdict != "cannot tell"
    assert called <= 2


@pytest.mark.parametrize(("key", "value"), [("suite", "people"), ("seed", 2), ("maps", "elsewhere")])
def test_other_episodes_are_refused_in_a_sentence(tmp_path, good, key, value):
    other = write_run(tmp_path / "other", [make_row(seed) for seed in range(3)], **{key: value})
    with pytest.raises(EvaluationError, match=f"{key} is .* in the first .* run both with the same {key}"):
        compare_runs(read_run(good), read_run(other))


def test_unfinished_runs_are_compared_by_what_both_have(tmp_path, good):
    half = write_run(tmp_path / "half", [make_row(seed) for seed in range(0, 40, 2)])
    with (half / "episodes.jsonl").open("a") as file:
        file.write('{"seed": 1, "succ')  # being written
    comparison = compare_runs(read_run(good), read_run(half))
    assert (comparison.pairs, comparison.left_out) == (20, 20)


def test_a_result_file_does_as_well_as_a_folder(tmp_path, good):
    run = read_run(good)
    result = tmp_path / "good.json"
    result.write_text(json.dumps(dict(suite="homes", planner="astro", seed=1, episodes=40, changes={}, maps="", rows=list(run.rows))))
    assert compare_runs(run, read_run(result)).pairs == 40


def test_the_command_prints_a_table_and_writes_page_and_json(tmp_path, good, slow, capsys):
    assert main(["compare", str(good), str(slow), "--json", str(tmp_path / "c.json")]) == 0
    printed = capsys.readouterr().out
    assert "B is worse than A" in printed and "robot.x: as shipped in A, 1 in B" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("Time to goal [s]")]
    assert line.endswith("worse*")
    figures = json.loads((tmp_path / "c.json").read_text())
    assert figures["verdict"] == "worse" and figures["metrics"]["spl"]["verdict"] == "cannot tell"
    assert figures["compared"] == len([m for m in figures["metrics"].values() if m["verdict"] != "not judged"])
    check_page((slow / "comparison.html").read_text())


def test_the_page_says_what_the_figures_say(good, slow):
    comparison = compare_runs(read_run(good), read_run(slow))
    page = make_comparison_page(comparison)
    check_page(page)
    assert "<h1 class=\"bad\">B is worse than A</h1>" in page
    assert page.count('class="chip worse"') == len(comparison.list_verdicts("worse")) == 2
    assert make_comparison_page(comparison) == page
    assert json.dumps(make_comparison_json(comparison), allow_nan=False)


def test_what_is_no_run_is_told(tmp_path, good, capsys):
    assert main(["compare", str(good), str(tmp_path / "nowhere")]) == 2
    assert "is no run of astro-nav evaluate" in capsys.readouterr().err
