"""The page of a run: what is in it, and that it stands alone."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from page_check import check_page

from astro_nav.cli.main import main
from astro_nav.errors import EvaluationError
from astro_nav.evaluation.metrics import METRICS, describe_crash, measure_episode
from astro_nav.evaluation.reports import replays
from astro_nav.evaluation.reports.charts import choose_edges, draw_histogram
from astro_nav.evaluation.reports.explanations import EXPLANATIONS, HEADLINES, SHARES, entitle_metric, format_metric
from astro_nav.evaluation.reports.run_page import choose_episodes, write_report
from astro_nav.evaluation.reports.run_reading import read_run, sort_worst_first
from astro_nav.evaluation.episode import make_plain


@pytest.fixture
def folder(tmp_path, filmed):
    """A run of twelve episodes: good ones, a slow one, a contact, a crash; the figures are those of a real one, changed."""
    measured = make_plain(measure_episode(filmed[1]))
    rows = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        row = measured | dict(seed=seed, success=True, timed_out=False, outcome="success", message="", spl=float(rng.uniform(0.7, 1.0)))
        rows.append(row | dict(time_to_goal_s=float(10 + seed), final_position_error_m=0.03, final_heading_error_rad=0.02))
    rows[3] |= dict(success=False, outcome="contact", has_contact=True, contacts_by_robot=1, spl=0.0, message="moved into <b>Anna</b> & co")
    rows[5] |= dict(success=False, timed_out=True, outcome="timeout", spl=0.0, time_to_goal_s=None)
    rows[9] = describe_crash("homes", 9, "astro", "Traceback\nZeroDivisionError: division by zero")
    settings = dict(suite="homes", planner="astro", seed=1, episodes=14, changes={"robot.limits.max_speed_mps": 0.5}, maps="")
    (tmp_path / "run.json").write_text(json.dumps(settings | dict(notes=[], versions={"numpy": "2.4"}, machine={"processor": "x86_64"})))
    (tmp_path / "episodes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_every_metric_is_explained():
    assert EXPLANATIONS.keys() == METRICS.keys()
    assert set(HEADLINES) <= METRICS.keys() and SHARES <= METRICS.keys()
    assert all(text.endswith(".") for text in EXPLANATIONS.values())


def test_the_worst_come_first(folder):
    run = read_run(folder)
    assert [row["seed"] for row in sort_worst_first(run.rows)][:3] == [9, 3, 5]
    chosen = choose_episodes(run, 3)
    assert [seed for seed, _ in chosen][:3] == [9, 3, 5]
    assert len(chosen) == 4 and "median time" in chosen[3][1]
    assert choose_episodes(run, 0) == []


def test_the_page_stands_alone_and_says_what_was_measured(folder, monkeypatch, short_loop):
    def make_loop(name):
        if name.seed == 9:
            raise ZeroDivisionError("division by zero")
        return short_loop()

    monkeypatch.setattr(replays, "make_loop", make_loop)
    said = []
    page = write_report(folder, 2, said.append).read_text()
    parser = check_page(page)
    assert len(said) == 3
    assert "9 of 12 episodes succeeded" in page and "75.0 %" in page and "2 of 14 episodes are not finished" in page
    assert "moved into &lt;b&gt;Anna&lt;/b&gt; &amp; co" in page and "<b>Anna" not in page
    assert "robot.limits.max_speed_mps 0.5" in page and "x86_64" in page
    for name in METRICS:
        assert entitle_metric(name) in page
    # Two of three could be run again; the third crashed again and shows how.
    assert len(parser.films) == 2 and page.count('src="data:image/png;base64,') == 2
    assert "it crashed again: ZeroDivisionError: division by zero" in page
    assert f"astro-nav render {folder} --seed 9 --gif" in page
    # Every finished episode has its row.
    table = page[page.index('aria-labelledby="episodes-title"') :]
    assert re.findall(r'<th scope="row" data-value="(\d+)">', table)[:12] and table.count('class="chip ') == 12


def test_a_replay_that_is_not_what_was_measured_is_told(folder, monkeypatch, short_loop):
    monkeypatch.setattr(replays, "make_loop", lambda name: short_loop())
    run = read_run(folder)
    (replay,) = replays.replay_episodes(run, [(3, "why")], lambda sentence: None)
    assert replay.film is not None and "outcome was contact and is now timeout" in replay.problem


def test_without_replays_and_with_reliability(folder):
    rows = [json.loads(line) for line in (folder / "episodes.jsonl").read_text().splitlines()]
    for row in rows[:2]:  # people were in two of the episodes
        row["predictions"] = {"2": {"count": 10, "kept": [1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10]}}
    (folder / "episodes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    page = write_report(folder, 0).read_text()
    parser = check_page(page)
    assert parser.films == [] and "promised 0.90, observed 0.80" in page
    assert "held them in 90.0 % of 20 predictions" in page
    assert page == write_report(folder, 0).read_text()


def test_the_command(folder, capsys):
    assert main(["report", str(folder), "--replays", "0"]) == 0
    assert str(folder / "report.html") in capsys.readouterr().out
    assert main(["report", str(folder / "nowhere")]) == 2
    assert "name the folder" in capsys.readouterr().err


def test_a_run_without_an_episode_is_told(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(dict(suite="homes", planner="astro", seed=1, episodes=3)))
    with pytest.raises(EvaluationError, match="no finished episode"):
        read_run(tmp_path)
    (tmp_path / "run.json").write_text(json.dumps(dict(planner="astro")))
    (tmp_path / "episodes.jsonl").write_text('{"seed": 1, "success": true}\n')
    with pytest.raises(EvaluationError, match="which run"):
        read_run(tmp_path)


def test_bins_hold_every_value():
    rng = np.random.default_rng(1)
    for values in (rng.normal(size=200), np.array([1.0, 1.0]), np.array([0.0]), rng.integers(0, 5, 40).astype(float), np.array([0.0, 1e-9])):
        counts, _ = np.histogram(values, choose_edges(values))
        assert counts.sum() == len(values)
        assert "aria-label" in draw_histogram("x", "m", {"all": values}, {"mean": float(values.mean())})
    assert (np.diff(choose_edges(rng.integers(0, 5, 40).astype(float))) == 1.0).all()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("success_rate", 0.5, "50.0 %"), ("stops", 3, "3"), ("min_clearance_m", 0.1234, "0.123 m"), ("spl", None, "–"),
     ("mean_linear_jerk_mps3", 1.234, "1.23 m/s³"), ("time_to_goal_s", 123.4, "123 s")],
)  # fmt: skip
def test_numbers_as_people_read_them(name, value, text):
    assert format_metric(name, value) == text
