"""The end of a run: summary, table, verdict."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from astro_nav.demo.drive_log import ContactSample, DriveLog, GoalRecord, TruthSample
from astro_nav.demo.goals import Goal
from astro_nav.demo.processes import UsageMeter
from astro_nav.demo.report import RunReport, make_summary, print_report, write_summary
from astro_nav.launching.process_spec import ProcessEnd, ProcessUsage
from astro_nav.params.demo import DemoParams
from astro_nav.params.files import load_params

GOALS = [Goal(1.0, 0.0, 0.0, "kitchen"), Goal(2.0, 0.0, 0.0)]
PROMISED_KEYS = {
    "success", "goals_total", "goals_reached", "contacts", "min_clearance_m", "duration_s", "goals", "realtime_factor", "processes",
    "machine", "versions", "seed",
}  # fmt: skip


def make_log(answers=("reached", "reached")) -> DriveLog:
    log = DriveLog()
    for index, answer in enumerate(answers):
        record = GoalRecord(GOALS[index], started_s=10.0 * index, ended_s=10.0 * index + 5.0, answer=answer)
        record.truth = [
            TruthSample(10.0 * index + step, 20.0 * index + 2.0 * step, np.array([index + 0.2 * step, 0.0, 0.0]), np.array([0.2, 0.0]), 0.5 - 0.01 * step, {})
            for step in range(6)
        ]
        log.truth += record.truth
        log.goals.append(record)
    return log


def make_report(log=None, ends=(), interrupted=False) -> RunReport:
    return RunReport(
        log=log or make_log(),
        goals=GOALS,
        ends=list(ends),
        meter=UsageMeter({}),
        interrupted=interrupted,
        description={"title": "a home", "seed": 4},
        machine={"cores": 2},
        versions={"python": "3"},
        recording="",
    )


def test_all_goals_without_contact_is_a_success():
    summary = make_summary(make_report())
    assert PROMISED_KEYS <= set(summary)
    assert (summary["success"], summary["cause"]) == (True, "")
    assert (summary["goals_total"], summary["goals_reached"], summary["contacts"]) == (2, 2, 0)
    assert summary["min_clearance_m"] == pytest.approx(0.45)
    assert summary["duration_s"] == 15.0
    assert summary["realtime_factor"] == 0.5
    assert summary["goals"][0]["path_length_m"] == pytest.approx(1.0)


def test_what_is_not_known_is_null_and_the_file_is_json(tmp_path):
    summary = make_summary(make_report(log=DriveLog()))
    write_summary(summary, tmp_path / "summary.json")
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read["min_clearance_m"] is None
    assert read["local_planner_period"]["p99_s"] is None
    assert read["success"] is False


def test_a_contact_is_no_success_and_is_named():
    log = make_log()
    log.contacts.append(ContactSample(12.0, "object", "box", True, np.array([1.0, 0.0]), 0.1))
    report = make_report(log)
    assert report.cause == "1 contact, first at 12.0 s: the robot moved into object box at 0.10 m/s"
    assert make_summary(report)["contacts_by_robot"] == 1


@pytest.mark.parametrize(
    ("log", "ends", "interrupted", "cause"),
    [
        (make_log(("reached", "no way: the door is closed")), (), False, "goal 2 (2.00, 0.00, 0.00) was not reached: no way: the door is closed"),
        (make_log(("reached",)), (), False, "1 of 2 goals were not driven to"),
        (make_log(), (), True, "interrupted"),
        (
            make_log(),
            (ProcessEnd("recorder", 5, 3, False, True, "recorder (pid 5) died with exit code 3", ProcessUsage(0.0, 0, 0.0)),),
            False,
            "recorder (pid 5) died with exit code 3",
        ),
    ],
)
def test_every_failure_has_its_cause(log, ends, interrupted, cause):
    report = make_report(log, ends, interrupted)
    assert not report.success
    assert report.cause == cause


def test_the_table_says_what_happened():
    output = io.StringIO()
    print_report(
        make_report(make_log(("reached",))), load_params(DemoParams, "demo").target, Console(file=output, width=200, highlight=False)
    )
    text = output.getvalue()
    assert "(1.00, 0.00, 0.00) kitchen" in text
    assert "not driven to" in text
    assert "no success: 1 of 2 goals were not driven to" in text
