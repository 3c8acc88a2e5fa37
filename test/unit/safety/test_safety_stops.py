"""The last stops with their reasons, and `astro-nav why`, which tells them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from astro_nav.cli.main import main
from astro_nav.safety.stops import LAYERS, NOT_WORTH_A_WORD, Moment, collect_stops, read_stop, write_stop
from astro_nav.types import LimitedBy

FREE = Moment(0.0, LimitedBy.NOTHING, "", "", 1.0, 0.5, False, True, None, None)
NO_SCAN = replace(FREE, limited_by=LimitedBy.SCAN_AGE, source="scan", reason="scan is 0.60 s old", scale=0.0, stands=True)


def obstacle(stamp_s: float, scale: float, stands: bool = False) -> Moment:
    sentence = f"something is near: {scale:.1f}"
    return Moment(stamp_s, LimitedBy.OBSTACLE, "scan", sentence, scale, 0.5 * scale, stands, True, (1.25, -0.5), 0.8, not stands)


MOMENTS = [
    FREE,
    *(obstacle(1.0 + 0.2 * k, scale, scale == 0.0) for k, scale in enumerate([0.9, 0.4, 0.0, 0.0, 0.3])),
    replace(FREE, stamp_s=2.0),
    obstacle(2.4, 0.6),
    replace(FREE, stamp_s=5.0),
    *(replace(NO_SCAN, stamp_s=9.0 + 0.2 * k) for k in range(6)),
]


def test_a_spell_of_one_reason_is_one_stop_that_tells_its_strictest_moment() -> None:
    first, second = collect_stops(MOMENTS)
    assert (first.begin_s, first.end_s) == (1.0, 2.4)
    assert first.stood and first.is_hard and first.scale == 0.0 and first.reason == "something is near: 0.0"
    assert first.point_odom == (1.25, -0.5) and first.contact_s == 0.8
    assert first.layer == "final check" and first.source == "scan"
    assert second.limited_by == "SCAN_AGE" and second.layer == "watchdog of the scans" and second.end_s == pytest.approx(10.0)


def test_nobody_hears_of_a_sensor_that_is_not_there_yet_while_nobody_wants_to_move() -> None:
    assert not collect_stops([replace(NO_SCAN, stamp_s=float(k), is_wanted=False) for k in range(3)])


def test_every_reason_has_a_layer() -> None:
    assert set(LAYERS) == set(LimitedBy) - set(NOT_WORTH_A_WORD)


def test_a_stop_survives_writing_and_reading_and_a_torn_line_is_none() -> None:
    for stop in collect_stops(MOMENTS):
        line = write_stop(stop)
        assert read_stop(line) == stop
        assert read_stop(line[: len(line) // 2]) is None
    assert read_stop("[]") is None and read_stop('{"begin_s": 1}') is None


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    logs = tmp_path / "log" / "ros"
    logs.mkdir(parents=True)
    text = "\n".join(write_stop(stop) for stop in collect_stops(MOMENTS))
    (logs / "astro_nav_stops.jsonl").write_text(text + '\n{"torn')
    return tmp_path


def test_why_tells_layer_sensor_place_and_time(run_folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["why", str(run_folder)]) == 0
    text = capsys.readouterr().out
    for words in ("1.00 s", "stood for 1.4 s", "final check", "OBSTACLE, scan", "(1.25, -0.50) in odom", "watchdog of the scans", "0.60 s old"):
        assert words in text


def test_why_tells_the_last_ones_for_programs(run_folder: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["why", str(run_folder / "log" / "ros"), "--json", "--last", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["limited_by"] == "SCAN_AGE"


def test_why_finds_this_computers_notes(run_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(run_folder / "log" / "ros"))
    assert main(["why", "--last", "1"]) == 0
    assert "watchdog of the scans" in capsys.readouterr().out


def test_why_says_what_to_do_when_there_is_nothing_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path))
    assert main(["why"]) == 2 and "--live" in capsys.readouterr().err
    assert main(["why", str(tmp_path / "nowhere")]) == 2 and "does not exist" in capsys.readouterr().err
