"""Studies: what they may hold, what runs, what is found."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest

from astro_nav.errors import EvaluationError, ParameterError
from astro_nav.evaluation import store, study as study_module
from astro_nav.evaluation.reports.study_page import make_study_page
from astro_nav.evaluation.reports.study_report import compare_study, describe_study, make_study_json
from astro_nav.evaluation.runner import run_missing
from astro_nav.evaluation.store import RunSettings
from astro_nav.evaluation.study import Study, StudyRuns, Variant, list_studies, read_study

STUDY = Study("Parts", Variant("all"), [Variant("no brakes", {"harm": 1.0}), Variant("no horn", {"harm": 0.0})])


@pytest.fixture(autouse=True)
def any_change_is_a_parameter(monkeypatch):
    monkeypatch.setattr(store, "compute_fingerprints", lambda settings: {"parameters": "p", "code": "c"})


def measure(name):
    harm = name.changes.get("harm", 0.0)
    return {
        "suite": name.suite, "seed": name.seed, "planner": name.planner, "outcome": "success", "success": True, "timed_out": False,
        "has_contact": False, "contacts_by_robot": 0, "spl": 0.9, "time_to_goal_s": 10.0 + 0.1 * (name.seed % 7) + 2.0 * harm, "message": "",
        "wall_s": 1.0 + harm,
    }  # fmt: skip


def run_all(runs, monkeypatch, told=None):
    monkeypatch.setattr(study_module, "run_missing", lambda *args: run_missing(*args, measure=measure))
    rows = [] if told is None else told
    with ThreadPoolExecutor(2) as executor:
        runs.run(executor, 2, {}, lambda finished: rows.append(("finished", len(finished))) or (lambda row: rows.append(row)))
    return rows


@pytest.mark.parametrize("name", list_studies())
def test_shipped_studies_set_parameters_that_exist(name):
    study = read_study(name)
    assert len({variant.folder for variant in (study.baseline, *study.variants)}) == len(study.variants) + 1


def test_the_latency_studys_variants_differ_from_its_baseline_by_what_they_say():
    by_name = {variant.name: variant.changes for variant in read_study("latency").variants}
    for name, changes in by_name.items():
        injected_s = changes.get("passage.sensing_s", 0.0) + changes.get("passage.delivery_s", 0.0)
        assert name.startswith(f"{1000 * injected_s:.0f} ms")
        assert ("not made up for" in name) == (changes.get("fast_forward.robot") is False)


def test_a_setting_that_does_nothing_is_told_from_one_that_harms(tmp_path, monkeypatch):
    runs = StudyRuns(tmp_path, STUDY, [RunSettings("one", "astro", 1, 12), RunSettings("two", "astro", 1, 12)])
    run_all(runs, monkeypatch)
    told = compare_study(runs)
    assert [findings.suite for findings in told] == ["one", "two"]
    for findings in told:
        assert [finding.verdict for finding in findings.findings] == ["worse", "same"]  # wall-clock time does not count
    text = describe_study(STUDY, told)
    assert "no episode differs" in text and "+2 [2, 2]" in text
    content = make_study_json(STUDY, told)
    assert json.loads(json.dumps(content))["suites"]["two"]["variants"]["no brakes"]["metrics"]["time_to_goal_s"]["difference"] == pytest.approx(2.0)
    page = make_study_page(STUDY, told)
    HTMLParser().feed(page)
    assert "no brakes" in page and "no episode differs" in page


def test_an_interrupted_study_goes_on_and_is_told_of_as_far_as_it_is(tmp_path, monkeypatch):
    part = StudyRuns(tmp_path, STUDY.choose(["no brakes"]), [RunSettings("one", "astro", 1, 6)])
    assert len(run_all(part, monkeypatch)) == 1 + 12
    whole = StudyRuns(tmp_path, STUDY, [RunSettings("one", "astro", 1, 6), RunSettings("two", "astro", 1, 6)])
    assert [len(findings.findings) for findings in compare_study(whole)] == [1]
    rows = run_all(whole, monkeypatch)
    assert rows[0] == ("finished", 12) and len(rows) == 1 + 6 + 18


def test_the_users_settings_are_those_of_all_runs_but_a_variant_has_the_last_word():
    laid = STUDY.lay_under({"harm": 9.0, "else": 1})
    assert laid.baseline.changes == {"harm": 9.0, "else": 1} and laid.variants[0].changes == {"harm": 1.0, "else": 1}


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("variants: []", EvaluationError, "variants:"),
        ("variants: [{set: {}}]", EvaluationError, "name:"),
        ("variants: [{name: a, sets: {}}]", EvaluationError, "no variant"),
        ("variants: [{name: a b}, {name: A-b}]", EvaluationError, "same name"),
        ("variants: [{name: a, set: {optimizer.warm: true}}]", ParameterError, "warm_start"),
    ],
)
def test_what_is_no_study_is_refused_with_the_reason(tmp_path, text, error, told):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(error, match=told):
        read_study(str(path))


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(EvaluationError, match="did you mean ablation"):
        read_study("ablatoin")
    with pytest.raises(EvaluationError, match="did you mean no horn"):
        STUDY.choose(["no hron"])


def test_what_is_gained_here_and_lost_there_is_called_both(tmp_path, monkeypatch):
    def measure_both(name):
        row = measure(name)
        return row | {"spl": 0.8 + 0.01 * (name.seed % 5) + 0.05 * name.changes.get("harm", 0.0)}

    runs = StudyRuns(tmp_path, STUDY, [RunSettings("one", "astro", 1, 12)])
    monkeypatch.setattr(study_module, "run_missing", lambda *args: run_missing(*args, measure=measure_both))
    with ThreadPoolExecutor(2) as executor:
        runs.run(executor, 2, {}, lambda finished: lambda row: None)
    (findings,) = compare_study(runs)
    assert findings.findings[0].verdict == "mixed"
    assert "better and worse (SPL +0.05 [0.05, 0.05], time [s] +2 [2, 2])" in describe_study(STUDY, [findings])
